//! Reports read back from files, to be shown or compared together.

use std::path::PathBuf;

use super::json::{self, NoReport};
use super::run::Run;

/// Why files cannot be taken together. Each is one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoFiles {
    #[error(transparent)]
    NoReport(#[from] NoReport),
    #[error(
        "{first} is a run of {one} and {second} one of {other}: only runs of the same scenario go together"
    )]
    Scenario { first: String, one: String, second: String, other: String },
    #[error("{file}: {name} counts {other:?} and in {first} it counts {one:?}: they cannot go together")]
    Unit { file: String, first: String, name: String, one: super::Unit, other: super::Unit },
}

/// Reads all of them.
///
/// # Errors
/// One is no report, or they are not of one scenario, or a distribution of one name is of two units.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Run>, NoFiles> {
    let runs = files.iter().map(|file| json::read(file)).collect::<Result<Vec<Run>, NoReport>>()?;
    let name = |at: usize| files[at].display().to_string();
    for (at, run) in runs.iter().enumerate().skip(1) {
        let first = &runs[0];
        if run.scenario != first.scenario {
            let (one, other) = (first.scenario.clone(), run.scenario.clone());
            return Err(NoFiles::Scenario { first: name(0), one, second: name(at), other });
        }
        for distribution in &run.distributions {
            let differs =
                first.distribution(&distribution.name).filter(|other| other.unit != distribution.unit);
            if let Some(other) = differs {
                let (one, other, distribution) = (other.unit, distribution.unit, distribution.name.clone());
                return Err(NoFiles::Unit { file: name(at), first: name(0), name: distribution, one, other });
            }
        }
    }
    Ok(runs)
}
