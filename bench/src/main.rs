//! `tickwire-bench`: load on a running server, and what came of it.
//!
//! One subcommand for each scenario. Exit code 0 when everything that was sent and received was as it should be and the
//! scenario's bounds held, 1 when not, 2 for wrong usage.

mod arena;
mod churn;
mod cli;
mod connection;
mod echo;
mod failure;
mod fanout;
#[cfg(target_os = "linux")]
mod floor;
mod idle;
mod interrupt;
mod limits;
mod load;
mod machine;
mod metrics;
mod over;
#[cfg(target_os = "linux")]
mod peers;
mod quantiles;
mod reasons;
mod report;
mod search;
mod slow;
mod slow_heads;
mod starve;
mod watch;
mod wire;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::failure::Failure;

fn main() -> ExitCode {
    match cli::Args::parse_from(cli::without_separator(std::env::args_os())).command {
        cli::Command::Echo(args) => report(|| echo::run(&args), &args.common.outputs),
        cli::Command::Fanout(args) => report(|| fanout::run(&args), &args.common.outputs),
        cli::Command::Arena(args) => report(|| arena::run(&args), &args.common.outputs),
        #[cfg(target_os = "linux")]
        cli::Command::Floor(args) => ended(floor::run(&args)),
        #[cfg(target_os = "linux")]
        cli::Command::Peers(args) => ended(peers::run(&args)),
        cli::Command::Churn(args) => report(|| churn::run(&args), &args.outputs),
        cli::Command::Idle(args) => report(|| idle::run(&args), &args.outputs),
        cli::Command::Search(args) => report(|| search::run(&args), &args.common().outputs),
        cli::Command::Slow(args) => report(|| slow::run(&args), &args.common().outputs),
        cli::Command::Starve(args) => report(|| starve::run(&args), &args.outputs),
        cli::Command::SlowHeads(args) => report(|| slow_heads::run(&args), &args.outputs),
        cli::Command::Html(args) => report::gallery::run(&args),
        cli::Command::Compare(args) => report::compare::run(&args),
    }
}

/// Runs a scenario that has a report, also of a run that is interrupted.
fn report(scenario: impl FnOnce() -> Result<report::Run, Failure>, outputs: &report::Outputs) -> ExitCode {
    let run = outputs
        .refuse_one_place()
        .and_then(|()| interrupt::catch().map_err(Failure::Io))
        .and_then(|()| scenario());
    run.map_or_else(|failure| told(&failure), |run| report::finish(run, outputs))
}

/// What has no report.
#[cfg(target_os = "linux")]
fn ended(run: Result<(), Failure>) -> ExitCode {
    run.map_or_else(|failure| told(&failure), |()| ExitCode::SUCCESS)
}

fn told(failure: &Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "tickwire-bench: {failure}");
    failure.exit_code().into()
}
