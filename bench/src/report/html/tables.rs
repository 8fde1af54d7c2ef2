//! The page's tables: all numbers that the pictures do not tell.

use std::fmt::Write as _;

use super::axis::micro;
use super::bars::Bar;
use super::escape;
use super::page::{COLOURS, section};
use crate::quantiles;
use crate::report::distribution::Distribution;
use crate::report::family::full_label;
use crate::report::run::{Figure, Run};
use crate::report::unit::Unit;

/// Distributions as rows, then all figures by group.
pub(super) fn single(run: &Run) -> String {
    let rows: Vec<(String, &Distribution)> = run
        .distributions
        .iter()
        .map(|distribution| (escape(&full_label(run, &distribution.name)), distribution))
        .collect();
    let mut html = String::new();
    if !rows.is_empty() {
        html += &section(
            "All distributions",
            "Count and maximum always; a percentile only with ten samples beyond it.",
            &percentiles(&rows),
        );
    }
    let mut groups: Vec<(&str, Vec<&Figure>)> = Vec::new();
    for figure in &run.figures {
        match groups.iter_mut().find(|(name, _)| *name == figure.group) {
            Some((_, members)) => members.push(figure),
            None => groups.push((&figure.group, vec![figure])),
        }
    }
    let row = |label: &str, value: &str| {
        let below = if label.starts_with(' ') { " class=\"below\"" } else { "" };
        format!("<div><dt{below}>{}</dt><dd>{}</dd></div>", escape(label.trim()), micro(value))
    };
    let mut lists: Vec<String> = groups
        .iter()
        .map(|(name, members)| {
            let rows = members.iter().map(|figure| row(&figure.label, &figure.unit.text(figure.value)));
            group(name, &rows.collect::<String>())
        })
        .collect();
    if let Some(server) = &run.server {
        let share = |share: f64| Unit::Share.text(share);
        let mut rows = row("resident memory", &Unit::Bytes.text(server.resident_bytes as f64));
        rows += &row("CPU, of one core", &share(server.user_share + server.system_share));
        for thread in &server.threads {
            rows += &row(&format!("thread {}", thread.name), &share(thread.user_share + thread.system_share));
        }
        lists.push(group("server process", &rows));
    }
    if !lists.is_empty() {
        html += &section(
            "Everything else",
            "Counts and rates of the measured window.",
            &format!("<div class=\"groups\">{}</div>\n", lists.concat()),
        );
    }
    html
}

fn group(name: &str, rows: &str) -> String {
    format!("<div><h3>{}</h3><dl>{rows}</dl></div>", escape(name))
}

/// For each distribution that the first run has, the runs as rows; then the figures with runs as columns.
pub(super) fn several(runs: &[Run], labels: &[String]) -> String {
    let name =
        |at: usize, label: &str| format!("<span class=\"swatch c{}\"></span>{}", at % COLOURS, escape(label));
    let mut html = String::new();
    for first in &runs[0].distributions {
        let mut rows: Vec<(String, &Distribution)> = Vec::new();
        for (at, (run, label)) in runs.iter().zip(labels).enumerate() {
            rows.extend(run.distribution(&first.name).map(|distribution| (name(at, label), distribution)));
        }
        html += &section(
            &escape(&full_label(&runs[0], &first.name)),
            "Ratios are to the first run.",
            &percentiles(&rows),
        );
    }
    let heads: String =
        labels.iter().enumerate().map(|(at, label)| format!("<th>{}</th>", name(at, label))).collect();
    let mut body = String::new();
    let mut group = None;
    for figure in &runs[0].figures {
        if group != Some(&figure.group) {
            let span = runs.len() + 1;
            let _ = write!(
                body,
                "<tr class=\"group\"><th colspan=\"{span}\">{}</th></tr>",
                escape(&figure.group)
            );
            group = Some(&figure.group);
        }
        let value = |run: &Run| {
            let other = run.figures.iter().find(|other| other.name == figure.name);
            let text = other.map_or("–".to_owned(), |other| micro(&other.unit.text(other.value)));
            format!("<td>{text}</td>")
        };
        let cells: String = runs.iter().map(value).collect();
        let below = if figure.label.starts_with(' ') { " class=\"below\"" } else { "" };
        let _ = write!(body, "<tr><th{below}>{}</th>{cells}</tr>", escape(figure.label.trim()));
    }
    body += &processes(runs);
    if body.is_empty() {
        return html;
    }
    let table = format!(
        "<div class=\"scroll\"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>\n"
    );
    html + &section("Everything else", "Counts and rates of the measured windows.", &table)
}

/// What the servers and everybody else used, as rows of the table of figures; empty if no run tells it.
fn processes(runs: &[Run]) -> String {
    type Text = fn(&Run) -> Option<String>;
    let rows: [(&str, Text); 3] = [
        ("server's CPU, of one core", |run| {
            run.server.as_ref().map(|server| Unit::Share.text(server.user_share + server.system_share))
        }),
        ("server's resident memory", |run| {
            run.server.as_ref().map(|server| Unit::Bytes.text(server.resident_bytes as f64))
        }),
        ("foreign CPU, of one core", |run| run.foreign_cpu_share.map(|share| Unit::Share.text(share))),
    ];
    let mut html = String::new();
    for (name, text) in rows.into_iter().filter(|(_, text)| runs.iter().any(|run| text(run).is_some())) {
        let cell = |run| format!("<td>{}</td>", text(run).unwrap_or_else(|| "–".to_owned()));
        let _ = write!(html, "<tr><th>{name}</th>{}</tr>", runs.iter().map(cell).collect::<String>());
    }
    if html.is_empty() {
        return html;
    }
    format!("<tr class=\"group\"><th colspan=\"{}\">processes</th></tr>{html}", runs.len() + 1)
}

/// One row each; with several of the same, ratios to the first.
fn percentiles(rows: &[(String, &Distribution)]) -> String {
    let is_told = |quantile: f64| rows.iter().any(|(_, distribution)| distribution.told(quantile).is_some());
    let columns: Vec<_> = quantiles::COLUMNS.into_iter().filter(|(_, quantile)| is_told(*quantile)).collect();
    let is_one = rows.iter().all(|(_, distribution)| distribution.name == rows[0].1.name);
    let mut html =
        String::from("<div class=\"scroll\"><table><thead><tr><th></th><th>count</th><th>mean</th>");
    for (name, _) in &columns {
        let _ = write!(html, "<th>{name}</th>");
    }
    html += "<th>max</th></tr></thead><tbody>";
    for (at, (name, distribution)) in rows.iter().enumerate() {
        let histogram = &distribution.histogram;
        let before = rows.first().filter(|_| at > 0 && is_one).map(|(_, first)| *first);
        let _ = write!(html, "<tr><th>{name}</th><td>{}</td>", Unit::Count.text(histogram.len() as f64));
        let cell = |value: Option<f64>, first: Option<f64>| {
            let Some(value) = value.filter(|_| !histogram.is_empty()) else {
                return "<td>–</td>".to_owned();
            };
            let ratio = first
                .filter(|first| *first > 0.0)
                .map_or(String::new(), |first| format!("<small>{}</small>", Unit::Times.text(value / first)));
            format!("<td>{}{ratio}</td>", micro(&distribution.unit.text(value)))
        };
        html += &cell(Some(histogram.mean()), before.map(|first| first.histogram.mean()));
        for (_, quantile) in &columns {
            let first = before.and_then(|first| first.told(*quantile)).map(|value| value as f64);
            html += &cell(distribution.told(*quantile).map(|value| value as f64), first);
        }
        html += &cell(Some(histogram.max() as f64), before.map(|first| first.histogram.max() as f64));
        html += "</tr>";
    }
    html + "</tbody></table></div>\n"
}

/// Stages as rows, runs as columns, and their sum.
pub(super) fn stages(names: &[String], bars: &[Bar]) -> String {
    let total = |bar: &Bar| bar.parts.iter().sum::<f64>();
    let cell = |value: f64, whole: f64| {
        let share = if whole > 0.0 { Unit::Share.text(value / whole) } else { String::new() };
        format!("<td>{}<small>{share}</small></td>", micro(&Unit::Seconds.text(value)))
    };
    let heads: String = if bars.len() > 1 {
        bars.iter().map(|bar| format!("<th>{}</th>", escape(&bar.label))).collect()
    } else {
        "<th>mean</th>".to_owned()
    };
    let slim = if bars.len() == 1 { " class=\"slim\"" } else { "" };
    let mut html =
        format!("<div class=\"scroll\"><table{slim}><thead><tr><th></th>{heads}</tr></thead><tbody>");
    for (at, name) in names.iter().enumerate() {
        let cells: String =
            bars.iter().map(|bar| cell(bar.parts.get(at).copied().unwrap_or(0.0), total(bar))).collect();
        let _ = write!(
            html,
            "<tr><th><span class=\"swatch c{}\"></span>{}</th>{cells}</tr>",
            at % COLOURS,
            escape(name)
        );
    }
    let wholes: String = bars.iter().map(|bar| cell(total(bar), total(bar))).collect();
    html + &format!("<tr class=\"sum\"><th>whole</th>{wholes}</tr></tbody></table></div>\n")
}
