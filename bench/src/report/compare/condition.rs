//! `Condition`: what `--fail-if` or `--objective` says, and whether it holds in a run.
//!
//! ```text
//! condition = measure op bound
//! op        = ">" | ">=" | "<" | "<="
//! bound     = ["+" | "-"] number [unit]      with a sign: a change since the first group
//! unit      = "%" | "ns" | "us" | "ms" | "s" | "B" | "kB" | "MB" | "GB"
//! ```

use std::fmt;

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
    pub(super) flag: Flag,
    /// As it was written.
    pub(super) text: String,
    pub(super) measure: String,
    pub(super) comparison: Comparison,
    pub(super) bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    pub(super) fn holds(self, value: f64, bound: f64) -> bool {
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
pub(super) enum Bound {
    /// Change in per cent of the first group.
    Percent(f64),
    /// Change by an amount.
    Amount(f64, Suffix),
    /// A value, whatever the first group has.
    Value(f64, Suffix),
}

/// The unit that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suffix {
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

    /// The bound in the measure's own unit.
    pub(super) fn scaled(&self, unit: Unit) -> Result<f64, Senseless> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
