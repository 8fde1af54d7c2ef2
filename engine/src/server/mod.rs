//! The only directory that spawns and joins threads.

mod descriptors;
pub mod io_threads;
