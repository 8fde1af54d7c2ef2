//! `Stages`: load that changes in steps, as `30s:100,60s:1000` says it.
//!
//! One step follows another without a pause. A number alone is how many connections there are in the step: those that
//! are missing connect at its beginning, those that are too many leave then. A number with `/s` is the rate of each
//! connection; the connections stay. All steps of a run say the same.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::cli::{duration, typed};

/// More than anybody reads in one report.
const STAGES_MAX: usize = 100;
/// Beyond this a run measures its own generator. Chosen, not measured.
pub(crate) const CONNECTIONS_MAX: u32 = 50_000;
/// Messages a second of one connection; above it the clock's grain shows.
pub(crate) const RATE_MAX: f64 = 100_000.0;

/// What a step sets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Level {
    Connections(u32),
    /// Of each connection, per second.
    Rate(f64),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Step {
    pub(crate) duration: Duration,
    pub(crate) level: Level,
}

/// At least one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stages(Vec<Step>);

impl Stages {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }

    pub(crate) fn total(&self) -> Duration {
        self.0.iter().map(|stage| stage.duration).sum()
    }

    /// When each begins, since the first did.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = Duration> {
        self.0.iter().scan(Duration::ZERO, |sum, stage| {
            let begin = *sum;
            *sum += stage.duration;
            Some(begin)
        })
    }

    /// Connections of each; `None` if they set rates.
    pub(crate) fn connections(&self) -> Option<Vec<u32>> {
        let of = |step: &Step| match step.level {
            Level::Connections(count) => Some(count),
            Level::Rate(_) => None,
        };
        self.0.iter().map(of).collect()
    }

    /// Rates of each; `None` if they set connections.
    pub(crate) fn rates(&self) -> Option<Vec<f64>> {
        let of = |step: &Step| match step.level {
            Level::Rate(rate) => Some(rate),
            Level::Connections(_) => None,
        };
        self.0.iter().map(of).collect()
    }
}

/// Why a text says no stages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadStages {
    #[error(
        "write DURATION:CONNECTIONS,... such as 30s:100,60s:1000, or DURATION:RATE/s,... such as 30s:10/s"
    )]
    Form,
    #[error("write connections in all stages, or a rate in all")]
    Mixed,
    #[error("at most {STAGES_MAX} stages")]
    TooMany,
}

impl FromStr for Stages {
    type Err = BadStages;

    fn from_str(text: &str) -> Result<Self, BadStages> {
        let stages: Vec<Step> = text.split(',').map(step).collect::<Option<_>>().ok_or(BadStages::Form)?;
        if stages.len() > STAGES_MAX {
            return Err(BadStages::TooMany);
        }
        let stages = Self(stages);
        if stages.connections().is_none() && stages.rates().is_none() {
            return Err(BadStages::Mixed);
        }
        Ok(stages)
    }
}

fn step(text: &str) -> Option<Step> {
    let (time, level) = text.trim().split_once(':')?;
    let level = match level.strip_suffix("/s") {
        Some(rate) => Level::Rate(self::rate(rate).ok()?),
        None => {
            let count: u32 = level.parse().ok()?;
            Level::Connections((1..=CONNECTIONS_MAX).contains(&count).then_some(count)?)
        }
    };
    Some(Step { duration: duration(time).ok()?, level })
}

/// A rate per second above zero, such as 60 or 0.5.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().unwrap_or(f64::NAN);
    if rate > 0.0 && rate <= RATE_MAX {
        return Ok(rate);
    }
    Err(format!("write a number per second above 0 and up to {RATE_MAX}"))
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, stage) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{}:", typed(stage.duration))?;
            match stage.level {
                Level::Connections(count) => write!(f, "{count}")?,
                Level::Rate(rate) => write!(f, "{rate}/s")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_durations_with_connections_or_with_rates() {
        let stages: Stages = "30s:100,60s:1000,500ms:1".parse().expect("as in the help");
        assert_eq!(stages.connections(), Some(vec![100, 1000, 1]));
        assert_eq!(stages.rates(), None);
        assert_eq!(stages.total(), Duration::from_millis(90_500));
        let offsets: Vec<u64> = stages.offsets().map(|offset| offset.as_secs()).collect();
        assert_eq!(offsets, [0, 30, 90]);
        let rates: Stages = "1s:10/s, 1s:0.5/s".parse().expect("as in the help");
        assert_eq!((rates.rates(), rates.connections()), (Some(vec![10.0, 0.5]), None));
        assert_eq!(rates.to_string().parse(), Ok(rates), "what is told can be typed");
    }

    #[test]
    fn what_says_no_stages_is_refused() {
        for text in
            ["", "30s", "30s:", ":5", "30s:0", "30s:-1", "0s:5", "30s:5,", "30s:50001", "1s:0/s", "1s:NaN/s"]
        {
            assert_eq!(text.parse::<Stages>(), Err(BadStages::Form), "{text}");
        }
        assert_eq!("1s:5,1s:5/s".parse::<Stages>(), Err(BadStages::Mixed));
        assert_eq!(vec!["1s:1"; 101].join(",").parse::<Stages>(), Err(BadStages::TooMany));
    }
}
