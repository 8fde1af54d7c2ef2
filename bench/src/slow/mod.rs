//! Connections that read too slowly, beside healthy ones: the scenario `slow`. How old is what the slow ones see, and do
//! the others notice?
//!
//! Two windows of the same length with the same connections: in the first one all read at once what there is, in the
//! second one some do not.

mod outcome;
mod split;
mod valve;

use std::time::Duration;

use clap::Subcommand;

use crate::arena::{self, Arena, ArenaPlan};
use crate::cli::{self, hidden};
use crate::failure::Failure;
use crate::fanout::{self, Fanout, FanoutPlan};
use crate::load::{self, Live, Plan};
use crate::machine::monotonic;
use crate::over::Over;
use crate::report::Run;
use crate::watch::Watch;
use outcome::{Both, Seen};
use split::{Slow, Split};
use valve::Slowness;

/// Between the windows: the server sees the first players off.
const REST: Duration = Duration::from_secs(1);

const ARENA_EXAMPLES: [&str; 2] = [
    "  cargo netbench slow arena --players 100 --share 0.1 --read-bytes-per-s 20000 --server-pid \"$(pgrep -n game-demo)\"",
    "  cargo netbench slow arena --players 100 --share 0.2 --stalled --duration 20s",
];
const FANOUT_EXAMPLE: &str =
    "  cargo netbench slow fanout --url ws://127.0.0.1:9002/ --stamp-offset 0 --share 0.1 --stalled";

fn examples(lines: &[&str]) -> String {
    format!("Examples:\n{}", lines.join("\n"))
}

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = examples(&[ARENA_EXAMPLES[0], ARENA_EXAMPLES[1], FANOUT_EXAMPLE]))]
pub(crate) struct Args {
    #[command(subcommand)]
    of: Of,
}

#[derive(Subcommand, Clone, Debug)]
enum Of {
    /// Players in a room, by the age of the state that they have.
    #[command(after_help = examples(&ARENA_EXAMPLES), mut_arg("stages", hidden))]
    Arena(Over<Manner, arena::Args>),
    /// Frames of a server that broadcasts, by the moment in each (--stamp-offset).
    #[command(after_help = examples(&[FANOUT_EXAMPLE]), mut_arg("stages", hidden))]
    Fanout(Over<Manner, fanout::Args>),
}

#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Slow ones")]
struct Manner {
    /// Share of the connections that are slow, above 0 and below 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, allow_negative_numbers = true, value_parser = share)]
    share: f64,

    /// Bytes that each of them reads in a second.
    #[arg(long, value_name = "N", default_value_t = 10_000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    read_bytes_per_s: u32,

    /// They read nothing at all once they are in.
    #[arg(long, conflicts_with = "read_bytes_per_s")]
    stalled: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().unwrap_or(f64::NAN);
    let is_some = share > 0.0 && share < 1.0;
    if is_some { Ok(share) } else { Err("write a share above 0 and below 1, such as 0.1".to_owned()) }
}

impl Manner {
    fn slow(&self) -> Slow {
        let slowness = if self.stalled { Slowness::Stalled } else { Slowness::Rate(self.read_bytes_per_s) };
        Slow { share: self.share, slowness }
    }

    fn tell(&self, run: &mut Run) {
        run.argument("share", &self.share);
        if self.stalled {
            run.argument("stalled", &true);
        } else {
            run.argument("read_bytes_per_s", &self.read_bytes_per_s);
        }
    }
}

impl Args {
    pub(crate) fn common(&self) -> &cli::Common {
        match &self.of {
            Of::Arena(of) => &of.scenario.common,
            Of::Fanout(of) => &of.scenario.common,
        }
    }
}

/// Runs the scenario.
///
/// # Errors
/// There is no such server, not all got in, frames carry no moment, or it was interrupted before there were two windows
/// to compare: nothing is told then.
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    let common = args.common();
    if common.stages.is_some() {
        return Err(Failure::Usage("slow compares two windows of one load: leave --stages out".to_owned()));
    }
    let manner = match &args.of {
        Of::Arena(of) => &of.own,
        Of::Fanout(of) => &of.own,
    };
    let slow = manner.slow();
    if !(0..common.connections()).any(|number| slow.is(number)) {
        let (share, connections) = (manner.share, common.connections());
        return Err(Failure::Usage(format!("a share of {share} of {connections} connections is nobody")));
    }
    if let Of::Fanout(of) = &args.of {
        of.scenario.refuse_ignored()?;
    }
    let plan = Plan::new(common)?;
    let watch = common.server.watch(&plan.route)?;
    let mut run = match &args.of {
        Of::Arena(of) => {
            let arena = ArenaPlan::from(&of.scenario.room);
            let both = measure(&plan, &watch, slow, || Arena::new(arena.clone(), plan.seed))?;
            let mut run = both.report(&plan, "slow arena");
            run.argument("kind", &arena.kind);
            run.argument("room", &arena.room);
            run.argument("decode", &arena.decode);
            run
        }
        Of::Fanout(of) => {
            let fanout = FanoutPlan::new(&of.scenario);
            if fanout.stamp_offset.is_none() || monotonic::now_ns().is_none() {
                let why = "the age of frames needs --stamp-offset, and the monotonic clock of Linux";
                return Err(Failure::Usage(why.to_owned()));
            }
            let both = measure(&plan, &watch, slow, || Fanout::new(fanout, plan.seed, monotonic::now_ns))?;
            let mut run = both.report(&plan, "slow fanout");
            if let Some(rate) = fanout.input_rate {
                run.argument("input_rate", &rate);
                run.argument("input_bytes", &fanout.input_bytes);
            }
            run
        }
    };
    manner.tell(&mut run);
    Ok(run)
}

/// Both windows.
fn measure<S: Seen>(
    plan: &Plan,
    watch: &Watch,
    slow: Slow,
    make: impl Fn() -> S + Copy,
) -> Result<Both<S>, Failure>
where
    S::Client: Send,
{
    let mut live = Live::stderr();
    let without = load::run(plan, watch, &mut live, |_| Split::new(None, make))?;
    std::thread::park_timeout(REST);
    let with = load::run(plan, watch, &mut live, |_| Split::new(Some(slow), make))?;
    Ok(Both { without, with })
}
