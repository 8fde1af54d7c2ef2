//! The load generator against a running arena, and what it says when there is none.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use tickwire_client::{Client, Clock, Options};
use tickwire_tests::deadline::Deadline;
use tickwire_tests::process::{Finished, Program, run};

const LIMIT: Duration = Duration::from_secs(60);

fn netbench(args: &[&str]) -> Finished {
    run(&mut Program::Package("tickwire-bench").command(args), LIMIT)
}

/// The number that follows `name` at the beginning of a line.
#[track_caller]
fn number(report: &str, name: &str) -> f64 {
    let line = report.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no {name} in\n{report}"))
}

/// What `--json -` wrote.
#[track_caller]
fn json(out: &Finished) -> Value {
    serde_json::from_str(&out.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", out.stdout, out.stderr))
}

/// The figure of this name.
#[track_caller]
fn figure(run: &Value, name: &str) -> f64 {
    let figures = run["figures"].as_array().expect("a list");
    let found = figures.iter().find(|figure| figure["name"] == name);
    found.and_then(|figure| figure["value"].as_f64()).unwrap_or_else(|| panic!("{name} in {run:#}"))
}

/// It ended well, or only because this machine is too busy for it to send on time.
#[track_caller]
fn went_well(out: &Finished) {
    let is_late = out.stdout.contains("GENERATOR SATURATED: result invalid");
    let want = if is_late { 1 } else { 0 };
    assert_eq!(out.status.code(), Some(want), "{}\n{}", out.stdout, out.stderr);
}

#[test]
fn players_on_a_schedule_are_served_and_the_table_is_whole() {
    let server = Program::Package("game-demo").start(&["--bots", "4"]);
    let pid = server.id().to_string();
    let url = server.ws("/ws");
    let args =
        ["arena", "--url", &url, "--players", "8", "--decode", "3", "--threads", "2", "--server-pid", &pid];
    let out = netbench(&[&args[..], &["--duration", "2s", "--warmup", "500ms"]].concat());
    went_well(&out);
    let report = &out.stdout;
    for some in ["updates", "inputs", "  decoded", "state hashes"] {
        assert!(number(report, some) >= 8.0, "{some}: {report}");
    }
    assert!(number(report, "received") > 0.0, "{report}");
    for clean in ["hash mismatches", "players lost", "never acked"] {
        assert!(number(report, clean).abs() < 0.5, "{report}");
    }
    assert!(report.contains(" 0 different\n") && report.contains("in 1 room(s)"), "{report}");
    let both = report.lines().find(|line| line.starts_with("as sent / full ")).expect("the line");
    assert!(both.contains(" states encoded both ways"), "{both}");
    for distribution in ["input to state ", "  from sending ", "  bytes ", "send lag "] {
        let line = report.lines().find(|line| line.starts_with(distribution)).expect("the line");
        assert!(line.contains("count ") && line.contains("max "), "{line}");
    }
    for machine in ["server CPU ", "generator CPU ", "foreign CPU "] {
        assert!(report.contains(machine), "{report}");
    }
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
    let mut command = Program::Package("tickwire-bench").command(&args);
    let out = std::thread::scope(|scope| {
        let bench = scope.spawn(|| run(&mut command, LIMIT));
        // Each player is an entity at least; then some ticks for the window to begin.
        let (_, joined) = watch_until(&|watcher| watcher.world().len() >= alone + 4);
        watch_until(&|watcher| watcher.tick().delta(joined) >= 120);
        server.signal(rustix::process::Signal::KILL);
        server.wait();
        bench.join().expect("it ended")
    });
    assert_eq!(out.status.code(), Some(1), "{}\n{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("PARTIAL: "), "{}\n{}", out.stdout, out.stderr);
    assert!(number(&out.stdout, "updates") > 0.0, "{}", out.stdout);
    assert!((number(&out.stdout, "players lost") - 4.0).abs() < 0.5, "{}", out.stdout);
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
    let mut server = Program::Example("ws_echo").start(&[]);
    let (pid, url) = (server.id().to_string(), server.ws("/"));
    let args = ["idle", "--url", &url, "--connections", "50", "--server-pid", &pid, "--warmup", "100ms"];
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
    assert!(out.stdout.contains("PARTIAL: "), "{}\n{}", out.stdout, out.stderr);
}

#[test]
fn what_is_no_websocket_is_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    for (path, status) in [("/", "200"), ("/nowhere", "404")] {
        let out = netbench(&["arena", "--url", &server.ws(path), "--players", "2", "--duration", "1s"]);
        assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
        let why = format!("no WebSocket at this address: server answered with status {status}");
        assert!(out.stderr.contains(&why), "{path}: {}", out.stderr);
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

#[test]
fn slow_heads_are_outlived() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let url = server.ws("/ws");
    let args = ["slow-heads", "--url", &url, "--connections", "20", "--players", "2", "--warmup", "100ms"];
    let out = netbench(&args);
    let report = &out.stdout;
    assert!((number(report, "gone") - 20.0).abs() < 0.5, "{report}{}", out.stderr);
    assert!(number(report, "players lost").abs() < 0.5, "{report}");
    assert!(report.contains("\nwithout them, over ") && report.contains("\nwith them, over "), "{report}");
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    // Bound and closed again: nobody else is given this port soon.
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let out = netbench(&["arena", "--url", &format!("ws://{nobody}/ws"), "--duration", "1s"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stdout.is_empty(), "{}", out.stdout);
    assert!(out.stderr.contains(&nobody.to_string()), "{}", out.stderr);
    assert!(out.stderr.contains("is the server running?"), "{}", out.stderr);
}

#[test]
fn a_server_of_something_else_is_a_clear_error() {
    let server = Program::Example("hello").start(&[]);
    let out = netbench(&["arena", "--url", &server.ws("/ws"), "--duration", "1s"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("0 of 10 players joined"), "{}", out.stderr);
}

#[test]
fn no_players_and_no_time_are_usage_errors() {
    let table: [&[&str]; 10] = [
        &["churn", "--rate", "0"],
        &["idle", "--connections", "0"],
        &["idle", "--connect-rate", "0"],
        &["arena", "--players", "0"],
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
        assert!(out.stderr.contains(args[1]), "{args:?}: {}", out.stderr);
    }
}
