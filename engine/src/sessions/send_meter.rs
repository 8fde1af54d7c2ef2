//! `SendMeter`: what the send passes of one I/O thread measure: the stages of inputs, skew, round trips.
//!
//! Owns the recorders; the only part of the sessions that reads a clock inside a pass. Invariant: nothing here waits or
//! allocates.

use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::bridge::StampedInput;
use crate::metrics::StageRecorder;
use crate::metrics::io::IoMetrics;
use crate::metrics::latency::LatencyRecorder;

#[derive(Debug)]
pub(super) struct SendMeter {
    clock: fn() -> Time,
    pub(super) metrics: Arc<IoMetrics>,
    stages: StageRecorder,
    skew: LatencyRecorder,
    rtt: LatencyRecorder,
}

/// The first and the last moment at which a pass wrote to a player of a room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread(Option<(Time, Time)>);

impl Spread {
    pub(super) fn add(&mut self, written: Time) {
        self.0 = Some((self.0.map_or(written, |(first, _)| first), written));
    }
}

impl SendMeter {
    pub(super) fn new(clock: fn() -> Time, metrics: Arc<IoMetrics>) -> Self {
        Self {
            clock,
            metrics,
            stages: StageRecorder::default(),
            skew: LatencyRecorder::new(),
            rtt: LatencyRecorder::new(),
        }
    }

    pub(super) fn now(&self) -> Time {
        (self.clock)()
    }

    /// An update that shows what came of these inputs was encoded and written then.
    pub(super) fn written(&mut self, inputs: &[StampedInput], encoded: Time, written: Time) {
        for input in inputs {
            self.stages.record(input.stamps, encoded, written);
        }
    }

    /// The way of that many inputs will not be measured any further.
    pub(super) fn lost(&self, count: u64) {
        self.metrics.inputs_unwritten.add(count);
    }

    /// A pass over the players of a room. One player alone has no skew.
    pub(super) fn room_done(&mut self, spread: Spread) {
        if let Spread(Some((first, last))) = spread
            && first < last
        {
            self.skew.record(last.since(first), &self.metrics.send_skew);
        }
    }

    pub(super) fn round_trip(&mut self, rtt: Duration) {
        self.rtt.record(rtt, &self.metrics.rtt);
    }

    /// After all rooms of a pass.
    pub(super) fn publish(&mut self, now: Time) {
        self.stages.publish(now, &self.metrics.stages);
        self.skew.publish(now, &self.metrics.send_skew);
        self.rtt.publish(now, &self.metrics.rtt);
    }
}
