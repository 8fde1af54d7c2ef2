//! The server's own numbers: `/metrics` in the Prometheus text format, read before and after a window.
//!
//! Counters and the buckets of histograms are differences, so they are of exactly the window; a bucket's bound is all
//! that is known of a percentile then. Summaries and maxima are of the server's whole life, and are called so.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::limits::METRICS_BYTES_MAX;
use crate::quantiles::is_told;
use crate::report::{Breakdown, Stage};
use crate::wire::route::Route;
use crate::wire::sources::Sources;

/// A server that does not answer within this is not asked again.
const LIMIT: Duration = Duration::from_secs(2);
/// A list of ours in a few reads.
const READ_BYTES: usize = 64 << 10;
/// Percentiles of a summary, as their labels are written.
const QUANTILES: [(&str, &str, f64); 3] =
    [("p50", "0.5", 0.5), ("p99", "0.99", 0.99), ("p99.9", "0.999", 0.999)];

/// Why there are no metrics.
#[derive(Debug)]
pub(crate) enum NoMetrics {
    Io(io::Error),
    /// It answered, but not with 200 and a text.
    Status(String),
}

impl fmt::Display for NoMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Status(line) => write!(f, "the server answers {line:?}"),
        }
    }
}

impl From<io::Error> for NoMetrics {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One reading: values by series, a name with its labels as it stands in the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// Asks the server; takes up to 2 s to connect and 2 s more, however the answer is cut.
    pub(crate) fn take(route: &Route, path: &str) -> Result<Self, NoMetrics> {
        let mut stream = Sources::new().connect_within(route.address, LIMIT)?;
        stream.set_write_timeout(Some(LIMIT))?;
        let host = route.target.authority();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let clock = Clock::new();
        let answer = read_within(&mut stream, |stream| {
            let left = LIMIT.saturating_sub(clock.now().since(Time::default()));
            // The system refuses a timeout of zero.
            if left.is_zero() { Ok(false) } else { stream.set_read_timeout(Some(left)).map(|()| true) }
        })?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.lines().next().unwrap_or_default();
        if status.split(' ').nth(1) != Some("200") || body.is_empty() {
            return Err(NoMetrics::Status(status.to_owned()));
        }
        Ok(Self::parse(body))
    }

    /// Values that are no finite number are nobody's count, and would spoil sums and reports: they are left out.
    pub(crate) fn parse(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (series, value) = line.trim_end().rsplit_once(' ')?;
            let value: f64 = value.parse().ok()?;
            value.is_finite().then(|| (series.to_owned(), value))
        });
        Self(samples.collect())
    }

    /// The series of one name: labels and value.
    fn series<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        let of_name = move |series: &'a str| {
            let labels = series.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some(labels)
        };
        self.0.iter().filter_map(move |(series, &value)| Some((of_name(series)?, value)))
    }

    /// The sum over all labels; `None` without such a series.
    pub(crate) fn sum(&self, name: &str) -> Option<f64> {
        self.series(name).map(|(_, value)| value).reduce(|left, right| left + right)
    }

    /// How the server's I/O threads read live sessions: `waking`, `coalescing`, or both. `None` if it does not tell.
    pub(crate) fn read_mode(&self) -> Option<String> {
        let any = |mode: &str| {
            let label = format!("{{reads=\"{mode}\"}}");
            self.series("tickwire_io_threads").any(|(labels, count)| labels == label && count > 0.0)
        };
        let modes: Vec<&str> = ["waking", "coalescing"].into_iter().filter(|mode| any(mode)).collect();
        (!modes.is_empty()).then(|| modes.join(" and "))
    }

    /// The largest over all labels that have `label`.
    fn worst(&self, name: &str, label: &str) -> Option<f64> {
        self.series(name)
            .filter(|(labels, _)| labels.contains(label))
            .map(|(_, value)| value)
            .reduce(f64::max)
    }

    /// Cumulative counts by bound, over all threads.
    fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for (labels, count) in self.series(name) {
            let Some(bound) = bound_in(labels) else { continue };
            match buckets.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, sum)) => *sum += count,
                None => buckets.push((bound, count)),
            }
        }
        buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        buckets
    }
}

/// All that comes to the end, as long as `allow` lets it be read on.
fn read_within<S: Read>(stream: &mut S, allow: impl Fn(&S) -> io::Result<bool>) -> io::Result<String> {
    let (mut answer, mut buffer) = (Vec::new(), vec![0; READ_BYTES]);
    while allow(stream)? {
        match stream.read(&mut buffer) {
            Ok(0) => return String::from_utf8(answer).map_err(|_| io::ErrorKind::InvalidData.into()),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if answer.len() > METRICS_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

fn bound_in(labels: &str) -> Option<f64> {
    let (_, rest) = labels.split_once("le=\"")?;
    let (bound, _) = rest.split_once('"')?;
    if bound == "+Inf" { Some(f64::INFINITY) } else { bound.parse().ok() }
}

/// A histogram of durations, in the window and over the server's life.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Durations {
    pub(crate) count: f64,
    mean_ms: f64,
    /// Bounds in milliseconds and how many were within, in the window.
    buckets: Vec<(f64, f64)>,
    /// Label, quantile, milliseconds; of the life.
    life: Vec<(&'static str, f64)>,
    life_count: f64,
    life_max_ms: Option<f64>,
}

impl Durations {
    /// Of `name`, such as `tickwire_tick_duration`. `None` if the server does not count it.
    fn between(before: &Scrape, after: &Scrape, name: &str) -> Option<Self> {
        let family = format!("{name}_seconds");
        let difference = |suffix: &str| {
            let name = format!("{family}_{suffix}");
            Some(after.sum(&name)? - before.sum(&name).unwrap_or_default())
        };
        let (count, sum) = (difference("count")?, difference("sum")?);
        let bucket = format!("{family}_bucket");
        let then = before.buckets(&bucket);
        let within =
            |bound: f64| then.iter().find(|(known, _)| *known == bound).map_or(0.0, |(_, count)| *count);
        let now = after.buckets(&bucket);
        let buckets = now.iter().map(|&(bound, count)| (bound * 1000.0, count - within(bound))).collect();
        let hdr = format!("{name}_hdr_seconds");
        let life_count = after.sum(&format!("{hdr}_count")).unwrap_or_default();
        let life = QUANTILES.iter().filter(|(_, _, quantile)| is_told(*quantile, life_count as u64));
        let life = life.filter_map(|(shown, label, _)| {
            Some((*shown, after.worst(&hdr, &format!("quantile=\"{label}\""))? * 1000.0))
        });
        Some(Self {
            count,
            mean_ms: if count > 0.0 { sum / count * 1000.0 } else { 0.0 },
            buckets,
            life: life.collect(),
            life_count,
            life_max_ms: after.worst(&format!("{name}_max_seconds"), "").map(|seconds| seconds * 1000.0),
        })
    }

    /// The least bound that holds this share of the window's samples; `None` below ten samples beyond it.
    fn bound_of(&self, quantile: f64) -> Option<f64> {
        if !is_told(quantile, self.count as u64) {
            return None;
        }
        // `total_cmp` order, +Inf last: there is always one.
        self.buckets.iter().find(|(_, within)| *within >= quantile * self.count).map(|(bound, _)| *bound)
    }

    /// In the window: count, mean and the bounds of percentiles.
    pub(crate) fn window(&self) -> String {
        let mut text = format!("count {}  mean {:.3}", self.count, self.mean_ms);
        for (shown, _, quantile) in QUANTILES {
            if let Some(bound) = self.bound_of(quantile) {
                text += &(if bound.is_finite() {
                    format!("  {shown} <= {bound:.2}")
                } else {
                    format!("  {shown} beyond all buckets")
                });
            }
        }
        let all = self.buckets.iter().find(|(_, within)| *within >= self.count).map(|(bound, _)| *bound);
        match all.filter(|bound| bound.is_finite() && self.count > 0.0) {
            Some(bound) => text + &format!("  max <= {bound:.2} ms"),
            None => text + " ms",
        }
    }

    /// Over the server's life, from its own HdrHistogram.
    pub(crate) fn life(&self) -> String {
        let mut text = format!("count {}", self.life_count);
        for (shown, ms) in &self.life {
            text += &format!("  {shown} {ms:.3}");
        }
        match self.life_max_ms {
            Some(max) => text + &format!("  max {max:.3} ms"),
            None => text + " ms",
        }
    }
}

/// What the server counted between two readings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) ticks: f64,
    pub(crate) overruns: f64,
    pub(crate) dropped: f64,
    pub(crate) start_jitter: Option<Durations>,
    pub(crate) duration: Option<Durations>,
    /// From the first to the last player of a room that a send pass wrote to.
    pub(crate) send_skew: Option<Durations>,
    /// Each session's least round trip of ten seconds, once a second.
    pub(crate) round_trip: Option<Durations>,
}

impl Ticks {
    /// `None` if the server counts no ticks.
    pub(crate) fn between(before: &Scrape, after: &Scrape) -> Option<Self> {
        let difference = |name: &str| Some(after.sum(name)? - before.sum(name).unwrap_or_default());
        Some(Self {
            ticks: difference("tickwire_ticks_total")?,
            overruns: difference("tickwire_tick_overruns_total").unwrap_or_default(),
            dropped: difference("tickwire_ticks_dropped_total").unwrap_or_default(),
            start_jitter: Durations::between(before, after, "tickwire_tick_start_jitter"),
            duration: Durations::between(before, after, "tickwire_tick_duration"),
            send_skew: Durations::between(before, after, "tickwire_send_skew"),
            round_trip: Durations::between(before, after, "tickwire_rtt"),
        })
    }
}

/// The server's stages of an input's way, by their labels, and how a report calls them.
const STAGES: [(&str, &str); 5] = [
    ("read_to_buffered", "read -> buffered"),
    ("buffered_to_tick_start", "buffered -> tick start"),
    ("tick_start_to_tick_end", "tick start -> tick end"),
    ("tick_end_to_encoded", "tick end -> encoded"),
    ("encoded_to_written", "encoded -> written"),
];

/// Where the time of the inputs went whose effect the server wrote to their players between two readings.
///
/// Stages and whole are of the same inputs, so that sums and means add up. `None` if the server does not tell, or
/// there were none.
pub(crate) fn breakdown_between(before: &Scrape, after: &Scrape) -> Option<Breakdown> {
    let difference = |name: &str, label: &str| {
        let sum = |scrape: &Scrape| {
            let of_label = scrape.series(name).filter(|(labels, _)| labels.contains(label));
            of_label.map(|(_, value)| value).reduce(|left, right| left + right)
        };
        Some(sum(after)? - sum(before).unwrap_or_default())
    };
    let part = |name: &str, family: &str, label: &str| {
        let count = difference(&format!("{family}_count"), label)?;
        let sum_s = difference(&format!("{family}_sum"), label)?;
        Some(Stage::new(name, count.max(0.0) as u64, sum_s.max(0.0)))
    };
    let stage = |(label, name): &(&str, &str)| {
        part(name, "tickwire_input_stage_seconds", &format!("stage=\"{label}\""))
    };
    let stages = STAGES.iter().map(stage).collect::<Option<Vec<_>>>()?;
    let whole = part("read -> written", "tickwire_input_latency_seconds", "")?;
    let label = "an input's way through the server, from its read to the write of its effect".to_owned();
    (whole.count > 0).then_some(Breakdown { label, stages, whole })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_no_finite_number_is_not_there() {
        let scrape = Scrape::parse("a 1\nb NaN\nc inf\nc{x=\"1\"} 2\nd +Inf\ne -inf\n");
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(|name| scrape.sum(name)),
            [Some(1.0), None, Some(2.0), None, None]
        );
    }

    #[test]
    fn an_answer_that_drips_ends_at_its_limit() {
        let left = Cell::new(20);
        let allow = |_: &io::Repeat| Ok(left.replace(left.get() - 1) > 0);
        let error = |result: io::Result<String>| result.expect_err("it never ends").kind();
        let mut dripping = io::repeat(b'1');
        assert_eq!(error(read_within(&mut dripping, allow)), io::ErrorKind::TimedOut);
        assert_eq!(left.get(), -1, "it was asked before every read");
        assert_eq!(error(read_within(&mut dripping, |_| Ok(true))), io::ErrorKind::FileTooLarge);
        assert_eq!(read_within(&mut &b"a 1"[..], |_| Ok(true)).expect("an end"), "a 1");
    }

    /// What a server of two threads says after `ticks` ticks, of which all but ten were within 0.1 ms.
    fn text(ticks: u32) -> String {
        let fast = ticks - ticks.min(10);
        format!(
            "# HELP tickwire_ticks_total Ticks run.\n# TYPE tickwire_ticks_total counter\n\
             tickwire_ticks_total {ticks}\ntickwire_tick_overruns_total 3\ntickwire_ticks_dropped_total 0\n\
             tickwire_tick_duration_seconds_bucket{{thread=\"0\",le=\"0.0001\"}} {fast}\n\
             tickwire_tick_duration_seconds_bucket{{thread=\"0\",le=\"0.001\"}} {ticks}\n\
             tickwire_tick_duration_seconds_bucket{{thread=\"0\",le=\"+Inf\"}} {ticks}\n\
             tickwire_tick_duration_seconds_bucket{{thread=\"1\",le=\"0.0001\"}} 0\n\
             tickwire_tick_duration_seconds_sum{{thread=\"0\"}} {}\n\
             tickwire_tick_duration_seconds_count{{thread=\"0\"}} {ticks}\n\
             tickwire_tick_duration_hdr_seconds{{thread=\"0\",quantile=\"0.5\"}} 0.00008\n\
             tickwire_tick_duration_hdr_seconds{{thread=\"0\",quantile=\"0.99\"}} 0.0009\n\
             tickwire_tick_duration_hdr_seconds{{thread=\"1\",quantile=\"0.99\"}} 0.0002\n\
             tickwire_tick_duration_hdr_seconds{{thread=\"0\",quantile=\"0.999\"}} 0.00095\n\
             tickwire_tick_duration_hdr_seconds_count{{thread=\"0\"}} {ticks}\n\
             tickwire_tick_duration_max_seconds{{thread=\"0\"}} 0.00097\n",
            f64::from(ticks) * 0.0002,
        )
    }

    fn ticks(before: u32, after: u32) -> Ticks {
        Ticks::between(&Scrape::parse(&text(before)), &Scrape::parse(&text(after))).expect("it counts ticks")
    }

    #[test]
    fn counters_and_buckets_are_of_the_window() {
        let ticks = ticks(1000, 4600);
        assert_eq!((ticks.ticks, ticks.overruns, ticks.dropped), (3600.0, 0.0, 0.0));
        assert_eq!(ticks.start_jitter, None);
        let duration = ticks.duration.expect("it is counted");
        assert_eq!(duration.window(), "count 3600  mean 0.200  p50 <= 0.10  p99 <= 0.10  max <= 0.10 ms");
        assert_eq!(duration.life(), "count 4600  p50 0.080  p99 0.900  max 0.970 ms");
    }

    #[test]
    fn the_few_that_were_slow_decide_the_bound_of_the_maximum() {
        let duration = ticks(0, 1000).duration.expect("it is counted");
        assert_eq!(duration.window(), "count 1000  mean 0.200  p50 <= 0.10  p99 <= 0.10  max <= 1.00 ms");
        let duration = ticks(0, 100).duration.expect("it is counted");
        assert_eq!(duration.window(), "count 100  mean 0.200  p50 <= 0.10  max <= 1.00 ms");
    }

    /// What a server of two I/O threads says of `count` inputs each.
    fn stages(count: u32) -> Scrape {
        let mut text = String::new();
        for (thread, factor) in [(0, 1.0), (1, 3.0)] {
            let mut whole = 0.0;
            for (nth, (stage, _)) in (1..).zip(STAGES) {
                let labels = format!("thread=\"{thread}\",stage=\"{stage}\"");
                let sum = f64::from(count) * f64::from(nth) * 0.001 * factor;
                whole += sum;
                text += &format!("tickwire_input_stage_seconds{{{labels},quantile=\"0.5\"}} 9\n");
                text += &format!("tickwire_input_stage_seconds_sum{{{labels}}} {sum}\n");
                text += &format!("tickwire_input_stage_seconds_count{{{labels}}} {count}\n");
            }
            text += &format!("tickwire_input_latency_seconds_sum{{thread=\"{thread}\"}} {whole}\n");
            text += &format!("tickwire_input_latency_seconds_count{{thread=\"{thread}\"}} {count}\n");
        }
        Scrape::parse(&text)
    }

    #[test]
    fn the_breakdown_is_of_the_window_and_of_all_threads_and_adds_up() {
        let breakdown = breakdown_between(&stages(100), &stages(1100)).expect("it is told");
        let means: Vec<_> = breakdown.stages.iter().map(|stage| (stage.mean_s * 1e6).round()).collect();
        assert_eq!(means, [2000.0, 4000.0, 6000.0, 8000.0, 10_000.0]);
        assert!(breakdown.stages.iter().all(|stage| stage.count == 2000));
        assert_eq!((breakdown.whole.count, (breakdown.whole.mean_s * 1e6).round()), (2000, 30_000.0));
        assert_eq!(breakdown.accounted(), breakdown.stages);
        assert_eq!(breakdown.stages[1].name, "buffered -> tick start");
    }

    #[test]
    fn without_inputs_there_is_no_breakdown() {
        assert_eq!(breakdown_between(&stages(100), &stages(100)), None);
        let other = Scrape::parse("tickwire_ticks_total 3\n");
        assert_eq!(breakdown_between(&other, &other), None);
        // A server that has just been started says nothing in the first reading.
        let whole = breakdown_between(&other, &stages(10)).expect("it is told").whole;
        assert_eq!(whole.count, 20);
    }

    #[test]
    fn the_read_mode_is_that_of_the_threads_there_are() {
        let mode = |waking, coalescing| {
            Scrape::parse(&format!(
                "tickwire_io_threads{{reads=\"waking\"}} {waking}\ntickwire_io_threads{{reads=\"coalescing\"}} {coalescing}\n"
            ))
            .read_mode()
        };
        assert_eq!(mode(1, 0).as_deref(), Some("waking"));
        assert_eq!(mode(0, 2).as_deref(), Some("coalescing"));
        assert_eq!(mode(1, 1).as_deref(), Some("waking and coalescing"));
        assert_eq!(Scrape::default().read_mode(), None);
    }

    #[test]
    fn a_page_without_ticks_is_no_server_of_ours() {
        let scrape = Scrape::parse("<html>\nprocess_cpu_seconds_total 3\n");
        assert_eq!(Ticks::between(&scrape, &scrape), None);
        assert_eq!(scrape.sum("process_cpu"), None, "a prefix is another name");
        assert_eq!(scrape.sum("process_cpu_seconds_total"), Some(3.0));
    }
}
