//! A simulated server, network and clock for tests: one thread's loop runs on them as it does on TCP.
//!
//! Time passes only where it is said to: while the loop waits, and by what each write costs the generator. The server
//! answers every message after a fixed time, and not at all while it stalls.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_client::Target;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, accept};
use tickwire_netcode::ws::{Event, Input, Limits, Role, WebSocket};

use super::arrivals::Arrivals;
use super::drive::{Driver, Share, Yield};
use super::recorder::Recorder;
use super::scenario::{Cx, Scenario};
use super::schedule::Rates;
use super::shared::Shared;
use super::span::Span;
use super::stages::Stages;
use crate::wire::network::Network;
use crate::wire::socket::{Outgoing, Over, Socket};

/// How the world behaves.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// From the arrival of a message to its answer.
    pub(crate) service: Duration,
    /// While the server does nothing; in nanoseconds.
    pub(crate) stall: Range<Time>,
    /// What one write costs the generator.
    pub(crate) write_cost: Duration,
    /// And each byte of it.
    pub(crate) byte_cost: Duration,
    /// What one read costs the generator.
    pub(crate) read_cost: Duration,
    /// When the server dies.
    pub(crate) death: Option<Time>,
    /// Each answer is one byte too short.
    pub(crate) cuts: bool,
}

impl Default for World {
    fn default() -> Self {
        let never = Time::from_nanos(u64::MAX);
        Self {
            service: Duration::from_millis(1),
            stall: never..never,
            write_cost: Duration::ZERO,
            byte_cost: Duration::ZERO,
            read_cost: Duration::ZERO,
            death: None,
            cuts: false,
        }
    }
}

/// One connection: the server's end of it, and what is on its way to the client.
struct Line {
    head: Option<HeadBuffer>,
    ws: WebSocket,
    /// When they arrive, ascending.
    answers: VecDeque<(Time, Vec<u8>)>,
    is_told_dead: bool,
}

pub(crate) struct Wire {
    world: Rc<World>,
    now: Rc<Cell<Time>>,
    line: Rc<RefCell<Line>>,
}

impl Wire {
    fn is_dead(&self) -> bool {
        self.world.death.is_some_and(|death| self.now.get() >= death)
    }

    /// When the server answers what arrives now.
    fn answer_at(&self) -> Time {
        let World { stall, service, .. } = &*self.world;
        let now = self.now.get();
        let begins = if stall.contains(&now) { stall.end } else { now };
        begins + *service
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.now.set(self.now.get() + self.world.read_cost);
        let mut line = self.line.borrow_mut();
        let mut count = 0;
        while let Some((at, bytes)) = line.answers.front()
            && *at <= self.now.get()
            && count + bytes.len() <= buffer.len()
        {
            buffer[count..count + bytes.len()].copy_from_slice(bytes);
            count += bytes.len();
            line.answers.pop_front();
        }
        match count {
            0 if self.is_dead() => Err(ErrorKind::ConnectionReset.into()),
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_dead() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let cost = self.world.write_cost + self.world.byte_cost * bytes.len() as u32;
        self.now.set(self.now.get() + cost);
        let at = self.answer_at();
        let mut line = self.line.borrow_mut();
        let mut answer = Vec::new();
        let mut arrived = bytes.to_vec();
        let Line { head, ws, answers, .. } = &mut *line;
        if let Some(buffer) = head {
            let whole = buffer.push(bytes).expect("a good head").expect("in one write");
            let request = Request::parse(whole.bytes).expect("a good request");
            accept(&request).expect("an upgrade").write_response(&mut answer);
            *head = None;
        } else {
            let mut input = Input::new(&mut arrived);
            let (receiver, sender) = ws.split();
            let mut replies = Vec::new();
            while let Some(event) = receiver.poll_event(sender, &mut input, self.now.get(), &mut replies) {
                if let Event::Message { kind, payload } = event {
                    let end = payload.len() - usize::from(self.world.cuts);
                    sender.send(kind, &payload[..end], &mut answer);
                }
            }
        }
        if !answer.is_empty() {
            answers.push_back((at, answer));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Simulation {
    world: Rc<World>,
    now: Rc<Cell<Time>>,
    lines: Vec<Rc<RefCell<Line>>>,
    /// A line that has just been made is ready once.
    fresh: Vec<usize>,
    target: Target,
}

impl Network for Simulation {
    type Stream = Wire;

    fn now(&self) -> Time {
        self.now.get()
    }

    fn connect(&mut self, index: usize) -> Result<Socket<Wire>, Over> {
        let line = Rc::new(RefCell::new(Line {
            head: Some(HeadBuffer::new()),
            ws: WebSocket::new(Role::Server, Limits::LIFTED, 0),
            answers: VecDeque::new(),
            is_told_dead: false,
        }));
        if index == self.lines.len() {
            self.lines.push(Rc::clone(&line));
        } else {
            self.lines[index] = Rc::clone(&line);
        }
        self.fresh.push(index);
        let wire = Wire { world: Rc::clone(&self.world), now: Rc::clone(&self.now), line };
        Socket::upgrade(wire, &self.target)
    }

    fn wait(&mut self, until: Time, ready: &mut Vec<usize>) -> io::Result<()> {
        let first =
            self.lines.iter().filter_map(|line| line.borrow().answers.front().map(|(at, _)| *at)).min();
        let next = first.into_iter().chain(self.world.death).filter(|&at| at > self.now.get()).min();
        let is_late = first.is_some_and(|at| at <= self.now.get()) || !self.fresh.is_empty();
        if !is_late {
            self.now.set(next.unwrap_or(until).min(until).max(self.now.get()));
        }
        ready.append(&mut self.fresh);
        let now = self.now.get();
        let is_dead = self.world.death.is_some_and(|death| now >= death);
        for (index, line) in self.lines.iter().enumerate() {
            let mut line = line.borrow_mut();
            let dies = is_dead && !std::mem::replace(&mut line.is_told_dead, is_dead);
            if dies || line.answers.front().is_some_and(|(at, _)| *at <= now) {
                ready.push(index);
            }
        }
        Ok(())
    }
}

/// One connection without a loop, a network or a server: calls to a scenario, one by one.
pub(crate) struct Alone {
    ws: WebSocket,
    pub(crate) unsent: Vec<u8>,
    pub(crate) recorder: Recorder,
    rates: Rates,
}

impl Alone {
    /// All of time is the window.
    pub(crate) fn new(rate_hz: f64) -> Self {
        let mut recorder = Recorder::new();
        recorder.set_window(Span::new(Time::default(), Time::from_nanos(u64::MAX), &[]));
        let ws = WebSocket::new(Role::Client, Limits::LIFTED, 0);
        Self { ws, unsent: Vec::new(), recorder, rates: Rates::constant(rate_hz) }
    }

    pub(crate) fn call<R>(&mut self, now: Time, call: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        let Self { ws, unsent, recorder, rates } = self;
        let clock = || now;
        let out = Outgoing::new(ws.split().1, unsent);
        call(&mut Cx { number: 0, now, clock: &clock, rates, is_sending: true, recorder, out })
    }
}

/// Runs one thread's loop with `connections` from 0, which begin a millisecond apart, and the given window.
pub(crate) fn run<S: Scenario>(
    world: World,
    scenario: S,
    connections: u32,
    (begin_ms, end_ms): (u64, u64),
    stages: Option<Stages>,
) -> Yield<S> {
    let levels =
        stages.iter().flat_map(|stages| stages.offsets().zip(stages.connections().unwrap_or_default()));
    let apart = Duration::from_millis(1);
    let arrivals = Arrivals::new((0, 1), connections, Time::default(), apart, levels.collect());
    let shared = Arc::new(Shared::new(std::thread::current()));
    shared.end_at(Time::from_nanos(end_ms * 1_000_000));
    shared.begin_at(Time::from_nanos(begin_ms * 1_000_000));
    let net = Simulation {
        world: Rc::new(world),
        now: Rc::default(),
        lines: Vec::new(),
        fresh: Vec::new(),
        target: "ws://simulated/".parse().expect("a URL"),
    };
    let driver = Driver::new(net, scenario, Share { arrivals, stages }, Arc::clone(&shared));
    let done = driver.run().expect("nothing can fail here");
    assert!(shared.ready() <= shared.open(), "{} are ready, {} upgraded", shared.ready(), shared.open());
    done
}
