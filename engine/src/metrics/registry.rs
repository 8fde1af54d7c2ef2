//! `Metrics`: the blocks of all threads, and whether the server is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::Request;

use super::io::IoMetrics;
use super::sim::SimMetrics;
use crate::net::http::Response;

/// A simulation that has not ticked for this long does not serve anybody: 60 ticks at the usual rate, and below what
/// load balancers wait for an answer.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// Everything one server counts. Threads write through their own block; any thread reads.
#[derive(Debug, Default)]
pub struct Metrics {
    pub(super) io: Vec<Arc<IoMetrics>>,
    pub(super) simulations: Vec<Arc<SimMetrics>>,
    /// Names of the kinds of rooms.
    pub(super) kinds: Vec<Arc<str>>,
    draining: AtomicBool,
}

/// Why `/readyz` says no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unready {
    Draining,
    /// A simulation thread has not ticked for a second, or not yet.
    Stalled,
}

impl Metrics {
    /// Counters for a server of this many threads of each kind.
    pub fn new(io_threads: usize, simulation_threads: usize) -> Self {
        Self {
            io: (0..io_threads).map(|_| Arc::default()).collect(),
            simulations: (0..simulation_threads).map(|_| Arc::default()).collect(),
            kinds: Vec::new(),
            draining: AtomicBool::new(false),
        }
    }

    /// Counts the rooms of each of these kinds. Before any thread has its counters.
    #[must_use]
    pub(crate) fn with_kinds(mut self, kinds: Vec<Arc<str>>) -> Self {
        for sim in &mut self.simulations {
            *sim = Arc::new(SimMetrics::of_kinds(kinds.len()));
        }
        self.kinds = kinds;
        self
    }

    /// Answers `/metrics` and `/readyz`; `None` for any other path or method.
    ///
    /// For a service's `route`. Allocates and takes some hundreds of microseconds: scrapes are rare.
    pub fn respond(&self, request: &Request<'_>) -> Option<Response> {
        if !matches!(request.method(), "GET" | "HEAD") {
            return None;
        }
        match request.path() {
            "/metrics" => {
                Some(Response::new(200, super::exposition::CONTENT_TYPE, self.render().into_bytes()))
            }
            "/readyz" => Some(match self.readiness() {
                Ok(()) => Response::text(200, "ready"),
                Err(Unready::Draining) => Response::text(503, "draining"),
                Err(Unready::Stalled) => Response::text(503, "the simulation does not tick"),
            }),
            _ => None,
        }
    }

    pub(crate) fn io(&self, thread: usize) -> Arc<IoMetrics> {
        Arc::clone(&self.io[thread])
    }

    /// The block of a simulation thread.
    pub(crate) fn simulation(&self, thread: usize) -> Arc<SimMetrics> {
        Arc::clone(&self.simulations[thread])
    }

    /// The server says goodbye; `/readyz` says no from now on.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether players can be served. The time is that of the latest turn of any I/O thread, among them the asking one.
    pub(crate) fn readiness(&self) -> Result<(), Unready> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Unready::Draining);
        }
        let now = self.io.iter().map(|io| io.turn_began_ns.value()).max().unwrap_or_default();
        let is_stalled = |sim: &Arc<SimMetrics>| {
            let ticked = sim.ticked_ns.value();
            ticked == 0 || Time::from_nanos(now).since(Time::from_nanos(ticked)) > STALLED_AFTER
        };
        if self.simulations.iter().any(is_stalled) { Err(Unready::Stalled) } else { Ok(()) }
    }
}
