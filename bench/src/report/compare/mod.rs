//! `tickwire-bench compare`: what changed between runs, how far repeated runs lie apart, and whether it is too much.
//!
//! The first group is what the others are compared with. Of a group of repeated runs the median counts; beside it stands
//! the range of all of them, and a difference whose ranges overlap is marked as one that may be noise.

mod condition;
mod group;
mod judgement;
mod measure;
mod sheet;

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::ink::Ink;
use super::{files, outputs};
pub(crate) use condition::{Condition, Reading, Senseless, parse as parse_condition};
use judgement::Judgement;

const EXAMPLES: &str = "\
Examples:
  tickwire-bench compare before.json after.json
  tickwire-bench compare before.json after.json --fail-if 'p99>+10%' --fail-if 'cpu>+5%'
  tickwire-bench compare a1.json,a2.json,a3.json b1.json,b2.json,b3.json --fail-if 'service.p99.9>+200us'
  tickwire-bench compare run.json --fail-if 'p99>5ms'

Conditions:
  MEASURE OP BOUND, where OP is > >= < or <= and a BOUND with a sign is a change since the first group (+10%, -200us, +1),
  one without is a value (5ms, 300B, 0). MEASURE is mean, min, max, count or a percentile such as p99.9 of the main
  distribution, or of another one by its name (update_bytes.p99); or cpu, resident_memory, foreign_cpu; or the name of
  any other number of the report. Measures of a group are medians of its runs.

Exit code: 0 no condition holds; 1 one does, or cannot be told, or a run that is partial or invalid was to be judged;
2 wrong usage, or no report.";

/// What to compare.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compare {
    /// Reports that --json wrote, of one scenario. Those joined by commas are repeated runs of one thing; without commas,
    /// runs with the same label, arguments, URL, mode and revision are, unless all of them would be.
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<String>,

    /// Exit with 1 if this holds for any group but the first, such as 'p99>+10%'; may be given several times.
    #[arg(long, value_name = "CONDITION", value_parser = condition::parse)]
    fail_if: Vec<Condition>,
}

/// Prints the comparison and judges the conditions.
pub(crate) fn run(args: &Compare) -> ExitCode {
    let named = group::named(&args.reports, |path| path.exists());
    let paths: Vec<_> = named.iter().flatten().cloned().collect();
    let runs = match files::read(&paths) {
        Ok(runs) => runs,
        Err(error) => return refuse(&error),
    };
    let groups = group::of(&named, runs);
    let judgements = match judgement::judge(&args.fail_if, &groups) {
        Ok(judgements) => judgements,
        Err(error) => return refuse(&error),
    };
    let ink = Ink::of(&io::stdout());
    let text = sheet::write(&groups, ink) + &sheet::judged(&judgements, &groups, ink);
    // A reader that has gone does not change the verdict.
    let _ = io::stdout().write_all(text.as_bytes());
    let is_sound = judgements.is_empty() || groups.iter().all(group::Group::is_comparable);
    if is_sound && judgements.iter().all(Judgement::is_passed) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    outputs::complain(error);
    ExitCode::from(2)
}
