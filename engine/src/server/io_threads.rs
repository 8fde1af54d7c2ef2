//! `IoThreads`: spawns, stops and joins the I/O threads around a bound listener.
//!
//! Owns the threads' lives. The first thread accepts and takes the signals. Invariant: the process never goes on with
//! half of its threads: a panic in one of them aborts it, and the failure
//! of one selector stops the others.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::metrics::Metrics;
use crate::net::admission::Capacity;
use crate::net::event_loop::{First, Prepared, Remote, Stop};
use crate::net::limits::CONNECTIONS_DEFAULT;
use crate::net::listener::Listener;
use crate::net::moving::Exchange;
use crate::net::service::Service;
use crate::net::wake::Wake;
use crate::tick_grid::TickGrid;

pub use super::descriptors::raise_descriptor_limit;
pub use crate::net::event_loop::Ended;

/// How the I/O threads are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IoOptions {
    /// Number of I/O threads, 1 to 64.
    pub threads: usize,
    /// Whether SIGINT and SIGTERM stop the server with 1001 and 1012. Off, they keep their effect.
    pub signals: bool,
    /// Connections of all threads together, at least 1; who comes when they are taken is closed with 1013. A quarter
    /// of them may be without a session at a time.
    pub connections_max: usize,
    /// Whether the limits of one address (64 connections, 20 new ones a second) hold on the loopback interface too.
    pub limit_loopback: bool,
    /// How long SIGTERM lets the sessions go on, without new ones, before they are closed. A second signal ends the wait.
    pub drain: Duration,
}

/// More than any machine this is meant for has cores.
const THREADS_MAX: usize = 64;

impl Default for IoOptions {
    fn default() -> Self {
        Self {
            threads: 1,
            signals: false,
            connections_max: CONNECTIONS_DEFAULT,
            limit_loopback: false,
            drain: Duration::ZERO,
        }
    }
}

/// The I/O threads before they run: their wakes can be given to the simulation.
#[derive(Debug)]
pub struct IoThreads {
    address: SocketAddr,
    prepared: Vec<Prepared>,
    remotes: Vec<Remote>,
    metrics: Arc<Metrics>,
}

impl IoThreads {
    /// Makes the selectors and wakes.
    ///
    /// # Errors
    /// `InvalidInput` when the number of threads is out of range, otherwise what the operating system says (out of
    /// descriptors, as a rule).
    pub fn prepare(listener: Listener, options: IoOptions) -> io::Result<Self> {
        if !(1..=THREADS_MAX).contains(&options.threads) {
            let text = format!("{} I/O threads: choose 1 to {THREADS_MAX}", options.threads);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let address = listener.address();
        let (mut prepared, mut remotes) = (Vec::new(), Vec::new());
        for _ in 0..options.threads {
            let (one, remote) = Prepared::new()?;
            prepared.push(one);
            remotes.push(remote);
        }
        prepared[0].make_first(First {
            listener: listener.into_inner(),
            remotes: remotes.clone(),
            with_signals: options.signals,
            capacity: Capacity {
                connections_max: options.connections_max,
                limit_loopback: options.limit_loopback,
            },
            drain: options.drain,
        })?;
        Ok(Self { address, prepared, remotes, metrics: Arc::new(Metrics::new(options.threads, 0)) })
    }

    /// Lets the reads of settled sessions wait for the ticks of this grid once there are many: each thread then reads all of
    /// them in one pass shortly before each deadline, instead of waking for each. Linux only; elsewhere nothing changes.
    ///
    /// # Errors
    /// What the operating system says when it refuses a selector or a timer.
    pub fn reading_before(mut self, grid: TickGrid) -> io::Result<Self> {
        self.prepared.iter_mut().try_for_each(|prepared| prepared.read_before(grid))?;
        Ok(self)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One wake per I/O thread, in the order of the services.
    pub fn wakes(&self) -> Vec<Wake> {
        self.prepared.iter().map(Prepared::wake).collect()
    }

    /// Counts into these instead of counters of its own.
    ///
    /// # Panics
    /// When they are for fewer I/O threads than there are.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Arc<Metrics>) -> Self {
        let _ = metrics.io(self.prepared.len() - 1);
        self.metrics = metrics;
        self
    }

    /// What the threads count.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Starts the threads, each with the service that `service` makes for its index.
    ///
    /// # Errors
    /// When a thread can not be started; those that were are stopped.
    pub fn spawn<S>(self, mut service: impl FnMut(usize) -> S) -> io::Result<IoRunning>
    where
        S: Service + Send + 'static,
        S::Session: Send,
    {
        let mut exchanges = Exchange::among(&self.wakes()).into_iter();
        let stopper = Stopper { remotes: self.remotes };
        let mut running = IoRunning { address: self.address, stopper, threads: Vec::new() };
        for (index, (prepared, exchange)) in self.prepared.into_iter().zip(&mut exchanges).enumerate() {
            let metrics = Arc::clone(&self.metrics);
            match spawn_one(index, prepared, service(index), exchange, metrics, running.stopper()) {
                Ok(thread) => running.threads.push(thread),
                Err(error) => {
                    running.stopper.shutdown(1001, "server failed to start");
                    running.join()?;
                    return Err(error);
                }
            }
        }
        Ok(running)
    }
}

#[expect(clippy::disallowed_methods, reason = "the I/O threads are spawned here and nowhere else")]
fn spawn_one<S>(
    index: usize,
    prepared: Prepared,
    service: S,
    exchange: Exchange<S::Session>,
    metrics: Arc<Metrics>,
    others: Stopper,
) -> io::Result<JoinHandle<io::Result<Ended>>>
where
    S: Service + Send + 'static,
    S::Session: Send,
{
    std::thread::Builder::new().name(format!("tickwire-io-{index}")).spawn(move || {
        let _guard = AbortOnPanic;
        // Without its selector this thread is lost; the others must not go on without it.
        prepared.run(service, exchange, metrics, index).inspect_err(|_| others.shutdown(1011, "server fault"))
    })
}

/// Ends the process when its thread unwinds; the panic's message is out by then.
pub(super) struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

/// Stops the I/O threads from anywhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stopper {
    remotes: Vec<Remote>,
}

impl Stopper {
    /// Takes no new connections, lets the sessions go on for `time`, then does what [`shutdown`](Self::shutdown) does.
    ///
    /// Returns at once. A later call of either ends the wait.
    pub fn drain(&self, code: u16, reason: &str, time: Duration) {
        for remote in &self.remotes {
            remote.stop(Stop { code, reason: reason.to_owned(), why: Ended::Shutdown, drain: time });
        }
    }

    /// Closes every session with this code and reason, waits up to 3 s for the peers' answers, then ends the threads.
    ///
    /// Returns at once. A second call ends them without waiting.
    pub fn shutdown(&self, code: u16, reason: &str) {
        self.drain(code, reason, Duration::ZERO);
    }
}

/// The running I/O threads. Dropping it leaves them running.
#[derive(Debug)]
pub struct IoRunning {
    address: SocketAddr,
    stopper: Stopper,
    threads: Vec<JoinHandle<io::Result<Ended>>>,
}

impl IoRunning {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle that stops the threads.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until all threads have ended and says why they did.
    ///
    /// # Errors
    /// When a thread's selector failed; the others were stopped with 1011 then.
    pub fn join(self) -> io::Result<Ended> {
        let mut outcome = Ok(Ended::Shutdown);
        for (index, thread) in self.threads.into_iter().enumerate() {
            // A panic does not get here: it aborts the process.
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("an I/O thread panicked")));
            if index == 0 || ended.is_err() {
                outcome = ended;
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
