//! `Network`: what a thread of the generator needs of the world: connections, readiness and the time.
//!
//! The real one is TCP and the monotonic clock; tests put a simulated server and a clock that they set in its place, so
//! that everything above is the same in both.

use std::io::{self, Read, Write};

use mio::net::TcpStream;
use tickwire_netcode::time::Time;

use super::reactor::Reactor;
use super::route::Route;
use super::socket::{Over, Socket};
use super::sources::Sources;

pub(crate) trait Network {
    type Stream: Read + Write;

    fn now(&self) -> Time;

    /// Begins a connection whose readiness is told as `index`.
    fn connect(&mut self, index: usize) -> Result<Socket<Self::Stream>, Over>;

    /// Waits until connections are ready or `until` has come, and appends the indices of the ready ones.
    ///
    /// Readiness is told once: what is not read then is not told of again.
    fn wait(&mut self, until: Time, ready: &mut Vec<usize>) -> io::Result<()>;
}

/// TCP to one server.
pub(crate) struct Tcp {
    reactor: Reactor,
    route: Route,
    sources: Sources,
    /// Connections so far.
    begun: usize,
}

impl Tcp {
    pub(crate) fn new(reactor: Reactor, route: Route) -> Self {
        Self { reactor, route, sources: Sources::new(), begun: 0 }
    }
}

impl Network for Tcp {
    type Stream = TcpStream;

    fn now(&self) -> Time {
        self.reactor.now()
    }

    fn connect(&mut self, index: usize) -> Result<Socket, Over> {
        let stream = self.sources.connect(self.route.address)?;
        let mut socket = Socket::over(stream, &self.route.of(self.begun))?;
        self.begun += 1;
        self.reactor.register(socket.stream(), index)?;
        Ok(socket)
    }

    fn wait(&mut self, until: Time, ready: &mut Vec<usize>) -> io::Result<()> {
        self.reactor.wait(until, ready)
    }
}
