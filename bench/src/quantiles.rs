//! Histograms as everybody keeps them, and which of their percentiles are told.
//!
//! Invariant: no percentile with fewer than ten samples beyond it: below that it says more about luck than about the
//! server.

use hdrhistogram::Histogram;

/// Samples that must lie beyond a percentile.
const BEYOND_MIN: f64 = 10.0;

/// Histograms keep 1 to this much at three digits: 60 s in microseconds, or 60 MB. More counts as this.
const HIGHEST: u64 = 60_000_000;

pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, HIGHEST, 3).expect("1 to 60,000,000 at three digits is a histogram")
}

/// Latencies: 1 us to 60 s in nanoseconds, to three digits. More counts as 60 s: `saturating_record`.
pub(crate) fn nanoseconds() -> Histogram<u64> {
    Histogram::new_with_bounds(1000, 60_000_000_000, 3).expect("1 us to 60 s at three digits is a histogram")
}

/// Quantiles that a report holds, as far as they are told.
pub(crate) const ALL: [f64; 14] =
    [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999, 0.999_999];

/// Those that a table has a column for, once any row tells them.
pub(crate) const COLUMNS: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

/// A quantile as its percentile without the dust of binary fractions: 0.999 is 99.9.
pub(crate) fn percent(quantile: f64) -> f64 {
    (quantile * 1e8).round() / 1e6
}

/// Whether a percentile says anything with this many samples.
pub(crate) fn is_told(quantile: f64, count: u64) -> bool {
    // Half a sample of grace: 0.999 is no exact binary fraction.
    count as f64 * (1.0 - quantile) >= BEYOND_MIN - 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_told_with_ten_samples_beyond_it_and_not_with_nine() {
        let told = |count| COLUMNS.iter().filter(|(_, quantile)| is_told(*quantile, count)).count();
        for (count, columns) in
            [(0, 0), (1, 0), (19, 0), (20, 1), (99, 1), (100, 2), (999, 2), (1000, 3), (9999, 3), (10_000, 4)]
        {
            assert_eq!(told(count), columns, "{count}");
        }
    }

    #[test]
    fn values_above_the_histogram_count_as_its_end() {
        let mut histogram = histogram();
        histogram.saturating_record(u64::MAX);
        assert!(histogram.max() >= HIGHEST && histogram.len() == 1);
    }
}
