//! A room with its type erased, so that one simulation hosts several games.
//!
//! Adds to the pure [`Room`] the players' input buffers, which are typed by the game's input. Invariant: what the buffers
//! decide reaches the room only as a [`Resolved`].

use std::sync::Arc;

use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::schema::Input;
use tickwire_netcode::session::{ArrivedInput, InputBuffer, Verdict, Waited};
use tickwire_netcode::snapshot::Snapshot;
use tickwire_netcode::time::{Tick, Time};

use super::cx::{Member, TransferWish};
use super::event_batch::EventBatch;
use super::hosted::Seat;
use super::oversights::Oversights;
use super::resolved::Resolved;
use super::room::Room;
use super::tick_timing::{QuantizedInput, TickTiming};
use crate::game::Game;

/// What the simulation thread asks of a room.
pub(crate) trait AnyRoom: Send {
    /// Makes an input buffer for a new player, greater than all before; `timing` is that of the next tick.
    fn seat(&mut self, player: PlayerId, timing: TickTiming);
    /// Forgets the player's buffer.
    fn unseat(&mut self, player: PlayerId);
    /// The next tick starts then.
    fn expect(&mut self, next_starts: Time);
    /// Puts an input into its player's buffer; ignored for a player without a seat.
    fn buffer(&mut self, player: PlayerId, input: QuantizedInput<'_>) -> Option<Verdict>;
    /// Takes every player's input for the next tick and notes in `seats` (same order as the buffers) which were used. Adds to
    /// `waits` by which way they came, with the places of their players among the seats.
    fn resolve(
        &mut self,
        timing: TickTiming,
        resolved: &mut Resolved,
        seats: &mut [Seat],
        waits: &mut Vec<(usize, Waited)>,
    );
    /// Runs the next tick. Panics when the game does.
    fn advance(&mut self, resolved: &Resolved);
    /// The tick run last; 0 before the first.
    fn tick(&self) -> Tick;
    /// The state at the end of the newest tick that took one.
    fn snapshot(&self) -> &Arc<Snapshot>;
    /// The events of the last tick.
    fn events(&self) -> &EventBatch;
    /// Players that the game removed in the last tick.
    fn kicks(&self) -> &[(PlayerId, String)];
    /// Where the game wanted players to be in the last tick.
    fn wishes(&self) -> &[TransferWish];
    /// The players in the room.
    fn members(&self) -> &[Member];
    /// Values clamped since the room started.
    fn clamped(&self) -> u32;
    /// What the game's author is to be told.
    fn oversights(&mut self) -> &mut Oversights;
}

/// A room and its players' input buffers, in ascending order of players.
pub(crate) struct TypedRoom<G: Game> {
    room: Room<G>,
    buffers: Vec<(PlayerId, InputBuffer<G::Input>)>,
}

impl<G: Game> TypedRoom<G> {
    pub(crate) fn new(game: G, seed: u64, tick_rate_hz: u32, snapshot_every: u8) -> Self {
        Self { room: Room::new(game, seed, tick_rate_hz, snapshot_every), buffers: Vec::new() }
    }

    fn index_of(&self, player: PlayerId) -> Option<usize> {
        self.buffers.binary_search_by_key(&player, |(player, _)| *player).ok()
    }
}

impl<G: Game> AnyRoom for TypedRoom<G> {
    fn seat(&mut self, player: PlayerId, timing: TickTiming) {
        debug_assert!(self.buffers.last().is_none_or(|(last, _)| *last < player));
        let next = self.room.tick() + 1;
        self.buffers.push((player, InputBuffer::new(next, timing.started, timing.interval)));
    }

    fn unseat(&mut self, player: PlayerId) {
        self.buffers.retain(|(seated, _)| *seated != player);
    }

    fn expect(&mut self, next_starts: Time) {
        self.buffers.iter_mut().for_each(|(_, buffer)| buffer.expect(next_starts));
    }

    fn buffer(&mut self, player: PlayerId, input: QuantizedInput<'_>) -> Option<Verdict> {
        let index = self.index_of(player)?;
        let QuantizedInput { number, tick, view_tick_q4, arrived, waited, words } = input;
        let input = G::Input::from_words(words);
        Some(self.buffers[index].1.push(ArrivedInput { number, tick, view_tick_q4, arrived, waited, input }))
    }

    fn resolve(
        &mut self,
        timing: TickTiming,
        resolved: &mut Resolved,
        seats: &mut [Seat],
        waits: &mut Vec<(usize, Waited)>,
    ) {
        let next = self.room.tick() + 1;
        for (place, ((player, buffer), seat)) in self.buffers.iter_mut().zip(seats).enumerate() {
            debug_assert_eq!(*player, seat.line.player);
            let applied = buffer.take(next, timing.started);
            let mut clamped = 0;
            resolved.push_input(*player, |words| applied.input.quantize(words, &mut clamped));
            seat.line.input_applied = applied.applied;
            seat.line.input_margin_q4 = applied.margin_q4;
            waits.extend(applied.waited.map(|waited| (place, waited)));
        }
    }

    fn advance(&mut self, resolved: &Resolved) {
        self.room.advance(resolved);
    }

    fn tick(&self) -> Tick {
        self.room.tick()
    }

    fn snapshot(&self) -> &Arc<Snapshot> {
        self.room.snapshot()
    }

    fn events(&self) -> &EventBatch {
        self.room.events()
    }

    fn kicks(&self) -> &[(PlayerId, String)] {
        self.room.kicks()
    }

    fn wishes(&self) -> &[TransferWish] {
        self.room.wishes()
    }

    fn members(&self) -> &[Member] {
        self.room.members()
    }

    fn clamped(&self) -> u32 {
        self.room.clamped()
    }

    fn oversights(&mut self) -> &mut Oversights {
        self.room.oversights()
    }
}
