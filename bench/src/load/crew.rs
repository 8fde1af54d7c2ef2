//! `Crew`: all threads of a run, from the first connection to the last goodbye.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use super::arrivals::Arrivals;
use super::drive::{Driver, Share, Yield};
use super::live::{Live, Progress};
use super::losses::Losses;
use super::plan::Plan;
use super::recorder::Recorder;
use super::scenario::Scenario;
use super::shared::Shared;
use crate::failure::Failure;
use crate::interrupt;
use crate::limits::UPGRADE_LIMIT;
use crate::machine::affinity;
use crate::wire::network::Tcp;
use crate::wire::reactor::Reactor;

/// Beyond the time that the connect rate takes, all connections are ready by then, or something is wrong.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// From an interruption to the end of the window: all threads look at the window's ends twice in that time.
const NOTICE: Duration = Duration::from_millis(100);

pub(crate) struct Crew<S: Scenario> {
    clock: Clock,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<io::Result<Yield<S>>>>,
}

impl<S: Scenario> Crew<S> {
    /// Starts the threads and waits until all connections are ready; those that came first go about their business
    /// while the others connect.
    ///
    /// # Errors
    /// Not all of them got there: nothing can be measured.
    pub(crate) fn start(
        plan: &Plan,
        clock: Clock,
        live: &mut Live,
        make: impl FnMut(u32) -> S,
    ) -> Result<Self, Failure> {
        Self::start_within(UPGRADE_LIMIT, plan, clock, live, make)
    }

    fn start_within(
        upgrade_limit: Duration,
        plan: &Plan,
        clock: Clock,
        live: &mut Live,
        mut make: impl FnMut(u32) -> S,
    ) -> Result<Self, Failure> {
        let shared = Arc::new(Shared::new(std::thread::current()));
        let apart = Duration::from_secs(1) / plan.connect_rate.max(1);
        let first_at = clock.now();
        let count = plan.threads.min(plan.connections_max()).max(1);
        let mut threads = Vec::new();
        for thread in 0..count {
            let arrivals = Arrivals::new((thread, count), plan.connections, first_at, apart, plan.levels());
            let share = Share { arrivals, stages: plan.stages.clone() };
            let net = Tcp::new(Reactor::new(clock)?, plan.route.clone());
            let driver = Driver::new(net, make(thread), share, Arc::clone(&shared));
            let core = plan.pin.get(thread as usize % plan.pin.len().max(1)).copied();
            threads.push(spawn(driver, core)?);
        }
        let crew = Self { clock, shared, threads };
        crew.wait_for_any(plan.connections, first_at + upgrade_limit, live);
        if crew.shared.open() + crew.shared.gone() == 0 && !interrupt::is_asked() {
            live.clear();
            crew.end_at(Time::default());
            crew.finish()?;
            let why =
                format!("no answer to the upgrade within {upgrade_limit:?}; is this a WebSocket server?");
            let (connections, limit_s) = (plan.connections as usize, upgrade_limit.as_secs());
            return Err(Failure::Join { ready: 0, connections, why: Some(why), limit_s });
        }
        crew.wait_for_all(plan.connections, apart, live)
    }

    /// Waits until the server has answered anybody.
    fn wait_for_any(&self, connections: u32, until: Time, live: &mut Live) {
        self.wait(until, Progress::Connecting { connections }, live, |shared| {
            shared.open() + shared.gone() > 0 || interrupt::is_asked()
        });
    }

    fn wait_for_all(self, connections: u32, apart: Duration, live: &mut Live) -> Result<Self, Failure> {
        let limit = READY_LIMIT + apart * connections;
        let all = connections as usize;
        let progress = Progress::Connecting { connections };
        self.wait(self.now() + limit, progress, live, |shared| {
            shared.gone() > 0 || shared.ready() == all || interrupt::is_asked()
        });
        if interrupt::is_asked() {
            return Err(self.give_up(live)?);
        }
        if self.shared.ready() == all && self.shared.gone() == 0 {
            return Ok(self);
        }
        let ready = self.shared.ready();
        live.clear();
        self.end_at(Time::default());
        let why = self.finish()?.losses.reasons.into_iter().next();
        Err(Failure::Join { ready, connections: all, why, limit_s: limit.as_secs() })
    }

    /// Ends a run in which nothing has been measured: the user wants no more of it.
    pub(crate) fn give_up(self, live: &mut Live) -> Result<Failure, Failure> {
        live.clear();
        self.end_at(Time::default());
        self.finish().map(|_| Failure::Interrupted)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// What is due from then on is measured.
    pub(crate) fn begin_at(&self, begin: Time) {
        self.shared.begin_at(begin);
    }

    /// What is due from then on is neither sent nor measured.
    pub(crate) fn end_at(&self, end: Time) {
        self.shared.end_at(end);
    }

    /// Lets the warm-up pass, or what of it passes before the run is interrupted.
    pub(crate) fn warm_up_until(&self, at: Time, live: &mut Live) {
        self.wait(at, Progress::WarmingUp, live, |_| interrupt::is_asked());
    }

    /// Lets the window pass, as long as anybody is left, and returns its end: `end`, unless the run is interrupted well
    /// before.
    pub(crate) fn measure_until(&self, begin: Time, end: Time, live: &mut Live) -> Time {
        let progress = Progress::Measuring { begin, end };
        self.wait(end, progress, live, |_| interrupt::is_asked());
        let cut = if interrupt::is_asked() { end.min(self.now() + NOTICE) } else { end };
        if cut < end {
            live.say(interrupt::ENDING);
            self.end_at(cut);
        }
        self.wait(cut, progress, live, |_| false);
        cut
    }

    /// Waits until `until`, until `is_done`, or until no thread has anything left to do, which is false.
    fn wait(
        &self,
        until: Time,
        progress: Progress,
        live: &mut Live,
        is_done: impl Fn(&Shared) -> bool,
    ) -> bool {
        while !is_done(&self.shared) {
            if self.threads.iter().all(JoinHandle::is_finished) {
                return false;
            }
            let now = self.now();
            live.look(now, progress, &self.shared);
            let left = until.min(live.next_at().unwrap_or(until)).since(now);
            if now >= until {
                return true;
            }
            std::thread::park_timeout(left.min(LOOK_EVERY));
        }
        true
    }

    /// Waits for the threads and adds up what they counted. The window must have an end by now.
    pub(crate) fn finish(self) -> Result<Yield<S>, Failure> {
        let mut sum: Option<Yield<S>> = None;
        let mut recorder = Recorder::new();
        let mut losses = Losses::default();
        for thread in self.threads {
            let part = thread.join().map_err(|_| Failure::Panicked)??;
            recorder.add(&part.recorder);
            losses.append(part.losses.clone());
            match &mut sum {
                Some(sum) => {
                    sum.scenario.add(part.scenario);
                    sum.ended = sum.ended.max(part.ended);
                }
                None => sum = Some(part),
            }
        }
        // There is one thread at least.
        let sum = sum.ok_or(Failure::Panicked)?;
        Ok(Yield { recorder, losses, ..sum })
    }
}

/// A thread that ended says so to nobody: it is looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[expect(clippy::disallowed_methods, reason = "the generator's threads: started here and joined by the crew")]
fn spawn<S: Scenario>(
    driver: Driver<Tcp, S>,
    core: Option<usize>,
) -> io::Result<JoinHandle<io::Result<Yield<S>>>> {
    std::thread::Builder::new().name("load".into()).spawn(move || {
        if let Some(core) = core {
            affinity::pin(core)?;
        }
        driver.run()
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use tickwire_netcode::ws::MessageKind;

    use super::*;
    use crate::load::scenario::{Cx, Flow};
    use crate::wire::route::Route;

    struct Silent;

    impl Scenario for Silent {
        type Client = ();

        fn opened(&mut self, _: &mut Cx<'_>) {}

        fn message(&mut self, (): &mut (), _: MessageKind, _: &[u8], _: &mut Cx<'_>) -> Flow {
            Flow::Stay
        }

        fn add(&mut self, _: Self) {}
    }

    #[test]
    fn a_server_that_never_answers_the_upgrade_is_not_waited_for_longer_than_the_limit() {
        // The kernel takes the connections, and nobody ever looks at them.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let target = format!("ws://{address}/").parse().expect("a URL");
        let plan = Plan {
            route: Route { target, address, paths: Arc::default() },
            connections: 5,
            connect_rate: 500,
            threads: 2,
            pin: Vec::new(),
            seed: 1,
            warmup: Duration::ZERO,
            duration: Duration::from_secs(1),
            stages: None,
        };
        let limit = Duration::from_millis(20);
        let started = Crew::start_within(limit, &plan, Clock::new(), &mut Live::quiet(), |_| Silent);
        let failure = started.err().expect("nobody got in");
        let want =
            "0 of 5 connections got ready: no answer to the upgrade within 20ms; is this a WebSocket server?";
        assert_eq!(failure.to_string(), want);
    }
}
