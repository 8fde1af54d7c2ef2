//! What a game may know and do inside a call: time, randomness, identifiers, players, events.
//!
//! Owns the room's own state beside the game ([`Core`]); [`Cx`] is the game's handle on it for one call. Invariant: nothing in
//! here reads a clock or depends on a thread, so that the same calls give the same results in a replay.

use core::marker::PhantomData;

use glam::Vec2;
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::schema::Event;
use tickwire_netcode::time::Tick;

use super::event_batch::{Audience, EventBatch};
use super::oversights::Oversights;
use super::rng::Rng;
use crate::game::Game;
use crate::limits;

/// PROTOCOL section 3.1: `text<32>`.
const ROOM_ID_BYTES_MAX: usize = 32;

/// One of up to 32 groups that a game names (teams, friends), numbered 0 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Set(pub u8);

impl Set {
    /// The bit of this set in a set mask; numbers past 31 wrap.
    #[must_use]
    pub const fn mask(self) -> u32 {
        1 << (self.0 & 31)
    }
}

/// A player in the room.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) player: PlayerId,
    pub(crate) name: String,
    /// Bit mask of the [`Set`]s this player hears.
    pub(crate) sets: u32,
}

/// The room's state beside the game's own.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) tick: Tick,
    pub(crate) tick_rate_hz: u32,
    pub(crate) rng: Rng,
    pub(crate) entity_next: u32,
    /// In ascending order of player ids, because ids are given out ascending and removal keeps the order.
    pub(crate) members: Vec<Member>,
    pub(crate) events: EventBatch,
    /// Players to remove after this tick, with the reason told to them.
    pub(crate) kicks: Vec<(PlayerId, String)>,
    /// What the game's author is to be told.
    pub(crate) oversights: Oversights,
    /// Players to send elsewhere after this tick.
    pub(crate) wishes: Vec<TransferWish>,
}

/// Where a game wants a player to be.
#[derive(Debug)]
pub(crate) struct TransferWish {
    pub(crate) player: PlayerId,
    pub(crate) kind: String,
    /// Empty for any room of the kind.
    pub(crate) room: String,
}

impl Core {
    pub(crate) fn new(seed: u64, tick_rate_hz: u32) -> Self {
        Self {
            tick: Tick(0),
            tick_rate_hz,
            rng: Rng::new(seed),
            entity_next: 1,
            members: Vec::new(),
            events: EventBatch::default(),
            kicks: Vec::new(),
            oversights: Oversights::default(),
            wishes: Vec::new(),
        }
    }

    pub(crate) fn member(&self, player: PlayerId) -> Option<&Member> {
        let index = self.members.binary_search_by_key(&player, |m| m.player).ok()?;
        Some(&self.members[index])
    }
}

/// The game's handle on its room during one call.
pub struct Cx<'a, G: Game> {
    core: &'a mut Core,
    game: PhantomData<fn() -> G>,
}

impl<'a, G: Game> Cx<'a, G> {
    pub(crate) fn new(core: &'a mut Core) -> Self {
        Self { core, game: PhantomData }
    }

    /// The tick being run; the first is 1, and `start` sees 0.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.core.tick
    }

    /// Seconds since the room started, at this tick. Exact, not summed up.
    #[must_use]
    pub fn time(&self) -> f64 {
        f64::from(self.core.tick.0) / f64::from(self.core.tick_rate_hz)
    }

    /// Length of a tick in seconds.
    #[must_use]
    pub fn dt(&self) -> f32 {
        1.0 / self.core.tick_rate_hz as f32
    }

    /// The room's random numbers: the only source a game should use.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.core.rng
    }

    /// An identifier for a new entity: unique in the room, from 1, never used again.
    ///
    /// # Panics
    ///
    /// When the room has given out 2^32 - 1 of them (a thousand a second for 49 days).
    pub fn spawn_id(&mut self) -> EntityId {
        let id = self.core.entity_next;
        self.core.entity_next = id.checked_add(1).expect("a room gives out at most 2^32 - 1 entity ids");
        EntityId(id)
    }

    /// The players in the room, in ascending order of ids (the order in which they joined).
    pub fn players(&self) -> impl Iterator<Item = PlayerId> + '_ {
        self.core.members.iter().map(|m| m.player)
    }

    /// The player's display name, at most 32 bytes without control characters; empty for nobody. Names need not be unique.
    #[must_use]
    pub fn name(&self, player: PlayerId) -> &str {
        self.core.member(player).map_or("", |m| &m.name)
    }

    /// Tells players a fact. To the whole room, unless the returned value narrows it.
    ///
    /// The event leaves with the state of this tick, never before it. At most [`limits::EVENTS_PER_TICK_MAX`] a tick are
    /// taken; the rest is dropped and counted, since a game that emits more has gone wrong.
    #[expect(clippy::needless_pass_by_value, reason = "an event is given away: `cx.emit(Boom { at })`")]
    pub fn emit(&mut self, event: G::Event) -> Emit<'_> {
        let events = &mut self.core.events;
        if events.len() < limits::EVENTS_PER_TICK_MAX {
            let clamped = events.clamped;
            events.push(|words, clamped| event.quantize(words, clamped));
            if events.clamped != clamped {
                self.core.oversights.clamped(|| event.first_clamped());
            }
            Emit { events: Some(events) }
        } else {
            events.dropped += 1;
            Emit { events: None }
        }
    }

    /// A command came to a game without [`Game::command`].
    pub(crate) fn command_unhandled(&mut self) {
        self.core.oversights.command_unhandled();
    }

    /// Sets which sets (bit `n` = `Set(n)`) the player belongs to, for [`Emit::to_set`]. A new player is in none.
    pub fn set_player_sets(&mut self, player: PlayerId, sets: u32) {
        if let Ok(index) = self.core.members.binary_search_by_key(&player, |m| m.player) {
            self.core.members[index].sets = sets;
        }
    }

    /// Removes a player after this tick; [`Game::leave`] follows at the start of the next with [`Leave::Kicked`](crate::game::Leave).
    ///
    /// The player's session closes with code 1008 and this reason, cut to what a close frame holds (123 bytes).
    pub fn kick(&mut self, player: PlayerId, reason: &str) {
        let present = self.core.member(player).is_some();
        if present && !self.core.kicks.iter().any(|(kicked, _)| *kicked == player) {
            self.core.kicks.push((player, reason.to_owned()));
        }
    }

    /// Sends a player to another room of this server, of any kind, on the same connection: the room with this id, made if there
    /// is none, or with an empty id any room of the kind with a free seat, as a client would join it.
    ///
    /// The player plays on here until it has its seat there: then [`Game::leave`] follows with
    /// [`Leave::Transferred`](crate::game::Leave), a few ticks from now. When it gets none,
    /// [`Game::transfer_failed`] says why. While a transfer is under way, further ones of the player are ignored. An id is cut to 32
    /// bytes.
    pub fn transfer(&mut self, player: PlayerId, kind: &str, room: &str) {
        let present = self.core.member(player).is_some();
        if present && !self.core.wishes.iter().any(|wish| wish.player == player) {
            let room = Text::<ROOM_ID_BYTES_MAX>::truncated(room).as_str().to_owned();
            self.core.wishes.push(TransferWish { player, kind: kind.to_owned(), room });
        }
    }
}

/// Narrows the audience of an event just emitted. Dropping it leaves the event as it is.
#[derive(Debug)]
pub struct Emit<'a> {
    /// `None` when the event was dropped over the limit.
    events: Option<&'a mut EventBatch>,
}

impl Emit<'_> {
    /// To one player only.
    #[expect(clippy::return_self_not_must_use, reason = "the last call of the chain is a statement")]
    pub fn to(self, player: PlayerId) -> Self {
        self.audience(Audience::Player(player))
    }

    /// To the players whose entity is within `radius` of `at`.
    ///
    /// A player's place is the first `Vec2` field of the first entity (lowest id) it owns in this tick's snapshot. A player
    /// without one hears everything.
    #[expect(clippy::return_self_not_must_use, reason = "the last call of the chain is a statement")]
    pub fn near(self, at: Vec2, radius: f32) -> Self {
        self.audience(Audience::Near { at, radius })
    }

    /// To the players in a set, see [`Cx::set_player_sets`].
    #[expect(clippy::return_self_not_must_use, reason = "the last call of the chain is a statement")]
    pub fn to_set(self, set: Set) -> Self {
        self.audience(Audience::Set(set))
    }

    /// Allows the engine to drop the event for a player who cannot keep up. For what only decorates.
    #[expect(clippy::return_self_not_must_use, reason = "the last call of the chain is a statement")]
    pub fn droppable(mut self) -> Self {
        if let Some(last) = self.events.as_deref_mut().and_then(EventBatch::last_mut) {
            last.droppable = true;
        }
        self
    }

    fn audience(mut self, audience: Audience) -> Self {
        if let Some(last) = self.events.as_deref_mut().and_then(EventBatch::last_mut) {
            last.audience = audience;
        }
        self
    }
}
