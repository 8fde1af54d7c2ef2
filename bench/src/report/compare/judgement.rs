//! `Judgement`: a condition for a group of runs, by their medians and what they were in the first group.

use std::fmt;

use super::condition::{Bound, Condition, Senseless};
use super::group::{Group, Spread};
use super::measure;
use crate::report::unit::Unit;

/// One condition for one group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) condition: String,
    /// Which of the groups.
    pub(super) group: usize,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It does not hold: all is well. What was found.
    Passed(String),
    /// It holds.
    Failed(String),
    /// A run does not tell the measure.
    Unknown,
}

impl Judgement {
    pub(super) fn is_passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed(_))
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed(found) => write!(f, "ok: not {} ({found})", self.condition),
            Outcome::Failed(found) => write!(f, "FAILED: {} ({found})", self.condition),
            Outcome::Unknown => {
                write!(
                    f,
                    "CANNOT TELL: {} (fewer than ten samples beyond it, or not measured)",
                    self.condition
                )
            }
        }
    }
}

/// Each condition for each group but the first, or for the only one.
///
/// # Errors
/// A measure that the first group does not have, a unit that is not the measure's, or a change without a second group.
pub(super) fn judge(conditions: &[Condition], groups: &[Group]) -> Result<Vec<Judgement>, Senseless> {
    let Some(first) = groups.first() else { return Ok(Vec::new()) };
    let judged = if groups.len() == 1 { 0..1 } else { 1..groups.len() };
    let mut judgements = Vec::new();
    for condition in conditions {
        let unit = condition.unit_in(first)?;
        let is_change = !matches!(condition.bound, Bound::Value(..));
        if is_change && groups.len() == 1 {
            return Err(Senseless::Alone(condition.text.clone()));
        }
        for group in judged.clone() {
            let outcome = condition.outcome(unit, first, &groups[group])?;
            judgements.push(Judgement { condition: condition.text.clone(), group, outcome });
        }
    }
    Ok(judgements)
}

impl Condition {
    fn unit_in(&self, group: &Group) -> Result<Unit, Senseless> {
        measure::of(group.first(), &self.measure).map(|measure| measure.unit).ok_or_else(|| {
            Senseless::Unknown {
                flag: self.flag,
                condition: self.text.clone(),
                measure: self.measure.clone(),
                file: group.files.first().cloned().unwrap_or_default(),
                names: measure::names(group.first()).join(", "),
            }
        })
    }

    fn outcome(&self, unit: Unit, first: &Group, group: &Group) -> Result<Outcome, Senseless> {
        let bound = self.scaled(unit)?;
        let spread = |group: &Group| group.spread(&self.measure).map(|(_, spread)| spread);
        let Some(now) = spread(group) else { return Ok(Outcome::Unknown) };
        let (value, found) = match self.bound {
            Bound::Value(..) => (now.median, unit.text(now.median)),
            _ => {
                let Some(then) = spread(first) else { return Ok(Outcome::Unknown) };
                (self.change(now, then), changed(unit, now, then))
            }
        };
        Ok(if self.comparison.holds(value, bound) { Outcome::Failed(found) } else { Outcome::Passed(found) })
    }

    fn change(&self, now: Spread, then: Spread) -> f64 {
        match self.bound {
            Bound::Percent(_) => now.change_since(then) * 100.0,
            _ => now.median - then.median,
        }
    }
}

fn changed(unit: Unit, now: Spread, then: Spread) -> String {
    let (before, after) = (unit.text(then.median), unit.text(now.median));
    let change = now.change_text(then).map_or(String::new(), |change| change + ", ");
    let noise = if now.min < now.max && now.overlaps(then) { "; the ranges overlap" } else { "" };
    format!("{change}{before} to {after}{noise}")
}

#[cfg(test)]
mod tests {
    use super::super::condition::parse;
    use super::super::group;
    use super::*;
    use crate::report::run::Run;
    use crate::report::sample;

    fn with_step(step: u64) -> Run {
        let mut run = sample::arena();
        run.distributions[0].histogram = sample::ramp(step);
        run
    }

    fn groups(runs: Vec<Vec<Run>>) -> Vec<Group> {
        let mut number = 0;
        let mut file = || {
            number += 1;
            format!("{number}.json").into()
        };
        let named: Vec<Vec<_>> = runs.iter().map(|runs| runs.iter().map(|_| file()).collect()).collect();
        group::of(&named, runs.into_iter().flatten().collect())
    }

    #[test]
    fn a_change_is_that_of_the_medians() {
        // p99 of the medians: 19.8 ms and 21.8 ms, 10 % more.
        let before = vec![with_step(1900), with_step(2000), with_step(2600)];
        let after = vec![with_step(2200), with_step(2100), with_step(3000)];
        let groups = groups(vec![before, after]);
        let table = [
            ("p99>+9%", true),
            ("p99>+11%", false),
            ("p99>+1900us", true),
            ("p99>+2.1ms", false),
            ("p99>21ms", true),
            ("p99<22ms", true),
            ("p99>22ms", false),
            ("p99<-1%", false),
            ("service.p99>=+0%", true),
            ("service.p99>+0%", false),
            ("cpu>+0us", false),
            ("updates<60001", true),
        ];
        for (text, holds) in table {
            let judgements = judge(&[parse(text).expect(text)], &groups).expect(text);
            assert_eq!(judgements.len(), 1);
            assert_eq!(judgements[0].is_passed(), !holds, "{}", judgements[0]);
        }
        let judgement = &judge(&[parse("p99>+9%").expect("good")], &groups).expect("good")[0];
        assert_eq!(
            judgement.to_string(),
            "FAILED: p99>+9% (+10.0 %, 19.8 ms to 21.8 ms; the ranges overlap)"
        );
    }

    #[test]
    fn each_group_but_the_first_is_judged_and_one_alone_by_values_only() {
        let three = groups(vec![vec![with_step(2000)], vec![with_step(2100)], vec![with_step(3000)]]);
        let judgements = judge(&[parse("p99>+10%").expect("good")], &three).expect("good");
        assert_eq!(
            judgements.iter().map(|one| (one.group, one.is_passed())).collect::<Vec<_>>(),
            [(1, true), (2, false)]
        );
        let one = groups(vec![vec![with_step(2000)]]);
        assert!(judge(&[parse("p99<25ms").expect("good")], &one).is_ok_and(|all| !all[0].is_passed()));
        let error = judge(&[parse("p99>+1%").expect("good")], &one).expect_err("nothing to compare with");
        assert_eq!(error, Senseless::Alone("p99>+1%".into()));
    }

    #[test]
    fn what_a_run_does_not_tell_is_not_passed() {
        let mut few = with_step(2000);
        few.distributions[0].histogram = sample::ramp(1);
        few.distributions[0].histogram.reset();
        let groups = groups(vec![vec![with_step(2000)], vec![few]]);
        let judgements = judge(&[parse("p99>+10%").expect("good")], &groups).expect("good");
        assert_eq!(judgements[0].outcome, Outcome::Unknown);
        assert!(!judgements[0].is_passed());
    }

    #[test]
    fn a_measure_or_unit_that_is_not_there_is_told_with_what_is() {
        let groups = groups(vec![vec![with_step(2000)], vec![with_step(2000)]]);
        let error = |text: &str| judge(&[parse(text).expect(text)], &groups).expect_err(text).to_string();
        let unknown = error("p999>+1%");
        assert!(
            unknown.starts_with("--fail-if p999>+1%: there is no p999 in 1.json; there is p50, p99, "),
            "{unknown}"
        );
        assert!(unknown.contains("update_bytes.p99") && unknown.contains("hash_mismatches"), "{unknown}");
        assert_eq!(error("p99>5"), "--fail-if p99>5: p99 is a time; write +10%, +200us or 5ms");
        assert_eq!(error("p99>10%"), "--fail-if p99>10%: p99 is a time; write +10%, +200us or 5ms");
        assert!(error("updates>5ms").contains("updates is a plain number"));
        assert!(error("update_bytes.p99>+5us").contains("counted in bytes"));
    }

    #[test]
    fn something_that_came_of_nothing_is_more_than_any_change() {
        let (mut before, mut after) = (with_step(2000), with_step(2000));
        before.figure("x", "lost", "lost", 0.0, Unit::Count);
        after.figure("x", "lost", "lost", 3.0, Unit::Count);
        let groups = groups(vec![vec![before], vec![after]]);
        let judgements = judge(&[parse("lost>+1000%").expect("good")], &groups).expect("good");
        assert_eq!(judgements[0].to_string(), "FAILED: lost>+1000% (0 to 3)");
    }
}
