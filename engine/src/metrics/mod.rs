//! What the server counts, and how it is read: `/metrics` and `/readyz`.
//!
//! Each thread writes its own block (`io::IoMetrics`, `sim::SimMetrics`) without locks, locked instructions or
//! allocation; whoever asks adds them up. A reason to refuse, skip or close is a member of a closed set (`causes`), so
//! that every series is there from the start and no peer can make a new one. Does not own the counting: each counter
//! is raised where the thing happens.

pub(crate) mod causes;
pub(crate) mod counter;
mod exposition;
pub(crate) mod io;
pub(crate) mod label;
pub(crate) mod latency;
mod process;
mod registry;
mod render;
pub(crate) mod sim;
pub(crate) mod stages;
#[cfg(test)]
mod tests;
pub(crate) mod traffic;

pub use registry::Metrics;
pub use stages::{InputStamps, StageRecorder, Stages};
