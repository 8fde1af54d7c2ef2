//! `SimMetrics`: the counters of one simulation thread.

use super::counter::{Counter, Counters, Gauge};
use super::latency::Latency;
use super::traffic::InputVerdict;

/// Written by its simulation thread alone, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct SimMetrics {
    /// When the last tick began, in nanoseconds of the clock; 0 before the first.
    pub(crate) ticked_ns: Gauge,
    pub(crate) ticks: Counter,
    /// Ticks that ended after the next one's deadline.
    pub(crate) overruns: Counter,
    /// Ticks left out because the thread was too far behind.
    pub(crate) dropped_ticks: Counter,
    /// By kind.
    pub(crate) rooms: Box<[Gauge]>,
    pub(crate) players: Gauge,
    pub(crate) rooms_made: Counter,
    pub(crate) room_panics: Counter,
    pub(crate) joins_refused: Counter,
    /// Applied inputs that waited with too many others for a snapshot of their room.
    pub(crate) inputs_unwritten: Counter,
    pub(crate) log_suppressed: Counter,
    pub(crate) inputs: Counters<InputVerdict, { InputVerdict::COUNT }>,
    /// Hand-overs to an I/O thread that found no place and merge with the next tick's.
    pub(crate) outbound_full: Counter,
    /// Room outputs that wait for a place.
    pub(crate) outbound_depth: Gauge,
    /// From a tick's deadline to its begin.
    pub(crate) start_jitter: Latency,
    /// From a tick's begin to its end, all rooms of the thread.
    pub(crate) duration: Latency,
    /// From an input's arrival in its player's buffer to the begin of the tick that used it.
    pub(crate) input_wait: Latency,
}

impl SimMetrics {
    /// Counters of a server with this many kinds of rooms.
    pub(crate) fn of_kinds(count: usize) -> Self {
        Self { rooms: (0..count).map(|_| Gauge::default()).collect(), ..Self::default() }
    }
}
