//! `Results`: the windows of a cell, and what the table says of each contestant.
//!
//! A ratio is of two windows of the same round, which lie seconds apart; what is told is the median of those ratios with
//! their spread. Windows whose generator was saturated or that ended early are left out and counted.

use clap::ValueEnum as _;
use serde::Serialize;

use super::cell::{Cell, Work};
use super::contestant::Contestant;
use super::measure::Sample;
use super::spread::Spread;

/// All windows of a cell.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) cell: Cell,
    pub(super) samples: Vec<Sample>,
}

/// A line of the table.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Line {
    pub(super) contestant: String,
    pub(super) cpu_us: Option<Spread>,
    pub(super) user_share: Option<f64>,
    /// Against each of [`Contestant::baselines`], by its name.
    pub(super) ratios: Vec<(String, Option<Spread>)>,
    pub(super) per_s: Option<f64>,
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) update_bytes: Option<f64>,
    pub(super) connection_bytes: Option<f64>,
    pub(super) mode: Option<String>,
    /// Windows that count.
    pub(super) rounds: usize,
    /// Of them, those during which others used the processors.
    pub(super) disturbed: usize,
    pub(super) left_out: usize,
    /// The first thing that was wrong with any.
    pub(super) flaw: Option<String>,
}

impl Results {
    pub(super) fn new(cell: Cell) -> Self {
        Self { cell, samples: Vec::new() }
    }

    /// Whoever has a window here, in the order of the first.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut names: Vec<&str> = Vec::new();
        for sample in &self.samples {
            if !names.contains(&sample.contestant.as_str()) {
                names.push(&sample.contestant);
            }
        }
        names.into_iter().map(|name| self.line(name)).collect()
    }

    fn line(&self, name: &str) -> Line {
        let all: Vec<&Sample> = self.samples.iter().filter(|sample| sample.contestant == name).collect();
        let counted: Vec<&Sample> = all.iter().copied().filter(|sample| sample.counts).collect();
        let spread = |of: fn(&Sample) -> Option<f64>| Spread::of(counted.iter().copied().filter_map(of));
        let median = |of| spread(of).map(|spread| spread.median);
        let ratios = Contestant::baselines(self.cell.work).iter().map(|baseline| {
            let baseline = baseline.name();
            let ratio = self.ratio(name, &baseline).filter(|_| baseline != name);
            (baseline, ratio)
        });
        Line {
            contestant: name.to_owned(),
            cpu_us: spread(|sample| sample.cpu_us),
            user_share: median(|sample| sample.user_share),
            ratios: ratios.collect(),
            per_s: median(|sample| sample.per_s),
            p50_ms: median(|sample| sample.p50_ms),
            p99_ms: median(|sample| sample.p99_ms),
            update_bytes: median(|sample| sample.update_bytes),
            connection_bytes: median(|sample| sample.connection_bytes),
            mode: counted.last().and_then(|sample| sample.mode.clone()),
            rounds: counted.len(),
            disturbed: counted.iter().filter(|sample| sample.is_disturbed()).count(),
            left_out: all.len() - counted.len(),
            flaw: all.iter().find_map(|sample| sample.flaws.first().cloned()),
        }
    }

    fn counted(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.contestant == name && sample.counts)
    }

    /// What contestants are compared by here: processor time, or memory of idle connections. Less is better.
    fn cost(&self, sample: &Sample) -> Option<f64> {
        if self.cell.work == Work::Idle { sample.connection_bytes } else { sample.cpu_us }
    }

    /// Median cost of a contestant.
    pub(super) fn median(&self, name: &str) -> Option<f64> {
        Spread::of(self.counted(name).filter_map(|sample| self.cost(sample))).map(|spread| spread.median)
    }

    /// Between the windows of the rounds that both were in.
    pub(super) fn ratio(&self, name: &str, other: &str) -> Option<Spread> {
        let ratio = |sample: &Sample| {
            let beside = self.counted(other).find(|beside| beside.round == sample.round)?;
            Some(self.cost(sample)? / self.cost(beside)?)
        };
        Spread::of(self.counted(name).filter_map(ratio))
    }

    /// Whoever has a window here, whether or not it counts.
    pub(super) fn present(&self) -> Vec<Contestant> {
        let has_window = |one: &Contestant| self.samples.iter().any(|it| it.contestant == one.name());
        Contestant::value_variants().iter().copied().filter(has_window).collect()
    }

    /// Whoever is no floor and not ours, does the same work, and has windows that count; the cheapest first.
    pub(super) fn peers(&self) -> Vec<Contestant> {
        let all = self.present().into_iter().filter(|one| one.is_peer());
        let mut peers: Vec<_> = all.filter_map(|one| Some((self.median(&one.name())?, one))).collect();
        peers.sort_by(|a, b| a.0.total_cmp(&b.0));
        peers.into_iter().map(|(_, one)| one).collect()
    }
}
