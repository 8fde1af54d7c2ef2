//! `Transport`: what the loop's logic needs of a byte stream, so that tests drive it without sockets.

use std::io::{self, IoSlice, Read, Write};
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

    /// [`read`](Read::read) by the cheapest call there is.
    ///
    /// # Errors
    /// Those of `read`.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }

    /// [`write`](Write::write) by the cheapest call there is.
    ///
    /// # Errors
    /// Those of `write`.
    fn transmit(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    /// [`transmit`](Self::transmit) of two pieces, one after the other.
    ///
    /// # Errors
    /// Those of `write`.
    fn transmit_both(&mut self, first: &[u8], second: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])
    }
}

impl Transport for mio::net::TcpStream {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    // The C library makes its calls cancellation points, at four locked instructions per message; these are made without it.

    #[cfg(target_os = "linux")]
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::net::recv(self, buffer, rustix::net::RecvFlags::empty())?.0)
    }

    #[cfg(target_os = "linux")]
    fn transmit(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(self, bytes, rustix::net::SendFlags::NOSIGNAL)?)
    }

    // Unlike writev, no signal on a connection that is gone.
    #[cfg(target_os = "linux")]
    fn transmit_both(&mut self, first: &[u8], second: &[u8]) -> io::Result<usize> {
        let pieces = [IoSlice::new(first), IoSlice::new(second)];
        let mut nothing = rustix::net::SendAncillaryBuffer::default();
        Ok(rustix::net::sendmsg(self, &pieces, &mut nothing, rustix::net::SendFlags::NOSIGNAL)?)
    }
}
