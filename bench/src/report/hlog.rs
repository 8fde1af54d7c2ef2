//! `--hlog`: an HdrHistogram interval log of the main distribution, one histogram a second.
//!
//! Times count from the beginning of the measurement: there is no wall clock in it. A run without a timeline is one interval.

use std::io;
use std::time::Duration;

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;

use super::hgrm;
use super::run::Run;

/// The log as text.
///
/// # Errors
/// A histogram cannot be encoded.
pub(crate) fn write(run: &Run) -> io::Result<String> {
    let refused =
        |error: &dyn std::fmt::Debug| io::Error::other(format!("a histogram cannot be encoded: {error:?}"));
    let mut builder = IntervalLogWriterBuilder::new();
    for warning in run.verdict.warnings() {
        builder.add_comment(&warning);
    }
    let main = run.main_distribution();
    let scale = main.map(|main| hgrm::scale_of(main.unit));
    if let Some((main, scale)) = main.zip(scale) {
        builder.add_comment(&format!(
            "{} {}, {}: {} ({})",
            run.tool.name, run.tool.version, run.scenario, main.label, main.name
        ));
        builder.with_max_value_divisor(scale.factor);
    }
    let (mut bytes, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let mut log = builder.begin_log_with(&mut bytes, &mut serializer)?;
    for second in &run.timeline {
        let (at, length) = (seconds(second.at_s), seconds(second.length_s));
        log.write_histogram(&second.histogram, at, length, None).map_err(|error| refused(&error))?;
    }
    if let Some(main) = main.filter(|_| run.timeline.is_empty()) {
        let length = seconds(run.measured_s);
        log.write_histogram(&main.histogram, Duration::ZERO, length, None)
            .map_err(|error| refused(&error))?;
    }
    for warning in run.verdict.warnings() {
        log.write_comment(&warning)?;
    }
    String::from_utf8(bytes).map_err(|error| refused(&error))
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::super::sample;
    use super::*;

    fn histograms(text: &str) -> Vec<(Duration, Duration, Histogram<u64>)> {
        let entries = IntervalLogIterator::new(text.as_bytes()).map(|entry| entry.expect("it is a log"));
        let interval = |entry| match entry {
            LogEntry::Interval(interval) => {
                let bytes = BASE64.decode(interval.encoded_histogram().as_bytes()).expect("base64");
                let histogram = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("V2");
                Some((interval.start_timestamp(), interval.duration(), histogram))
            }
            _ => None,
        };
        entries.filter_map(interval).collect()
    }

    #[test]
    fn a_log_reads_back_second_by_second() {
        let run = sample::arena();
        let read = histograms(&write(&run).expect("it can be written"));
        assert_eq!(read.len(), 10);
        for (at, (start, length, histogram)) in read.iter().enumerate() {
            assert_eq!((*start, *length), (Duration::from_secs(at as u64), Duration::from_secs(1)));
            assert_eq!(histogram, &run.timeline[at].histogram);
        }
    }

    #[test]
    fn a_run_without_a_timeline_is_one_interval() {
        let mut run = sample::arena();
        run.timeline.clear();
        let read = histograms(&write(&run).expect("it can be written"));
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].1, Duration::from_millis(10_100));
        run.distributions.clear();
        assert!(histograms(&write(&run).expect("it can be written")).is_empty());
    }

    #[test]
    fn flaws_stand_first_and_last() {
        let text = write(&sample::flawed()).expect("it can be written");
        assert!(text.starts_with("#GENERATOR SATURATED: result invalid\n"), "{}", &text[..200]);
        assert!(text.ends_with("#FAILED: players lost: 3 (bound 0)\n"));
    }
}
