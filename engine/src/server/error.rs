//! The errors of starting and running a server, each saying what to do.
//!
//! [`ConfigError`] is the developer's or the operator's to mend and comes before any thread has started; [`ServeError`] adds
//! what the operating system can refuse afterwards.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tickwire_netcode::schema::SchemaError;

use crate::net::listener::ListenError;

/// A configuration that cannot be served. No thread has been started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The server has no room kind.
    #[error("the server has no room: call `.room(\"name\", MyGame::new)` before `.listen(..)`")]
    NoRoom,
    /// A kind's name is empty, too long or has other characters than letters, digits, `-`, `_` and `.`.
    #[error("room kind {kind:?} is not a name: use 1 to 32 bytes of letters, digits, `-`, `_` and `.`")]
    KindName {
        /// The name as given.
        kind: String,
    },
    /// Two rooms were given the same kind.
    #[error("room kind {kind:?} is declared twice: give each `.room(..)` its own name")]
    KindTwice {
        /// The name as given.
        kind: String,
    },
    /// The game's classes, input, events or commands cannot be described to clients.
    #[error("room kind {kind:?}: {source}")]
    Schema {
        /// The room kind.
        kind: String,
        /// Which class and field, and what to change.
        source: SchemaError,
    },
    /// The encoded schema is longer than clients accept.
    #[error(
        "room kind {kind:?}: its schema takes {bytes} bytes, {max} are allowed: use fewer classes or shorter names"
    )]
    SchemaSize {
        /// The room kind.
        kind: String,
        /// Encoded size in bytes.
        bytes: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// A number is outside its range.
    #[error("{name} is {value}: use 1 to {max}")]
    Range {
        /// The builder method.
        name: &'static str,
        /// The value as given.
        value: usize,
        /// The greatest value allowed.
        max: usize,
    },
    /// An allowed origin is not one.
    #[error(
        "origin {origin:?} is none: write scheme and host as a browser sends them, like \"https://play.example.com\""
    )]
    Origin {
        /// The origin as given.
        origin: String,
    },
    /// The directory of the page cannot be read, or has no index.html.
    #[error("page directory {path:?} cannot be served ({source}): give a directory that holds an index.html")]
    Page {
        /// The directory, absolute.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Why a server did not run, or stopped with an error.
///
/// Its `Debug` is its `Display`: a `main` that returns it prints what to do and not the names of variants.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration, before any thread was started.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The operating system refused something a server needs: a thread, an event queue, a signal handler.
    #[error("the operating system refused what a server needs: {0}")]
    Io(#[from] io::Error),
}

impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
