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

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::arrivals::Arrivals;
use super::recorder::{LATE, Recorder};
use super::scenario::{Cx, Flow, Scenario};
use super::schedule::Pace;
use super::shared::Shared;
use super::stages::Stages;
use super::window::Window;
use crate::limits::REASONS_MAX;
use crate::wire::network::Network;
use crate::wire::socket::{Drained, Listen, Outgoing, Socket};

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

/// Where a connection stands.
///
/// ```text
///   Upgrading --answer--> Playing --Flow::Leave / stage--> Closing --close frame / 2 s--> gone
///      `---------------------`-- end, error, Flow::End: lost --------------------------------^
/// ```
enum Standing<C> {
    Upgrading,
    Playing { client: C, was_ready: bool },
    Closing,
}

struct Slot<T, C> {
    number: u32,
    socket: Socket<T>,
    /// When it began.
    since: Time,
    standing: Standing<C>,
    /// Its newest entry in the agenda; older ones do not count.
    scheduled: Option<Time>,
    /// There may be bytes to read of which the poll does not tell again.
    has_more: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Joining,
    Measuring,
    Settling { until: Time },
    Over,
}

/// Connections that went without being told to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) count: usize,
    /// Of the first few.
    pub(crate) reasons: Vec<String>,
}

impl Losses {
    fn add(&mut self, reason: String) {
        self.count += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(reason);
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.reasons.extend(other.reasons);
        self.reasons.truncate(REASONS_MAX);
    }
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
    slots: Vec<Option<Slot<N::Stream, S::Client>>>,
    free: Vec<usize>,
    agenda: BinaryHeap<Reverse<(Time, usize)>>,
    /// Slots that have more to read than they were let.
    backlog: Vec<usize>,
    /// Slots in use.
    count: usize,
    phase: Phase,
    /// As the starter told it last.
    told: (Time, Time),
    pace: Pace,
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
            slots: Vec::new(),
            free: Vec::new(),
            agenda: BinaryHeap::new(),
            backlog: Vec::new(),
            count: 0,
            phase: Phase::Joining,
            told: (end_of_time, end_of_time),
            pace: Pace::constant(rate_hz),
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
        for index in 0..self.slots.len() {
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
        let is_behind = self.agenda.peek().is_some_and(|Reverse((at, _))| *at < end) && now < end + LATE;
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
        let is_deserted = self.count == 0 && self.arrivals.is_done();
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
        self.recorder.set_window(Window::new(begin, end, &offsets));
        if !began_before {
            self.arrivals.set_begin(begin);
            if let Some(rates) = self.stages.as_ref().and_then(Stages::rates) {
                self.pace = Pace::stepped(begin, offsets.into_iter(), &rates);
            }
        }
    }

    fn clients(&self) -> impl Iterator<Item = &S::Client> {
        self.slots.iter().flatten().filter_map(|slot| match &slot.standing {
            Standing::Playing { client, .. } => Some(client),
            Standing::Upgrading | Standing::Closing => None,
        })
    }

    fn under_way(&self) -> usize {
        self.clients().map(|client| self.scenario.under_way(client)).sum()
    }

    fn count_left_out(&mut self, end: Time) {
        let count = self.clients().map(|client| self.scenario.left_out(client, end, &self.pace)).sum();
        self.recorder.left_out(count);
    }

    fn next_moment(&self) -> Time {
        let look = self.net.now() + LOOK_EVERY;
        let connect = self.arrivals.next().filter(|_| self.is_connecting()).map_or(look, |(at, _)| at);
        let due = self.agenda.peek().map_or(look, |Reverse((at, _))| *at);
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
            let index = self.free.pop().unwrap_or(self.slots.len());
            match self.net.connect(index) {
                Ok(socket) => {
                    let standing = Standing::Upgrading;
                    let slot =
                        Slot { number, socket, since: now, standing, scheduled: None, has_more: false };
                    if index == self.slots.len() {
                        self.slots.push(Some(slot));
                    } else {
                        self.slots[index] = Some(slot);
                    }
                    self.count += 1;
                }
                Err(over) => {
                    if index < self.slots.len() {
                        self.free.push(index);
                    }
                    self.losses.add(over.to_string());
                    self.shared.one_is_gone();
                }
            }
        }
    }

    /// Does what is due by now.
    fn give(&mut self) {
        let mut began = None;
        while let Some(&Reverse((at, index))) = self.agenda.peek() {
            let now = self.net.now();
            if at > now || now.since(*began.get_or_insert(now)) > GIVE_LIMIT {
                return;
            }
            self.agenda.pop();
            let Some(slot) = self.slots.get_mut(index).and_then(Option::as_mut) else { continue };
            if slot.scheduled != Some(at) {
                continue;
            }
            slot.scheduled = None;
            if matches!(slot.standing, Standing::Closing) {
                self.remove(index);
            } else if self.is_connecting() && at < self.told.1 {
                self.on_due(index, now);
            }
        }
    }

    fn on_due(&mut self, index: usize, now: Time) {
        let flow = self.call(index, now, |scenario, client, cx| scenario.due(client, cx));
        self.after(index, flow, now);
        let has_more = self.slots[index].as_mut().is_some_and(|slot| std::mem::take(&mut slot.has_more));
        if has_more {
            self.read(index, now);
        }
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.net.now();
        let Some(slot) = self.slots.get_mut(index).and_then(Option::as_mut) else { return };
        // The request for the upgrade, or a tail that the system did not take at once.
        match slot.socket.flush() {
            Ok(()) => self.read(index, now),
            Err(over) => self.lose(index, over.to_string()),
        }
    }

    fn read(&mut self, index: usize, now: Time) {
        let is_sending = self.is_connecting();
        let Self { net, scenario, slots, recorder, pace, buffer, .. } = self;
        let Some(slot) = slots.get_mut(index).and_then(Option::as_mut) else { return };
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
            pace,
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
        if !was_open && matches!(slot.standing, Standing::Closing) {
            // It was told to leave before there was a WebSocket to say so on.
            slot.socket.close(NORMAL_CLOSURE);
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
                self.remove(index);
            }
            // What was wrong with what came before says more than how it ended.
            Err(over) if !matches!(flow, Flow::End(_)) => {
                // The answer to the close frame.
                if let Some(slot) = &mut self.slots[index] {
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
        let Self { net, scenario, slots, recorder, pace, .. } = self;
        let Some(Slot { number, socket, standing: Standing::Playing { client, .. }, .. }) = &mut slots[index]
        else {
            return Flow::Stay;
        };
        let clock = || net.now();
        let out = socket.outgoing();
        let mut cx = Cx { number: *number, now, clock: &clock, pace, is_sending, recorder, out };
        call(scenario, client, &mut cx)
    }

    /// Writes what a call queued, and does what follows from it.
    fn after(&mut self, index: usize, flow: Flow, now: Time) {
        let Some(slot) = &mut self.slots[index] else { return };
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
                self.agenda.extend(due.map(|at| Reverse((at, index))));
            }
        }
    }

    /// Says goodbye and waits for the other side's.
    fn close(&mut self, index: usize, now: Time) {
        self.say_goodbye(index, now);
        let Some(slot) = &mut self.slots[index] else { return };
        let until = now + CLOSE_LIMIT;
        slot.scheduled = Some(until);
        self.agenda.push(Reverse((until, index)));
    }

    /// Says goodbye and goes.
    fn leave(&mut self, index: usize, now: Time) {
        if let Some(Slot { standing: Standing::Playing { client, .. }, .. }) = &self.slots[index] {
            self.scenario.give_up(client, now, &self.pace, &mut self.recorder);
        }
        self.say_goodbye(index, now);
        self.remove(index);
    }

    fn say_goodbye(&mut self, index: usize, now: Time) {
        let Self { net, scenario, slots, recorder, pace, .. } = self;
        let Some(slot) = &mut slots[index] else { return };
        if let Standing::Playing { client, .. } = std::mem::replace(&mut slot.standing, Standing::Closing) {
            let clock = || net.now();
            let out = slot.socket.outgoing();
            let number = slot.number;
            let mut cx = Cx { number, now, clock: &clock, pace, is_sending: false, recorder, out };
            scenario.leave(client, &mut cx);
            slot.socket.close(NORMAL_CLOSURE);
        }
        // Whether the other side still hears it makes no difference here.
        let _ = slot.socket.flush();
    }

    /// A stage has fewer connections: those from `stay` on leave.
    fn depart(&mut self, stay: u32, now: Time) {
        for index in 0..self.slots.len() {
            if self.slots[index].as_ref().is_some_and(|slot| slot.number >= stay) {
                self.close(index, now);
            }
        }
    }

    /// A connection is gone; if it was not told to go, it is lost.
    fn lose(&mut self, index: usize, why: String) {
        let Some(slot) = self.remove_slot(index) else { return };
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

    fn remove(&mut self, index: usize) {
        self.remove_slot(index);
    }

    fn remove_slot(&mut self, index: usize) -> Option<Slot<N::Stream, S::Client>> {
        let slot = self.slots.get_mut(index)?.take()?;
        self.free.push(index);
        self.count -= 1;
        Some(slot)
    }
}

/// What one read tells, on its way to the scenario.
struct Ear<'a, S: Scenario> {
    scenario: &'a mut S,
    standing: &'a mut Standing<S::Client>,
    recorder: &'a mut Recorder,
    pace: &'a Pace,
    clock: &'a dyn Fn() -> Time,
    number: u32,
    since: Time,
    /// When the newest read returned.
    now: Time,
    is_sending: bool,
    flow: Flow,
    has_heard: bool,
}

impl<S: Scenario> Listen for Ear<'_, S> {
    fn opened(&mut self, at: Time, out: &mut Outgoing<'_>) {
        self.now = at;
        if matches!(self.standing, Standing::Closing) {
            return;
        }
        let Self { scenario, recorder, pace, clock, number, now, is_sending, .. } = self;
        recorder.upgraded(now.since(self.since));
        let out = out.reborrow();
        let mut cx =
            Cx { number: *number, now: *now, clock: *clock, pace, is_sending: *is_sending, recorder, out };
        let client = scenario.opened(&mut cx);
        *self.standing = Standing::Playing { client, was_ready: false };
        self.has_heard = true;
    }

    fn message(&mut self, kind: MessageKind, payload: &[u8], at: Time, out: &mut Outgoing<'_>) -> bool {
        self.now = at;
        let Self { scenario, recorder, pace, clock, number, now, is_sending, .. } = self;
        if self.flow != Flow::Stay {
            return false;
        }
        let Standing::Playing { client, .. } = &mut self.standing else { return true };
        recorder.arrived(payload.len(), *now);
        let out = out.reborrow();
        let mut cx =
            Cx { number: *number, now: *now, clock: *clock, pace, is_sending: *is_sending, recorder, out };
        self.flow = scenario.message(client, kind, payload, &mut cx);
        self.has_heard = true;
        self.flow == Flow::Stay
    }
}
