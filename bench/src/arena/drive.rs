//! `Driver`: one thread of the generator, with its share of the players.
//!
//! ```text
//!   Joining --begin--> Measuring --end--> Settling --all acknowledged / 2 s--> over
//!      `------------------`------------------`---- everybody is gone --------^
//! ```
//!
//! Waits in one poll for sockets and for the next input that is due; whatever it does, it looks at due inputs again
//! after every socket, so that a burst of updates does not make sends late.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::full_size::FullSize;
use super::player::{Desk, Player, Seat, Standing, lost};
use super::tally::Tally;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::{Over, Socket};

/// How long is waited at the end for inputs under way. Beyond it they count as never acknowledged.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);
/// The window's ends are looked at this often at least.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Bytes of one read: several updates.
const READ_BYTES: usize = 256 * 1024;
/// The latest phase of inputs is one tick after the earliest; sessions keep margins of up to two ticks, and the first
/// anchor leaves nearly three.
const PHASE_FIRST: f64 = 0.9;

/// What the threads and the one that started them tell each other.
pub(super) struct Shared {
    /// Nanoseconds of the common clock; `u64::MAX` = not known yet.
    begin: AtomicU64,
    end: AtomicU64,
    playing: AtomicUsize,
    gone: AtomicUsize,
    pub(super) players: usize,
    starter: Thread,
}

impl Shared {
    pub(super) fn new(players: usize, starter: Thread) -> Self {
        Self {
            begin: AtomicU64::new(u64::MAX),
            end: AtomicU64::new(u64::MAX),
            playing: AtomicUsize::new(0),
            gone: AtomicUsize::new(0),
            players,
            starter,
        }
    }

    pub(super) fn begin_at(&self, begin: Time) {
        self.begin.store(begin.as_nanos(), Ordering::Relaxed);
    }

    pub(super) fn end_at(&self, end: Time) {
        self.end.store(end.as_nanos(), Ordering::Relaxed);
    }

    /// Players that got into the room, whether or not they stayed.
    pub(super) fn playing(&self) -> usize {
        self.playing.load(Ordering::Relaxed)
    }

    pub(super) fn gone(&self) -> usize {
        self.gone.load(Ordering::Relaxed)
    }

    fn tell(&self, count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
        self.starter.unpark();
    }
}

/// Which players a thread has.
pub(super) struct Share {
    pub(super) kind: String,
    pub(super) room: String,
    /// Numbers from 0 of all the run's players, ascending.
    pub(super) numbers: Vec<u32>,
    /// Players below this number decode.
    pub(super) decode: u32,
    /// When player 0 connects, and how long after it the next one does.
    pub(super) first_at: Time,
    pub(super) apart: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Joining,
    Measuring,
    Settling { until: Time },
    Over,
}

pub(super) struct Driver {
    reactor: Reactor,
    route: Route,
    share: Share,
    shared: Arc<Shared>,
    players: Vec<Player>,
    /// Whether the player's next input is in the agenda.
    scheduled: Vec<bool>,
    agenda: BinaryHeap<Reverse<(Time, usize)>>,
    /// How many of the share have begun to connect.
    begun: usize,
    /// How many of the share are not gone.
    left: usize,
    phase: Phase,
    desk: Desk,
}

impl Driver {
    pub(super) fn new(reactor: Reactor, route: Route, share: Share, shared: Arc<Shared>) -> Self {
        let desk = Desk {
            tally: Tally::new(),
            buffer: vec![0; READ_BYTES],
            message: Vec::new(),
            full_size: FullSize::default(),
            is_measuring: false,
        };
        let left = share.numbers.len();
        let (players, scheduled, agenda) = (Vec::new(), Vec::new(), BinaryHeap::new());
        Self {
            reactor,
            route,
            share,
            shared,
            players,
            scheduled,
            agenda,
            begun: 0,
            left,
            phase: Phase::Joining,
            desk,
        }
    }

    /// Drives the players to the end of the window.
    pub(super) fn run(mut self) -> io::Result<Tally> {
        let mut ready = Vec::new();
        while self.turn() != Phase::Over {
            self.connect();
            self.give();
            self.reactor.wait(self.next_moment(), &mut ready)?;
            for index in ready.drain(..) {
                self.on_ready(index);
                self.give();
            }
        }
        let now = self.reactor.now();
        self.desk.tally.unacknowledged +=
            self.players.iter().map(|player| player.under_way() as u64).sum::<u64>();
        self.players.iter_mut().for_each(|player| player.leave(now, &mut self.desk));
        Ok(self.desk.tally)
    }

    /// Passes from one phase to the next when its time has come.
    fn turn(&mut self) -> Phase {
        let now = self.reactor.now();
        let reached = |at: &AtomicU64| now.as_nanos() >= at.load(Ordering::Relaxed);
        if self.phase == Phase::Joining && reached(&self.shared.begin) {
            self.desk.tally.begin();
            self.players.iter_mut().for_each(Player::begin);
            self.desk.is_measuring = true;
            self.phase = Phase::Measuring;
        }
        if matches!(self.phase, Phase::Joining | Phase::Measuring) && reached(&self.shared.end) {
            self.desk.tally.ended = Some(now);
            self.desk.is_measuring = false;
            self.phase = Phase::Settling { until: now + SETTLE_LIMIT };
        }
        if let Phase::Settling { until } = self.phase
            && (now >= until || self.players.iter().all(|player| player.under_way() == 0))
        {
            self.phase = Phase::Over;
        }
        if self.left == 0 {
            self.desk.tally.ended.get_or_insert(now);
            self.phase = Phase::Over;
        }
        self.phase
    }

    fn next_moment(&self) -> Time {
        let look = self.reactor.now() + LOOK_EVERY;
        let connect = self.connect_at().unwrap_or(look);
        let input = self.agenda.peek().map_or(look, |Reverse((at, _))| *at);
        look.min(connect).min(input)
    }

    fn connect_at(&self) -> Option<Time> {
        let number = self.share.numbers.get(self.begun)?;
        Some(self.share.first_at + self.share.apart * *number)
    }

    /// Begins the connections whose time has come.
    fn connect(&mut self) {
        let now = self.reactor.now();
        while self.phase == Phase::Joining && self.connect_at().is_some_and(|at| at <= now) {
            let number = self.share.numbers[self.begun];
            self.begun += 1;
            if let Err(over) = self.connect_one(number) {
                lost(&over, &mut self.desk);
                self.left -= 1;
                self.shared.tell(&self.shared.gone);
            }
        }
    }

    fn connect_one(&mut self, number: u32) -> Result<(), Over> {
        let mut socket = Socket::connect(&self.route)?;
        self.reactor.register(socket.stream(), self.players.len())?;
        let seat = Seat {
            kind: &self.share.kind,
            room: &self.share.room,
            number,
            decodes: number < self.share.decode,
            phase: PHASE_FIRST + f64::from(number) / self.shared.players.max(1) as f64,
        };
        self.players.push(Player::new(socket, &seat));
        self.scheduled.push(false);
        Ok(())
    }

    fn on_ready(&mut self, index: usize) {
        let Some(player) = self.players.get_mut(index) else { return };
        let before = player.standing().clone();
        player.on_ready(|| self.reactor.now(), &mut self.desk);
        self.note(index, &before);
    }

    /// Gives all inputs that are due by now.
    fn give(&mut self) {
        let may_give = matches!(self.phase, Phase::Joining | Phase::Measuring);
        while let Some(&Reverse((at, index))) = self.agenda.peek() {
            if at > self.reactor.now() {
                break;
            }
            self.agenda.pop();
            self.scheduled[index] = false;
            if may_give {
                let before = self.players[index].standing().clone();
                self.players[index].give(|| self.reactor.now(), &mut self.desk);
                self.note(index, &before);
            }
        }
    }

    /// Tells the starter what became of a player, and puts its next input into the agenda.
    fn note(&mut self, index: usize, before: &Standing) {
        let player = &self.players[index];
        match (before, player.standing()) {
            (Standing::Joining, Standing::Playing) => self.shared.tell(&self.shared.playing),
            (Standing::Joining | Standing::Playing, Standing::Gone) => {
                self.left -= 1;
                self.shared.tell(&self.shared.gone);
            }
            _ => {}
        }
        if let Some(at) = player.input_at().filter(|_| !self.scheduled[index]) {
            self.scheduled[index] = true;
            self.agenda.push(Reverse((at, index)));
        }
    }
}
