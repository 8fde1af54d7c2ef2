//! `Tally`: what visits took and how they failed.
//!
//! Open loop: a visit has a moment at which it is due, whether or not the visits before it were let in, and what it waits
//! for counts from that moment.

use hdrhistogram::Histogram;
use tickwire_netcode::time::Time;

use crate::load::recorder::{LATE, LATE_SHARE_MAX, nanos};
use crate::quantiles::nanoseconds;
use crate::reasons::Reasons;

/// Times of one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moments {
    pub(super) due: Time,
    /// When it began to connect.
    pub(super) began: Time,
}

#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// When the first visit was due: seconds of the timeline count from there.
    pub(super) from: Time,
    /// From due to the answer to the upgrade; by seconds in the timeline.
    pub(super) handshake: Histogram<u64>,
    /// The same from the moment it began.
    pub(super) handshake_service: Histogram<u64>,
    /// From due to Welcome.
    pub(super) join: Histogram<u64>,
    pub(super) join_service: Histogram<u64>,
    /// From goodbye to the end of the connection.
    pub(super) leave: Histogram<u64>,
    /// From due to begun.
    pub(super) lag: Histogram<u64>,
    pub(super) late: u64,
    pub(super) seconds: Vec<Histogram<u64>>,
    /// Visits that were due.
    pub(super) visits: u64,
    /// That went as they should from the beginning to the end.
    pub(super) whole: u64,
    pub(super) failures: Reasons,
    /// Visits that this program had no descriptor for.
    pub(super) left_out: u64,
    /// Most at once.
    pub(super) crowd_max: usize,
}

impl Tally {
    pub(super) fn new(from: Time) -> Self {
        Self {
            from,
            handshake: nanoseconds(),
            handshake_service: nanoseconds(),
            join: nanoseconds(),
            join_service: nanoseconds(),
            leave: nanoseconds(),
            lag: nanoseconds(),
            late: 0,
            seconds: Vec::new(),
            visits: 0,
            whole: 0,
            failures: Reasons::default(),
            left_out: 0,
            crowd_max: 0,
        }
    }

    pub(super) fn begun(&mut self, moments: Moments) {
        let lag = moments.began.since(moments.due);
        self.visits += 1;
        self.late += u64::from(lag > LATE);
        self.lag.saturating_record(nanos(lag));
    }

    pub(super) fn upgraded(&mut self, moments: Moments, now: Time) {
        let took = nanos(now.since(moments.due));
        self.handshake.saturating_record(took);
        self.handshake_service.saturating_record(nanos(now.since(moments.began)));
        let second = moments.due.since(self.from).as_secs() as usize;
        while self.seconds.len() <= second {
            self.seconds.push(nanoseconds());
        }
        self.seconds[second].saturating_record(took);
    }

    pub(super) fn joined(&mut self, moments: Moments, now: Time) {
        self.join.saturating_record(nanos(now.since(moments.due)));
        self.join_service.saturating_record(nanos(now.since(moments.began)));
    }

    /// The visit is over as it should be; `goodbye` is when it said so, if it did.
    pub(super) fn left(&mut self, goodbye: Option<Time>, now: Time) {
        self.whole += 1;
        if let Some(goodbye) = goodbye {
            self.leave.saturating_record(nanos(now.since(goodbye)));
        }
    }

    pub(super) fn failed(&mut self, why: String) {
        self.failures.add(why);
    }

    pub(super) fn failed_count(&self) -> u64 {
        self.failures.count()
    }

    /// The commonest failure.
    pub(super) fn worst(&self) -> Option<&str> {
        self.failures.most()
    }

    pub(super) fn late_share(&self) -> f64 {
        (self.late + self.left_out) as f64 / (self.visits + self.left_out).max(1) as f64
    }

    /// The generator was too late too often to say anything about the server.
    pub(super) fn is_saturated(&self) -> bool {
        self.late_share() > LATE_SHARE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_server_that_lets_nobody_in_for_a_second_is_seen_by_everybody_who_was_due() {
        let mut tally = Tally::new(ms(0));
        for due_ms in (0..2000).step_by(10) {
            let moments = Moments { due: ms(due_ms), began: ms(due_ms) };
            tally.begun(moments);
            tally.upgraded(moments, ms(if due_ms < 1000 { 1000 } else { due_ms + 1 }));
        }
        assert!(tally.handshake.value_at_quantile(0.49) > 1_000_000);
        assert!((tally.handshake.max() as f64 - 1e9).abs() < 1e6 && !tally.is_saturated());
        let counts: Vec<u64> = tally.seconds.iter().map(Histogram::len).collect();
        assert_eq!(counts, [100, 100]);
        assert!(tally.seconds[1].max() < 2_000_000);
    }

    #[test]
    fn a_generator_that_begins_late_counts_the_delay_and_owns_up() {
        for (late, left_out, want) in [(0, 0, false), (10, 0, false), (11, 0, true), (5, 6, true)] {
            let mut tally = Tally { left_out, ..Tally::new(ms(0)) };
            for number in 0..1000 - left_out {
                let began = if number < late { ms(2) } else { ms(1) };
                let moments = Moments { due: ms(0), began };
                tally.begun(moments);
                tally.upgraded(moments, ms(3));
            }
            assert_eq!(tally.is_saturated(), want, "{late} late, {left_out} left out");
            assert!(tally.handshake.min() > tally.handshake_service.max());
        }
    }
}
