//! `Outcome`: what was seen of all visits, and what the report says of it.

use std::time::Duration;

use super::levels::{Change, Fate, Levels, ROOMS_KEPT_S, Thing};
use super::tally::Tally;
use crate::load::SECOND_MIN_S;
use crate::report::{Distribution, Run, Second, Unit};
use crate::watch::Window;

pub(super) struct Outcome {
    /// Visitors came until the end.
    pub(super) is_whole: bool,
    /// The user ended it before its time; nobody waited for the last visitors.
    pub(super) is_interrupted: bool,
    pub(super) asked: Duration,
    pub(super) measured: Duration,
    /// How long levels had time to come back, and how long they took.
    pub(super) settle: Duration,
    pub(super) settled_in: Duration,
    pub(super) before: Levels,
    pub(super) after: Levels,
    pub(super) is_server_gone: bool,
    pub(super) window: Window,
    pub(super) tally: Tally,
}

impl Outcome {
    pub(super) fn fill(self, run: &mut Run) {
        (run.asked_s, run.measured_s) = (self.asked.as_secs_f64(), self.measured.as_secs_f64());
        "handshake".clone_into(&mut run.headline);
        self.judge(run);
        self.visits(run);
        self.levels(run);
        run.mode.clone_from(&self.window.mode);
        self.window.tell(self.tally.visits as f64, "visit", run);
        let Tally { handshake, handshake_service, join, join_service, leave, lag, seconds, .. } = self.tally;
        for (name, label, histogram) in [
            ("handshake", "handshake", handshake),
            ("handshake_service", "  from connecting", handshake_service),
            ("join", "join", join),
            ("join_service", "  from connecting", join_service),
            ("leave", "leave", leave),
            ("send_lag", "start lag", lag),
        ] {
            if !histogram.is_empty() {
                run.distributions.push(Distribution::new(name, label, Unit::Nanoseconds, histogram));
            }
        }
        let whole = run.measured_s;
        run.timeline.extend(seconds.into_iter().enumerate().map(|(place, histogram)| {
            let at_s = place as f64;
            Second { at_s, length_s: (whole - at_s).clamp(SECOND_MIN_S, 1.0), load: None, histogram }
        }));
        run.notes.push(NOTE.to_owned());
    }

    fn judge(&self, run: &mut Run) {
        let Tally { visits, .. } = self.tally;
        if self.tally.is_saturated() {
            run.verdict.saturated();
        }
        let failed = self.tally.failed_count();
        let most = self.tally.worst().map_or(String::new(), |why| format!(" (most: {why})"));
        let (measured, asked) = (self.measured.as_secs_f64(), self.asked.as_secs_f64());
        if self.is_interrupted {
            run.verdict.partial(format!("interrupted after {measured:.1} of {asked:.1} s of visits"));
        }
        if !self.is_whole {
            run.verdict
                .partial(format!("nobody was let in any more after {measured:.1} of {asked:.1} s{most}"));
        }
        if failed > 0 {
            run.verdict.failed(format!("{failed} of {visits} visits failed{most}"));
        }
        if self.is_server_gone {
            run.verdict.partial("the server ended");
        }
    }

    fn visits(&self, run: &mut Run) {
        let Tally { visits, whole, late, left_out, crowd_max, .. } = self.tally;
        let group = "visits";
        let seconds = self.measured.as_secs_f64();
        run.figure(group, "visits", "begun", visits as f64, Unit::Count);
        run.figure(group, "visit_rate", "begun in a second", visits as f64 / seconds, Unit::PerSecond);
        run.figure(group, "whole", "let in and out", whole as f64, Unit::Count);
        run.figure(group, "failed", "failed", self.tally.failed_count() as f64, Unit::Count);
        run.figure(group, "crowd_max", "at once, at most", crowd_max as f64, Unit::Count);
        for (why, count) in self.tally.failures.iter() {
            run.notes.push(format!("Failed {count}: {why}."));
        }
        let group = "generator";
        run.figure(group, "late", "begun late", late as f64, Unit::Count);
        run.figure(group, "late_share", "share of late ones", self.tally.late_share(), Unit::Share);
        run.figure(group, "left_out", "without a descriptor", left_out as f64, Unit::Count);
    }

    fn levels(&self, run: &mut Run) {
        if self.is_interrupted {
            run.notes.push("What the server kept is unknown: nobody waited for the last visitors.".into());
            return;
        }
        if self.is_server_gone || !(self.before.is_known() && self.after.is_known()) {
            run.notes.push(
                "What the server kept is unknown: it has no metrics of ours; give --server-pid.".into(),
            );
            return;
        }
        let visits = self.tally.visits;
        for change in self.after.changes(&self.before, visits, self.settle.as_secs()) {
            let Change { thing, before, after, fate } = change;
            let (name, unit) = (thing.name(), thing.unit());
            let group = "left behind";
            run.figure(group, &format!("{name}_before"), &format!("{name} before"), before, unit);
            run.figure(group, &format!("{name}_after"), &format!("{name} after"), after, unit);
            let more = unit.text(after - before);
            match fate {
                Fate::Back => {}
                Fate::Unjudged => run.notes.push(format!(
                    "There are {more} {name} more than before: an empty one may be kept for a minute; --settle {}s waits for that.",
                    ROOMS_KEPT_S + 1
                )),
                Fate::Leaked if thing == Thing::Memory => {
                    let each = Unit::Bytes.text((after - before) / visits.max(1) as f64);
                    run.verdict.failed(format!("memory grew by {more}, {each} a visit"));
                }
                Fate::Leaked => {
                    let waited = self.settled_in.as_secs_f64();
                    run.verdict.failed(format!("{more} {name} more than before after {waited:.1} s"));
                }
            }
        }
        run.figure(
            "left behind",
            "settled_in",
            "settled within",
            self.settled_in.as_secs_f64(),
            Unit::Seconds,
        );
    }
}

const NOTE: &str = "Handshake and join count from the moment at which a visitor was due, so that those who had to wait for \
    others are in them; from connecting: without this program's delay.";

#[cfg(test)]
mod tests {
    use tickwire_netcode::time::Time;

    use super::super::tally::Moments;
    use super::*;
    use crate::metrics::Scrape;

    fn levels(sessions: u32, rooms: u32) -> Levels {
        let text = format!("tickwire_sessions {sessions}\ntickwire_rooms {rooms}\n");
        Levels::read(Some(&Scrape::parse(&text)), None)
    }

    fn filled(change: impl FnOnce(&mut Outcome)) -> Run {
        let mut tally = Tally::new(Time::default());
        (tally.visits, tally.whole) = (1000, 1000);
        let ten = Duration::from_secs(10);
        let mut outcome = Outcome {
            is_whole: true,
            is_interrupted: false,
            asked: ten,
            measured: ten,
            settle: Duration::from_secs(5),
            settled_in: Duration::from_secs(5),
            before: levels(0, 1),
            after: levels(0, 1),
            is_server_gone: false,
            window: Window { elapsed: ten, ..Window::default() },
            tally,
        };
        change(&mut outcome);
        let mut run = Run::new("churn", "ws://h/");
        outcome.fill(&mut run);
        run
    }

    #[test]
    fn each_reason_not_to_be_content_is_a_flaw() {
        type Change = fn(&mut Outcome);
        let table: [(Change, &str); 7] = [
            (
                |outcome| {
                    (outcome.is_interrupted, outcome.measured) = (true, Duration::from_secs(3));
                    outcome.after = levels(7, 1);
                },
                "PARTIAL: interrupted after 3.0 of 10.0 s of visits",
            ),
            (|_| (), ""),
            (|outcome| outcome.after = levels(3, 1), "FAILED: 3 sessions more than before after 5.0 s"),
            (|outcome| outcome.after = levels(0, 2), ""),
            (
                |outcome| (outcome.after, outcome.settle) = (levels(0, 2), Duration::from_secs(61)),
                "FAILED: 1 rooms more than before after 5.0 s",
            ),
            (
                |outcome| {
                    (outcome.is_whole, outcome.measured) = (false, Duration::from_secs(4));
                    outcome.is_server_gone = true;
                    outcome.tally.failed("the connection broke: refused".into());
                },
                "PARTIAL: nobody was let in any more after 4.0 of 10.0 s (most: the connection broke: refused); \
                 PARTIAL: the server ended; FAILED: 1 of 1000 visits failed (most: the connection broke: refused)",
            ),
            (|outcome| outcome.tally.late = 20, "GENERATOR SATURATED: result invalid"),
        ];
        for (change, want) in table {
            let run = filled(change);
            let flaws: Vec<String> = run.verdict.flaws().iter().map(ToString::to_string).collect();
            assert_eq!(flaws.join("; "), want);
        }
    }

    #[test]
    fn the_last_second_of_an_interrupted_run_is_as_long_as_it_lasted() {
        for (measured_ms, want) in [
            (10_000, vec![1.0; 4]),
            (3200, vec![1.0, 1.0, 1.0, 0.2]),
            (3000, vec![1.0, 1.0, 1.0, SECOND_MIN_S]),
        ] {
            let run = filled(|outcome| {
                outcome.measured = Duration::from_millis(measured_ms);
                outcome.is_interrupted = measured_ms < 10_000;
                let begun = Moments { due: Time::from_nanos(3_000_000_000), began: Time::default() };
                outcome.tally.upgraded(begun, begun.due);
            });
            let lengths = run.timeline.iter().map(|second| (second.length_s * 1000.0).round() / 1000.0);
            assert_eq!(lengths.collect::<Vec<_>>(), want, "{measured_ms} ms");
        }
    }

    #[test]
    fn a_server_that_tells_nothing_is_not_said_to_be_free_of_leaks() {
        let run = filled(|outcome| outcome.after = Levels::default());
        assert!(run.notes.iter().any(|note| note.contains("is unknown")), "{:?}", run.notes);
        assert!(!run.figures.iter().any(|figure| figure.group == "left behind"));
    }
}
