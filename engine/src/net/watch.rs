//! `Watch`: in which of a thread's selectors a connection is, and the way from one place to another.
//!
//! Owns the registrations. Invariant: whoever needs the thread at once (a handshake, a goodbye, an unsent tail) is in
//! the control selector; a live session without a tail is in the harvested one only.

use std::io;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// Where a connection's edges come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Watch {
    /// The control selector.
    #[default]
    Control,
    /// The harvested one.
    Live,
    /// The harvested one; the control selector tells when the rest of a write can go on.
    LiveWithTail,
}

/// The two selectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registries<'a> {
    pub(crate) control: &'a Registry,
    pub(crate) live: &'a Registry,
}

impl Registries<'_> {
    /// Moves a socket. What was announced and not read in one place is announced again in the other.
    pub(crate) fn change(
        self,
        stream: &mut TcpStream,
        token: Token,
        from: Watch,
        to: Watch,
    ) -> io::Result<()> {
        match (from, to) {
            (Watch::Live, Watch::LiveWithTail) => watch_tail(self.control, stream, token),
            (Watch::LiveWithTail, Watch::Live) => forget_tail(self.control, stream),
            (from, to) if from == to => Ok(()),
            (from, to) => {
                self.leave(stream, from)?;
                self.enter(stream, token, to)
            }
        }
    }

    /// Takes a socket out of both.
    pub(crate) fn leave(self, stream: &mut TcpStream, from: Watch) -> io::Result<()> {
        match from {
            Watch::Control => self.control.deregister(stream),
            Watch::Live => self.live.deregister(stream),
            Watch::LiveWithTail => {
                forget_tail(self.control, stream)?;
                self.live.deregister(stream)
            }
        }
    }

    fn enter(self, stream: &mut TcpStream, token: Token, to: Watch) -> io::Result<()> {
        match to {
            Watch::Control => self.control.register(stream, token, Interest::READABLE | Interest::WRITABLE),
            Watch::Live => self.live.register(stream, token, Interest::READABLE),
            Watch::LiveWithTail => {
                self.live.register(stream, token, Interest::READABLE)?;
                watch_tail(self.control, stream, token)
            }
        }
    }
}

// A socket is in two selectors at a time: the second one knows it by its descriptor.
#[cfg(target_os = "linux")]
fn watch_tail(control: &Registry, stream: &TcpStream, token: Token) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    control.register(&mut mio::unix::SourceFd(&stream.as_raw_fd()), token, Interest::WRITABLE)
}

#[cfg(target_os = "linux")]
fn forget_tail(control: &Registry, stream: &TcpStream) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    control.deregister(&mut mio::unix::SourceFd(&stream.as_raw_fd()))
}

// Without a harvest nobody is live.
#[cfg(not(target_os = "linux"))]
fn watch_tail(_: &Registry, _: &TcpStream, _: Token) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn forget_tail(_: &Registry, _: &TcpStream) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
