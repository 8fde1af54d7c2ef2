//! The simulation's thread: started, told to stop, joined.
//!
//! Game code is caught per room. Invariant: the process never goes on without its simulation: any other panic aborts it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::io_threads::AbortOnPanic;
use crate::clock::Clock;
use crate::net::wake::Wake;
use crate::sim::{self, Simulation, TickClock};

/// A running simulation. Dropping it stops it after its current tick and waits for the end.
pub(super) struct SimThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SimThread {
    /// Starts ticking; `wakes` are those of the I/O threads in the order of the simulation's links.
    #[expect(clippy::disallowed_methods, reason = "the simulation thread is spawned here and nowhere else")]
    pub(super) fn spawn(simulation: Simulation, tick_rate_hz: u32, wakes: Vec<Wake>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("tickwire-sim-0".to_owned()).spawn(move || {
            let _guard = AbortOnPanic;
            let clock = TickClock::new(Clock::now(), tick_rate_hz);
            sim::run(simulation, clock, &wakes, &seen);
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for SimThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic does not get here: it aborts the process.
            let _ = thread.join();
        }
    }
}
