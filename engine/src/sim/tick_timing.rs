//! The times that a tick's input buffers need, and an input on its way into one.
//!
//! These are the only times that come near a room, and they end in the buffers: what a tick sees is a `Resolved`.

use core::time::Duration;

use tickwire_netcode::ids::InputSeq;
use tickwire_netcode::session::Waited;
use tickwire_netcode::time::{Tick, Time};

/// When a tick starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickTiming {
    /// The moment the tick begins, by the grid of deadlines.
    pub(crate) started: Time,
    /// Length of a tick.
    pub(crate) interval: Duration,
    /// Time was dropped before this tick.
    pub(crate) reanchor: bool,
}

/// An input with the moment it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuantizedInput<'a> {
    pub(crate) number: InputSeq,
    /// The tick it is meant for.
    pub(crate) tick: Tick,
    /// The tick that the client was drawing, in 1/16 tick.
    pub(crate) view_tick_q4: u32,
    /// When it came, by the best estimate.
    pub(crate) arrived: Time,
    /// When it was read, and when the simulation took it.
    pub(crate) waited: Waited,
    /// Its quantized words.
    pub(crate) words: &'a [u32],
}
