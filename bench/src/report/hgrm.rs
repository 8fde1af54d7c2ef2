//! `--hgrm`: percentiles of the main distribution as text, in the layout that HdrHistogram's plotters read.
//!
//! Rows end where ten samples are left; then comes the maximum. Lines that begin with `#` are comments to all readers.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::run::Run;
use super::unit::{Scale, Unit};
use crate::quantiles;

/// Rows for each halving of the distance to 100 %; the number that the Java and C tools use.
const TICKS_PER_HALF: u32 = 5;

/// Far beyond the ten samples that any run leaves.
const HALVES_MAX: u32 = 50;

/// Times in milliseconds, all else as it is. Empty but for comments if the run has no distribution.
pub(crate) fn write(run: &Run) -> String {
    let warnings: String = run.verdict.warnings().iter().map(|warning| format!("# {warning}\n")).collect();
    let Some(main) = run.main_distribution() else { return warnings + "# this run has no distribution\n" };
    let scale = scale_of(main.unit);
    let rows = percentiles(&main.histogram, scale.factor);
    let unit = if scale.name.is_empty() { "as counted" } else { scale.name };
    format!("{warnings}{rows}# {}: {} ({}), {unit}\n{warnings}", run.scenario, main.label, main.name)
}

/// In which values of a distribution are written for HdrHistogram's tools.
pub(super) fn scale_of(unit: Unit) -> Scale {
    match unit {
        Unit::Nanoseconds => Scale { factor: 1e6, name: "ms" },
        Unit::Bytes => Scale { factor: 1.0, name: "B" },
        _ => Scale { factor: 1.0, name: "" },
    }
}

/// Quantiles from 0 towards 1, five to each half of what is left. From whole numbers each: steps that are added up drift.
fn levels() -> impl Iterator<Item = f64> {
    let half = |halves: u32| {
        let parts = f64::from(TICKS_PER_HALF) * 2f64.powi(halves as i32 + 1);
        (0..TICKS_PER_HALF).map(move |tick| {
            let begin = parts - 2.0 * f64::from(TICKS_PER_HALF);
            (begin + f64::from(tick)) / parts
        })
    };
    (0..HALVES_MAX).flat_map(half)
}

fn percentiles(histogram: &Histogram<u64>, factor: f64) -> String {
    let mut text =
        format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let mut write = |value: u64, quantile: f64, total: u64| {
        let _ = write!(text, "{:12.3} {quantile:2.12} {total:10}", value as f64 / factor);
        let _ =
            if quantile < 1.0 { writeln!(text, " {:14.2}", 1.0 / (1.0 - quantile)) } else { writeln!(text) };
    };
    for quantile in levels().take_while(|quantile| quantiles::is_told(*quantile, histogram.len())) {
        let value = histogram.value_at_quantile(quantile);
        write(value, quantile, histogram.count_between(0, value));
    }
    if !histogram.is_empty() {
        write(histogram.max(), 1.0, histogram.len());
    }
    let (mean, deviation) = (histogram.mean() / factor, histogram.stdev() / factor);
    let (max, count) = (histogram.max() as f64 / factor, histogram.len());
    let (buckets, parts) = (histogram.buckets(), 2048);
    let _ = writeln!(text, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]");
    let _ = writeln!(text, "#[Max     = {max:12.3}, Total count    = {count:12}]");
    let _ = writeln!(text, "#[Buckets = {buckets:12}, SubBuckets     = {parts:12}]");
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_small_sample_is_as_counted_by_hand() {
        // 1 to 40: ten lie beyond the 30th, so that no row stands between 75 % and the maximum.
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000, 3).expect("bounds");
        (1..=40).for_each(|value| histogram.saturating_record(value));
        let wanted = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n\
        \x20      1.000 0.000000000000          1           1.00\n\
        \x20      4.000 0.100000000000          4           1.11\n\
        \x20      8.000 0.200000000000          8           1.25\n\
        \x20     12.000 0.300000000000         12           1.43\n\
        \x20     16.000 0.400000000000         16           1.67\n\
        \x20     20.000 0.500000000000         20           2.00\n\
        \x20     22.000 0.550000000000         22           2.22\n\
        \x20     24.000 0.600000000000         24           2.50\n\
        \x20     26.000 0.650000000000         26           2.86\n\
        \x20     28.000 0.700000000000         28           3.33\n\
        \x20     30.000 0.750000000000         30           4.00\n\
        \x20     40.000 1.000000000000         40\n\
        #[Mean    =       20.500, StdDeviation   =       11.543]\n\
        #[Max     =       40.000, Total count    =           40]\n\
        #[Buckets =           12, SubBuckets     =         2048]\n";
        assert_eq!(percentiles(&histogram, 1.0), wanted);
    }

    #[test]
    fn times_are_in_milliseconds_and_flaws_stand_first_and_last() {
        let text = write(&sample::flawed());
        assert!(text.starts_with("# GENERATOR SATURATED: result invalid\n# PARTIAL: "), "{text}");
        assert!(text.ends_with("# FAILED: players lost: 3 (bound 0)\n"), "{text}");
        assert!(text.contains("# arena: input to state (latency), ms\n"));
        let rows: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && line.ends_with(char::is_numeric)).collect();
        assert!(rows.iter().any(|row| row.starts_with("      10.002 0.500000000000 ")), "{text}");
        assert!(rows.last().is_some_and(|row| row.ends_with(" 1.000000000000      10000")), "{text}");
    }

    #[test]
    fn nothing_measured_is_no_row() {
        let mut run = sample::arena();
        run.distributions.iter_mut().for_each(|distribution| distribution.histogram.reset());
        assert_eq!(write(&run).lines().filter(|line| line.ends_with("1.00")).count(), 0);
        run.distributions.clear();
        assert_eq!(write(&run), "# this run has no distribution\n");
    }
}
