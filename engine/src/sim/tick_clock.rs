//! `TickClock`: waits for the deadlines of a [`TickGrid`] on the monotonic clock.
//!
//! Owns the waiting. Does not number ticks: the simulation counts those it ran.

use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::clock::Clock;
use crate::tick_grid::{Due, TickGrid};

/// The end of the wait is spun, not slept: an absolute sleep wakes up to 122 us late; with this spin half of the ticks
/// start within 50 ns. Costs at most 1 % of a core at 60 Hz.
const SPIN: Duration = Duration::from_micros(150);

/// A [`TickGrid`] on the real clock.
#[derive(Debug)]
pub struct TickClock {
    grid: TickGrid,
}

impl TickClock {
    /// A clock whose ticks are due at the grid's deadlines, from the first that was not taken.
    pub fn new(grid: TickGrid) -> Self {
        Self { grid }
    }

    /// The deadline that [`wait`](Self::wait) waits for.
    pub fn deadline(&self) -> Time {
        self.grid.deadline()
    }

    /// Blocks until the next deadline: sleeps, then spins for up to 150 us.
    pub fn wait(&mut self) -> Due {
        let deadline = self.grid.deadline();
        let mut now = Clock::now();
        while let Some(early) = deadline.since(now).checked_sub(SPIN).filter(|early| !early.is_zero()) {
            sleep_until(now + early);
            now = Clock::now();
        }
        loop {
            if let Some(due) = self.grid.due(now) {
                return due;
            }
            std::hint::spin_loop();
            now = Clock::now();
        }
    }
}

/// May return early when a signal arrives.
#[cfg(target_os = "linux")]
fn sleep_until(moment: Time) {
    use rustix::thread::{ClockId, clock_nanosleep_absolute};
    let (seconds, nanos) = (moment.as_nanos() / 1_000_000_000, moment.as_nanos() % 1_000_000_000);
    let request = rustix::time::Timespec { tv_sec: seconds.cast_signed(), tv_nsec: nanos as _ };
    // Interrupted: the caller looks at the clock and sleeps again.
    let _ = clock_nanosleep_absolute(ClockId::Monotonic, &request);
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "waiting for the tick is this file's business")]
fn sleep_until(moment: Time) {
    std::thread::sleep(moment.since(Clock::now()));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::TickClock;
    use crate::clock::Clock;
    use crate::tick_grid::TickGrid;

    #[test]
    fn the_real_clock_waits_for_the_deadline() {
        let mut clock = TickClock::new(TickGrid::new(Clock::now() + Duration::from_millis(2), 1_000));
        for _ in 0..3 {
            let deadline = clock.deadline();
            let due = clock.wait();
            assert_eq!(due.deadline, deadline);
            assert!(Clock::now() >= deadline);
        }
    }
}
