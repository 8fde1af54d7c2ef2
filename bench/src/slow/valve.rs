//! `Valve`: how much a slow connection reads, and when.
//!
//! It opens for a few bytes at a time, at moments that do not depend on what there is to read, and shuts behind each
//! read. A stalled one never opens.

use std::cell::Cell;
use std::time::Duration;

use tickwire_netcode::time::Time;

/// Between two openings, if that is a byte at least: far below a tick, so that reading is even.
const EVERY: Duration = Duration::from_millis(20);

/// How slow connections read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slowness {
    /// At most so many bytes a second; above 0.
    Rate(u32),
    Stalled,
}

#[derive(Clone, Debug)]
pub(super) struct Valve {
    /// Bytes of one opening, and how long after it the next one comes; `None` = stalled.
    pace: Option<(usize, Duration)>,
    next_at: Time,
    /// What may still be read.
    left: Cell<usize>,
}

impl Valve {
    pub(super) fn new(slowness: Slowness, now: Time) -> Self {
        let pace = match slowness {
            Slowness::Stalled => None,
            Slowness::Rate(rate) => {
                let bytes = (f64::from(rate) * EVERY.as_secs_f64()).max(1.0).floor();
                Some((bytes as usize, Duration::from_secs_f64(bytes / f64::from(rate.max(1)))))
            }
        };
        Self { pace, next_at: now, left: Cell::new(0) }
    }

    /// When it opens next, if ever.
    pub(super) fn next_at(&self) -> Option<Time> {
        self.pace.map(|_| self.next_at)
    }

    /// Opens if its time has come. What was not read the last time is lost, and so are openings that were missed.
    pub(super) fn turn(&mut self, now: Time) {
        let Some((bytes, every)) = self.pace else { return };
        if self.next_at <= now {
            self.left.set(bytes);
            self.next_at = (self.next_at + every).max(now);
        }
    }

    /// What may be read now; it shuts behind it.
    pub(super) fn take(&self) -> usize {
        self.left.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn as_much_is_read_in_a_second_as_the_rate_says() {
        for rate in [1, 7, 49, 50, 1000, 12_345, 1_000_000] {
            let mut valve = Valve::new(Slowness::Rate(rate), ms(0));
            let mut read = 0;
            while let Some(at) = valve.next_at().filter(|&at| at < ms(100_000)) {
                valve.turn(at);
                read += valve.take();
                assert_eq!(valve.take(), 0, "it has shut");
            }
            let want = f64::from(rate) * 100.0;
            assert!((read as f64 - want).abs() <= want * 0.02 + 1.0, "{rate}: {read} of {want}");
        }
    }

    #[test]
    fn a_stalled_one_reads_nothing_and_a_late_one_does_not_catch_up() {
        let mut stalled = Valve::new(Slowness::Stalled, ms(0));
        stalled.turn(ms(1000));
        assert_eq!((stalled.next_at(), stalled.take()), (None, 0));
        let mut late = Valve::new(Slowness::Rate(1000), ms(0));
        late.turn(ms(500));
        assert_eq!((late.take(), late.next_at()), (20, Some(ms(500))));
        late.turn(ms(499));
        assert_eq!(late.take(), 0);
    }
}
