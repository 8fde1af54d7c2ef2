//! `Breakdown`: where time goes on its way through the server, stage by stage.
//!
//! Invariant: stages follow one another, so their sums and means add up to the whole. Percentiles of stages do not, and
//! there are none here.

use serde::{Deserialize, Serialize};

/// One part of the way, or all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) sum_s: f64,
    pub(crate) mean_s: f64,
}

impl Stage {
    /// The mean follows; it is 0 without samples.
    pub(crate) fn new(name: impl Into<String>, count: u64, sum_s: f64) -> Self {
        let mean_s = if count == 0 { 0.0 } else { sum_s / count as f64 };
        Self { name: name.into(), count, sum_s, mean_s }
    }
}

/// The way of what [`Breakdown::label`] names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breakdown {
    /// What is broken down, such as `input: from the socket to the written update`.
    pub(crate) label: String,
    /// In the order in which they happen.
    pub(crate) stages: Vec<Stage>,
    pub(crate) whole: Stage,
}

impl Breakdown {
    /// What the stages do not account for, as a share of the whole; 0 when they add up.
    pub(crate) fn rest_share(&self) -> f64 {
        let stages: f64 = self.stages.iter().map(|stage| stage.sum_s).sum();
        if self.whole.sum_s > 0.0 { (self.whole.sum_s - stages) / self.whole.sum_s } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_that_add_up_leave_no_rest() {
        let stages = vec![Stage::new("buffered", 10, 0.003), Stage::new("tick", 10, 0.001)];
        let whole = Stage::new("whole", 10, 0.004);
        assert_eq!((whole.mean_s, Stage::new("none", 0, 0.0).mean_s), (0.0004, 0.0));
        let breakdown = Breakdown { label: "input".into(), stages, whole };
        assert!(breakdown.rest_share().abs() < 1e-9);
        let short = Breakdown { whole: Stage::new("whole", 10, 0.008), ..breakdown };
        assert!((short.rest_share() - 0.5).abs() < 1e-9);
    }
}
