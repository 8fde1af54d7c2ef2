//! The numbers that everybody looks for first, large and above all pictures.

use std::fmt::Write as _;

use super::axis::micro;
use super::escape;
use super::page::COLOURS;
use crate::quantiles;
use crate::report::run::Run;
use crate::report::unit::Unit;

/// Runs whose numbers fit into a tile.
const RUNS_MAX: usize = 5;

const WANTED: [&str; 3] = ["p50", "p99", "p99.9"];

/// Of one run.
pub(super) fn single(run: &Run) -> String {
    let Some(main) = run.main_distribution() else { return String::new() };
    let text = |value: u64| micro(&main.unit.text(value as f64));
    let mut html = String::new();
    for (name, quantile) in quantiles::COLUMNS.into_iter().filter(|(name, _)| WANTED.contains(name)) {
        if let Some(value) = main.told(quantile) {
            html += &tile(name, &text(value), main.label.trim(), "");
        }
    }
    let count = format!("of {}", Unit::Count.text(main.histogram.len() as f64));
    html += &tile("maximum", &text(main.histogram.max()), &count, "");
    if let Some(server) = &run.server {
        let value = micro(&Unit::Microseconds.text(server.cpu_us_per));
        html += &tile("server CPU", &value, &format!("per {}", server.per), "");
    }
    if let Some(share) = run.foreign_cpu_share {
        let (why, class) = match &run.server {
            _ if run.verdict.disturbance().is_some() => ("measure again: others were busy", "doubtful"),
            Some(_) => ("of one core, other processes", ""),
            None => ("of one core, the server included", ""),
        };
        html += &tile("foreign CPU", &Unit::Share.text(share), why, class);
    }
    format!("<dl class=\"tiles\">\n{html}</dl>\n")
}

fn tile(name: &str, value: &str, why: &str, class: &str) -> String {
    format!("<div class=\"{class}\"><dt>{name}</dt><dd>{value}<small>{}</small></dd></div>\n", escape(why))
}

/// Of several runs, each in its colour, with ratios to the first. Empty if they are too many.
pub(super) fn several(runs: &[Run]) -> String {
    let Some(unit) = runs[0].main_distribution().map(|main| main.unit).filter(|_| runs.len() <= RUNS_MAX)
    else {
        return String::new();
    };
    let mains = || runs.iter().map(|run| run.main_distribution().filter(|main| main.unit == unit));
    let mut html = String::new();
    for (name, quantile) in quantiles::COLUMNS.into_iter().filter(|(name, _)| WANTED.contains(name)) {
        let values = mains().map(|main| main?.told(quantile).map(|value| value as f64));
        html += &lines(name, unit, &ratios(values.collect()), "");
    }
    let most = mains().map(|main| main.map(|main| main.histogram.max() as f64));
    html += &lines("maximum", unit, &ratios(most.collect()), "");
    let per = |run: &Run| run.server.as_ref().map(|server| server.per.clone());
    if let Some(what) = per(&runs[0]).filter(|_| runs.iter().all(|run| per(run) == per(&runs[0]))) {
        let used = runs.iter().map(|run| run.server.as_ref().map(|server| server.cpu_us_per));
        let name = format!("server CPU per {}", escape(&what));
        html += &lines(&name, Unit::Microseconds, &ratios(used.collect()), "");
    }
    html += &foreign(runs);
    if html.is_empty() { html } else { format!("<dl class=\"tiles\">\n{html}</dl>\n") }
}

/// What others used beside each run, without ratios: those say nothing of the runs.
fn foreign(runs: &[Run]) -> String {
    let name = match runs.iter().all(|run| run.server.is_some()) {
        true => "foreign CPU",
        false => "foreign CPU, with servers of unknown pid",
    };
    let is_disturbed = runs.iter().any(|run| run.verdict.disturbance().is_some());
    let shares: Vec<_> = runs.iter().map(|run| (run.foreign_cpu_share, None)).collect();
    lines(name, Unit::Share, &shares, if is_disturbed { " doubtful" } else { "" })
}

/// Values, and behind all but the first their ratio to it.
fn ratios(values: Vec<Option<f64>>) -> Vec<(Option<f64>, Option<f64>)> {
    let first = values.first().copied().flatten().filter(|first| *first > 0.0);
    let ratio = |(at, value): (usize, Option<f64>)| {
        (value, first.zip(value).filter(|_| at > 0).map(|(first, value)| value / first))
    };
    values.into_iter().enumerate().map(ratio).collect()
}

/// A tile with a line for each run, a value and a ratio; empty if no run tells it.
fn lines(name: &str, unit: Unit, values: &[(Option<f64>, Option<f64>)], class: &str) -> String {
    if values.iter().all(|(value, _)| value.is_none()) {
        return String::new();
    }
    let mut html = String::new();
    for (at, (value, ratio)) in values.iter().enumerate() {
        let text = value.map_or("–".to_owned(), |value| micro(&unit.text(value)));
        let ratio =
            ratio.map_or(String::new(), |ratio| format!(" <small>{}</small>", Unit::Times.text(ratio)));
        let _ = write!(html, "<dd class=\"c{}\">{text}{ratio}</dd>", at % COLOURS);
    }
    format!("<div class=\"many{class}\"><dt>{name}</dt>{html}</div>\n")
}
