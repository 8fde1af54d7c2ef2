//! `Recorder`: what one thread of the generator measured in the window, and how those of all threads add up.
//!
//! Three times of each message: *latency* from the moment it was due (free of coordinated omission), *service time* from
//! the moment it was queued for its write, and *send lag* between the two. A message belongs to the window by the moment it was due, so
//! that one sent in the window and answered after it counts, with all of its time.
//!
//! Invariant: a send is late by this program's doing only. What a scenario holds back on purpose is late from the
//! moment on that it was let go.

use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_netcode::time::Time;

use super::span::Span;
use crate::quantiles::nanoseconds;

/// A send that is later than this is late, and so is a read.
pub(crate) const LATE: Duration = Duration::from_millis(1);
/// Share of late sends above which a run measures its generator.
pub(crate) const LATE_SHARE_MAX: f64 = 0.01;

/// Share of messages without an answer above which a run says nothing good about the server.
pub(crate) const UNANSWERED_SHARE_MAX: f64 = 0.01;
/// Share of the window that a thread may spend outside its poll: what it reads later than that is late by its own doing.
pub(super) const BUSY_MAX: f64 = 0.9;

/// Coarser histograms, to two digits: one of each second is kept (22 KB).
pub(crate) fn coarse() -> Histogram<u64> {
    Histogram::new_with_bounds(1000, 60_000_000_000, 2).expect("1 us to 60 s at two digits is a histogram")
}

#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    window: Span,
    /// From due to answered.
    pub(crate) latency: Histogram<u64>,
    /// From sent to answered.
    pub(crate) service: Histogram<u64>,
    /// From due to sent.
    pub(crate) lag: Histogram<u64>,
    /// From the return of a poll to the read of a socket that it told of, if that brought messages: by so much at least
    /// they were read too late, by this program's doing.
    pub(crate) read_lag: Histogram<u64>,
    /// From the beginning of a connection to its upgrade; of the whole run.
    pub(crate) handshake: Histogram<u64>,
    /// Messages that were due in the window and sent.
    pub(crate) sends: u64,
    pub(crate) late: u64,
    /// Due in the window and never sent, because this program was too late.
    pub(crate) left_out: u64,
    /// Messages that arrived in the window.
    pub(crate) received: u64,
    pub(crate) received_bytes: u64,
    /// Sent in the window and not answered in the end.
    pub(crate) unanswered: u64,
    /// Due in the window and never sent, because the server left those before without an answer.
    pub(crate) held_back: u64,
    /// What the busiest thread spent outside its poll, in the window.
    worked: Duration,
    /// Of the headline, by the second of the window in which a sample was complete.
    pub(crate) seconds: Vec<Histogram<u64>>,
    /// Of the headline, by the stage in which a sample began.
    pub(crate) stages: Vec<Histogram<u64>>,
    pub(crate) pulse: Pulse,
}

/// What happened since it was last told, window or not: for whoever watches.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    pub(crate) headline: Histogram<u64>,
    pub(crate) sends: u64,
    pub(crate) late: u64,
    pub(crate) received: u64,
    /// Until when that is; the latest of all threads.
    pub(crate) until: Time,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { headline: coarse(), sends: 0, late: 0, received: 0, until: Time::default() }
    }

    /// Moves all of it to `to`.
    pub(crate) fn drain_to(&mut self, to: &mut Self) {
        add(&mut to.headline, &self.headline);
        to.sends += self.sends;
        to.late += self.late;
        to.received += self.received;
        to.until = to.until.max(self.until);
        self.headline.reset();
        (self.sends, self.late, self.received) = (0, 0, 0);
    }
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            window: Span::default(),
            latency: nanoseconds(),
            service: nanoseconds(),
            lag: nanoseconds(),
            read_lag: coarse(),
            handshake: nanoseconds(),
            sends: 0,
            late: 0,
            left_out: 0,
            received: 0,
            received_bytes: 0,
            unanswered: 0,
            held_back: 0,
            worked: Duration::ZERO,
            seconds: Vec::new(),
            stages: Vec::new(),
            pulse: Pulse::new(),
        }
    }

    pub(crate) fn window(&self) -> &Span {
        &self.window
    }

    /// From now on it is known when the window begins and ends.
    pub(crate) fn set_window(&mut self, window: Span) {
        self.window = window;
    }

    pub(crate) fn is_in_window(&self, at: Time) -> bool {
        self.window.contains(at)
    }

    /// A message has been sent. `eligible` is when it could have been at the earliest: `due`, unless it was held back on
    /// purpose until later.
    pub(crate) fn sent(&mut self, due: Time, eligible: Time, sent: Time) {
        let is_late = sent.since(due.max(eligible)) > LATE;
        self.pulse.sends += 1;
        self.pulse.late += u64::from(is_late);
        if self.window.contains(due) {
            self.sends += 1;
            self.late += u64::from(is_late);
            self.lag.saturating_record(nanos(sent.since(due)));
        }
    }

    /// A message of a closed loop has been sent: it is due when it is sent.
    pub(crate) fn sent_at_will(&mut self, sent: Time) {
        self.pulse.sends += 1;
        self.sends += u64::from(self.window.contains(sent));
    }

    /// Messages that were due and are given up.
    pub(crate) fn left_out(&mut self, count: u64) {
        self.left_out += count;
        self.late += count;
    }

    /// The answer to a message: both times, the latency being the headline.
    pub(crate) fn answered(&mut self, due: Time, sent: Time, now: Time) {
        if self.window.contains(due) {
            self.latency.saturating_record(nanos(now.since(due)));
            self.service.saturating_record(nanos(now.since(sent)));
        }
        self.headline(due, now, now.since(due));
    }

    /// The answer to a message of a closed loop: there is no latency, the service time is the headline.
    pub(crate) fn served(&mut self, sent: Time, now: Time) {
        if self.window.contains(sent) {
            self.service.saturating_record(nanos(now.since(sent)));
        }
        self.headline(sent, now, now.since(sent));
    }

    /// A message is still without an answer at the end of the run. What it has waited by then is the least that its time
    /// can be, and it counts as that: without it the worst of all would be missing.
    pub(crate) fn never_answered(&mut self, due: Time, sent: Time, now: Time) {
        if self.window.contains(due) {
            self.unanswered += 1;
            self.answered(due, sent, now);
        }
    }

    /// The same in a closed loop.
    pub(crate) fn never_served(&mut self, sent: Time, now: Time) {
        if self.window.contains(sent) {
            self.unanswered += 1;
            self.served(sent, now);
        }
    }

    /// A message that was due could not be sent before `until`, because the server did not answer, and was not sent
    /// any more. It has a latency, of that much at least, and no service time.
    pub(crate) fn held_back(&mut self, due: Time, until: Time) {
        if self.window.contains(due) {
            self.held_back += 1;
            self.latency.saturating_record(nanos(until.since(due)));
            self.headline(due, until, until.since(due));
        }
    }

    /// Share of what was due in the window that has no answer by the server's doing.
    pub(crate) fn unanswered_share(&self) -> f64 {
        (self.unanswered + self.held_back) as f64 / (self.sends + self.held_back).max(1) as f64
    }

    /// A socket of which the poll that returned at `woken` told was read at `now`, and there were messages.
    pub(super) fn read(&mut self, woken: Time, now: Time) {
        if self.window.contains(now) {
            self.read_lag.saturating_record(nanos(now.since(woken)));
        }
    }

    /// Share of the reads that were late.
    pub(crate) fn late_reads_share(&self) -> f64 {
        let late = self.read_lag.count_between(nanos(LATE) + 1, u64::MAX);
        late as f64 / self.read_lag.len().max(1) as f64
    }

    /// So much of what came was read late that the times of its arrival are in part this program's own.
    pub(super) fn is_late_in_reading(&self) -> bool {
        self.late_reads_share() > LATE_SHARE_MAX
    }

    /// The thread was outside its poll from `from` to `to`.
    pub(super) fn worked(&mut self, from: Time, to: Time) {
        let (from, to) = (from.max(self.window.begin()), to.min(self.window.end()));
        self.worked += to.since(from);
    }

    /// Share of the window that the busiest thread was outside its poll.
    pub(super) fn busy_share(&self) -> f64 {
        let whole = self.window.end().since(self.window.begin()).as_secs_f64();
        self.worked.as_secs_f64() / whole.max(f64::MIN_POSITIVE)
    }

    /// A sample of another headline, of what began at `began` and was complete at `now`.
    pub(crate) fn headline(&mut self, began: Time, now: Time, value: Duration) {
        let value = nanos(value);
        self.pulse.headline.saturating_record(value);
        if !self.window.contains(began) {
            return;
        }
        if let Some(second) = self.window.second_of(now) {
            at(&mut self.seconds, second).saturating_record(value);
        }
        if let Some(stage) = self.window.stage_of(began) {
            at(&mut self.stages, stage).saturating_record(value);
        }
    }

    /// A message has arrived.
    pub(crate) fn arrived(&mut self, bytes: usize, now: Time) {
        self.pulse.received += 1;
        if self.window.contains(now) {
            self.received += 1;
            self.received_bytes += bytes as u64;
        }
    }

    pub(crate) fn upgraded(&mut self, took: Duration) {
        self.handshake.saturating_record(nanos(took));
    }

    /// Share of the sends that were due that were late or left out.
    pub(crate) fn late_share(&self) -> f64 {
        self.late as f64 / (self.sends + self.left_out).max(1) as f64
    }

    /// The generator was too late too often to say anything about the server. Where nothing is sent no send can be late,
    /// and a thread that is never done with reading is what tells.
    pub(crate) fn is_saturated(&self) -> bool {
        self.late_share() > LATE_SHARE_MAX || self.sends == 0 && self.busy_share() > BUSY_MAX
    }

    /// Adds another thread's.
    pub(crate) fn add(&mut self, other: &Self) {
        add(&mut self.latency, &other.latency);
        add(&mut self.service, &other.service);
        add(&mut self.lag, &other.lag);
        add(&mut self.read_lag, &other.read_lag);
        add(&mut self.handshake, &other.handshake);
        for (sums, others) in [(&mut self.seconds, &other.seconds), (&mut self.stages, &other.stages)] {
            for (place, histogram) in others.iter().enumerate() {
                add(at(sums, place), histogram);
            }
        }
        for (count, others) in [
            (&mut self.sends, other.sends),
            (&mut self.late, other.late),
            (&mut self.left_out, other.left_out),
            (&mut self.received, other.received),
            (&mut self.received_bytes, other.received_bytes),
            (&mut self.unanswered, other.unanswered),
            (&mut self.held_back, other.held_back),
        ] {
            *count += others;
        }
        self.worked = self.worked.max(other.worked);
        if self.window == Span::default() {
            self.window = other.window.clone();
        }
    }
}

/// The histogram of a place, with those before it.
fn at(histograms: &mut Vec<Histogram<u64>>, place: usize) -> &mut Histogram<u64> {
    while histograms.len() <= place {
        histograms.push(coarse());
    }
    &mut histograms[place]
}

pub(crate) fn add(sum: &mut Histogram<u64>, other: &Histogram<u64>) {
    sum.add(other).expect("histograms of one kind have the same bounds");
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    fn open(begin_ms: u64, end_ms: u64) -> Recorder {
        let mut recorder = Recorder::new();
        recorder.set_window(Span::new(ms(begin_ms), ms(end_ms), &[]));
        recorder
    }

    #[test]
    fn a_message_counts_by_the_moment_it_was_due() {
        let mut recorder = open(1000, 2000);
        for (due, sent, answered) in
            [(999, 1000, 1001), (1000, 1000, 1010), (1999, 2001, 2500), (2000, 2000, 2001)]
        {
            recorder.sent(ms(due), ms(due), ms(sent));
            recorder.answered(ms(due), ms(sent), ms(answered));
        }
        assert_eq!((recorder.sends, recorder.latency.len(), recorder.service.len()), (2, 2, 2));
        assert!(recorder.latency.max() >= 501_000_000 && recorder.service.max() < 500_000_000);
        assert_eq!(recorder.seconds.len(), 1, "what is answered after the window is in its last second");
        assert_eq!(recorder.seconds[0].len(), 2);
        assert_eq!(recorder.pulse.sends, 4);
    }

    #[test]
    fn more_than_one_per_cent_of_late_or_left_out_sends_is_saturation() {
        for (late, left_out, want) in
            [(0, 0, false), (10, 0, false), (11, 0, true), (5, 6, true), (0, 11, true)]
        {
            let mut recorder = open(0, 1000);
            for number in 0..1000 {
                let lag_us = if number < late { 1001 } else { 1000 };
                recorder.sent(ms(1), ms(1), ms(1) + Duration::from_micros(lag_us));
            }
            recorder.left_out(left_out);
            assert_eq!(
                recorder.is_saturated(),
                want,
                "{late} late, {left_out} left out: {}",
                recorder.late_share()
            );
        }
    }

    #[test]
    fn what_was_held_back_on_purpose_is_not_late_by_this_program() {
        let mut recorder = open(0, 1000);
        recorder.sent(ms(1), ms(500), ms(501));
        assert_eq!(recorder.late, 0);
        assert!(recorder.lag.max() >= 499_000_000, "its lag is told all the same");
        recorder.sent(ms(1), ms(500), ms(502));
        assert_eq!(recorder.late, 1);
    }

    #[test]
    fn threads_add_up() {
        let (mut left, mut right) = (open(0, 5000), open(0, 5000));
        right.sent(ms(1), ms(1), ms(1));
        right.answered(ms(1), ms(1), ms(3200));
        left.answered(ms(1), ms(1), ms(2));
        left.arrived(20, ms(2));
        let mut sum = Recorder::new();
        sum.add(&left);
        sum.add(&right);
        assert_eq!((sum.sends, sum.latency.len(), sum.received, sum.received_bytes), (1, 2, 1, 20));
        let by_second: Vec<u64> = sum.seconds.iter().map(Histogram::len).collect();
        assert_eq!(by_second, [1, 0, 0, 1]);
        assert_eq!(sum.window(), left.window());
    }
}
