//! `TickMeter`: what the ticks of one simulation thread cost.
//!
//! Owns the recorders of start jitter and duration. Takes times as arguments. Invariant: nothing here waits or
//! allocates.

use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::metrics::latency::LatencyRecorder;
use crate::metrics::sim::SimMetrics;

#[derive(Debug)]
pub(crate) struct TickMeter {
    metrics: Arc<SimMetrics>,
    interval: Duration,
    jitter: LatencyRecorder,
    duration: LatencyRecorder,
    /// No line about dropped ticks before.
    quiet_until: Time,
}

impl TickMeter {
    pub(crate) fn new(metrics: Arc<SimMetrics>, interval: Duration) -> Self {
        Self {
            metrics,
            interval,
            jitter: LatencyRecorder::new(),
            duration: LatencyRecorder::new(),
            quiet_until: Time::default(),
        }
    }

    /// Ticks were left out before the one at `deadline`; says so once a second at most, and not while there are no rooms:
    /// nobody notices then, as when the process starts.
    pub(crate) fn dropped(&mut self, ticks: u64, deadline: Time, has_rooms: bool) {
        self.metrics.dropped_ticks.add(ticks);
        if ticks > 0 && has_rooms && deadline >= self.quiet_until {
            self.quiet_until = deadline + Duration::from_secs(1);
            let total = self.metrics.dropped_ticks.value();
            tracing::warn!(ticks, total, "ticks were dropped: the simulation was held up");
        }
    }

    /// The tick that was due at `deadline` ran from `began` to `ended`.
    pub(crate) fn ticked(&mut self, deadline: Time, began: Time, ended: Time) {
        let metrics = &*self.metrics;
        metrics.ticked_ns.set(began.as_nanos());
        metrics.ticks.add(1);
        metrics.overruns.add(u64::from(ended > deadline + self.interval));
        self.jitter.record(began.since(deadline), &metrics.start_jitter);
        self.duration.record(ended.since(began), &metrics.duration);
        self.jitter.publish(ended, &metrics.start_jitter);
        self.duration.publish(ended, &metrics.duration);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::TickMeter;
    use crate::metrics::sim::SimMetrics;

    #[test]
    fn p4_an_overrun_is_a_tick_that_ends_after_the_next_deadline() {
        let metrics = Arc::new(SimMetrics::default());
        let interval = Duration::from_millis(16);
        let mut meter = TickMeter::new(Arc::clone(&metrics), interval);
        let at = |us: u64| Time::from_nanos(us * 1_000 + (1 << 40));
        for (deadline, began, ended, overruns) in [
            (0, 10, 8_000, 0),
            (16_000, 16_020, 32_000, 0),
            (32_000, 32_030, 48_001, 1),
            (48_000, 48_001, 90_000, 2),
        ] {
            meter.ticked(at(deadline), at(began), at(ended));
            assert_eq!(metrics.overruns.value(), overruns, "{ended}");
            assert_eq!(metrics.ticked_ns.value(), at(began).as_nanos());
        }
        meter.dropped(7, at(100_000), true);
        assert_eq!((metrics.ticks.value(), metrics.dropped_ticks.value()), (4, 7));
        assert_eq!(metrics.start_jitter.buckets().sum_ns, 61_000);
        // The first tick published itself, the others wait for their second to pass.
        assert_eq!(metrics.duration.summary().count, 1);
    }
}
