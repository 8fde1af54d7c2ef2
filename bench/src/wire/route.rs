//! `Route`: where the server is, once somebody has answered there.

use std::borrow::Cow;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tickwire_client::{BadUrl, ClientError, Target};

use super::sources::Sources;

/// How long the first connection may take.
const LIMIT: Duration = Duration::from_secs(5);

/// A server that takes connections.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) target: Target,
    /// The first of the host's addresses that answered.
    pub(crate) address: SocketAddr,
    /// Paths of a thread's connections, for servers that give each its own; the target's for those beyond them.
    pub(crate) paths: Arc<[String]>,
}

impl Route {
    /// As a report names it.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}{}", self.target.authority(), self.target.path)
    }

    /// Looks the host up and connects once, to find out before anything else whether there is a server.
    ///
    /// # Errors
    /// The host has no address, or nobody listens there.
    pub(crate) fn find(target: &Target) -> Result<Self, ClientError> {
        let refused = |error| ClientError::Connect { to: target.authority(), error };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (target.host.as_str(), target.port).to_socket_addrs().map_err(refused)? {
            match Sources::new().connect_within(address, LIMIT) {
                Ok(_) => return Ok(Self { target: target.clone(), address, paths: Arc::default() }),
                Err(error) => last = error,
            }
        }
        Err(refused(last))
    }

    /// The way of one connection, by how many its thread has begun before.
    pub(crate) fn of(&self, begun: usize) -> Cow<'_, Self> {
        match self.paths.get(begun) {
            None => Cow::Borrowed(self),
            Some(path) => {
                let target = Target { path: path.clone(), ..self.target.clone() };
                Cow::Owned(Self { target, ..self.clone() })
            }
        }
    }
}

/// A URL of the command line.
pub(crate) fn parse(text: &str) -> Result<Target, BadUrl> {
    text.parse()
}
