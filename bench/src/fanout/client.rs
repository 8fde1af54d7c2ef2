//! `Fanout`: what each connection makes of the frames it gets, and the inputs it sends.

use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::FanoutPlan;
use super::skew::Ticks;
use crate::load::recorder::{Recorder, add, nanos};
use crate::load::schedule::{Rates, Schedule, phase};
use crate::load::{Cx, Flow, Scenario};
use crate::machine::monotonic;
use crate::quantiles::nanoseconds;

/// A frame that is older than this has no moment where it was looked for.
const AGE_MAX: Duration = Duration::from_secs(60);
/// Inputs of one connection that are sent at once when it is behind.
const BATCH_MAX: u32 = 64;

pub(crate) struct Client {
    /// Of its inputs, if it sends any.
    schedule: Option<Schedule>,
    last_at: Option<Time>,
    /// When it began to wait for its first frame.
    since: Time,
    /// The longest in the window.
    gap_max: Duration,
    /// In the window.
    frames: u64,
}

pub(crate) struct Fanout {
    plan: FanoutPlan,
    seed: u64,
    monotonic: fn() -> Option<u64>,
    /// Nanoseconds of the monotonic clock at the beginning of the run's, if there is one.
    epoch: Option<u64>,
    origin: Option<Time>,
    input: Vec<u8>,
    /// From the moment in the frame to its arrival.
    pub(crate) delivery: Histogram<u64>,
    /// Between two frames of a connection.
    pub(crate) gap: Histogram<u64>,
    /// Of each connection, in the window.
    pub(crate) frames: Vec<u64>,
    pub(crate) ticks: Ticks,
    pub(crate) unstamped: u64,
}

impl Fanout {
    /// `monotonic` reads the clock that the server stamps with, in nanoseconds.
    pub(crate) fn new(plan: FanoutPlan, seed: u64, monotonic: fn() -> Option<u64>) -> Self {
        Self {
            plan,
            seed,
            monotonic,
            epoch: None,
            origin: None,
            input: vec![0x5A; plan.input_bytes],
            delivery: nanoseconds(),
            gap: nanoseconds(),
            frames: Vec::new(),
            ticks: Ticks::default(),
            unstamped: 0,
        }
    }

    /// The moment in a frame, if there is a plausible one.
    fn stamp_in(&self, payload: &[u8], now: Time) -> Option<Time> {
        let offset = self.plan.stamp_offset?;
        let bytes = payload.get(offset..)?.first_chunk::<8>()?;
        let at = u64::from_le_bytes(*bytes).checked_sub(self.epoch?)?;
        let at = Time::from_nanos(at);
        (at <= now && now.since(at) <= AGE_MAX).then_some(at)
    }
}

impl Scenario for Fanout {
    type Client = Client;

    fn rate_hz(&self) -> Option<f64> {
        self.plan.input_rate
    }

    fn opened(&mut self, cx: &mut Cx<'_>) -> Client {
        if self.epoch.is_none() {
            self.epoch = monotonic::epoch_of(self.monotonic, || cx.fresh_now());
        }
        let origin = *self.origin.get_or_insert(cx.now());
        let phase = phase(cx.number(), self.seed);
        let schedule = self.plan.input_rate.map(|_| Schedule::new(cx.rates(), phase, origin, cx.now()));
        Client { schedule, last_at: None, since: cx.now(), gap_max: Duration::ZERO, frames: 0 }
    }

    fn message(&mut self, client: &mut Client, _: MessageKind, payload: &[u8], cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        let before = client.last_at.replace(now);
        let gap = before.map(|before| now.since(before));
        let is_counted = cx.recorder().is_in_window(now);
        if is_counted {
            client.frames += 1;
            if let Some(gap) = gap {
                self.gap.saturating_record(nanos(gap));
                client.gap_max = client.gap_max.max(gap);
            }
        }
        if self.plan.stamp_offset.is_none() {
            gap.into_iter().for_each(|gap| cx.recorder().headline(now, now, gap));
            return Flow::Stay;
        }
        match self.stamp_in(payload, now) {
            Some(at) => {
                cx.recorder().headline(at, now, now.since(at));
                if cx.recorder().is_in_window(at) {
                    self.delivery.saturating_record(nanos(now.since(at)));
                    self.ticks.note(at.as_nanos(), now);
                }
            }
            None => self.unstamped += u64::from(is_counted),
        }
        Flow::Stay
    }

    fn due_at(&self, client: &Client) -> Option<Time> {
        client.schedule.as_ref().map(Schedule::due)
    }

    fn due(&mut self, client: &mut Client, cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        let Some(schedule) = &mut client.schedule else { return Flow::Stay };
        for _ in 0..BATCH_MAX {
            let due = schedule.due();
            if due > now {
                break;
            }
            schedule.advance(cx.rates());
            cx.send(MessageKind::Binary, &self.input);
            cx.recorder().sent(due, due, now);
        }
        Flow::Stay
    }

    fn left_out(&self, client: &Client, end: Time, rates: &Rates) -> u64 {
        client.schedule.as_ref().map_or(0, |schedule| schedule.count_until(end, rates))
    }

    /// A gap that no frame has ended by then counts if it is longer than those before: a shorter one tells nothing.
    fn leave(&mut self, client: Client, cx: &mut Cx<'_>) {
        let window = cx.recorder().window().clone();
        let since = client.last_at.unwrap_or(client.since).max(window.begin());
        let until = cx.now().min(window.end());
        let gap = until.since(since);
        if gap > client.gap_max {
            self.gap.saturating_record(nanos(gap));
            if self.plan.stamp_offset.is_none() {
                cx.recorder().headline(since, until, gap);
            }
        }
        self.frames.push(client.frames);
    }

    fn lost(&mut self, client: Client, _: &mut Recorder) {
        self.frames.push(client.frames);
    }

    fn add(&mut self, other: Self) {
        add(&mut self.delivery, &other.delivery);
        add(&mut self.gap, &other.gap);
        self.frames.extend(other.frames);
        self.ticks.add(other.ticks);
        self.unstamped += other.unstamped;
    }
}
