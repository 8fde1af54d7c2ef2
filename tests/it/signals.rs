//! How a server program begins and ends: first line, flags, a busy port, signals, exit codes.
#![cfg(unix)]

use std::time::Duration;

use rustix::process::Signal;
use tickwire_tests::peer::{Heard, Peer, types};
use tickwire_tests::process::{Finished, Program, run};

const ARENA: Program = Program::Package("game-demo");
const LIMIT: Duration = Duration::from_secs(20);

fn refused(program: Program, args: &[&str]) -> Finished {
    run(&mut program.command(args), LIMIT)
}

/// The close code that a player in a room is told, the reason, and the exit code of the server.
#[track_caller]
fn signalled(signal: Signal) -> (Option<u16>, Option<i32>) {
    let mut server = ARENA.start(&["--bots", "2"]);
    let mut peer = Peer::join(server.address(), "arena");
    peer.hear_type(types::UPDATE);
    server.signal(signal);
    let (code, _) = peer.hear_close();
    (code, server.wait().code())
}

#[test]
fn logs_are_json_objects_when_asked_for() {
    let mut server = ARENA.start(&["--log-format", "json", "--wake-for-reads", "--sim-threads", "2"]);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    let stderr = server.stderr();
    let messages: Vec<String> = stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| Some(line.get("message")?.as_str()?.to_owned()))
        .collect();
    assert_eq!(messages.len(), stderr.lines().count(), "{stderr}");
    assert!(messages.iter().any(|message| message == "the server has started"), "{stderr}");
}

#[test]
fn sigint_closes_sessions_as_going_away_and_exits_with_zero() {
    assert_eq!(signalled(Signal::INT), (Some(1001), Some(0)));
}

#[test]
fn u1_sigterm_closes_sessions_as_restarting_and_exits_with_zero() {
    assert_eq!(signalled(Signal::TERM), (Some(1012), Some(0)));
}

#[test]
fn u2_sighup_and_sigpipe_are_ignored_and_sigint_after_sigterm_ends_it() {
    let mut server = ARENA.start(&["--bots", "2"]);
    let mut peer = Peer::join(server.address(), "arena");
    for signal in [Signal::HUP, Signal::PIPE] {
        server.signal(signal);
        for _ in 0..3 {
            peer.hear_type(types::UPDATE);
        }
    }
    server.signal(Signal::TERM);
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn u2_a_server_without_players_ends_on_either_signal() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = ARENA.start(&[]);
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn connections_that_never_said_hello_do_not_hold_up_the_end() {
    let mut server = ARENA.start(&[]);
    let mut silent = Peer::connect(server.address(), "/ws");
    server.signal(Signal::INT);
    assert_eq!(silent.hear(), Heard::Closed(Some(1001)));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn the_echo_example_ends_on_sigint_too() {
    let mut server = Program::Example("ws_echo").start(&[]);
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_busy_port_is_told_with_what_to_do_and_exit_code_one() {
    let server = ARENA.start(&[]);
    let address = server.address().to_string();
    let out = refused(ARENA, &["--listen", &address]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stdout.is_empty(), "{}", out.stdout);
    assert!(out.stderr.contains(&address), "names no address: {}", out.stderr);
    assert!(out.stderr.contains("in use"), "names no cause: {}", out.stderr);
    assert!(!out.stderr.contains("panicked"), "{}", out.stderr);
}

#[test]
fn a_bad_flag_is_a_usage_error_with_exit_code_two() {
    let table: [(&[&str], &str); 5] = [
        (&["--bananas"], "--bananas"),
        (&["--bots", "many"], "--bots"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--tick-rate", "0"], "--tick-rate"),
        (&["--io-threads", "-1"], "--io-threads"),
    ];
    for (args, named) in table {
        let out = refused(ARENA, args);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", out.stderr);
        assert!(out.stdout.is_empty(), "{args:?}: {}", out.stdout);
        assert!(out.stderr.contains(named), "{args:?} is not named: {}", out.stderr);
    }
}

#[test]
fn help_lists_the_flags_and_the_first_line_is_where_it_listens() {
    let out = refused(ARENA, &["--help"]);
    assert_eq!(out.status.code(), Some(0));
    for flag in ["--listen", "--bots", "--tick-rate", "--io-threads", "--web-root"] {
        assert!(out.stdout.contains(flag), "{flag} is missing in\n{}", out.stdout);
    }
    let server = ARENA.start(&[]);
    assert_eq!(server.first_line(), format!("listening on http://{}", server.address()));
    assert_ne!(server.address().port(), 0);
}
