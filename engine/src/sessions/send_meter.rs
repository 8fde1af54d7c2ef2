//! `SendMeter`: what the send passes of one I/O thread measure: the stages of inputs, skew, round trips.
//!
//! Owns the recorders and the choice of updates whose moments are taken; the only part of the sessions that reads a clock
//! inside a pass. Invariants: nothing here waits or allocates; what a pass spends on moments does not grow with its
//! players.

use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::bridge::StampedInput;
use crate::metrics::StageRecorder;
use crate::metrics::io::IoMetrics;
use crate::metrics::latency::LatencyRecorder;

/// Updates of a pass whose moments are taken. The two readings of the clock take 60 to 90 ns, 2 % of the cheapest send; of a
/// hundred players it is all of them, and each of 500 has its turn 15 times a second.
const TAKEN_PER_PASS: usize = 128;

/// Whose moments are taken: everybody's, or of many every n-th, others in each pass.
#[derive(Clone, Copy, Debug)]
struct Turns {
    stride: usize,
    /// Updates until the next whose moments are taken.
    left: usize,
    /// Passes so far.
    passes: usize,
}

impl Turns {
    fn begin(&mut self, players: usize) {
        self.passes = self.passes.wrapping_add(1);
        self.stride = players.div_ceil(TAKEN_PER_PASS).max(1);
        self.left = self.passes % self.stride;
    }

    fn take(&mut self) -> bool {
        let is_taken = self.left == 0;
        self.left = if is_taken { self.stride - 1 } else { self.left - 1 };
        is_taken
    }
}

#[derive(Debug)]
pub(super) struct SendMeter {
    clock: fn() -> Time,
    /// The last reading of the clock, at least the begin of the pass.
    latest: Time,
    turns: Turns,
    pub(super) metrics: Arc<IoMetrics>,
    stages: StageRecorder,
    skew: LatencyRecorder,
    rtt: LatencyRecorder,
}

/// The updates that a pass wrote to players of one room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    count: usize,
    first: Time,
}

impl SendMeter {
    pub(super) fn new(clock: fn() -> Time, metrics: Arc<IoMetrics>) -> Self {
        Self {
            clock,
            latest: Time::default(),
            turns: Turns { stride: 1, left: 0, passes: 0 },
            metrics,
            stages: StageRecorder::default(),
            skew: LatencyRecorder::new(),
            rtt: LatencyRecorder::new(),
        }
    }

    /// A pass begins, over this many players of all rooms.
    pub(super) fn begin(&mut self, players: usize, now: Time) {
        self.latest = now;
        self.turns.begin(players);
    }

    /// An update has been encoded; its moment, if it is the turn of this one.
    pub(super) fn encoded(&mut self) -> Option<Time> {
        self.turns.take().then(|| self.read())
    }

    /// An update to a player of the room has been written; the moment, or one shortly before.
    pub(super) fn written(&mut self, encoded: Option<Time>, room: &mut Written) -> Time {
        room.count += 1;
        if encoded.is_some() || room.count == 1 {
            self.read();
        }
        if room.count == 1 {
            room.first = self.latest;
        }
        self.latest
    }

    /// The update shows what came of these inputs.
    pub(super) fn shown(&mut self, inputs: &[StampedInput], encoded: Time, written: Time) {
        for input in inputs {
            self.stages.record(input.stamps, encoded, written);
        }
    }

    fn read(&mut self) -> Time {
        self.latest = (self.clock)();
        self.latest
    }

    /// The way of that many inputs will not be measured any further.
    pub(super) fn lost(&self, count: u64) {
        self.metrics.inputs_unwritten.add(count);
    }

    /// The pass is through with a room. One player alone has no skew.
    pub(super) fn room_done(&mut self, room: Written) {
        if room.count > 1 {
            let last = self.read();
            self.skew.record(last.since(room.first), &self.metrics.send_skew);
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

#[cfg(test)]
mod tests {
    use super::{TAKEN_PER_PASS, Turns};

    #[test]
    fn few_players_are_taken_in_each_pass_and_many_in_turn() {
        for players in [1, 100, TAKEN_PER_PASS, TAKEN_PER_PASS + 1, 500, 1000, 5000] {
            let mut turns = Turns { stride: 1, left: 0, passes: 3 };
            let mut taken = vec![0; players];
            let passes = players.div_ceil(TAKEN_PER_PASS);
            for _ in 0..passes {
                turns.begin(players);
                let of_pass: Vec<usize> = (0..players).filter(|_| turns.take()).collect();
                assert!(of_pass.len() <= TAKEN_PER_PASS, "{} of {players}", of_pass.len());
                of_pass.into_iter().for_each(|player| taken[player] += 1);
            }
            assert_eq!(taken, vec![1; players], "in {passes} passes everybody is taken once");
        }
    }
}
