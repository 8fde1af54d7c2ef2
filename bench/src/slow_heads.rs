//! Connections that send their request head a byte at a time, beside players: the scenario `slow-heads`.
//!
//! Watched: that each of them is gone soon after the server's deadline for a head, and that the ticks of the players'
//! room begin as punctually as in a window of the same length without them.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::Duration;

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::arena::{Arena, ArenaPlan};
use crate::cli;
use crate::failure::Failure;
use crate::load::crew::Crew;
use crate::load::{Live, Plan, Recorder};
use crate::machine::{affinity, descriptors};
use crate::quantiles::{self, histogram, milliseconds};
use crate::watch::{Watch, Window};
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::is_pending;

/// All begin within this time.
const OPEN_WITHIN: Duration = Duration::from_secs(1);
/// How long after its deadline the server may take to end a connection.
const GRACE: Duration = Duration::from_secs(1);
/// How much longer is waited before a connection counts as stuck.
const PATIENCE: Duration = Duration::from_secs(4);
/// What a head begins with; it goes on with a header that never ends.
const HEAD: &[u8] = b"GET /ws HTTP/1.1\r\nHost: slow\r\nX-Slow: ";

struct Slow {
    stream: Option<TcpStream>,
    /// Since when it is connected.
    since: Option<Time>,
    sent: usize,
    next_at: Time,
}

struct Siege {
    reactor: Reactor,
    route: Route,
    each: Vec<Slow>,
    lived_us: Histogram<u64>,
    answered: usize,
    ready: Vec<usize>,
}

impl Siege {
    fn open_next(&mut self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.route.address)?;
        self.reactor.register(&mut stream, self.each.len())?;
        let next_at = self.reactor.now();
        self.each.push(Slow { stream: Some(stream), since: None, sent: 0, next_at });
        Ok(())
    }

    fn left(&self) -> usize {
        self.each.iter().filter(|slow| slow.stream.is_some()).count()
    }

    /// Opens `connections`, has each send `rate` bytes a second, and goes on until all are gone or `limit` is over.
    fn run(&mut self, connections: usize, rate: u32, limit: Duration) -> io::Result<()> {
        let began = self.reactor.now();
        let (apart, pause) = (OPEN_WITHIN / connections as u32, Duration::from_secs(1) / rate);
        loop {
            let now = self.reactor.now();
            while self.each.len() < connections && began + apart * self.each.len() as u32 <= now {
                self.open_next()?;
            }
            let is_open = self.each.len() == connections;
            if is_open && self.left() == 0 || now >= began + OPEN_WITHIN + limit {
                return Ok(());
            }
            let mut next = if is_open { now + pause } else { now + apart };
            for slow in &mut self.each {
                if slow.next_at <= now {
                    slow.send();
                    slow.next_at = now + pause;
                }
                if slow.stream.is_some() {
                    next = next.min(slow.next_at);
                }
            }
            // A tenth of the pause is close enough, and spares a pass over all for each byte.
            let mut ready = std::mem::take(&mut self.ready);
            self.reactor.wait(next.max(now + pause.min(OPEN_WITHIN) / 100), &mut ready)?;
            ready.drain(..).for_each(|index| self.on_ready(index));
            self.ready = ready;
        }
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(slow) = self.each.get_mut(index) else { return };
        let Some(stream) = &mut slow.stream else { return };
        let since = *slow.since.get_or_insert(now);
        let mut answer = [0; 1024];
        let is_over = loop {
            match stream.read(&mut answer) {
                Ok(0) => break true,
                Ok(_) => self.answered += usize::from(answer.starts_with(b"HTTP/1.1 ")),
                Err(error) if is_pending(&error) => break false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break true,
            }
        };
        if is_over {
            slow.stream = None;
            self.lived_us.saturating_record(u64::try_from(now.since(since).as_micros()).unwrap_or(u64::MAX));
        }
    }
}

impl Slow {
    /// One more byte, if it is connected.
    fn send(&mut self) {
        let byte = HEAD.get(self.sent).copied().unwrap_or(b'a');
        if let (Some(stream), Some(_)) = (&mut self.stream, self.since) {
            // What is wrong with the connection, the next read says as well.
            self.sent += stream.write(&[byte]).unwrap_or(0);
        }
    }
}

pub(crate) struct Report {
    players: u32,
    connections: usize,
    rate: u32,
    deadline: Duration,
    lived_us: Histogram<u64>,
    answered: usize,
    left: usize,
    quiet: Window,
    siege: Window,
    recorder: Recorder,
    players_lost: usize,
    mismatches: u64,
}

impl Report {
    fn in_time(&self) -> bool {
        let bound = (self.deadline + GRACE).as_micros();
        self.left == 0 && u128::from(self.lived_us.max()) <= bound
    }

    /// All were gone in time, and no player noticed.
    pub(crate) fn is_good(&self) -> bool {
        self.in_time() && self.players_lost == 0 && self.mismatches == 0
    }
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, or the players did not get into the room.
pub(crate) fn run(args: &cli::SlowHeads) -> Result<Report, Failure> {
    let connections = args.connections as usize;
    descriptors::reserve(connections + args.players as usize).map_err(Failure::Descriptors)?;
    if let Some(&core) = args.server.pin.first() {
        affinity::pin(core).map_err(|error| Failure::Pin { core, error })?;
    }
    let route = Route::find(&args.server.url).map_err(Failure::Unreachable)?;
    let watch = Watch::new(&route, args.server.server_pid, args.server.metrics.as_deref())?;
    let clock = Clock::new();
    let arena = ArenaPlan::from(&args.crew.room);
    let plan = Plan {
        route: route.clone(),
        connections: args.players,
        connect_rate: args.crew.connect_rate,
        threads: args.crew.threads,
        pin: args.server.pin.clone(),
        seed: 1,
        warmup: args.crew.warmup,
        duration: OPEN_WITHIN + args.deadline,
        stages: None,
    };
    let mut live = Live::quiet();
    let crew = Crew::start(&plan, clock, &mut live, |_| Arena::new(arena.clone(), plan.seed))?;

    let begin = crew.now() + plan.warmup;
    crew.begin_at(begin);
    crew.warm_up_until(begin, &mut live);
    let (first, began) = (watch.look(), crew.now());
    crew.warm_up_until(began + plan.duration, &mut live);
    let second = watch.look();
    let quiet = second.since(&first, crew.now().since(began));

    let mut siege = Siege {
        reactor: Reactor::new(clock)?,
        route,
        each: Vec::with_capacity(connections),
        lived_us: histogram(),
        answered: 0,
        ready: Vec::new(),
    };
    let (second, began) = (watch.look(), crew.now());
    siege.run(connections, args.rate, args.deadline + GRACE + PATIENCE)?;
    let window = watch.look().since(&second, crew.now().since(began));
    crew.end_at(crew.now());
    let done = crew.finish()?;
    Ok(Report {
        players: args.players,
        connections,
        rate: args.rate,
        deadline: args.deadline,
        left: siege.left(),
        lived_us: siege.lived_us,
        answered: siege.answered,
        quiet,
        siege: window,
        players_lost: done.losses.count,
        mismatches: done.scenario.tally().failed,
        recorder: done.recorder,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { players, connections, rate, recorder, .. } = self;
        writeln!(f, "slow-heads: {connections} connections of {rate} B/s beside {players} players")?;
        writeln!(f)?;
        let verdict = if self.in_time() { "ok" } else { "FAILED" };
        writeln!(
            f,
            "gone            {} of {connections}, {} with an answer; all within {:.1} s of connecting: {verdict}",
            connections - self.left,
            self.answered,
            (self.deadline + GRACE).as_secs_f64()
        )?;
        writeln!(f, "lived           {}", milliseconds(&self.lived_us))?;
        for (name, window) in [("without", &self.quiet), ("with", &self.siege)] {
            writeln!(f, "{name} them, over {:.1} s", window.elapsed.as_secs_f64())?;
            let Some(ticks) = &window.ticks else {
                writeln!(f, "  ticks         unknown: the server has no metrics of ticks")?;
                continue;
            };
            writeln!(
                f,
                "  ticks         {} run, {} overruns, {} dropped",
                ticks.ticks, ticks.overruns, ticks.dropped
            )?;
            for (name, durations) in [("start jitter", &ticks.start_jitter), ("duration", &ticks.duration)] {
                if let Some(durations) = durations {
                    writeln!(f, "  {name:<13} {}", durations.window())?;
                }
            }
            if let Some(usage) = &window.usage {
                let share = |time: Duration| time.as_secs_f64() / window.elapsed.as_secs_f64() * 100.0;
                let server = usage.server.as_ref().map(|server| share(server.used.total()));
                let server = server.map_or("unknown".to_owned(), |percent| format!("{percent:.1} %"));
                writeln!(
                    f,
                    "  CPU           server {server}, foreign {:.1} % of a core",
                    share(usage.foreign)
                )?;
            }
        }
        writeln!(f, "input to state  {} (both windows)", quantiles::line(&recorder.latency, 1e6, 2, "ms"))?;
        writeln!(f, "players lost    {}", self.players_lost)?;
        writeln!(f, "hash mismatches {}", self.mismatches)?;
        writeln!(f, "send lag        {}", quantiles::line(&recorder.lag, 1e6, 2, "ms"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(longest_ms: u64, left: usize) -> Report {
        let mut lived_us = histogram();
        lived_us.saturating_record(longest_ms * 1000);
        Report {
            players: 10,
            connections: 1 + left,
            rate: 1,
            deadline: Duration::from_secs(5),
            lived_us,
            answered: 1,
            left,
            quiet: Window::default(),
            siege: Window::default(),
            recorder: Recorder::new(),
            players_lost: 0,
            mismatches: 0,
        }
    }

    #[test]
    fn all_must_be_gone_a_second_after_the_deadline() {
        for (longest_ms, left, good) in [(4900, 0, true), (5900, 0, true), (6100, 0, false), (5000, 1, false)]
        {
            let report = report(longest_ms, left);
            let text = report.to_string();
            assert_eq!((report.is_good(), text.contains("FAILED")), (good, !good), "{text}");
        }
        let mut report = report(5000, 0);
        report.players_lost = 1;
        assert!(!report.is_good());
    }
}
