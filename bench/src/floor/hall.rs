//! `Hall`: the epoll of one thread and its connections, in and out; what is done with those inside is the loop's.
//!
//! Edge-triggered: a readiness is told once, nothing is registered anew, and a read shorter than its buffer means drained.
//! Connections lie at the index of their descriptor, which the kernel keeps dense.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, SocketFlags, sockopt};
use tickwire_netcode::ws::handshake::HeadBuffer;

use super::door::{Knock, knock};
use super::frames::HEADER_BYTES_MAX;

/// Readiness taken in one call.
const EVENTS_MAX: usize = 1024;
/// What is read in one call: a receive window of loopback, and the room that an echo needs before it.
const READ_BYTES: usize = 64 << 10;

const EDGE: EventFlags = EventFlags::IN.union(EventFlags::OUT).union(EventFlags::RDHUP).union(EventFlags::ET);

/// The connection is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Over;

impl From<Errno> for Over {
    fn from(_: Errno) -> Self {
        Self
    }
}

/// What is kept for one connection once it is in.
pub(super) trait Guest: Default {
    /// It may be readable or writable. `buffer` is the thread's, at least [`HEADER_BYTES_MAX`] long.
    fn ready(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<(), Over>;

    /// `bytes[HEADER_BYTES_MAX..]` came behind the upgrade.
    fn early(&mut self, socket: &OwnedFd, bytes: &mut [u8]) -> Result<(), Over>;
}

struct Connection<G> {
    socket: OwnedFd,
    phase: Phase<G>,
}

enum Phase<G> {
    AtDoor(Box<HeadBuffer>),
    Inside(G),
}

pub(super) struct Hall<G> {
    listener: TcpListener,
    epoll: OwnedFd,
    events: Vec<Event>,
    connections: Vec<Option<Connection<G>>>,
    buffer: Vec<u8>,
}

impl<G: Guest> Hall<G> {
    pub(super) fn new(listener: TcpListener) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(listener.as_raw_fd() as u64), EventFlags::IN)?;
        Ok(Self {
            listener,
            epoll,
            events: Vec::with_capacity(EVENTS_MAX),
            connections: Vec::new(),
            buffer: vec![0; HEADER_BYTES_MAX + READ_BYTES],
        })
    }

    pub(super) fn epoll(&self) -> &OwnedFd {
        &self.epoll
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.listener.local_addr().expect("a bound socket")
    }

    /// Waits once and serves what is ready; other descriptors than connections only end the wait. Returns how many were
    /// ready.
    pub(super) fn turn(&mut self, timeout: Option<&Timespec>) -> io::Result<usize> {
        let mut events = std::mem::take(&mut self.events);
        match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout) {
            Err(Errno::INTR) => {}
            waited => drop(waited?),
        }
        let count = events.len();
        for event in events.drain(..) {
            let index = event.data.u64() as usize;
            if index == self.listener.as_raw_fd() as usize {
                self.accept()?;
            } else if let Some(Some(connection)) = self.connections.get_mut(index)
                && connection.ready(&mut self.buffer).is_err()
            {
                // Closing the descriptor takes it out of the epoll.
                self.connections[index] = None;
            }
        }
        self.events = events;
        Ok(count)
    }

    /// Serves what is ready by now.
    pub(super) fn harvest(&mut self) -> io::Result<()> {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        while self.turn(Some(&at_once))? == EVENTS_MAX {}
        Ok(())
    }

    /// Calls `visit` for each that is inside.
    pub(super) fn each(&mut self, mut visit: impl FnMut(&OwnedFd, &mut G) -> Result<(), Over>) {
        for place in &mut self.connections {
            if let Some(Connection { socket, phase: Phase::Inside(guest) }) = place
                && visit(socket, guest).is_err()
            {
                *place = None;
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let socket = match net::accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(error) => return Err(error.into()),
            };
            sockopt::set_tcp_nodelay(&socket, true)?;
            let index = socket.as_raw_fd() as usize;
            epoll::add(&self.epoll, &socket, EventData::new_u64(index as u64), EDGE)?;
            if self.connections.len() <= index {
                self.connections.resize_with(index + 1, || None);
            }
            self.connections[index] = Some(Connection { socket, phase: Phase::AtDoor(Box::default()) });
        }
    }
}

impl<G: Guest> Connection<G> {
    fn ready(&mut self, buffer: &mut [u8]) -> Result<(), Over> {
        match &mut self.phase {
            Phase::Inside(guest) => guest.ready(&self.socket, buffer),
            Phase::AtDoor(_) => self.knock(buffer),
        }
    }

    #[cold]
    fn knock(&mut self, buffer: &mut [u8]) -> Result<(), Over> {
        let Phase::AtDoor(head) = &mut self.phase else { return Ok(()) };
        let Some(count) = read(&self.socket, &mut buffer[HEADER_BYTES_MAX..])? else { return Ok(()) };
        let bytes = &mut buffer[..HEADER_BYTES_MAX + count];
        match knock(head, &bytes[HEADER_BYTES_MAX..]) {
            Knock::Incomplete => Ok(()),
            Knock::Refuse { answer } => {
                // A new socket takes a whole answer; if not, the peer is none that this is for.
                write(&self.socket, &answer)?;
                Err(Over)
            }
            Knock::Upgrade { answer, consumed } => {
                if write(&self.socket, &answer)? < answer.len() {
                    return Err(Over);
                }
                let mut guest = G::default();
                let entered = guest.early(&self.socket, &mut bytes[consumed..]);
                self.phase = Phase::Inside(guest);
                entered
            }
        }
    }
}

/// One recv; `None` when nothing is there.
pub(super) fn read(socket: &OwnedFd, buffer: &mut [u8]) -> Result<Option<usize>, Over> {
    match net::recv(socket, buffer, RecvFlags::empty()) {
        Ok((_, 0)) => Err(Over),
        Ok((_, count)) => Ok(Some(count)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(_) => Err(Over),
    }
}

/// One send; how much of it the socket took.
pub(super) fn write(socket: &OwnedFd, bytes: &[u8]) -> Result<usize, Over> {
    match net::send(socket, bytes, SendFlags::NOSIGNAL) {
        Ok(count) => Ok(count),
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        Err(_) => Err(Over),
    }
}

/// What a full socket did not take; empty and without memory most of the time.
#[derive(Debug, Default)]
pub(super) struct Tail(Option<Box<[u8]>>);

impl Tail {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Sends `bytes`, or keeps what of it was not taken. Only without a tail.
    pub(super) fn send(&mut self, socket: &OwnedFd, bytes: &[u8]) -> Result<(), Over> {
        let count = write(socket, bytes)?;
        if count < bytes.len() {
            self.0 = Some(bytes[count..].into());
        }
        Ok(())
    }

    #[cold]
    pub(super) fn flush(&mut self, socket: &OwnedFd) -> Result<(), Over> {
        match self.0.take() {
            Some(bytes) => self.send(socket, &bytes),
            None => Ok(()),
        }
    }
}
