//! The bare floors as servers, and `peers`, which measures beside them.
#![cfg(target_os = "linux")]

use std::io::Write as _;

use serde_json::Value;
use tickwire_tests::process::Program;

use super::{figure, measure, netbench, samples, went_well};

/// The floor as a server.
fn floor(args: &[&str]) -> tickwire_tests::process::Server {
    let mut command = Program::Package("tickwire-bench").command(&["floor"]);
    tickwire_tests::process::Server::start(command.args(args).args(["--listen", "127.0.0.1:0"]), "floor")
}

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
