//! `Condition`: what `--fail-if` says, and whether it holds.
//!
//! ```text
//! condition = measure op bound
//! op        = ">" | ">=" | "<" | "<="
//! bound     = ["+" | "-"] number [unit]      with a sign: a change since the first group
//! unit      = "%" | "ns" | "us" | "ms" | "s" | "B" | "kB" | "MB" | "GB"
//! ```

use std::fmt;

use super::group::{Group, Spread};
use super::measure;
use crate::report::run::Run;
use crate::report::unit::Unit;

/// Where a condition was written, for those who have to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    FailIf,
    Objective,
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FailIf => "--fail-if",
            Self::Objective => "--objective",
        })
    }
}

/// Something that must not be, or with [`Flag::Objective`] something that must.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    flag: Flag,
    /// As it was written.
    text: String,
    measure: String,
    comparison: Comparison,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
        }
    }
}

/// The right side. Numbers are as written, in their own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// Change in per cent of the first group.
    Percent(f64),
    /// Change by an amount.
    Amount(f64, Suffix),
    /// A value, whatever the first group has.
    Value(f64, Suffix),
}

/// The unit that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    None,
    Percent,
    /// In nanoseconds.
    Time(u64),
    /// In bytes.
    Bytes(u64),
}

const SUFFIXES: [(&str, Suffix); 9] = [
    ("%", Suffix::Percent),
    ("ns", Suffix::Time(1)),
    ("us", Suffix::Time(1000)),
    ("ms", Suffix::Time(1_000_000)),
    ("s", Suffix::Time(1_000_000_000)),
    ("B", Suffix::Bytes(1)),
    ("kB", Suffix::Bytes(1000)),
    ("MB", Suffix::Bytes(1_000_000)),
    ("GB", Suffix::Bytes(1_000_000_000)),
];

/// Why a condition means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Senseless {
    #[error("write MEASURE OP BOUND, such as p99>+10% or p99.9>5ms")]
    Shape,
    #[error(
        "{0:?} is no bound: write a number and a unit, with a sign for a change, such as +10%, -200us or 5ms"
    )]
    Bound(String),
    #[error("{flag} {condition}: there is no {measure} in {file}; there is {names}")]
    Unknown { flag: Flag, condition: String, measure: String, file: String, names: String },
    #[error("{flag} {condition}: {measure} is {what}; write {example}")]
    Unit { flag: Flag, condition: String, measure: String, what: &'static str, example: &'static str },
    #[error("--fail-if {0}: a bound with a sign needs a second report or group to compare with the first")]
    Alone(String),
}

/// Reads a condition.
///
/// # Errors
/// It has another shape, or its bound is no number.
pub(crate) fn parse(text: &str) -> Result<Condition, Senseless> {
    let at = text.find(['<', '>']).ok_or(Senseless::Shape)?;
    let (measure, rest) = text.split_at(at);
    let (comparison, bound) = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        (">", Comparison::Above),
        ("<", Comparison::Below),
    ]
    .into_iter()
    .find_map(|(sign, comparison)| Some((comparison, rest.strip_prefix(sign)?)))
    .ok_or(Senseless::Shape)?;
    let (measure, bound) = (measure.trim(), bound.trim());
    if measure.is_empty() || measure.contains(char::is_whitespace) || bound.is_empty() {
        return Err(Senseless::Shape);
    }
    let wrong = || Senseless::Bound(bound.to_owned());
    let bound = parse_bound(bound).ok_or_else(wrong)?;
    Ok(Condition {
        flag: Flag::FailIf,
        text: text.trim().to_owned(),
        measure: measure.to_owned(),
        comparison,
        bound,
    })
}

fn parse_bound(text: &str) -> Option<Bound> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end =
        unsigned.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let suffix = match suffix.trim_start() {
        "" => Suffix::None,
        written => SUFFIXES.into_iter().find(|(name, _)| *name == written)?.1,
    };
    let size: f64 = number.parse().ok()?;
    let value = if text.starts_with('-') { -size } else { size };
    Some(match suffix {
        _ if unsigned == text => Bound::Value(value, suffix),
        Suffix::Percent => Bound::Percent(value),
        _ => Bound::Amount(value, suffix),
    })
}

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

/// A condition in one run, with what was found there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    Holds(String),
    Fails(String),
    /// Fewer than ten samples beyond it, or not measured.
    Untold,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Condition {
    /// The same as something that has to hold. `None` if it bounds a change: one run has none.
    pub(crate) fn into_objective(self) -> Option<Self> {
        matches!(self.bound, Bound::Value(..)).then_some(Self { flag: Flag::Objective, ..self })
    }

    pub(crate) fn measure(&self) -> &str {
        &self.measure
    }

    /// Whether it holds in `run`, if it bounds a value.
    ///
    /// # Errors
    /// The run has no such measure, or the unit is not the measure's.
    pub(crate) fn read(&self, run: &Run) -> Result<Reading, Senseless> {
        let Some(measure) = measure::of(run, &self.measure) else {
            let names = measure::names(run).join(", ");
            let (flag, condition, measure) = (self.flag, self.text.clone(), self.measure.clone());
            return Err(Senseless::Unknown { flag, condition, measure, file: "a report".to_owned(), names });
        };
        let bound = self.scaled(measure.unit)?;
        let Some(value) = measure.value else { return Ok(Reading::Untold) };
        let found = measure.unit.text(value);
        Ok(if self.comparison.holds(value, bound) { Reading::Holds(found) } else { Reading::Fails(found) })
    }

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

    /// The bound in the measure's own unit.
    fn scaled(&self, unit: Unit) -> Result<f64, Senseless> {
        let (value, suffix) = match self.bound {
            Bound::Percent(percent) => return Ok(percent),
            Bound::Amount(value, suffix) | Bound::Value(value, suffix) => (value, suffix),
        };
        let factor = match (unit, suffix) {
            (Unit::Nanoseconds, Suffix::Time(ns)) => Some(ns as f64),
            (Unit::Microseconds, Suffix::Time(ns)) => Some(ns as f64 / 1e3),
            (Unit::Seconds, Suffix::Time(ns)) => Some(ns as f64 / 1e9),
            (Unit::Bytes | Unit::BytesPerSecond, Suffix::Bytes(bytes)) => Some(bytes as f64),
            (Unit::Share, Suffix::Percent) => Some(0.01),
            (Unit::Count | Unit::PerSecond | Unit::Times, Suffix::None) => Some(1.0),
            _ => None,
        };
        let (what, example) = match unit {
            Unit::Nanoseconds | Unit::Microseconds | Unit::Seconds => ("a time", "+10%, +200us or 5ms"),
            Unit::Bytes | Unit::BytesPerSecond => ("counted in bytes", "+10%, +20B or 16kB"),
            Unit::Share => ("a share", "+10% for a change or 5% for a value"),
            Unit::Count | Unit::PerSecond | Unit::Times => ("a plain number", "+10%, +1 or 5"),
        };
        let wrong = || {
            let (flag, condition, measure) = (self.flag, self.text.clone(), self.measure.clone());
            Senseless::Unit { flag, condition, measure, what, example }
        };
        factor.map(|factor| value * factor).ok_or_else(wrong)
    }
}

fn changed(unit: Unit, now: Spread, then: Spread) -> String {
    let percent = now.change_since(then) * 100.0;
    let (before, after) = (unit.text(then.median), unit.text(now.median));
    let change = if percent.is_finite() { format!("{percent:+.1} %, ") } else { String::new() };
    let noise = if now.min < now.max && now.overlaps(then) { "; the ranges overlap" } else { "" };
    format!("{change}{before} to {after}{noise}")
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::super::group;
    use super::*;
    use crate::report::run::Run;

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
    fn conditions_are_a_measure_a_sign_and_a_bound() {
        use Bound::{Amount, Percent, Value};
        use Comparison::{Above, AtLeast, AtMost, Below};
        let table = [
            ("p99>+10%", "p99", Above, Percent(10.0)),
            ("p99.9 >= -2.5%", "p99.9", AtLeast, Percent(-2.5)),
            (" service.p99 < 5ms ", "service.p99", Below, Value(5.0, Suffix::Time(1_000_000))),
            ("cpu<=+0.2 us", "cpu", AtMost, Amount(0.2, Suffix::Time(1000))),
            ("update_bytes.mean>300B", "update_bytes.mean", Above, Value(300.0, Suffix::Bytes(1))),
            ("hash_mismatches>0", "hash_mismatches", Above, Value(0.0, Suffix::None)),
            ("count<-5", "count", Below, Amount(-5.0, Suffix::None)),
            ("foreign_cpu>5%", "foreign_cpu", Above, Value(5.0, Suffix::Percent)),
        ];
        for (text, measure, comparison, bound) in table {
            let (flag, measure) = (Flag::FailIf, measure.into());
            let wanted = Condition { flag, text: text.trim().into(), measure, comparison, bound };
            assert_eq!(parse(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "p99", ">5ms", "p99>", "p99=5ms", "p99 > ", "p 99>5ms", "+10%"] {
            assert_eq!(parse(text), Err(Senseless::Shape), "{text}");
        }
        for text in [
            "p99>fast",
            "p99>+",
            "p99>5 parsecs",
            "p99>++5%",
            "p99>1.2.3ms",
            "p99>=>5ms",
            "p99>5ms%",
            "p99>nan",
            "p99>1e3us",
        ] {
            assert!(matches!(parse(text), Err(Senseless::Bound(_))), "{text}: {:?}", parse(text));
        }
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
