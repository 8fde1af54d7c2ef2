//! `IoMetrics`: the counters of one I/O thread.

use super::causes::{AcceptFailure, CloseReason, HandshakeFailure};
use super::counter::{Counter, Counters, Gauge};
use super::latency::Latency;
use super::stages::Stages;
use super::traffic::{Received, Skip, Transmitted};

/// Written by its I/O thread alone, on cache lines of its own (128 bytes: processors fetch lines in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct IoMetrics {
    /// When the thread's turn began, in nanoseconds of the clock; 0 before the first.
    pub(crate) turn_began_ns: Gauge,
    pub(crate) turns: Counter,
    pub(crate) poll_events: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) reads: Counter,
    pub(crate) writes: Counter,
    /// A read filled the buffer: the rest waited for the next turn.
    pub(crate) read_budget_hits: Counter,
    /// More timers were due than one turn handles.
    pub(crate) timer_budget_hits: Counter,
    /// The kernel took a part of a write; the rest became a tail.
    pub(crate) partial_writes: Counter,
    /// The longest tail so far.
    pub(crate) send_queue_bytes_max: Gauge,
    pub(crate) pings: Counter,
    pub(crate) pongs: Counter,

    /// 1 while live sessions are read once per tick.
    pub(crate) coalescing: Gauge,
    /// How long before its tick such a pass begins.
    pub(crate) harvest_lead_ns: Gauge,
    pub(crate) harvests: Counter,
    /// Passes that ended after the deadline of their tick.
    pub(crate) harvests_late: Counter,

    pub(crate) connections: Gauge,
    pub(crate) sessions: Gauge,
    pub(crate) opened: Counter,
    pub(crate) closed: Counters<CloseReason, { CloseReason::COUNT }>,
    /// The peer did not answer our close frame or FIN in time.
    pub(crate) close_timeouts: Counter,
    pub(crate) upgrades: Counter,
    pub(crate) handshake_failures: Counters<HandshakeFailure, { HandshakeFailure::COUNT }>,
    pub(crate) accept_failures: Counters<AcceptFailure, { AcceptFailure::COUNT }>,
    pub(crate) log_suppressed: Counter,

    // Of game sessions.
    pub(crate) received: Counters<Received, { Received::COUNT }>,
    pub(crate) transmitted: Counters<Transmitted, { Transmitted::COUNT }>,
    pub(crate) updates_skipped: Counters<Skip, { Skip::COUNT }>,
    pub(crate) ack_strikes: Counter,
    pub(crate) resyncs: Counter,
    pub(crate) commands_duplicate: Counter,
    /// Entries that wait for a place in the bridge to the simulation.
    pub(crate) inbound_depth: Gauge,
    /// Hand-overs that found no place.
    pub(crate) inbound_full: Counter,
    /// The ways of the inputs whose state this thread has written.
    pub(crate) stages: Stages,
    /// Applied inputs whose state was never written, or that waited for it with too many others.
    pub(crate) inputs_unwritten: Counter,
    /// From the first to the last player of a room that a send pass wrote to.
    pub(crate) send_skew: Latency,
    /// The least round trip of each session in its last ten seconds, once a second.
    pub(crate) rtt: Latency,
}
