//! Rust client of the Tickwire protocol: native games, bots and tests.
//!
//! A [`Client`] is `netcode`'s client session over one non-blocking TCP connection, driven by [`Client::poll`]: no
//! threads, no runtime, no callbacks. It decodes every update and checks its hash. It draws and predicts nothing.
//!
//! ```no_run
//! use tickwire_client::{Client, ClientError, Clock, Event, Options};
//! # use tickwire_netcode::{Input, Replicate};
//! # #[derive(Replicate)] #[rep(crate = tickwire_netcode)] struct Ship { hp: u8 }
//! # #[derive(Input, Clone, Copy, Default)] #[rep(crate = tickwire_netcode)] struct Stick { thrust: bool }
//!
//! fn main() -> Result<(), ClientError> {
//!     let clock = Clock::new();
//!     let mut client = Client::connect("ws://127.0.0.1:7777/ws", &Options::new("duel", "Ada"))?;
//!     loop {
//!         client.poll(clock.now())?;
//!         while let Some(event) = client.next_event() {
//!             if let Event::Closed { .. } = event {
//!                 return Ok(());
//!             }
//!         }
//!         while client.input_due(clock.now()) {
//!             client.input(&Stick { thrust: true }, clock.now())?;
//!         }
//!         for (id, own, ship) in client.entities::<Ship>()? {
//!             println!("{id:?} {own} {}", ship.hp);
//!         }
//!         client.wait(clock.now(), std::time::Duration::from_millis(10))?;
//!     }
//! }
//! ```

mod client;
mod clock;
mod error;
mod target;
#[cfg(test)]
mod tests;
mod transport;
mod typed;

pub use client::{Client, Event, Options};
pub use clock::Clock;
pub use error::{ClientError, SchemaProblem};
pub use target::{BadUrl, Target};
pub use tickwire_netcode as netcode;
pub use tickwire_netcode::session::{ClientStats, GameEvent};
