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
    first: Option<Reading>,
    scrape: Option<Scrape>,
    last: Option<Reading>,
}

/// What happened between two looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) elapsed: Duration,
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

    pub(crate) fn look(&self) -> Look {
        let first = Reading::take(self.server_pid);
        let scrape = self.scrape();
        Look { first, scrape, last: Reading::take(self.server_pid) }
    }

    /// The server's metrics as they are now.
    pub(crate) fn scrape(&self) -> Option<Scrape> {
        self.metrics_path.as_deref().and_then(|path| Scrape::take(&self.route, path).ok())
    }

    /// Processor time alone: when the server has no descriptor left for a question.
    pub(crate) fn look_at_processor(&self) -> Look {
        let reading = Reading::take(self.server_pid);
        Look { first: reading.clone(), scrape: None, last: reading }
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
        Window { elapsed, usage, ticks, breakdown, mode: self.scrape.as_ref().and_then(Scrape::read_mode) }
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
            run.notes
                .push("Foreign CPU holds the server's: give --server-pid to tell them apart.".to_owned());
            return;
        };
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
