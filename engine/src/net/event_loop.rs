//! `EventLoop`: one I/O thread's Poll around a [`Driver`].
//!
//! Owns tokens, registration, the wait and the clock read of each turn. Every socket is registered once, for both
//! directions, edge-triggered; no later call to the selector is made for it.

use std::io;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tickwire_netcode::time::Time;

use super::acceptor::{Acceptor, Mailbox};
use super::driver::{Driver, Edge};
use super::limits::{EVENTS_PER_TURN, MAILBOX_MAX, SHUTDOWN_TIMEOUT};
use super::moving::{Exchange, Parcel};
use super::service::{ConnectionId, Service};
use super::wake::Wake;
use crate::clock::Clock;

// A token is generation and index side by side; the largest generations at the largest indices, which the table never
// reaches, name what is no connection.
const _: () = assert!(usize::BITS == 64, "a token holds a 32-bit index and a 32-bit generation");
const WAKE: Token = Token(usize::MAX);
const LISTENER: Token = Token(usize::MAX - 1);
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
}

/// What the other threads hold of an I/O thread.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) mailbox: Mailbox,
    stops: Sender<Stop>,
}

impl Remote {
    /// Orders the stop. A second order ends the thread at once; more are dropped.
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
}

/// A Poll with its wake, before there is a thread or a service.
#[derive(Debug)]
pub(crate) struct Prepared {
    poll: Poll,
    wake: Wake,
    sockets: Receiver<TcpStream>,
    stops: Receiver<Stop>,
    acceptor: Option<Acceptor>,
    remotes: Vec<Remote>,
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
        // The first order and the impatient second one.
        let (stops_in, stops) = bounded(2);
        let remote = Remote { mailbox: Mailbox { sockets: sockets_in, wake: wake.clone() }, stops: stops_in };
        let prepared = Self {
            poll,
            wake,
            sockets,
            stops,
            acceptor: None,
            remotes: Vec::new(),
            #[cfg(unix)]
            signals: None,
        };
        Ok((prepared, remote))
    }

    /// Makes this the thread that accepts and, if asked, takes the signals.
    pub(crate) fn make_first(&mut self, first: First) -> io::Result<()> {
        let First { listener, remotes, with_signals } = first;
        let mailboxes = remotes.iter().map(|remote| remote.mailbox.clone()).collect();
        let mut acceptor = Acceptor::new(listener, mailboxes);
        self.poll.registry().register(&mut acceptor.listener, LISTENER, Interest::READABLE)?;
        self.acceptor = Some(acceptor);
        self.remotes = remotes;
        #[cfg(unix)]
        if with_signals {
            use signal_hook::consts::{SIGINT, SIGTERM};
            let mut signals = signal_hook_mio::v1_0::Signals::new([SIGINT, SIGTERM])?;
            self.poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
            self.signals = Some(Signals(signals));
        }
        #[cfg(not(unix))]
        let _ = with_signals;
        Ok(())
    }

    pub(crate) fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Runs until stopped.
    ///
    /// # Errors
    /// Only when the selector itself fails.
    pub(crate) fn run<S: Service>(self, service: S, exchange: Exchange<S::Session>) -> io::Result<Ended> {
        let driver = Driver::new(service, Clock::now());
        EventLoop { prepared: self, driver, exchange, stopping: None }.run()
    }
}

/// A stop under way.
struct Stopping {
    order: Stop,
    deadline: Time,
}

struct EventLoop<S: Service> {
    prepared: Prepared,
    driver: Driver<TcpStream, S>,
    exchange: Exchange<S::Session>,
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
            if self.prepared.wake.take() {
                self.driver.tick(now);
            }
            self.driver.serve_ready(now);
            let mut is_nudged = false;
            for event in &events {
                match event.token() {
                    WAKE => is_nudged = true,
                    LISTENER => self.mark_acceptor(),
                    #[cfg(unix)]
                    SIGNALS => self.on_signals(),
                    token => self.driver.handle_edge(connection_of(token), edge_of(event), now),
                }
            }
            if is_nudged {
                self.take_mail(now);
            }
            self.hand_over(now);
            self.driver.end_turn(now);
            self.accept(now);
            if let Some(why) = self.is_over(now) {
                return Ok(why);
            }
        }
    }

    fn poll_timeout(&self, now: Time) -> Option<Duration> {
        let acceptor = self.prepared.acceptor.as_ref();
        if acceptor.is_some_and(|acceptor| acceptor.is_ready) {
            return Some(Duration::ZERO);
        }
        let retry = acceptor.and_then(|acceptor| acceptor.retry_at).map(|at| at.since(now));
        let stop = self.stopping.as_ref().map(|stopping| stopping.deadline.since(now));
        [self.driver.poll_timeout(now), retry, stop].into_iter().flatten().min()
    }

    fn mark_acceptor(&mut self) {
        if let Some(acceptor) = &mut self.prepared.acceptor {
            acceptor.is_ready = true;
        }
    }

    fn accept(&mut self, now: Time) {
        let is_freed = self.driver.take_freed();
        let Some(acceptor) = &mut self.prepared.acceptor else { return };
        let is_due = acceptor.is_ready || acceptor.retry_at.is_some_and(|at| is_freed || at <= now);
        if is_due && acceptor.retry_at.is_none_or(|at| is_freed || at <= now) {
            let (driver, poll) = (&mut self.driver, &self.prepared.poll);
            acceptor.accept(now, |stream| adopt(driver, poll, stream, now));
        }
    }

    fn take_mail(&mut self, now: Time) {
        while let Ok(stream) = self.prepared.sockets.try_recv() {
            if self.stopping.is_none() {
                adopt(&mut self.driver, &self.prepared.poll, stream, now);
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
            let _ = self.prepared.poll.registry().deregister(&mut parcel.transport);
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
        if let Some(Stopping { order, .. }) = stopping {
            driver.stop(order.code, &order.reason, now);
        }
    }

    fn begin_stop(&mut self, stop: Stop, now: Time) {
        if let Some(stopping) = &mut self.stopping {
            stopping.deadline = now;
            return;
        }
        // Closing the listener first: a client that reconnects finds the next server, not this one.
        self.prepared.acceptor = None;
        self.driver.stop(stop.code, &stop.reason, now);
        self.stopping = Some(Stopping { order: stop, deadline: now + SHUTDOWN_TIMEOUT });
    }

    fn is_over(&mut self, now: Time) -> Option<Ended> {
        let Stopping { order: Stop { why, .. }, deadline } = *self.stopping.as_ref()?;
        if self.driver.connection_count() > 0 && now < deadline {
            return None;
        }
        self.driver.drop_all(1001, now);
        Some(why)
    }

    #[cfg(unix)]
    fn on_signals(&mut self) {
        use signal_hook::consts::SIGTERM;
        let Some(Signals(signals)) = &mut self.prepared.signals else { return };
        for signal in signals.pending() {
            let stop = if signal == SIGTERM {
                Stop { code: 1012, reason: "retry-after-ms=1000".to_owned(), why: Ended::Terminated }
            } else {
                Stop { code: 1001, reason: "server interrupted".to_owned(), why: Ended::Interrupted }
            };
            for remote in &self.prepared.remotes {
                remote.stop(stop.clone());
            }
        }
    }
}

/// Puts an accepted socket into the table and the selector; on failure it is closed.
fn adopt<S: Service>(driver: &mut Driver<TcpStream, S>, poll: &Poll, stream: TcpStream, now: Time) {
    let Ok(id) = driver.insert(stream, now) else { return };
    let Some(stream) = driver.transport(id) else { return };
    let both = Interest::READABLE | Interest::WRITABLE;
    if let Err(error) = poll.registry().register(stream, token_of(id), both) {
        tracing::warn!(%error, "cannot register a connection");
        driver.discard(id);
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
