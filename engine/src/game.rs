//! The trait a game implements, and nothing else.
//!
//! A game is a value that is advanced one tick at a time by the room that owns it. Everything it may know arrives by
//! argument: the players' inputs, and [`Cx`] for time, randomness, identifiers and events. What it wants players to see it
//! shows in [`Game::replicate`]; the room quantizes, compares and sends.
//!
//! Invariant: a game that takes time and randomness from [`Cx`] alone (no clock, no `rand`, no iteration order of a
//! `HashMap`) is a pure function of its seed and its recorded inputs, so that [`crate::sim::replay`] repeats it exactly.

use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::schema::{Classes, Command, Event, Input};

pub use crate::sim::{Cx, Emit, Inputs, Rng, Scene, Set};

/// Why a player left a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leave {
    /// The player said goodbye.
    Left,
    /// The connection ended without a goodbye: closed tab, lost network, silence, a broken rule of the protocol.
    Lost,
    /// The game removed the player with [`Cx::kick`].
    Kicked,
    /// The player has a seat in another room now: [`Cx::transfer`].
    Transferred,
}

/// Why [`Cx::transfer`] left a player where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferError {
    /// The server has no such kind of room.
    NoSuchKind,
    /// It is the room that the player is in.
    SameRoom,
    /// That room has no free seat.
    Full,
    /// The server makes no more rooms.
    Busy,
    /// That room's game failed before the player had its seat.
    RoomFailed,
}

/// The rules of one kind of room.
///
/// One value exists per room and lives on the simulation thread; rooms share nothing. A panic in any of these functions
/// ends this room (its players are closed with code 4009) and no other.
///
/// Each tick calls, in this order: [`join`](Game::join), [`leave`](Game::leave), [`command`](Game::command) and
/// [`transfer_failed`](Game::transfer_failed) in the order in which they arrived, then [`tick`](Game::tick) once, then
/// [`replicate`](Game::replicate) once (each so many ticks if the server takes
/// [fewer snapshots](crate::server::Server::snapshot_every)).
///
/// ```
/// use tickwire::prelude::*;
///
/// #[derive(Replicate)]
/// struct Dot {
///     #[rep(range = 0.0..100.0, step = 0.1)]
///     at: Vec2,
/// }
///
/// #[derive(Input, Clone, Copy, Default)]
/// struct Stick {
///     #[rep(range = -1..=1)]
///     x: i8,
/// }
///
/// #[derive(Default)]
/// struct Dots(Vec<(EntityId, PlayerId, Dot)>);
///
/// impl Game for Dots {
///     type Entities = Dot;
///     type Input = Stick;
///     type Event = ();
///     type Command = ();
///
///     fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
///         self.0.push((cx.spawn_id(), player, Dot { at: Vec2::splat(50.0) }));
///     }
///     fn leave(&mut self, player: PlayerId, _why: Leave, _cx: &mut Cx<'_, Self>) {
///         self.0.retain(|(_, owner, _)| *owner != player);
///     }
///     fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
///         for (_, owner, dot) in &mut self.0 {
///             dot.at.x += f32::from(inputs.get(*owner).x) * 30.0 * cx.dt();
///         }
///     }
///     fn replicate(&self, scene: &mut Scene<'_>) {
///         for (id, owner, dot) in &self.0 {
///             scene.put_owned(*id, *owner, dot);
///         }
///     }
/// }
/// ```
pub trait Game: Send + Sized + 'static {
    /// The classes that [`Game::replicate`] shows: one `Replicate` struct, or a tuple of up to twelve.
    type Entities: Classes;
    /// What one player intends for one tick; `()` for a game that is only watched.
    type Input: Input;
    /// Facts told to players, reliable and in order; `()` for none.
    type Event: Event;
    /// Requests of players outside the tick stream, such as chat; `()` for none.
    type Command: Command;

    /// Called once, before the first tick of the room and before anybody joins.
    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        let _ = cx;
    }

    /// A player has taken a seat. The name is `cx.name(player)`.
    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>);

    /// A player has gone. The name can still be read; the seat is free after this call.
    fn leave(&mut self, player: PlayerId, why: Leave, cx: &mut Cx<'_, Self>);

    /// [`Cx::transfer`] could not be done: the player goes on here.
    fn transfer_failed(&mut self, player: PlayerId, why: TransferError, cx: &mut Cx<'_, Self>) {
        let _ = (player, why, cx);
    }

    /// A player sent a command. Each is run once, in the order sent. A game that takes commands writes this function:
    /// without it they are ignored, with a warning in the log.
    fn command(&mut self, player: PlayerId, command: Self::Command, cx: &mut Cx<'_, Self>) {
        let _ = (player, command);
        cx.command_unhandled();
    }

    /// Advances the game by one tick of `cx.dt()` seconds.
    fn tick(&mut self, inputs: &Inputs<Self::Input>, cx: &mut Cx<'_, Self>);

    /// Shows every live entity, in any order. What is not shown does not exist for the players.
    fn replicate(&self, scene: &mut Scene<'_>);
}
