//! `Backlog`: what the acceptor needs of a listening socket, so that tests drive it without one.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::{TcpListener, TcpStream};

/// A source of connections.
pub(crate) trait Backlog {
    type Socket;
    /// A descriptor that is held for nothing but to be given up.
    type Reserve;

    /// Takes one connection.
    fn accept(&mut self) -> io::Result<(Self::Socket, SocketAddr)>;

    fn reserve(&mut self) -> io::Result<Self::Reserve>;

    /// Answers with `response` and closes; what does not go out at once does not go out.
    fn turn_away(&mut self, socket: Self::Socket, response: &[u8]);
}

impl Backlog for TcpListener {
    type Socket = TcpStream;
    type Reserve = File;

    fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self)?;
        // Fails only when the connection is gone already: of no more interest than one that was gone before.
        stream.set_nodelay(true).map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        Ok((stream, peer))
    }

    fn reserve(&mut self) -> io::Result<File> {
        File::open(if cfg!(windows) { "NUL" } else { "/dev/null" })
    }

    fn turn_away(&mut self, mut socket: TcpStream, response: &[u8]) {
        let _ = socket.write(response);
        let _ = socket.shutdown(Shutdown::Write);
        // A request that stays unread would turn the close into a reset, which may overtake the answer.
        let _ = socket.read(&mut [0; 2048]);
    }
}
