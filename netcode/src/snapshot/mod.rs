//! The quantized state of a room: as columns at the server, coded as updates, and decoded at the client.
//!
//! Owns what PROTOCOL section 6 says. It does not know sessions: which update a player gets, and when, is `session`'s.
//! Every function here is a pure function of snapshots and layouts, so that bodies can be shared between players.

mod body;
pub mod body_cache;
mod builder;
mod chain;
mod columns;
mod held;
mod history;
mod point;
#[cfg(test)]
mod tests;
pub mod update;
pub mod world;

pub use body_cache::BodyCache;
pub use builder::{Refusal, SnapshotBuilder};
pub use chain::{BodyKey, Chain};
pub use columns::Snapshot;
pub use history::History;
pub use world::World;
