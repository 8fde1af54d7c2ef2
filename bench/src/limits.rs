//! Every bound on what the other side of a connection can make this program keep or do.
//!
//! Servers that are measured may be anybody's, and broken. Each number is given with the reason for it; what the
//! protocol itself bounds is in `tickwire_netcode::limits`.

use std::time::Duration;

use tickwire_netcode::limits::SERVER_MESSAGE_BYTES_MAX;
use tickwire_netcode::ws::Limits;

/// Largest message that is taken: what an echo server may be asked for, and what a Tickwire server may send.
pub(crate) const MESSAGE_BYTES_MAX: u32 = {
    let ours = SERVER_MESSAGE_BYTES_MAX as u32;
    if ours > Limits::LIFTED.message_bytes_max { ours } else { Limits::LIFTED.message_bytes_max }
};

/// Reads of one connection before others have their turn: a peer that never stops sending holds nobody up.
pub(crate) const READS_MAX: u32 = 4;

/// A server that has answered nobody by then, from the first connection on, speaks no WebSocket: on loopback an upgrade
/// takes a millisecond, and the kernel tries a lost packet again after 1 and 3 s.
pub(crate) const UPGRADE_LIMIT: Duration = Duration::from_secs(5);

/// Bytes that a peer may leave unread, whatever they are: twice the largest message of `echo`.
pub(crate) const UNSENT_BYTES_MAX: usize = 32 << 20;

/// Bytes of answers to pings among them: eight thousand of the largest, when one or two are usual.
pub(crate) const PONG_BYTES_MAX: usize = 1 << 20;

/// Messages that an echo server may leave unanswered: ten seconds at the largest rate.
pub(crate) const UNDER_WAY_MAX: usize = 1_000_000;

/// Ticks of a broadcast that are told apart, by the moments in their frames: an hour at 60 Hz, 10 MB.
pub(crate) const TICKS_MAX: usize = 216_000;

/// Rooms that are told apart: more than players fill, with 3 MiB of hashes at most. A server names them, and may name a new
/// one in every message.
pub(crate) const ROOMS_MAX: usize = 4096;

/// Reasons of lost connections that are kept; the others are counted.
pub(crate) const REASONS_MAX: usize = 16;

/// Bytes of a server's metrics: more than any list of series has.
pub(crate) const METRICS_BYTES_MAX: usize = 4 << 20;

/// Bytes of the answer to the question for a seat: a hundred times what Colyseus gives.
#[cfg(target_os = "linux")]
pub(crate) const SEAT_BYTES_MAX: u64 = 64 << 10;

/// Bytes of the first line of a contestant, which says where it listens.
#[cfg(target_os = "linux")]
pub(crate) const FIRST_LINE_BYTES_MAX: usize = 200;
