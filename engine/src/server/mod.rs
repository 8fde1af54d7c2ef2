//! The only directory that spawns and joins threads.

pub mod io_threads;
