//! The table: for a terminal, and as the Markdown of `bench/RESULTS.md`. Both have the same cells.

use super::cell::Work;
use super::contestant::Contestant;
use super::results::{Line, Results};
use super::spread::Spread;

/// Heads and rows, all of them text.
struct Grid {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A table with aligned columns.
pub(super) fn text(results: &Results) -> String {
    let Grid { heads, rows } = grid(results);
    let lines: Vec<&Vec<String>> = std::iter::once(&heads).chain(&rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut out = format!("{}  {}; {}\n", results.cell, results.cell.title(), results.cell.measure());
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            // Names and remarks to the left, numbers to the right.
            if column == 0 || column == heads.len() - 1 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

/// A section of a Markdown file.
pub(super) fn markdown(results: &Results) -> String {
    let Grid { heads, rows } = grid(results);
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> =
        (0..heads.len()).map(|column| if column == 0 { "---" } else { "---:" }.to_owned()).collect();
    let title = format!("### {}\n\n`{}`, {}\n\n", results.cell.title(), results.cell, results.cell.measure());
    let rows = rows.iter().map(|row| line(row)).collect::<String>();
    title + &line(&heads) + &line(&rule) + &rows + "\n"
}

fn grid(results: &Results) -> Grid {
    let lines = results.lines();
    let is_idle = results.cell.work == Work::Idle;
    let mut heads = vec!["contestant".to_owned()];
    if is_idle {
        heads.push("user-space B per connection".to_owned());
    } else {
        heads.extend(["CPU us".to_owned(), "user".to_owned()]);
        for baseline in Contestant::baselines(results.cell.work) {
            heads.extend([format!("x {}", baseline.name()), "quarters (all)".to_owned()]);
        }
        heads.push("per s".to_owned());
        heads.extend(results.cell.time().map(|time| format!("{time} p50 / p99 ms")));
    }
    if results.cell.work == Work::Room {
        heads.extend(["updates per player and s".to_owned(), "B per update".to_owned()]);
    }
    heads.extend(["rounds".to_owned(), "remarks".to_owned()]);
    Grid { heads, rows: lines.iter().map(|line| row(results, line, is_idle)).collect() }
}

fn row(results: &Results, line: &Line, is_idle: bool) -> Vec<String> {
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let mut row = vec![line.contestant.clone()];
    if is_idle {
        row.push(number(line.connection_bytes, 0));
    } else {
        row.push(number(line.cpu_us.map(|spread| spread.median), 2));
        row.push(line.user_share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0)));
        for (_, ratio) in &line.ratios {
            row.push(number(ratio.map(|ratio| ratio.median), 3));
            row.push(ratio.as_ref().map_or_else(|| "-".to_owned(), around));
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
    row.push(remarks(line));
    row
}

fn around(spread: &Spread) -> String {
    let Spread { least, lower, upper, most, .. } = spread;
    if !spread.has_quarters() {
        return format!("({least:.3}-{most:.3})");
    }
    format!("{lower:.3}-{upper:.3} ({least:.3}-{most:.3})")
}

fn remarks(line: &Line) -> String {
    let mut remarks: Vec<String> = line.mode.iter().map(|mode| format!("reads {mode}")).collect();
    if line.disturbed > 0 {
        remarks.push(format!("{} disturbed", line.disturbed));
    }
    if line.left_out > 0 {
        remarks.push(format!("{} left out", line.left_out));
    }
    // A bar would end the cell of a Markdown table.
    remarks.extend(line.flaw.iter().map(|flaw| flaw.replace('|', "/")));
    remarks.join("; ")
}
