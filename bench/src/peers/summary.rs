//! The summary: a line for each cell, with the floor, ours and the best of the peers.

use super::cell::Work;
use super::contestant::Contestant;
use super::grid::{Grid, number};
use super::results::Results;
use super::spread::Spread;
use super::target::targets;

/// The summary of all cells.
pub(super) fn summary(all: &[Results]) -> Grid {
    let mut grid = Grid::default();
    grid.words("cell");
    grid.words("cost");
    ["floor", "ours", "ours / floor", "quarters (all)"].into_iter().for_each(|head| grid.numbers(head));
    grid.words("best peer");
    ["its cost", "ours / best peer", "quarters (all)"].into_iter().for_each(|head| grid.numbers(head));
    grid.numbers("windows");
    grid.numbers("disturbed");
    grid.words("target for ours");
    all.iter().for_each(|results| grid.row(row(results)));
    grid
}

fn row(results: &Results) -> Vec<String> {
    let (floor, ours) = (Contestant::Floor.name(), Contestant::Ours.name());
    let best = results.peers().first().map(|peer| peer.name());
    let decimals = if results.cell.work == Work::Idle { 0 } else { 2 };
    let cost = |name: &str| number(results.median(name), decimals);
    let dash = || "-".to_owned();
    let ratio = |other: Option<&String>| {
        let ratio = other.and_then(|other| results.ratio(&ours, other));
        let around = ratio.as_ref().filter(|ratio| ratio.count > 1).map_or_else(dash, Spread::around);
        [number(ratio.map(|ratio| ratio.median), 3), around]
    };
    let mut row = vec![results.cell.to_string(), results.cell.unit(), cost(&floor), cost(&ours)];
    row.extend(ratio(Some(&floor)));
    row.push(best.clone().unwrap_or_else(dash));
    row.push(best.as_deref().map_or_else(dash, cost));
    row.extend(ratio(best.as_ref()));
    let lines = results.lines();
    let shown = |one: &str| lines.iter().find(|line| line.contestant == one);
    let shown: Vec<_> = [Some(&floor), Some(&ours), best.as_ref()]
        .into_iter()
        .flatten()
        .filter_map(|one| shown(one))
        .collect();
    let windows: Vec<String> = shown.iter().map(|line| line.rounds.to_string()).collect();
    row.push(windows.join(" + "));
    row.push(shown.iter().map(|line| line.disturbed).sum::<usize>().to_string());
    row.push(told(results));
    row
}

fn told(results: &Results) -> String {
    let told = targets(results).into_iter().map(|target| {
        let judgement = target.judge(results).map_or("not known".to_owned(), |it| it.to_string());
        format!("{target}: {judgement}")
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "-".to_owned() } else { told.join("; ") }
}
