//! `Outcome`: what came of a run of the load, and the part of its report that is the same for every scenario.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::losses::Losses;
use super::plan::Plan;
use super::recorder::{BUSY_MAX, Recorder};
use super::stages::Level;
use crate::quantiles;
use crate::report::{Distribution, Run, Second, Unit};
use crate::watch;

/// A run that ended so much before its time is partial.
const SHORT: Duration = Duration::from_millis(500);

/// The last second of a run that ended early is shorter, but never so short that its rates mean nothing.
pub(crate) const SECOND_MIN_S: f64 = 0.01;

pub(crate) struct Outcome<S> {
    pub(crate) scenario: S,
    pub(crate) recorder: Recorder,
    /// The server's and the machine's side.
    pub(crate) window: watch::Window,
    pub(crate) losses: Losses,
    /// Connections of the window; `None` if stages changed them.
    pub(crate) connections: Option<u32>,
    /// How long was to be measured.
    pub(crate) asked: Duration,
    /// How long there was anybody to measure.
    pub(crate) measured: Duration,
    /// The user ended it before its time.
    pub(crate) is_interrupted: bool,
}

impl<S> Outcome<S> {
    pub(crate) fn seconds(&self) -> f64 {
        self.measured.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Why it ended before its time, if it did.
    pub(crate) fn shortage(&self) -> Option<String> {
        let why = match self.is_interrupted {
            true => "interrupted",
            false if self.measured + SHORT < self.asked => "nobody was left",
            false => return None,
        };
        Some(format!("{why} after {:.1} of {:.1} s", self.measured.as_secs_f64(), self.asked.as_secs_f64()))
    }

    /// Connections of the window, unless they changed.
    pub(crate) fn players(&self) -> Option<f64> {
        self.connections.map(f64::from)
    }

    /// What every scenario reports: the verdict on the generator and the connections, the timeline of the headline, who
    /// used the processors, and what was sent. `headline` names the distribution that the scenario adds first.
    pub(crate) fn report(&self, plan: &Plan, scenario: &str, headline: &str) -> Run {
        let mut run = Run::new(scenario, plan.route.url());
        plan.tell(&mut run);
        (run.asked_s, run.measured_s) = (self.asked.as_secs_f64(), self.measured.as_secs_f64());
        headline.clone_into(&mut run.headline);
        self.judge(&mut run);
        run.timeline = self.timeline(plan);
        run.mode.clone_from(&self.window.mode);
        run.breakdown.clone_from(&self.window.breakdown);
        run
    }

    fn judge(&self, run: &mut Run) {
        if self.recorder.is_saturated() {
            run.verdict.saturated();
        }
        let first = self.losses.reasons.first().map_or(String::new(), |why| format!(" (first: {why})"));
        if let Some(shortage) = self.shortage() {
            run.verdict.partial(format!("{shortage}{first}"));
        } else if self.losses.count > 0 {
            run.verdict.failed(format!("{} connections were lost{first}", self.losses.count));
        }
    }

    fn timeline(&self, plan: &Plan) -> Vec<Second> {
        let whole = self.measured.as_secs_f64();
        let second = |(place, histogram): (usize, &Histogram<u64>)| {
            let at_s = place as f64;
            let offsets = plan.stages.iter().flat_map(|stages| stages.offsets().zip(stages.iter()));
            let stage = offsets.filter(|(offset, _)| offset.as_secs_f64() <= at_s).last();
            let load = stage.map(|(_, stage)| match stage.level {
                Level::Connections(count) => f64::from(count),
                Level::Rate(rate) => rate,
            });
            Second {
                at_s,
                length_s: (whole - at_s).clamp(SECOND_MIN_S, 1.0),
                load,
                histogram: histogram.clone(),
            }
        };
        self.recorder.seconds.iter().enumerate().map(second).collect()
    }

    /// Who used the processors, the server for `count` things of the window, each a `per`.
    pub(crate) fn tell_use(&self, count: f64, per: &str, run: &mut Run) {
        self.window.tell(count, per, run);
        let busy = self.recorder.busy_share();
        run.figure("generator", "busy_share", "busiest thread without rest", busy, Unit::Share);
        if busy > BUSY_MAX {
            run.notes.push(format!(
                "The busiest of the generator's threads had {:.0} % of the time without rest: the numbers may be theirs. More --threads, on cores of their own.",
                busy * 100.0
            ));
        }
    }

    /// Latency, service time and send lag of what an open loop sent, under the names that all scenarios use.
    pub(crate) fn tell_open_loop(&self, run: &mut Run, label: &str) {
        let Recorder { latency, service, lag, .. } = &self.recorder;
        for (name, label, histogram) in [
            ("latency", label, latency),
            ("service", "  from sending", service),
            ("send_lag", "send lag", lag),
        ] {
            run.distributions.push(Distribution::new(name, label, Unit::Nanoseconds, histogram.clone()));
        }
        self.tell_sends(run);
        let Recorder { unanswered, held_back, .. } = self.recorder;
        run.figure("generator", "held_back", "  held back to the end", held_back as f64, Unit::Count);
        if unanswered + held_back > 0 {
            run.notes.push(format!(
                "{} messages had no answer by the end: they are in the latency with the time that they had waited by then, the least that it can be.",
                unanswered + held_back
            ));
        }
    }

    /// How punctually it was sent.
    pub(crate) fn tell_sends(&self, run: &mut Run) {
        let Recorder { late, left_out, .. } = self.recorder;
        run.figure("generator", "late_sends", "sent late, by more than 1 ms", late as f64, Unit::Count);
        run.figure(
            "generator",
            "late_share",
            "  of all that was due",
            self.recorder.late_share(),
            Unit::Share,
        );
        run.figure("generator", "left_out", "  never sent", left_out as f64, Unit::Count);
    }

    /// How punctually it was read. That does not make a run invalid: a thread that is woken by one socket of many reads the
    /// others one after the other, and what comes first is not late.
    fn tell_reads(&self, run: &mut Run) {
        let Recorder { read_lag, service, latency, .. } = &self.recorder;
        if read_lag.is_empty() {
            return;
        }
        let mut lag = quantiles::nanoseconds();
        lag.add(read_lag).expect("values of the coarse histogram fit the fine one");
        run.distributions.push(Distribution::new("read_lag", "read lag", Unit::Nanoseconds, lag));
        let share = self.recorder.late_reads_share();
        run.figure("generator", "late_reads", "read late, by more than 1 ms", share, Unit::Share);
        // A closed loop keeps this program as busy as it can be.
        let is_closed_loop = latency.is_empty() && !service.is_empty();
        if self.recorder.is_late_in_reading() && !is_closed_loop {
            run.notes.push(format!(
                "{:.1} % of the reads came more than 1 ms after the generator knew of the bytes: what is told of arrivals is too late by the read lag. More --threads, on cores of their own.",
                share * 100.0
            ));
        }
    }

    /// Connections, and how long their upgrade took.
    pub(crate) fn tell_connections(&self, run: &mut Run) {
        self.tell_reads(run);
        run.figure("clients", "lost", "connections lost", self.losses.count as f64, Unit::Count);
        let handshake = self.recorder.handshake.clone();
        run.distributions.push(Distribution::new("handshake", "handshake", Unit::Nanoseconds, handshake));
    }

    /// The headline by stage, if there are any.
    pub(crate) fn tell_stages(&self, plan: &Plan, run: &mut Run) {
        let Some(stages) = &plan.stages else { return };
        for (number, (stage, histogram)) in (1..).zip(stages.iter().zip(&self.recorder.stages)) {
            let label = match stage.level {
                Level::Connections(count) => format!("stage {number}: {count}"),
                Level::Rate(rate) => format!("stage {number}: {rate}/s"),
            };
            let mut whole = quantiles::nanoseconds();
            whole.add(histogram).expect("values of the coarse histogram fit the fine one");
            run.distributions.push(Distribution::new(
                format!("stage_{number}"),
                label,
                Unit::Nanoseconds,
                whole,
            ));
        }
    }
}
