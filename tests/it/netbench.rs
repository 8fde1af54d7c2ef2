//! The load generator against a running arena, and what it says when there is none.

#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::net::TcpListener;
#[cfg(target_os = "linux")]
use std::process::Command;
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
fn silent_connections_are_held_and_their_memory_is_told() {
    let table = [("ws_echo", "/", None), ("empty_room", "/ws", Some("empty"))];
    for (example, path, kind) in table {
        let server = Program::Example(example).start(&[]);
        let (pid, url) = (server.id().to_string(), server.ws(path));
        let mut args =
            vec!["idle", "--url", &url, "--connections", "200", "--server-pid", &pid, "--json", "-"];
        args.extend(["--warmup", "200ms", "--duration", "500ms"]);
        if let Some(kind) = kind {
            args.extend(["--join", kind, "--ack-every", "100ms"]);
        }
        let out = netbench(&args);
        assert_eq!(out.status.code(), Some(0), "{example}: {}{}", out.stdout, out.stderr);
        let run = json(&out);
        let figure = |name: &str| figure(&run, name);
        assert_eq!((figure("held"), figure("at_end"), figure("lost")), (200.0, 200.0, 0.0), "{example}");
        assert!(figure("anonymous_per_connection") < 64_000.0 && figure("anonymous_with") > 0.0, "{run:#}");
        let distributions = run["distributions"].as_array().expect("a list");
        let counts = distributions.iter().map(|one| one["count"].as_u64());
        assert_eq!(counts.collect::<Vec<_>>(), vec![Some(200); 1 + usize::from(kind.is_some())], "{example}");
    }
}

#[test]
fn visitors_come_and_go_and_leave_nothing_behind() {
    let arena = Program::Package("game-demo").start(&["--bots", "0"]);
    let echo = Program::Example("ws_echo").start(&[]);
    for (server, path, kind) in [(&arena, "/ws", Some("arena")), (&echo, "/", None)] {
        let (pid, url) = (server.id().to_string(), server.ws(path));
        let mut args = vec!["churn", "--url", &url, "--server-pid", &pid, "--json", "-", "--rate", "40"];
        args.extend(["--stay", "100ms", "--abrupt", "25", "--duration", "1s", "--warmup", "500ms"]);
        if let Some(kind) = kind {
            args.extend(["--join", kind]);
        }
        let out = netbench(&args);
        let run = json(&out);
        // A machine that is too busy to begin on time is no leak.
        let is_late = figure(&run, "late_share") > 0.01;
        assert_eq!(out.status.code(), Some(i32::from(is_late)), "{url}: {run:#}");
        assert_eq!(
            (figure(&run, "visits"), figure(&run, "whole"), figure(&run, "failed")),
            (40.0, 40.0, 0.0)
        );
        assert_eq!(figure(&run, "descriptors_before"), figure(&run, "descriptors_after"), "{url}");
        let counts = |name: &str| {
            let all = run["distributions"].as_array().expect("a list");
            all.iter().find(|one| one["name"] == name).and_then(|one| one["count"].as_u64())
        };
        // Every fourth goes without a goodbye.
        assert_eq!((counts("handshake"), counts("leave")), (Some(40), Some(30)), "{url}");
        assert_eq!(counts("join"), kind.map(|_| 40), "{url}");
        if kind.is_some() {
            for thing in ["connections", "sessions", "players", "rooms"] {
                let (before, after) = (format!("{thing}_before"), format!("{thing}_after"));
                assert_eq!(figure(&run, &before), figure(&run, &after), "{thing}");
            }
            assert_eq!(figure(&run, "rooms_after"), 1.0, "the warm-up made it");
        }
    }
}

#[test]
fn visitors_whom_nobody_lets_in_are_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let table = [
        (server.ws("/"), vec![], "no WebSocket at this address: server answered with status"),
        (server.ws("/ws"), vec!["--join", "nothing"], "refused: "),
    ];
    for (url, more, words) in table {
        let args = ["churn", "--url", &url, "--rate", "10", "--warmup", "200ms", "--duration", "200ms"];
        let out = netbench(&[&args[..], &more].concat());
        assert_eq!(out.status.code(), Some(1), "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains(words) && out.stderr.lines().count() == 1, "{}", out.stderr);
    }
}

#[test]
fn slow_readers_are_told_apart_from_healthy_ones() {
    let arena = Program::Package("game-demo").start(&["--bots", "0"]);
    let fanout = Program::Example("fanout").start(&[]);
    let short = ["--duration", "1s", "--warmup", "300ms", "--share", "0.25", "--json", "-"];
    let (arena_url, fanout_url) = (arena.ws("/ws"), fanout.ws("/"));
    let table = [
        (vec!["slow", "arena", "--url", &arena_url, "--players", "8", "--stalled"], "updates", "age_slow"),
        (
            vec!["slow", "fanout", "--url", &fanout_url, "--connections", "8", "--stamp-offset", "0"],
            "frames",
            "age_without",
        ),
    ];
    for (args, updates, distribution) in table {
        let is_stalled = args.contains(&"--stalled");
        let out = netbench(&[&args[..], &short].concat());
        let run = json(&out);
        assert_eq!((figure(&run, "healthy"), figure(&run, "slow"), figure(&run, "without")), (6.0, 2.0, 8.0));
        for kind in ["healthy", "without", "slow"] {
            assert_eq!(figure(&run, &format!("lost_{kind}")), 0.0, "{run:#}");
        }
        let rate = |kind: &str| figure(&run, &format!("{updates}_{kind}"));
        assert!(rate("healthy") > 30.0 && rate("without") > 30.0, "{run:#}");
        assert!(!is_stalled || rate("slow") == 0.0, "a stalled one reads nothing: {run:#}");
        let all = run["distributions"].as_array().expect("a list");
        let is_told = all.iter().any(|one| one["name"] == distribution);
        assert_eq!(is_told, !is_stalled, "{distribution}: {run:#}");
        // Whether this machine was too busy decides the exit code; both are told alike.
        let is_saturated = run["verdict"]["flaws"].to_string().contains("SATURATED");
        assert_eq!(out.status.code(), Some(i32::from(is_saturated)), "{run:#}");
    }
    let out = netbench(&["slow", "arena", "--url", &arena_url, "--players", "2", "--share", "0.1"]);
    assert_eq!(out.status.code(), Some(2), "{}", out.stderr);
    assert!(out.stderr.contains("is nobody"), "{}", out.stderr);
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

#[test]
fn silent_connections_that_nobody_takes_are_a_clear_error() {
    let server = Program::Example("empty_room").start(&[]);
    let table = [
        (server.ws("/"), vec![], "no WebSocket at this address: server answered with status"),
        (server.ws("/ws"), vec!["--join", "arena"], "refused: "),
    ];
    for (url, more, words) in table {
        let args = ["idle", "--url", &url, "--connections", "5", "--warmup", "1ms", "--duration", "1ms"];
        let out = netbench(&[&args[..], &more].concat());
        assert_eq!(out.status.code(), Some(1), "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains(words) && out.stderr.lines().count() == 1, "{}", out.stderr);
    }
    // More descriptors than the hard limit allows.
    let mut command = std::process::Command::new("prlimit");
    command.arg("--nofile=64").arg(Program::Package("tickwire-bench").build());
    let out = run(command.args(["idle", "--url", &server.ws("/ws"), "--connections", "100"]), LIMIT);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("the hard limit is 64") && out.stderr.lines().count() == 1, "{}", out.stderr);
}

#[cfg(unix)]
#[test]
fn a_server_that_dies_under_silent_connections_leaves_a_partial_report() {
    let out = until_it_dies(&["idle", "--connections", "50", "--warmup", "100ms"]);
    assert!(out.stdout.contains("PARTIAL: the server ended"), "{}\n{}", out.stdout, out.stderr);
}

#[cfg(unix)]
#[test]
fn a_server_that_dies_among_visitors_leaves_a_partial_report() {
    // A hundred are there at once in the window, and few in the warm-up.
    let out = until_it_dies(&["churn", "--rate", "100", "--stay", "1s", "--warmup", "50ms"]);
    for words in ["PARTIAL: nobody was let in any more after ", "PARTIAL: the server ended"] {
        assert!(out.stdout.contains(words), "{}\n{}", out.stdout, out.stderr);
    }
    assert!(!out.stdout.contains("left behind"), "nobody knows: {}", out.stdout);
}

/// Runs a scenario against an echo server that is killed when it has fifty connections.
#[cfg(unix)]
#[track_caller]
fn until_it_dies(scenario: &[&str]) -> Finished {
    let mut server = Program::Example("ws_echo").start(&[]);
    let (pid, url) = (server.id().to_string(), server.ws("/"));
    let args = [scenario, &["--url", &url, "--server-pid", &pid]].concat();
    let mut command =
        Program::Package("tickwire-bench").command(&[&args[..], &["--duration", "50s"]].concat());
    let out = std::thread::scope(|scope| {
        let bench = scope.spawn(|| run(&mut command, LIMIT));
        // All are there: one descriptor each, besides a dozen or so.
        let deadline = Deadline::after(LIMIT);
        let open = || std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        while open() < 55 {
            assert!(!deadline.passed(), "the connections did not come");
            std::thread::yield_now();
        }
        server.signal(rustix::process::Signal::KILL);
        server.wait();
        bench.join().expect("it ended")
    });
    assert_eq!(out.status.code(), Some(1), "{}\n{}", out.stdout, out.stderr);
    out
}

#[test]
fn what_is_no_websocket_is_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    for (path, status) in [("/", "200"), ("/nowhere", "404")] {
        let why = format!("no WebSocket at this address: server answered with status {status}");
        let table: [&[&str]; 5] = [
            &["arena"],
            &["echo"],
            &["fanout"],
            &["slow", "arena", "--share", "0.5"],
            &["search", "arena", "--objective", "p50<1s"],
        ];
        for scenario in table {
            let short = ["--url", &server.ws(path), "--connections", "2", "--duration", "1s"];
            let out = netbench(&[scenario, &short[..]].concat());
            assert_eq!((out.status.code(), out.stdout.as_str()), (Some(1), ""), "{}", out.stderr);
            assert!(out.stderr.contains(&why), "{scenario:?} {path}: {}", out.stderr);
        }
        let out = netbench(&["starve", "--url", &server.ws(path), "--connections", "2"]);
        assert!(out.stderr.contains(&why), "{path}: {}", out.stderr);
    }
}

#[test]
fn what_was_asked_for_and_is_not_there_is_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let url = server.ws("/ws");
    let table = [
        (["--server-pid", "4294967295"], "--server-pid"),
        (["--metrics", "/nowhere"], "no metrics at /nowhere"),
        (["--pin", "1023"], "core 1023"),
    ];
    for (args, words) in table {
        let out = netbench(&[&["arena", "--url", &url, "--duration", "1s"], &args[..]].concat());
        assert_eq!(out.status.code(), Some(1), "{args:?}: {}", out.stderr);
        assert!(out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}

#[test]
fn a_server_that_takes_everybody_is_not_starved() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let out = netbench(&["starve", "--url", &server.ws("/ws"), "--connections", "3"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("prlimit --nofile=256"), "{}", out.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_without_descriptors_answers_everybody_in_the_end() {
    let example = Program::Example("ws_echo").command(&["--listen", "127.0.0.1:0"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 60 && exec \"$0\" \"$@\""])
        .arg(example.get_program())
        .args(example.get_args());
    let server = tickwire_tests::process::Server::start(&mut limited, "ws_echo");
    let pid = server.id().to_string();
    let url = server.ws("/");
    let (out, report) = measure(&[
        "starve",
        "--url",
        &url,
        "--connections",
        "150",
        "--duration",
        "200ms",
        "--server-pid",
        &pid,
    ]);
    // Whether it was in time is told and judged, and no matter of a test.
    let is_good = report["verdict"]["good"] == true;
    assert_eq!(out.status.code(), Some(i32::from(!is_good)), "{report:#}");
    let taken = figure(&report, "held");
    assert!(taken > 0.0 && taken < 60.0 && figure(&report, "stuck") == 0.0, "{report:#}");
    let answered = figure(&report, "served") + figure(&report, "refused");
    assert_eq!(answered, 150.0 + figure(&report, "probes"), "{report:#}");
    assert!(samples(&report, "handshake") >= taken as u64 && figure(&report, "server_cpu") >= 0.0);
}

#[test]
fn slow_heads_are_outlived() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let url = server.ws("/ws");
    let args = ["slow-heads", "--url", &url, "--connections", "20", "--players", "2", "--warmup", "100ms"];
    let (out, report) = measure(&args);
    went_well(&out, &report);
    assert_eq!((figure(&report, "gone"), figure(&report, "stuck")), (20.0, 0.0), "{report:#}");
    assert_eq!(figure(&report, "players_lost"), 0.0, "{report:#}");
    assert!(figure(&report, "ticks_without") > 60.0 && figure(&report, "ticks_with") > 60.0, "{report:#}");
    assert!(report["headline"] == "lived" && samples(&report, "lived") == 20, "{report:#}");
    assert!(samples(&report, "latency") > 100, "{report:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_descriptors_are_a_clear_error() {
    let server = Program::Example("ws_echo").start(&[]);
    for scenario in ["echo", "fanout", "arena"] {
        let args = [scenario, "--url", &server.ws("/"), "--connections", "100"];
        let bench = Program::Package("tickwire-bench").command(&args);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\""])
            .arg(bench.get_program())
            .args(bench.get_args());
        let out = run(&mut limited, LIMIT);
        assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
        let why =
            "this needs 132 file descriptors and the hard limit is 100: raise it (ulimit -Hn), or take fewer";
        assert!(out.stderr.contains(why) && out.stderr.lines().count() == 1, "{}", out.stderr);
    }
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    // Bound and closed again: nobody else is given this port soon.
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let url = format!("ws://{nobody}/ws");
    let table: [&[&str]; 5] =
        [&["arena"], &["idle"], &["churn"], &["slow", "arena"], &["search", "echo", "--objective", "p99<1s"]];
    for scenario in table {
        let out = netbench(&[scenario, &["--url", &url, "--duration", "1s"]].concat());
        assert_eq!((out.status.code(), out.stdout.as_str()), (Some(1), ""), "{scenario:?}: {}", out.stderr);
        assert!(out.stderr.contains(&nobody.to_string()), "{scenario:?}: {}", out.stderr);
        assert!(out.stderr.contains("is the server running?"), "{scenario:?}: {}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{scenario:?}: {}", out.stderr);
    }
}

#[test]
fn a_server_of_something_else_is_a_clear_error() {
    let server = Program::Example("hello").start(&[]);
    let out = netbench(&["arena", "--url", &server.ws("/ws"), "--duration", "1s"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("of 100 connections got ready: refused: "), "{}", out.stderr);
    // A room says nothing to who does not say Hello.
    let out = netbench(&["echo", "--url", &server.ws("/ws"), "--duration", "1s", "--warmup", "1ms"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
}

#[test]
fn no_players_and_no_time_are_usage_errors() {
    let table: [&[&str]; 15] = [
        &["churn", "--rate", "0"],
        &["slow", "arena", "--share", "0"],
        &["search", "echo", "--objective", "p99<+5%"],
        &["idle", "--connections", "0"],
        &["idle", "--connect-rate", "0"],
        &["echo", "--rate", "0"],
        &["echo", "--bytes", "-1"],
        &["fanout", "--url", "http://127.0.0.1/"],
        &["arena", "--connections", "0"],
        &["arena", "--duration", "0s"],
        &["arena", "--url", "wss://127.0.0.1/ws"],
        &["arena", "--bananas"],
        &["arena", "--connect-rate", "0"],
        &["slow-heads", "--rate", "0"],
        &["starve", "--connections", "0"],
    ];
    for args in table {
        let out = netbench(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", out.stderr);
        let flag = args.iter().find(|arg| arg.starts_with("--")).expect("each has one");
        assert!(out.stderr.contains(flag), "{args:?}: {}", out.stderr);
    }
}

/// The floor as a server.
#[cfg(target_os = "linux")]
fn floor(args: &[&str]) -> tickwire_tests::process::Server {
    let mut command = Program::Package("tickwire-bench").command(&["floor"]);
    tickwire_tests::process::Server::start(command.args(args).args(["--listen", "127.0.0.1:0"]), "floor")
}

#[cfg(target_os = "linux")]
#[test]
fn the_floors_echo_and_fan_out_to_the_load_generator() {
    let server = floor(&["echo"]);
    let (out, report) = measure(&[
        "echo",
        "--url",
        &server.ws("/"),
        "--connections",
        "4",
        "--bytes",
        "300",
        "--pipeline",
        "4",
        "--warmup",
        "100ms",
        "--duration",
        "300ms",
    ]);
    went_well(&out, &report);
    assert!(figure(&report, "received") > 0.0 && figure(&report, "unanswered") == 0.0);
    for inputs in ["wake", "tick"] {
        let server = floor(&["fanout", "--hz", "100", "--bytes", "200", "--inputs", inputs]);
        let (out, report) = measure(&[
            "fanout",
            "--url",
            &server.ws("/"),
            "--connections",
            "4",
            "--stamp-offset",
            "0",
            "--input-rate",
            "50",
            "--warmup",
            "100ms",
            "--duration",
            "500ms",
        ]);
        went_well(&out, &report);
        assert_eq!(figure(&report, "frame_bytes"), 200.0, "{inputs}");
        assert!(samples(&report, "delivery") > 0, "{inputs}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn peers_runs_rounds_of_a_cell_and_tells_what_is_wrong_with_its_arguments() {
    let list = netbench(&["peers", "--list", "--cells", "echo-20x20,room-100"]);
    assert!(list.status.success() && list.stdout.lines().count() == 3, "{list:?}");
    for (args, words) in [
        (&["--cells", "swim-20x20"][..], "is no cell"),
        (&["--cells", "room-10", "--contestants", "floor"], "none of these contestants does room-10"),
        (&["--server-core", "0", "--load-core", "0"], "same core"),
    ] {
        let out = netbench(&[&["peers"], args].concat());
        assert_eq!(out.status.code(), Some(2), "{out:?}");
        assert!(out.stderr.contains(words), "{}", out.stderr);
    }
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        let _ = writeln!(std::io::stderr(), "skipped: the rounds need two cores");
        return;
    }
    let file = |extension| {
        let name = format!("tickwire-peers-{}.{extension}", std::process::id());
        std::env::temp_dir().join(name).to_str().expect("a plain path").to_owned()
    };
    let (document, samples) = (file("json"), file("jsonl"));
    let out = netbench(&[
        "peers",
        "--cells",
        "echo-20x2",
        "--contestants",
        "floor",
        "--rounds",
        "2",
        "--window",
        "300ms",
        "--warmup",
        "100ms",
        "--json",
        &document,
        "--samples",
        &samples,
    ]);
    assert!(out.status.success() && out.stdout.contains("echo-20x2"), "{out:?}");
    let again = netbench(&["peers", "--from", &samples]);
    assert!(again.status.success() && again.stdout.starts_with(out.stdout.trim_end()), "{again:?}");
    let text = std::fs::read_to_string(&document).expect("a report");
    [document, samples].iter().for_each(|file| std::fs::remove_file(file).expect("it was there"));
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let windows = report["cells"][0]["windows"].as_array().expect("a list");
    assert_eq!(windows.len(), 2);
    assert!(windows.iter().all(|window| window["per_s"].as_f64().is_some_and(|rate| rate > 0.0)), "{text}");
}
