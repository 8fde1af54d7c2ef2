//! The quantized state of a room: as columns at the server, coded as updates, and decoded at the client.
//!
//! Owns what PROTOCOL section 6 says. It does not know sessions: which update a player gets, and when, is `session`'s.
//! Every function here is a pure function of snapshots and layouts, so that bodies can be shared between players.

mod builder;
mod columns;
#[cfg(test)]
mod tests;
pub mod update;
pub mod world;

pub use builder::SnapshotBuilder;
pub use columns::Snapshot;
pub use world::World;
