//! A room without a server, for a game's own tests: fake players, scripted inputs, and time that passes when the test says so.
//!
//! [`TestRoom`] drives the same room that a server hosts, through the same quantized words, and shows each player what a client
//! would decode. It has no threads, sockets or clock: the same script gives the same [`TestRoom::state_hash`] each time.
//! Does not own the way of messages (late inputs, lost connections, slow readers): these are the engine's, with tests of their own.
//!
//! ```
//! use tickwire::prelude::*;
//! use tickwire::testing::TestRoom;
//!
//! #[derive(Replicate)]
//! struct Runner {
//!     #[rep(range = 0.0..100.0, step = 0.1)]
//!     at: Vec2,
//!     #[rep(owner)]
//!     steps: u16,
//! }
//!
//! #[derive(Input, Clone, Copy, Default)]
//! struct Step {
//!     #[rep(edge)]
//!     go: bool,
//! }
//!
//! #[derive(Event, Debug, PartialEq)]
//! struct Stepped {
//!     player: u32,
//! }
//!
//! #[derive(Default)]
//! struct Race(Vec<(EntityId, PlayerId, Runner)>);
//!
//! impl Game for Race {
//!     type Entities = Runner;
//!     type Input = Step;
//!     type Event = Stepped;
//!     type Command = ();
//!
//!     fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
//!         self.0.push((cx.spawn_id(), player, Runner { at: Vec2::ZERO, steps: 0 }));
//!     }
//!     fn leave(&mut self, player: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {
//!         self.0.retain(|(_, owner, _)| *owner != player);
//!     }
//!     fn tick(&mut self, inputs: &Inputs<Step>, cx: &mut Cx<'_, Self>) {
//!         for (_, player, runner) in &mut self.0 {
//!             if inputs.get(*player).go {
//!                 runner.at.x += 1.0;
//!                 runner.steps += 1;
//!                 cx.emit(Stepped { player: player.0 }).to(*player);
//!             }
//!         }
//!     }
//!     fn replicate(&self, scene: &mut Scene<'_>) {
//!         self.0.iter().for_each(|(id, player, runner)| scene.put_owned(*id, *player, runner));
//!     }
//! }
//!
//! let mut room = TestRoom::<Race>::new(7);
//! let (ann, bob) = (room.join("ann"), room.join("bob"));
//! room.input(ann, Step { go: true });
//! room.advance(3); // A press is one press, however many ticks follow.
//! assert_eq!(room.game().0[0].2.steps, 1);
//! assert_eq!(room.events_for(ann), [Stepped { player: ann.0 }]);
//! assert!(room.events_for(bob).is_empty());
//!
//! let seen = room.view(bob).of::<Runner>();
//! assert_eq!(seen.len(), 2);
//! let (_, own, runner) = &seen[0];
//! assert_eq!((*own, runner.at.x, runner.steps), (false, 1.0, 0), "owner fields of others are not sent");
//! ```

use core::any::TypeId;

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::{Classes, Command, Event, Input, Layout, Replicate, Schema};
use tickwire_netcode::snapshot::World;
use tickwire_netcode::snapshot::update::{PartKey, UpdateHeader, decode_update, encode_slot};
use tickwire_netcode::time::{Stamp, Tick};

use crate::game::{Game, Leave, TransferError};
use crate::sim::{Arrival, Hearing, Places, Resolved, Room};

/// A player whom the game wants in another room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who.
    pub player: PlayerId,
    /// The kind of room.
    pub kind: String,
    /// The room's id; empty for any room of the kind.
    pub room: String,
}

/// A fake player.
struct Player<I> {
    id: PlayerId,
    /// What it holds down.
    held: I,
    /// Words of the events it heard since the test last asked.
    heard: Vec<(u8, Vec<u32>)>,
}

/// A room of one game, in the hands of a test.
///
/// Players are numbered from 1 in the order in which they join. What is asked for takes effect in the next tick, in the order
/// in which it was asked. A panic of the game is a panic of the test.
pub struct TestRoom<G: Game> {
    room: Room<G>,
    layout: Layout,
    places: Places,
    players: Vec<Player<G::Input>>,
    joined_count: u32,
    resolved: Resolved,
    kicked: Vec<(PlayerId, String)>,
    transfers: Vec<Transfer>,
}

impl<G: Game + Default> TestRoom<G> {
    /// A room with a game made by `Default`, 60 ticks a second.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(G::default(), seed, 60)
    }
}

impl<G: Game> TestRoom<G> {
    /// A room with this game. Its `start` has run when this returns.
    ///
    /// # Panics
    ///
    /// When the game's classes make no schema, with the words that `Server::listen` would return.
    #[must_use]
    pub fn of(game: G, seed: u64, tick_rate_hz: u32) -> Self {
        let schema = Schema::of::<G::Entities, G::Input, G::Event, G::Command>();
        let schema = schema.unwrap_or_else(|error| panic!("the game makes no schema: {error}"));
        let layout = Layout::new(&schema).unwrap_or_else(|error| panic!("the game makes no schema: {error}"));
        Self {
            room: Room::new(game, seed, tick_rate_hz, 1),
            places: Places::of(&schema),
            layout,
            players: Vec::new(),
            joined_count: 0,
            resolved: Resolved::default(),
            kicked: Vec::new(),
            transfers: Vec::new(),
        }
    }

    /// A player joins under this name.
    pub fn join(&mut self, name: &str) -> PlayerId {
        self.joined_count += 1;
        let id = PlayerId(self.joined_count);
        self.players.push(Player { id, held: G::Input::default(), heard: Vec::new() });
        self.resolved.arrivals.push(Arrival::Joined { player: id, name: name.to_owned() });
        id
    }

    /// A player leaves, for this reason. Its events can still be asked for.
    pub fn leave(&mut self, player: PlayerId, why: Leave) {
        self.resolved.arrivals.push(Arrival::Left { player, why });
    }

    /// What the player holds from the next tick on. Edges count once and are not held; those not yet used are kept.
    ///
    /// # Panics
    ///
    /// When there is no such player.
    pub fn input(&mut self, player: PlayerId, input: G::Input) {
        let held = &mut self.player(player).held;
        let before = std::mem::replace(held, input);
        held.merge_edges(&before);
    }

    /// The player sends a command.
    #[expect(clippy::needless_pass_by_value, reason = "a command is given away, like an input")]
    pub fn command(&mut self, player: PlayerId, command: G::Command) {
        let mut words = Vec::new();
        let index = command.quantize(&mut words, &mut 0);
        self.resolved.push_command(player, index, &words);
    }

    /// Answers a wish of [`transfers`](Self::transfers): the player stays here. For the other answer let it
    /// [`leave`](Self::leave) with [`Leave::Transferred`].
    pub fn refuse_transfer(&mut self, player: PlayerId, why: TransferError) {
        self.resolved.arrivals.push(Arrival::Stayed { player, why });
    }

    /// Runs `ticks` ticks.
    pub fn advance(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick_once();
        }
    }

    fn tick_once(&mut self) {
        for player in &mut self.players {
            let held = &player.held;
            self.resolved.push_input(player.id, |words| held.quantize(words, &mut 0));
            player.held.clear_edges();
        }
        self.room.advance(&self.resolved);
        self.resolved.clear();
        self.deliver();
        for (player, reason) in self.room.kicks() {
            self.kicked.push((*player, reason.clone()));
            self.resolved.arrivals.push(Arrival::Left { player: *player, why: Leave::Kicked });
        }
        self.transfers.extend(self.room.wishes().iter().map(|wish| Transfer {
            player: wish.player,
            kind: wish.kind.clone(),
            room: wish.room.clone(),
        }));
    }

    /// Hands the tick's events to those who hear them.
    fn deliver(&mut self) {
        let members = self.room.members();
        let mut located = Vec::new();
        self.places.locate(self.room.snapshot(), members.iter().map(|member| member.player), &mut located);
        let hearing = Hearing { members, located: &located };
        let here = |player: &&mut Player<G::Input>| members.iter().any(|member| member.player == player.id);
        for player in self.players.iter_mut().filter(here) {
            let heard =
                self.room.events().iter().filter(|(event, _)| hearing.hears(&event.audience, player.id));
            player.heard.extend(heard.map(|(event, words)| (event.class, words.to_vec())));
        }
    }

    fn player(&mut self, player: PlayerId) -> &mut Player<G::Input> {
        let found = self.players.iter_mut().find(|known| known.id == player);
        found.unwrap_or_else(|| panic!("no player {} has joined", player.0))
    }

    /// The game as it is.
    pub fn game(&self) -> &G {
        self.room.game()
    }

    /// The tick run last; 0 before the first.
    pub fn tick(&self) -> Tick {
        self.room.tick()
    }

    /// What the player has heard since this was last asked, in order.
    ///
    /// # Panics
    ///
    /// When there is no such player.
    pub fn events_for(&mut self, player: PlayerId) -> Vec<G::Event> {
        let heard = std::mem::take(&mut self.player(player).heard);
        heard.iter().filter_map(|(class, words)| G::Event::from_words(*class, words)).collect()
    }

    /// What a client of this player holds: the newest state, encoded and decoded again.
    pub fn view(&self, player: PlayerId) -> View<G> {
        let mut world = World::new();
        let snapshot = self.room.snapshot();
        let mut update = Vec::new();
        let header = UpdateHeader {
            seq: 1,
            reanchor: false,
            gate_level: 0,
            tick_delta: 1,
            server_stamp: Stamp(0),
            input: None,
            command_ack: None,
            echo: None,
        };
        header.encode(&mut update);
        encode_slot(&self.layout, snapshot, PartKey::Everyone, true, &mut update);
        encode_slot(&self.layout, snapshot, PartKey::Own(player), false, &mut update);
        let decoded = decode_update(&update).and_then(|update| world.apply(&self.layout, &update));
        assert!(decoded.is_ok(), "what the engine encodes it decodes: {decoded:?}");
        View { world, game: core::marker::PhantomData }
    }

    /// Hash of the state as all players see it: equal hashes, equal states. The same as the server records.
    pub fn state_hash(&self) -> u32 {
        self.room.snapshot().state_hash(&self.layout)
    }

    /// Whom the game has kicked so far, and what it told them.
    pub fn kicked(&self) -> &[(PlayerId, String)] {
        &self.kicked
    }

    /// Whom the game has wanted elsewhere so far.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// Values out of their range so far, which were clamped: as a rule a mistake in the game.
    pub fn clamped(&self) -> u32 {
        self.room.clamped()
    }
}

/// What one player sees.
pub struct View<G> {
    world: World,
    game: core::marker::PhantomData<fn() -> G>,
}

impl<G: Game> View<G> {
    /// The entities of one class in ascending order of ids: id, whether it is the player's own, and the value with the precision it
    /// is sent with. Owner fields of others are 0.
    ///
    /// # Panics
    ///
    /// When the game does not declare the class.
    pub fn of<T: Replicate + 'static>(&self) -> Vec<(EntityId, bool, T)> {
        let class = <G::Entities as Classes>::index_of(TypeId::of::<T>());
        let class =
            class.unwrap_or_else(|| panic!("the game does not declare {}", core::any::type_name::<T>()));
        let entities = self.world.entities().filter(|entity| entity.class == class);
        entities.map(|entity| (entity.id, entity.own, T::from_words(entity.words))).collect()
    }

    /// How many entities the player sees, of all classes.
    pub fn count(&self) -> usize {
        self.world.len()
    }
}

#[cfg(test)]
mod tests;
