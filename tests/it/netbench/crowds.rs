//! Crowds of connections that say nothing, and visitors that come and go.

use tickwire_tests::deadline::Deadline;
use tickwire_tests::process::{Finished, Program, run};

use super::{LIMIT, figure, json, netbench};

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
    let out = until_it_dies(&["idle", "--connections", "50", "--warmup", "100ms"]);
    // Notes are wrapped.
    let text = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "PARTIAL: the server ended",
        " ended before the end of the window: its processor time and memory are unknown",
    ] {
        assert!(text.contains(words), "{}\n{}", out.stdout, out.stderr);
    }
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
