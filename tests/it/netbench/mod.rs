//! The load generator against running servers, and what it says when there is none.

mod attacks;
mod crowds;
mod floors;
mod refusals;

use std::time::Duration;

use serde_json::Value;
use tickwire_client::{Client, Clock, Options};
use tickwire_tests::deadline::Deadline;
use tickwire_tests::process::{Finished, Program, run};

const LIMIT: Duration = Duration::from_secs(60);

fn netbench(args: &[&str]) -> Finished {
    run(&mut Program::Package("tickwire-bench").command(args), LIMIT)
}

/// What `--json -` wrote.
#[track_caller]
fn json(out: &Finished) -> Value {
    serde_json::from_str(&out.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", out.stdout, out.stderr))
}

/// Runs a scenario that writes its report as JSON to standard output.
fn measure(args: &[&str]) -> (Finished, Value) {
    let out = netbench(&[args, &["--json", "-"]].concat());
    let report = json(&out);
    (out, report)
}

/// A number of the report.
#[track_caller]
fn figure(report: &Value, name: &str) -> f64 {
    let figures = report["figures"].as_array().expect("a list");
    let figure = figures.iter().find(|figure| figure["name"] == name);
    figure.and_then(|figure| figure["value"].as_f64()).unwrap_or_else(|| panic!("no {name} in {figures:#?}"))
}

/// How many samples a distribution of the report has.
#[track_caller]
pub(crate) fn samples(report: &Value, name: &str) -> u64 {
    let distributions = report["distributions"].as_array().expect("a list");
    let found = distributions.iter().find(|distribution| distribution["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no distribution {name}"));
    assert!(found["max"].is_u64(), "{name} comes with its maximum");
    found["count"].as_u64().expect("a count")
}

/// It ended well, or only because this machine is too busy for it to send on time.
#[track_caller]
fn went_well(out: &Finished, report: &Value) {
    let flaws = report["verdict"]["flaws"].as_array().expect("a list");
    let is_late = flaws.iter().all(|flaw| flaw["kind"] == "invalid") && !flaws.is_empty();
    let want = if is_late { 1 } else { 0 };
    assert_eq!(out.status.code(), Some(want), "{}", out.stderr);
    assert_eq!(is_late, out.stderr.contains("GENERATOR SATURATED: result invalid"), "{}", out.stderr);
}

#[test]
fn players_on_a_schedule_are_served_and_the_report_is_whole() {
    let server = Program::Package("game-demo").start(&["--bots", "4"]);
    let pid = server.id().to_string();
    let url = server.ws("/ws");
    let args =
        ["arena", "--url", &url, "--players", "8", "--decode", "3", "--threads", "2", "--server-pid", &pid];
    let (out, report) = measure(&[&args[..], &["--duration", "2s", "--warmup", "500ms"]].concat());
    went_well(&out, &report);
    for some in ["updates", "inputs", "decoded", "headers_read", "hashes_compared", "both_ways"] {
        assert!(figure(&report, some) >= 8.0, "{some}: {report:#}");
    }
    assert!(figure(&report, "bytes_per_player") > 0.0);
    for clean in ["hash_mismatches", "hashes_different", "lost", "unanswered"] {
        assert!(figure(&report, clean).abs() < 0.5, "{clean}: {report:#}");
    }
    let (stages, whole) = (&report["breakdown"]["stages"], &report["breakdown"]["whole"]);
    let stages = stages.as_array().expect("the server tells its stages");
    let sum: f64 = stages.iter().filter_map(|stage| stage["sum_s"].as_f64()).sum();
    let whole_s = whole["sum_s"].as_f64().expect("a number");
    assert!(whole_s > 0.0 && (sum - whole_s).abs() < 1e-6 * whole_s, "{stages:#?} make {sum} of {whole_s} s");
    assert!(stages.len() == 5 && stages.iter().all(|stage| stage["count"] == whole["count"]), "{stages:#?}");
    assert!((figure(&report, "rooms") - 1.0).abs() < 0.5);
    for distribution in ["latency", "service", "send_lag", "age", "update_bytes", "handshake"] {
        assert!(samples(&report, distribution) >= 8, "{distribution}: {report:#}");
    }
    assert_eq!(report["headline"], "latency");
    assert_eq!(report["timeline"].as_array().map(Vec::len), Some(2));
    if cfg!(target_os = "linux") {
        assert_eq!(report["server"]["per"], "player and tick");
        assert!(report["foreign_cpu_share"].is_f64() && figure(&report, "generator_cpu") >= 0.0);
    }
}

#[test]
fn echoes_of_an_open_and_of_a_closed_loop_are_measured() {
    let server = Program::Example("ws_echo").start(&[]);
    let pid = server.id().to_string();
    let url = server.ws("/");
    let common = [
        "echo",
        "--url",
        &url,
        "--connections",
        "5",
        "--duration",
        "1s",
        "--warmup",
        "100ms",
        "--server-pid",
        &pid,
    ];
    let (out, report) = measure(&[&common[..], &["--rate", "50", "--threads", "2"]].concat());
    went_well(&out, &report);
    // A generator that is held up leaves out what is too old to send, and says so.
    let due = samples(&report, "latency") + figure(&report, "left_out") as u64;
    assert_eq!((due, samples(&report, "latency")), (250, samples(&report, "service")), "{report:#}");
    assert!(figure(&report, "unanswered").abs() < 0.5 && samples(&report, "handshake") == 5);
    assert_eq!(report["server"]["per"], "message");
    let (out, report) = measure(&[&common[..], &["--pipeline", "4", "--bytes", "300"]].concat());
    went_well(&out, &report);
    assert!(samples(&report, "service") > 250 && report["headline"] == "service", "{report:#}");
    let stages = ["echo", "--url", &url, "--stages", "500ms:2,500ms:6", "--rate", "20", "--warmup", "10ms"];
    let (out, report) = measure(&stages);
    went_well(&out, &report);
    assert_eq!(samples(&report, "stage_1"), 20, "{report:#}");
    let arguments = &report["arguments"];
    assert!(arguments["connections"].is_null() && arguments["rate"] == "20", "{arguments}");
    assert!((50..=60).contains(&samples(&report, "stage_2")), "{report:#}");
}

#[test]
fn frames_of_a_broadcast_are_counted_and_timed() {
    let server = Program::Example("fanout").start(&["--hz", "50", "--bytes", "100"]);
    let url = server.ws("/");
    let common = ["fanout", "--url", &url, "--connections", "4", "--duration", "1s", "--warmup", "100ms"];
    let (out, report) = measure(
        &[&common[..], &["--stamp-offset", "0", "--input-rate", "60", "--input-bytes", "24"]].concat(),
    );
    went_well(&out, &report);
    assert!((190..=204).contains(&(figure(&report, "received") as u64)), "{report:#}");
    assert!((figure(&report, "frame_bytes") - 100.0).abs() < 0.5);
    assert!((figure(&report, "inputs") - 240.0).abs() < 4.5, "{report:#}");
    assert!(samples(&report, "delivery") >= 190 && samples(&report, "skew") >= 40, "{report:#}");
    let (out, report) = measure(&common);
    went_well(&out, &report);
    assert!(report["headline"] == "gap" && samples(&report, "gap") >= 190, "{report:#}");
}

#[cfg(unix)]
#[test]
fn what_was_measured_before_the_server_died_is_kept_and_marked() {
    let mut server = Program::Package("game-demo").start(&["--bots", "0"]);
    let url = server.ws("/ws");
    let (clock, deadline) = (Clock::new(), Deadline::after(LIMIT));
    let mut watcher = Client::connect(&url, &Options::new("arena", "watcher")).expect("it listens");
    let mut watch_until = |is_done: &dyn Fn(&Client) -> bool| {
        while !(watcher.is_live() && is_done(&watcher)) {
            assert!(!deadline.passed(), "the room did not become as it should");
            watcher.poll(clock.now()).expect("the server is there");
            watcher.wait(clock.now(), Duration::from_millis(20)).expect("a socket");
        }
        (watcher.world().len(), watcher.tick())
    };
    let (alone, _) = watch_until(&|_| true);
    let args = ["arena", "--url", &url, "--players", "4", "--duration", "50s", "--warmup", "1ms"];
    let (out, report) = std::thread::scope(|scope| {
        let bench = scope.spawn(|| measure(&args));
        // Each player is an entity at least; then some ticks for the window to begin.
        let (_, joined) = watch_until(&|watcher| watcher.world().len() >= alone + 4);
        watch_until(&|watcher| watcher.tick().delta(joined) >= 120);
        server.signal(rustix::process::Signal::KILL);
        server.wait();
        bench.join().expect("it ended")
    });
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("PARTIAL: "), "{}", out.stderr);
    assert!(figure(&report, "updates") > 0.0, "{report:#}");
    assert!((figure(&report, "lost") - 4.0).abs() < 0.5, "{report:#}");
}

#[test]
fn a_search_probes_until_its_objective_fails_or_the_highest_load_holds() {
    let server = Program::Example("fanout").start(&[]);
    let url = server.ws("/");
    let args = ["search", "fanout", "--url", &url, "--connections", "2", "--max", "6", "--rest", "1ms"];
    let short = ["--duration", "500ms", "--warmup", "50ms", "--json", "-", "--again", "0"];
    // Without inputs this program is never late, so that the result depends on the objective alone.
    let out = netbench(&[&args[..], &short, &["--objective", "gap.max<10s"]].concat());
    let run = json(&out);
    assert_eq!(out.status.code(), Some(0), "{run:#}");
    assert_eq!((figure(&run, "highest"), figure(&run, "probes")), (6.0, 3.0), "{run:#}");
    // Printed as they come; in the report they are sentences.
    let is_probe = |line: &&str| line.contains(" connections: holds: gap.max is ") && !line.ends_with('.');
    assert_eq!(out.stderr.lines().filter(is_probe).count(), 3, "{}", out.stderr);
    assert_eq!(run["scenario"], "search fanout");
    assert_eq!(figure(&run, "frame_bytes"), 200.0, "the rest is that of the best probe: {run:#}");

    let out = netbench(&[&args[..], &short, &["--objective", "gap.max<1us"]].concat());
    let run = json(&out);
    assert_eq!(out.status.code(), Some(1), "{run:#}");
    assert!(run["verdict"].to_string().contains("not even with 1 connections"), "{run:#}");

    let out = netbench(&[&args[..], &short, &["--objective", "latency.p99<1s"]].concat());
    assert_eq!(out.status.code(), Some(2), "{}", out.stderr);
    assert!(out.stderr.contains("--objective latency.p99<1s: there is no latency.p99"), "{}", out.stderr);
}
