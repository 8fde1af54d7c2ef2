//! The game server: the builder a developer fills in, and the wiring of its threads.
//!
//! Owns the order of starting and stopping: configuration is checked, the address bound, channels made, then the simulation
//! threads and the I/O threads are started; they end in the opposite order. Does not own what the threads do
//! (`sim`, `net`, `sessions`). Invariant: every error that the developer or operator can mend comes before the first thread.
//! The only directory that spawns and joins threads.

mod config;
mod descriptors;
mod error;
pub mod io_threads;
mod network_address;
mod room_options;
mod sim_thread;

pub use error::{ConfigError, ServeError};
pub use room_options::RoomOptions;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use parking_lot::Mutex;
use tickwire_netcode::close::CloseCode;

use crate::bridge;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::game::Game;
use crate::metrics::Metrics;
use crate::net::listener::Listener;
use crate::page::Page;
use crate::sdk;
use crate::sessions::{GameSessions, Routes, Shared};
use crate::sim::{Recorded, Setup, Simulation, TickClock};
use crate::tick_grid::TickGrid;
use config::{Checked, Config};
use io_threads::{Ended, IoOptions, IoRunning, IoThreads};
use network_address::network_address;
use sim_thread::SimThread;

/// A game server in the making.
///
/// ```no_run
/// # use tickwire::prelude::*;
/// # struct Duel;
/// # impl Duel { fn new() -> Self { Self } }
/// # impl Game for Duel {
/// #     type Entities = (); type Input = (); type Event = (); type Command = ();
/// #     fn join(&mut self, _: PlayerId, _: &mut Cx<'_, Self>) {}
/// #     fn leave(&mut self, _: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {}
/// #     fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}
/// #     fn replicate(&self, _: &mut Scene<'_>) {}
/// # }
/// fn main() -> Result<(), ServeError> {
///     Server::new().room("duel", Duel::new).page("web").listen("127.0.0.1:7777")?.run()
/// }
/// ```
#[must_use = "a server does nothing before `listen` and `run`"]
pub struct Server {
    config: Config,
}

/// What is served at `/`: files compiled in, or the path of a directory.
pub struct PageSource(Result<Page, ConfigError>);

impl From<Page> for PageSource {
    fn from(page: Page) -> Self {
        Self(Ok(page))
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for PageSource {
    fn from(path: &P) -> Self {
        let path = path.as_ref();
        Self(Page::directory(path).map_err(|source| {
            // Relative to what is the question when a directory is not found.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            ConfigError::Page { path, source }
        }))
    }
}

impl From<PathBuf> for PageSource {
    fn from(path: PathBuf) -> Self {
        Self::from(&path)
    }
}

impl From<String> for PageSource {
    fn from(path: String) -> Self {
        Self::from(&path)
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server without rooms: 60 ticks a second, one I/O thread, 1024 seats a room, no page, a seed of its own.
    pub const fn new() -> Self {
        Self { config: Config::new() }
    }

    /// Adds a kind of room; `factory` makes the game of each room of this kind. At least one is needed.
    pub fn room<G: Game>(self, kind: &str, factory: impl Fn() -> G + Send + 'static) -> Self {
        self.room_with(RoomOptions::new(kind, factory))
    }

    /// Adds a kind of room with a capacity, privacy or life of its own.
    pub fn room_with(mut self, options: RoomOptions) -> Self {
        self.config.rooms.push(options);
        self
    }

    /// Serves a page at `/`: a [`Page`], or the path of a directory, which is read at each request (for live editing).
    pub fn page(mut self, page: impl Into<PageSource>) -> Self {
        self.config.page = Some(page.into().0);
        self
    }

    /// Ticks per second, 1 to 1000.
    pub fn tick_rate(mut self, hz: u32) -> Self {
        self.config.tick_rate_hz = hz;
        self
    }

    /// Ticks from one snapshot to the next, 1 (the default) to 255: with 3 at 60 ticks a second, players get 20 updates. Inputs
    /// are applied and events told at each tick as ever; clients draw what is between.
    pub fn snapshot_every(mut self, ticks: usize) -> Self {
        self.config.snapshot_every = ticks;
        self
    }

    /// Simulation threads, 1 (the default) to 64. A room lives on one of them; more help when there are more rooms than one core
    /// can tick.
    pub fn sim_threads(mut self, count: usize) -> Self {
        self.config.sim_threads = count;
        self
    }

    /// I/O threads, 1 to 64. One serves thousands of players; more help with many rooms. A connection goes to the thread of its
    /// room.
    pub fn io_threads(mut self, count: usize) -> Self {
        self.config.io_threads = count;
        self
    }

    /// How long a room goes on that nobody is in, unless its kind says otherwise; 60 s if not set.
    pub fn keep_empty(mut self, time: Duration) -> Self {
        self.config.keep_empty = time;
        self
    }

    /// Seats of each room, 1 to 65,536, unless its kind says otherwise.
    pub fn capacity(mut self, seats: usize) -> Self {
        self.config.capacity = seats;
        self
    }

    /// Origins whose pages may connect besides the server's own, as browsers send them: `https://play.example.com`.
    pub fn origins<I: IntoIterator<Item: Into<String>>>(mut self, origins: I) -> Self {
        self.config.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Connections of the whole server, at least 1 (default 65,536); who comes when they are taken is closed with 1013.
    /// A quarter of them may be without a seat in a room at a time.
    pub fn connections(mut self, max: usize) -> Self {
        self.config.connections_max = max;
        self
    }

    /// Whether the limits of one address (64 connections, 20 new ones a second) hold on the loopback interface too:
    /// for servers behind a proxy on the same machine leave them off.
    pub fn limit_loopback(mut self, limit: bool) -> Self {
        self.config.limit_loopback = limit;
        self
    }

    /// How long after SIGTERM the sessions go on before they close with 1012 (default 0); nobody is accepted meanwhile,
    /// and a second signal ends the wait.
    pub fn drain(mut self, time: Duration) -> Self {
        self.config.drain = time;
        self
    }

    /// Whether an I/O thread with many players reads their inputs once per tick, shortly before it, instead of waking for each
    /// (default true; the load decides when). Off, to measure what that does.
    pub fn coalesce_reads(mut self, coalesce: bool) -> Self {
        self.config.coalesce_reads = coalesce;
        self
    }

    /// The seed that all rooms' randomness follows from. Without it each start has its own.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Calls `sink` on the simulation thread after each tick of each room. What it is given replays the room, see
    /// [`sim::replay`](crate::sim::replay). A slow sink delays the ticks; with several simulation threads these wait for one another
    /// at it.
    pub fn record(mut self, sink: impl FnMut(&Recorded<'_>) + Send + 'static) -> Self {
        self.config.record = Some(Arc::new(Mutex::new(Some(Box::new(sink)))));
        self
    }

    /// Checks everything and binds the address; `"127.0.0.1:0"` takes a free port. No thread is started yet.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, saying what to change.
    pub fn listen(self, addr: &str) -> Result<Bound, ConfigError> {
        let checked = self.config.check()?;
        let listener = Listener::bind(addr)?;
        Ok(Bound { checked, listener })
    }
}

/// A server that has its address and is ready to start.
#[must_use = "a bound server does nothing before `run` or `start`"]
pub struct Bound {
    checked: Checked,
    listener: Listener,
}

impl Bound {
    /// Where it listens, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Runs on threads of its own until SIGINT (sessions close with 1001) or SIGTERM (1012), then returns `Ok`.
    ///
    /// The first line on stdout is `listening on http://ADDR`; for an unspecified address a second one names the address
    /// that others on the network can use.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread or an event queue.
    pub fn run(self) -> Result<(), ServeError> {
        let running = self.spawn(true)?;
        announce(running.addr());
        running.wait()?;
        Ok(())
    }

    /// Starts the threads and returns. No signal is caught and nothing printed: for tests and for embedding.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread or an event queue.
    pub fn start(self) -> Result<Running, ServeError> {
        self.spawn(false)
    }

    fn spawn(self, signals: bool) -> Result<Running, ServeError> {
        let Checked {
            kinds,
            entries,
            page,
            times,
            io_threads,
            sim_threads,
            origins,
            seed,
            record,
            connections_max,
            limit_loopback,
            drain,
            coalesce_reads,
        } = self.checked;
        let options = IoOptions { threads: io_threads, signals, connections_max, limit_loopback, drain };
        let names = kinds.iter().map(|kind| Arc::clone(&kind.wire.name)).collect();
        let metrics = Arc::new(Metrics::new(io_threads, sim_threads).with_kinds(names));
        // One grid for all threads: simulations tick on it, I/O threads read before it.
        let grid = TickGrid::new(Clock::now(), times.tick_rate_hz);
        let mut io = IoThreads::prepare(self.listener, options)?.with_metrics(Arc::clone(&metrics));
        if coalesce_reads {
            io = io.reading_before(grid)?;
        }
        let directory = Arc::new(Directory::new(entries, sim_threads, io_threads));
        let shared = Arc::new(Shared {
            routes: Routes::new(page, sdk::page(), origins, Arc::clone(&metrics)),
            kinds: kinds.iter().map(|kind| Arc::clone(&kind.wire)).collect(),
            times,
            directory: Arc::clone(&directory),
            sessions: AtomicU32::new(1),
            clock: Clock::now,
        });
        let seed = seed.unwrap_or_else(random_seed);
        let setup = Setup { kinds: kinds.into(), times, seed, record, directory, clock: Clock::now };
        let (sim_ends, io_ends) = bridge::links(sim_threads, io_threads);
        let mut simulations = Vec::new();
        for (thread, ends) in sim_ends.into_iter().enumerate() {
            let clock = TickClock::new(grid);
            let simulation = Simulation::new(setup.clone(), ends).with_metrics(metrics.simulation(thread));
            // When a later one fails, dropping those that run ends them.
            simulations.push(SimThread::spawn(thread, simulation, clock, io.wakes())?);
        }
        let mut io_ends = io_ends.into_iter();
        let address = io.address();
        // When this fails, dropping `simulations` ends their threads.
        let io = io.spawn(|thread| {
            let ends = io_ends.next().expect("links were made for each I/O thread");
            GameSessions::new(Arc::clone(&shared), thread, ends, metrics.io(thread))
        })?;
        let tick_rate_hz = times.tick_rate_hz;
        tracing::info!(%address, tick_rate_hz, io_threads, sim_threads, seed, "the server has started");
        Ok(Running { address, io: Some(io), simulations })
    }
}

/// A server that runs on threads of its own. Dropping it shuts it down and waits for its end.
pub struct Running {
    address: SocketAddr,
    io: Option<IoRunning>,
    simulations: Vec<SimThread>,
}

impl Running {
    /// Where it listens, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Closes every session with this code and reason and ends the server; returns at once.
    pub fn shutdown(&self, code: CloseCode, reason: &str) {
        if let Some(io) = &self.io {
            io.stopper().shutdown(code.code(), reason);
        }
    }

    /// Waits until all threads have ended, after [`shutdown`](Self::shutdown).
    pub fn join(mut self) {
        // A selector that failed was logged by its thread; there is nothing left to do about it here.
        let _ = self.end();
    }

    fn wait(mut self) -> io::Result<Ended> {
        self.end()
    }

    /// The I/O threads end first, so that no session outlives its room.
    fn end(&mut self) -> io::Result<Ended> {
        let Some(io) = self.io.take() else { return Ok(Ended::Shutdown) };
        let ended = io.join();
        // All are told before the first is waited for.
        self.simulations.iter().for_each(SimThread::stop);
        self.simulations.clear();
        tracing::info!(address = %self.address, reason = ?ended, "the server has stopped");
        ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown(CloseCode::GoingAway, "");
        let _ = self.end();
    }
}

/// Says where the server is. A closed stdout is no reason to stop serving.
fn announce(address: SocketAddr) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "listening on http://{address}");
    if let Some(network) = network_address(address) {
        let _ = writeln!(out, "on your network: http://{network}");
    }
    let _ = out.flush();
}

/// Differs from start to start; only rooms' randomness follows from it.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(Clock::now().as_nanos());
    hasher.finish()
}

#[cfg(test)]
mod tests;
