//! `interrupt`: what SIGINT (Ctrl-C) and SIGTERM do to a run.
//!
//! The first one asks it to end: what was measured by then is reported and marked as partial. The second one ends the
//! program at once, as the first would have done without this. Whoever lets time pass in a run asks here between two waits,
//! so that nothing is cut in its middle. Until [`catch`] is called signals do what they always do.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tickwire_client::Clock;

/// Whoever rests asks this often: a signal ends no wait of the standard library's.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Set by a signal handler, which knows nothing but what is static.
static ASKED: AtomicBool = AtomicBool::new(false);

/// What is said while the run comes to its end.
pub(crate) const ENDING: &str =
    "ending the run: what was measured so far follows (once more ends it at once)";

/// From now on the first signal asks the run to end.
///
/// # Errors
/// The system takes no handler.
pub(crate) fn catch() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal must not find the flag that it sets itself.
        flag::register_conditional_default(signal, &ASKED)?;
        flag::register(signal, &ASKED)?;
    }
    Ok(())
}

/// The run is to end.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Lets time pass, or what of it passes before the run is to end.
pub(crate) fn rest(time: Duration) {
    let clock = Clock::new();
    let until = clock.now() + time;
    while !is_asked() {
        let left = until.since(clock.now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left.min(ASK_EVERY));
    }
}
