//! `EventLoop`: one I/O thread's Poll around a [`Driver`].
//!
//! Owns tokens, registration, the wait and the clock read of each turn. Every socket is registered once, for both
//! directions, edge-triggered; no later call to the selector is made for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tickwire_netcode::time::Time;

use super::acceptor::Acceptor;
use super::admission::Capacity;
use super::driver::{Driver, Edge};
use super::harvest::Harvest;
use super::limits::{EVENTS_PER_TURN, MAILBOX_MAX, SHUTDOWN_TIMEOUT};
use super::moving::{Exchange, Parcel};
use super::pace::ReadMode;
use super::service::{ConnectionId, Service};
use super::spread::{Accepted, Mailbox, Spread};
use super::wake::Wake;
use super::watch::Registries;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::metrics::io::IoMetrics;
use crate::tick_grid::TickGrid;

// A token is generation and index side by side; the largest generations at the largest indices, which the table never
// reaches, name what is no connection.
const _: () = assert!(usize::BITS == 64, "a token holds a 32-bit index and a 32-bit generation");
const WAKE: Token = Token(usize::MAX);
const LISTENER: Token = Token(usize::MAX - 1);
/// The selector of live sessions, and the timer for reading it.
const HARVEST: Token = Token(usize::MAX - 3);
#[cfg(unix)]
const SIGNALS: Token = Token(usize::MAX - 2);

/// Why the server ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// [`Stopper::shutdown`](crate::server::io_threads::Stopper::shutdown) was called.
    Shutdown,
    /// SIGINT: close code 1001.
    Interrupted,
    /// SIGTERM: close code 1012.
    Terminated,
}

/// The order to say goodbye.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) why: Ended,
    /// How long the sessions go on, without new ones, before they are closed.
    pub(crate) drain: Duration,
}

/// What the other threads hold of an I/O thread.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) mailbox: Mailbox,
    stops: Sender<Stop>,
}

impl Remote {
    /// Orders the stop. A second order ends a drain, or the thread at once; more are dropped.
    pub(crate) fn stop(&self, stop: Stop) {
        if self.stops.try_send(stop).is_ok() {
            self.mailbox.wake.nudge();
        }
    }
}

/// What only the first I/O thread has.
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) listener: TcpListener,
    /// All I/O threads, itself first.
    pub(crate) remotes: Vec<Remote>,
    pub(crate) with_signals: bool,
    pub(crate) capacity: Capacity,
    /// What SIGTERM waits before it closes the sessions.
    pub(crate) drain: Duration,
}

/// A Poll with its wake, before there is a thread or a service.
#[derive(Debug)]
pub(crate) struct Prepared {
    poll: Poll,
    wake: Wake,
    sockets: Receiver<Accepted>,
    stops: Receiver<Stop>,
    /// Of the first thread, while it accepts.
    acceptor: Option<(Acceptor<TcpListener>, Spread)>,
    remotes: Vec<Remote>,
    drain: Duration,
    harvest: Option<Harvest>,
    #[cfg(unix)]
    signals: Option<Signals>,
}

#[cfg(unix)]
struct Signals(signal_hook_mio::v1_0::Signals);

#[cfg(unix)]
impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signals")
    }
}

impl Prepared {
    pub(crate) fn new() -> io::Result<(Self, Remote)> {
        let poll = Poll::new()?;
        let wake = Wake::new(poll.registry(), WAKE)?;
        let (sockets_in, sockets) = bounded(MAILBOX_MAX);
        // The first order, one that ends its drain and the impatient last one.
        let (stops_in, stops) = bounded(3);
        let remote = Remote { mailbox: Mailbox { sockets: sockets_in, wake: wake.clone() }, stops: stops_in };
        let prepared = Self {
            poll,
            wake,
            sockets,
            stops,
            acceptor: None,
            remotes: Vec::new(),
            drain: Duration::ZERO,
            harvest: None,
            #[cfg(unix)]
            signals: None,
        };
        Ok((prepared, remote))
    }

    /// Makes this the thread that accepts and, if asked, takes the signals.
    pub(crate) fn make_first(&mut self, first: First) -> io::Result<()> {
        let First { listener, remotes, with_signals, capacity, drain } = first;
        self.drain = drain;
        let mailboxes = remotes.iter().map(|remote| remote.mailbox.clone()).collect();
        let mut acceptor = Acceptor::new(listener, capacity);
        self.poll.registry().register(&mut acceptor.backlog, LISTENER, Interest::READABLE)?;
        self.acceptor = Some((acceptor, Spread::new(mailboxes)));
        self.remotes = remotes;
        #[cfg(unix)]
        if with_signals {
            use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
            let mut signals = signal_hook_mio::v1_0::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
            self.poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
            self.signals = Some(Signals(signals));
        }
        #[cfg(not(unix))]
        let _ = with_signals;
        Ok(())
    }

    /// Lets reads of live sessions wait for the deadlines of this grid when there are many.
    pub(crate) fn read_before(&mut self, grid: TickGrid) -> io::Result<()> {
        self.harvest = Harvest::new(self.poll.registry(), HARVEST, grid, Clock::now())?;
        Ok(())
    }

    pub(crate) fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Runs until stopped; counts into `metrics` as the I/O thread of this index.
    ///
    /// # Errors
    /// Only when the selector itself fails.
    pub(crate) fn run<S: Service>(
        self,
        service: S,
        exchange: Exchange<S::Session>,
        metrics: Arc<Metrics>,
        index: usize,
    ) -> io::Result<Ended> {
        let own = metrics.io(index);
        let mut driver = Driver::new(service, Arc::clone(&own), Clock::now());
        if self.harvest.is_some() {
            driver.separate_live();
        }
        EventLoop { prepared: self, driver, exchange, metrics, own, stopping: None }.run()
    }
}

/// A stop under way.
///
/// ```text
///   (serving) --order with drain--> Draining --deadline, second order, nobody left--> Closing --> (over)
///       `------order without------------------------------------------------------------^
/// ```
enum Stopping {
    /// Nobody is accepted; the sessions go on until then.
    Draining { stop: Stop, until: Time },
    /// Everybody was told goodbye.
    Closing { stop: Stop, until: Time },
}

impl Stopping {
    fn until(&self) -> Time {
        match self {
            Self::Draining { until, .. } | Self::Closing { until, .. } => *until,
        }
    }
}

struct EventLoop<S: Service> {
    prepared: Prepared,
    driver: Driver<TcpStream, S>,
    exchange: Exchange<S::Session>,
    metrics: Arc<Metrics>,
    /// This thread's part of them.
    own: Arc<IoMetrics>,
    stopping: Option<Stopping>,
}

impl<S: Service> EventLoop<S> {
    fn run(mut self) -> io::Result<Ended> {
        let mut events = Events::with_capacity(EVENTS_PER_TURN);
        let mut now = Clock::now();
        loop {
            let timeout = self.poll_timeout(now);
            if let Err(error) = self.prepared.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                return Err(error);
            }
            now = Clock::now();
            self.driver.begin_turn(now, events.iter().count());
            if self.prepared.wake.take() {
                self.driver.tick(now);
            }
            self.driver.serve_ready(now);
            let (mut is_nudged, mut is_announced) = (false, false);
            for event in &events {
                match event.token() {
                    WAKE => is_nudged = true,
                    LISTENER => self.mark_acceptor(),
                    HARVEST => is_announced = true,
                    #[cfg(unix)]
                    SIGNALS => self.on_signals(),
                    token => self.driver.handle_edge(connection_of(token), edge_of(event), now),
                }
            }
            if is_nudged {
                self.take_mail(now);
            }
            self.hand_over(now);
            let harvested = self.harvest(is_announced, now)?;
            self.driver.end_turn(now);
            self.accept(now);
            self.rewatch(now);
            self.settle(harvested, now)?;
            if let Some(why) = self.is_over(now) {
                return Ok(why);
            }
        }
    }

    /// Reads the live sessions if it is time; how many messages that were.
    fn harvest(&mut self, is_announced: bool, now: Time) -> io::Result<Option<u64>> {
        let Self { prepared: Prepared { harvest: Some(harvest), .. }, driver, .. } = self else {
            return Ok(None);
        };
        if !harvest.is_due(is_announced, now) {
            return Ok(None);
        }
        let (before, sessions) = (driver.message_count(), driver.connection_count());
        driver.begin_harvest(harvest.waited(now));
        harvest.pass(sessions, |event| {
            driver.handle_edge(connection_of(event.token()), edge_of(event), now);
        })?;
        Ok(Some(driver.message_count() - before))
    }

    /// Measures a pass that is over, and takes the mode for the next.
    fn settle(&mut self, harvested: Option<u64>, now: Time) -> io::Result<()> {
        let Self { prepared: Prepared { harvest: Some(harvest), poll, .. }, own, .. } = self else {
            return Ok(());
        };
        if let Some(messages) = harvested {
            let is_coalescing = harvest.mode() == ReadMode::Coalescing;
            let is_in_time = harvest.passed(messages, now, if is_coalescing { Clock::now() } else { now });
            own.harvests.add(u64::from(is_coalescing));
            own.harvests_late.add(u64::from(!is_in_time));
        }
        harvest.settle(poll.registry(), now)?;
        let is_coalescing = harvest.mode() == ReadMode::Coalescing;
        own.coalescing.set(u64::from(is_coalescing));
        own.harvest_lead_ns.set(if is_coalescing { harvest.lead().as_nanos() as u64 } else { 0 });
        Ok(())
    }

    /// Puts each connection into the selector that it belongs into.
    fn rewatch(&mut self, now: Time) {
        let Self { prepared: Prepared { harvest: Some(harvest), poll, .. }, driver, .. } = self else {
            return;
        };
        let registries = Registries { control: poll.registry(), live: harvest.registry() };
        while let Some((id, from, to)) = driver.poll_strayed() {
            let Some(stream) = driver.transport(id) else { continue };
            if let Err(error) = registries.change(stream, token_of(id), from, to) {
                tracing::warn!(%error, conn = id.index, "cannot register a connection");
                driver.give_up(id, error.kind(), now);
            }
        }
    }

    fn poll_timeout(&self, now: Time) -> Option<Duration> {
        let acceptor = self.prepared.acceptor.as_ref().map(|(acceptor, _)| acceptor);
        if acceptor.is_some_and(|acceptor| acceptor.is_due(now, false)) {
            return Some(Duration::ZERO);
        }
        if self.prepared.harvest.as_ref().is_some_and(Harvest::is_unfinished) {
            return Some(Duration::ZERO);
        }
        let retry = acceptor.and_then(|acceptor| acceptor.retry_at).map(|at| at.since(now));
        let stop = self.stopping.as_ref().map(|stopping| stopping.until().since(now));
        [self.driver.poll_timeout(now), retry, stop].into_iter().flatten().min()
    }

    fn mark_acceptor(&mut self) {
        if let Some((acceptor, _)) = &mut self.prepared.acceptor {
            acceptor.is_ready = true;
        }
    }

    fn accept(&mut self, now: Time) {
        let is_freed = self.driver.take_freed();
        let Some((acceptor, spread)) = &mut self.prepared.acceptor else { return };
        if !acceptor.is_due(now, is_freed) {
            return;
        }
        let (driver, poll) = (&mut self.driver, &self.prepared.poll);
        acceptor.accept(now, &self.own, |stream, ticket| {
            if let Some(accepted) = spread.hand_over(Accepted { stream, ticket }) {
                adopt(driver, poll, accepted, now);
            }
        });
    }

    fn take_mail(&mut self, now: Time) {
        while let Ok(accepted) = self.prepared.sockets.try_recv() {
            if self.stopping.is_none() {
                adopt(&mut self.driver, &self.prepared.poll, accepted, now);
            }
        }
        while let Some(parcel) = self.exchange.poll() {
            self.take_in(parcel, now);
        }
        while let Ok(stop) = self.prepared.stops.try_recv() {
            self.begin_stop(stop, now);
        }
    }

    /// Sends connections where the service wants them; who cannot go there stays.
    fn hand_over(&mut self, now: Time) {
        while let Some((thread, mut parcel)) = self.driver.poll_departed() {
            // Another selector takes it only when this one has let go.
            let connection = &mut parcel.connection;
            let control = self.prepared.poll.registry();
            let live = self.prepared.harvest.as_ref().map_or(control, Harvest::registry);
            let left = Registries { control, live }.leave(&mut connection.transport, connection.watch);
            if let Err(error) = left {
                tracing::debug!(%error, "cannot take a connection out of its selector");
            }
            if let Some(parcel) = self.exchange.send(thread, parcel) {
                self.take_in(parcel, now);
            }
        }
    }

    /// Takes in a connection from another thread.
    fn take_in(&mut self, parcel: Parcel<TcpStream, S::Session>, now: Time) {
        let Self { driver, prepared, stopping, .. } = self;
        let Some((id, unread)) = driver.place(parcel, now) else { return };
        let Some(stream) = driver.transport(id) else { return };
        // Registering announces what the kernel holds already.
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = prepared.poll.registry().register(stream, token_of(id), both) {
            tracing::warn!(%error, "cannot register a connection");
            driver.give_up(id, error.kind(), now);
            return;
        }
        driver.arrive(id, &unread, now);
        if let Some(Stopping::Closing { stop, .. }) = stopping {
            driver.stop(stop.code, &stop.reason, now);
        }
    }

    fn begin_stop(&mut self, stop: Stop, now: Time) {
        match &mut self.stopping {
            None if stop.drain.is_zero() => self.say_goodbye(&stop, now),
            None => {
                tracing::info!(code = stop.code, drain_s = stop.drain.as_secs(), "the server drains");
                self.stop_accepting();
                let until = now + stop.drain;
                self.stopping = Some(Stopping::Draining { stop, until });
            }
            Some(Stopping::Draining { .. }) => self.say_goodbye(&stop, now),
            Some(Stopping::Closing { until, .. }) => *until = now,
        }
    }

    /// First of all: a client that reconnects finds the next server, not this one.
    fn stop_accepting(&mut self) {
        self.prepared.acceptor = None;
        self.metrics.drain();
    }

    fn say_goodbye(&mut self, stop: &Stop, now: Time) {
        tracing::info!(code = stop.code, reason = stop.reason, "the server says goodbye");
        self.stop_accepting();
        self.stopping = Some(Stopping::Closing { stop: stop.clone(), until: now + SHUTDOWN_TIMEOUT });
        self.driver.stop(stop.code, &stop.reason, now);
    }

    fn is_over(&mut self, now: Time) -> Option<Ended> {
        let is_empty = self.driver.connection_count() == 0;
        match self.stopping.take()? {
            Stopping::Draining { stop, until } if is_empty || until <= now => self.say_goodbye(&stop, now),
            Stopping::Closing { stop, until } if is_empty || until <= now => {
                self.driver.drop_all(1001, now);
                return Some(stop.why);
            }
            waiting => self.stopping = Some(waiting),
        }
        None
    }

    #[cfg(unix)]
    fn on_signals(&mut self) {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        let Some(Signals(signals)) = &mut self.prepared.signals else { return };
        for signal in signals.pending() {
            let stop = match signal {
                SIGHUP => {
                    tracing::info!("SIGHUP is ignored: there is nothing to read anew");
                    continue;
                }
                SIGTERM => Stop {
                    code: 1012,
                    reason: "retry-after-ms=1000".to_owned(),
                    why: Ended::Terminated,
                    drain: self.prepared.drain,
                },
                _ => Stop {
                    code: 1001,
                    reason: "server interrupted".to_owned(),
                    why: Ended::Interrupted,
                    drain: Duration::ZERO,
                },
            };
            for remote in &self.prepared.remotes {
                remote.stop(stop.clone());
            }
        }
    }
}

/// Puts an accepted socket into the table and the selector; on failure it is closed.
fn adopt<S: Service>(driver: &mut Driver<TcpStream, S>, poll: &Poll, accepted: Accepted, now: Time) {
    let Ok(id) = driver.insert(accepted.stream, accepted.ticket, now) else { return };
    let Some(stream) = driver.transport(id) else { return };
    let both = Interest::READABLE | Interest::WRITABLE;
    if let Err(error) = poll.registry().register(stream, token_of(id), both) {
        tracing::debug!(%error, "cannot register a connection");
        driver.discard(id, now);
    }
}

fn token_of(id: ConnectionId) -> Token {
    Token((id.generation as usize) << 32 | id.index as usize)
}

fn connection_of(token: Token) -> ConnectionId {
    ConnectionId { index: token.0 as u32, generation: (token.0 >> 32) as u32 }
}

fn edge_of(event: &Event) -> Edge {
    let peer_ended = event.is_read_closed() || event.is_error();
    Edge { readable: event.is_readable() || peer_ended, writable: event.is_writable(), peer_ended }
}

#[cfg(test)]
mod tests {
    use super::{LISTENER, WAKE, connection_of, token_of};
    use crate::net::limits::CONNECTIONS_MAX;
    use crate::net::service::ConnectionId;

    #[test]
    fn tokens_name_connections_and_never_the_reserved_ones() {
        for (index, generation) in [(0, 0), (7, 3), (CONNECTIONS_MAX as u32, u32::MAX), (0, u32::MAX)] {
            let id = ConnectionId { index, generation };
            assert_eq!(connection_of(token_of(id)), id);
            assert!(token_of(id) != WAKE && token_of(id) != LISTENER);
        }
    }
}
