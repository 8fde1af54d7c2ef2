//! [`Clock`]: the one place of this crate that reads the time.

use std::time::Instant;

use tickwire_netcode::time::Time;

/// A monotonic clock that starts at 0. Share one between all clients of a process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "a driver reads the clock: here and nowhere else")]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }

    /// The time since it started.
    pub fn now(&self) -> Time {
        Time::default() + self.origin.elapsed()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
