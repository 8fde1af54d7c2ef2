//! A room: one game, advanced tick by tick as a pure function.
//!
//! (state, resolved inputs of the tick, seed) -> (state, snapshot, events). Does not own seats, connections or input buffers
//! (`hosted.rs`), nor does it know what time it is. Invariant: two rooms made by the same factory with the same seed, advanced
//! by the same sequence of [`Resolved`], have equal snapshots at each tick, byte for byte.

use core::any::TypeId;
use std::sync::Arc;

use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::schema::{Classes, Command, Input};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder};
use tickwire_netcode::time::Tick;

use super::cx::{Core, Cx, Member, TransferWish};
use super::event_batch::EventBatch;
use super::inputs::Inputs;
use super::oversights::Oversights;
use super::resolved::{Arrival, Resolved};
use super::scene::Scene;
use super::snapshot_pool::SnapshotPool;
use crate::game::{Game, Leave};

/// A room with its game and everything the game's calls depend on.
pub(crate) struct Room<G: Game> {
    game: G,
    core: Core,
    inputs: Inputs<G::Input>,
    builder: SnapshotBuilder,
    pool: SnapshotPool,
    snapshot: Arc<Snapshot>,
    /// Ticks from one snapshot to the next.
    snapshot_every: u32,
}

impl<G: Game> Room<G> {
    /// A new room before its first tick; runs the game's `start`.
    pub(crate) fn new(game: G, seed: u64, tick_rate_hz: u32, snapshot_every: u8) -> Self {
        let mut room = Self {
            game,
            core: Core::new(seed, tick_rate_hz),
            inputs: Inputs::default(),
            builder: SnapshotBuilder::default(),
            pool: SnapshotPool::default(),
            snapshot: Arc::default(),
            snapshot_every: u32::from(snapshot_every.max(1)),
        };
        room.core.oversights = Oversights::of(<G::Entities as Classes>::records());
        room.game.start(&mut Cx::new(&mut room.core));
        room
    }

    /// Runs the next tick.
    pub(crate) fn advance(&mut self, resolved: &Resolved) {
        // Events of `start` leave with the first tick, so they are cleared after it and not before.
        if self.core.tick.0 > 0 {
            self.core.events.clear();
        }
        self.core.kicks.clear();
        self.core.wishes.clear();
        self.core.tick = self.core.tick + 1;
        for arrival in &resolved.arrivals {
            self.arrive(arrival, resolved);
        }
        self.inputs.clear();
        self.fill_inputs(resolved);
        self.game.tick(&self.inputs, &mut Cx::new(&mut self.core));
        if self.core.tick.0.is_multiple_of(self.snapshot_every) {
            self.replicate();
        }
    }

    fn replicate(&mut self) {
        self.game.replicate(&mut Scene::new(&mut self.builder, index_of::<G>, &mut self.core.oversights));
        let builder = &mut self.builder;
        let tick = self.core.tick;
        self.snapshot = self.pool.publish(|spare| builder.finish(tick, spare));
        let core = &mut self.core;
        core.oversights.settle(!core.members.is_empty(), builder.refusal(), &core.events);
    }

    fn arrive(&mut self, arrival: &Arrival, resolved: &Resolved) {
        match arrival {
            Arrival::Joined { player, name } => {
                self.core.members.push(Member { player: *player, name: name.clone(), sets: 0 });
                self.game.join(*player, &mut Cx::new(&mut self.core));
            }
            Arrival::Left { player, why } => self.leave(*player, *why),
            Arrival::Stayed { player, why } => {
                if self.core.member(*player).is_some() {
                    self.game.transfer_failed(*player, *why, &mut Cx::new(&mut self.core));
                }
            }
            Arrival::Commanded { player, index, words } => {
                let command = G::Command::from_words(*index, resolved.slice(words));
                if let (Some(command), Some(_)) = (command, self.core.member(*player)) {
                    self.game.command(*player, command, &mut Cx::new(&mut self.core));
                }
            }
        }
    }

    fn leave(&mut self, player: PlayerId, why: Leave) {
        if self.core.member(player).is_some() {
            self.game.leave(player, why, &mut Cx::new(&mut self.core));
            self.core.members.retain(|m| m.player != player);
        }
    }

    /// One input per member: the resolved one, or the default for a player that has sent none yet.
    fn fill_inputs(&mut self, resolved: &Resolved) {
        let mut given = resolved.inputs.iter().peekable();
        for member in &self.core.members {
            while given.next_if(|input| input.player < member.player).is_some() {}
            let value = match given.next_if(|input| input.player == member.player) {
                Some(input) => G::Input::from_words(resolved.slice(&input.words)),
                None => G::Input::default(),
            };
            self.inputs.push(member.player, value);
        }
    }

    /// The tick run last; 0 before the first.
    pub(crate) fn tick(&self) -> Tick {
        self.core.tick
    }

    /// The state at the end of the newest tick that took one.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The events of the last tick.
    pub(crate) fn events(&self) -> &EventBatch {
        &self.core.events
    }

    /// Players the game removed in the last tick, with the reason to tell them.
    pub(crate) fn kicks(&self) -> &[(PlayerId, String)] {
        &self.core.kicks
    }

    /// Where the game wanted players to be in the last tick.
    pub(crate) fn wishes(&self) -> &[TransferWish] {
        &self.core.wishes
    }

    pub(crate) fn game(&self) -> &G {
        &self.game
    }

    /// The players in the room and the sets they are in.
    pub(crate) fn members(&self) -> &[Member] {
        &self.core.members
    }

    /// Values that were clamped since the room started.
    pub(crate) fn clamped(&self) -> u32 {
        self.core.oversights.clamped.saturating_add(self.core.events.clamped)
    }

    /// What the game's author is to be told.
    pub(crate) fn oversights(&mut self) -> &mut Oversights {
        &mut self.core.oversights
    }
}

fn index_of<G: Game>(class: TypeId) -> Option<u8> {
    <G::Entities as Classes>::index_of(class)
}
