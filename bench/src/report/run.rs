//! `Run`: everything that one run of one scenario found out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::breakdown::Breakdown;
use super::distribution::{Distribution, Second};
use super::unit::Unit;
use super::verdict::Verdict;
use crate::machine::host::Host;

/// Of the written form. It changes when a reader of the old one would read the new one wrongly.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Which program measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Git revision it was built from; `+changes` when the checkout had any.
    pub(crate) revision: String,
}

impl Tool {
    /// This program.
    pub(crate) fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: env!("TICKWIRE_REVISION").to_owned(),
        }
    }
}

/// Anything that is one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Heading of the table under which it stands: `clients`, `states`, `ticks`, `generator`.
    pub(crate) group: String,
    /// For programs, unique in the run: `updates_per_player`.
    pub(crate) name: String,
    /// For people.
    pub(crate) label: String,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
}

/// One thread of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ThreadUse {
    pub(crate) name: String,
    /// Of one core over the window, as those below.
    pub(crate) user_share: f64,
    pub(crate) system_share: f64,
}

/// What the server used, from its `/proc`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServerUse {
    /// Processor time in microseconds per [`ServerUse::per`].
    pub(crate) cpu_us_per: f64,
    /// `message`, `client and tick`, `player and tick`.
    pub(crate) per: String,
    /// Of one core over the window, as the other shares.
    pub(crate) user_share: f64,
    pub(crate) system_share: f64,
    /// Resident set at the end of the window.
    pub(crate) resident_bytes: u64,
    /// Busiest first.
    pub(crate) threads: Vec<ThreadUse>,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) schema_version: u32,
    pub(crate) tool: Tool,
    /// The sub-command.
    pub(crate) scenario: String,
    /// What overlaid and compared runs are called; made up of the arguments without it.
    pub(crate) label: Option<String>,
    /// As it was typed, but for the directory of the program: reports are shared.
    pub(crate) command_line: Vec<String>,
    /// What decides the load, defaults included: runs with equal ones repeat each other. No files, no pids.
    pub(crate) arguments: BTreeMap<String, String>,
    pub(crate) machine: Host,
    pub(crate) url: String,
    /// How long was to be measured.
    pub(crate) asked_s: f64,
    /// How long was.
    pub(crate) measured_s: f64,
    pub(crate) verdict: Verdict,
    /// The server's read mode as its metrics tell it: `waking` or `coalescing`.
    pub(crate) mode: Option<String>,
    /// Name of the main distribution: the one whose timeline this is, and that comparisons mean by `p99`.
    pub(crate) headline: String,
    pub(crate) distributions: Vec<Distribution>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) timeline: Vec<Second>,
    pub(crate) breakdown: Option<Breakdown>,
    pub(crate) server: Option<ServerUse>,
    /// Of one core over the window: all processes but the generator and the server, if its pid is known. `None` without
    /// `/proc`.
    pub(crate) foreign_cpu_share: Option<f64>,
    /// One sentence each, under the table.
    pub(crate) notes: Vec<String>,
}

impl Run {
    /// An empty good run of `scenario` on this machine, with this process' command line.
    pub(crate) fn new(scenario: &str, url: impl Into<String>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            scenario: scenario.to_owned(),
            label: None,
            command_line: command_line(std::env::args()),
            arguments: BTreeMap::new(),
            machine: Host::read(),
            url: url.into(),
            asked_s: 0.0,
            measured_s: 0.0,
            verdict: Verdict::default(),
            mode: None,
            headline: String::new(),
            distributions: Vec::new(),
            figures: Vec::new(),
            timeline: Vec::new(),
            breakdown: None,
            server: None,
            foreign_cpu_share: None,
            notes: Vec::new(),
        }
    }

    /// Sets an argument that decides the load.
    pub(crate) fn argument(&mut self, name: &str, value: &dyn std::fmt::Display) {
        self.arguments.insert(name.to_owned(), value.to_string());
    }

    /// Adds a number. One that is not finite (nothing over nothing) is unknown, and left out.
    pub(crate) fn figure(&mut self, group: &str, name: &str, label: &str, value: f64, unit: Unit) {
        if value.is_finite() {
            let (group, name, label) = (group.to_owned(), name.to_owned(), label.to_owned());
            self.figures.push(Figure { group, name, label, value, unit });
        }
    }

    /// Tells the verdict whether others used too much of the processors. Without the server's own use nobody knows: that
    /// of all others holds it.
    pub(crate) fn weigh(&mut self) {
        self.verdict.disturbed(self.foreign_cpu_share.filter(|_| self.server.is_some()));
    }

    /// The distribution of this name.
    pub(crate) fn distribution(&self, name: &str) -> Option<&Distribution> {
        self.distributions.iter().find(|distribution| distribution.name == name)
    }

    /// The main distribution: [`Run::headline`], or else the first.
    pub(crate) fn main_distribution(&self) -> Option<&Distribution> {
        self.distribution(&self.headline).or(self.distributions.first())
    }
}

fn command_line(args: impl Iterator<Item = String>) -> Vec<String> {
    let mut args = args.collect::<Vec<String>>();
    if let Some(program) = args.first_mut() {
        let name = Path::new(program.as_str()).file_name().map(|name| name.to_string_lossy().into_owned());
        *program = name.unwrap_or_default();
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_does_not_tell_where_the_program_lies() {
        let args = ["target/release/tickwire-bench", "echo", "--json", "out/a.json"].map(str::to_owned);
        assert_eq!(command_line(args.into_iter()).join(" "), "tickwire-bench echo --json out/a.json");
        assert_eq!(command_line(std::iter::empty()), Vec::<String>::new());
    }
}
