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
use tickwire_netcode::session::{Verdict, Waited};
use tickwire_netcode::time::Time;

use super::any_room::AnyRoom;
use super::cx::TransferWish;
use super::event_batch::{Audience, EventEntry};
use super::hearing::Hearing;
use super::input_meter::InputMeter;
use super::kind::Kind;
use super::near::Places;
use super::record::{RecordSink, Recorded};
use super::resolved::{Arrival, Resolved};
use super::room_log::{RoomLine, RoomLog};
use super::tick_timing::{QuantizedInput, TickTiming};
use crate::bridge::{
    JoinRequest, OutboundEvent, PlayerLine, Recipients, RoomId, Seated, SimEnd, StampedInput, TickOutput,
    Transfer,
};
use crate::directory::{Asker, Directory, Permit, RoomPlan};
use crate::game::{Leave, TransferError};
use crate::limits;
use crate::metrics::InputStamps;
use crate::net::service::ConnectionId;

/// A player's place in the room and the connection that speaks for it.
pub(crate) struct Seat {
    pub(crate) line: PlayerLine,
    io: usize,
    connection: ConnectionId,
    /// Seated since the last tick: the session still waits for its Welcome.
    fresh: bool,
    /// On the way to another room.
    leaving: bool,
    /// Gives the seat back when this is dropped.
    _permit: Permit,
}

impl Seat {
    fn player(&self) -> PlayerId {
        self.line.player
    }
}

/// One room with its seats.
pub(crate) struct Hosted {
    pub(crate) plan: Arc<RoomPlan>,
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
    /// Inputs used since the last snapshot, with their players' I/O threads.
    stamped: Vec<(usize, StampedInput)>,
}

/// Who looks on while rooms tick: none of them can change a room.
pub(crate) struct Witnesses<'a> {
    pub(crate) record: Option<&'a RecordSink>,
    pub(crate) clock: fn() -> Time,
    pub(crate) meter: &'a mut InputMeter,
    pub(crate) log: &'a mut RoomLog,
}

/// Whether a room lives on after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fate {
    Alive,
    /// Nobody has been in it for as long as its kind allows.
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
    pub(crate) fn new(plan: Arc<RoomPlan>, seed: u64, room: Box<dyn AnyRoom>) -> Self {
        Self {
            plan,
            seed,
            room,
            seats: Vec::new(),
            player_next: 1,
            empty_ticks: 0,
            resolved: Resolved::default(),
            panicked: None,
            located: Vec::new(),
            stamped: Vec::new(),
        }
    }

    pub(crate) fn seats_taken(&self) -> usize {
        self.seats.len()
    }

    pub(crate) fn id(&self) -> RoomId {
        self.plan.id
    }

    /// Puts a new player on its seat; the game hears of it at the next tick (`timing`), the session after it.
    pub(crate) fn seat(&mut self, io: usize, request: JoinRequest, timing: TickTiming) -> PlayerId {
        let JoinRequest { connection, permit, name } = request;
        let player = PlayerId(self.player_next);
        self.player_next += 1;
        // The player is seated in any case: the tick that ends the room tells it.
        self.guard(|room| room.seat(player, timing));
        let line =
            PlayerLine { player, input_applied: InputSeq(0), input_margin_q4: 0, command_ack: CommandSeq(0) };
        let seat = Seat { line, io, connection, fresh: true, leaving: false, _permit: permit };
        self.seats.push(seat);
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

    /// A transfer that was under way came to nothing.
    pub(crate) fn stay(&mut self, player: PlayerId, why: TransferError) {
        if let Some(index) = self.index_of(player) {
            self.seats[index].leaving = false;
            self.resolved.arrivals.push(Arrival::Stayed { player, why });
        }
    }

    /// Takes the seats in other rooms that the game wished for in the last tick, and tells the I/O threads.
    pub(crate) fn transfer(&mut self, directory: &Directory, links: &mut [SimEnd], now: Time) {
        for nth in 0..self.room.wishes().len() {
            let TransferWish { player, kind, room } = &self.room.wishes()[nth];
            let player = *player;
            // Kicked in the same tick, or on the way already.
            let Some(index) = self.index_of(player).filter(|index| !self.seats[*index].leaving) else {
                continue;
            };
            match find_seat(directory, &self.plan, kind, room, now) {
                Ok(permit) => {
                    let members = self.room.members();
                    let name = members.iter().find(|member| member.player == player).map(|m| m.name.clone());
                    let transfer = Transfer { player, permit, name: name.unwrap_or_default() };
                    let tick = self.room.tick();
                    self.seats[index].leaving = true;
                    links[self.seats[index].io].push(self.plan.id, |output| {
                        output.tick = tick;
                        output.transfers.push(transfer);
                    });
                }
                Err(why) => self.resolved.arrivals.push(Arrival::Stayed { player, why }),
            }
        }
    }

    pub(crate) fn has_wishes(&self) -> bool {
        !self.room.wishes().is_empty()
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
        witnesses: &mut Witnesses<'_>,
    ) -> Fate {
        let began = (witnesses.clock)();
        let (mut resolved, mut seats) = (take(&mut self.resolved), take(&mut self.seats));
        let waits = &mut witnesses.meter.waits;
        waits.clear();
        self.guard(|room| {
            room.resolve(timing, &mut resolved, &mut seats, waits);
            room.advance(&resolved);
        });
        (self.resolved, self.seats) = (resolved, seats);
        if let Some(panic) = &self.panicked {
            if let Some(suppressed) = witnesses.log.take(RoomLine::Panicked, timing.started) {
                self.report(kind, panic, suppressed);
            }
            self.fail(links);
            return Fate::Failed;
        }
        self.stamp(began, (witnesses.clock)(), witnesses.meter);
        if let Some(sink) = witnesses.record {
            self.record(kind, sink);
        }
        self.resolved.clear();
        self.publish(timing.reanchor, &kind.places, links);
        self.complain(&kind.wire.name, witnesses.log, timing.started);
        self.remove_kicked();
        self.empty_ticks = if self.plan.seats() == 0 { self.empty_ticks.saturating_add(1) } else { 0 };
        let empty = timing.interval.saturating_mul(self.empty_ticks);
        if self.empty_ticks > 0 && empty > kind.keep_empty { Fate::Deserted } else { Fate::Alive }
    }

    /// Notes the inputs that the tick used, which began and ended then.
    fn stamp(&mut self, began: Time, ended: Time, meter: &mut InputMeter) {
        for place in 0..meter.waits.len() {
            let (seat, Waited { read, buffered }) = meter.waits[place];
            meter.applied(buffered, began);
            if self.stamped.len() < limits::STAMPED_INPUTS_MAX {
                let Seat { io, line: PlayerLine { player, .. }, .. } = self.seats[seat];
                let stamps = InputStamps { read, buffered, began, ended };
                self.stamped.push((io, StampedInput { player, stamps }));
            } else {
                meter.lost(1);
            }
        }
    }

    /// Tells the sink of the tick. A sink that panics is not called again: rooms outlive their recording.
    fn record(&self, kind: &Kind, sink: &RecordSink) {
        let mut sink = sink.lock();
        let Some(recorder) = &mut *sink else { return };
        let recorded = Recorded {
            kind: &kind.wire.name,
            room: &self.plan.name,
            serial: self.plan.id.serial,
            seed: self.seed,
            tick: self.room.tick(),
            resolved: &self.resolved,
            snapshot_tick: self.room.snapshot().tick(),
            state_hash: self.room.snapshot().state_hash(&kind.wire.layout),
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| recorder(&recorded))) {
            let reason = panic_text(&*panic);
            tracing::error!(room = %self.plan.name, reason, "the recording panicked; nothing is recorded from now on");
            *sink = None;
        }
    }

    fn report(&self, kind: &Kind, panic: &str, suppressed: u64) {
        tracing::error!(
            room = %self.plan.name,
            kind = %kind.wire.name,
            tick = self.room.tick().0,
            players = self.seats.len(),
            reason = panic,
            suppressed,
            "the game panicked; its room is closed"
        );
    }

    fn fail(&self, links: &mut [SimEnd]) {
        let room = self.plan.id;
        for (io, link) in links.iter_mut().enumerate() {
            let seats = &self.seats;
            if !seats.iter().any(|seat| seat.io == io) {
                continue;
            }
            link.push(room, |output| {
                output.ended = Some(CloseCode::RoomFailed);
                // Also those whose join was being run: their session still waits.
                output.seated.extend(fresh_seats(seats, io, &self.plan));
            });
        }
    }

    /// Says what only the game's author can mend.
    fn complain(&mut self, kind: &str, log: &mut RoomLog, now: Time) {
        let (room, tick, clamped) = (&*self.plan.name, self.room.tick().0, self.room.clamped());
        for oversight in self.room.oversights().take_due(now, clamped) {
            if let Some(suppressed) = log.take(RoomLine::Complaint, now) {
                tracing::warn!(room, kind, tick, suppressed, "{oversight}");
            }
        }
    }

    /// Whether the author was told.
    #[cfg(test)]
    pub(crate) fn has_complained(&mut self) -> bool {
        self.room.oversights().has_told()
    }

    fn publish(&mut self, reanchor: bool, places: &Places, links: &mut [SimEnd]) {
        self.locate_if_asked(places);
        let is_news = self.takes_snapshot()
            || reanchor
            || self.room.events().len() > 0
            || !self.room.kicks().is_empty();
        for (io, link) in links.iter_mut().enumerate() {
            let mut here = self.seats.iter().filter(|seat| seat.io == io);
            // Between two snapshots there is little to tell.
            if here.any(|seat| is_news || seat.fresh) {
                link.push(self.plan.id, |output| self.fill(io, reanchor, output));
            }
        }
        for seat in &mut self.seats {
            seat.fresh = false;
        }
        if self.takes_snapshot() {
            self.stamped.clear();
        }
    }

    /// Whether the last tick took a snapshot.
    fn takes_snapshot(&self) -> bool {
        self.room.snapshot().tick() == self.room.tick()
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
        output.reanchor = reanchor;
        output.seated.extend(fresh_seats(&self.seats, io, &self.plan));
        if self.takes_snapshot() {
            output.snapshot = Some(Arc::clone(self.room.snapshot()));
            output.lines.extend(self.seats.iter().filter(|seat| seat.io == io).map(|seat| seat.line));
            output.stamped.extend(self.stamped.iter().filter(|(of, _)| *of == io).map(|(_, input)| input));
        }
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
        if event.audience != Audience::Room {
            let hearing = Hearing { members: self.room.members(), located: &self.located };
            events.players.extend(here.filter(|player| hearing.hears(&event.audience, *player)));
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

fn fresh_seats(seats: &[Seat], io: usize, plan: &RoomPlan) -> impl Iterator<Item = Seated> {
    seats.iter().filter(move |seat| seat.io == io && seat.fresh).map(move |seat| Seated {
        connection: seat.connection,
        player: seat.player(),
        room_name: Arc::clone(&plan.name),
        kind: plan.kind,
    })
}

fn find_seat(
    directory: &Directory,
    here: &RoomPlan,
    kind: &str,
    room: &str,
    now: Time,
) -> Result<Permit, TransferError> {
    let kind = directory.kind(kind).ok_or(TransferError::NoSuchKind)?;
    if kind == here.kind && *room == *here.name {
        return Err(TransferError::SameRoom);
    }
    directory.join(kind, room, Asker::Game(here.id), now).map_err(|code| match code {
        CloseCode::Full => TransferError::Full,
        _ => TransferError::Busy,
    })
}
