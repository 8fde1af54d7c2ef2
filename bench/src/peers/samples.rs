//! The file of samples: JSON lines, one when a run begins and one for each window as soon as it was measured.
//!
//! A run that is interrupted loses the window that was under way and nothing else, and tables can be made again, of one
//! run or of several, without measuring. A file is only ever appended to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::error::PeersError;
use super::measure::Sample;
use super::measured::{Measured, SCHEMA_VERSION, Setting};

/// How every line begins.
const LINE_BEGINS: &str = "{\"record\":\"";

/// A line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    Run(Box<Setting>),
    Window { cell: Cell, sample: Box<Sample> },
}

/// Why a file is none of samples.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSamples {
    #[error("cannot read {}: {error}", path.display())]
    Unread { path: PathBuf, error: io::Error },
    #[error("{}, line {line}: this was not written by peers --samples: {error}", path.display())]
    Line { path: PathBuf, line: usize, error: serde_json::Error },
    #[error("{}, line {line}: written by another version of this program", path.display())]
    Version { path: PathBuf, line: usize },
    #[error("{}, line {line}: a window before its run", path.display())]
    NoRun { path: PathBuf, line: usize },
}

/// Adds what a file has to `measured`, of the windows that are wanted.
///
/// # Errors
/// There is no such file, or it is another one.
pub(super) fn read(
    path: &Path,
    measured: &mut Measured,
    wants: impl Fn(&Cell, &str) -> bool,
) -> Result<(), PeersError> {
    for record in records(path, &text(path)?)? {
        match record {
            Record::Run(setting) => measured.begin(*setting),
            Record::Window { cell, sample } if wants(&cell, &sample.contestant) => {
                measured.add(cell, *sample);
            }
            Record::Window { .. } => {}
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, BadSamples> {
    fs::read_to_string(path).map_err(|error| BadSamples::Unread { path: path.to_owned(), error })
}

/// Of all whole lines: who is killed may leave half of one.
fn records(path: &Path, text: &str) -> Result<Vec<Record>, BadSamples> {
    let path = || path.to_owned();
    let read = |(index, text)| {
        let line = index + 1;
        match serde_json::from_str(text) {
            Err(error) => Err(BadSamples::Line { path: path(), line, error }),
            Ok(Record::Run(setting)) if setting.schema_version != SCHEMA_VERSION => {
                Err(BadSamples::Version { path: path(), line })
            }
            Ok(Record::Window { .. }) if index == 0 => Err(BadSamples::NoRun { path: path(), line }),
            Ok(record) => Ok(record),
        }
    };
    let whole = &text[..whole_bytes(text)];
    whole.lines().enumerate().map(read).collect()
}

/// Bytes up to the end of the last whole line. One that does not begin as ours do is taken for whole, and is refused.
fn whole_bytes(text: &str) -> usize {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[end..];
    if rest.starts_with(LINE_BEGINS) || LINE_BEGINS.starts_with(rest) { end } else { text.len() }
}

/// A file that is open for more.
pub(super) struct SamplesFile {
    path: PathBuf,
    file: File,
}

impl SamplesFile {
    /// Opens it, makes it if there is none, and cuts half a line off its end.
    ///
    /// # Errors
    /// It cannot be opened, or is another file: nothing of that is touched.
    pub(super) fn append_to(path: &Path) -> Result<Self, PeersError> {
        let text = if path.exists() { text(path)? } else { String::new() };
        records(path, &text)?;
        let failed = |error| PeersError::NotWritten { path: path.to_owned(), error };
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.set_len(whole_bytes(&text) as u64).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// # Errors
    /// The disk is full, or gone.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), PeersError> {
        let line = serde_json::to_string(record).map_err(io::Error::from);
        let written = line.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|error| PeersError::NotWritten { path: self.path.clone(), error })
    }
}
