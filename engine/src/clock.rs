//! `Clock`: the one place of this crate that reads a clock.
//!
//! Everything else takes a [`Time`] as an argument, so that tests and replays choose it.

use tickwire_netcode::time::Time;

/// The monotonic clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Clock;

impl Clock {
    /// The current moment: nanoseconds of `CLOCK_MONOTONIC`, so that stamps compare across processes (28 ns a call).
    #[cfg(target_os = "linux")]
    pub fn now() -> Time {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        // Seconds since boot and a nanosecond part: neither is negative on this clock.
        Time::from_nanos(now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs())
    }

    /// The current moment: nanoseconds since this process first asked. Comparable inside the process only.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now() -> Time {
        use std::sync::OnceLock;
        use std::time::Instant;
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let passed = ORIGIN.get_or_init(Instant::now).elapsed();
        Time::from_nanos(u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A clock of the test's own, for those who are given one as a function.
#[cfg(test)]
pub(crate) mod scripted {
    use std::cell::Cell;
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    /// Each reading is later than the one before, by a time that no sum of others looks like.
    pub(crate) const STEP: Duration = Duration::from_nanos(1_009);

    thread_local! {
        /// Of this thread: tests do not share it.
        static NOW: Cell<Time> = const { Cell::new(Time::from_nanos(0)) };
    }

    /// The next reading is after this moment.
    pub(crate) fn set(now: Time) {
        NOW.set(now);
    }

    pub(crate) fn now() -> Time {
        NOW.set(NOW.get() + STEP);
        NOW.get()
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn the_clock_never_goes_back() {
        let mut last = Clock::now();
        for _ in 0..10_000 {
            let now = Clock::now();
            assert!(now >= last);
            last = now;
        }
    }
}
