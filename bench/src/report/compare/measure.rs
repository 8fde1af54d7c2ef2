//! `Measure`: one number of a report, by its name.

use crate::report::distribution::Distribution;
use crate::report::run::Run;
use crate::report::unit::Unit;

/// A number, or that a report does not tell it: too few samples for a percentile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    pub(super) unit: Unit,
    pub(super) value: Option<f64>,
}

/// Names of one number each that are not those of figures.
const OWN: [&str; 3] = ["cpu", "resident_memory", "foreign_cpu"];

/// The number that `name` means in `run`: of the main distribution, of a named one, of the server, or a figure.
pub(super) fn of(run: &Run, name: &str) -> Option<Measure> {
    if let Some(main) = run.main_distribution()
        && let Some(measure) = statistic(main, name)
    {
        return Some(measure);
    }
    let found = run
        .distributions
        .iter()
        .find_map(|other| statistic(other, name.strip_prefix(&other.name)?.strip_prefix('.')?));
    let figure = || run.figures.iter().find(|figure| figure.name == name);
    found
        .or_else(|| figure().map(|figure| Measure { unit: figure.unit, value: Some(figure.value) }))
        .or_else(|| own(run, name))
}

fn own(run: &Run, name: &str) -> Option<Measure> {
    let server = run.server.as_ref();
    let (unit, value) = match name {
        "cpu" => (Unit::Microseconds, server?.cpu_us_per),
        "resident_memory" => (Unit::Bytes, server?.resident_bytes as f64),
        "foreign_cpu" => (Unit::Share, run.foreign_cpu_share?),
        _ => return None,
    };
    Some(Measure { unit, value: Some(value) })
}

/// `mean`, `p99` and the like.
fn statistic(distribution: &Distribution, name: &str) -> Option<Measure> {
    let Distribution { histogram, unit, .. } = distribution;
    let told = |value: f64| (!histogram.is_empty()).then_some(value);
    let (unit, value) = match name {
        "count" => (Unit::Count, Some(histogram.len() as f64)),
        "mean" => (*unit, told(histogram.mean())),
        "min" => (*unit, told(histogram.min() as f64)),
        "max" => (*unit, told(histogram.max() as f64)),
        _ => (*unit, distribution.told(quantile(name)?).map(|value| value as f64)),
    };
    Some(Measure { unit, value })
}

/// The quantile of `p99.9`; above 0 and below 100.
fn quantile(name: &str) -> Option<f64> {
    let number = name
        .strip_prefix('p')
        .filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))?;
    let percent: f64 = number.parse().ok()?;
    // As the tables have it: 99.9 / 100 is not 0.999.
    (percent > 0.0 && percent < 100.0).then(|| (percent * 1e6).round() / 1e8)
}

/// What can be asked of `run`, for those who asked for something else.
pub(super) fn names(run: &Run) -> Vec<String> {
    let mut names = ["p50", "p99", "mean", "max", "count"].map(str::to_owned).to_vec();
    names.extend(run.distributions.iter().map(|distribution| format!("{}.p99", distribution.name)));
    names.extend(OWN.into_iter().filter(|name| own(run, name).is_some()).map(str::to_owned));
    names.extend(run.figures.iter().map(|figure| figure.name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn every_number_of_a_report_has_a_name() {
        let run = sample::arena();
        let latency = &run.distributions[0].histogram;
        let table = [
            ("p99", Unit::Nanoseconds, Some(latency.value_at_quantile(0.99) as f64)),
            ("latency.p99.9", Unit::Nanoseconds, Some(latency.value_at_quantile(0.999) as f64)),
            ("p99.99", Unit::Nanoseconds, None),
            ("count", Unit::Count, Some(10_000.0)),
            ("update_bytes.max", Unit::Bytes, Some(2000.0)),
            ("update_bytes.p99.9", Unit::Bytes, None),
            ("updates", Unit::Count, Some(60_000.0)),
            ("cpu", Unit::Microseconds, Some(3.72)),
            ("resident_memory", Unit::Bytes, Some(f64::from(21 << 20))),
            ("foreign_cpu", Unit::Share, Some(0.013)),
        ];
        for (name, unit, value) in table {
            assert_eq!(of(&run, name), Some(Measure { unit, value }), "{name}");
        }
        for name in [
            "",
            "p",
            "p0",
            "p100",
            "p-1",
            "p1e1",
            "p9.9.9",
            "q99",
            "none.p99",
            "latency",
            "latency.",
            "latencyp99",
        ] {
            assert_eq!(of(&run, name), None, "{name}");
        }
        assert!(names(&run).iter().all(|name| of(&run, name).is_some()));
    }

    #[test]
    fn nothing_measured_is_a_count_of_zero_and_no_more() {
        let mut run = sample::arena();
        run.distributions[0].histogram.reset();
        assert_eq!(of(&run, "count").and_then(|measure| measure.value), Some(0.0));
        for name in ["min", "mean", "max", "p50"] {
            assert_eq!(of(&run, name).map(|measure| measure.value), Some(None), "{name}");
        }
    }
}
