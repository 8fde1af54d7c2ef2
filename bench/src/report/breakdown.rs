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

/// Below this share of the whole the stages are said to add up: sums are read one after another from a running server.
const REST_SHARE_MAX: f64 = 0.005;

impl Breakdown {
    /// The stages, and last what they do not account for, if that is worth a word.
    pub(crate) fn accounted(&self) -> Vec<Stage> {
        let stages: f64 = self.stages.iter().map(|stage| stage.sum_s).sum();
        let rest_s = self.whole.sum_s - stages;
        let mut all = self.stages.clone();
        if rest_s > REST_SHARE_MAX * self.whole.sum_s {
            all.push(Stage::new("not accounted for", self.whole.count, rest_s));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_that_do_not_add_up_leave_a_rest_that_is_told() {
        let stages = vec![Stage::new("buffered", 10, 0.003), Stage::new("tick", 10, 0.001)];
        let whole = Stage::new("whole", 10, 0.004);
        assert_eq!((whole.mean_s, Stage::new("none", 0, 0.0).mean_s), (0.0004, 0.0));
        let breakdown = Breakdown { label: "input".into(), stages, whole };
        assert_eq!(breakdown.accounted(), breakdown.stages);
        let short = Breakdown { whole: Stage::new("whole", 10, 0.008), ..breakdown };
        assert_eq!(short.accounted()[2].name, "not accounted for");
        assert!((short.accounted()[2].sum_s - 0.004).abs() < 1e-9);
    }
}
