//! `Failure`: why nothing was measured, in one line that says what to do.

use std::fmt;
use std::io;

use tickwire_client::ClientError;

use crate::machine::descriptors::TooFew;
use crate::metrics::NoMetrics;

#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody answers there.
    Unreachable(ClientError),
    /// The hard limit of descriptors is too low.
    Descriptors(TooFew),
    /// A thread cannot be pinned to this core.
    Pin { core: usize, error: io::Error },
    /// There is no such process.
    ServerPid(u32),
    /// Metrics were asked for by name and do not come.
    Metrics { path: String, error: NoMetrics },
    /// Some did not get into the room.
    Join { playing: usize, players: usize, why: Option<String>, limit_s: u64 },
    /// The server took all connections: it has descriptors enough.
    NotStarved { connections: usize },
    /// The server took no connection at all.
    TookNone { why: Option<String> },
    /// A floor cannot listen there.
    Listen { address: String, error: io::Error },
    /// The generator's own poll or timer.
    Io(io::Error),
    /// A thread of the generator panicked; its message is on stderr.
    Panicked,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => error.fmt(f),
            Self::Descriptors(TooFew { needed, hard }) => write!(
                f,
                "this needs {needed} file descriptors and the hard limit is {hard}: raise it (ulimit -Hn), or take fewer connections"
            ),
            Self::Pin { core, error } => write!(f, "cannot pin a thread to core {core}: {error}"),
            Self::ServerPid(pid) => write!(f, "there is no process {pid} to read in /proc (--server-pid)"),
            Self::Metrics { path, error } => write!(f, "no metrics at {path}: {error}"),
            Self::Join { playing, players, why: Some(why), .. } => {
                write!(f, "{playing} of {players} players joined: {why}")
            }
            Self::Join { playing, players, why: None, limit_s } => {
                write!(
                    f,
                    "{playing} of {players} players joined within {limit_s} s; is this a server of the arena?"
                )
            }
            Self::NotStarved { connections } => write!(
                f,
                "the server took all {connections} connections: start it with few descriptors (prlimit --nofile=256 ...)"
            ),
            Self::TookNone { why: Some(why) } => write!(f, "the server upgraded no connection: {why}"),
            Self::TookNone { why: None } => {
                f.write_str("the server upgraded no connection; is this a WebSocket server?")
            }
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::Io(error) => write!(f, "the generator cannot go on: {error}"),
            Self::Panicked => f.write_str("a thread of the generator panicked"),
        }
    }
}
