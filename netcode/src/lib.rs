//! Sans-io protocol core of Tickwire: WebSocket, replication and sessions; no sockets, threads, clock or files.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bits;
pub mod close;
pub mod error;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod message;
pub mod schema;
pub mod session;
pub mod snapshot;
pub mod time;
pub mod ws;

pub use glam;
#[doc(inline)]
pub use tickwire_derive::{Command, Event, Input, Replicate};
