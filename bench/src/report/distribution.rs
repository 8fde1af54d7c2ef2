//! `Distribution` and `Second`: values as histograms, whole in the report.
//!
//! The histogram is what counts: it is written as HdrHistogram's V2-deflate in base64, and everything beside it (count,
//! mean, percentiles) is written for readers who have no HdrHistogram and is not read back.

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::unit::Unit;
use crate::quantiles;

/// One measured quantity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Distribution {
    /// For programs: `latency`, `update_bytes`. Lower case and underscores.
    pub(crate) name: String,
    /// For people: `input to state`.
    pub(crate) label: String,
    /// Of the values in the histogram.
    pub(crate) unit: Unit,
    pub(crate) histogram: Histogram<u64>,
}

impl Distribution {
    pub(crate) fn new(
        name: impl Into<String>,
        label: impl Into<String>,
        unit: Unit,
        histogram: Histogram<u64>,
    ) -> Self {
        Self { name: name.into(), label: label.into(), unit, histogram }
    }

    /// The value at a quantile; `None` with fewer than ten samples beyond it.
    pub(crate) fn told(&self, quantile: f64) -> Option<u64> {
        told(&self.histogram, quantile)
    }
}

/// One interval of the timeline, usually a second, of the run's main distribution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Second {
    /// Since the measurement began.
    pub(crate) at_s: f64,
    pub(crate) length_s: f64,
    /// What was asked of the server meanwhile, where stages change it: connections, players, a rate.
    pub(crate) load: Option<f64>,
    pub(crate) histogram: Histogram<u64>,
}

/// The value at a quantile; `None` with fewer than ten samples beyond it.
fn told(histogram: &Histogram<u64>, quantile: f64) -> Option<u64> {
    quantiles::is_told(quantile, histogram.len()).then(|| histogram.value_at_quantile(quantile))
}

impl Second {
    pub(crate) fn told(&self, quantile: f64) -> Option<u64> {
        told(&self.histogram, quantile)
    }
}

/// Whether a timeline has a line of this quantile: at least three quarters of the seconds with samples tell it. The last
/// second is often a short one.
pub(crate) fn is_mostly_told<'a>(seconds: impl Iterator<Item = &'a Second>, quantile: f64) -> bool {
    let (mut told, mut all) = (0, 0);
    for second in seconds.filter(|second| !second.histogram.is_empty()) {
        all += 1;
        told += usize::from(second.told(quantile).is_some());
    }
    all > 0 && told * 4 >= all * 3
}

#[derive(Serialize, Deserialize)]
struct WrittenDistribution {
    name: String,
    label: String,
    unit: Unit,
    #[serde(flatten)]
    values: Values,
    #[serde(default, skip_deserializing)]
    percentiles: Vec<Percentile>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSecond {
    at_s: f64,
    length_s: f64,
    load: Option<f64>,
    #[serde(flatten)]
    values: Values,
    #[serde(default, skip_deserializing)]
    p50: Option<u64>,
    #[serde(default, skip_deserializing)]
    p99: Option<u64>,
}

#[derive(Default, Serialize)]
struct Percentile {
    percentile: f64,
    value: u64,
}

#[derive(Serialize, Deserialize)]
struct Values {
    count: u64,
    #[serde(default, skip_deserializing)]
    min: u64,
    #[serde(default, skip_deserializing)]
    mean: f64,
    #[serde(default, skip_deserializing)]
    max: u64,
    /// V2-deflate in base64.
    #[serde(with = "super::encoded")]
    histogram: Histogram<u64>,
}

impl Values {
    fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            max: histogram.max(),
            histogram: histogram.clone(),
        }
    }

    /// The histogram, if it holds as many samples as the report says.
    fn checked<E: serde::de::Error>(self) -> Result<Histogram<u64>, E> {
        if self.histogram.len() == self.count {
            return Ok(self.histogram);
        }
        let (held, said) = (self.histogram.len(), self.count);
        Err(E::custom(format_args!("a histogram of {held} samples says that it has {said}")))
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let percentiles = quantiles::ALL.iter().filter_map(|&quantile| {
            Some(Percentile { percentile: quantiles::percent(quantile), value: self.told(quantile)? })
        });
        let written = WrittenDistribution {
            name: self.name.clone(),
            label: self.label.clone(),
            unit: self.unit,
            values: Values::of(&self.histogram),
            percentiles: percentiles.collect(),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenDistribution { name, label, unit, values, .. } =
            WrittenDistribution::deserialize(deserializer)?;
        Ok(Self { name, label, unit, histogram: values.checked()? })
    }
}

impl Serialize for Second {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { at_s, length_s, load, ref histogram } = *self;
        let values = Values::of(histogram);
        WrittenSecond { at_s, length_s, load, values, p50: self.told(0.5), p99: self.told(0.99) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Second {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenSecond { at_s, length_s, load, values, .. } = WrittenSecond::deserialize(deserializer)?;
        Ok(Self { at_s, length_s, load, histogram: values.checked()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: u64) -> Second {
        let mut histogram = quantiles::nanoseconds();
        histogram.saturating_record_n(5000, count);
        Second { at_s: 0.0, length_s: 1.0, load: None, histogram }
    }

    #[test]
    fn a_short_last_second_does_not_take_the_p99_from_a_timeline() {
        let told = |counts: &[u64]| {
            let seconds: Vec<Second> = counts.iter().map(|count| second(*count)).collect();
            is_mostly_told(seconds.iter(), 0.99)
        };
        assert!(told(&[1000, 1000, 1000, 3]) && told(&[1000, 0, 0]));
        assert!(!told(&[1000, 1000, 999, 3]) && !told(&[0, 0]) && !told(&[]));
    }
}
