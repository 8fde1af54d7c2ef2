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
        if from == Watch::LiveWithTail {
            forget_tail(self.control, stream)?;
        }
        match (from, to) {
            (Watch::Control, Watch::Live | Watch::LiveWithTail) => {
                self.control.deregister(stream)?;
                self.live.register(stream, token, Interest::READABLE)?;
            }
            (Watch::Live | Watch::LiveWithTail, Watch::Control) => {
                self.live.deregister(stream)?;
                self.control.register(stream, token, Interest::READABLE | Interest::WRITABLE)?;
            }
            _ => {}
        }
        if to == Watch::LiveWithTail {
            watch_tail(self.control, stream, token)?;
        }
        Ok(())
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
