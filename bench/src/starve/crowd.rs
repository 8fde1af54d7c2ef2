//! `Crowd`: all connections of the scenario, those that wait and those that are held.

use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::failure::Failure;
use crate::interrupt;
use crate::load::recorder::nanos;
use crate::quantiles;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::Socket;

/// The server has taken what it can when it took nothing for this long.
pub(super) const QUIET: Duration = Duration::from_millis(300);
/// How long everybody may wait for an answer once descriptors are free: the kernel tries lost connection requests again
/// after 1, 3, 7 and 15 s.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How soon after a refusal the next connection is tried.
const PROBE_EVERY: Duration = Duration::from_millis(5);
/// Bytes of one read: an answer to an upgrade.
const READ_BYTES: usize = 16 * 1024;

pub(super) enum Standing {
    /// Since when.
    Waiting(Socket, Time),
    /// Upgraded, and held.
    Held(Socket),
    /// Upgraded, and let go.
    Served,
    /// Another answer, or an end without one.
    Refused,
}

pub(super) struct Crowd {
    pub(super) reactor: Reactor,
    pub(super) each: Vec<Standing>,
    buffer: Vec<u8>,
    ready: Vec<usize>,
    /// Newest upgrade.
    pub(super) upgraded_at: Option<Time>,
    pub(super) first_refusal: Option<String>,
    /// From connecting to the upgrade.
    pub(super) handshake_ns: Histogram<u64>,
    /// Upgraded ones are held, or else let go at once.
    holds: bool,
}

impl Crowd {
    pub(super) fn open(route: &Route, connections: usize) -> Result<Self, Failure> {
        let reactor = Reactor::new(Clock::new())?;
        let mut crowd = Self {
            reactor,
            each: Vec::with_capacity(connections),
            buffer: vec![0; READ_BYTES],
            ready: Vec::new(),
            upgraded_at: None,
            first_refusal: None,
            handshake_ns: quantiles::nanoseconds(),
            holds: true,
        };
        for _ in 0..connections {
            crowd.connect(route)?;
        }
        Ok(crowd)
    }

    fn connect(&mut self, route: &Route) -> Result<(), Failure> {
        let standing = match Socket::connect(route) {
            Ok(mut socket) => {
                self.reactor.register(socket.stream(), self.each.len())?;
                Standing::Waiting(socket, self.reactor.now())
            }
            Err(over) => {
                self.first_refusal.get_or_insert(over.to_string());
                Standing::Refused
            }
        };
        self.each.push(standing);
        Ok(())
    }

    /// Connects anew every few milliseconds until anybody is upgraded after `since`: a server may have answered all that
    /// it could not hold, so that nobody waits any more.
    pub(super) fn probe(&mut self, route: &Route, since: Time) -> Result<Option<Duration>, Failure> {
        let is_upgraded = |crowd: &Self| crowd.upgraded_at.is_some_and(|at| at >= since);
        let mut probe = None;
        let is_late = |crowd: &Self| crowd.reactor.now().since(since) >= ANSWER_LIMIT;
        while !is_upgraded(self) && !is_late(self) && !interrupt::is_asked() {
            let is_over = probe.is_none_or(|index: usize| !matches!(self.each[index], Standing::Waiting(..)));
            if is_over {
                probe = Some(self.each.len());
                self.connect(route)?;
            }
            self.drive(self.reactor.now() + PROBE_EVERY, is_upgraded)?;
        }
        Ok(self.upgraded_at.filter(|&at| at >= since).map(|at| at.since(since)))
    }

    pub(super) fn count(&self, is: impl Fn(&Standing) -> bool) -> usize {
        self.each.iter().filter(|standing| is(standing)).count()
    }

    /// Goes on until `until`, until `is_done`, or until the run is interrupted.
    pub(super) fn drive(&mut self, until: Time, is_done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while self.reactor.now() < until && !is_done(self) && !interrupt::is_asked() {
            let mut ready = std::mem::take(&mut self.ready);
            let look = self.reactor.now() + QUIET / 6;
            self.reactor.wait(until.min(look), &mut ready)?;
            ready.drain(..).for_each(|index| self.on_ready(index));
            self.ready = ready;
        }
        Ok(())
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(standing) = self.each.get_mut(index) else { return };
        let (Standing::Waiting(socket, _) | Standing::Held(socket)) = standing else { return };
        let over = socket.flush().and_then(|()| socket.read_binary(&mut self.buffer, now, |_| {})).err();
        let is_open = socket.is_open();
        let before = std::mem::replace(standing, Standing::Refused);
        *standing = match (before, over) {
            (Standing::Waiting(socket, since), None) if is_open => {
                self.upgraded_at = Some(now);
                self.handshake_ns.saturating_record(nanos(now.since(since)));
                if self.holds { Standing::Held(socket) } else { Standing::Served }
            }
            (Standing::Held(_), Some(_)) => Standing::Served,
            (Standing::Waiting(..), Some(over)) => {
                self.first_refusal.get_or_insert(over.to_string());
                Standing::Refused
            }
            (before, _) => before,
        };
    }

    /// Ends all connections that are held.
    pub(super) fn free(&mut self) {
        self.holds = false;
        for standing in &mut self.each {
            if let Standing::Held(socket) = standing {
                socket.shutdown();
                *standing = Standing::Served;
            }
        }
    }
}
