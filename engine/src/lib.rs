//! Embeddable, authoritative multiplayer game state server, browser first.
//!
//! You write one [`Game`](game::Game): what happens when a player joins or leaves, what a tick does with the players'
//! inputs, and which entities there are to see. Tickwire does the rest: an event loop that speaks WebSocket, a simulation
//! thread that ticks at absolute deadlines, quantized state updates encoded at the moment they can be sent, events, names,
//! limits, and a browser SDK served at `/sdk/index.js`.
//!
//! ```
//! use tickwire::prelude::*;
//!
//! // What players see. Each field says how exactly it is sent.
//! #[derive(Replicate)]
//! struct Ship {
//!     #[rep(range = -512.0..512.0, step = 0.05)]
//!     at: Vec2,
//!     #[rep(owner)]
//!     ammo: u8,
//! }
//!
//! // What a player wants, once per tick.
//! #[derive(Input, Clone, Copy, Default)]
//! struct Stick {
//!     #[rep(range = -1..=1)]
//!     turn: i8,
//!     #[rep(edge)]
//!     fire: bool,
//! }
//!
//! // What happened, for those near enough to notice.
//! #[derive(Event)]
//! struct Bang {
//!     #[rep(range = -512.0..512.0, step = 1.0)]
//!     at: Vec2,
//! }
//!
//! #[derive(Default)]
//! struct Duel {
//!     ships: Vec<(EntityId, PlayerId, Ship)>,
//! }
//!
//! impl Game for Duel {
//!     type Entities = Ship;
//!     type Input = Stick;
//!     type Event = Bang;
//!     type Command = ();
//!
//!     fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
//!         let at = cx.rng().unit_vec() * 100.0;
//!         self.ships.push((cx.spawn_id(), player, Ship { at, ammo: 10 }));
//!     }
//!     fn leave(&mut self, player: PlayerId, _why: Leave, _cx: &mut Cx<'_, Self>) {
//!         self.ships.retain(|(_, owner, _)| *owner != player);
//!     }
//!     fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
//!         for (_, player, ship) in &mut self.ships {
//!             let stick = inputs.get(*player);
//!             ship.at.x += f32::from(stick.turn) * 60.0 * cx.dt();
//!             if stick.fire && ship.ammo > 0 {
//!                 ship.ammo -= 1;
//!                 cx.emit(Bang { at: ship.at }).near(ship.at, 200.0);
//!             }
//!         }
//!     }
//!     fn replicate(&self, scene: &mut Scene<'_>) {
//!         for (id, player, ship) in &self.ships {
//!             scene.put_owned(*id, *player, ship);
//!         }
//!     }
//! }
//!
//! # fn main() -> Result<(), ServeError> {
//! let server = Server::new().room("duel", Duel::default).listen("127.0.0.1:0")?;
//! let running = server.start()?; // A program calls `server.run()`, which returns at SIGINT or SIGTERM.
//! assert_ne!(running.addr().port(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! and in the page: `const room = await connect({ room: "duel" })`, `room.input(() => ({ turn, fire }))`,
//! `room.entities("Ship")`. `engine/examples/hello.rs` is the smallest whole game, its page included.
//!
//! Where to look: [`game`] for what you write, [`server`] for what you run, [`sim`] for rooms, recording and replay, [`net`]
//! for the event loop and its seam [`net::service::Service`] (echo and fan-out servers are other services), [`limits`] for
//! every bound. `docs/ARCHITECTURE.md` is the map, `docs/PROTOCOL.md` the wire. The library reports through `tracing` and
//! never installs a subscriber.

mod bridge;
pub mod clock;
mod directory;
pub mod game;
pub mod limits;
pub mod metrics;
pub mod net;
pub mod page;
pub mod prelude;
mod sdk;
pub mod server;
mod sessions;
pub mod sim;
pub mod testing;
pub mod tick_grid;

pub use tickwire_netcode as netcode;
pub use tickwire_netcode::glam;
