//! What the load generator writes, read back by itself: every format, comparisons, and what is no report.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tickwire_tests::process::{Finished, Program, run};

const LIMIT: Duration = Duration::from_secs(60);

fn netbench(args: &[&str]) -> Finished {
    run(&mut Program::Package("tickwire-bench").command(args), LIMIT)
}

/// A file of this test run.
fn file(name: &str) -> String {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reports");
    fs::create_dir_all(&directory).expect("the target directory can be written");
    directory.join(name).to_str().expect("a path in UTF-8").to_owned()
}

/// Measures a closed loop, which cannot be late, and writes all formats.
fn measure(name: &str) -> Finished {
    let server = Program::Example("ws_echo").start(&[]);
    let (url, base) = (server.ws("/"), file(name));
    let (json, hgrm, hlog, html) =
        (format!("{base}.json"), format!("{base}.hgrm"), format!("{base}.hlog"), format!("{base}.html"));
    let files = ["--json", &json, "--hgrm", &hgrm, "--hlog", &hlog, "--html", &html, "--label", "a <run>"];
    let load = [
        "echo",
        "--url",
        &url,
        "--connections",
        "2",
        "--pipeline",
        "1",
        "--warmup",
        "100ms",
        "--duration",
        "1s",
    ];
    netbench(&[&load[..], &files].concat())
}

fn read(name: &str) -> String {
    fs::read_to_string(file(name)).expect("it was written")
}

#[test]
fn a_run_is_written_in_every_format() {
    let out = measure("formats");
    assert_eq!(out.status.code(), Some(0), "{}", out.stderr);
    let [first, .., last] = &out.stdout.lines().collect::<Vec<_>>()[..] else { panic!("{}", out.stdout) };
    assert!(first.starts_with("echo \"a <run>\" at ws://") && *last == "good", "{}", out.stdout);
    assert!(
        out.stdout.lines().all(|line| line.chars().count() <= 100) && !out.stdout.contains('\x1b'),
        "{}",
        out.stdout
    );
    let base = file("formats");
    let written = format!("written: {base}.json, {base}.hgrm, {base}.hlog, {base}.html\n");
    assert!(out.stderr.ends_with(&written), "{}", out.stderr);
    let hgrm = read("formats.hgrm");
    assert!(hgrm.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"), "{hgrm}");
    assert!(hgrm.contains("#[Mean    =") && hgrm.contains(" 1.000000000000 "), "{hgrm}");
    let hlog = read("formats.hlog");
    assert!(hlog.lines().any(|line| line.starts_with("0.000,") && line.contains(",HISTFAAA")), "{hlog}");
    let html = read("formats.html");
    assert!(
        html.contains("<title>echo: a &lt;run&gt;</title>")
            && html.contains("aria-label=\"percentile curve\"")
    );
    assert!(!html.contains("<script") && !html.contains("href="), "a page needs nothing but itself");
    let (json, both) = (file("formats.json"), file("formats-both.html"));
    let out = netbench(&["html", &json, &json, "-o", &both]);
    assert_eq!(out.status.code(), Some(0), "{}", out.stderr);
    assert!(read("formats-both.html").contains("echo: 2 runs compared"));
    assert_eq!(out.stderr, format!("written: {both}\n"));
    let out = netbench(&["html", &json, "-o", "-"]);
    assert!(out.status.success() && out.stdout.starts_with("<!doctype html>"), "{}", out.stderr);
}

#[test]
fn a_comparison_is_judged_by_its_exit_code() {
    assert_eq!(measure("compared").status.code(), Some(0));
    let good = read("compared.json");
    let variant = |name: &str, from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert!(text != good, "no {from} in {good}");
        fs::write(file(name), text).expect("it can be written");
        file(name)
    };
    let json = file("compared.json");
    let other = variant("other-scenario.json", "\"scenario\": \"echo\"", "\"scenario\": \"arena\"");
    let newer = variant("newer.json", "\"schema_version\": ", "\"schema_version\": 9");
    let damaged = variant("damaged.json", "HISTFAAA", "HISSFAAA");
    let flaws = "\"flaws\": [{\"kind\": \"invalid\", \"why\": \"GENERATOR SATURATED: result invalid\"}]";
    let saturated = variant("saturated.json", "\"flaws\": []", flaws);
    let page = file("compared.html");
    let table: [(&[&str], i32, &str); 14] = [
        (&[&json], 0, "p50"),
        (&[&json, &json], 0, "  p50"),
        (&[&json, &json, "--fail-if", "p50>+1%", "--fail-if", "count<1"], 0, "B ok: not p50>+1%"),
        (&[&json, &json, "--fail-if", "p50>=+0%"], 1, "B FAILED: p50>=+0%"),
        (&[&json, "--fail-if", "count>0"], 1, "A FAILED: count>0"),
        (&[&json, "--fail-if", "p99.99999>1s"], 1, "A CANNOT TELL: p99.99999>1s"),
        (&[&json, &saturated], 0, "GENERATOR SATURATED: result invalid"),
        (&[&json, &saturated, "--fail-if", "p50>+1%"], 1, "GENERATOR SATURATED: result invalid"),
        (&[&json, "--fail-if", "p50>+1%"], 2, "needs a second report"),
        (&[&json, "--fail-if", "p50>>1%"], 2, "is no bound"),
        (&[&json, &other], 2, "only runs of the same scenario go together"),
        (&[&json, &newer], 2, "has schema version 91; this program reads version 1"),
        (&[&json, &damaged], 2, "is a damaged report: a histogram is damaged"),
        (&[&json, &page], 2, "is not a report of tickwire-bench"),
    ];
    for (args, code, wanted) in table {
        let out = netbench(&[&["compare"], args].concat());
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}{}", out.stdout, out.stderr);
        let said = if code == 2 { &out.stderr } else { &out.stdout };
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
    let out = netbench(&["compare", "no-such-report.json"]);
    assert_eq!((out.status.code(), out.stderr.lines().count()), (Some(2), 1), "{}", out.stderr);
    assert!(out.stderr.starts_with("tickwire-bench: cannot read no-such-report.json: "), "{}", out.stderr);
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_the_table_still_comes() {
    let server = Program::Example("ws_echo").start(&[]);
    let url = server.ws("/");
    let load = [
        "echo",
        "--url",
        &url,
        "--connections",
        "1",
        "--pipeline",
        "1",
        "--warmup",
        "10ms",
        "--duration",
        "200ms",
    ];
    let out = netbench(&[&load[..], &["--json", &file("no-directory/run.json")]].concat());
    assert_eq!(out.status.code(), Some(2), "{}", out.stderr);
    assert!(
        out.stderr.contains("there is no directory") && out.stdout.is_empty(),
        "{}{}",
        out.stderr,
        out.stdout
    );
    let out = netbench(&[&load[..], &["--json", "-", "--hgrm", "-"]].concat());
    assert_eq!((out.status.code(), out.stdout.as_str()), (Some(2), ""), "{}", out.stderr);
    assert!(
        out.stderr.contains("--json and --hgrm would both be written to standard output"),
        "{}",
        out.stderr
    );
    let full = "/dev/full";
    if std::path::Path::new(full).exists() {
        let out = netbench(&[&load[..], &["--json", full]].concat());
        assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
        assert!(out.stderr.contains("tickwire-bench: cannot write /dev/full: "), "{}", out.stderr);
        assert!(out.stdout.ends_with("good\n"), "{}", out.stdout);
    }
}
