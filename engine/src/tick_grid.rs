//! `TickGrid`: the deadlines of a tick rate, without a clock.
//!
//! One grid per process: the simulation threads tick on it, the I/O threads read shortly before it. Pure; who waits for
//! a deadline is `sim::tick_clock` and `net::harvest`. Invariant: deadline n is base + n intervals, whatever happened
//! before it, so that errors of single waits never add up.

use std::time::Duration;

use tickwire_netcode::time::Time;

/// After a stall at most this many ticks run back to back, then time is dropped: a longer burst would make the next
/// tick late as well. Four ticks at 60 Hz cover 67 ms, the usual scheduler hiccup (chosen, not measured).
pub const CATCH_UP_TICKS_MAX: u32 = 4;

const NANOS_PER_S: u128 = 1_000_000_000;

/// What is to be done at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// When the first of the ticks was due; the others one interval each after it.
    pub deadline: Time,
    /// How many ticks to run now: 1 to [`CATCH_UP_TICKS_MAX`].
    pub ticks: u32,
    /// How many intervals are dropped after them; clients must anchor their time anew when it is not zero.
    pub dropped: u64,
}

/// The deadlines of one tick rate: base + n / rate, exact for every n.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TickGrid {
    base: Time,
    rate_hz: u32,
    /// Number of the next deadline.
    next: u64,
}

impl TickGrid {
    /// A grid whose first deadline is `base`. A rate of 0 is taken as 1.
    pub fn new(base: Time, rate_hz: u32) -> Self {
        Self { base, rate_hz: rate_hz.max(1), next: 0 }
    }

    /// The next deadline that was not taken by [`due`](Self::due).
    pub fn deadline(&self) -> Time {
        self.deadline_of(self.next)
    }

    /// What is due at `now`; `None` before the deadline. Takes every deadline up to `now`.
    pub fn due(&mut self, now: Time) -> Option<Due> {
        let deadline = self.deadline();
        if now < deadline {
            return None;
        }
        let passed = u128::from(now.as_nanos() - self.base.as_nanos());
        // Deadlines are rounded down to nanoseconds, so that the last one taken may be one ahead of the quotient.
        let mut last = (passed * u128::from(self.rate_hz) / NANOS_PER_S) as u64;
        if self.deadline_of(last + 1) <= now {
            last += 1;
        }
        let count = last.max(self.next) - self.next + 1;
        self.next += count;
        let ticks = count.min(u64::from(CATCH_UP_TICKS_MAX));
        Some(Due { deadline, ticks: ticks as u32, dropped: count - ticks })
    }

    /// The first deadline after `moment`, whatever was taken by [`due`](Self::due).
    pub fn after(&self, moment: Time) -> Time {
        let Some(passed) = moment.as_nanos().checked_sub(self.base.as_nanos()) else {
            return self.base;
        };
        let n = (u128::from(passed) * u128::from(self.rate_hz) / NANOS_PER_S) as u64;
        // The quotient's deadline may be one ahead of it, see `due`.
        let next = self.deadline_of(n + 1);
        if next > moment { next } else { self.deadline_of(n + 2) }
    }

    /// The time between two deadlines, rounded down to nanoseconds.
    pub fn interval(&self) -> Duration {
        Duration::from_nanos(1_000_000_000 / u64::from(self.rate_hz))
    }

    fn deadline_of(&self, n: u64) -> Time {
        let nanos = u128::from(n) * NANOS_PER_S / u128::from(self.rate_hz);
        self.base + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use tickwire_netcode::time::Time;

    use super::{CATCH_UP_TICKS_MAX, TickGrid};

    const BASE: u64 = 5_000_000_000;

    fn after(nanos: u64) -> Time {
        Time::from_nanos(BASE + nanos)
    }

    #[test]
    fn deadlines_do_not_drift_at_rates_that_do_not_divide_a_second() {
        for rate in [1, 7, 20, 30, 60, 64, 128, 144, 1000] {
            let mut grid = TickGrid::new(after(0), rate);
            let hour = u64::from(rate) * 3_600;
            for n in 0..hour {
                let deadline = grid.deadline();
                assert_eq!(grid.due(deadline).expect("due").ticks, 1, "rate {rate} tick {n}");
            }
            assert_eq!(grid.deadline(), after(3_600_000_000_000), "rate {rate}");
        }
    }

    #[test]
    fn a_tick_is_never_early() {
        let mut grid = TickGrid::new(after(0), 60);
        grid.due(after(0)).expect("due");
        let deadline = grid.deadline();
        assert_eq!(grid.due(Time::from_nanos(deadline.as_nanos() - 1)), None);
        assert!(grid.due(deadline).is_some());
    }

    #[test]
    fn p4_a_stall_is_caught_up_within_the_bound_and_the_rest_is_dropped() {
        // Rate 100: an interval is 10 ms. The first deadline was taken at 0.
        for (stall_ms, ticks, dropped, next_ms) in [
            (10, 1, 0, 20),
            (19, 1, 0, 20),
            (20, 2, 0, 30),
            (40, 4, 0, 50),
            (49, 4, 0, 50),
            (50, 4, 1, 60),
            (1_000, 4, 96, 1_010),
            (3_600_000, 4, 359_996, 3_600_010),
        ] {
            let mut grid = TickGrid::new(after(0), 100);
            grid.due(after(0)).expect("due");
            let due = grid.due(after(stall_ms * 1_000_000)).expect("due");
            assert_eq!((due.ticks, due.dropped), (ticks, dropped), "stall {stall_ms} ms");
            assert_eq!(due.deadline, after(10_000_000));
            assert!(due.ticks <= CATCH_UP_TICKS_MAX);
            assert_eq!(grid.deadline(), after(next_ms * 1_000_000), "stall {stall_ms} ms");
        }
    }

    #[test]
    fn k2_ticks_and_dropped_intervals_account_for_all_time() {
        let mut grid = TickGrid::new(after(0), 60);
        let (mut now, mut seed, mut total) = (0_u64, 1_u64, 0_u64);
        for _ in 0..10_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += (seed >> 33) % 100_000_000;
            if let Some(due) = grid.due(after(now)) {
                total += u64::from(due.ticks) + due.dropped;
            }
            assert!(grid.deadline() > after(now));
        }
        assert_eq!(grid.deadline(), TickGrid { next: total, ..grid }.deadline());
    }

    #[test]
    fn the_deadline_after_a_moment_is_the_first_one_later_than_it() {
        for rate in [1, 7, 60, 144, 1000] {
            let mut grid = TickGrid::new(after(0), rate);
            assert_eq!(grid.after(Time::from_nanos(0)), after(0), "before the base");
            for _ in 0..1_000 {
                let deadline = grid.deadline();
                grid.due(deadline).expect("due");
                assert_eq!(grid.after(deadline), grid.deadline(), "rate {rate}");
                assert_eq!(grid.after(Time::from_nanos(grid.deadline().as_nanos() - 1)), grid.deadline());
            }
        }
    }
}
