//! What is told of made-up windows: the summary, targets, and the file for people.

use std::time::Duration;

use super::super::cell::Cell;
use super::super::contestant::Contestant;
use super::super::document::{markdown, typed};
use super::super::measure::Sample;
use super::super::measured::{Measured, SCHEMA_VERSION, Setting};
use super::super::results::Results;
use super::super::summary::summary;
use super::super::target::targets;
use super::sample;
use crate::machine::host::Host;
use crate::report::Tool;

fn cell(text: &str) -> Cell {
    text.parse().expect("a cell")
}

/// Windows of a contestant in the rounds from 0 on.
fn windows(contestant: Contestant, costs: &[f64]) -> Vec<Sample> {
    (0..).zip(costs).map(|(round, &us)| sample(contestant, round, us)).collect()
}

/// Whose windows, and what each cost.
type Costs<'a> = (Contestant, &'a [f64]);

fn results(name: &str, windows: &[Costs<'_>]) -> Results {
    let samples = windows.iter().flat_map(|(one, costs)| self::windows(*one, costs)).collect();
    Results { samples, ..Results::new(cell(name)) }
}

pub(super) fn setting(command: &str) -> Setting {
    Setting {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "t".to_owned(), version: "1.2.3".to_owned(), revision: "abc".to_owned() },
        machine: Host { cores: 2, ..Host::default() },
        rust: "rustc 1".to_owned(),
        node: None,
        libraries: vec!["mio 1.0.0".to_owned()],
        warmup: Duration::from_secs(2),
        window: Duration::from_secs(3),
        server_core: 0,
        load_core: 1,
        profile: "dist".to_owned(),
        command: command.to_owned(),
    }
}

#[test]
fn the_summary_has_a_line_for_each_cell() {
    use Contestant::{Colyseus, ColyseusViews, Floor, Ours, Tungstenite, Ws};
    let mut idle = results("idle-10000", &[(Floor, &[1.0]), (Ours, &[1.0]), (Ws, &[1.0])]);
    for (sample, bytes) in idle.samples.iter_mut().zip([100.0, 300.0, 6000.0]) {
        (sample.cpu_us, sample.connection_bytes) = (None, Some(bytes));
    }
    let mut room =
        results("room-100", &[(Ours, &[2.0; 5]), (Colyseus, &[20.0; 2]), (ColyseusViews, &[10.0; 2])]);
    room.samples[0].foreign_share = Some(0.06);
    let all = [
        results(
            "echo-20x20",
            &[(Floor, &[4.0; 5]), (Ours, &[4.1; 5]), (Ws, &[8.2; 2]), (Tungstenite, &[5.0; 2])],
        ),
        // Views are another work, so the best peer is the dearer one.
        room,
        idle,
    ];
    let text = summary(&all).markdown();
    let rows: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(
        rows,
        [
            "| echo-20x20 | us per message | 4.00 | 4.10 | 1.025 | 1.025-1.025 (1.025-1.025) | tungstenite | 5.00 | 0.820 \
             | (0.820-0.820) | 5 + 5 + 2 | 0 | at most 1.05 x floor: met; below every Rust peer: met |",
            "| room-100 | us per update that a player got | - | 2.00 | - | - | colyseus | 20.00 | 0.100 | (0.100-0.100) | 5 + 2 | 1 | - |",
            "| idle-10000 | B per connection | 100 | 300 | 3.000 | - | ws | 6000 | 0.050 | - | 1 + 1 + 1 | 0 | at most 512 B: met |",
        ]
    );
    let nothing = summary(&[Results::new(cell("echo-20x20"))]).text();
    assert!(
        nothing.contains("at most 1.05 x floor: not known; below every Rust peer: not known"),
        "{nothing}"
    );
}

#[test]
fn targets_are_judged_by_medians_and_marked_where_another_run_may_differ() {
    use Contestant::{Fastwebsockets, Floor, FloorTick, Ours, Tungstenite};
    let floor: Costs<'_> = (Floor, &[10.0; 5]);
    let spread = &[9.0, 10.2, 10.4, 10.9, 11.0];
    let (low, high) = (&[7.0; 5], &[12.0; 5]);
    let table: [(&str, &[Costs<'_>], &[&str]); 14] = [
        ("fanout-200x500", &[floor, (Ours, low)], &["met", "met"]),
        ("fanout-200x500", &[floor, (Ours, high)], &["missed", "met"]),
        ("fanout-200x500", &[floor, (Ours, spread)], &["met ~", "met"]),
        ("pipelined-20x20", &[floor, (Ours, low), (Tungstenite, spread)], &["met", "met"]),
        // One that is dearer does not make up for one that is cheaper.
        (
            "echo-20x20",
            &[floor, (Ours, low), (Tungstenite, high), (Fastwebsockets, &[6.0; 5])],
            &["met", "missed"],
        ),
        // Another run may not make up for one that is clearly cheaper, either.
        (
            "echo-20x20",
            &[floor, (Ours, spread), (Tungstenite, &[10.3; 5]), (Fastwebsockets, &[6.0; 5])],
            &["met ~", "missed"],
        ),
        ("echo-20x20", &[floor, (Ours, spread), (Tungstenite, &[10.3; 5])], &["met ~", "missed ~"]),
        ("inputs-200x100", &[floor, (Ours, low)], &["missed"]),
        ("inputs-200x500", &[floor, (Ours, low)], &["met"]),
        ("inputs-200x500", &[floor, (FloorTick, &[6.5; 5]), (Ours, &[7.4; 5])], &["met"]),
        ("inputs-200x500", &[floor, (FloorTick, &[6.5; 5]), (Ours, &[8.4; 5])], &["missed"]),
        ("inputs-200x500", &[floor, (FloorTick, &[8.9; 5]), (Ours, spread)], &["missed ~"]),
        ("inputs-200x500", &[floor, (Ours, high)], &["not known"]),
        ("inputs-200x500", &[(FloorTick, &[6.5; 5]), (Ours, &[8.4; 5])], &["not known"]),
    ];
    for (name, windows, want) in table {
        let results = results(name, windows);
        let judged = targets(&results).into_iter().map(|target| {
            target.judge(&results).map_or("not known".to_owned(), |judgement| judgement.to_string())
        });
        assert_eq!(judged.collect::<Vec<_>>(), want, "{name} {windows:?}");
    }
    let mut left_out = results("echo-20x20", &[floor, (Ours, low), (Tungstenite, high)]);
    left_out.samples.push(Sample::failed(Fastwebsockets, 0, String::new()));
    assert!(targets(&left_out)[1].judge(&left_out).is_none(), "of one that did not start nothing is known");
    let mut busy = results("fanout-200x500", &[floor, (Ours, low)]);
    busy.samples.iter_mut().for_each(|sample| sample.user_share = Some(0.09));
    let judged = targets(&busy)[1].judge(&busy).expect("it is known");
    assert!(!judged.is_met, "{judged}");
}

#[test]
fn the_file_for_people_tells_machine_versions_targets_who_is_who_and_commands() {
    let mut measured = Measured::default();
    measured.begin(setting("cargo netbench peers --markdown RESULTS.md"));
    for contestant in [Contestant::Floor, Contestant::Ours] {
        let started = format!("target/{} --listen 127.0.0.1:0", contestant.name());
        measured.add(cell("echo-20x20"), Sample { started, ..sample(contestant, 0, 4.0) });
    }
    let why = "it broke ".repeat(40);
    measured.add(cell("echo-20x20"), Sample::failed(Contestant::Ws, 0, why.clone()));
    let text = markdown(&measured);
    for part in [
        "version 1.2.3 at revision abc",
        "- Rust: rustc 1\n- Peers: mio 1.0.0\n- Windows of 3.0 s after 2.0 s of warm-up; servers on core 0, load on core 1",
        "- Command: `cargo netbench peers --markdown RESULTS.md`",
        "at most 1.05 x floor: met",
        "- `floor`: The bare loop",
        "- `ws`: npm ws",
        "### Echo of 20 B, 20 connections\n\n`echo-20x20`, server CPU in us per message\n",
        "echo-20x20         ours              target/ours --listen 127.0.0.1:0\n",
        &format!("- `ws`, the first thing that was wrong: {why}"),
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let remark = text.lines().find(|line| line.starts_with("| ws |")).expect("a row");
    assert!(remark.ends_with("| 0 | 1 left out |"), "long remarks stand below the table: {remark}");
    let (summary, tables) = (text.find("## Summary"), text.find("### Echo"));
    assert!(summary < tables && summary.is_some());
}

#[test]
fn a_command_tells_what_was_typed_and_not_where_things_lie() {
    let words = [
        "/opt/x/tickwire-bench",
        "--",
        "peers",
        "--markdown",
        "/opt/y/RESULTS.md",
        "--samples=/opt/y/peers.jsonl",
        "--cells=room-1",
    ];
    let command = typed(words.map(str::to_owned).into_iter());
    assert_eq!(command, "cargo netbench peers --markdown RESULTS.md --samples=peers.jsonl --cells=room-1");
}
