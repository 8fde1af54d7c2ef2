//! What is written of all that was measured: the Markdown of `bench/RESULTS.md`, and JSON with every window.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum as _;
use serde_json::json;

use super::contestant::Contestant;
use super::measured::{Measured, Setting};
use super::summary::summary;
use super::table;

const SUMMARY: &str = "\
## Summary

A line for each cell, details below. *cost* is the median of the windows, in the unit beside the cell: processor time of the server, \
or its memory where nothing is said. *ours / floor* and *ours / best peer* are medians of the ratios of two windows of the same round; beside \
each stand the quarters (of five windows or more) and, in parentheses, the extremes. The best peer is the cheapest server that does \
the same work. *windows* counts those of the floor, of ours and of the best peer that the line is made of, *disturbed* those of them in which other \
processes used more than 5 % of a core. Targets are what this project has set itself, judged by the medians; `~` is where the bound lies within the \
spread, so that another run may end on its other side.
";

const LEGEND: &str = "\
## How to read the tables

Every contestant runs alone on one core, the load on another one, all through loopback; they take turns, so that what disturbs \
the machine for a minute disturbs all of them. Differences below 10 % mean little unless the spread is smaller.

- **CPU us**: what the server and all its threads used of the processor, in user mode and in the kernel, in microseconds, divided by what \
the line above the table says; the median of the windows that count. **user** is the share of it in user mode.
- **x floor**, **x floor-tick**, **x ours**: the median of the ratios of two windows of the same round, with the quarters (of five windows or more) \
and in parentheses the extremes. Below 1 is cheaper.
- **per s**: messages, frames or updates that reached all clients together in a second. Echoes are in a closed loop, so it is what \
the server did with a core; elsewhere the load is fixed, and a smaller number means that it was not delivered.
- **round trip**: of echoes in that closed loop, which is no latency under a given load. **delivery**: from the moment that the tick's \
frame was stamped, before the first send, to when the client had read it. **input to state**: from when an input was due to when \
the state with its effect was decoded.
- **user-space B per connection**: what the server's anonymous memory grew by, divided by the connections; buffers of the kernel are not in it.
- **rounds**: windows that count, one in each round: the floors and ours are in all rounds, the others in every third unless the command \
says `--all-rounds`. *disturbed*: of them, those in which other processes used more than 5 % of a core. *left out*: \
windows that do not count, because the generator was late, the server did not bear the load, or it did not start.
- **reads**: how our server read at the end, *waking* for each input or *coalescing* them before the tick.

What the floor does and does not do, and how the peers are written: docs/MEASURING.md and bench/peers/README.md.
";

/// The whole file.
pub(super) fn markdown(measured: &Measured) -> String {
    let mut out = "# Results\n\nWritten by `tickwire-bench peers`; do not edit.\n\n".to_owned();
    let runs = measured.settings.len();
    for (index, setting) in measured.settings.iter().enumerate() {
        if runs > 1 {
            out += &format!("Run {} of {runs}, ratios are within a run:\n\n", index + 1);
        }
        out += &described(setting);
    }
    out += &format!("{SUMMARY}\n{}\n## Contestants\n\n", summary(&measured.cells).markdown());
    let seen: BTreeSet<&str> = windows(measured).map(|(_, contestant, _)| contestant).collect();
    for one in Contestant::value_variants().iter().filter(|one| seen.contains(one.name().as_str())) {
        out += &format!("- `{}`: {}\n", one.name(), one.what());
    }
    out += &format!("\n{LEGEND}\n");
    measured.cells.iter().for_each(|results| out += &table::markdown(results));
    out +=
        "## Commands\n\nHow each contestant was started (`target` is cargo's target directory):\n\n```text\n";
    let mut told = BTreeSet::new();
    for window in windows(measured).filter(|window| told.insert(window.clone())) {
        let (cell, contestant, started) = &window;
        out += &format!("{cell:<18} {contestant:<17} {started}\n");
    }
    out + "```\n"
}

fn described(setting: &Setting) -> String {
    let Setting { tool, machine, rust, .. } = setting;
    let mut out = format!("- Measured with version {} at revision {}\n", tool.version, tool.revision);
    out += &format!("- Machine: {machine}\n- Rust: {rust}\n");
    if let Some(node) = &setting.node {
        out += &format!("- node: {node}\n");
    }
    if !setting.libraries.is_empty() {
        out += &format!("- Peers: {}\n", setting.libraries.join(", "));
    }
    out += &format!(
        "- Windows of {:.1} s after {:.1} s of warm-up; servers on core {}, load on core {}; our own servers in the profile `{}`\n",
        setting.window.as_secs_f64(),
        setting.warmup.as_secs_f64(),
        setting.server_core,
        setting.load_core,
        setting.profile
    );
    out + &format!("- Command: `{}`\n\n", setting.command)
}

/// Cell, contestant and command of each window.
fn windows(measured: &Measured) -> impl Iterator<Item = (String, &str, &str)> {
    let of = |results: &super::results::Results| results.cell.to_string();
    measured.cells.iter().flat_map(move |results| {
        let cell = of(results);
        results.samples.iter().map(move |it| (cell.clone(), it.contestant.as_str(), it.started.as_str()))
    })
}

/// A command line as it is typed, without where the program or its files lie on this machine.
pub(super) fn typed(words: impl Iterator<Item = String>) -> String {
    let words = words.skip(1).filter(|word| word != "--").map(|word| {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') => (format!("{flag}="), value),
            _ => (String::new(), word.as_str()),
        };
        let path = Path::new(value);
        let name = path.file_name().filter(|_| path.is_absolute());
        flag + &name.map_or_else(|| value.to_owned(), |name| name.to_string_lossy().into_owned())
    });
    std::iter::once("cargo netbench".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// What a program says of itself.
pub(super) fn first_line(program: &str, arg: &str) -> String {
    let out = Command::new(program).arg(arg).output().ok();
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let line = text.as_deref().and_then(|text| text.lines().next());
    line.unwrap_or("unknown").to_owned()
}

/// Every window and every line.
pub(super) fn json(measured: &Measured) -> String {
    let cells = measured.cells.iter().map(|results| {
        json!({
            "cell": results.cell,
            "per": results.cell.per(),
            "lines": results.lines(),
            "windows": results.samples,
        })
    });
    let cells: Vec<_> = cells.collect();
    format!("{:#}\n", json!({ "runs": measured.settings, "cells": cells }))
}
