//! The highest load that still holds an objective: the scenario `search`, over another scenario's measurement.
//!
//! Every probe is a run of its own, with its own connections, warm-up and window, and is printed. What ends a search
//! besides its result is said: the generator's own limit, or the end of the server.

mod climb;
mod ladder;

use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use crate::arena::{self, ArenaPlan};
use crate::cli::{self, hidden};
use crate::echo::{self, EchoPlan};
use crate::failure::Failure;
use crate::fanout::{self, FanoutPlan};
use crate::interrupt;
use crate::load::stages::CONNECTIONS_MAX;
use crate::load::{Live, Plan};
use crate::over::Over;
use crate::report::Run;
use crate::report::compare::{Condition, parse_condition};
use climb::{Climb, Probe};
use ladder::Bounds;

/// Where a search for a rate begins if nothing else is said.
const RATE_FIRST: f64 = 10.0;

const CONDITIONS: &str = "\
A condition is MEASURE OP VALUE as in compare --fail-if: p99<50ms, age.p99<40ms, overruns<1, cpu<20us.";

const ARENA_EXAMPLE: &str = "  cargo netbench search arena --objective 'p99<50ms' --connections 50 --duration 10s --server-pid \"$(pgrep -n game-demo)\"";
const ECHO_EXAMPLE: &str = "  cargo netbench search echo --url ws://127.0.0.1:9001/ --vary rate --connections 100 --objective 'p99<2ms'";
const FANOUT_EXAMPLE: &str = "  cargo netbench search fanout --url ws://127.0.0.1:9002/ --stamp-offset 0 --objective 'p99<5ms' --objective 'skew.p99<5ms'";

fn examples(lines: &[&str]) -> String {
    format!("Examples:\n{}\n\n{CONDITIONS}", lines.join("\n"))
}

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = examples(&[ARENA_EXAMPLE, ECHO_EXAMPLE, FANOUT_EXAMPLE]))]
pub(crate) struct Args {
    #[command(subcommand)]
    of: Of,
}

#[derive(Subcommand, Clone, Debug)]
enum Of {
    /// How many players.
    #[command(after_help = examples(&[ARENA_EXAMPLE]), mut_arg("stages", hidden), mut_arg("vary", hidden))]
    Arena(Over<Goal, arena::Args>),
    /// How many connections, or how many messages of each.
    #[command(after_help = examples(&[ECHO_EXAMPLE]), mut_arg("stages", hidden))]
    Echo(Over<Goal, echo::Args>),
    /// How many connections, or how many inputs of each.
    #[command(after_help = examples(&[FANOUT_EXAMPLE]), mut_arg("stages", hidden))]
    Fanout(Over<Goal, fanout::Args>),
}

/// What is varied.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Vary {
    Connections,
    /// Of each connection.
    Rate,
}

#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Search")]
struct Goal {
    /// What has to hold: a measure, < <= > or >=, and a value, such as 'p99<50ms'. All of them if there are several. Quote it.
    #[arg(long, value_name = "CONDITION", required = true, value_parser = objective)]
    objective: Vec<Condition>,

    /// What is raised: connections, or the rate of each. The first probe is with --connections or --rate as given.
    #[arg(long, value_enum, default_value_t = Vary::Connections, hide_possible_values = true)]
    vary: Vary,

    /// Highest load that is tried.
    #[arg(long, value_name = "N", default_value_t = 5000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    max: u32,

    /// The search ends when what holds and what fails are this close.
    #[arg(long, value_name = "PERCENT", default_value_t = 5, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=100))]
    precision: u32,

    /// How often a probe that fails is tried again before it counts: machines are disturbed now and then.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=10))]
    again: u32,

    /// Pause between probes.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "1s", value_parser = cli::duration)]
    rest: Duration,
}

fn objective(text: &str) -> Result<Condition, String> {
    let condition = parse_condition(text).map_err(|error| error.to_string())?;
    let change = "an objective is a value, not a change: write it without a sign, such as p99<50ms";
    condition.into_objective().ok_or_else(|| change.to_owned())
}

impl Goal {
    fn word(&self, players: bool) -> &'static str {
        match self.vary {
            Vary::Connections if players => "players",
            Vary::Connections => "connections",
            Vary::Rate => "a second on each connection",
        }
    }

    /// The first load.
    fn start(&self, common: &cli::Common, rate: Option<f64>) -> u32 {
        match self.vary {
            Vary::Connections => common.connections(),
            Vary::Rate => rate.unwrap_or(RATE_FIRST).round().clamp(1.0, f64::from(u32::MAX)) as u32,
        }
    }

    /// The plan with as many connections as a probe wants, and the rate that it wants.
    fn apply(&self, plan: &Plan, load: u32, rate: Option<f64>) -> (Plan, Option<f64>) {
        match self.vary {
            Vary::Connections => (Plan { connections: load, ..plan.clone() }, rate),
            Vary::Rate => (plan.clone(), Some(f64::from(load))),
        }
    }

    fn bounds(&self, start: u32) -> Bounds {
        Bounds { start, most: self.max, precision_percent: self.precision }
    }
}

impl Args {
    pub(crate) fn common(&self) -> &cli::Common {
        match &self.of {
            Of::Arena(of) => &of.scenario.common,
            Of::Echo(of) => &of.scenario.common,
            Of::Fanout(of) => &of.scenario.common,
        }
    }
}

/// Runs the search.
///
/// # Errors
/// There is no such server, the first probe could not be made, or an objective means nothing here.
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    let common = args.common();
    if common.stages.is_some() {
        return Err(Failure::Usage("a search sets the load itself: leave --stages out".to_owned()));
    }
    if let Of::Fanout(of) = &args.of
        && of.own.vary != Vary::Rate
    {
        of.scenario.refuse_ignored()?;
    }
    let plan = Plan::new(common)?;
    let watch = common.server.watch(&plan.route)?;
    let mut live = Live::stderr();
    match &args.of {
        Of::Arena(of) => {
            if of.own.vary == Vary::Rate {
                let why = "players give an input per tick: --vary rate is for echo and fanout";
                return Err(Failure::Usage(why.to_owned()));
            }
            let arena = ArenaPlan::from(&of.scenario.room);
            let probe = |load| {
                let (plan, _) = of.own.apply(&plan, load, None);
                arena::measure(&plan, &arena, &watch, &mut live)
            };
            climb(&of.own, of.own.start(common, None), "arena", &plan, probe)
        }
        Of::Echo(of) => {
            let echo = EchoPlan::new(&of.scenario);
            let probe = |load| {
                let (plan, rate) = of.own.apply(&plan, load, echo.rate);
                echo::measure(&plan, &EchoPlan { rate, ..echo }, &watch, &mut live)
            };
            climb(&of.own, of.own.start(common, of.scenario.rate), "echo", &plan, probe)
        }
        Of::Fanout(of) => {
            let fanout = FanoutPlan::new(&of.scenario);
            let probe = |load| {
                let (plan, input_rate) = of.own.apply(&plan, load, fanout.input_rate);
                fanout::measure(&plan, &FanoutPlan { input_rate, ..fanout }, &watch, &mut live)
            };
            climb(&of.own, of.own.start(common, of.scenario.input_rate), "fanout", &plan, probe)
        }
    }
}

fn climb(
    goal: &Goal,
    start: u32,
    scenario: &str,
    plan: &Plan,
    probe: impl FnMut(u32) -> Result<Run, Failure>,
) -> Result<Run, Failure> {
    let word = goal.word(scenario == "arena");
    let target = &plan.route.target;
    let climb = Climb {
        objectives: &goal.objective,
        bounds: goal.bounds(start),
        again: goal.again,
        word,
        is_there: &|| crate::wire::route::Route::find(target).is_ok(),
        is_interrupted: &interrupt::is_asked,
        rest: &|| interrupt::rest(goal.rest),
        say: &|probe: &Probe| eprintln!("{probe}"),
    };
    let mut run = climb.run(probe)?.report(scenario, &plan.route.url());
    run.argument("vary", &if goal.vary == Vary::Rate { "rate" } else { "connections" });
    run.argument("max", &goal.max);
    run.argument("precision", &goal.precision);
    let objectives: Vec<String> = goal.objective.iter().map(ToString::to_string).collect();
    run.argument("objective", &objectives.join(" and "));
    Ok(run)
}
