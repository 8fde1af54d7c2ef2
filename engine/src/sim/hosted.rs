//! A room as the simulation hosts it: its seats, what waits for its next tick, and what each tick sends out.
//!
//! Owns who sits where (player, I/O thread, connection) and the isolation of game code: a panic is caught here and ends
//! this room alone. Does not own channels or time. Invariant: seats ascend by player and match the room's input buffers one to one.

use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use glam::Vec2;
use tickwire_netcode::close::CloseCode;
use tickwire_netcode::ids::{CommandSeq, InputSeq, PlayerId};
use tickwire_netcode::session::Verdict;
use tickwire_netcode::time::Time;

use super::any_room::AnyRoom;
use super::event_batch::{Audience, EventEntry};
use super::kind::Kind;
use super::near::{Places, hears};
use super::record::{RecordSink, Recorded};
use super::resolved::{Arrival, Resolved};
use super::tick_timing::{QuantizedInput, TickTiming};
use crate::bridge::{OutboundEvent, PlayerLine, Recipients, RoomId, Seated, SimEnd, TickOutput};
use crate::game::Leave;
use crate::limits;
use crate::net::service::ConnectionId;

/// A player's place in the room and the connection that speaks for it.
pub(crate) struct Seat {
    pub(crate) line: PlayerLine,
    io: usize,
    connection: ConnectionId,
    /// Seated since the last tick: the session still waits for its Welcome.
    fresh: bool,
}

impl Seat {
    fn player(&self) -> PlayerId {
        self.line.player
    }
}

/// One room with its seats.
pub(crate) struct Hosted {
    pub(crate) id: RoomId,
    /// Index of the room's kind.
    pub(crate) kind: usize,
    /// The id that players see.
    pub(crate) name: Arc<str>,
    /// Made for players who asked for any room of the kind.
    pub(crate) public: bool,
    seed: u64,
    room: Box<dyn AnyRoom>,
    seats: Vec<Seat>,
    player_next: u32,
    /// Ticks since the last player left.
    empty_ticks: u32,
    /// What waits for the next tick.
    resolved: Resolved,
    /// What game code panicked with between two ticks; the next one ends the room.
    panicked: Option<String>,
    /// Scratch of `publish`: where players are, while an event asks for it.
    located: Vec<(PlayerId, Option<Vec2>)>,
}

/// Whether a room lives on after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fate {
    Alive,
    /// Nobody has been in it for [`limits::EMPTY_ROOM_MAX`].
    Deserted,
    /// The game panicked; its players have been told.
    Failed,
}

/// The text of a caught panic.
pub(crate) fn panic_text(payload: &(dyn core::any::Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without a text",
    }
}

impl Hosted {
    pub(crate) fn new(
        id: RoomId,
        kind: usize,
        name: Arc<str>,
        public: bool,
        seed: u64,
        room: Box<dyn AnyRoom>,
    ) -> Self {
        Self {
            id,
            kind,
            name,
            public,
            seed,
            room,
            seats: Vec::new(),
            player_next: 1,
            empty_ticks: 0,
            resolved: Resolved::default(),
            panicked: None,
            located: Vec::new(),
        }
    }

    pub(crate) fn seats_taken(&self) -> usize {
        self.seats.len()
    }

    /// Gives a new player a seat; the game hears of it at the next tick (`timing`), the session after it.
    pub(crate) fn seat(
        &mut self,
        io: usize,
        connection: ConnectionId,
        name: String,
        timing: TickTiming,
    ) -> PlayerId {
        let player = PlayerId(self.player_next);
        self.player_next += 1;
        // The player is seated in any case: the tick that ends the room tells it.
        self.guard(|room| room.seat(player, timing));
        let line =
            PlayerLine { player, input_applied: InputSeq(0), input_margin_q4: 0, command_ack: CommandSeq(0) };
        self.seats.push(Seat { line, io, connection, fresh: true });
        self.resolved.arrivals.push(Arrival::Joined { player, name });
        player
    }

    /// Takes a player's seat away; ignored when it has none (it was kicked, or left twice).
    pub(crate) fn unseat(&mut self, player: PlayerId, why: Leave) {
        if let Some(index) = self.index_of(player) {
            self.seats.remove(index);
            self.guard(|room| room.unseat(player));
            self.resolved.arrivals.push(Arrival::Left { player, why });
        }
    }

    /// The next tick starts then: the margins of what is buffered from now on count to it.
    pub(crate) fn expect(&mut self, next_starts: Time) {
        self.room.expect(next_starts);
    }

    /// Buffers an input for its tick; `None` when the player has no seat any more.
    pub(crate) fn input(&mut self, player: PlayerId, input: QuantizedInput<'_>) -> Option<Verdict> {
        self.guard(|room| room.buffer(player, input)).flatten()
    }

    /// Runs what may be game code, such as an input type's `Default`. After its first panic the room is not looked at again.
    fn guard<R>(&mut self, run: impl FnOnce(&mut dyn AnyRoom) -> R) -> Option<R> {
        if self.panicked.is_some() {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| run(&mut *self.room))) {
            Ok(result) => Some(result),
            Err(panic) => {
                self.panicked = Some(panic_text(&*panic).to_owned());
                None
            }
        }
    }

    pub(crate) fn command(&mut self, player: PlayerId, number: CommandSeq, index: u8, words: &[u32]) {
        if let Some(seat) = self.index_of(player) {
            self.seats[seat].line.command_ack = number;
            self.resolved.push_command(player, index, words);
        }
    }

    fn index_of(&self, player: PlayerId) -> Option<usize> {
        self.seats.binary_search_by_key(&player, Seat::player).ok()
    }

    /// Runs the next tick and hands its outcome to the I/O threads that have players here.
    pub(crate) fn advance(
        &mut self,
        timing: TickTiming,
        kind: &Kind,
        links: &mut [SimEnd],
        record: &mut Option<RecordSink>,
    ) -> Fate {
        let (mut resolved, mut seats) = (take(&mut self.resolved), take(&mut self.seats));
        self.guard(|room| {
            room.resolve(timing, &mut resolved, &mut seats);
            room.advance(&resolved);
        });
        (self.resolved, self.seats) = (resolved, seats);
        if let Some(panic) = &self.panicked {
            self.fail(kind, panic, links);
            return Fate::Failed;
        }
        self.record(kind, record);
        self.resolved.clear();
        self.publish(timing.reanchor, &kind.places, links);
        self.complain(&kind.wire.name, timing.started);
        self.remove_kicked();
        self.empty_ticks = if self.seats.is_empty() { self.empty_ticks + 1 } else { 0 };
        if timing.interval * self.empty_ticks > limits::EMPTY_ROOM_MAX { Fate::Deserted } else { Fate::Alive }
    }

    /// Tells the sink of the tick. A sink that panics is not called again: rooms outlive their recording.
    fn record(&self, kind: &Kind, record: &mut Option<RecordSink>) {
        let Some(sink) = record else { return };
        let recorded = Recorded {
            kind: &kind.wire.name,
            room: &self.name,
            serial: self.id.serial,
            seed: self.seed,
            tick: self.room.tick(),
            resolved: &self.resolved,
            state_hash: self.room.snapshot().state_hash(&kind.wire.layout),
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| sink(&recorded))) {
            let reason = panic_text(&*panic);
            tracing::error!(room = %self.name, reason, "the recording panicked; nothing is recorded from now on");
            *record = None;
        }
    }

    fn fail(&self, kind: &Kind, panic: &str, links: &mut [SimEnd]) {
        tracing::error!(
            room = %self.name,
            kind = %kind.wire.name,
            tick = self.room.tick().0,
            players = self.seats.len(),
            reason = panic,
            "the game panicked; its room is closed"
        );
        let room = self.id;
        for (io, link) in links.iter_mut().enumerate() {
            let seats = &self.seats;
            if !seats.iter().any(|seat| seat.io == io) {
                continue;
            }
            link.push(room, |output| {
                output.ended = Some(CloseCode::RoomFailed);
                // Also those whose join was being run: their session still waits.
                output.seated.extend(fresh_seats(seats, io, &self.name, self.kind));
            });
        }
    }

    /// Says what only the game's author can mend.
    fn complain(&mut self, kind: &str, now: Time) {
        let (room, tick, clamped) = (&*self.name, self.room.tick().0, self.room.clamped());
        for oversight in self.room.oversights().take_due(now, clamped) {
            tracing::warn!(room, kind, tick, "{oversight}");
        }
    }

    /// Whether the author was told.
    #[cfg(test)]
    pub(crate) fn has_complained(&mut self) -> bool {
        self.room.oversights().has_told()
    }

    fn publish(&mut self, reanchor: bool, places: &Places, links: &mut [SimEnd]) {
        self.locate_if_asked(places);
        for (io, link) in links.iter_mut().enumerate() {
            if !self.seats.iter().any(|seat| seat.io == io) {
                continue;
            }
            link.push(self.id, |output| self.fill(io, reanchor, output));
        }
        for seat in &mut self.seats {
            seat.fresh = false;
        }
    }

    fn locate_if_asked(&mut self, places: &Places) {
        let asked = self.room.events().iter().any(|(e, _)| matches!(e.audience, Audience::Near { .. }));
        if asked {
            let players = self.seats.iter().map(Seat::player);
            places.locate(self.room.snapshot(), players, &mut self.located);
        }
    }

    fn fill(&self, io: usize, reanchor: bool, output: &mut TickOutput) {
        output.tick = self.room.tick();
        output.snapshot = Some(Arc::clone(self.room.snapshot()));
        output.reanchor = reanchor;
        output.seated.extend(fresh_seats(&self.seats, io, &self.name, self.kind));
        output.lines.extend(self.seats.iter().filter(|seat| seat.io == io).map(|seat| seat.line));
        for (event, words) in self.room.events().iter() {
            self.address(event, words, io, output);
        }
        let here = |player: &PlayerId| self.index_of(*player).is_some_and(|seat| self.seats[seat].io == io);
        output.kicked.extend(self.room.kicks().iter().filter(|(player, _)| here(player)).cloned());
    }

    /// Adds an event for those of the I/O thread's players that hear it; nothing when nobody does.
    fn address(&self, event: &EventEntry, words: &[u32], io: usize, output: &mut TickOutput) {
        let events = &mut output.events;
        let first = events.players.len();
        let here = self.seats.iter().filter(|seat| seat.io == io).map(Seat::player);
        match event.audience {
            Audience::Room => {}
            Audience::Player(player) => events.players.extend(here.filter(|here| *here == player)),
            Audience::Set(set) => {
                let members = self.room.members();
                let mask = |player: PlayerId| {
                    members.binary_search_by_key(&player, |m| m.player).map_or(0, |index| members[index].sets)
                };
                events.players.extend(here.filter(|player| mask(*player) & set.mask() != 0));
            }
            Audience::Near { at, radius } => {
                let located = &self.located;
                let place = |player: PlayerId| {
                    located
                        .binary_search_by_key(&player, |(player, _)| *player)
                        .map_or(None, |i| located[i].1)
                };
                events.players.extend(here.filter(|player| hears(place(*player), at, radius)));
            }
        }
        let recipients = match event.audience {
            Audience::Room => Recipients::Everyone,
            _ if first == events.players.len() => return,
            _ => Recipients::Listed(first..events.players.len()),
        };
        let start = events.words.len();
        events.words.extend_from_slice(words);
        events.list.push(OutboundEvent {
            tick: self.room.tick(),
            class: event.class,
            droppable: event.droppable,
            recipients,
            words: start..events.words.len(),
        });
    }

    fn remove_kicked(&mut self) {
        for index in 0..self.room.kicks().len() {
            let player = self.room.kicks()[index].0;
            self.unseat(player, Leave::Kicked);
        }
    }
}

fn fresh_seats(seats: &[Seat], io: usize, room_name: &Arc<str>, kind: usize) -> impl Iterator<Item = Seated> {
    seats.iter().filter(move |seat| seat.io == io && seat.fresh).map(move |seat| Seated {
        connection: seat.connection,
        player: seat.player(),
        room_name: Arc::clone(room_name),
        kind,
    })
}
