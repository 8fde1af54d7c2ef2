//! Connections that send their request head a byte at a time, beside players: the scenario `slow-heads`.
//!
//! Watched: that each of them is gone soon after the server's deadline for a head, and that the ticks of the players'
//! room begin as punctually as in a window of the same length without them.

mod outcome;
mod siege;

use std::time::Duration;

use tickwire_client::Clock;

use crate::arena::{Arena, ArenaPlan};
use crate::cli;
use crate::failure::Failure;
use crate::interrupt;
use crate::load::crew::Crew;
use crate::load::stages::CONNECTIONS_MAX;
use crate::load::{Live, Plan};
use crate::machine::descriptors;
use crate::report::{Outputs, Run};
use crate::watch::Watch;
use outcome::{GRACE, Outcome};
use siege::{OPEN_WITHIN, Siege};

/// How much longer is waited before a connection counts as stuck.
const PATIENCE: Duration = Duration::from_secs(4);
/// Beyond this a run measures its own generator. Chosen, not measured.
const PLAYERS_MAX: i64 = 5000;

const EXAMPLES: &str = "\
Examples:
  cargo netbench slow-heads --connections 2000 --players 100";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: cli::Server,

    /// How many slow connections there are.
    #[arg(long, value_name = "N", default_value_t = 2000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub(crate) connections: u32,

    /// Bytes that each of them sends in a second.
    #[arg(long, value_name = "BYTES", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rate: u32,

    /// The server's deadline for a request head.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = cli::duration)]
    pub(crate) deadline: Duration,

    /// How many players there are beside them.
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=PLAYERS_MAX))]
    pub(crate) players: u32,

    #[command(flatten)]
    pub(crate) crew: cli::Players,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, the players did not get into the room, or the run was interrupted.
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    args.server.refuse_idle_cores(args.crew.threads)?;
    descriptors::reserve((args.connections + args.players) as usize).map_err(Failure::Descriptors)?;
    let (route, watch) = args.server.find()?;
    let plan = Plan {
        route,
        connections: args.players,
        connect_rate: args.crew.connect_rate,
        threads: args.crew.threads,
        pin: args.server.pin.clone(),
        seed: 1,
        warmup: args.crew.warmup,
        duration: OPEN_WITHIN + args.deadline,
        stages: None,
    };
    let outcome = besiege(args, &plan, &watch)?;
    let mut run = Run::new("slow-heads", plan.route.url());
    run.argument("connections", &args.connections);
    run.argument("rate", &args.rate);
    run.argument("deadline", &cli::typed(args.deadline));
    run.argument("players", &args.players);
    run.argument("connect_rate", &args.crew.connect_rate);
    run.argument("threads", &args.crew.threads);
    run.argument("warmup", &cli::typed(args.crew.warmup));
    outcome.fill(&mut run);
    Ok(run)
}

/// A window without them, then one with them, of the same players.
fn besiege(args: &Args, plan: &Plan, watch: &Watch) -> Result<Outcome, Failure> {
    let clock = Clock::new();
    let arena = ArenaPlan::from(&args.crew.room);
    let mut live = Live::quiet();
    let crew = Crew::start(plan, clock, &mut live, |_| Arena::new(arena.clone(), plan.seed))?;

    let begin = crew.now() + plan.warmup;
    crew.begin_at(begin);
    crew.warm_up_until(begin, &mut live);
    let (first, began) = (watch.look(), crew.now());
    crew.warm_up_until(began + plan.duration, &mut live);
    let second = watch.look();
    let without = second.since(&first, crew.now().since(began));

    let mut siege = Siege::new(plan.route.clone(), clock)?;
    let (second, began) = (watch.look(), crew.now());
    siege.run(args.connections as usize, args.rate, args.deadline + GRACE + PATIENCE)?;
    let with = watch.look().since(&second, crew.now().since(began));
    // A part of two windows says nothing.
    if interrupt::is_asked() {
        return Err(crew.give_up(&mut live)?);
    }
    crew.end_at(crew.now());
    let done = crew.finish()?;
    Ok(Outcome {
        players: args.players,
        connections: args.connections as usize,
        deadline: args.deadline,
        left: siege.left(),
        lived_ns: siege.lived_ns,
        answered: siege.answered,
        without,
        with,
        players_lost: done.losses.count,
        mismatches: done.scenario.tally().failed,
        recorder: done.recorder,
    })
}
