//! A run of the load generator that the user ends before its time.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStderr, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use tickwire_tests::process::{Finished, Program};

use crate::netbench::samples;

/// A run in the background, of which the live view can be waited for.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut command = Program::Package("tickwire-bench").command(args);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it was just built");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, stderr, said: String::new() }
    }

    /// Reads lines until one is as wanted; the run's own end is the limit.
    #[track_caller]
    fn wait_for(&mut self, is_wanted: impl Fn(&str) -> bool) {
        let mut line = String::new();
        while !is_wanted(&line) {
            line.clear();
            let count = self.stderr.read_line(&mut line).expect("text");
            assert!(count > 0, "it ended: {}", self.said);
            self.said += &line;
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a child's pid"), signal).expect("it runs");
    }

    /// Its table stays below what a pipe holds.
    fn end(mut self) -> Finished {
        let (mut stdout, mut stderr) = (String::new(), std::mem::take(&mut self.said));
        self.stderr.read_to_string(&mut stderr).expect("text");
        self.child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("text");
        Finished { status: self.child.wait().expect("it is our child"), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_interrupted_run_reports_what_it_measured_so_far_and_marks_it() {
    let server = Program::Example("ws_echo").start(&[]);
    let (url, pid) = (server.ws("/"), server.id().to_string());
    let counts = |line: &str, words: &str, least: u32| {
        line.split_once(words)
            .is_some_and(|(count, _)| count.trim().parse().is_ok_and(|count: u32| count >= least))
    };
    let is_echoing = |line: &str| line.starts_with("measuring ");
    let is_idling = |line: &str| line.starts_with("5 of 5 are there");
    // The warm-up has one visit.
    let is_churning = |line: &str| counts(line, " visitors came", 10);
    type IsWanted<'a> = &'a dyn Fn(&str) -> bool;
    let table: [(&[&str], Signal, IsWanted<'_>, &str); 3] = [
        (&["echo", "--connections", "5"], Signal::INT, &is_echoing, "latency"),
        (&["idle", "--connections", "5"], Signal::TERM, &is_idling, "handshake"),
        (&["churn", "--rate", "20"], Signal::INT, &is_churning, "handshake"),
    ];
    let file = |ending: &str| {
        std::env::temp_dir().join(format!("tickwire-interrupted-{}.{ending}", std::process::id()))
    };
    let (json, hgrm) = (file("json"), file("hgrm"));
    let files = [json.to_str().expect("a plain path"), hgrm.to_str().expect("a plain path")];
    for (scenario, signal, is_measuring, distribution) in table {
        let common = ["--url", &url, "--warmup", "1ms", "--duration", "50s", "--server-pid", &pid];
        let outputs = ["--json", files[0], "--hgrm", files[1]];
        let mut running = Running::start(&[scenario, &common, &outputs].concat());
        // The second line: a second after all are there.
        running.wait_for(is_measuring);
        running.wait_for(is_measuring);
        running.signal(signal);
        let out = running.end();
        assert_eq!(out.status.code(), Some(1), "{scenario:?}: {}{}", out.stdout, out.stderr);
        assert!(out.stdout.contains("PARTIAL: interrupted after "), "{}{}", out.stdout, out.stderr);
        let text = std::fs::read_to_string(&json).expect("a report");
        let report: Value = serde_json::from_str(&text).expect("JSON");
        let measured_s = report["measured_s"].as_f64().expect("a number");
        assert!(measured_s > 0.0 && measured_s < 50.0 && report["asked_s"] == 50.0, "{measured_s}");
        assert!(samples(&report, distribution) > 0, "{report:#}");
        let plot = std::fs::read_to_string(&hgrm).expect("percentiles");
        assert!(plot.contains("PARTIAL"), "{plot}");
        for file in [&json, &hgrm] {
            std::fs::remove_file(file).expect("it was there");
        }
    }
}

#[test]
fn a_run_that_is_interrupted_before_its_window_has_nothing_to_tell() {
    let server = Program::Example("ws_echo").start(&[]);
    let args = ["echo", "--url", &server.ws("/"), "--connections", "2", "--warmup", "50s"];
    let mut running = Running::start(&args);
    running.wait_for(|line| line.starts_with("warming up"));
    running.signal(Signal::INT);
    let out = running.end();
    assert_eq!((out.status.code(), out.stdout.as_str()), (Some(1), ""), "{}", out.stderr);
    assert!(out.stderr.contains("interrupted before anything was measured"), "{}", out.stderr);
}

#[test]
fn a_second_interruption_ends_a_run_at_once() {
    let server = Program::Example("ws_echo").start(&[]);
    let args = ["echo", "--url", &server.ws("/"), "--connections", "5", "--rate", "100", "--duration", "50s"];
    let mut running = Running::start(&args);
    running.wait_for(|line| line.starts_with("measuring "));
    // Answers that do not come are waited for.
    server.signal(Signal::STOP);
    running.signal(Signal::INT);
    running.wait_for(|line| line.starts_with("ending the run"));
    running.signal(Signal::INT);
    let out = running.end();
    assert_eq!(
        (out.status.signal(), out.stdout.as_str()),
        (Some(Signal::INT.as_raw()), ""),
        "{}",
        out.stderr
    );
}
