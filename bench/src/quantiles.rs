//! How a distribution is printed: count, mean, percentiles and maximum, and which percentiles are not.
//!
//! Invariant: the count and the maximum always stand there, and no percentile with fewer than ten samples beyond it:
//! below that it says more about luck than about the server.

use hdrhistogram::Histogram;

/// Samples that must lie beyond a percentile.
const BEYOND_MIN: f64 = 10.0;

/// Percentiles in the order they are printed.
const SHOWN: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

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

/// One line of values divided by `unit` with `decimals`, such as `count 600  mean 1.20  p50 1.10 ...  max 3.00 ms`.
pub(crate) fn line(histogram: &Histogram<u64>, unit: f64, decimals: usize, name: &str) -> String {
    if histogram.is_empty() {
        return "count 0".to_owned();
    }
    let mut text = format!("count {}  mean {:.decimals$}", histogram.len(), histogram.mean() / unit);
    for (label, quantile) in SHOWN {
        if is_told(quantile, histogram.len()) {
            let value = histogram.value_at_quantile(quantile) as f64 / unit;
            text += &format!("  {label} {value:.decimals$}");
        }
    }
    text + &format!("  max {:.decimals$} {name}", histogram.max() as f64 / unit)
}

/// A line of microseconds, printed in milliseconds.
pub(crate) fn milliseconds(histogram: &Histogram<u64>) -> String {
    line(histogram, 1000.0, 2, "ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(histogram: &Histogram<u64>) -> String {
        line(histogram, 1.0, 0, "B")
    }

    fn of(count: u64) -> Histogram<u64> {
        let mut histogram = histogram();
        (1..=count).for_each(|value| histogram.saturating_record(value * 1000));
        histogram
    }

    #[test]
    fn a_percentile_is_shown_with_ten_samples_beyond_it_and_not_with_nine() {
        assert_eq!(milliseconds(&of(0)), "count 0");
        assert_eq!(milliseconds(&of(1)), "count 1  mean 1.00  max 1.00 ms");
        assert_eq!(bytes(&of(20)), "count 20  mean 10503  p50 10007  max 20015 B");
        assert!(!milliseconds(&of(19)).contains("p50"));
        for (count, labels) in [(99, 1), (100, 2), (999, 2), (1000, 3), (9999, 3), (10_000, 4)] {
            assert_eq!(milliseconds(&of(count)).matches("  p").count(), labels, "{count}");
        }
    }

    #[test]
    fn values_above_the_histogram_count_as_its_end() {
        let mut histogram = histogram();
        histogram.saturating_record(u64::MAX);
        assert!(histogram.max() >= HIGHEST && bytes(&histogram).starts_with("count 1 "));
    }
}
