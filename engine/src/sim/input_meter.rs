//! `InputMeter`: how long the inputs of one simulation thread waited in their buffers.
//!
//! Inputs that arrived in one batch and are used by one tick have waited equally long, so that runs of equal waits are
//! recorded at once. Takes times as arguments. Invariant: nothing here waits or allocates.

use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::session::Waited;
use tickwire_netcode::time::Time;

use crate::metrics::latency::LatencyRecorder;
use crate::metrics::sim::SimMetrics;

#[derive(Debug)]
pub(crate) struct InputMeter {
    metrics: Arc<SimMetrics>,
    recorder: LatencyRecorder,
    /// The last wait, and how many inputs in a row had it.
    wait: Duration,
    count: u64,
    /// Of one room's tick: which inputs it used, by the place of their player among the seats, and how they came.
    pub(crate) waits: Vec<(usize, Waited)>,
}

impl InputMeter {
    pub(crate) fn new(metrics: Arc<SimMetrics>) -> Self {
        Self { metrics, recorder: LatencyRecorder::new(), wait: Duration::ZERO, count: 0, waits: Vec::new() }
    }

    /// A tick that began then used an input that was buffered then.
    pub(crate) fn applied(&mut self, buffered: Time, began: Time) {
        let wait = began.since(buffered);
        if wait != self.wait {
            self.flush();
            self.wait = wait;
        }
        self.count += 1;
    }

    /// The way of that many inputs will not be measured any further.
    pub(crate) fn lost(&self, count: u64) {
        self.metrics.inputs_unwritten.add(count);
    }

    /// After all rooms' ticks.
    pub(crate) fn publish(&mut self, now: Time) {
        self.flush();
        self.recorder.publish(now, &self.metrics.input_wait);
    }

    fn flush(&mut self) {
        if self.count > 0 {
            self.recorder.record_many(self.wait, self.count, &self.metrics.input_wait);
            self.count = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tickwire_netcode::time::Time;

    use super::InputMeter;
    use crate::metrics::sim::SimMetrics;

    #[test]
    fn runs_of_equal_waits_are_counted_one_by_one() {
        let metrics = Arc::new(SimMetrics::default());
        let mut meter = InputMeter::new(Arc::clone(&metrics));
        let us = |us: u64| Time::from_nanos(us * 1_000);
        for (buffered, began) in [(10, 20), (10, 20), (12, 22), (10, 22), (5, 30), (5, 30)] {
            meter.applied(us(buffered), us(began));
        }
        meter.publish(us(1 << 40));
        let waits = metrics.input_wait.buckets();
        assert_eq!((waits.count, waits.sum_ns), (6, (3 * 10 + 12 + 2 * 25) * 1_000));
        assert_eq!(metrics.input_wait.summary().count, 6);
    }
}
