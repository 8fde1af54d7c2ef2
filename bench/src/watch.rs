//! `Watch`: the server's own counters and the machine's, read at both ends of a window.

use std::time::Duration;

use crate::failure::Failure;
use crate::machine::processor::{Reading, Usage, Used};
use crate::metrics::{Scrape, Ticks, breakdown_between};
use crate::report::{Breakdown, Run, ServerUse, ThreadUse, Unit};
use crate::wire::route::Route;

/// Where a server of ours has its metrics.
const METRICS_PATH: &str = "/metrics";

/// What is watched.
pub(crate) struct Watch {
    route: Route,
    server_pid: Option<u32>,
    /// `None`: the server has none.
    metrics_path: Option<String>,
}

/// One end of a window. Asking the server takes a while, so that processor time is read on either side of it.
pub(crate) struct Look {
    server_pid: Option<u32>,
    first: Option<Reading>,
    scrape: Option<Scrape>,
    last: Option<Reading>,
}

/// What happened between two looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) elapsed: Duration,
    /// The server's process, if somebody said which it is.
    pub(crate) server_pid: Option<u32>,
    pub(crate) usage: Option<Usage>,
    pub(crate) ticks: Option<Ticks>,
    /// Where the time of the inputs went that the server answered in the window.
    pub(crate) breakdown: Option<Breakdown>,
    /// How the server reads, at the window's end.
    pub(crate) mode: Option<String>,
}

impl Watch {
    /// Finds out what can be watched.
    ///
    /// # Errors
    /// A process or metrics that were asked for by name are not there.
    pub(crate) fn new(
        route: &Route,
        server_pid: Option<u32>,
        metrics: Option<&str>,
    ) -> Result<Self, Failure> {
        if let Some(pid) = server_pid
            && !Reading::take(Some(pid)).is_some_and(|reading| reading.has_server())
        {
            return Err(Failure::ServerPid(pid));
        }
        let path = metrics.unwrap_or(METRICS_PATH);
        let metrics_path = match Scrape::take(route, path) {
            Ok(_) => Some(path.to_owned()),
            Err(error) if metrics.is_some() => {
                return Err(Failure::Metrics { path: path.to_owned(), error });
            }
            Err(_) => None,
        };
        Ok(Self { route: route.clone(), server_pid, metrics_path })
    }

    /// The server tells of itself.
    pub(crate) fn has_metrics(&self) -> bool {
        self.metrics_path.is_some()
    }

    pub(crate) fn look(&self) -> Look {
        let first = Reading::take(self.server_pid);
        let scrape = self.scrape();
        Look { server_pid: self.server_pid, first, scrape, last: Reading::take(self.server_pid) }
    }

    /// The server's metrics as they are now.
    pub(crate) fn scrape(&self) -> Option<Scrape> {
        self.metrics_path.as_deref().and_then(|path| Scrape::take(&self.route, path).ok())
    }

    /// Processor time alone: when the server has no descriptor left for a question.
    pub(crate) fn look_at_processor(&self) -> Look {
        let reading = Reading::take(self.server_pid);
        Look { server_pid: self.server_pid, first: reading.clone(), scrape: None, last: reading }
    }
}

impl Look {
    /// What happened since `before`: `elapsed` is from the moment that look ended to the one this began. Processor time is
    /// of exactly that; the server's own counts are of up to two answers more.
    pub(crate) fn since(&self, before: &Self, elapsed: Duration) -> Window {
        let usage = self.first.as_ref().zip(before.last.as_ref()).map(|(now, then)| now.since(then));
        let scrapes = self.scrape.as_ref().zip(before.scrape.as_ref());
        let ticks = scrapes.and_then(|(now, then)| Ticks::between(then, now));
        let breakdown = scrapes.and_then(|(now, then)| breakdown_between(then, now));
        let (server_pid, mode) = (self.server_pid, self.scrape.as_ref().and_then(Scrape::read_mode));
        Window { elapsed, server_pid, usage, ticks, breakdown, mode }
    }
}

impl Window {
    /// Tells a report who used the processors: the server for `count` things of the window, each a `per`, and others.
    pub(crate) fn tell(&self, count: f64, per: &str, run: &mut Run) {
        let Some(usage) = &self.usage else { return };
        let share = |time: Duration| time.as_secs_f64() / self.elapsed.as_secs_f64();
        run.foreign_cpu_share = Some(share(usage.foreign));
        run.figure("machine", "generator_cpu", "generator CPU", share(usage.own.total()), Unit::Share);
        run.figure("machine", "interrupts", "interrupts", share(usage.interrupts), Unit::Share);
        run.figure("machine", "stolen", "stolen", share(usage.stolen), Unit::Share);
        let Some(server) = &usage.server else {
            run.notes.push(match self.server_pid {
                None => "Foreign CPU holds the server's: give --server-pid to tell them apart.".to_owned(),
                Some(pid) => format!(
                    "The process of --server-pid {pid} ended before the end of the window: its processor time and memory are unknown, and foreign CPU holds what it used until then."
                ),
            });
            return;
        };
        if let Some(pid) = self.server_pid.filter(|_| server.used.total().is_zero()) {
            let what = "used no processor time at all in the window: is it the server?";
            run.notes.push(format!("The process of --server-pid {pid} {what}"));
        }
        let thread = |(name, used): (&str, Used)| ThreadUse {
            name: name.to_owned(),
            user_share: share(used.user),
            system_share: share(used.system),
        };
        run.server = Some(ServerUse {
            cpu_us_per: server.used.total().as_secs_f64() * 1e6 / count.max(1.0),
            per: per.to_owned(),
            user_share: share(server.used.user),
            system_share: share(server.used.system),
            resident_bytes: server.resident_bytes,
            threads: server.busy_threads().into_iter().map(thread).collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::processor::Process;

    #[test]
    fn a_note_says_what_is_unknown_or_odd_of_the_server() {
        let server = |ms| {
            let used = Used { user: Duration::from_millis(ms), system: Duration::ZERO };
            Some(Process { used, ..Process::default() })
        };
        for (server_pid, server, want) in [
            (None, None, Some("give --server-pid to tell them apart")),
            (Some(42), None, Some("The process of --server-pid 42 ended before the end of the window")),
            (Some(42), server(0), Some("--server-pid 42 used no processor time at all")),
            (Some(42), server(1), None),
        ] {
            let usage = Some(Usage { server, ..Usage::default() });
            let elapsed = Duration::from_secs(1);
            let window = Window { elapsed, server_pid, usage, ..Window::default() };
            let mut run = Run::new("echo", "ws://h/");
            window.tell(1.0, "message", &mut run);
            assert_eq!(run.notes.len(), usize::from(want.is_some()), "{want:?}: {:?}", run.notes);
            let is_said = |want| run.notes.iter().any(|note| note.contains(want));
            assert!(want.is_none_or(is_said), "{want:?}: {:?}", run.notes);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn asking_the_server_is_not_part_of_a_window() {
        let early = Reading::take(None).expect("Linux has /proc");
        // What this thread uses meanwhile stands for an answer that takes its time.
        let late = loop {
            let now = Reading::take(None).expect("Linux has /proc");
            if now.since(&early).own.total() > Duration::ZERO {
                break now;
            }
        };
        let (early, late) = (Some(early), Some(late));
        let look = |first: &Option<Reading>, last: &Option<Reading>| Look {
            server_pid: None,
            first: first.clone(),
            scrape: None,
            last: last.clone(),
        };
        let own = |window: Window| window.usage.map(|usage| usage.own.total());
        let second = Duration::from_secs(1);
        let before = look(&early, &late);
        assert_eq!(own(look(&late, &late).since(&before, second)), Some(Duration::ZERO), "at the beginning");
        let before = look(&early, &early);
        assert_eq!(own(look(&early, &late).since(&before, second)), Some(Duration::ZERO), "at the end");
    }
}
