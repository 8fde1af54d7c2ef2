//! What a server tells about each tick of each room, for replays.
//!
//! A recording is the seed of a room and its sequence of [`Resolved`]; the state hash beside each proves a replay right.

use parking_lot::Mutex;
use tickwire_netcode::time::Tick;

use super::resolved::Resolved;

/// One tick of one room, as [`Server::record`](crate::server::Server::record) reports it.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The room's kind.
    pub kind: &'a str,
    /// The room's id.
    pub room: &'a str,
    /// Count of rooms made before this one: tells it from an earlier room of the same id.
    pub serial: u32,
    /// The seed the room was made with.
    pub seed: u64,
    /// The tick that was run.
    pub tick: Tick,
    /// What entered it.
    pub resolved: &'a Resolved,
    /// The tick of the newest snapshot: this one, unless the server takes fewer.
    pub snapshot_tick: Tick,
    /// Hash of that snapshot (PROTOCOL section 6.4, the public slot).
    pub state_hash: u32,
}

/// Where recordings go; called on the simulation threads, one at a time. Empty after it has panicked.
pub(crate) type RecordSink = Mutex<Option<Box<dyn FnMut(&Recorded<'_>) + Send>>>;
