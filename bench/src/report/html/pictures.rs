//! The page's pictures: which of them there are, what lies over what, and the words around them.

use super::axis::{FULL, HALF};
use super::bars::{self, Bar};
use super::curve::{self, Curve};
use super::page::{COLOURS, Page, section};
use super::timeline::{self, Part, Track};
use super::{escape, tables};
use crate::report::breakdown::{Breakdown, Stage};
use crate::report::distribution::Distribution;
use crate::report::family::families;
use crate::report::run::Run;
use crate::report::unit::Unit;
use crate::report::verdict::{DISTURBED, Verdict};

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
            let members = families(self.first).into_iter().next().map_or(Vec::new(), |family| family.members);
            self.add_members(&members, &mut curves, &mut legend);
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
        let verdict = run.map(|run| &run.verdict).filter(|_| !self.is_single());
        let flaw = verdict.and_then(|verdict| verdict.flaws().first()).map(|flaw| ("badge", flaw.word()));
        let disturbance = verdict.and_then(Verdict::disturbance).map(|_| ("badge doubtful", DISTURBED));
        let badge = flaw
            .or(disturbance)
            .map_or(String::new(), |(class, word)| format!("<span class=\"{class}\">{word}</span>"));
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
        let mut legend: Vec<String> = if self.is_single() {
            let has_band = parts.starts_with(&[Part::Median, Part::P99]);
            let band = if has_band { "<li><i class=\"c0 band\"></i>p50 to p99</li>" } else { "" };
            let lines = parts.iter().filter(|part| !has_band || **part == Part::Max);
            let lines: String = lines
                .map(|part| format!("<li><i class=\"c0{}\"></i>{}</li>", part.class(), part.name()))
                .collect();
            vec![band.to_owned(), lines]
        } else {
            let entry = |(at, (run, label)): (usize, (&Run, &String))| self.entry(at, label, "", Some(run));
            self.runs.iter().zip(self.labels).enumerate().map(entry).collect()
        };
        let loads = || self.first.timeline.iter().map(|second| second.load);
        if loads().zip(loads().skip(1)).any(|(load, next)| load != next) {
            legend.push("<li><i class=\"c7 band\"></i>load</li>".to_owned());
        }
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
        let told = self.runs.iter().zip(self.labels);
        let with_stages: Vec<_> =
            told.filter_map(|(run, label)| Some((run.breakdown.as_ref()?, label))).collect();
        let Some((first, _)) = with_stages.first() else { return String::new() };
        let accounted: Vec<_> = with_stages.iter().map(|(breakdown, _)| breakdown.accounted()).collect();
        let mut names: Vec<String> = Vec::new();
        for stage in accounted.iter().flatten() {
            if !names.contains(&stage.name) {
                names.push(stage.name.clone());
            }
        }
        let bar = |(stages, (breakdown, label)): (&Vec<Stage>, &(&Breakdown, &String))| {
            let mean = |name: &String| {
                stages.iter().find(|stage| stage.name == *name).map_or(0.0, |stage| stage.mean_s)
            };
            let count = Unit::Count.text(breakdown.whole.count as f64);
            let label = if self.is_single() { format!("mean of {count}") } else { (*label).clone() };
            Bar { label, parts: names.iter().map(mean).collect() }
        };
        let bars: Vec<Bar> = accounted.iter().zip(&with_stages).map(bar).collect();
        let picture = self.picture(bars::height(bars.len()), FULL, "breakdown", |frame| {
            bars::draw(frame, &bars, &names, Unit::Seconds)
        });
        let why = format!(
            "{}. Means of stages that follow one another: they add up to the whole.",
            capital(&first.label)
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

    /// The other distributions, two beside each other.
    pub(super) fn others(&self) -> String {
        let mut html = String::new();
        for family in families(self.first).iter().skip(1).filter(|family| !family.head.histogram.is_empty()) {
            let (mut curves, mut legend) = (Vec::new(), Vec::new());
            for (at, (run, label)) in self.runs.iter().zip(self.labels).enumerate() {
                let Some(other) = run.distribution(&family.head.name) else { continue };
                curves.push(Curve::new(&other.histogram, at % COLOURS, false));
                let name = if self.is_single() { other.label.trim() } else { label };
                legend.push(self.entry(at, name, "", Some(run)));
            }
            if self.is_single() {
                self.add_members(&family.members, &mut curves, &mut legend);
            }
            let legend = if curves.len() > 1 { list(&legend) } else { String::new() };
            let label = family.head.label.trim();
            let picture = self.picture(260.0, HALF, "distribution", |frame| {
                curve::draw(frame, &curves, family.head.unit, label)
            });
            html += &section(&capital(label), "By percentile.", &(legend + &picture));
        }
        if html.is_empty() { html } else { format!("<div class=\"pair\">\n{html}</div>\n") }
    }

    /// Thin lines beside the one of their family.
    fn add_members<'a>(
        &self,
        members: &[&'a Distribution],
        curves: &mut Vec<Curve<'a>>,
        legend: &mut Vec<String>,
    ) {
        for (at, member) in members.iter().enumerate() {
            curves.push(Curve::new(&member.histogram, (at + 1) % COLOURS, true));
            legend.push(self.entry(at + 1, member.label.trim(), "thin", None));
        }
    }
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
