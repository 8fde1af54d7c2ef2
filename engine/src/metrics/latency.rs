//! `Latency` and `LatencyRecorder`: durations as an HdrHistogram and as classic buckets.
//!
//! One thread owns the recorder and its own histogram, which nobody else can see. Once a second it adds that to the
//! shared one through a lock it only tries: when a reader holds it, the owner goes on and adds more the next time. So
//! the owner never waits, and a reader waits for one addition at most. The classic buckets are plain counters.
//! Invariant: recording does not allocate, publishing neither (both histograms have the same fixed bounds).

use std::time::Duration;

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tickwire_netcode::time::Time;

use super::counter::Counter;

/// Upper bounds of the classic buckets in nanoseconds: 100 us to 66 ms, four ticks of 60 Hz.
pub(crate) const BUCKETS_NS: [u64; 10] = [
    100_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000, 33_000_000, 66_000_000,
];

/// Shorter durations count as this. A write call takes microseconds, and buckets of 64 ns tell them apart.
const LOWEST_NS: u64 = 100;
/// Longest duration told apart; longer ones count as this.
const HIGHEST_NS: u64 = 60_000_000_000;
/// Three digits keep quantiles within 0.1 %; a histogram takes 168 KiB.
const DIGITS: u8 = 3;
/// How often the owner publishes. Scrapes are 15 s apart as a rule.
pub(super) const PUBLISH_EVERY: Duration = Duration::from_secs(1);

/// What readers see of the durations that one thread records.
#[derive(Debug)]
pub(crate) struct Latency {
    published: Mutex<Histogram<u64>>,
    buckets: [Counter; BUCKETS_NS.len()],
    count: Counter,
    sum_ns: Counter,
}

/// Quantiles and totals of what was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) p999_ns: u64,
    pub(crate) max_ns: u64,
}

/// The classic buckets, each with the number of durations up to its bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Buckets {
    pub(crate) cumulative: [u64; BUCKETS_NS.len()],
    pub(crate) count: u64,
    pub(crate) sum_ns: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            published: Mutex::new(histogram()),
            buckets: std::array::from_fn(|_| Counter::default()),
            count: Counter::default(),
            sum_ns: Counter::default(),
        }
    }
}

impl Latency {
    pub(crate) fn summary(&self) -> Summary {
        summary(&self.published.lock())
    }

    pub(crate) fn buckets(&self) -> Buckets {
        let mut below = 0;
        let cumulative = std::array::from_fn(|index| {
            below += self.buckets[index].value();
            below
        });
        // Read after the buckets, which the owner writes last: the total is never below a bucket.
        Buckets { cumulative, count: self.count.value().max(below), sum_ns: self.sum_ns.value() }
    }
}

/// The owner's side.
#[derive(Debug)]
pub(crate) struct LatencyRecorder {
    own: Histogram<u64>,
    published_at: Time,
}

impl LatencyRecorder {
    pub(crate) fn new() -> Self {
        Self { own: histogram(), published_at: Time::default() }
    }

    /// Counts one duration, in this thread's histogram and in `into`'s buckets.
    pub(crate) fn record(&mut self, duration: Duration, into: &Latency) {
        self.record_many(duration, 1, into);
    }

    /// Counts a duration `count` times.
    pub(crate) fn record_many(&mut self, duration: Duration, count: u64, into: &Latency) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.own.saturating_record_n(clamped(ns), count);
        into.count.add(count);
        into.sum_ns.add(ns.wrapping_mul(count));
        if let Some(index) = BUCKETS_NS.iter().position(|bound| ns <= *bound) {
            into.buckets[index].add(count);
        }
    }

    /// Adds what was recorded to `into` when a second has passed and no reader is at it; whether it did.
    pub(crate) fn publish(&mut self, now: Time, into: &Latency) -> bool {
        if now.since(self.published_at) < PUBLISH_EVERY {
            return false;
        }
        let Some(mut published) = into.published.try_lock() else { return false };
        // The bounds are equal, so that this can not fail.
        let _ = published.add(&self.own);
        drop(published);
        self.own.clear();
        self.published_at = now;
        true
    }
}

/// What a histogram counts such a duration as.
pub(super) fn clamped(ns: u64) -> u64 {
    ns.clamp(LOWEST_NS, HIGHEST_NS)
}

pub(super) fn summary(histogram: &Histogram<u64>) -> Summary {
    Summary {
        count: histogram.len(),
        p50_ns: histogram.value_at_quantile(0.5),
        p99_ns: histogram.value_at_quantile(0.99),
        p999_ns: histogram.value_at_quantile(0.999),
        max_ns: histogram.max(),
    }
}

pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS).expect("the constants are valid bounds")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::{BUCKETS_NS, Latency, LatencyRecorder};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_recorded_is_published_once_a_second_and_only_once() {
        let (latency, mut recorder) = (Latency::default(), LatencyRecorder::new());
        let mut now = Time::default() + SECOND;
        for ms in 1..=1000 {
            recorder.record(Duration::from_millis(ms), &latency);
        }
        assert_eq!(latency.summary().count, 0, "nothing is shared yet");
        assert!(recorder.publish(now, &latency));
        let summary = latency.summary();
        assert_eq!(summary.count, 1000);
        for (value, want_ms) in [(summary.p50_ns, 500), (summary.p99_ns, 990), (summary.max_ns, 1000)] {
            let want = want_ms * 1_000_000;
            assert!(value >= want && value <= want + want / 1000, "{value} for {want_ms} ms");
        }
        recorder.record(SECOND, &latency);
        assert!(!recorder.publish(now + SECOND / 2, &latency), "too early");
        now = now + SECOND;
        assert!(recorder.publish(now, &latency));
        assert!(recorder.publish(now + SECOND, &latency));
        assert_eq!(latency.summary().count, 1001);
    }

    #[test]
    fn a_reader_at_work_does_not_hold_the_owner_up_and_loses_nothing() {
        let (latency, mut recorder) = (Latency::default(), LatencyRecorder::new());
        let now = Time::default() + SECOND;
        recorder.record(SECOND, &latency);
        let reading = latency.published.lock();
        assert!(!recorder.publish(now, &latency));
        drop(reading);
        assert!(recorder.publish(now, &latency));
        assert_eq!(latency.summary().count, 1);
    }

    #[test]
    fn buckets_are_cumulative_and_hold_their_bound() {
        let (latency, mut recorder) = (Latency::default(), LatencyRecorder::new());
        for ns in BUCKETS_NS {
            recorder.record(Duration::from_nanos(ns), &latency);
            recorder.record(Duration::from_nanos(ns + 1), &latency);
        }
        let buckets = latency.buckets();
        assert_eq!(buckets.cumulative, std::array::from_fn(|index| 2 * index as u64 + 1));
        assert_eq!(buckets.count, 20);
        assert_eq!(buckets.sum_ns, 2 * BUCKETS_NS.iter().sum::<u64>() + 10);
    }

    #[test]
    fn extreme_durations_are_counted_at_the_ends() {
        let (latency, mut recorder) = (Latency::default(), LatencyRecorder::new());
        for duration in [Duration::ZERO, Duration::MAX] {
            recorder.record(duration, &latency);
        }
        assert!(recorder.publish(Time::default() + SECOND, &latency));
        let summary = latency.summary();
        assert_eq!(summary.count, 2);
        assert!(summary.max_ns >= 60_000_000_000, "{summary:?}");
    }
}
