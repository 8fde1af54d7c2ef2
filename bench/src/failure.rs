//! `Failure`: why nothing was measured, in one line that says what to do.

use std::fmt;
use std::io;

use tickwire_client::ClientError;

use crate::machine::descriptors::TooFew;
use crate::metrics::NoMetrics;
#[cfg(target_os = "linux")]
use crate::peers::PeersError;

#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for cannot be: told as wrong usage.
    Usage(String),
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
    /// Some were refused, or never got ready.
    Join { ready: usize, connections: usize, why: Option<String>, limit_s: u64 },
    /// The user ended it before there was anything to report.
    Interrupted,
    /// The server took all connections: it has descriptors enough.
    NotStarved { connections: usize },
    /// The server took no connection at all.
    TookNone { why: Option<String> },
    /// A contestant cannot be had or started, or what was measured cannot be kept.
    #[cfg(target_os = "linux")]
    Peers(PeersError),
    /// A floor cannot listen there.
    Listen { address: String, error: io::Error },
    /// The generator's own poll or timer.
    Io(io::Error),
    /// A thread of the generator panicked; its message is on stderr.
    Panicked,
}

impl Failure {
    /// 2 for wrong usage, or else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(target_os = "linux")]
impl From<PeersError> for Failure {
    fn from(error: PeersError) -> Self {
        Self::Peers(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(why) => f.write_str(why),
            #[cfg(target_os = "linux")]
            Self::Peers(error) => error.fmt(f),
            Self::Unreachable(error) => error.fmt(f),
            Self::Descriptors(TooFew { needed, hard }) => write!(
                f,
                "this needs {needed} file descriptors and the hard limit is {hard}: raise it (ulimit -Hn), or take fewer connections"
            ),
            Self::Pin { core, error } => write!(f, "cannot pin a thread to core {core}: {error}"),
            Self::ServerPid(pid) => write!(f, "there is no process {pid} to read in /proc (--server-pid)"),
            Self::Metrics { path, error } => write!(f, "no metrics at {path}: {error}"),
            Self::Join { ready, connections, why: Some(why), .. } => {
                write!(f, "{ready} of {connections} connections got ready: {why}")
            }
            Self::Join { ready, connections, why: None, limit_s } => write!(
                f,
                "{ready} of {connections} connections got ready within {limit_s} s; is this the right kind of server?"
            ),
            Self::Interrupted => f.write_str("interrupted before anything was measured"),
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
