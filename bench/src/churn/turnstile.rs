//! `Turnstile`: lets visitors in at their times, sees them through, and waits until the last one is gone.
//!
//! Everything about a visit that can be waited for has a limit, so that the turnstile comes to an end whatever the
//! server does.

use std::io;
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use super::tally::{Moments, Tally};
use crate::connection::{Buffers, Connection, Gone, Seat, Standing};
use crate::interrupt;
use crate::limits::UPGRADE_LIMIT;
use crate::load::Live;
use crate::load::live::count;
use crate::wire::agenda::Agenda;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::slots::Slots;
use crate::wire::socket::{Drained, Over, Socket};
use crate::wire::sources::Sources;

/// How long a visitor waits to be let in.
const ENTRY_LIMIT: Duration = Duration::from_secs(10);
/// How long a visitor waits for the end of the connection after its goodbye; servers of ours take two seconds at most.
const EXIT_LIMIT: Duration = Duration::from_secs(5);
/// Nobody was let in for this long, and everybody failed: the server is not there any more.
const DEAF_LIMIT: Duration = Duration::from_secs(3);
/// Phases are looked at this often at least.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What visitors do.
#[derive(Clone, Debug)]
pub(super) struct Manners {
    pub(super) seat: Option<Seat>,
    /// Time between being let in and leaving.
    pub(super) stay: Duration,
    /// Of a hundred visitors, how many go without a goodbye.
    pub(super) abrupt_percent: u32,
    pub(super) rate: u32,
    /// Most at once: as many as there are descriptors for.
    pub(super) crowd_max: usize,
}

struct Visit {
    connection: Connection,
    moments: Moments,
    number: u64,
    /// When it has to be over with what it is at: let in, staying, or leaving.
    until: Time,
    goodbye: Option<Time>,
    /// Its newest entry in the agenda.
    planned: Option<Time>,
}

impl Visit {
    /// The next moment at which something is due.
    fn next_at(&self) -> Time {
        let ack_at = self.connection.ack_at().filter(|_| self.connection.standing() == Standing::Staying);
        ack_at.map_or(self.until, |ack_at| ack_at.min(self.until))
    }
}

pub(super) struct Turnstile {
    reactor: Reactor,
    route: Route,
    sources: Sources,
    manners: Manners,
    buffers: Buffers,
    ready: Vec<usize>,
    /// Those that have more to read than they were let: nothing tells of them again.
    backlog: Vec<usize>,
    visits: Slots<Visit>,
    agenda: Agenda,
    /// Of all visits that there ever were.
    count: u64,
    let_in_at: Time,
    /// The server had said anything to anybody before the tally was begun.
    was_answered: bool,
    live: Live,
    pub(super) tally: Tally,
}

impl Turnstile {
    pub(super) fn new(route: Route, manners: Manners, live: Live) -> io::Result<Self> {
        let reactor = Reactor::new(Clock::new())?;
        Ok(Self {
            let_in_at: reactor.now(),
            was_answered: false,
            tally: Tally::new(reactor.now()),
            reactor,
            route,
            sources: Sources::new(),
            manners,
            buffers: Buffers::new(),
            ready: Vec::new(),
            backlog: Vec::new(),
            visits: Slots::new(),
            agenda: Agenda::default(),
            count: 0,
            live,
        })
    }

    pub(super) fn now(&self) -> Time {
        self.reactor.now()
    }

    /// Begins visits for `duration`, and counts them anew. Ends early, with false, when the server lets nobody in; and
    /// when the run is interrupted.
    pub(super) fn admit(&mut self, duration: Duration) -> io::Result<bool> {
        let from = self.reactor.now();
        self.was_answered = self.is_answered();
        self.tally = Tally::new(from);
        self.let_in_at = from;
        let rate = self.manners.rate;
        let visits = (duration.as_nanos() * u128::from(rate)).div_ceil(1_000_000_000);
        let visits = u64::try_from(visits).unwrap_or(u64::MAX);
        let due_at = |index: u64| from + duration_of(index, rate);
        let mut index = 0;
        while !interrupt::is_asked() && (index < visits || self.reactor.now() < from + duration) {
            let now = self.reactor.now();
            if self.is_deaf(now) || self.is_silent(now) {
                return Ok(false);
            }
            if index < visits && due_at(index) <= now {
                self.begin(due_at(index), now)?;
                index += 1;
                continue;
            }
            let next = if index < visits { due_at(index) } else { from + duration };
            self.turn(next.min(now + LOOK_EVERY))?;
        }
        Ok(true)
    }

    fn is_deaf(&self, now: Time) -> bool {
        self.tally.failed_count() > 0 && now.since(self.let_in_at) > DEAF_LIMIT
    }

    /// No visitor has ever had an answer.
    fn is_silent(&self, now: Time) -> bool {
        !self.is_answered() && now.since(self.let_in_at) >= UPGRADE_LIMIT
    }

    fn is_answered(&self) -> bool {
        self.was_answered || !self.tally.handshake.is_empty() || self.tally.failed_count() > 0
    }

    /// Sees everybody out, unless the server has never said anything, or the run is interrupted.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        while self.visits.count() > 0 && !interrupt::is_asked() && !self.is_silent(self.reactor.now()) {
            self.turn(self.reactor.now() + LOOK_EVERY)?;
        }
        Ok(())
    }

    /// A report follows.
    pub(super) fn clear(&mut self) {
        self.live.clear();
    }

    /// Lets time pass.
    pub(super) fn rest(&mut self, time: Duration) -> io::Result<()> {
        let until = self.reactor.now() + time;
        while self.reactor.now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    fn begin(&mut self, due: Time, now: Time) -> io::Result<()> {
        if self.visits.count() >= self.manners.crowd_max {
            self.tally.left_out += 1;
            return Ok(());
        }
        let moments = Moments { due, began: now };
        self.tally.begun(moments);
        let opened = self.sources.connect(self.route.address).map_err(Over::from);
        match opened.and_then(|stream| Socket::over(stream, &self.route)) {
            Err(over) => self.tally.failed(over.to_string()),
            Ok(mut socket) => {
                self.reactor.register(socket.stream(), self.visits.next_index())?;
                let connection = Connection::new(socket, self.manners.seat.as_ref());
                let until = now + ENTRY_LIMIT;
                let (number, goodbye, planned) = (self.count, None, None);
                let index =
                    self.visits.insert(Visit { connection, moments, number, until, goodbye, planned });
                self.count += 1;
                self.tally.crowd_max = self.tally.crowd_max.max(self.visits.count());
                self.plan(index);
            }
        }
        Ok(())
    }

    /// Waits until something is ready or `until` has come, and deals with it.
    fn turn(&mut self, until: Time) -> io::Result<()> {
        let next = self.agenda.next_at().map_or(until, |at| until.min(at));
        let mut ready = std::mem::take(&mut self.ready);
        self.reactor.wait_with(&mut self.backlog, next, &mut ready)?;
        for index in ready.drain(..) {
            self.on_ready(index);
        }
        self.ready = ready;
        let now = self.reactor.now();
        self.live.tell(now, || {
            let there = self.visits.count() as u64;
            let [came, there, failed] = [self.tally.visits, there, self.tally.failed_count()].map(count);
            format!("{came} visitors came | {there} are there | {failed} failed")
        });
        while let Some((at, index)) = self.agenda.pop_due(now) {
            self.on_time(index, at, now);
        }
        Ok(())
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(visit) = self.visits.get_mut(index) else { return };
        let before = visit.connection.standing();
        let result = visit.connection.on_ready(now, &mut self.buffers);
        let after = visit.connection.standing();
        if before == Standing::Upgrading && after != before {
            self.tally.upgraded(visit.moments, now);
        }
        if before != after && after == Standing::Staying {
            self.let_in_at = now;
            visit.until = now + self.manners.stay;
            if self.manners.seat.is_some() {
                self.tally.joined(visit.moments, now);
            }
        }
        match result {
            Ok(drained) => {
                if drained == Drained::No {
                    self.backlog.push(index);
                }
                self.plan(index);
            }
            Err(gone) => self.end(index, &gone, now),
        }
    }

    /// A moment of the agenda has come.
    fn on_time(&mut self, index: usize, at: Time, now: Time) {
        let Some(visit) = self.visits.get_mut(index) else { return };
        if visit.planned != Some(at) {
            return;
        }
        visit.planned = None;
        let is_over = visit.until <= now;
        let result = match visit.connection.standing() {
            Standing::Staying if is_over && self.manners.is_abrupt(visit.number) => {
                self.tally.left(None, now);
                self.visits.remove(index);
                return;
            }
            Standing::Staying if is_over => {
                (visit.until, visit.goodbye) = (now + EXIT_LIMIT, Some(now));
                visit.connection.leave(now, &mut self.buffers)
            }
            Standing::Staying => visit.connection.acknowledge(now, &mut self.buffers),
            standing if is_over => {
                self.tally.failed(too_long(standing));
                self.visits.remove(index);
                return;
            }
            _ => Ok(()),
        };
        match result {
            Ok(()) => self.plan(index),
            Err(gone) => self.end(index, &gone, now),
        }
    }

    fn plan(&mut self, index: usize) {
        let Some(visit) = self.visits.get_mut(index) else { return };
        let at = visit.next_at();
        if visit.planned.is_none_or(|planned| at < planned) {
            visit.planned = Some(at);
            self.agenda.plan(at, index);
        }
    }

    fn end(&mut self, index: usize, gone: &Gone, now: Time) {
        let goodbye = self.visits.get(index).and_then(|visit| visit.goodbye);
        if goodbye.is_some() && gone.is_farewell() {
            self.tally.left(goodbye, now);
        } else {
            self.tally.failed(gone.to_string());
        }
        self.visits.remove(index);
    }
}

impl Manners {
    /// Spread evenly, the same in every run.
    fn is_abrupt(&self, number: u64) -> bool {
        let share = u64::from(self.abrupt_percent);
        (number * share) / 100 != ((number + 1) * share) / 100
    }
}

/// `index` visits at `rate` a second take this long.
fn duration_of(index: u64, rate: u32) -> Duration {
    let nanos = u128::from(index) * 1_000_000_000 / u128::from(rate);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn too_long(standing: Standing) -> String {
    let (what, limit) = match standing {
        Standing::Upgrading => ("no answer to the upgrade", ENTRY_LIMIT),
        Standing::Joining => ("no Welcome", ENTRY_LIMIT),
        Standing::Staying | Standing::Leaving => ("the connection did not end after a goodbye", EXIT_LIMIT),
    };
    format!("{what} within {} s", limit.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_due_at_their_rate_without_drift() {
        assert_eq!(duration_of(0, 3), Duration::ZERO);
        assert_eq!(duration_of(3_000_000, 3), Duration::from_secs(1_000_000));
        assert_eq!(duration_of(1, 3), Duration::from_nanos(333_333_333));
    }

    #[test]
    fn as_many_go_without_a_goodbye_as_were_asked_to() {
        for abrupt_percent in [0, 1, 33, 50, 100] {
            let manners = Manners { seat: None, stay: Duration::ZERO, abrupt_percent, rate: 1, crowd_max: 1 };
            let count = (0..1000).filter(|&number| manners.is_abrupt(number)).count();
            assert_eq!(count as u32, abrupt_percent * 10);
        }
    }
}
