//! What one kind of room is told besides its game.
//!
//! Owns [`RoomOptions`]; what is not set here is as the server says.

use std::time::Duration;

use super::error::ConfigError;
use crate::game::Game;
use crate::sim::Kind;

/// A kind of room with its own rules, for [`Server::room_with`](super::Server::room_with).
///
/// ```
/// # use tickwire::prelude::*;
/// # #[derive(Default)] struct Duel;
/// # impl Game for Duel {
/// #     type Entities = (); type Input = (); type Event = (); type Command = ();
/// #     fn join(&mut self, _: PlayerId, _: &mut Cx<'_, Self>) {}
/// #     fn leave(&mut self, _: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {}
/// #     fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}
/// #     fn replicate(&self, _: &mut Scene<'_>) {}
/// # }
/// let server = Server::new().room_with(RoomOptions::new("duel", Duel::default).capacity(2).private());
/// # drop(server);
/// ```
#[must_use = "options do nothing before `Server::room_with`"]
pub struct RoomOptions {
    pub(super) kind: Result<Kind, ConfigError>,
    pub(super) capacity: Option<usize>,
    pub(super) private: bool,
    pub(super) keep_empty: Option<Duration>,
}

impl RoomOptions {
    /// A kind of room; `factory` makes the game of each room of this kind.
    pub fn new<G: Game>(kind: &str, factory: impl Fn() -> G + Send + 'static) -> Self {
        let declared = Kind::of(kind, factory);
        let kind = declared.map_err(|source| ConfigError::Schema { kind: kind.to_owned(), source });
        Self { kind, capacity: None, private: false, keep_empty: None }
    }

    /// Seats of each room, 1 to 65,536.
    pub fn capacity(mut self, seats: usize) -> Self {
        self.capacity = Some(seats);
        self
    }

    /// Lists no room of this kind at `/rooms`. Without it, rooms are listed unless their id begins with `~`.
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// How long a room goes on that nobody is in, 60 s if not set. Zero: it ends with the tick in which the last player leaves.
    pub fn keep_empty(mut self, time: Duration) -> Self {
        self.keep_empty = Some(time);
        self
    }
}
