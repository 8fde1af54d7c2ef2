//! `Verdict`: whether a run may be believed, and whether what it promised holds.
//!
//! A run can be partial *and* saturated *and* break a bound; each is told. None is ever dropped in favour of another. A run
//! that others disturbed has no flaw of its own, and is not good either.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::unit::Unit;

/// Something that keeps a run from being good. In order of weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "snake_case")]
pub(crate) enum Flaw {
    /// The numbers say nothing about the server.
    Invalid(String),
    /// The run ended before its time, or not everybody took part.
    Partial(String),
    /// A bound of the scenario that does not hold.
    Failed(String),
}

impl Flaw {
    /// The word in front, as every format shows it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID",
            Self::Partial(_) => "PARTIAL",
            Self::Failed(_) => "FAILED",
        }
    }

    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Invalid(why) | Self::Partial(why) | Self::Failed(why) => why,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // It has its own words, which are searched for.
            Self::Invalid(why) if why == SATURATED => f.write_str(why),
            _ => write!(f, "{}: {}", self.word(), self.why()),
        }
    }
}

/// The word for a run beside which others were busy.
pub(crate) const DISTURBED: &str = "DISTURBED";

/// What a generator that was late itself says of its run.
pub(crate) const SATURATED: &str = "GENERATOR SATURATED: result invalid";

/// What other processes may use of a core before a run counts as disturbed: more may have decided its numbers. Chosen, not
/// measured.
pub(crate) const FOREIGN_CPU_MAX: f64 = 0.05;

/// Good, or the flaws, or at least why it should be measured again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub(crate) struct Verdict {
    flaws: Vec<Flaw>,
    /// The share of a core that others used, if it is too much.
    disturbance: Option<f64>,
}

impl Verdict {
    /// Nothing is wrong with the server or with this program: decides the exit code, 0 or else 1.
    pub(crate) fn is_sound(&self) -> bool {
        self.flaws.is_empty()
    }

    /// Sound, and nobody else used the processors.
    pub(crate) fn is_good(&self) -> bool {
        self.is_sound() && self.disturbance.is_none()
    }

    /// Others used so much of a core; what is allowed is no disturbance.
    pub(crate) fn disturbed(&mut self, foreign_share: Option<f64>) {
        self.disturbance = foreign_share.filter(|share| *share > FOREIGN_CPU_MAX);
    }

    /// Why the run is to be measured again, with the word in front.
    pub(crate) fn disturbance(&self) -> Option<String> {
        let used = Unit::Share.text(self.disturbance?);
        Some(format!("{DISTURBED}: other processes used {used} of a core; measure again"))
    }

    /// Everything that keeps the run from being good, a line each; the flaws last.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.disturbance().into_iter().chain(self.flaws.iter().map(Flaw::to_string)).collect()
    }

    /// The numbers may be compared: nothing but a bound is wrong.
    pub(crate) fn is_comparable(&self) -> bool {
        self.flaws.iter().all(|flaw| matches!(flaw, Flaw::Failed(_)))
    }

    /// Heaviest first.
    pub(crate) fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Adds a flaw; the same one twice counts once.
    pub(crate) fn add(&mut self, flaw: Flaw) {
        if let Err(place) = self.flaws.binary_search(&flaw) {
            self.flaws.insert(place, flaw);
        }
    }

    /// The generator was late: `GENERATOR SATURATED: result invalid`.
    pub(crate) fn saturated(&mut self) {
        self.add(Flaw::Invalid(SATURATED.to_owned()));
    }

    /// Ended early, or not everybody took part.
    pub(crate) fn partial(&mut self, why: impl Into<String>) {
        self.add(Flaw::Partial(why.into()));
    }

    /// A bound that does not hold.
    pub(crate) fn failed(&mut self, bound: impl Into<String>) {
        self.add(Flaw::Failed(bound.into()));
    }
}

/// With a plain `good` for readers that want no more.
#[derive(Serialize, Deserialize)]
struct Written {
    good: bool,
    /// The share of a core that others used, if it is too much. Reports from before it was told have none.
    #[serde(default)]
    disturbed: Option<f64>,
    flaws: Vec<Flaw>,
}

impl From<Verdict> for Written {
    fn from(verdict: Verdict) -> Self {
        Self { good: verdict.is_good(), disturbed: verdict.disturbance, flaws: verdict.flaws }
    }
}

impl From<Written> for Verdict {
    fn from(written: Written) -> Self {
        let mut verdict = Self { disturbance: written.disturbed, ..Self::default() };
        written.flaws.into_iter().for_each(|flaw| verdict.add(flaw));
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_kept_and_the_heaviest_comes_first() {
        let mut verdict = Verdict::default();
        assert!(verdict.is_good() && verdict.is_comparable());
        verdict.failed("p99 <= 5 ms");
        assert!(!verdict.is_good() && verdict.is_comparable());
        verdict.partial("the server went after 3.0 of 10.0 s");
        verdict.saturated();
        verdict.saturated();
        let lines: Vec<String> = verdict.flaws().iter().map(Flaw::to_string).collect();
        let wanted = [
            "GENERATOR SATURATED: result invalid",
            "PARTIAL: the server went after 3.0 of 10.0 s",
            "FAILED: p99 <= 5 ms",
        ];
        assert_eq!(lines, wanted);
        assert!(!verdict.is_comparable());
    }

    #[test]
    fn a_disturbed_run_is_sound_and_not_good() {
        let mut verdict = Verdict::default();
        verdict.disturbed(Some(FOREIGN_CPU_MAX));
        assert!(verdict.is_good() && verdict.disturbance().is_none());
        verdict.disturbed(Some(0.2));
        assert!(verdict.is_sound() && verdict.is_comparable() && !verdict.is_good());
        verdict.failed("p99 <= 5 ms");
        let wanted =
            ["DISTURBED: other processes used 20.0 % of a core; measure again", "FAILED: p99 <= 5 ms"];
        assert_eq!(verdict.warnings(), wanted);
        assert!(!verdict.is_sound());
    }

    #[test]
    fn another_reason_to_be_invalid_has_the_word_in_front() {
        assert_eq!(Flaw::Invalid("two servers".into()).to_string(), "INVALID: two servers");
    }
}
