//! What `/metrics` and `/readyz` say.

use std::collections::BTreeSet;
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::Request;

use super::causes::{CloseReason, HandshakeFailure};
use super::label::Label;
use super::latency::LatencyRecorder;
use super::{InputStamps, Metrics, StageRecorder};

fn answer(metrics: &Metrics, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
    let request = Request::parse(head.as_bytes()).expect("a valid request");
    let response = metrics.respond(&request).expect("an answer");
    (response.code(), String::from_utf8(response.body().to_vec()).expect("text"))
}

#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    let found: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).collect();
    assert_eq!(found.len(), 1, "{series} in\n{text}");
    found[0].parse().expect("a number")
}

#[test]
fn every_series_is_there_with_zero_from_the_start() {
    let metrics = Metrics::new(2, 1).with_kinds(vec!["duel".into(), "chess".into()]);
    let (status, text) = answer(&metrics, "/metrics");
    assert_eq!(status, 200);
    for series in [
        "tickwire_connections",
        "tickwire_sessions",
        "tickwire_connections_opened_total",
        "tickwire_slow_client_closes_total",
        "tickwire_received_bytes_total",
        "tickwire_tick_overruns_total",
        "tickwire_tick_duration_seconds_bucket{thread=\"0\",le=\"0.016\"}",
        "tickwire_tick_duration_seconds_bucket{thread=\"0\",le=\"+Inf\"}",
        "tickwire_tick_duration_hdr_seconds{thread=\"0\",quantile=\"0.999\"}",
        "tickwire_tick_start_jitter_max_seconds{thread=\"0\"}",
        "tickwire_accept_failures_total{errno=\"emfile\"}",
        "tickwire_rooms{kind=\"duel\"}",
        "tickwire_rooms{kind=\"chess\"}",
        "tickwire_input_stage_seconds{thread=\"1\",stage=\"tick_end_to_encoded\",quantile=\"0.99\"}",
        "tickwire_input_stage_seconds_sum{thread=\"0\",stage=\"read_to_buffered\"}",
        "tickwire_input_stage_seconds_count{thread=\"0\",stage=\"encoded_to_written\"}",
        "tickwire_input_latency_seconds_sum{thread=\"1\"}",
        "tickwire_input_latency_max_seconds{thread=\"0\"}",
        "tickwire_input_wait_seconds_count{thread=\"0\"}",
        "tickwire_inputs_unwritten_total",
        "tickwire_send_skew_seconds_count{thread=\"1\"}",
        "tickwire_rtt_hdr_seconds{thread=\"0\",quantile=\"0.5\"}",
        "tickwire_messages_sent_total{kind=\"events\"}",
        "tickwire_log_suppressed_total",
    ] {
        assert_eq!(value(&text, series), 0.0, "{series}");
    }
    for reason in CloseReason::ALL {
        let series = format!("tickwire_connections_closed_total{{reason=\"{}\"}}", reason.text());
        assert_eq!(value(&text, &series), 0.0);
    }
    for reason in HandshakeFailure::ALL {
        let series = format!("tickwire_handshake_failures_total{{reason=\"{}\"}}", reason.text());
        assert_eq!(value(&text, &series), 0.0);
    }
    let build = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains("tickwire_build_info{") && text.contains(&build), "{text}");
}

/// promtool's rules that matter here: one TYPE and HELP per family before its samples, no sample twice, counters end
/// in `_total`.
#[test]
fn the_text_is_well_formed() {
    let (_, text) = answer(&Metrics::new(3, 2), "/metrics");
    let (mut families, mut samples, mut family) = (BTreeSet::new(), BTreeSet::new(), ("", ""));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split_once(' ').expect("a kind");
            assert!(families.insert(family.0), "{line}");
            assert_eq!(family.1 == "counter", family.0.ends_with("_total"), "{line}");
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(rest.ends_with('.'), "{line}");
        } else {
            let (series, number) = line.rsplit_once(' ').expect("a value");
            assert!(number.parse::<f64>().is_ok(), "{line}");
            assert!(samples.insert(series), "{line}");
            let name = series.split('{').next().expect("a name");
            let suffix = name.strip_prefix(family.0);
            assert!(matches!(suffix, Some("" | "_bucket" | "_sum" | "_count")), "{line} in {family:?}");
            assert!(name.starts_with("tickwire_") || name.starts_with("process_"), "{line}");
        }
    }
    assert!(text.ends_with('\n') && samples.len() > 150, "{}", samples.len());
}

#[test]
fn threads_add_up_and_latencies_are_in_seconds() {
    let metrics = Metrics::new(2, 2);
    for (thread, count) in [(0, 3), (1, 4)] {
        let io = metrics.io(thread);
        io.closed.add(CloseReason::Unmasked, count);
        io.received_bytes.add(100 * count);
        io.connections.set(10 * count);
        io.send_queue_bytes_max.set(count);
    }
    let sim = metrics.simulation(1);
    let mut recorder = LatencyRecorder::new();
    for ms in [1, 3, 100] {
        recorder.record(Duration::from_millis(ms), &sim.duration);
    }
    assert!(recorder.publish(Time::from_nanos(1 << 40), &sim.duration));
    let (_, text) = answer(&metrics, "/metrics");
    assert_eq!(value(&text, "tickwire_connections_closed_total{reason=\"unmasked\"}"), 7.0);
    assert_eq!(value(&text, "tickwire_received_bytes_total"), 700.0);
    assert_eq!(value(&text, "tickwire_connections"), 70.0);
    assert_eq!(value(&text, "tickwire_send_queue_bytes"), 4.0);
    let bucket = |le: &str| {
        value(&text, &format!("tickwire_tick_duration_seconds_bucket{{thread=\"1\",le=\"{le}\"}}"))
    };
    let buckets = ["0.0005", "0.001", "0.002", "0.004", "0.066", "+Inf"].map(bucket);
    assert_eq!(buckets, [0.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
    assert_eq!(value(&text, "tickwire_tick_duration_seconds_sum{thread=\"1\"}"), 0.104);
    let median = value(&text, "tickwire_tick_duration_hdr_seconds{thread=\"1\",quantile=\"0.5\"}");
    assert!((0.003..0.003_01).contains(&median), "{median}");
    let longest = value(&text, "tickwire_tick_duration_max_seconds{thread=\"1\"}");
    assert!((0.1..0.1002).contains(&longest), "{longest}");
    assert_eq!(value(&text, "tickwire_tick_duration_hdr_seconds_count{thread=\"0\"}"), 0.0);
}

#[test]
fn the_stages_of_inputs_are_told_in_seconds_and_add_up_to_the_latency() {
    let metrics = Metrics::new(2, 1);
    let io = metrics.io(1);
    let mut recorder = StageRecorder::default();
    let us = |us: u64| Time::from_nanos((1 << 40) + us * 1_000);
    let stamps = InputStamps { read: us(0), buffered: us(4_000), began: us(20_000), ended: us(20_500) };
    recorder.record(stamps, us(20_750), us(20_754));
    recorder.publish(us(0), &io.stages);
    let (_, text) = answer(&metrics, "/metrics");
    let sums = [
        ("read_to_buffered", 0.004),
        ("buffered_to_tick_start", 0.016),
        ("tick_start_to_tick_end", 0.0005),
        ("tick_end_to_encoded", 0.00025),
        ("encoded_to_written", 0.000004),
    ];
    for (stage, sum) in sums {
        let series = |suffix: &str| {
            value(&text, &format!("tickwire_input_stage_seconds_{suffix}{{thread=\"1\",stage=\"{stage}\"}}"))
        };
        assert_eq!((series("sum"), series("count")), (sum, 1.0), "{stage}");
    }
    assert_eq!(value(&text, "tickwire_input_latency_seconds_sum{thread=\"1\"}"), 0.020754);
    assert_eq!(value(&text, "tickwire_input_latency_seconds_count{thread=\"0\"}"), 0.0);
}

#[test]
fn readyz_says_no_before_the_first_tick_after_a_stall_and_while_draining() {
    let metrics = Metrics::new(2, 2);
    let at = |ms: u64| 1_000_000_000_000 + ms * 1_000_000;
    let turn = |ms: u64| metrics.io(1).turn_began_ns.set(at(ms));
    let tick = |thread: usize, ms: u64| metrics.simulation(thread).ticked_ns.set(at(ms));
    // A clock that began with the process: no tick yet is not a tick at 0.
    metrics.io(0).turn_began_ns.set(5);
    assert_eq!(answer(&metrics, "/readyz").0, 503);
    turn(0);
    assert_eq!(answer(&metrics, "/readyz"), (503, "the simulation does not tick".to_owned()));
    tick(0, 0);
    assert_eq!(answer(&metrics, "/readyz").0, 503, "one of two");
    tick(1, 5);
    assert_eq!(answer(&metrics, "/readyz"), (200, "ready".to_owned()));
    turn(1_000);
    assert_eq!(answer(&metrics, "/readyz").0, 200);
    turn(1_001);
    assert_eq!(answer(&metrics, "/readyz").0, 503);
    tick(0, 1_000);
    tick(1, 1_000);
    assert_eq!(answer(&metrics, "/readyz").0, 200);
    metrics.drain();
    assert_eq!(answer(&metrics, "/readyz"), (503, "draining".to_owned()));
    assert_eq!(answer(&Metrics::new(1, 0), "/readyz").0, 200, "nothing to simulate");
}

#[test]
fn other_paths_and_methods_are_left_to_the_service() {
    let metrics = Metrics::new(1, 0);
    for head in ["GET / HTTP/1.1", "GET /metrics/ HTTP/1.1", "POST /metrics HTTP/1.1"] {
        let head = format!("{head}\r\nHost: h\r\n\r\n");
        let request = Request::parse(head.as_bytes()).expect("a valid request");
        assert_eq!(metrics.respond(&request), None);
    }
}
