//! Runs a recorded room again, without a server.
//!
//! Invariant: with the factory, seed and rate of the recording, the hashes returned are those recorded.

use tickwire_netcode::schema::{Layout, Schema, SchemaError};

use super::resolved::Resolved;
use super::room::Room;
use crate::game::Game;

/// Advances a new room through `ticks` and returns its state hash after each.
///
/// Takes a snapshot each tick: of a recording with fewer, the hashes to compare are those whose
/// [`snapshot_tick`](super::Recorded::snapshot_tick) is their tick. `factory`, `seed` and `tick_rate_hz` are those of the recorded room. Panics when the game does.
///
/// # Errors
///
/// When the game's classes make no schema.
pub fn replay<'a, G: Game>(
    factory: impl FnOnce() -> G,
    seed: u64,
    tick_rate_hz: u32,
    ticks: impl IntoIterator<Item = &'a Resolved>,
) -> Result<Vec<u32>, SchemaError> {
    let layout = Layout::new(&Schema::of::<G::Entities, G::Input, G::Event, G::Command>()?)?;
    let mut room = Room::new(factory(), seed, tick_rate_hz, 1);
    let hashes = ticks.into_iter().map(|resolved| {
        room.advance(resolved);
        room.snapshot().state_hash(&layout)
    });
    Ok(hashes.collect())
}
