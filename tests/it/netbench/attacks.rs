//! Attacks: slow readers, slow request heads, and more connections than descriptors.

#[cfg(target_os = "linux")]
use std::process::Command;

use tickwire_tests::process::Program;

use super::{figure, json, measure, netbench, samples, went_well};

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
    // Whether it was in time is told and judged, and no matter of a test.
    let is_flawed = report["verdict"]["flaws"].as_array().is_some_and(|flaws| !flaws.is_empty());
    assert_eq!(out.status.code(), Some(i32::from(is_flawed)), "{report:#}");
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
