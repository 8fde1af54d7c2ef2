//! Visitors that come at a rate, stay and go: the scenario `churn`. How soon are they let in, and does the server forget
//! them once they are gone?
//!
//! Order of a run: levels as they are, warm-up, everybody out, levels to compare with, the measured visits, everybody
//! out, levels again until they are back or the time to settle is over.

mod levels;
mod outcome;
mod tally;
mod turnstile;

use std::time::Duration;

use tickwire_netcode::time::Time;

use crate::cli;
use crate::connection::Seat;
use crate::failure::Failure;
use crate::interrupt;
use crate::load::Live;
use crate::machine::descriptors;
use crate::machine::memory::Memory;
use crate::report::{Outputs, Run};
use crate::watch::Watch;
use levels::Levels;
use outcome::Outcome;
use turnstile::{Manners, Turnstile};

/// Between two readings of the levels.
const READ_EVERY: Duration = Duration::from_millis(200);
/// Visits that a slow server keeps waiting need descriptors too: this many seconds of them.
const BACKLOG_S: u64 = 15;

const EXAMPLES: &str = "\
Examples:
  cargo netbench churn --url ws://127.0.0.1:9001/ --rate 500 --stay 200ms
  cargo netbench churn --join arena --rate 50 --stay 1s --abrupt 20 --server-pid \"$(pgrep -n game-demo)\"";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: cli::Server,

    /// Visitors that come in each second, however many are still waiting.
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: u32,

    /// How long each stays once it was let in.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "500ms", value_parser = cli::duration)]
    pub(crate) stay: Duration,

    /// How long visitors come.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "10s", value_parser = cli::duration)]
    pub(crate) duration: Duration,

    /// Visits before, which are not measured: rooms and memory that the server keeps are there then.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2s", value_parser = cli::duration)]
    pub(crate) warmup: Duration,

    /// How long the server has to be back where it was once the last one is gone. Rooms are judged above 60 s.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = cli::duration)]
    pub(crate) settle: Duration,

    /// Of a hundred visitors, how many go without a goodbye.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) abrupt: u32,

    /// Kind of a room that each visitor joins; without it they only speak WebSocket.
    #[arg(long, value_name = "KIND", help_heading = "Room")]
    pub(crate) join: Option<String>,

    /// Id of the room; any room of the kind without it.
    #[arg(long, value_name = "ID", default_value = "", requires = "join", help_heading = "Room")]
    pub(crate) room: String,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

impl Args {
    fn manners(&self) -> Result<Manners, Failure> {
        let rate = u64::from(self.rate);
        let stay_ms = u64::try_from(self.stay.as_millis()).unwrap_or(u64::MAX);
        let inside = rate.saturating_mul(stay_ms) / 1000 + rate;
        let worst = usize::try_from(inside + rate * BACKLOG_S).unwrap_or(usize::MAX);
        let needed = usize::try_from(inside).unwrap_or(usize::MAX);
        // As many as there may be if the server is slow; if the hard limit is below that, as many as if it is not.
        let crowd_max = match descriptors::reserve(worst) {
            Ok(()) => worst,
            Err(_) => descriptors::reserve(needed).map(|()| needed).map_err(Failure::Descriptors)?,
        };
        let seat = self.join.as_ref().map(|kind| Seat { kind: kind.clone(), room: self.room.clone() });
        Ok(Manners { seat, stay: self.stay, abrupt_percent: self.abrupt, rate: self.rate, crowd_max })
    }

    fn tell(&self, run: &mut Run) {
        run.argument("rate", &self.rate);
        run.argument("stay", &cli::typed(self.stay));
        run.argument("duration", &cli::typed(self.duration));
        run.argument("warmup", &cli::typed(self.warmup));
        run.argument("settle", &cli::typed(self.settle));
        run.argument("abrupt", &self.abrupt);
        if let Some(kind) = &self.join {
            run.argument("join", kind);
            run.argument("room", &self.room);
        }
    }
}

/// Reads the server's levels again and again.
struct Gauge<'a> {
    watch: &'a Watch,
    server_pid: Option<u32>,
}

impl Gauge<'_> {
    fn read(&self) -> Levels {
        let memory = self.server_pid.and_then(Memory::of);
        Levels::read(self.watch.scrape().as_ref(), memory)
    }

    /// Until everything is back to where it was `before`, `limit` is over, or the run is interrupted. Also tells how long that took.
    fn read_until_back(
        &self,
        before: &Levels,
        limit: Duration,
        turnstile: &mut Turnstile,
    ) -> Result<(Levels, Duration), Failure> {
        let began = turnstile.now();
        let over: Time = began + limit;
        loop {
            turnstile.rest(READ_EVERY.min(limit))?;
            let (levels, now) = (self.read(), turnstile.now());
            if levels.is_back(before) || now >= over || interrupt::is_asked() {
                return Ok((levels, now.since(began)));
            }
        }
    }
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, it lets nobody in, or the run was interrupted before its window: nothing is measured then.
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    args.server.refuse_idle_cores(1)?;
    let manners = args.manners()?;
    let (route, watch) = args.server.find()?;
    let gauge = Gauge { watch: &watch, server_pid: args.server.server_pid };
    let url = route.url();
    let mut turnstile = Turnstile::new(route, manners, Live::stderr())?;

    let untouched = gauge.read();
    turnstile.admit(args.warmup)?;
    turnstile.empty()?;
    if !interrupt::is_asked() && turnstile.tally.whole == 0 {
        turnstile.clear();
        return Err(Failure::TookNone { why: turnstile.tally.worst().map(str::to_owned) });
    }
    let (before, _) = gauge.read_until_back(&untouched, args.settle, &mut turnstile)?;
    if interrupt::is_asked() {
        turnstile.clear();
        return Err(Failure::Interrupted);
    }

    let (look, began) = (watch.look(), turnstile.now());
    let is_whole = turnstile.admit(args.duration)?;
    let measured = turnstile.now().since(began);
    let window = watch.look().since(&look, measured);
    turnstile.empty()?;
    let (after, settled_in) = gauge.read_until_back(&before, args.settle, &mut turnstile)?;
    turnstile.clear();
    let outcome = Outcome {
        is_whole,
        is_interrupted: interrupt::is_asked(),
        asked: args.duration,
        measured,
        settle: args.settle,
        settled_in,
        before,
        after,
        is_server_gone: args.server.server_pid.is_some_and(|pid| Memory::of(pid).is_none()),
        window,
        tally: turnstile.tally,
    };
    let mut run = Run::new("churn", url);
    args.tell(&mut run);
    outcome.fill(&mut run);
    Ok(run)
}
