//! `PeersError`: why `peers` cannot go on, by who has to do something about it.

use std::io;
use std::path::PathBuf;

use super::child::NoStart;
use super::samples::BadSamples;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PeersError {
    #[error("{} is no checkout of Tickwire: say where there is one (--repository)", .0.display())]
    NoCheckout(PathBuf),
    /// A program that is needed to have a contestant; its own words are on stderr.
    #[error("{what} failed: {why}")]
    NotBuilt { what: &'static str, why: NotBuilt },
    #[error("{name} does not start: {why}")]
    NotStarted { name: String, why: NoStart },
    /// Its first line, which may be anything.
    #[error("Colyseus gives no seat: {}", .0.escape_debug())]
    NoSeat(String),
    #[error("cannot write {}: {error}", path.display())]
    NotWritten { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Samples(#[from] BadSamples),
}

/// Why something was not built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotBuilt {
    #[error("see what {0} says above; without a network nothing is fetched")]
    Unsuccessful(&'static str),
    #[error("{0} is not installed, or not in PATH")]
    NotInstalled(&'static str),
    #[error(transparent)]
    Io(io::Error),
}
