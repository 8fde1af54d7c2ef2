//! `Siege`: the connections that send their request head a byte at a time.

use std::io::{self, Read, Write};
use std::time::Duration;

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::interrupt;
use crate::load::recorder::nanos;
use crate::quantiles;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::is_pending;

/// All begin within this time.
pub(super) const OPEN_WITHIN: Duration = Duration::from_secs(1);
/// What a head begins with; it goes on with a header that never ends.
const HEAD: &[u8] = b"GET /ws HTTP/1.1\r\nHost: slow\r\nX-Slow: ";

struct Slow {
    stream: Option<TcpStream>,
    /// Since when it is connected.
    since: Option<Time>,
    sent: usize,
    next_at: Time,
}

pub(super) struct Siege {
    reactor: Reactor,
    route: Route,
    each: Vec<Slow>,
    /// From connecting to the end, of those that are gone.
    pub(super) lived_ns: Histogram<u64>,
    /// Of all reads, those that brought an answer.
    pub(super) answered: usize,
    ready: Vec<usize>,
}

impl Siege {
    pub(super) fn new(route: Route, clock: Clock) -> io::Result<Self> {
        let reactor = Reactor::new(clock)?;
        let lived_ns = quantiles::nanoseconds();
        Ok(Self { reactor, route, each: Vec::new(), lived_ns, answered: 0, ready: Vec::new() })
    }

    fn open_next(&mut self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.route.address)?;
        self.reactor.register(&mut stream, self.each.len())?;
        let next_at = self.reactor.now();
        self.each.push(Slow { stream: Some(stream), since: None, sent: 0, next_at });
        Ok(())
    }

    /// Those that the server has not ended.
    pub(super) fn left(&self) -> usize {
        self.each.iter().filter(|slow| slow.stream.is_some()).count()
    }

    /// Opens `connections`, has each send `rate` bytes a second, and goes on until all are gone, `limit` is over, or
    /// the run is interrupted.
    pub(super) fn run(&mut self, connections: usize, rate: u32, limit: Duration) -> io::Result<()> {
        let began = self.reactor.now();
        let (apart, pause) = (OPEN_WITHIN / connections as u32, Duration::from_secs(1) / rate);
        loop {
            let now = self.reactor.now();
            while self.each.len() < connections && began + apart * self.each.len() as u32 <= now {
                self.open_next()?;
            }
            let is_open = self.each.len() == connections;
            if is_open && self.left() == 0 || now >= began + OPEN_WITHIN + limit || interrupt::is_asked() {
                return Ok(());
            }
            let mut next = if is_open { now + pause } else { now + apart };
            for slow in &mut self.each {
                if slow.next_at <= now {
                    slow.send();
                    slow.next_at = now + pause;
                }
                if slow.stream.is_some() {
                    next = next.min(slow.next_at);
                }
            }
            // A tenth of the pause is close enough, and spares a pass over all for each byte.
            let mut ready = std::mem::take(&mut self.ready);
            self.reactor.wait(next.max(now + pause.min(OPEN_WITHIN) / 100), &mut ready)?;
            ready.drain(..).for_each(|index| self.on_ready(index));
            self.ready = ready;
        }
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(slow) = self.each.get_mut(index) else { return };
        let Some(stream) = &mut slow.stream else { return };
        let since = *slow.since.get_or_insert(now);
        let mut answer = [0; 1024];
        let is_over = loop {
            match stream.read(&mut answer) {
                Ok(0) => break true,
                Ok(_) => self.answered += usize::from(answer.starts_with(b"HTTP/1.1 ")),
                Err(error) if is_pending(&error) => break false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break true,
            }
        };
        if is_over {
            slow.stream = None;
            self.lived_ns.saturating_record(nanos(now.since(since)));
        }
    }
}

impl Slow {
    /// One more byte, if it is connected.
    fn send(&mut self) {
        let byte = HEAD.get(self.sent).copied().unwrap_or(b'a');
        if let (Some(stream), Some(_)) = (&mut self.stream, self.since) {
            // What is wrong with the connection, the next read says as well.
            self.sent += stream.write(&[byte]).unwrap_or(0);
        }
    }
}
