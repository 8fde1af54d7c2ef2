//! `tickwire-bench`: load on a running server, and what came of it.
//!
//! One subcommand so far: `arena`, players in a room. Exit code 0 when everything that was sent and received was as it
//! should be, 1 when not, 2 for wrong usage.

mod arena;
mod cli;
mod player;
mod report;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli::Args { command: cli::Command::Arena(args) } =
        cli::Args::parse_from(cli::without_separator(std::env::args_os()));
    match arena::run(&args) {
        Ok(report) => {
            print!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tickwire-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
