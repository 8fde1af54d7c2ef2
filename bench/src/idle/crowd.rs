//! `Crowd`: all connections that are held, and the loop that brings and keeps them.
//!
//! Connections come at a rate, but no more connect at once than a server's queue of new connections holds: one that
//! overflows costs a second before the kernel tries again, and memory is measured here, not how a server copes.

use std::io;
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::connection::{Buffers, Connection, Gone, Seat, Standing};
use crate::interrupt;
use crate::limits::UPGRADE_LIMIT;
use crate::load::Live;
use crate::load::live::count as told;
use crate::quantiles;
use crate::reasons::Reasons;
use crate::wire::agenda::Agenda;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::{Drained, Over, Socket};
use crate::wire::sources::Sources;

/// The queue of new connections that Rust's standard library asks for; others ask for more.
const UPGRADING_MAX: usize = 128;
/// Without another answer for this long nobody else comes: the kernel tries lost requests again after 1, 3 and 7 s.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How long the server may take to end the connections in the end.
const GOODBYE_MAX: Duration = Duration::from_secs(3);
/// Ends of windows are looked at this often at least.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A connection and its times.
struct Place {
    connection: Connection,
    /// When it began to connect.
    since: Time,
    /// An acknowledgement is in the agenda.
    is_ack_planned: bool,
}

pub(super) struct Crowd {
    reactor: Reactor,
    route: Route,
    sources: Sources,
    seat: Option<Seat>,
    /// How long acknowledgements wait.
    ack_every: Duration,
    places: Vec<Option<Place>>,
    agenda: Agenda,
    buffers: Buffers,
    ready: Vec<usize>,
    /// Those that have more to read than they were let: nothing tells of them again.
    backlog: Vec<usize>,
    /// Of those on their way, without an answer to the upgrade.
    upgrading: usize,
    on_their_way: usize,
    staying: usize,
    wanted: usize,
    live: Live,
    /// Newest upgrade, join or refusal.
    moved_at: Time,
    /// From the first packet to the answer to the upgrade.
    pub(super) handshake_ns: Histogram<u64>,
    /// From the first packet to Welcome.
    pub(super) join_ns: Histogram<u64>,
    /// That never stayed.
    pub(super) refused: Reasons,
    /// That stayed and are gone.
    pub(super) lost: Reasons,
}

impl Crowd {
    pub(super) fn new(route: Route, seat: Option<Seat>, ack_every: Duration, live: Live) -> io::Result<Self> {
        let reactor = Reactor::new(Clock::new())?;
        Ok(Self {
            moved_at: reactor.now(),
            reactor,
            route,
            sources: Sources::new(),
            seat,
            ack_every,
            places: Vec::new(),
            agenda: Agenda::default(),
            buffers: Buffers::new(),
            ready: Vec::new(),
            backlog: Vec::new(),
            upgrading: 0,
            on_their_way: 0,
            staying: 0,
            wanted: 0,
            live,
            handshake_ns: quantiles::nanoseconds(),
            join_ns: quantiles::nanoseconds(),
            refused: Reasons::default(),
            lost: Reasons::default(),
        })
    }

    pub(super) fn now(&self) -> Time {
        self.reactor.now()
    }

    /// A report follows.
    pub(super) fn clear(&mut self) {
        self.live.clear();
    }

    pub(super) fn staying(&self) -> usize {
        self.staying
    }

    /// Brings so many connections at `rate` a second; ends when all stay or were refused, nothing moves any
    /// more, or the run is interrupted.
    pub(super) fn gather(&mut self, connections: usize, rate: u32) -> io::Result<()> {
        let began = self.reactor.now();
        let apart = Duration::from_secs(1) / rate;
        self.moved_at = began;
        self.wanted = connections;
        loop {
            let now = self.reactor.now();
            let due_at = |count: usize| began + apart * u32::try_from(count).unwrap_or(u32::MAX);
            while self.places.len() < connections
                && self.upgrading < UPGRADING_MAX
                && due_at(self.places.len()) <= now
            {
                self.open_next()?;
            }
            let is_over = self.places.len() == connections && self.on_their_way == 0;
            let stall_max = if self.is_answered() { STALL_MAX } else { UPGRADE_LIMIT };
            if is_over || interrupt::is_asked() || now.since(self.moved_at) >= stall_max + apart {
                return Ok(());
            }
            let is_full = self.upgrading == UPGRADING_MAX || self.places.len() == connections;
            let next = if is_full { now + LOOK_EVERY } else { due_at(self.places.len()) };
            self.turn(next.min(now + LOOK_EVERY))?;
        }
    }

    /// The server has said anything to anybody.
    fn is_answered(&self) -> bool {
        !self.handshake_ns.is_empty() || self.refused.count() > 0
    }

    /// Lets time pass before anybody comes.
    pub(super) fn rest(&mut self, time: Duration) -> io::Result<()> {
        let until = self.reactor.now() + time;
        while self.reactor.now() < until && !interrupt::is_asked() {
            self.turn(until)?;
        }
        Ok(())
    }

    /// Lets time pass. Ends early when nobody is left or the run is interrupted.
    pub(super) fn stay_until(&mut self, until: Time) -> io::Result<()> {
        while self.reactor.now() < until && self.staying > 0 && !interrupt::is_asked() {
            self.turn(until.min(self.reactor.now() + LOOK_EVERY))?;
        }
        Ok(())
    }

    /// Sees everybody out: what ends here is nobody's loss, and the ports are free again.
    pub(super) fn dismiss(&mut self) -> io::Result<()> {
        let now = self.reactor.now();
        for index in 0..self.places.len() {
            let Some(place) = &mut self.places[index] else { continue };
            let standing = place.connection.standing();
            if let Err(gone) = place.connection.leave(now, &mut self.buffers) {
                self.end(index, standing, &gone, now);
            }
        }
        while self.places.iter().any(Option::is_some) && self.reactor.now() < now + GOODBYE_MAX {
            self.turn(now + GOODBYE_MAX)?;
        }
        Ok(())
    }

    fn open_next(&mut self) -> io::Result<()> {
        let index = self.places.len();
        let since = self.reactor.now();
        let opened = self.sources.connect(self.route.address).map_err(Over::from);
        match opened.and_then(|stream| Socket::over(stream, &self.route)) {
            Ok(mut socket) => {
                self.reactor.register(socket.stream(), index)?;
                let connection = Connection::new(socket, self.seat.as_ref());
                self.places.push(Some(Place { connection, since, is_ack_planned: false }));
                self.upgrading += 1;
                self.on_their_way += 1;
            }
            Err(over) => {
                self.places.push(None);
                self.refused.add(over.to_string());
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
            let [staying, wanted] = [self.staying, self.wanted].map(|all| told(all as u64));
            let [refused, lost] = [self.refused.count(), self.lost.count()].map(told);
            format!("{staying} of {wanted} are there | refused {refused} | lost {lost}")
        });
        while let Some((_, index)) = self.agenda.pop_due(now) {
            self.acknowledge(index, now);
        }
        Ok(())
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(Some(place)) = self.places.get_mut(index) else { return };
        let before = place.connection.standing();
        match place.connection.on_ready(now, &mut self.buffers) {
            Ok(Drained::Yes) => {}
            Ok(Drained::No) => self.backlog.push(index),
            Err(gone) => {
                self.end(index, before, &gone, now);
                return;
            }
        }
        let after = place.connection.standing();
        let took = u64::try_from(now.since(place.since).as_nanos()).unwrap_or(u64::MAX);
        if place.connection.ack_at().is_some() && !place.is_ack_planned {
            place.is_ack_planned = true;
            self.agenda.plan(now + self.ack_every, index);
        }
        if before == after {
            return;
        }
        self.moved_at = now;
        if before == Standing::Upgrading {
            self.upgrading -= 1;
            self.handshake_ns.saturating_record(took);
        }
        if after == Standing::Staying {
            self.on_their_way -= 1;
            self.staying += 1;
            if self.seat.is_some() {
                self.join_ns.saturating_record(took);
            }
        }
    }

    fn acknowledge(&mut self, index: usize, now: Time) {
        let Some(Some(place)) = self.places.get_mut(index) else { return };
        place.is_ack_planned = false;
        let standing = place.connection.standing();
        if let Err(gone) = place.connection.acknowledge(now, &mut self.buffers) {
            self.end(index, standing, &gone, now);
        }
    }

    fn end(&mut self, index: usize, standing: Standing, gone: &Gone, now: Time) {
        self.places[index] = None;
        self.moved_at = now;
        match standing {
            Standing::Staying => {
                self.staying -= 1;
                self.lost.add(gone.to_string());
            }
            Standing::Upgrading | Standing::Joining => {
                self.upgrading -= usize::from(standing == Standing::Upgrading);
                self.on_their_way -= 1;
                self.refused.add(gone.to_string());
            }
            Standing::Leaving => {}
        }
    }
}
