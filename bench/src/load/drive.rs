//! `Driver`: one thread of the generator, with its share of the connections.
//!
//! ```text
//!   Joining --begin--> Measuring --end--> Settling --all answered / 2 s--> Over
//!      `---- end ---------`-----------------`------ everybody is gone -----^
//! ```
//!
//! Waits in one poll for sockets and for the next moment that something is due; whatever it does, it looks at what is
//! due again after every socket, so that a burst of arrivals does not make sends late. Everything it does in one turn
//! is bounded, so that an overload of its own shows as late sends and not as a loop that never ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::arrivals::Arrivals;
use super::ear::Ear;
use super::losses::Losses;
use super::recorder::{LATE, Recorder};
use super::scenario::{Cx, Flow, Scenario};
use super::schedule::Rates;
use super::shared::Shared;
use super::slot::{Slot, Standing};
use super::span::Span;
use super::stages::Stages;
use crate::wire::agenda::Agenda;
use crate::wire::network::Network;
use crate::wire::slots::Slots;
use crate::wire::socket::Drained;

/// How long is waited at the end for answers under way. Beyond it they count as never given.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);
/// How long a connection that leaves waits for the other side's close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The window's ends are looked at this often at least.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often what has happened is handed to whoever watches: often enough for each second to have its share.
const PULSE_EVERY: Duration = Duration::from_millis(100);
/// Bytes of one read: several updates, or sixteen of the largest echoes.
const READ_BYTES: usize = 256 * 1024;
/// Time that sends may take between two looks at the sockets: half of what counts as late.
const GIVE_LIMIT: Duration = Duration::from_micros(500);
/// Connections that are begun between two looks at everything else: at 30 us each, what counts as late.
const CONNECTS_MAX: u32 = 32;
/// RFC 6455 section 7.4.1.
const NORMAL_CLOSURE: u16 = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Joining,
    Measuring,
    Settling { until: Time },
    Over,
}

/// What a thread has to show in the end.
pub(crate) struct Yield<S> {
    pub(crate) scenario: S,
    pub(crate) recorder: Recorder,
    pub(crate) losses: Losses,
    /// Until when there was anybody to measure.
    pub(crate) ended: Time,
}

pub(crate) struct Driver<N: Network, S: Scenario> {
    net: N,
    scenario: S,
    shared: Arc<Shared>,
    arrivals: Arrivals,
    stages: Option<Stages>,
    slots: Slots<Slot<N::Stream, S::Client>>,
    agenda: Agenda,
    /// Slots that have more to read than they were let.
    backlog: Vec<usize>,
    phase: Phase,
    /// As the starter told it last.
    told: (Time, Time),
    rates: Rates,
    recorder: Recorder,
    losses: Losses,
    /// When the last poll returned.
    woken: Time,
    buffer: Vec<u8>,
    next_pulse: Time,
}

/// What a thread is to do.
pub(crate) struct Share {
    pub(crate) arrivals: Arrivals,
    pub(crate) stages: Option<Stages>,
}

impl<N: Network, S: Scenario> Driver<N, S> {
    pub(crate) fn new(net: N, scenario: S, share: Share, shared: Arc<Shared>) -> Self {
        let Share { arrivals, stages } = share;
        let rates = stages.as_ref().and_then(Stages::rates);
        let rate_hz = rates.map(|rates| rates[0]).or(scenario.rate_hz()).unwrap_or(1.0);
        let next_pulse = net.now() + PULSE_EVERY;
        let end_of_time = Time::from_nanos(u64::MAX);
        Self {
            net,
            scenario,
            shared,
            arrivals,
            stages,
            slots: Slots::new(),
            agenda: Agenda::default(),
            backlog: Vec::new(),
            phase: Phase::Joining,
            told: (end_of_time, end_of_time),
            rates: Rates::constant(rate_hz),
            recorder: Recorder::new(),
            losses: Losses::default(),
            woken: next_pulse,
            buffer: vec![0; READ_BYTES],
            next_pulse,
        }
    }

    /// Drives the connections to the end of the window.
    pub(crate) fn run(mut self) -> io::Result<Yield<S>> {
        let mut ready = Vec::new();
        self.woken = self.net.now();
        while self.turn() != Phase::Over {
            self.connect();
            self.give();
            let backlog = std::mem::take(&mut self.backlog);
            let until = if backlog.is_empty() { self.next_moment() } else { Time::default() };
            ready.extend(backlog);
            self.recorder.worked(self.woken, self.net.now());
            self.net.wait(until, &mut ready)?;
            self.woken = self.net.now();
            for index in ready.drain(..) {
                self.on_ready(index);
                self.give();
            }
        }
        let ended = self.net.now();
        for index in 0..self.slots.end() {
            self.leave(index, ended);
        }
        self.shared.publish(&mut self.recorder.pulse);
        let ended = ended.as_nanos().min(self.recorder.window().end().as_nanos());
        let Self { scenario, recorder, losses, .. } = self;
        Ok(Yield { scenario, recorder, losses, ended: Time::from_nanos(ended) })
    }

    /// Passes from one phase to the next when its time has come.
    fn turn(&mut self) -> Phase {
        let now = self.net.now();
        let told = self.shared.window();
        if told != self.told {
            self.on_told(told);
        }
        if now >= self.next_pulse {
            self.next_pulse = now + PULSE_EVERY;
            self.recorder.pulse.until = now;
            self.shared.publish(&mut self.recorder.pulse);
        }
        let (begin, end) = self.told;
        if self.phase == Phase::Joining && now >= begin {
            self.phase = Phase::Measuring;
        }
        // What was due before the end and is not late yet is still sent.
        let is_behind = self.agenda.next_at().is_some_and(|at| at < end) && now < end + LATE;
        if now >= end && !is_behind {
            match self.phase {
                Phase::Joining => self.phase = Phase::Over,
                Phase::Measuring => {
                    self.phase = Phase::Settling { until: now + SETTLE_LIMIT };
                    self.count_left_out(end);
                }
                Phase::Settling { .. } | Phase::Over => {}
            }
        }
        while let Some(stay) = self.arrivals.depart(now) {
            self.depart(stay, now);
        }
        let is_settled = |until| now >= until || self.under_way() == 0;
        let is_deserted = self.slots.count() == 0 && self.arrivals.is_done();
        if matches!(self.phase, Phase::Settling { until } if is_settled(until)) || is_deserted {
            self.phase = Phase::Over;
        }
        self.phase
    }

    /// The starter said when the window begins or ends.
    fn on_told(&mut self, (begin, end): (Time, Time)) {
        let never = Time::from_nanos(u64::MAX);
        let began_before = self.told.0 != never;
        self.told = (begin, end);
        if begin == never {
            return;
        }
        let offsets: Vec<Duration> = self.stages.iter().flat_map(Stages::offsets).collect();
        self.recorder.set_window(Span::new(begin, end, &offsets));
        if !began_before {
            self.arrivals.set_begin(begin);
            if let Some(rates) = self.stages.as_ref().and_then(Stages::rates) {
                self.rates = Rates::stepped(begin, offsets.into_iter(), &rates);
            }
        }
    }

    fn clients(&self) -> impl Iterator<Item = &S::Client> {
        self.slots.iter().filter_map(|slot| match &slot.standing {
            Standing::Playing { client, .. } => Some(client),
            Standing::Upgrading | Standing::Closing => None,
        })
    }

    fn under_way(&self) -> usize {
        self.clients().map(|client| self.scenario.under_way(client)).sum()
    }

    fn count_left_out(&mut self, end: Time) {
        let count = self.clients().map(|client| self.scenario.left_out(client, end, &self.rates)).sum();
        self.recorder.left_out(count);
    }

    fn next_moment(&self) -> Time {
        let look = self.net.now() + LOOK_EVERY;
        let connect = self.arrivals.next().filter(|_| self.is_connecting()).map_or(look, |(at, _)| at);
        let due = self.agenda.next_at().unwrap_or(look);
        look.min(connect).min(due)
    }

    fn is_connecting(&self) -> bool {
        matches!(self.phase, Phase::Joining | Phase::Measuring)
    }

    /// Begins the connections whose time has come.
    fn connect(&mut self) {
        for _ in 0..CONNECTS_MAX {
            let now = self.net.now();
            let Some((at, number)) = self.arrivals.next() else { return };
            if at > now || !self.is_connecting() {
                return;
            }
            self.arrivals.advance();
            match self.net.connect(self.slots.next_index()) {
                Ok(socket) => {
                    self.slots.insert(Slot {
                        number,
                        socket,
                        since: now,
                        standing: Standing::Upgrading,
                        scheduled: None,
                        has_more: false,
                    });
                }
                Err(over) => {
                    self.losses.add(over.to_string());
                    self.shared.one_is_gone();
                }
            }
        }
    }

    /// Does what is due by now.
    fn give(&mut self) {
        let mut began = None;
        while self.agenda.next_at().is_some() {
            let now = self.net.now();
            if now.since(*began.get_or_insert(now)) > GIVE_LIMIT {
                return;
            }
            let Some((at, index)) = self.agenda.pop_due(now) else { return };
            let Some(slot) = self.slots.get_mut(index) else { continue };
            if slot.scheduled != Some(at) {
                continue;
            }
            slot.scheduled = None;
            if matches!(slot.standing, Standing::Closing) {
                self.slots.remove(index);
            } else if self.is_connecting() && at < self.told.1 {
                self.on_due(index, now);
            }
        }
    }

    fn on_due(&mut self, index: usize, now: Time) {
        let flow = self.call(index, now, |scenario, client, cx| scenario.due(client, cx));
        self.after(index, flow, now);
        let has_more = self.slots.get_mut(index).is_some_and(|slot| std::mem::take(&mut slot.has_more));
        if has_more {
            self.read(index, now);
        }
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.net.now();
        let Some(slot) = self.slots.get_mut(index) else { return };
        // The request for the upgrade, or a tail that the system did not take at once.
        match slot.socket.flush() {
            Ok(()) => self.read(index, now),
            Err(over) => self.lose(index, over.to_string()),
        }
    }

    fn read(&mut self, index: usize, now: Time) {
        let is_sending = self.is_connecting();
        let Self { net, scenario, slots, recorder, rates, buffer, .. } = self;
        let Some(slot) = slots.get_mut(index) else { return };
        let Slot { number, socket, since, standing, .. } = slot;
        let appetite = match standing {
            Standing::Playing { client, .. } => scenario.appetite(client),
            Standing::Upgrading | Standing::Closing => usize::MAX,
        };
        if appetite == 0 {
            slot.has_more = true;
            return;
        }
        let room = appetite.min(buffer.len());
        let clock = || net.now();
        let mut ear = Ear {
            scenario,
            standing,
            recorder,
            rates,
            clock: &clock,
            number: *number,
            since: *since,
            now,
            is_sending,
            flow: Flow::Stay,
            has_heard: false,
        };
        let was_open = socket.is_open();
        let read = socket.read(&mut buffer[..room], &clock, appetite < usize::MAX, &mut ear);
        let Ear { mut flow, has_heard, now, .. } = ear;
        if has_heard {
            self.recorder.read(self.woken, now);
        }
        if !was_open && slot.socket.is_open() {
            self.shared.one_is_open();
            if matches!(slot.standing, Standing::Closing) {
                // It was told to leave before there was a WebSocket to say so on.
                slot.socket.close(NORMAL_CLOSURE);
            }
        }
        slot.has_more = matches!(read, Ok(Drained::No));
        if slot.has_more && appetite == usize::MAX {
            self.backlog.push(index);
        }
        if has_heard && flow == Flow::Stay {
            flow = self.call(index, now, |scenario, client, cx| scenario.drained(client, cx));
        }
        match read {
            // Both said goodbye.
            Err(_) if flow == Flow::Leave => {
                self.say_goodbye(index, now);
                self.slots.remove(index);
            }
            // What was wrong with what came before says more than how it ended.
            Err(over) if !matches!(flow, Flow::End(_)) => {
                // The answer to the close frame.
                if let Some(slot) = self.slots.get_mut(index) {
                    let _ = slot.socket.flush();
                }
                self.lose(index, over.to_string());
            }
            _ => self.after(index, flow, now),
        }
    }

    /// Calls the scenario for a connection that plays.
    fn call(
        &mut self,
        index: usize,
        now: Time,
        call: impl FnOnce(&mut S, &mut S::Client, &mut Cx<'_>) -> Flow,
    ) -> Flow {
        let is_sending = self.is_connecting();
        let Self { net, scenario, slots, recorder, rates, .. } = self;
        let Some(Slot { number, socket, standing: Standing::Playing { client, .. }, .. }) =
            slots.get_mut(index)
        else {
            return Flow::Stay;
        };
        let clock = || net.now();
        let out = socket.outgoing();
        let mut cx = Cx { number: *number, now, clock: &clock, rates, is_sending, recorder, out };
        call(scenario, client, &mut cx)
    }

    /// Writes what a call queued, and does what follows from it.
    fn after(&mut self, index: usize, flow: Flow, now: Time) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        if let Flow::End(why) = flow {
            return self.lose(index, why);
        }
        if let Err(over) = slot.socket.flush() {
            return self.lose(index, over.to_string());
        }
        if flow == Flow::Leave {
            return self.close(index, now);
        }
        if let Standing::Playing { client, was_ready } = &mut slot.standing {
            if !*was_ready && self.scenario.is_ready(client) {
                *was_ready = true;
                self.shared.one_is_ready();
            }
            let due = self.scenario.due_at(client);
            if due != slot.scheduled {
                slot.scheduled = due;
                due.into_iter().for_each(|at| self.agenda.plan(at, index));
            }
        }
    }

    /// Says goodbye and waits for the other side's.
    fn close(&mut self, index: usize, now: Time) {
        self.say_goodbye(index, now);
        let Some(slot) = self.slots.get_mut(index) else { return };
        let until = now + CLOSE_LIMIT;
        slot.scheduled = Some(until);
        self.agenda.plan(until, index);
    }

    /// Says goodbye and goes.
    fn leave(&mut self, index: usize, now: Time) {
        if let Some(Slot { standing: Standing::Playing { client, .. }, .. }) = self.slots.get(index) {
            self.scenario.give_up(client, now, &self.rates, &mut self.recorder);
        }
        self.say_goodbye(index, now);
        self.slots.remove(index);
    }

    fn say_goodbye(&mut self, index: usize, now: Time) {
        let Self { net, scenario, slots, recorder, rates, .. } = self;
        let Some(slot) = slots.get_mut(index) else { return };
        if let Standing::Playing { client, .. } = std::mem::replace(&mut slot.standing, Standing::Closing) {
            let clock = || net.now();
            let out = slot.socket.outgoing();
            let number = slot.number;
            let mut cx = Cx { number, now, clock: &clock, rates, is_sending: false, recorder, out };
            scenario.leave(client, &mut cx);
            slot.socket.close(NORMAL_CLOSURE);
        }
        // Whether the other side still hears it makes no difference here.
        let _ = slot.socket.flush();
    }

    /// A stage has fewer connections: those from `stay` on leave.
    fn depart(&mut self, stay: u32, now: Time) {
        for index in 0..self.slots.end() {
            if self.slots.get(index).is_some_and(|slot| slot.number >= stay) {
                self.close(index, now);
            }
        }
    }

    /// A connection is gone; if it was not told to go, it is lost.
    fn lose(&mut self, index: usize, why: String) {
        let Some(slot) = self.slots.remove(index) else { return };
        match slot.standing {
            Standing::Closing => return,
            Standing::Playing { client, .. } => {
                self.recorder.unanswered += self.scenario.under_way(&client) as u64;
                self.scenario.lost(client, &mut self.recorder);
            }
            Standing::Upgrading => {}
        }
        self.losses.add(why);
        self.shared.one_is_gone();
    }
}
