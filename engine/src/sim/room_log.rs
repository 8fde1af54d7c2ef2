//! `RoomLog`: how often a simulation thread writes about its rooms.
//!
//! Peers make rooms by naming them, and a game that panics does so again and again: each kind of line has a budget, as the
//! network's have.

use std::sync::Arc;

use tickwire_netcode::time::Time;

use crate::metrics::label::labels;
use crate::metrics::sim::SimMetrics;
use crate::net::log_budget::LogBudget;

labels! {
    /// What is written about a room.
    RoomLine {
        Made = "made",
        Ended = "ended",
        Panicked = "panicked",
        PanickedAtStart = "panicked_at_start",
        Complaint = "complaint",
    }
}

#[derive(Debug)]
pub(crate) struct RoomLog {
    budget: LogBudget<RoomLine>,
    metrics: Arc<SimMetrics>,
}

impl RoomLog {
    pub(crate) fn new(metrics: Arc<SimMetrics>) -> Self {
        Self { budget: LogBudget::new(), metrics }
    }

    /// Whether such a line may be written: how many were left out since the last one, or `None` for no.
    pub(crate) fn take(&mut self, line: RoomLine, now: Time) -> Option<u64> {
        self.budget.take(line, now, &self.metrics.log_suppressed)
    }
}
