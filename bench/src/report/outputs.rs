//! `Outputs`: the files a run may be written to, and the end of every run.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::run::Run;
use super::{json, table};

/// Where reports go. `-` is standard output, and the table then goes to standard error.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct Outputs {
    /// The whole report, with histograms: for compare, html and programs.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Percentiles of the main distribution as HdrHistogram's plotters read them.
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,

    /// HdrHistogram interval log: one histogram a second.
    #[arg(long, value_name = "FILE")]
    pub(crate) hlog: Option<PathBuf>,

    /// A page with pictures that needs no network.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// What this run is called where it is compared with others.
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
}

/// Ends a run: prints the table, writes the files, and says by the exit code whether the run was good (0), or not, or a
/// file could not be written (1).
pub(crate) fn finish(mut run: Run, outputs: &Outputs) -> ExitCode {
    run.label.clone_from(&outputs.label);
    // A reader that has gone, such as `head`, does not change the verdict.
    let _ = io::stdout().write_all(table::write(&run).as_bytes());
    let mut is_written = true;
    if let Some(path) = &outputs.json {
        is_written &= json::write(&run).map_err(io::Error::from).and_then(|text| write(path, &text)).is_ok();
    }
    if run.verdict.is_good() && is_written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
}
