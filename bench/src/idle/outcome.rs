//! `Outcome`: what was seen, and what the report says of it.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::machine::memory::Memory;
use crate::reasons::Reasons;
use crate::report::{Distribution, Run, Unit};
use crate::watch::Window;

/// Below this a connection's share of what the server has for all of them says more than the connection itself.
const CONNECTIONS_TELLING: usize = 1000;

/// The figure of the anonymous memory that each connection costs.
pub(crate) const ANONYMOUS_EACH: &str = "anonymous_per_connection";

pub(super) struct Outcome {
    pub(super) asked: usize,
    pub(super) gathered_in: Duration,
    /// There when memory was read.
    pub(super) held: usize,
    pub(super) at_end: usize,
    pub(super) duration: Duration,
    pub(super) measured: Duration,
    /// The user ended it before its time.
    pub(super) is_interrupted: bool,
    pub(super) before: Option<Memory>,
    pub(super) with: Option<Memory>,
    pub(super) later: Option<Memory>,
    pub(super) is_pid_given: bool,
    pub(super) window: Window,
    pub(super) handshake_ns: Histogram<u64>,
    pub(super) join_ns: Histogram<u64>,
    pub(super) refused: Reasons,
    pub(super) lost: Reasons,
}

impl Outcome {
    pub(super) fn fill(self, run: &mut Run) {
        run.asked_s = self.duration.as_secs_f64();
        run.measured_s = self.measured.as_secs_f64();
        self.judge(run);
        self.connections(run);
        self.memory(run);
        run.mode.clone_from(&self.window.mode);
        let connection_seconds = self.held as f64 * self.window.elapsed.as_secs_f64();
        self.window.tell(connection_seconds, "connection and second", run);
        run.headline = "handshake".to_owned();
        let label = "handshake";
        run.distributions.push(Distribution::new("handshake", label, Unit::Nanoseconds, self.handshake_ns));
        if !self.join_ns.is_empty() {
            run.distributions.push(Distribution::new("join", "join", Unit::Nanoseconds, self.join_ns));
        }
    }

    fn judge(&self, run: &mut Run) {
        let (refused, lost) = (self.refused.count(), self.lost.count());
        // A server that was stopped meanwhile lets those in that nobody waited for any more.
        let came = self.at_end as u64 + lost;
        if self.at_end == 0 || self.is_interrupted {
            let why = if self.is_interrupted { "interrupted" } else { "nobody was left" };
            let (measured, asked) = (self.measured.as_secs_f64(), self.duration.as_secs_f64());
            let most = most(&self.lost);
            run.verdict.partial(format!("{why} after {measured:.1} of {asked:.1} s{most}"));
        } else if lost > 0 {
            run.verdict.failed(format!("{lost} connections were lost{}", most(&self.lost)));
        }
        let silent = (self.asked as u64).saturating_sub(came + refused);
        if refused + silent > 0 {
            run.verdict.partial(format!(
                "{came} of {} connections came, {refused} were refused{}, {silent} had no answer",
                self.asked,
                most(&self.refused)
            ));
        }
        if self.is_pid_given && self.later.is_none() {
            run.verdict.partial("the server ended");
        }
    }

    fn connections(&self, run: &mut Run) {
        let group = "connections";
        run.figure(group, "held", "held", self.held as f64, Unit::Count);
        run.figure(group, "at_end", "there at the end", self.at_end as f64, Unit::Count);
        let seconds = self.gathered_in.as_secs_f64();
        run.figure(group, "gathered_in", "all came within", seconds, Unit::Seconds);
        for (name, label, reasons) in [("refused", "refused", &self.refused), ("lost", "lost", &self.lost)] {
            run.figure(group, name, label, reasons.count() as f64, Unit::Count);
            for (why, count) in reasons.iter() {
                run.notes.push(format!("{label} {count}: {why}."));
            }
        }
    }

    fn memory(&self, run: &mut Run) {
        let Some((before, with)) = self.before.zip(self.with) else {
            let why =
                if self.is_pid_given { "the server's memory could not be read" } else { "give --server-pid" };
            run.notes.push(format!("Memory per connection is unknown: {why}."));
            return;
        };
        let group = "memory";
        let each = |before: u64, with: u64| (with as f64 - before as f64) / self.held as f64;
        let anonymous = each(before.anonymous_bytes, with.anonymous_bytes);
        let resident = each(before.resident_bytes, with.resident_bytes);
        run.figure(group, ANONYMOUS_EACH, "RssAnon per connection", anonymous, Unit::Bytes);
        run.figure(group, "resident_per_connection", "VmRSS per connection", resident, Unit::Bytes);
        for (name, label, memory) in [
            ("before", "before", Some(before)),
            ("with", "with all", Some(with)),
            ("later", "at the end", self.later),
        ] {
            let Some(memory) = memory else { continue };
            let (anonymous, resident) = (memory.anonymous_bytes as f64, memory.resident_bytes as f64);
            run.figure(
                group,
                &format!("anonymous_{name}"),
                &format!("RssAnon {label}"),
                anonymous,
                Unit::Bytes,
            );
            run.figure(group, &format!("resident_{name}"), &format!("VmRSS {label}"), resident, Unit::Bytes);
        }
        run.notes.push(
            "Memory is what the server's process holds; buffers of the kernel's sockets are not in it."
                .into(),
        );
        if self.held < CONNECTIONS_TELLING {
            run.notes.push(format!(
                "With fewer than {CONNECTIONS_TELLING} connections, memory per connection is mostly what the server has once for all of them."
            ));
        }
    }
}

/// The commonest reason, in words to follow what it is the reason of.
fn most(reasons: &Reasons) -> String {
    reasons.most().map_or(String::new(), |why| format!(" (most: {why})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantiles;

    fn outcome() -> Outcome {
        let memory = |anonymous_bytes| {
            Some(Memory { anonymous_bytes, resident_bytes: anonymous_bytes + 4_000_000, descriptors: None })
        };
        Outcome {
            asked: 10_000,
            gathered_in: Duration::from_secs(5),
            held: 10_000,
            at_end: 10_000,
            duration: Duration::from_secs(5),
            measured: Duration::from_secs(5),
            is_interrupted: false,
            before: memory(1_000_000),
            with: memory(4_000_000),
            later: memory(4_000_000),
            is_pid_given: true,
            window: Window { elapsed: Duration::from_secs(5), ..Window::default() },
            handshake_ns: quantiles::nanoseconds(),
            join_ns: quantiles::nanoseconds(),
            refused: Reasons::default(),
            lost: Reasons::default(),
        }
    }

    fn filled(change: impl FnOnce(&mut Outcome)) -> Run {
        let mut outcome = outcome();
        change(&mut outcome);
        let mut run = Run::new("idle", "ws://h/");
        outcome.fill(&mut run);
        run
    }

    fn value(run: &Run, name: &str) -> Option<f64> {
        run.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }

    #[test]
    fn memory_is_what_came_by_the_connections_that_are_there() {
        let run = filled(|_| ());
        assert!(run.verdict.is_good(), "{:?}", run.verdict);
        assert_eq!(value(&run, "anonymous_per_connection"), Some(300.0));
        let run = filled(|outcome| outcome.with = outcome.before);
        assert_eq!(value(&run, "anonymous_per_connection"), Some(0.0));
        let run = filled(|outcome| (outcome.before, outcome.is_pid_given) = (None, false));
        assert_eq!(value(&run, "anonymous_per_connection"), None);
        assert!(run.notes.iter().any(|note| note.contains("--server-pid")), "{:?}", run.notes);
    }

    #[test]
    fn who_did_not_come_or_stay_is_told_with_the_reason() {
        type Change = fn(&mut Outcome);
        let table: [(Change, &str); 6] = [
            (
                |outcome| (outcome.is_interrupted, outcome.measured) = (true, Duration::from_secs(1)),
                "PARTIAL: interrupted after 1.0 of 5.0 s",
            ),
            (
                |outcome| {
                    (outcome.held, outcome.at_end) = (9_990, 9_990);
                    outcome.refused = Reasons::from([("closed with 1013", 7), ("other", 1)]);
                },
                "PARTIAL: 9990 of 10000 connections came, 8 were refused (most: closed with 1013), 2 had no answer",
            ),
            (
                |outcome| {
                    outcome.at_end = 9_999;
                    outcome.lost = Reasons::from([("closed with 4014", 1)]);
                },
                "FAILED: 1 connections were lost (most: closed with 4014)",
            ),
            (
                |outcome| {
                    (outcome.at_end, outcome.measured) = (0, Duration::from_secs(2));
                    outcome.lost = Reasons::from([("the connection broke: reset", 10_000)]);
                    outcome.later = None;
                },
                "PARTIAL: nobody was left after 2.0 of 5.0 s (most: the connection broke: reset); PARTIAL: the server ended",
            ),
            (
                |outcome| {
                    // One of 10,000 was lost before memory was read.
                    (outcome.held, outcome.at_end) = (9_999, 9_999);
                    outcome.lost = Reasons::from([("closed with 4014", 1)]);
                },
                "FAILED: 1 connections were lost (most: closed with 4014)",
            ),
            (
                // A server that stood still while they came: memory was read with half of them, two more came later.
                |outcome| (outcome.asked, outcome.held, outcome.at_end) = (10, 5, 7),
                "PARTIAL: 7 of 10 connections came, 0 were refused, 3 had no answer",
            ),
        ];
        for (change, want) in table {
            let run = filled(change);
            let flaws: Vec<String> = run.verdict.flaws().iter().map(ToString::to_string).collect();
            assert_eq!(flaws.join("; "), want);
        }
    }
}
