//! `TickClock`: waits for the deadlines of a [`TickGrid`] on the monotonic clock.
//!
//! Owns the waiting. Does not number ticks: the simulation counts those it ran.

use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::clock::Clock;
use crate::tick_grid::{Due, TickGrid};

/// The end of a wait is spun, not slept, for no longer than this: absolute sleeps were seen to end up to 122 us late. At
/// 60 Hz it would be 1 % of a core.
const SPIN_MAX: Duration = Duration::from_micros(150);

/// Where [`Margin`] begins, and where the default timer slack of Linux (50 us) would take it.
const SPIN_FIRST: Duration = Duration::from_micros(60);

/// Of this many sleeps one may end too late. With 16 the start of a tick is exact within nanoseconds 15 times of 16, and what
/// is spun is the difference between a usual sleep and a bad one (chosen, not measured).
const LATE_ONE_IN: u64 = 16;

/// What the margin gives back after a sleep that ended in time. From [`SPIN_MAX`] it is down in five seconds at 60 Hz.
const MARGIN_STEP_NS: u64 = 500;

/// How long before a deadline a sleep has to end: follows the lateness that one in [`LATE_ONE_IN`] sleeps exceeds, whatever
/// machine this is and however busy.
#[derive(Clone, Copy, Debug)]
struct Margin(u64);

impl Margin {
    fn before(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// A sleep ended `late`. Steps of 15 up and 1 down are in balance where one in 16 is above.
    fn on_woken(&mut self, late: Duration) {
        // Another thread had the core: no margin within the bound would have helped.
        if late > SPIN_MAX {
            return;
        }
        self.0 = if late > self.before() {
            (self.0 + (LATE_ONE_IN - 1) * MARGIN_STEP_NS).min(SPIN_MAX.as_nanos() as u64)
        } else {
            self.0.saturating_sub(MARGIN_STEP_NS)
        };
    }
}

/// A [`TickGrid`] on the real clock.
#[derive(Debug)]
pub struct TickClock {
    grid: TickGrid,
    margin: Margin,
    /// The waiting thread has asked for exact timers.
    is_exact: bool,
}

impl TickClock {
    /// A clock whose ticks are due at the grid's deadlines, from the first that was not taken.
    pub fn new(grid: TickGrid) -> Self {
        Self { grid, margin: Margin(SPIN_FIRST.as_nanos() as u64), is_exact: false }
    }

    /// The deadline that [`wait`](Self::wait) waits for.
    pub fn deadline(&self) -> Time {
        self.grid.deadline()
    }

    /// Blocks until the next deadline: sleeps, then spins as long as sleeps here end late, 150 us at most. Call it on one
    /// thread only.
    pub fn wait(&mut self) -> Due {
        let mut now = self.sleep_until_before(self.margin.before());
        loop {
            if let Some(due) = self.grid.due(now) {
                return due;
            }
            std::hint::spin_loop();
            now = Clock::now();
        }
    }

    /// Like [`wait`](Self::wait) without the spin, for ticks that may start as late as a sleep ends: some 50 us.
    pub fn sleep(&mut self) -> Due {
        loop {
            let now = self.sleep_until_before(Duration::ZERO);
            if let Some(due) = self.grid.due(now) {
                return due;
            }
        }
    }

    /// Sleeps until so long before the deadline, or past it.
    fn sleep_until_before(&mut self, ahead: Duration) -> Time {
        if !std::mem::replace(&mut self.is_exact, true) {
            ask_for_exact_timers();
        }
        let deadline = self.grid.deadline();
        let mut now = Clock::now();
        while let Some(early) = deadline.since(now).checked_sub(ahead).filter(|early| !early.is_zero()) {
            let moment = now + early;
            sleep_until(moment);
            now = Clock::now();
            self.margin.on_woken(now.since(moment));
        }
        now
    }
}

/// Linux lets the sleeps of a thread end 50 us late, to gather them; this thread's are not to wait for company.
#[cfg(target_os = "linux")]
fn ask_for_exact_timers() {
    // Refused, sleeps are as late as before and the margin grows.
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

#[cfg(not(target_os = "linux"))]
fn ask_for_exact_timers() {}

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

    use super::{Margin, SPIN_MAX, TickClock};
    use crate::clock::Clock;
    use crate::tick_grid::TickGrid;

    #[test]
    fn the_margin_settles_where_one_sleep_in_sixteen_is_too_late() {
        // Sleeps end 0 to 80 us late, all as often: the one in sixteen is at 75.
        for (spread_us, first_us, want_us) in [(80, 0, 40..90), (80, 150, 40..90), (10, 150, 2..20)] {
            let mut margin = Margin(first_us * 1_000);
            let (mut seed, mut late) = (1_u64, 0);
            for round in 0..4_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let slept = Duration::from_nanos((seed >> 33) % (spread_us * 1_000));
                if round >= 1_000 {
                    assert!(want_us.contains(&(margin.before().as_micros() as u64)), "{margin:?} at {round}");
                    late += u32::from(slept > margin.before());
                }
                margin.on_woken(slept);
            }
            assert!((120..=260).contains(&late), "{late} of 3,000 at 0..{spread_us} us");
        }
    }

    #[test]
    fn the_margin_is_bounded_however_late_sleeps_end() {
        let mut margin = Margin(0);
        margin.on_woken(Duration::from_secs(1));
        assert_eq!(margin.before(), Duration::ZERO, "a sleep that no spin covers tells nothing");
        for _ in 0..100 {
            margin.on_woken(SPIN_MAX);
        }
        assert_eq!(margin.before(), SPIN_MAX);
        for _ in 0..1_000 {
            margin.on_woken(Duration::ZERO);
        }
        assert_eq!(margin.before(), Duration::ZERO);
    }

    #[test]
    fn the_real_clock_waits_for_the_deadline() {
        let mut clock = TickClock::new(TickGrid::new(Clock::now() + Duration::from_millis(2), 1_000));
        for n in 0..6 {
            let deadline = clock.deadline();
            let due = if n % 2 == 0 { clock.wait() } else { clock.sleep() };
            assert_eq!(due.deadline, deadline);
            assert!(Clock::now() >= deadline);
        }
    }
}
