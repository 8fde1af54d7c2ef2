//! `Crew`: all players of a run on their threads, from the first join to the last goodbye.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use super::drive::{Driver, Share, Shared};
use super::tally::Tally;
use crate::cli;
use crate::failure::Failure;
use crate::machine::affinity;
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;

/// Beyond the time that the connect rate takes, all players have a seat and a state by then, or something is wrong.
const JOIN_LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Crew {
    clock: Clock,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<io::Result<Tally>>>,
}

impl Crew {
    /// Brings all players into the room. Those that came first play while the others join, as people would.
    ///
    /// # Errors
    /// Not all of them got there: nothing can be measured.
    pub(crate) fn join(
        route: &Route,
        players: u32,
        args: &cli::Players,
        pin: &[usize],
        clock: Clock,
    ) -> Result<Self, Failure> {
        let shared = Arc::new(Shared::new(players as usize, std::thread::current()));
        let apart = Duration::from_secs(1) / args.connect_rate;
        let first_at = clock.now();
        let mut threads = Vec::new();
        for thread in 0..args.threads.min(players) {
            let share = Share {
                kind: args.kind.clone(),
                room: args.room.clone(),
                numbers: (thread..players).step_by(args.threads as usize).collect(),
                decode: args.decode,
                first_at,
                apart,
            };
            let driver = Driver::new(Reactor::new(clock)?, route.clone(), share, Arc::clone(&shared));
            let core = pin.get(thread as usize % pin.len().max(1)).copied();
            threads.push(spawn(driver, core)?);
        }
        let crew = Self { clock, shared, threads };
        let limit = JOIN_LIMIT + apart * players;
        let all = players as usize;
        crew.wait(clock.now() + limit, |shared| shared.gone() > 0 || shared.playing() == all);
        if crew.shared.playing() == all && crew.shared.gone() == 0 {
            return Ok(crew);
        }
        let playing = crew.shared.playing();
        crew.end_at(Time::default());
        let why = crew.finish()?.lost.into_iter().next();
        Err(Failure::Join { playing, players: all, why, limit_s: limit.as_secs() })
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// What comes from then on is measured.
    pub(crate) fn begin_at(&self, begin: Time) {
        self.shared.begin_at(begin);
    }

    /// What comes from then on is not measured any more, and no input is given.
    pub(crate) fn end_at(&self, end: Time) {
        self.shared.end_at(end);
    }

    /// Lets time pass. False: nobody is left to play, and there is no use in waiting longer.
    pub(crate) fn wait_until(&self, at: Time) -> bool {
        self.wait(at, |shared| shared.gone() == shared.players);
        self.shared.gone() < self.shared.players
    }

    fn wait(&self, until: Time, is_done: impl Fn(&Shared) -> bool) {
        // Threads that failed in themselves do not tell anybody.
        while !is_done(&self.shared) && !self.threads.iter().all(JoinHandle::is_finished) {
            let left = until.since(self.clock.now());
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }

    /// Waits for the threads and adds up what they counted. The window must have an end by now.
    pub(crate) fn finish(self) -> Result<Tally, Failure> {
        let mut sum = Tally::new();
        for thread in self.threads {
            sum.add(thread.join().map_err(|_| Failure::Panicked)??);
        }
        Ok(sum)
    }
}

#[expect(clippy::disallowed_methods, reason = "the generator's threads: started here and joined by the crew")]
fn spawn(driver: Driver, core: Option<usize>) -> io::Result<JoinHandle<io::Result<Tally>>> {
    std::thread::Builder::new().name("load".into()).spawn(move || {
        if let Some(core) = core {
            affinity::pin(core)?;
        }
        driver.run()
    })
}
