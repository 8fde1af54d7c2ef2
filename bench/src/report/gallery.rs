//! `tickwire-bench html`: reports that were written before, laid over each other on one page.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{files, html, outputs};

const EXAMPLES: &str = "\
Examples:
  tickwire-bench html run.json -o run.html
  tickwire-bench html before.json after.json -o both.html";

/// What to lay over each other.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Gallery {
    /// Reports that --json wrote, of one scenario; the first is what the others are compared with.
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,

    /// Where the page goes; - for standard output.
    #[arg(short, long, value_name = "FILE", value_parser = outputs::place)]
    output: PathBuf,
}

/// Writes the page. Exit code 0, 1 if it cannot be written, 2 if the reports cannot be read.
pub(crate) fn run(args: &Gallery) -> ExitCode {
    match files::read(&args.reports) {
        Ok(runs) if outputs::write(&args.output, Ok(html::write(&runs))) => {
            outputs::tell_written([&args.output].into_iter());
            ExitCode::SUCCESS
        }
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            outputs::complain(&error);
            ExitCode::from(2)
        }
    }
}
