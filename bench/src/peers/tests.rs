//! The table of peers: its cells, who takes part, ratios and what is told of them.

mod kept;
mod told;

use std::path::Path;

use clap::{Parser, ValueEnum as _};
use proptest::prelude::*;

use super::cell::{ALL, Cell, Work};
use super::contestant::Contestant;
use super::measure::Sample;
use super::results::Results;
use super::spread::Spread;
use super::workshop::Workshop;
use super::{Args, list, table, window};
use crate::arena::CPU_PER_UPDATE;
use crate::idle::ANONYMOUS_EACH;
use crate::report::{Run, ServerUse, Unit};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn args(text: &str) -> Args {
    Line::try_parse_from(["peers"].into_iter().chain(text.split_whitespace())).expect("good arguments").args
}

fn sample(contestant: Contestant, round: u32, cpu_us: f64) -> Sample {
    Sample {
        cpu_us: Some(cpu_us),
        user_share: Some(0.04),
        foreign_share: Some(0.01),
        flaws: Vec::new(),
        counts: true,
        ..Sample::failed(contestant, round, String::new())
    }
}

fn server_use(cpu_us_per: f64) -> ServerUse {
    let threads = Vec::new();
    let (user_share, system_share, resident_bytes) = (0.1, 0.1, 50 << 20);
    ServerUse { cpu_us_per, per: "update".to_owned(), user_share, system_share, resident_bytes, threads }
}

#[test]
fn medians_and_quarters_lie_between_the_values() {
    let spread = |values: &[f64]| {
        Spread::of(values.iter().copied()).map(|s| (s.count, [s.least, s.lower, s.median, s.upper, s.most]))
    };
    assert_eq!(spread(&[]), None);
    assert_eq!(spread(&[f64::NAN, f64::INFINITY]), None);
    assert_eq!(spread(&[3.0]), Some((1, [3.0; 5])));
    assert_eq!(spread(&[4.0, 1.0]), Some((2, [1.0, 1.75, 2.5, 3.25, 4.0])));
    assert_eq!(spread(&[9.0, 1.0, 5.0, 3.0, 7.0]), Some((5, [1.0, 3.0, 5.0, 7.0, 9.0])));
}

proptest! {
    #[test]
    fn half_of_the_values_are_on_either_side_of_the_median(values in proptest::collection::vec(-1e6_f64..1e6, 1..40)) {
        let spread = Spread::of(values.iter().copied()).expect("values");
        let below = values.iter().filter(|value| **value < spread.median).count();
        let above = values.iter().filter(|value| **value > spread.median).count();
        prop_assert!(2 * below <= values.len() && 2 * above <= values.len());
        prop_assert!([spread.least, spread.lower, spread.median, spread.upper, spread.most].is_sorted());
    }
}

#[test]
fn cells_are_written_as_they_are_read() {
    for text in ALL.iter().chain(&["echo-1x1", "pipelined-1048576x20000", "inputs-8x1"]) {
        assert_eq!(text.parse::<Cell>().map(|cell| cell.to_string()), Ok((*text).to_owned()));
    }
    for text in [
        "",
        "echo",
        "echo-",
        "echo-20",
        "echo-0x20",
        "echo-20x0",
        "echo-20x20001",
        "echo-x",
        "echo--1x1",
        "echo-+1x1",
        "room-20x20",
        "room-0",
        "fanout-7x1",
        "inputs-7x1",
        "swim-1x1",
        "echo-20x20x20",
        "idle-",
    ] {
        let refused = text.parse::<Cell>().expect_err(text);
        assert!(refused.to_string().contains("--list"), "{refused}");
    }
}

#[test]
fn ratios_are_between_windows_of_the_same_round() {
    let cell: Cell = "echo-20x20".parse().expect("a cell");
    // The machine is twice as slow in the second round, and ours was not measured in the fourth.
    let floors = [(0, 4.0), (1, 8.0), (2, 4.0), (3, 4.0)].map(|(r, us)| sample(Contestant::Floor, r, us));
    let ours = [(0, 4.4), (1, 8.0), (2, 4.8)].map(|(r, us)| sample(Contestant::Ours, r, us));
    let mut saturated = sample(Contestant::Ours, 3, 40.0);
    (saturated.counts, saturated.flaws) = (false, vec!["GENERATOR SATURATED".to_owned()]);
    let mut samples = [&floors[..], &ours[..]].concat();
    samples.push(saturated);
    let lines = Results { samples, ..Results::new(cell) }.lines();
    let [floor, ours] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(floor.ratios, [("floor".to_owned(), None)], "not against itself");
    let (_, Some(ratio)) = &ours.ratios[0] else { panic!("{ours:?}") };
    let rounded = [ratio.least, ratio.median, ratio.most].map(|value| (value * 100.0).round() as i64);
    assert_eq!((rounded, ratio.count), ([100, 110, 120], 3));
    assert_eq!((ours.rounds, ours.left_out), (3, 1));
    assert_eq!(ours.flaw.as_deref(), Some("GENERATOR SATURATED"));
}

#[test]
fn rooms_are_compared_by_the_updates_that_players_got() {
    let cell: Cell = "room-100".parse().expect("a cell");
    let mut run = Run::new("arena", "ws://h/");
    run.server = Some(server_use(3.0));
    let cpu_us = |contestant, run: &Run| Sample::of(contestant, 0, &cell, run).cpu_us;
    assert_eq!(cpu_us(Contestant::Ours, &run), None, "not by ticks");
    assert_eq!(cpu_us(Contestant::Colyseus, &run), Some(3.0));
    run.figure("clients", CPU_PER_UPDATE, "", 7.0, Unit::Microseconds);
    assert_eq!(cpu_us(Contestant::Ours, &run), Some(7.0));
    let mut sample = sample(Contestant::Ours, 0, 7.0);
    sample.per_s = Some(5950.0);
    let text = table::text(&Results { samples: vec![sample], ..Results::new(cell) });
    assert!(text.contains("updates per player and s") && text.contains(" 59.5 "), "{text}");
}

#[test]
fn memory_of_idle_connections_is_what_was_asked_for_not_pages_of_files() {
    let cell: Cell = "idle-10000".parse().expect("a cell");
    let mut run = Run::new("idle", "ws://h/");
    run.server = Some(server_use(3.0));
    run.figure("memory", "resident_per_connection", "", 9000.0, Unit::Bytes);
    run.figure("memory", ANONYMOUS_EACH, "", 700.0, Unit::Bytes);
    run.verdict.failed("3 connections were lost");
    let sample = Sample::of(Contestant::Ours, 0, &cell, &run);
    assert_eq!((sample.connection_bytes, sample.cpu_us), (Some(700.0), None));
    assert_eq!(sample.flaws, ["FAILED: 3 connections were lost"]);
}

#[test]
fn quarters_are_told_of_five_rounds_or_more() {
    let cell: Cell = "echo-20x20".parse().expect("a cell");
    let text = |rounds: u32| {
        let round = |round| [sample(Contestant::Floor, round, 4.0), sample(Contestant::Ws, round, 6.0)];
        table::text(&Results { samples: (0..rounds).flat_map(round).collect(), ..Results::new(cell) })
    };
    assert!(text(5).contains(" 1.500-1.500 (1.500-1.500) "), "{}", text(5));
    assert!(text(4).contains("  (1.500-1.500) ") && !text(4).contains(" 1.500-1.500 "), "{}", text(4));
}

#[test]
fn one_that_does_not_start_is_a_window_that_failed() {
    let args = args("--server-core 0 --load-core 0");
    let workshop = Workshop::new(None, "no-such-profile").expect("this checkout");
    let cell: Cell = "echo-20x20".parse().expect("a cell");
    let sample = window(&args, &workshop, &cell, Contestant::Ours, 3).expect("the others go on");
    assert_eq!((sample.contestant.as_str(), sample.round, sample.counts), ("ours", 3, false));
    assert!(sample.flaws[0].starts_with("ours does not start: "), "{:?}", sample.flaws);
}

#[test]
fn the_table_tells_disturbed_and_lost_windows_and_has_the_same_columns_everywhere() {
    for name in ALL {
        let cell: Cell = name.parse().expect("a cell");
        let mut disturbed = sample(Contestant::Ours, 0, 5.0);
        (disturbed.foreign_share, disturbed.mode) = (Some(0.2), Some("coalescing".to_owned()));
        let samples = vec![
            sample(Contestant::Floor, 0, 4.0),
            disturbed,
            Sample::failed(Contestant::Ws, 0, "it broke | badly".to_owned()),
        ];
        let results = Results { samples, ..Results::new(cell) };
        let text = table::text(&results);
        assert!(text.contains("reads coalescing; 1 disturbed"), "{text}");
        assert!(text.contains("1 left out; it broke / badly"), "{text}");
        let markdown = table::markdown(&results);
        let bars: Vec<usize> = markdown
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.matches('|').count())
            .collect();
        assert!(bars.len() == 5 && bars.iter().all(|count| *count == bars[0]), "{markdown}");
    }
}

#[test]
fn the_full_table_fits_into_75_minutes_and_ours_is_in_every_round() {
    let args = args("");
    let cells = args.cells();
    let all: std::time::Duration = cells.iter().map(|cell| args.estimate(cell)).sum();
    assert!(all.as_secs() <= 75 * 60, "{all:?}");
    for cell in &cells {
        let contestants = args.contestants(cell);
        assert!(contestants.contains(&Contestant::Ours), "{cell}");
        assert!(Contestant::baselines(cell.work).iter().all(|one| contestants.contains(one)), "{cell}");
        assert!((0..9).all(|round| args.takes_part(Contestant::Ours, round)));
    }
    for (contestant, windows) in [
        (Contestant::Ours, 9),
        (Contestant::Tungstenite, 3),
        (Contestant::TungsteniteSmall, 3),
        (Contestant::Fastwebsockets, 3),
        (Contestant::TokioWebsockets, 3),
        (Contestant::Ws, 3),
    ] {
        assert_eq!((0..9).filter(|&round| args.takes_part(contestant, round)).count(), windows);
    }
    assert!(list(&args, &cells).lines().count() == ALL.len() + 1);
}

#[test]
fn contestants_and_rounds_can_be_chosen() {
    let chosen = args("--cells echo-20x20 --contestants ours,floor,ws,colyseus --rounds 4");
    let cell = chosen.cells()[0];
    assert_eq!(chosen.contestants(&cell), [Contestant::Floor, Contestant::Ours, Contestant::Ws]);
    assert_eq!(chosen.windows(&cell), 4 + 4 + 2, "ws is in rounds 0 and 3");
    let every = args("--cells echo-20x20 --contestants ours,floor,ws --rounds 4 --all-rounds");
    assert_eq!(every.windows(&cell), 12);
    for bad in [
        "--cells swim",
        "--contestants nobody",
        "--rounds 0",
        "--window 0s",
        "--cells echo-20x20,",
        "--markdown -",
        // What was measured is not measured in another way afterwards.
        "--from x --rounds 3",
        "--from x --warmup 1s",
        "--from x --samples y",
    ] {
        assert!(Line::try_parse_from(["peers"].into_iter().chain(bad.split(' '))).is_err(), "{bad}");
    }
}

#[test]
fn everybody_is_started_on_a_free_port_for_all_it_does() {
    let workshop = Workshop::new(None, "dist").expect("this checkout");
    for name in ALL {
        let cell: Cell = name.parse().expect("a cell");
        for &contestant in Contestant::value_variants() {
            if !contestant.does(cell.work) {
                continue;
            }
            let start = contestant.start(&workshop, &cell);
            let words = start.args.join(" ");
            assert!(words.contains("--listen 127.0.0.1:0"), "{contestant:?}: {words}");
            let is_fanout = matches!(cell.work, Work::Fanout { .. } | Work::Inputs { .. });
            assert_eq!(words.contains("--bytes 200"), is_fanout, "{contestant:?}: {words}");
            let shown = workshop.shown(&start.program.to_string_lossy());
            assert!(!Path::new(&shown).is_absolute(), "{shown}: no path of this machine in a report");
        }
    }
}
