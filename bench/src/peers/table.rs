//! The table of a cell: for a terminal, and as a section of a Markdown file. Both have the same numbers.

use super::cell::Work;
use super::contestant::Contestant;
use super::grid::{Grid, number};
use super::results::{Line, Results};
use super::spread::Spread;

/// With aligned columns.
pub(super) fn text(results: &Results) -> String {
    let head = format!("{}  {}; {}\n", results.cell, results.cell.title(), results.cell.measure());
    let whole =
        |line: &Line| remarks(line).into_iter().chain(line.flaw.clone()).collect::<Vec<_>>().join("; ");
    head + &grid(results, whole).text()
}

/// What was wrong with windows stands below the table: it may be long.
pub(super) fn markdown(results: &Results) -> String {
    let title = format!("### {}\n\n`{}`, {}\n\n", results.cell.title(), results.cell, results.cell.measure());
    let grid = grid(results, |line| remarks(line).join("; "));
    let flaws = results.lines().into_iter().filter_map(|line| {
        Some(format!("- `{}`, the first thing that was wrong: {}\n", line.contestant, line.flaw?))
    });
    let flaws: String = flaws.collect();
    let gap = if flaws.is_empty() { "" } else { "\n" };
    format!("{title}{}{gap}{flaws}\n", grid.markdown())
}

fn grid(results: &Results, remarks: impl Fn(&Line) -> String) -> Grid {
    let is_idle = results.cell.work == Work::Idle;
    let mut grid = Grid::default();
    grid.words("contestant");
    if is_idle {
        grid.numbers("user-space B per connection");
    } else {
        grid.numbers("CPU us");
        grid.numbers("user");
        for baseline in Contestant::baselines(results.cell.work) {
            grid.numbers(format!("x {}", baseline.name()));
            grid.numbers("quarters (all)");
        }
        grid.numbers("per s");
        if let Some(time) = results.cell.time() {
            grid.numbers(format!("{time} p50 / p99 ms"));
        }
    }
    if results.cell.work == Work::Room {
        grid.numbers("updates per player and s");
        grid.numbers("B per update");
    }
    grid.numbers("rounds");
    grid.words("remarks");
    for line in results.lines() {
        let mut row = row(results, &line, is_idle);
        row.push(remarks(&line));
        grid.row(row);
    }
    grid
}

/// All but the remarks.
fn row(results: &Results, line: &Line, is_idle: bool) -> Vec<String> {
    let mut row = vec![line.contestant.clone()];
    if is_idle {
        row.push(number(line.connection_bytes, 0));
    } else {
        row.push(number(line.cpu_us.map(|spread| spread.median), 2));
        row.push(line.user_share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0)));
        for (_, ratio) in &line.ratios {
            row.push(number(ratio.map(|ratio| ratio.median), 3));
            row.push(ratio.as_ref().map_or_else(|| "-".to_owned(), Spread::around));
        }
        row.push(number(line.per_s, 0));
        if results.cell.time().is_some() {
            row.push(format!("{} / {}", number(line.p50_ms, 2), number(line.p99_ms, 2)));
        }
    }
    if results.cell.work == Work::Room {
        row.push(number(line.per_s.map(|per_s| per_s / f64::from(results.cell.connections)), 1));
        row.push(number(line.update_bytes, 0));
    }
    row.push(line.rounds.to_string());
    row
}

fn remarks(line: &Line) -> Vec<String> {
    let mode = line.mode.iter().map(|mode| format!("reads {mode}"));
    let disturbed = (line.disturbed > 0).then(|| format!("{} disturbed", line.disturbed));
    let left_out = (line.left_out > 0).then(|| format!("{} left out", line.left_out));
    mode.chain(disturbed).chain(left_out).collect()
}
