//! `Route`: where the server is, once somebody has answered there.

use std::borrow::Cow;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tickwire_client::{BadUrl, ClientError, Clock, Target};
use tickwire_netcode::time::Time;

use super::patience::{self, Patience};
use super::sources::Sources;
use crate::failure::Failure;
use crate::interrupt;

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

    /// As [`Route::find`], before anything else of a run: a server that was started together with this program is waited
    /// for, at most [`patience::LIMIT`].
    ///
    /// # Errors
    /// As [`Route::find`], or the run is to end.
    pub(crate) fn wait_for(target: &Target) -> Result<Self, Failure> {
        let clock = Clock::new();
        let waiting = || eprintln!("waiting for {} ...", target.authority());
        Self::found_by(Patience::new(clock.now()), target, || clock.now(), std::thread::park_timeout, waiting)
    }

    fn found_by(
        mut patience: Patience,
        target: &Target,
        now: impl Fn() -> Time,
        rest: impl Fn(Duration),
        say: impl Fn(),
    ) -> Result<Self, Failure> {
        loop {
            let error = match Self::find(target) {
                Ok(route) => return Ok(route),
                Err(error) => error,
            };
            if interrupt::is_asked() {
                return Err(Failure::Interrupted);
            }
            match patience.after(now(), &error) {
                patience::Next::GiveUp => return Err(Failure::Unreachable(error)),
                patience::Next::Again { is_told } => {
                    if is_told {
                        say();
                    }
                    rest(patience::REST);
                }
            }
        }
    }

    /// Looks the host up and connects once, to find out whether there is a server.
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::Ipv4Addr;

    use socket2::{Domain, Protocol, SockAddr, Socket, Type};

    use super::*;

    /// A port of one's own on which nobody listens yet.
    fn reserved() -> (Socket, Target) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
        socket.bind(&SockAddr::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).expect("a free port");
        let address = socket.local_addr().expect("it is bound").as_socket().expect("an address");
        (socket, format!("ws://{address}/").parse().expect("a URL"))
    }

    /// Looks for a server on a clock that only a rest moves; it begins to listen in the rest of that number.
    fn look(listens_in: Option<u32>) -> (Result<Route, Failure>, u32, u32) {
        let (socket, target) = reserved();
        let (rests, said) = (Cell::new(0), Cell::new(0));
        let rest = |_| {
            rests.set(rests.get() + 1);
            if listens_in == Some(rests.get()) {
                socket.listen(1).expect("a listener");
            }
        };
        let now = || Time::default() + patience::REST * rests.get();
        let say = || said.set(said.get() + 1);
        let found = Route::found_by(Patience::new(Time::default()), &target, now, rest, say);
        (found, rests.get(), said.get())
    }

    #[test]
    fn a_server_that_begins_to_listen_late_is_found() {
        let steps =
            |time: Duration| u32::try_from(time.as_millis() / patience::REST.as_millis()).expect("few");
        for (listens_in, told) in [
            (1, 0),
            (steps(patience::SILENCE), 0),
            (steps(patience::SILENCE) + 1, 1),
            (steps(patience::LIMIT), 1),
        ] {
            let (found, rests, said) = look(Some(listens_in));
            assert!(found.is_ok(), "{listens_in}: {found:?}");
            assert_eq!((rests, said), (listens_in, told), "{listens_in}");
        }
        let (found, rests, said) = look(None);
        assert!(matches!(found, Err(Failure::Unreachable(_))), "{found:?}");
        assert_eq!((rests, said), (steps(patience::LIMIT), 1));
    }
}
