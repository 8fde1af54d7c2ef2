//! More connections than the server has descriptors: the scenario `starve`.
//!
//! All connect at once and ask for an upgrade. The server takes as many as it can and refuses the rest or leaves them
//! waiting in the kernel. Watched: what its processor does meanwhile (does it spin?), how soon it upgrades somebody
//! again after descriptors became free (does it go deaf?), and that in the end everybody had an answer.

use std::fmt;
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_netcode::time::Time;

use crate::cli;
use crate::failure::Failure;
use crate::machine::{affinity, descriptors};
use crate::watch::{Watch, Window};
use crate::wire::reactor::Reactor;
use crate::wire::route::Route;
use crate::wire::socket::Socket;

/// The server has taken what it can when it took nothing for this long.
const QUIET: Duration = Duration::from_millis(300);
/// How long the server may take until it takes nothing more.
const FILL_LIMIT: Duration = Duration::from_secs(10);
/// How long everybody may wait for an answer once descriptors are free: the kernel tries lost connection requests again
/// after 1, 3, 7 and 15 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How soon after a refusal the next connection is tried.
const PROBE_EVERY: Duration = Duration::from_millis(5);
/// Descriptors for probes that were not answered: one at a time is open, the others are just being closed.
const PROBES: usize = 8;
/// Bytes of one read: an answer to an upgrade.
const READ_BYTES: usize = 16 * 1024;

/// Of a core, in per cent.
const PROCESSOR_MAX: f64 = 5.0;
/// From the moment that descriptors are free to the next answer.
const ACCEPT_MAX: Duration = Duration::from_millis(100);

enum Standing {
    Waiting(Socket),
    /// Upgraded, and held.
    Held(Socket),
    /// Upgraded, and let go.
    Served,
    /// Another answer, or an end without one.
    Refused,
}

struct Crowd {
    reactor: Reactor,
    each: Vec<Standing>,
    buffer: Vec<u8>,
    ready: Vec<usize>,
    /// Newest upgrade.
    upgraded_at: Option<Time>,
    first_refusal: Option<String>,
    /// Upgraded ones are held, or else let go at once.
    holds: bool,
}

impl Crowd {
    fn open(route: &Route, connections: usize) -> Result<Self, Failure> {
        let reactor = Reactor::new(Clock::new())?;
        let mut crowd = Self {
            reactor,
            each: Vec::with_capacity(connections),
            buffer: vec![0; READ_BYTES],
            ready: Vec::new(),
            upgraded_at: None,
            first_refusal: None,
            holds: true,
        };
        for _ in 0..connections {
            crowd.connect(route)?;
        }
        Ok(crowd)
    }

    fn connect(&mut self, route: &Route) -> Result<(), Failure> {
        let standing = match Socket::connect(route) {
            Ok(mut socket) => {
                self.reactor.register(socket.stream(), self.each.len())?;
                Standing::Waiting(socket)
            }
            Err(over) => {
                self.first_refusal.get_or_insert(over.to_string());
                Standing::Refused
            }
        };
        self.each.push(standing);
        Ok(())
    }

    /// Connects anew every few milliseconds until anybody is upgraded after `since`: a server may have answered all that
    /// it could not hold, so that nobody waits any more.
    fn probe(&mut self, route: &Route, since: Time) -> Result<Option<Duration>, Failure> {
        let is_upgraded = |crowd: &Self| crowd.upgraded_at.is_some_and(|at| at >= since);
        let mut probe = None;
        while !is_upgraded(self) && self.reactor.now().since(since) < ANSWER_LIMIT {
            let is_over = probe.is_none_or(|index: usize| !matches!(self.each[index], Standing::Waiting(_)));
            if is_over {
                probe = Some(self.each.len());
                self.connect(route)?;
            }
            self.drive(self.reactor.now() + PROBE_EVERY, is_upgraded)?;
        }
        Ok(self.upgraded_at.filter(|&at| at >= since).map(|at| at.since(since)))
    }

    fn count(&self, is: impl Fn(&Standing) -> bool) -> usize {
        self.each.iter().filter(|standing| is(standing)).count()
    }

    /// Goes on until `until`, or until `is_done`.
    fn drive(&mut self, until: Time, is_done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while self.reactor.now() < until && !is_done(self) {
            let mut ready = std::mem::take(&mut self.ready);
            let look = self.reactor.now() + QUIET / 6;
            self.reactor.wait(until.min(look), &mut ready)?;
            ready.drain(..).for_each(|index| self.on_ready(index));
            self.ready = ready;
        }
        Ok(())
    }

    fn on_ready(&mut self, index: usize) {
        let now = self.reactor.now();
        let Some(standing) = self.each.get_mut(index) else { return };
        let (Standing::Waiting(socket) | Standing::Held(socket)) = standing else { return };
        let over = socket.flush().and_then(|()| socket.read_binary(&mut self.buffer, now, |_| {})).err();
        let is_open = socket.is_open();
        let before = std::mem::replace(standing, Standing::Refused);
        *standing = match (before, over) {
            (Standing::Waiting(socket), None) if is_open => {
                self.upgraded_at = Some(now);
                if self.holds { Standing::Held(socket) } else { Standing::Served }
            }
            (Standing::Held(_), Some(_)) => Standing::Served,
            (Standing::Waiting(_), Some(over)) => {
                self.first_refusal.get_or_insert(over.to_string());
                Standing::Refused
            }
            (before, _) => before,
        };
    }

    /// Ends all connections that are held.
    fn free(&mut self) {
        self.holds = false;
        for standing in &mut self.each {
            if let Standing::Held(socket) = standing {
                socket.shutdown();
                *standing = Standing::Served;
            }
        }
    }
}

pub(crate) struct Report {
    connections: usize,
    held: usize,
    window: Window,
    /// From free descriptors to the next upgrade, if there was one.
    accepted_after: Option<Duration>,
    /// Connections that were tried to find that out.
    probes: usize,
    served: usize,
    refused: usize,
    first_refusal: Option<String>,
    stuck: usize,
}

impl Report {
    fn processor_percent(&self) -> Option<f64> {
        let server = self.window.usage.as_ref()?.server.as_ref()?;
        Some(server.used.total().as_secs_f64() / self.window.elapsed.as_secs_f64() * 100.0)
    }

    /// All bounds hold.
    pub(crate) fn is_good(&self) -> bool {
        self.processor_percent().is_none_or(|percent| percent < PROCESSOR_MAX)
            && self.accepted_after.is_some_and(|after| after <= ACCEPT_MAX)
            && self.stuck == 0
    }
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, or it has descriptors enough for all.
pub(crate) fn run(args: &cli::Starve) -> Result<Report, Failure> {
    let connections = args.connections as usize;
    descriptors::reserve(connections + PROBES).map_err(Failure::Descriptors)?;
    if let Some(&core) = args.server.pin.first() {
        affinity::pin(core).map_err(|error| Failure::Pin { core, error })?;
    }
    let route = Route::find(&args.server.url).map_err(Failure::Unreachable)?;
    let watch = Watch::new(&route, args.server.server_pid, args.server.metrics.as_deref())?;
    let mut crowd = Crowd::open(&route, connections)?;
    let is_held = |standing: &Standing| matches!(standing, Standing::Held(_));
    let is_waiting = |standing: &Standing| matches!(standing, Standing::Waiting(_));

    let limit = crowd.reactor.now() + FILL_LIMIT;
    crowd.drive(limit, |crowd| {
        crowd.count(is_waiting) == 0
            || crowd.upgraded_at.is_some_and(|at| crowd.reactor.now().since(at) >= QUIET)
    })?;
    let held = crowd.count(is_held);
    if held == 0 {
        return Err(Failure::TookNone { why: crowd.first_refusal });
    }
    if held == connections {
        return Err(Failure::NotStarved { connections });
    }

    let (before, began) = (watch.look_at_processor(), crowd.reactor.now());
    crowd.drive(began + args.duration, |_| false)?;
    let window = watch.look_at_processor().since(&before, crowd.reactor.now().since(began));

    crowd.free();
    let freed = crowd.reactor.now();
    let accepted_after = crowd.probe(&route, freed)?;
    crowd.drive(freed + ANSWER_LIMIT, |crowd| crowd.count(is_waiting) == 0)?;
    Ok(Report {
        connections,
        held,
        window,
        accepted_after,
        probes: crowd.each.len() - connections,
        served: crowd.count(|standing| matches!(standing, Standing::Served)),
        refused: crowd.count(|standing| matches!(standing, Standing::Refused)),
        stuck: crowd.count(is_waiting),
        first_refusal: crowd.first_refusal,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |good: bool| if good { "ok" } else { "FAILED" };
        writeln!(
            f,
            "starve: {} connections, of which the server took {} at first",
            self.connections, self.held
        )?;
        writeln!(f)?;
        match self.processor_percent() {
            Some(percent) => {
                let seconds = self.window.elapsed.as_secs_f64();
                let good = percent < PROCESSOR_MAX;
                writeln!(
                    f,
                    "server CPU      {percent:.1} % of a core over {seconds:.1} s without a descriptor; below {PROCESSOR_MAX} %: {}",
                    verdict(good)
                )?;
            }
            None => writeln!(f, "server CPU      unknown: give --server-pid")?,
        }
        match self.accepted_after {
            Some(after) => writeln!(
                f,
                "accepts again   {:.1} ms after descriptors were free; within {} ms: {}",
                after.as_secs_f64() * 1000.0,
                ACCEPT_MAX.as_millis(),
                verdict(after <= ACCEPT_MAX)
            )?,
            None => writeln!(f, "accepts again   never: FAILED")?,
        }
        let why = self.first_refusal.as_ref().map_or(String::new(), |why| format!(" (first: {why})"));
        writeln!(
            f,
            "answered        {} upgraded, {} refused or ended{why}, {} of them tried later",
            self.served, self.refused, self.probes
        )?;
        writeln!(f, "stuck           {}: {}", self.stuck, verdict(self.stuck == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            connections: 1000,
            held: 200,
            window: Window { elapsed: Duration::from_secs(2), ..Window::default() },
            accepted_after: Some(Duration::from_millis(12)),
            probes: 1,
            served: 1000,
            refused: 1,
            first_refusal: None,
            stuck: 0,
        }
    }

    #[test]
    fn each_bound_is_judged_and_printed() {
        use crate::machine::processor::{Process, Usage, Used};
        let text = report().to_string();
        assert!(report().is_good(), "{text}");
        assert!(
            text.contains("accepts again   12.0 ms after descriptors were free; within 100 ms: ok"),
            "{text}"
        );
        let used = Used { user: Duration::from_millis(60), system: Duration::from_millis(40) };
        let server = Some(Process { used, ..Process::default() });
        let table: [fn(&mut Report); 3] = [
            |report| report.accepted_after = None,
            |report| report.accepted_after = Some(Duration::from_millis(101)),
            |report| report.stuck = 1,
        ];
        for spoil in table {
            let mut spoiled = report();
            spoil(&mut spoiled);
            assert!(!spoiled.is_good() && spoiled.to_string().contains("FAILED"), "{spoiled}");
        }
        let mut spinning = report();
        spinning.window.usage = Some(Usage { server, ..Usage::default() });
        assert!(!spinning.is_good() && spinning.to_string().contains("5.0 % of a core"), "{spinning}");
    }
}
