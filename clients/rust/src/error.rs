//! [`ClientError`]: why a client cannot go on, by who has to act.

use std::{fmt, io};

use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::session::InputRefused;
use tickwire_netcode::ws::handshake::{ResponseError, TargetError};

use crate::target::BadUrl;

/// What went wrong. A connection that the server closed is no error: see [`Event::Closed`](crate::Event::Closed).
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL is no address of a server.
    Url(BadUrl),
    /// The host or path of the URL cannot stand in a request.
    Target(TargetError),
    /// A kind, room or name of [`Options`](crate::Options) is longer than the protocol allows.
    TooLong {
        /// Which one.
        what: &'static str,
        /// Bytes at most.
        max: usize,
    },
    /// The host has no address, or nobody listens there.
    Connect {
        /// `HOST:PORT`.
        to: String,
        /// What the system said.
        error: io::Error,
    },
    /// The server answered the upgrade, but not with a WebSocket: a wrong path, or no game server.
    Upgrade(ResponseError),
    /// The connection broke.
    Io(io::Error),
    /// The server broke the protocol, or speaks another version; the connection was closed with its code.
    Protocol(ProtocolError),
    /// A type of the caller is not what the server's schema says.
    Schema {
        /// Name of the record.
        record: String,
        /// What does not fit.
        problem: SchemaProblem,
    },
    /// An input or command was not taken.
    Refused(InputRefused),
}

/// What does not fit between a type and the server's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaProblem {
    /// There is no schema before the join.
    NotJoined,
    /// The schema has no such record.
    Missing,
    /// The record has other fields, ranges or flags.
    Different,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Target(error) => error.fmt(f),
            Self::TooLong { what, max } => write!(f, "{what} is longer than {max} bytes"),
            Self::Connect { to, error } => {
                write!(f, "cannot connect to {to}: {error}; is the server running?")
            }
            Self::Upgrade(error) => write!(f, "no WebSocket at this address: {error}"),
            Self::Io(error) => write!(f, "the connection broke: {error}"),
            Self::Protocol(error) => write!(f, "the server broke the protocol: {error}"),
            Self::Schema { record, problem: SchemaProblem::NotJoined } => {
                write!(f, "{record}: the schema is known after the join")
            }
            Self::Schema { record, problem: SchemaProblem::Missing } => {
                write!(f, "the server has no {record}")
            }
            Self::Schema { record, problem: SchemaProblem::Different } => {
                write!(f, "the server's {record} has other fields than this program's")
            }
            Self::Refused(refused) => write!(f, "not taken: {refused:?}"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Target(error) => Some(error),
            Self::Connect { error, .. } | Self::Io(error) => Some(error),
            Self::Upgrade(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::TooLong { .. } | Self::Schema { .. } | Self::Refused(_) => None,
        }
    }
}

impl From<BadUrl> for ClientError {
    fn from(error: BadUrl) -> Self {
        Self::Url(error)
    }
}

impl From<InputRefused> for ClientError {
    fn from(refused: InputRefused) -> Self {
        Self::Refused(refused)
    }
}
