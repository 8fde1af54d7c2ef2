//! Connections that are there and say nothing: the scenario `idle`, which finds out what each costs in memory.
//!
//! The server's memory is read before the first connection and after the last one, each time after a rest, and the
//! difference is divided by the connections that are there.

mod crowd;
mod outcome;

use std::time::Duration;

use crate::cli;
use crate::connection::Seat;
use crate::failure::Failure;
use crate::interrupt;
use crate::load::Live;
use crate::machine::descriptors;
use crate::machine::memory::Memory;
use crate::report::{Outputs, Run};
use crate::watch::Watch;
use crate::wire::route::Route;
use crowd::Crowd;
pub(crate) use outcome::ANONYMOUS_EACH;
use outcome::Outcome;

/// More than the descriptors of one process usually are.
const CONNECTIONS_MAX: i64 = 1_000_000;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo netbench idle --url ws://127.0.0.1:9001/ --connections 10000 --server-pid \"$(pgrep -n ws_echo)\"
  cargo netbench idle --join arena --connections 500 --server-pid \"$(pgrep -n game-demo)\"";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: cli::Server,

    /// How many connections are held.
    #[arg(long, value_name = "N", default_value_t = 1000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=CONNECTIONS_MAX))]
    pub(crate) connections: u32,

    /// Connections that are opened in each second.
    #[arg(long, value_name = "N", default_value_t = 2000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connect_rate: u32,

    /// Rest before memory is read, without connections and with them.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2s", value_parser = cli::duration)]
    pub(crate) warmup: Duration,

    /// How long the silence is watched: who stays, and what it costs the processor.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = cli::duration)]
    pub(crate) duration: Duration,

    /// Kind of a room that each connection joins, to be silent there; without it they only speak WebSocket.
    #[arg(long, value_name = "KIND", help_heading = "Room")]
    pub(crate) join: Option<String>,

    /// Id of the room; any room of the kind without it.
    #[arg(long, value_name = "ID", default_value = "", requires = "join", help_heading = "Room")]
    pub(crate) room: String,

    /// How long acknowledgements wait. Players send one within 100 ms; a server of ours ends a session that owes one for 25 s.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = cli::duration, requires = "join", help_heading = "Room")]
    pub(crate) ack_every: Duration,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

/// What is to be done, for programs.
#[derive(Clone, Debug)]
pub(crate) struct IdlePlan {
    pub(crate) connections: u32,
    pub(crate) connect_rate: u32,
    pub(crate) warmup: Duration,
    pub(crate) duration: Duration,
    pub(crate) seat: Option<Seat>,
    pub(crate) ack_every: Duration,
    pub(crate) server_pid: Option<u32>,
}

/// Runs the scenario as the command line says it.
///
/// # Errors
/// There is no such server, or see [`measure`].
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    args.server.refuse_idle_cores(1)?;
    descriptors::reserve(args.connections as usize).map_err(Failure::Descriptors)?;
    let (route, watch) = args.server.find()?;
    if args.server.server_pid.is_none() && !watch.has_metrics() {
        let why = "memory is read by the server's pid, and this server has no metrics to tell anything else: give --server-pid PID";
        return Err(Failure::Usage(why.to_owned()));
    }
    let plan = IdlePlan {
        connections: args.connections,
        connect_rate: args.connect_rate,
        warmup: args.warmup,
        duration: args.duration,
        seat: args.join.as_ref().map(|kind| Seat { kind: kind.clone(), room: args.room.clone() }),
        ack_every: args.ack_every,
        server_pid: args.server.server_pid,
    };
    let mut run = measure(&plan, route, &watch, Live::stderr())?;
    set_arguments(args, &mut run);
    Ok(run)
}

/// Runs the scenario.
///
/// # Errors
/// Nobody got in, or it was interrupted before memory was read: nothing is measured then.
pub(crate) fn measure(plan: &IdlePlan, route: Route, watch: &Watch, live: Live) -> Result<Run, Failure> {
    let url = route.url();
    let connections = plan.connections as usize;
    let mut crowd = Crowd::new(route, plan.seat.clone(), plan.ack_every, live)?;
    let memory = || plan.server_pid.and_then(Memory::of);

    crowd.rest(plan.warmup)?;
    let before = memory();
    let began = crowd.now();
    crowd.gather(connections, plan.connect_rate)?;
    let gathered_in = crowd.now().since(began);
    if !interrupt::is_asked() && crowd.staying() == 0 && crowd.lost.count() == 0 {
        crowd.clear();
        return Err(Failure::TookNone { why: crowd.refused.most().map(str::to_owned) });
    }
    crowd.stay_until(crowd.now() + plan.warmup)?;
    if interrupt::is_asked() {
        crowd.clear();
        return Err(Failure::Interrupted);
    }
    let (held, held_memory) = (crowd.staying(), memory());
    let (look, began) = (watch.look(), crowd.now());
    crowd.stay_until(began + plan.duration)?;
    let measured = crowd.now().since(began);
    let outcome = Outcome {
        asked: connections,
        gathered_in,
        held,
        at_end: crowd.staying(),
        duration: plan.duration,
        measured,
        is_interrupted: interrupt::is_asked() && measured < plan.duration,
        before,
        with: held_memory,
        later: memory(),
        is_pid_given: plan.server_pid.is_some(),
        window: watch.look().since(&look, measured),
        handshake_ns: crowd.handshake_ns.clone(),
        join_ns: crowd.join_ns.clone(),
        refused: crowd.refused.clone(),
        lost: crowd.lost.clone(),
    };
    crowd.dismiss()?;
    crowd.clear();
    let mut run = Run::new("idle", url);
    outcome.fill(&mut run);
    Ok(run)
}

fn set_arguments(args: &Args, run: &mut Run) {
    run.argument("connections", &args.connections);
    run.argument("connect_rate", &args.connect_rate);
    run.argument("warmup", &cli::typed(args.warmup));
    run.argument("duration", &cli::typed(args.duration));
    if let Some(kind) = &args.join {
        run.argument("join", &kind);
        run.argument("room", &args.room);
        run.argument("ack_every", &cli::typed(args.ack_every));
    }
}
