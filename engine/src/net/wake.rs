//! `Wake`: how another thread tells an I/O thread that its bridge has something.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::{Registry, Token, Waker};

/// Wakes one I/O thread so that it runs [`Service::tick`](super::service::Service::tick). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wake {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waker: Waker,
    /// Set by the waking side, cleared by the thread before it drains: a wake in between is never lost.
    due: AtomicBool,
}

impl Wake {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        Ok(Self { shared: Arc::new(Shared { waker, due: AtomicBool::new(false) }) })
    }

    /// Makes the thread call `tick` in its next turn; one system call at most until it has.
    ///
    /// Any thread, never blocks. Call it after the data is in the bridge. A failed wake of the operating system is
    /// only logged: the thread sees the flag at its next event anyway.
    pub fn wake(&self) {
        if !self.shared.due.swap(true, Ordering::AcqRel) {
            self.nudge();
        }
    }

    /// Ends the thread's sleep without a tick: its mailbox has something.
    pub(crate) fn nudge(&self) {
        if let Err(error) = self.shared.waker.wake() {
            tracing::error!(%error, "cannot wake an I/O thread");
        }
    }

    /// Whether `wake` was called since the last time.
    pub(crate) fn take(&self) -> bool {
        // The plain load keeps the cache line shared in the many turns between two ticks.
        self.shared.due.load(Ordering::Relaxed) && self.shared.due.swap(false, Ordering::AcqRel)
    }
}
