//! `Transport`: what the loop's logic needs of a byte stream, so that tests drive it without sockets.

use std::io::{self, Read, Write};
use std::net::Shutdown;

/// Whether readiness returns after a short read or write without a would-block: true for epoll and kqueue. Elsewhere
/// an edge is armed again only by a call that would block.
pub(crate) const SHORT_CALL_REARMS: bool = cfg!(unix);

/// A nonblocking, ordered byte stream.
pub trait Transport: Read + Write {
    /// Ends the sending direction: the peer sees the end of the stream after the last byte.
    ///
    /// # Errors
    /// What the operating system says, for example that the peer has reset the connection.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

impl Transport for mio::net::TcpStream {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
