//! More connections than the server has descriptors: the scenario `starve`.
//!
//! All connect at once and ask for an upgrade. The server takes as many as it can and refuses the rest or leaves them
//! waiting in the kernel. Watched: what its processor does meanwhile (does it spin?), how soon it upgrades somebody
//! again after descriptors became free (does it go deaf?), and that in the end everybody had an answer.

mod crowd;
mod outcome;

use std::time::Duration;

use crate::cli;
use crate::failure::Failure;
use crate::interrupt;
use crate::limits::UPGRADE_LIMIT;
use crate::load::stages::CONNECTIONS_MAX;
use crate::machine::descriptors;
use crate::report::{Outputs, Run};
use crate::watch::Watch;
use crate::wire::route::Route;
use crowd::{ANSWER_LIMIT, Crowd, QUIET, Standing};
use outcome::Outcome;

/// How long the server may take until it takes nothing more.
const FILL_LIMIT: Duration = Duration::from_secs(10);
/// Descriptors for probes that were not answered: one at a time is open, the others are just being closed.
const PROBES: usize = 8;

const EXAMPLES: &str = "\
Examples:
  prlimit --nofile=256 target/release/game-demo --listen 127.0.0.1:7777 &
  cargo netbench starve --server-pid $!";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: cli::Server,

    /// How many connections are opened at once.
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub(crate) connections: u32,

    /// How long the server is watched while it has no descriptor left; below the 3 s it gives a client for its Hello.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2s", value_parser = cli::duration)]
    pub(crate) duration: Duration,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, it has descriptors enough for all, or the run was interrupted.
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    let connections = args.connections as usize;
    args.server.refuse_idle_cores(1)?;
    descriptors::reserve(connections + PROBES).map_err(Failure::Descriptors)?;
    let (route, watch) = args.server.find()?;
    let outcome = starve(args, &route, &watch)?;
    let mut run = Run::new("starve", route.url());
    run.argument("connections", &args.connections);
    run.argument("duration", &cli::typed(args.duration));
    run.asked_s = args.duration.as_secs_f64();
    outcome.fill(&mut run);
    Ok(run)
}

fn starve(args: &Args, route: &Route, watch: &Watch) -> Result<Outcome, Failure> {
    let connections = args.connections as usize;
    let mut crowd = Crowd::open(route, connections)?;
    let is_held = |standing: &Standing| matches!(standing, Standing::Held(_));
    let is_waiting = |standing: &Standing| matches!(standing, Standing::Waiting(..));

    let began = crowd.reactor.now();
    crowd.drive(began + FILL_LIMIT, |crowd| {
        let is_answered = crowd.upgraded_at.is_some() || crowd.first_refusal.is_some();
        crowd.count(is_waiting) == 0
            || !is_answered && crowd.reactor.now().since(began) >= UPGRADE_LIMIT
            || crowd.upgraded_at.is_some_and(|at| crowd.reactor.now().since(at) >= QUIET)
    })?;
    // Half of this says nothing.
    let go_on = || if interrupt::is_asked() { Err(Failure::Interrupted) } else { Ok(()) };
    go_on()?;
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
    let accepted_after = crowd.probe(route, freed)?;
    crowd.drive(freed + ANSWER_LIMIT, |crowd| crowd.count(is_waiting) == 0)?;
    go_on()?;
    Ok(Outcome {
        connections,
        held,
        window,
        accepted_after,
        probes: crowd.each.len() - connections,
        served: crowd.count(|standing| matches!(standing, Standing::Served)),
        refused: crowd.count(|standing| matches!(standing, Standing::Refused)),
        stuck: crowd.count(is_waiting),
        handshake_ns: crowd.handshake_ns,
        first_refusal: crowd.first_refusal,
    })
}
