//! What is written of a run of `peers`: the Markdown of `bench/RESULTS.md`, and JSON with every window.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;

use super::Args;
use super::contestant::Contestant;
use super::results::Results;
use super::table;
use super::workshop::Workshop;
use crate::machine::host::Host;
use crate::report::Tool;

const LEGEND: &str = "\
How to read it: every contestant runs alone on one core, the load on another one, all through loopback. *CPU us* is the median of \
the rounds, *user* the share of it in user mode. *x floor* is the median over the rounds of the ratio of two windows of \
the same round, with the quarters, of five windows or more, and in parentheses the extremes beside it; below 10 % it means little unless the spread \
is smaller. *rounds* counts the windows; a window is *disturbed* when other processes used more than 5 % of a core. What the \
floor does and does not do, and how the peers are written: docs/MEASURING.md and bench/peers/README.md.\n";

/// The whole file.
pub(super) fn markdown(args: &Args, workshop: &Workshop, all: &[Results]) -> String {
    let tool = Tool::this();
    let mut out = format!(
        "# Results\n\nWritten by `tickwire-bench peers`; do not edit. Measured with version {} at revision {}.\n\n",
        tool.version, tool.revision
    );
    out += &format!("- Machine: {}\n- Rust: {}\n", Host::read(), first_line("rustc", "--version"));
    let everybody: BTreeSet<Contestant> =
        all.iter().flat_map(|results| args.contestants(&results.cell)).collect();
    if everybody.iter().any(|one| one.needs_node()) {
        out += &format!("- node: {}\n", first_line("node", "--version"));
    }
    let versions = workshop.versions(&everybody);
    if !versions.is_empty() {
        out += &format!("- Peers: {}\n", versions.join(", "));
    }
    out += &format!(
        "- Windows of {:.1} s after {:.1} s of warm-up; servers on core {}, load on core {}; our own servers in the profile `{}`\n",
        args.window.as_secs_f64(),
        args.warmup.as_secs_f64(),
        args.server_core,
        args.load_core,
        args.profile
    );
    out += &format!("- Command: `{}`\n\n{LEGEND}\n", command());
    all.iter().for_each(|results| out += &table::markdown(results));
    out +=
        "## Commands\n\nHow each contestant was started (`target` is cargo's target directory):\n\n```text\n";
    for results in all {
        for contestant in args.contestants(&results.cell) {
            let start = contestant.start(workshop, &results.cell);
            let words = std::iter::once(start.program.to_string_lossy().into_owned()).chain(start.args);
            let words: Vec<String> = words.map(|word| workshop.shown(&word)).collect();
            out +=
                &format!("{:<18} {:<17} {}\n", results.cell.to_string(), contestant.name(), words.join(" "));
        }
    }
    out + "```\n"
}

/// As it is typed, without where the program lies.
fn command() -> String {
    let words = std::env::args().skip(1).filter(|word| word != "--");
    std::iter::once("cargo netbench".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

fn first_line(program: &str, arg: &str) -> String {
    let out = Command::new(program).arg(arg).output().ok();
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let line = text.as_deref().and_then(|text| text.lines().next());
    line.unwrap_or("unknown").to_owned()
}

/// Every window and every line.
pub(super) fn json(all: &[Results]) -> String {
    let cells: Vec<_> = all
        .iter()
        .map(|results| {
            json!({
                "cell": results.cell.to_string(),
                "per": results.cell.per(),
                "lines": results.lines(),
                "windows": results.samples,
            })
        })
        .collect();
    let tool = Tool::this();
    let document = json!({ "tool": tool, "machine": Host::read(), "command": command(), "cells": cells });
    format!("{document:#}\n")
}
