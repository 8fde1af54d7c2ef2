//! `Outcome`: how long the slow connections lived, what the players saw, and what the report says of it.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::load::Recorder;
use crate::report::{Distribution, Run, Unit};
use crate::watch::Window;

/// How long after its deadline the server may take to end a connection.
pub(super) const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Outcome {
    pub(super) players: u32,
    pub(super) connections: usize,
    pub(super) deadline: Duration,
    /// From connecting to the end, of those that are gone.
    pub(super) lived_ns: Histogram<u64>,
    pub(super) answered: usize,
    /// Slow connections that never ended.
    pub(super) left: usize,
    pub(super) without: Window,
    pub(super) with: Window,
    /// Of the players, in both windows.
    pub(super) recorder: Recorder,
    pub(super) players_lost: usize,
    pub(super) mismatches: u64,
}

impl Outcome {
    /// The longest that one may live.
    fn life_max(&self) -> Duration {
        self.deadline + GRACE
    }

    pub(super) fn fill(self, run: &mut Run) {
        self.judge(run);
        let whole = self.without.elapsed + self.with.elapsed;
        (run.asked_s, run.measured_s) = (whole.as_secs_f64(), whole.as_secs_f64());
        let count = |count: usize| count as f64;
        let group = "slow heads";
        run.figure(group, "gone", "gone", count(self.connections - self.left), Unit::Count);
        run.figure(group, "answered", "  with an answer", count(self.answered), Unit::Count);
        run.figure(group, "stuck", "stuck", count(self.left), Unit::Count);
        let group = "players";
        run.figure(group, "players_lost", "players lost", count(self.players_lost), Unit::Count);
        run.figure(group, "hash_mismatches", "hash mismatches", self.mismatches as f64, Unit::Count);
        tell_window("without", "without them", &self.without, run);
        tell_window("with", "with them", &self.with, run);
        run.notes.push(format!(
            "Bounds: all gone within {:.1} s of connecting, no player lost, no hash that differs. CPU per tick and player and the stages are of the window with them.",
            self.life_max().as_secs_f64()
        ));
        run.mode.clone_from(&self.with.mode);
        run.breakdown.clone_from(&self.with.breakdown);
        let ticks = self.with.ticks.as_ref().map_or(0.0, |ticks| ticks.ticks);
        self.with.tell(ticks * f64::from(self.players), "player and tick", run);
        run.headline = "lived".to_owned();
        let Recorder { latency, lag, .. } = self.recorder;
        for (name, label, histogram) in [
            ("lived", "slow heads lived", self.lived_ns),
            ("latency", "input to state, both windows", latency),
            ("send_lag", "send lag", lag),
        ] {
            run.distributions.push(Distribution::new(name, label, Unit::Nanoseconds, histogram));
        }
    }

    fn judge(&self, run: &mut Run) {
        if self.recorder.is_saturated() {
            run.verdict.saturated();
        }
        let longest = Duration::from_nanos(self.lived_ns.max());
        if self.left > 0 {
            run.verdict.failed(format!("{} slow heads were never ended", self.left));
        }
        if longest > self.life_max() {
            run.verdict.failed(format!(
                "a slow head lived {:.1} s, not {:.1} at most",
                longest.as_secs_f64(),
                self.life_max().as_secs_f64()
            ));
        }
        if self.players_lost > 0 {
            run.verdict.failed(format!("{} players were lost", self.players_lost));
        }
        if self.mismatches > 0 {
            run.verdict.failed(format!("{} hash mismatches", self.mismatches));
        }
    }
}

/// The server's ticks and processor time in a window.
fn tell_window(name: &str, label: &str, window: &Window, run: &mut Run) {
    let group = format!("ticks {label}");
    let mut add = |figure: &str, label: &str, value: f64, unit| {
        run.figure(&group, &format!("{figure}_{name}"), label, value, unit);
    };
    add("seconds", "window", window.elapsed.as_secs_f64(), Unit::Seconds);
    if let Some(usage) = &window.usage {
        let share = |time: Duration| time.as_secs_f64() / window.elapsed.as_secs_f64();
        if let Some(server) = &usage.server {
            add("server_cpu", "server CPU", share(server.used.total()), Unit::Share);
        }
        add("foreign_cpu", "foreign CPU", share(usage.foreign), Unit::Share);
    }
    let Some(ticks) = &window.ticks else {
        run.notes.push(format!("Ticks {label} are unknown: the server has no metrics of ticks."));
        return;
    };
    add("ticks", "ticks", ticks.ticks, Unit::Count);
    add("overruns", "  overruns", ticks.overruns, Unit::Count);
    add("ticks_dropped", "  dropped", ticks.dropped, Unit::Count);
    for (what, durations) in [("Tick start jitter", &ticks.start_jitter), ("Tick duration", &ticks.duration)]
    {
        if let Some(durations) = durations {
            run.notes
                .push(format!("{what} {label}, bounds of the server's buckets: {}.", durations.window()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantiles;

    fn filled(longest_ms: u64, left: usize, spoil: impl FnOnce(&mut Outcome)) -> Run {
        let mut lived_ns = quantiles::nanoseconds();
        lived_ns.saturating_record(longest_ms * 1_000_000);
        let mut outcome = Outcome {
            players: 10,
            connections: 1 + left,
            deadline: Duration::from_secs(5),
            lived_ns,
            answered: 1,
            left,
            without: Window::default(),
            with: Window::default(),
            recorder: Recorder::new(),
            players_lost: 0,
            mismatches: 0,
        };
        spoil(&mut outcome);
        let mut run = Run::new("slow-heads", "ws://h/");
        outcome.fill(&mut run);
        run
    }

    #[test]
    fn all_must_be_gone_a_second_after_the_deadline_and_no_player_may_notice() {
        type Spoil = fn(&mut Outcome);
        let table: [(u64, usize, Spoil, &str); 6] = [
            (4900, 0, |_| {}, ""),
            (5900, 0, |_| {}, ""),
            (6100, 0, |_| {}, "FAILED: a slow head lived 6.1 s, not 6.0 at most"),
            (5000, 1, |_| {}, "FAILED: 1 slow heads were never ended"),
            (5000, 0, |outcome| outcome.players_lost = 1, "FAILED: 1 players were lost"),
            (5000, 0, |outcome| outcome.mismatches = 2, "FAILED: 2 hash mismatches"),
        ];
        for (longest_ms, left, spoil, want) in table {
            let run = filled(longest_ms, left, spoil);
            let flaws: Vec<String> = run.verdict.flaws().iter().map(ToString::to_string).collect();
            assert_eq!(flaws.join("; "), want);
        }
    }

    #[test]
    fn a_server_without_metrics_has_no_ticks_to_tell() {
        let run = filled(5000, 3, |_| {});
        let value = |name: &str| run.figures.iter().find(|it| it.name == name).map(|it| it.value);
        assert_eq!((value("gone"), value("stuck"), value("ticks_with")), (Some(1.0), Some(3.0), None));
        assert!(run.notes.iter().any(|note| note.starts_with("Ticks without them are unknown")));
        assert_eq!(run.main_distribution().map(|it| it.name.as_str()), Some("lived"));
    }
}
