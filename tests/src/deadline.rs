//! The harness's only clock: how long a wait may still take.

use std::time::{Duration, Instant};

/// A moment after which a wait has failed.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment `limit` from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self(now() + limit)
    }

    /// What is left, zero when it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(now())
    }

    /// Whether it has passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.left().is_zero()
    }
}

/// Asks until there is an answer, giving the processor away in between.
///
/// # Panics
/// When `limit` has passed without one; the message names `what` was waited for.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Deadline::after(limit);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(!deadline.passed(), "{what}: not within {limit:?}");
        std::thread::yield_now();
    }
}

/// The monotonic clock. Only limits of waits and clients' clocks are made of it, never an assertion.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the harness drives real processes, whose waits need real limits"
)]
pub fn now() -> Instant {
    Instant::now()
}
