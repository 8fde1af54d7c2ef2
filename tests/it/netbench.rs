//! The load generator against a running arena, and what it says when there is none.

use std::net::TcpListener;
use std::time::Duration;

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

#[test]
fn players_on_a_schedule_are_served_and_the_table_is_whole() {
    let server = Program::Package("game-demo").start(&["--bots", "4"]);
    let out = netbench(&["arena", "--url", &server.ws("/ws"), "--players", "8", "--duration", "2s"]);
    assert_eq!(out.status.code(), Some(0), "{}\n{}", out.stdout, out.stderr);
    let report = &out.stdout;
    assert!(number(report, "updates") >= 8.0, "{report}");
    assert!(number(report, "inputs") >= 8.0, "{report}");
    assert!(number(report, "bytes") > 0.0, "{report}");
    for clean in ["hash mismatches", "players lost", "never acked"] {
        assert!(number(report, clean).abs() < 0.5, "{report}");
    }
    let round_trips = report.lines().find(|line| line.starts_with("input to ack ")).expect("the line");
    for word in ["p50", "p99", "max", "count"] {
        assert!(round_trips.contains(word), "{round_trips}");
    }
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
    let table: [&[&str]; 4] =
        [&["--players", "0"], &["--duration", "0s"], &["--url", "wss://127.0.0.1/ws"], &["--bananas"]];
    for args in table {
        let out = netbench(&[&["arena"], args].concat());
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", out.stderr);
        assert!(out.stderr.contains(args[0]), "{args:?}: {}", out.stderr);
    }
}
