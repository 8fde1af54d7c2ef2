//! The operations that a server does most, each as a closure that does it once: for the clock and for callgrind alike.
//!
//! No sockets, no clock. What is reused in a server is reused here.

mod coding;
mod frames;
mod player_tick;

/// One thing to measure.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// How many messages, entities or players one call handles; numbers are told for one of them.
    pub(crate) per_call: u32,
    /// Makes the closure, with all that it needs prepared.
    pub(crate) prepare: fn() -> Box<dyn FnMut()>,
}

/// All of them.
pub(crate) fn all() -> Vec<Operation> {
    [frames::operations(), coding::operations(), player_tick::operations()].into_iter().flatten().collect()
}
