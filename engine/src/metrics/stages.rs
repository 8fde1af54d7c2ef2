//! `Stages`: where the time of an input goes, from its socket to the update that shows its effect.
//!
//! ```text
//!   read -> buffered -> tick start -> tick end -> encoded -> written
//! ```
//! Owns the stages between these moments and their recording; the moments are taken where the things happen
//! (docs/ARCHITECTURE.md, "Where an input's time goes"). One thread records, in histograms of its own, and adds them to
//! the shared ones as [`latency`](super::latency) does. Invariants: all stages and the whole are recorded of the same inputs, and
//! the sums of the stages add up to the sum of the whole, to the nanosecond and at each reading; recording does not
//! allocate.

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tickwire_netcode::time::Time;

use super::label::{Label, labels};
use super::latency::{PUBLISH_EVERY, Summary, clamped, histogram, summary};

labels! {
    /// A part of an input's way, between two moments that follow each other.
    Stage {
        /// From the turn of the I/O thread that read it to the simulation taking it into its player's buffer.
        ReadToBuffered = "read_to_buffered",
        /// In the buffer, and while other rooms had their tick.
        BufferedToTickStart = "buffered_to_tick_start",
        /// The room's tick that used it, up to the snapshot.
        TickStartToTickEnd = "tick_start_to_tick_end",
        /// Until that state was encoded for its player, the ticks in which the player was skipped included.
        TickEndToEncoded = "tick_end_to_encoded",
        /// The write call that took the update.
        EncodedToWritten = "encoded_to_written",
    }
}

/// The stages and, at the end, the whole.
const PARTS: usize = Stage::COUNT + 1;
const WHOLE: usize = Stage::COUNT;

/// What an input met up to the end of the tick that used it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InputStamps {
    /// The moment of the read pass that read it.
    pub read: Time,
    /// When the simulation took it.
    pub buffered: Time,
    /// When its room's tick began.
    pub began: Time,
    /// When that tick had its snapshot.
    pub ended: Time,
}

/// Totals in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct StageSums {
    /// Inputs recorded.
    pub(crate) count: u64,
    pub(crate) stages_ns: [u64; Stage::COUNT],
    pub(crate) whole_ns: u64,
}

/// What readers see of the inputs that one thread records.
#[derive(Debug)]
pub struct Stages {
    /// Apart from the histograms: they are handed over one after the other, the sums all at once.
    sums: Mutex<StageSums>,
    published: [Mutex<Histogram<u64>>; PARTS],
}

impl Default for Stages {
    fn default() -> Self {
        Self { sums: Mutex::default(), published: std::array::from_fn(|_| Mutex::new(histogram())) }
    }
}

impl Stages {
    pub(crate) fn sums(&self) -> StageSums {
        *self.sums.lock()
    }

    /// Quantiles of one stage, up to a second old.
    pub(crate) fn stage(&self, stage: Stage) -> Summary {
        summary(&self.published[stage.index()].lock())
    }

    /// Quantiles from read to written, up to a second old.
    pub(crate) fn whole(&self) -> Summary {
        summary(&self.published[WHOLE].lock())
    }
}

/// The owner's side.
#[derive(Debug)]
pub struct StageRecorder {
    sums: StageSums,
    own: [Histogram<u64>; PARTS],
    /// The part whose histogram is handed over next, and when the one before was.
    next: usize,
    published_at: Time,
}

impl Default for StageRecorder {
    fn default() -> Self {
        Self {
            sums: StageSums::default(),
            own: std::array::from_fn(|_| histogram()),
            next: 0,
            published_at: Time::default(),
        }
    }
}

impl StageRecorder {
    /// Records the way of one input whose state was encoded and written then.
    ///
    /// A moment that lies before the one that precedes it counts as equal to it. Does not allocate.
    pub fn record(&mut self, stamps: InputStamps, encoded: Time, written: Time) {
        let InputStamps { read, buffered, began, ended } = stamps;
        let mut from = read.as_nanos();
        for (stage, to) in [buffered, began, ended, encoded, written].into_iter().enumerate() {
            let to = to.as_nanos().max(from);
            self.sums.stages_ns[stage] = self.sums.stages_ns[stage].wrapping_add(to - from);
            self.own[stage].saturating_record(clamped(to - from));
            from = to;
        }
        let whole_ns = from - read.as_nanos();
        self.sums.whole_ns = self.sums.whole_ns.wrapping_add(whole_ns);
        self.own[WHOLE].saturating_record(clamped(whole_ns));
        self.sums.count += 1;
    }

    /// Hands over the sums and, in turn, one histogram of those whose second has passed; what a reader holds waits.
    ///
    /// One at a time, since a send pass should not be held up for all of them at once. Does not allocate.
    pub fn publish(&mut self, now: Time, into: &Stages) {
        if let Some(mut sums) = into.sums.try_lock() {
            *sums = self.sums;
        }
        if now.since(self.published_at) < PUBLISH_EVERY / PARTS as u32 {
            return;
        }
        let Some(mut published) = into.published[self.next].try_lock() else { return };
        // The bounds are equal, so that this can not fail.
        let _ = published.add(&self.own[self.next]);
        drop(published);
        self.own[self.next].clear();
        self.next = (self.next + 1) % PARTS;
        self.published_at = now;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::{InputStamps, PARTS, Stage, StageRecorder, StageSums, Stages};
    use crate::metrics::label::Label;

    fn us(us: u64) -> Time {
        Time::from_nanos(us * 1_000)
    }

    fn stamps(moments: [u64; 4]) -> InputStamps {
        let [read, buffered, began, ended] = moments.map(us);
        InputStamps { read, buffered, began, ended }
    }

    #[test]
    fn the_sums_of_the_stages_add_up_to_the_whole() {
        let (stages, mut recorder) = (Stages::default(), StageRecorder::default());
        recorder.record(stamps([100, 150, 170, 200]), us(240), us(243));
        recorder.record(stamps([90, 150, 170, 200]), us(243), us(249));
        // The read pass began before the tick that its turn ran: moments do not run backwards.
        recorder.record(stamps([160, 150, 170, 200]), us(249), us(250));
        recorder.publish(us(1 << 40), &stages);
        let sums = stages.sums();
        let want = [110_000, 50_000, 90_000, 132_000, 10_000];
        assert_eq!(sums, StageSums { count: 3, stages_ns: want, whole_ns: want.iter().sum() });
    }

    #[test]
    fn each_histogram_is_handed_over_once_a_second_and_not_with_the_others() {
        let (stages, mut recorder) = (Stages::default(), StageRecorder::default());
        let counts = || {
            let mut counts: Vec<u64> = Stage::ALL.iter().map(|stage| stages.stage(*stage).count).collect();
            counts.push(stages.whole().count);
            counts
        };
        recorder.record(stamps([0, 1_000, 3_000, 7_000]), us(15_000), us(31_000));
        let mut now = us(1 << 40);
        for part in 0..PARTS {
            recorder.publish(now, &stages);
            recorder.publish(now + Duration::from_millis(1), &stages);
            assert_eq!(counts(), [vec![1; part + 1], vec![0; PARTS - part - 1]].concat());
            now = now + Duration::from_millis(167);
        }
        for (stage, want_us) in Stage::ALL.iter().zip([1_000, 2_000, 4_000, 8_000, 16_000]) {
            let max_us = stages.stage(*stage).max_ns / 1_000;
            assert!((want_us..=want_us + want_us / 500).contains(&max_us), "{stage:?}: {max_us} us");
        }
        recorder.publish(now, &stages);
        assert_eq!(counts(), [1; PARTS], "what was handed over is not handed over again");
    }

    #[test]
    fn a_reader_at_work_holds_nobody_up_and_nothing_is_lost() {
        let (stages, mut recorder) = (Stages::default(), StageRecorder::default());
        recorder.record(stamps([0, 1, 2, 3]), us(4), us(5));
        let reading = (stages.sums.lock(), stages.published[0].lock());
        recorder.publish(us(1 << 40), &stages);
        drop(reading);
        assert_eq!((stages.sums().count, stages.stage(Stage::ReadToBuffered).count), (0, 0));
        recorder.publish(us(1 << 40), &stages);
        assert_eq!((stages.sums().count, stages.stage(Stage::ReadToBuffered).count), (1, 1));
    }
}
