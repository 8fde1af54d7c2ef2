//! The simulation threads: started, told to stop, joined.
//!
//! Game code is caught per room. Invariant: the process never goes on without a simulation: any other panic aborts it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::io_threads::AbortOnPanic;
use crate::net::wake::Wake;
use crate::sim::{self, Simulation, TickClock};

/// A running simulation. Dropping it stops it after its current tick and waits for the end.
pub(super) struct SimThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SimThread {
    /// Starts ticking by `clock`; `wakes` are those of the I/O threads in the order of the simulation's links.
    #[expect(clippy::disallowed_methods, reason = "the simulation threads are spawned here and nowhere else")]
    pub(super) fn spawn(
        index: usize,
        simulation: Simulation,
        clock: TickClock,
        wakes: Vec<Wake>,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(format!("tickwire-sim-{index}")).spawn(move || {
            let _guard = AbortOnPanic;
            sim::run(simulation, clock, &wakes, &seen);
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Tells it to end after its current tick.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }
}

impl Drop for SimThread {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic does not get here: it aborts the process.
            let _ = thread.join();
        }
    }
}
