//! The page's pictures: which of them there are, what lies over what, and the words around them.

use super::axis::{FULL, HALF};
use super::bars::{self, Bar};
use super::curve::{self, Curve};
use super::page::{COLOURS, Page, section};
use super::timeline::{self, Part, Track};
use super::{escape, tables};
use crate::report::distribution::Distribution;
use crate::report::run::Run;
use crate::report::unit::Unit;

impl Page<'_> {
    /// The main distribution of every run; of a single run, what belongs beside it.
    pub(super) fn percentiles(&self) -> String {
        let Some(main) = self.first.main_distribution() else { return String::new() };
        let (mut curves, mut legend) = (Vec::new(), Vec::new());
        for (at, (run, label)) in self.runs.iter().zip(self.labels).enumerate() {
            let Some(distribution) = run.main_distribution().filter(|other| other.unit == main.unit) else {
                continue;
            };
            curves.push(Curve::new(&distribution.histogram, at % COLOURS, false));
            let name = if self.is_single() { &distribution.label } else { label };
            legend.push(self.entry(at, name, "", Some(run)));
        }
        if self.is_single() {
            let others = self.first.distributions.iter().filter(|other| is_companion(other, main));
            for (at, other) in others.enumerate() {
                curves.push(Curve::new(&other.histogram, at + 1, true));
                legend.push(self.entry(at + 1, &other.label, "thin", None));
            }
        }
        let picture = self.picture(400.0, FULL, "percentile curve", |frame| {
            curve::draw(frame, &curves, main.unit, &main.label)
        });
        section(
            &format!("{} by percentile", capital(&main.label)),
            "Each step to the right is ten times rarer. Lines end where ten samples are left; dots lead to the maximum.",
            &(list(&legend) + &picture),
        )
    }

    fn entry(&self, at: usize, name: &str, class: &str, run: Option<&Run>) -> String {
        let worst = run.and_then(|run| run.verdict.flaws().first()).filter(|_| !self.is_single());
        let badge =
            worst.map_or(String::new(), |flaw| format!("<span class=\"badge\">{}</span>", flaw.word()));
        format!("<li><i class=\"c{} {class}\"></i>{}{badge}</li>", at % COLOURS, escape(name))
    }

    pub(super) fn timeline(&self) -> String {
        let with_time = self.runs.iter().enumerate().filter(|(_, run)| run.timeline.len() > 1);
        let tracks: Vec<Track<'_>> =
            with_time.map(|(at, run)| Track { seconds: &run.timeline, colour: at % COLOURS }).collect();
        let Some(main) = self.first.main_distribution().filter(|_| !tracks.is_empty()) else {
            return String::new();
        };
        let parts = timeline::parts(&tracks);
        let names = parts.iter().map(|part| part.name()).collect::<Vec<_>>().join(", ");
        let legend = if self.is_single() {
            let has_band = parts.starts_with(&[Part::Median, Part::P99]);
            let band = if has_band { "<li><i class=\"c0 band\"></i>p50 to p99</li>" } else { "" };
            let max = if parts.contains(&Part::Max) { "<li><i class=\"c0 thin\"></i>max</li>" } else { "" };
            let loads = || self.first.timeline.iter().map(|second| second.load);
            let has_load = loads().zip(loads().skip(1)).any(|(load, next)| load != next);
            let load = if has_load { "<li><i class=\"c7 band\"></i>load</li>" } else { "" };
            vec![band.to_owned(), max.to_owned(), load.to_owned()]
        } else {
            let entry = |(at, (run, label)): (usize, (&Run, &String))| self.entry(at, label, "", Some(run));
            self.runs.iter().zip(self.labels).enumerate().map(entry).collect()
        };
        let title = format!("{}: {names}", main.label);
        let picture =
            self.picture(300.0, FULL, "timeline", |frame| timeline::draw(frame, &tracks, main.unit, &title));
        section(
            &format!("{} over time", capital(&main.label)),
            "A stall is seen here, and not averaged away.",
            &(list(&legend) + &picture),
        )
    }

    pub(super) fn breakdown(&self) -> String {
        let with_stages: Vec<_> = self
            .runs
            .iter()
            .zip(self.labels)
            .filter_map(|(run, label)| Some((run.breakdown.as_ref()?, label)))
            .collect();
        let Some((first, _)) = with_stages.first() else { return String::new() };
        let mut names: Vec<String> = Vec::new();
        for stage in with_stages.iter().flat_map(|(breakdown, _)| &breakdown.stages) {
            if !names.contains(&stage.name) {
                names.push(stage.name.clone());
            }
        }
        let bar = |(breakdown, label): &(&crate::report::Breakdown, &String)| {
            let mean = |name: &String| {
                breakdown.stages.iter().find(|stage| stage.name == *name).map_or(0.0, |stage| stage.mean_s)
            };
            let label = if self.is_single() { breakdown.label.clone() } else { (*label).clone() };
            Bar { label, parts: names.iter().map(mean).collect() }
        };
        let bars: Vec<Bar> = with_stages.iter().map(bar).collect();
        let picture = self.picture(bars::height(bars.len()), FULL, "breakdown", |frame| {
            bars::draw(frame, &bars, &names, Unit::Seconds)
        });
        let why = format!(
            "{}. Means of stages that follow one another: they add up to the whole.",
            escape(&first.label)
        );
        section("Where the time goes in the server", &why, &(picture + &tables::stages(&names, &bars)))
    }

    /// User and system time per unit of work, where several runs are to be compared.
    pub(super) fn processor(&self) -> String {
        let used: Vec<_> = self
            .runs
            .iter()
            .zip(self.labels)
            .filter_map(|(run, label)| Some((run.server.as_ref()?, label)))
            .collect();
        let Some((first, _)) = used.first() else { return String::new() };
        let bar = |(server, label): &(&crate::report::ServerUse, &String)| {
            let total = (server.user_share + server.system_share).max(f64::MIN_POSITIVE);
            let part = |share: f64| server.cpu_us_per * share / total;
            let label = if self.is_single() { format!("per {}", server.per) } else { (*label).clone() };
            Bar { label, parts: vec![part(server.user_share), part(server.system_share)] }
        };
        let is_alike = used.iter().all(|(server, _)| server.per == first.per);
        if !is_alike {
            return String::new();
        }
        let bars: Vec<Bar> = used.iter().map(bar).collect();
        let names = ["user mode".to_owned(), "kernel".to_owned()];
        let legend: Vec<String> =
            names.iter().enumerate().map(|(at, name)| self.entry(at, name, "box", None)).collect();
        let picture = self.picture(bars::height(bars.len()), FULL, "server CPU", |frame| {
            bars::draw(frame, &bars, &names, Unit::Microseconds)
        });
        let why = format!("Processor time of the server per {}.", escape(&first.per));
        section("What it costs", &why, &(list(&legend) + &picture))
    }

    /// All other distributions, two beside each other.
    pub(super) fn others(&self) -> String {
        let Some(main) = self.first.main_distribution() else { return String::new() };
        let is_elsewhere = |other: &&Distribution| {
            other.name == main.name
                || self.is_single() && is_companion(other, main)
                || other.histogram.is_empty()
        };
        let mut html = String::new();
        for first in self.first.distributions.iter().filter(|other| !is_elsewhere(other)) {
            let (mut curves, mut legend) = (Vec::new(), Vec::new());
            for (at, (run, label)) in self.runs.iter().zip(self.labels).enumerate() {
                let Some(other) = run.distribution(&first.name) else { continue };
                curves.push(Curve::new(&other.histogram, at % COLOURS, false));
                legend.push(self.entry(at, label, "", Some(run)));
            }
            let legend = if self.is_single() { String::new() } else { list(&legend) };
            let picture = self.picture(260.0, HALF, "distribution", |frame| {
                curve::draw(frame, &curves, first.unit, &first.label)
            });
            html += &section(&capital(&first.label), "By percentile.", &(legend + &picture));
        }
        if html.is_empty() { html } else { format!("<div class=\"pair\">\n{html}</div>\n") }
    }
}

/// Of the same messages as the main distribution, from their sending: what a benchmark that waits would have told.
fn is_companion(other: &Distribution, main: &Distribution) -> bool {
    other.name == "service" && other.name != main.name && other.unit == main.unit
}

fn list(entries: &[String]) -> String {
    format!("<ul class=\"legend\">{}</ul>\n", entries.concat())
}

/// With a capital letter in front, escaped.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map_or(String::new(), |letter| letter.to_uppercase().to_string());
    escape(&(first + letters.as_str()))
}
