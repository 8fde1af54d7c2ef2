//! Reports read back from files, to be shown or compared together.

use std::path::PathBuf;

use super::json::{self, NoReport};
use super::run::Run;
use super::unit::Unit;

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
    Unit { file: String, first: String, name: String, one: Unit, other: Unit },
}

/// Reads all of them.
///
/// # Errors
/// One is no report, or they are not of one scenario, or numbers of one name are of two units.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Run>, NoFiles> {
    let runs = files.iter().map(|file| json::read(file)).collect::<Result<Vec<Run>, NoReport>>()?;
    let name = |at: usize| files[at].display().to_string();
    for (at, run) in runs.iter().enumerate().skip(1) {
        let first = &runs[0];
        if run.scenario != first.scenario {
            let (one, other) = (first.scenario.clone(), run.scenario.clone());
            return Err(NoFiles::Scenario { first: name(0), one, second: name(at), other });
        }
        if let Some((what, one, other)) = differing_units(first, run) {
            return Err(NoFiles::Unit { file: name(at), first: name(0), name: what.to_owned(), one, other });
        }
    }
    Ok(runs)
}

/// The first distribution or figure of `run` that has another unit in `first`, with both units.
fn differing_units<'a>(first: &Run, run: &'a Run) -> Option<(&'a str, Unit, Unit)> {
    let distributions = run.distributions.iter().filter_map(|own| {
        let other = first.distribution(&own.name)?;
        Some((own.name.as_str(), other.unit, own.unit))
    });
    let figures = run.figures.iter().filter_map(|own| {
        let other = first.figures.iter().find(|figure| figure.name == own.name)?;
        Some((own.name.as_str(), other.unit, own.unit))
    });
    distributions.chain(figures).find(|(_, one, other)| one != other)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn numbers_of_one_name_and_two_units_do_not_go_together() {
        let first = sample::arena();
        assert_eq!(differing_units(&first, &first), None);
        let mut other = sample::arena();
        other.figures[1].unit = Unit::Bytes;
        let name = first.figures[1].name.as_str();
        assert_eq!(differing_units(&first, &other), Some((name, first.figures[1].unit, Unit::Bytes)));
        let mut other = sample::arena();
        other.distributions[1].unit = Unit::Bytes;
        assert_eq!(differing_units(&first, &other), Some(("service", Unit::Nanoseconds, Unit::Bytes)));
        // What the first does not have is compared with nothing.
        other.distributions[1].name = "another".into();
        assert_eq!(differing_units(&first, &other), None);
    }
}
