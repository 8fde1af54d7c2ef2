//! `Outcome`: what the server did without descriptors, and what the report says of it.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::report::{Distribution, Run, Unit};
use crate::watch::Window;

/// Of a core.
const PROCESSOR_MAX: f64 = 0.05;
/// From the moment that descriptors are free to the next answer.
const ACCEPT_MAX: Duration = Duration::from_millis(100);

pub(super) struct Outcome {
    pub(super) connections: usize,
    /// Taken before the server had no descriptor left.
    pub(super) held: usize,
    /// Of the time in which it had none.
    pub(super) window: Window,
    /// From free descriptors to the next upgrade, if there was one.
    pub(super) accepted_after: Option<Duration>,
    /// Connections that were tried to find that out.
    pub(super) probes: usize,
    pub(super) served: usize,
    pub(super) refused: usize,
    pub(super) stuck: usize,
    pub(super) handshake_ns: Histogram<u64>,
    pub(super) first_refusal: Option<String>,
}

impl Outcome {
    /// Of a core, while it had no descriptor.
    fn processor_share(&self) -> Option<f64> {
        let server = self.window.usage.as_ref()?.server.as_ref()?;
        Some(server.used.total().as_secs_f64() / self.window.elapsed.as_secs_f64())
    }

    pub(super) fn fill(self, run: &mut Run) {
        run.measured_s = self.window.elapsed.as_secs_f64();
        self.judge(run);
        let count = |count: usize| count as f64;
        let group = "connections";
        run.figure(group, "held", "taken at first", count(self.held), Unit::Count);
        run.figure(group, "served", "upgraded in the end", count(self.served), Unit::Count);
        run.figure(group, "refused", "refused or ended", count(self.refused), Unit::Count);
        run.figure(group, "probes", "  tried later", count(self.probes), Unit::Count);
        run.figure(group, "stuck", "stuck", count(self.stuck), Unit::Count);
        let group = "without a descriptor";
        match self.processor_share() {
            Some(share) => run.figure(group, "server_cpu", "server CPU", share, Unit::Share),
            None if self.window.server_pid.is_some() => {}
            None => run.notes.push("Server CPU is unknown: give --server-pid.".to_owned()),
        }
        if let Some(after) = self.accepted_after {
            run.figure(group, "accepts_again", "accepts again after", after.as_secs_f64(), Unit::Seconds);
        }
        if let Some(why) = &self.first_refusal {
            run.notes.push(format!("The first that was refused or ended: {why}."));
        }
        run.notes.push(format!(
            "Bounds: the server's CPU below {:.0} % of a core while it has no descriptor, an upgrade within {} ms once there are some, nobody stuck.",
            PROCESSOR_MAX * 100.0,
            ACCEPT_MAX.as_millis()
        ));
        let waiting = count(self.connections - self.held) * self.window.elapsed.as_secs_f64();
        self.window.tell(waiting, "waiting connection and second", run);
        run.headline = "handshake".to_owned();
        let handshake =
            Distribution::new("handshake", "connecting to upgrade", Unit::Nanoseconds, self.handshake_ns);
        run.distributions.push(handshake);
    }

    fn judge(&self, run: &mut Run) {
        if let Some(share) = self.processor_share().filter(|share| *share >= PROCESSOR_MAX) {
            run.verdict.failed(format!(
                "the server used {:.1} % of a core without a descriptor, not below {:.0} %",
                share * 100.0,
                PROCESSOR_MAX * 100.0
            ));
        }
        match self.accepted_after {
            Some(after) if after <= ACCEPT_MAX => {}
            Some(after) => run.verdict.failed(format!(
                "the server accepted again {:.1} ms after descriptors were free, not within {} ms",
                after.as_secs_f64() * 1000.0,
                ACCEPT_MAX.as_millis()
            )),
            None => run.verdict.failed("the server never accepted again after descriptors were free"),
        }
        if self.stuck > 0 {
            run.verdict.failed(format!("{} connections had no answer", self.stuck));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::processor::{Process, Usage, Used};
    use crate::quantiles;

    fn filled(spoil: impl FnOnce(&mut Outcome)) -> Run {
        let mut handshake_ns = quantiles::nanoseconds();
        handshake_ns.saturating_record(2_000_000);
        let mut outcome = Outcome {
            connections: 1000,
            held: 200,
            window: Window { elapsed: Duration::from_secs(2), ..Window::default() },
            accepted_after: Some(Duration::from_millis(12)),
            probes: 1,
            served: 1000,
            refused: 1,
            stuck: 0,
            handshake_ns,
            first_refusal: None,
        };
        spoil(&mut outcome);
        let mut run = Run::new("starve", "ws://h/");
        outcome.fill(&mut run);
        run
    }

    fn use_processor(outcome: &mut Outcome, ms: u64) {
        let used = Used { user: Duration::from_millis(ms), system: Duration::from_millis(40) };
        let server = Some(Process { used, ..Process::default() });
        outcome.window.usage = Some(Usage { server, ..Usage::default() });
    }

    #[test]
    fn each_bound_is_judged() {
        type Spoil = fn(&mut Outcome);
        let table: [(Spoil, &str); 6] = [
            (|_| {}, ""),
            (|outcome| use_processor(outcome, 59), ""),
            (
                |outcome| use_processor(outcome, 60),
                "FAILED: the server used 5.0 % of a core without a descriptor, not below 5 %",
            ),
            (
                |outcome| outcome.accepted_after = None,
                "FAILED: the server never accepted again after descriptors were free",
            ),
            (
                |outcome| outcome.accepted_after = Some(Duration::from_millis(101)),
                "FAILED: the server accepted again 101.0 ms after descriptors were free, not within 100 ms",
            ),
            (|outcome| outcome.stuck = 1, "FAILED: 1 connections had no answer"),
        ];
        for (spoil, want) in table {
            let flaws: Vec<String> = filled(spoil).verdict.flaws().iter().map(ToString::to_string).collect();
            assert_eq!(flaws.join("; "), want);
        }
    }

    #[test]
    fn everything_that_was_seen_is_a_figure() {
        let run = filled(|outcome| use_processor(outcome, 20));
        let figures: Vec<_> = run.figures.iter().map(|it| (it.name.as_str(), it.value)).collect();
        for want in [
            ("held", 200.0),
            ("served", 1000.0),
            ("refused", 1.0),
            ("probes", 1.0),
            ("stuck", 0.0),
            ("server_cpu", 0.03),
            ("accepts_again", 0.012),
        ] {
            assert!(figures.contains(&want), "{want:?} in {figures:?}");
        }
        assert_eq!(run.main_distribution().map(|it| it.histogram.len()), Some(1));
        assert!(!filled(|_| {}).figures.iter().any(|it| it.name == "server_cpu"), "it is not known");
    }
}
