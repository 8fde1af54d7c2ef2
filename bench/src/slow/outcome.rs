//! `Both`: the window without slow ones and the window with them, and what the report says of them.

use hdrhistogram::Histogram;

use super::split::{Side, Split};
use crate::arena::Arena;
use crate::fanout::Fanout;
use crate::load::{Outcome, Plan, Scenario};
use crate::report::{Distribution, Run, Unit, Verdict};

/// A scenario whose connections get states of a known age.
pub(super) trait Seen: Scenario {
    /// The distribution that the recorder's timeline is of.
    const HEADLINE: &'static str;
    /// What is called age here.
    const AGE: &'static str;
    /// What a connection gets.
    const UPDATES: &'static str;

    /// Of every update that arrived in the window.
    fn age(&self) -> &Histogram<u64>;

    fn updates(&self) -> u64;

    /// Updates that did not bring the state that they should.
    fn wrong(&self) -> u64;
}

impl Seen for Arena {
    const HEADLINE: &'static str = "latency";
    const AGE: &'static str = "age of state";
    const UPDATES: &'static str = "updates";

    fn age(&self) -> &Histogram<u64> {
        &self.tally().age
    }

    fn updates(&self) -> u64 {
        self.tally().updates()
    }

    fn wrong(&self) -> u64 {
        self.tally().failed + self.tally().agreement.different
    }
}

impl Seen for Fanout {
    const HEADLINE: &'static str = "age";
    const AGE: &'static str = "age of frames";
    const UPDATES: &'static str = "frames";

    fn age(&self) -> &Histogram<u64> {
        &self.delivery
    }

    fn updates(&self) -> u64 {
        self.frames.iter().sum()
    }

    fn wrong(&self) -> u64 {
        self.unstamped
    }
}

pub(super) struct Both<S> {
    pub(super) without: Outcome<Split<S>>,
    pub(super) with: Outcome<Split<S>>,
}

impl<S: Seen> Both<S> {
    pub(super) fn report(&self, plan: &Plan, scenario: &str) -> Run {
        let with = &self.with;
        let mut run = with.report(plan, scenario, S::HEADLINE);
        // That slow ones were let go is the server's good right.
        run.verdict = Verdict::default();
        self.judge(&mut run);
        with.tell_use(with.recorder.received as f64, "message", &mut run);
        self.distributions(&mut run);
        self.connections(&mut run);
        self.server(&mut run);
        run.notes.extend(NOTES.map(str::to_owned));
        run
    }

    fn judge(&self, run: &mut Run) {
        for (name, outcome) in [("without", &self.without), ("with", &self.with)] {
            let Split { healthy, slow_ones, .. } = &outcome.scenario;
            if outcome.recorder.is_saturated() {
                run.verdict.saturated();
            }
            if let Some(shortage) = outcome.shortage() {
                run.verdict.partial(format!("{name} slow ones: {shortage}"));
            }
            if healthy.lost > 0 {
                let first = outcome.losses.reasons.first().map_or("", String::as_str);
                run.verdict.failed(format!(
                    "{} healthy connections were lost {name} slow ones (first of all: {first})",
                    healthy.lost
                ));
            }
            let wrong = healthy.scenario.wrong() + slow_ones.scenario.wrong();
            if wrong > 0 {
                run.verdict.failed(format!("{wrong} {} were wrong {name} slow ones", S::UPDATES));
            }
            if healthy.scenario.updates() == 0 {
                run.verdict.failed(format!("no {} came {name} slow ones", S::UPDATES));
            }
        }
    }

    fn distributions(&self, run: &mut Run) {
        let (without, with) = (&self.without, &self.with);
        let age = |outcome: &Outcome<Split<S>>| outcome.scenario.healthy.scenario.age().clone();
        for (name, label, histogram) in [
            ("age", format!("{}, healthy", S::AGE), age(with)),
            ("age_without", "  without slow ones".to_owned(), age(without)),
            ("age_slow", "  of slow ones".to_owned(), with.scenario.slow_ones.scenario.age().clone()),
            ("latency", "input to state, healthy".to_owned(), with.recorder.latency.clone()),
            ("latency_without", "  without slow ones".to_owned(), without.recorder.latency.clone()),
            ("latency_slow", "  of slow ones".to_owned(), with.scenario.recorder.latency.clone()),
            ("send_lag", "send lag".to_owned(), with.recorder.lag.clone()),
            ("read_lag", "read lag".to_owned(), with.recorder.read_lag.clone()),
        ] {
            if !histogram.is_empty() {
                run.distributions.push(Distribution::new(name, label, Unit::Nanoseconds, histogram));
            }
        }
    }

    fn connections(&self, run: &mut Run) {
        let updates = S::UPDATES;
        let rate = |side: &Side<S>, outcome: &Outcome<Split<S>>| {
            side.scenario.updates() as f64 / outcome.seconds() / f64::from(side.count)
        };
        let (with, without) = (&self.with, &self.without);
        let Split { healthy, slow_ones, .. } = &with.scenario;
        let label = format!("{updates} of each");
        for (group, name, side, outcome) in [
            ("healthy", "healthy", healthy, with),
            ("healthy, without slow ones", "without", &without.scenario.healthy, without),
            ("slow", "slow", slow_ones, with),
        ] {
            run.figure(group, name, "connections", f64::from(side.count), Unit::Count);
            run.figure(group, &format!("{updates}_{name}"), &label, rate(side, outcome), Unit::PerSecond);
            run.figure(group, &format!("lost_{name}"), "lost", f64::from(side.lost), Unit::Count);
        }
        for reason in with.losses.reasons.iter().take(1).filter(|_| slow_ones.lost > 0) {
            run.notes.push(format!("{} slow ones were let go (first of all: {reason}).", slow_ones.lost));
        }
    }

    fn server(&self, run: &mut Run) {
        let group = "server by window";
        let windows = [("without", "without slow ones", &self.without), ("with", "with them", &self.with)];
        for (name, label, outcome) in windows {
            let window = &outcome.window;
            let usage = window.usage.as_ref().and_then(|usage| usage.server.as_ref());
            if let Some(server) = usage {
                let cpu = server.used.total().as_secs_f64() / window.elapsed.as_secs_f64();
                run.figure(group, &format!("cpu_{name}"), &format!("CPU {label}"), cpu, Unit::Share);
                let bytes = server.resident_bytes as f64;
                run.figure(
                    group,
                    &format!("resident_{name}"),
                    &format!("memory {label}"),
                    bytes,
                    Unit::Bytes,
                );
            }
            if let Some(ticks) = &window.ticks {
                let label = format!("overruns {label}");
                run.figure(group, &format!("overruns_{name}"), &label, ticks.overruns, Unit::Count);
            }
        }
    }
}

/// What the numbers mean, a sentence for each.
const NOTES: [&str; 3] = [
    "Two windows of the same length with the same connections, one after the other: in the first one all read what there is.",
    "Age counts until this program read the last byte: what waits in the buffers of the kernel, some 100 kB for each connection, is in it.",
    "Memory is the server's resident set at the end of each window.",
];
