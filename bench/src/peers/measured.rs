//! `Measured`: all windows there are, cell by cell, and how they came about.
//!
//! Invariant: windows of two runs never share a round, so no ratio is between windows of different runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Args;
use super::cell::Cell;
use super::contestant::Contestant;
use super::document::{first_line, typed};
use super::measure::Sample;
use super::results::Results;
use super::workshop::Workshop;
use crate::machine::host::Host;
use crate::report::Tool;

/// How one run of `peers` measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Setting {
    /// [`SCHEMA_VERSION`].
    pub(super) schema_version: u32,
    pub(super) tool: Tool,
    pub(super) machine: Host,
    /// What the compiler says of its version.
    pub(super) rust: String,
    /// `None` when nobody needed it.
    pub(super) node: Option<String>,
    /// Names and versions of what the peers are made of.
    pub(super) libraries: Vec<String>,
    pub(super) warmup: Duration,
    pub(super) window: Duration,
    pub(super) server_core: usize,
    pub(super) load_core: usize,
    /// Cargo's, of our own servers.
    pub(super) profile: String,
    pub(super) command: String,
}

/// Of the file of samples. It changes when a reader of the old one would read the new one wrongly.
pub(super) const SCHEMA_VERSION: u32 = 1;

impl Setting {
    /// Of a run that measures `everybody`.
    pub(super) fn read(args: &Args, workshop: &Workshop, everybody: &[Contestant]) -> Self {
        let needs_node = everybody.iter().any(|one| one.needs_node());
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            machine: Host::read(),
            rust: first_line("rustc", "--version"),
            node: needs_node.then(|| first_line("node", "--version")),
            libraries: workshop.versions(everybody),
            warmup: args.warmup,
            window: args.window,
            server_core: args.server_core,
            load_core: args.load_core,
            profile: args.profile.clone(),
            command: typed(std::env::args()),
        }
    }
}

#[derive(Clone, Default, Debug)]
pub(super) struct Measured {
    /// Of the runs that have windows here.
    pub(super) settings: Vec<Setting>,
    /// Of a run that has none yet.
    begun: Option<Setting>,
    pub(super) cells: Vec<Results>,
    /// Rounds of the runs before the last one.
    rounds_before: u32,
}

impl Measured {
    /// What is added from now on was measured like this.
    pub(super) fn begin(&mut self, setting: Setting) {
        let rounds = self.cells.iter().flat_map(|results| &results.samples);
        self.rounds_before = rounds.map(|sample| sample.round.saturating_add(1)).max().unwrap_or(0);
        self.begun = Some(setting);
    }

    /// Adds a window, of a round that counts from 0 in each run.
    pub(super) fn add(&mut self, cell: Cell, mut sample: Sample) {
        self.settings.extend(self.begun.take());
        sample.round = sample.round.saturating_add(self.rounds_before);
        match self.cells.iter_mut().find(|results| results.cell == cell) {
            Some(results) => results.samples.push(sample),
            None => self.cells.push(Results { samples: vec![sample], ..Results::new(cell) }),
        }
    }

    /// Of a cell; empty if there is none.
    pub(super) fn of(&self, cell: Cell) -> Results {
        let found = self.cells.iter().find(|results| results.cell == cell);
        found.cloned().unwrap_or_else(|| Results::new(cell))
    }
}
