//! `Socket`: one non-blocking connection that asks for an upgrade and then speaks WebSocket, to any server.
//!
//! Owns the stream, the upgrade, the frames and the unsent bytes; reads into a buffer that its thread lends. The stream
//! is TCP, or whatever a test has made up.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use tickwire_client::Target;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{
    HeadBuffer, ResponseError, TargetError, client_request, client_response,
};
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, Sender, WebSocket};

use super::route::Route;
use crate::limits::{MESSAGE_BYTES_MAX, PONG_BYTES_MAX, READS_MAX, UNSENT_BYTES_MAX};

/// Why a connection is over.
#[derive(Debug)]
pub(crate) enum Over {
    /// The host or path cannot stand in a request.
    Target(TargetError),
    /// The answer was no upgrade.
    Upgrade(ResponseError),
    /// It ended before the answer was whole.
    Unanswered,
    /// A close frame or an error of the frames; `None` = it ended without one.
    Closed(Option<u16>),
    /// It asks again and again, and does not read the answers.
    PongsUnread,
    /// It does not read what it is sent.
    Unread,
    Io(io::Error),
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(f),
            Self::Upgrade(error) => write!(f, "no WebSocket at this address: {error}"),
            Self::Unanswered => {
                f.write_str("the server ended the connection without an answer to the upgrade")
            }
            Self::Closed(Some(code)) => write!(f, "closed with {code}"),
            Self::Closed(None) => f.write_str("closed without a code"),
            Self::PongsUnread => f.write_str("the server pings and does not read the answers"),
            Self::Unread => write!(f, "the server does not read: {} MiB wait for it", UNSENT_BYTES_MAX >> 20),
            Self::Io(error) => write!(f, "the connection broke: {error}"),
        }
    }
}

impl From<io::Error> for Over {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

enum Phase {
    Upgrading { head: HeadBuffer, key: [u8; 16] },
    Open,
}

/// Where what is to be sent goes: queued, and written when whoever drives the socket flushes it.
pub(crate) struct Outgoing<'a> {
    sender: &'a mut Sender,
    unsent: &'a mut Vec<u8>,
}

impl<'a> Outgoing<'a> {
    #[cfg(test)]
    pub(crate) fn new(sender: &'a mut Sender, unsent: &'a mut Vec<u8>) -> Self {
        Self { sender, unsent }
    }

    pub(crate) fn send(&mut self, kind: MessageKind, message: &[u8]) {
        self.sender.send(kind, message, self.unsent);
    }

    /// The same for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Outgoing<'_> {
        Outgoing { sender: self.sender, unsent: self.unsent }
    }
}

/// What a socket tells of what it reads.
pub(crate) trait Listen {
    /// The server has upgraded the connection: messages may be sent from now on.
    fn opened(&mut self, now: Time, out: &mut Outgoing<'_>);
    /// A whole message; `now` is when the read returned that brought its end. False: nothing more of this read is wanted.
    fn message(&mut self, kind: MessageKind, payload: &[u8], now: Time, out: &mut Outgoing<'_>) -> bool;
}

/// Whether there is more to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Drained {
    /// The poll tells of what comes later.
    Yes,
    /// The poll does not tell again: read again without waiting for it.
    No,
}

/// Takes binary messages and leaves the rest.
struct Taker<F>(F);

impl<F: FnMut(&[u8])> Listen for Taker<F> {
    fn opened(&mut self, _: Time, _: &mut Outgoing<'_>) {}

    fn message(&mut self, kind: MessageKind, payload: &[u8], _: Time, _: &mut Outgoing<'_>) -> bool {
        if kind == MessageKind::Binary {
            (self.0)(payload);
        }
        true
    }
}

pub(crate) struct Socket<S = TcpStream> {
    stream: S,
    phase: Phase,
    ws: WebSocket,
    unsent: Vec<u8>,
    /// Bytes of `unsent` that the stream has taken.
    sent: usize,
    /// Bytes of answers to pings that were queued since everything was sent.
    pong_bytes: usize,
}

impl Socket {
    /// Begins to connect, and queues the request for the upgrade.
    pub(crate) fn connect(route: &Route) -> Result<Self, Over> {
        Self::over(TcpStream::connect(route.address)?, route)
    }

    /// As [`Socket::connect`], over a stream that begins to connect already.
    pub(crate) fn over(stream: TcpStream, route: &Route) -> Result<Self, Over> {
        stream.set_nodelay(true)?;
        Self::upgrade(stream, &route.target)
    }

    /// Ends it without another word.
    pub(crate) fn shutdown(&self) {
        // Whether the peer still hears it makes no difference here.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl<S: Read + Write> Socket<S> {
    /// Queues the request for the upgrade of a stream that connects.
    pub(crate) fn upgrade(stream: S, target: &Target) -> Result<Self, Over> {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&random().to_le_bytes());
        key[8..].copy_from_slice(&random().to_le_bytes());
        let mut unsent = Vec::new();
        client_request(&target.authority(), &target.path, key, None, &mut unsent).map_err(Over::Target)?;
        let limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX, ..Limits::LIFTED };
        Ok(Self {
            stream,
            phase: Phase::Upgrading { head: HeadBuffer::new(), key },
            ws: WebSocket::new(Role::Client, limits, random()),
            unsent,
            sent: 0,
            pong_bytes: 0,
        })
    }

    pub(crate) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Reads what there is, in a few reads of up to `buffer`, or in only one, and tells `listen` of it.
    ///
    /// # Errors
    /// [`Over`]: nothing follows. Messages that came before the end have been given.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        clock: &dyn Fn() -> Time,
        only_once: bool,
        listen: &mut impl Listen,
    ) -> Result<Drained, Over> {
        let mut reads = if only_once { READS_MAX - 1 } else { 0 };
        while reads < READS_MAX {
            let count = match self.stream.read(buffer) {
                Ok(0) if !self.is_open() => return Err(Over::Unanswered),
                Ok(0) => return Err(Over::Closed(self.ws.handle_end().and_then(|closed| closed.code))),
                Ok(count) => count,
                Err(error) if is_pending(&error) => return Ok(Drained::Yes),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            // Not before the read: a thread may lose its core in it, and what comes meanwhile is read as well.
            let is_wanted = self.take(&mut buffer[..count], clock(), listen)?;
            // Less than there was room for: the socket is drained.
            if count < buffer.len() {
                return Ok(Drained::Yes);
            }
            if !is_wanted {
                return Ok(Drained::No);
            }
            reads += 1;
        }
        Ok(Drained::No)
    }

    /// As [`Socket::read`], and gives each binary message to `take`.
    ///
    /// # Errors
    /// As [`Socket::read`].
    pub(crate) fn read_binary(
        &mut self,
        buffer: &mut [u8],
        now: Time,
        take: impl FnMut(&[u8]),
    ) -> Result<Drained, Over> {
        self.read(buffer, &|| now, false, &mut Taker(take))
    }

    /// False: `listen` wants nothing more. The rest is taken all the same, so that the next read begins where it ends.
    fn take(&mut self, bytes: &mut [u8], now: Time, listen: &mut impl Listen) -> Result<bool, Over> {
        let mut start = 0;
        if let Phase::Upgrading { head, key } = &mut self.phase {
            let answer = head.push(bytes).map_err(|error| Over::Upgrade(error.into()))?;
            let Some(answer) = answer else { return Ok(true) };
            client_response(answer.bytes, *key).map_err(Over::Upgrade)?;
            start = answer.consumed;
            self.phase = Phase::Open;
            listen.opened(now, &mut self.outgoing());
        }
        let mut input = Input::new(&mut bytes[start..]);
        let (receiver, sender) = self.ws.split();
        let mut is_wanted = true;
        loop {
            let before = self.unsent.len();
            let Some(event) = receiver.poll_event(sender, &mut input, now, &mut self.unsent) else { break };
            match event {
                Event::Message { kind, payload } if is_wanted => {
                    let out = &mut Outgoing { sender, unsent: &mut self.unsent };
                    is_wanted = listen.message(kind, payload, now, out);
                }
                Event::Closed(closed) => return Err(Over::Closed(closed.code)),
                Event::Ping => {
                    self.pong_bytes += self.unsent.len() - before;
                    if self.pong_bytes > PONG_BYTES_MAX {
                        return Err(Over::PongsUnread);
                    }
                }
                Event::Message { .. } | Event::Pong(_) => {}
            }
        }
        Ok(is_wanted)
    }

    /// Where messages may be queued; only once it is open.
    pub(crate) fn outgoing(&mut self) -> Outgoing<'_> {
        Outgoing { sender: self.ws.split().1, unsent: &mut self.unsent }
    }

    /// Queues one binary message.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.outgoing().send(MessageKind::Binary, message);
    }

    /// Queues a close frame.
    pub(crate) fn close(&mut self, code: u16) {
        if self.is_open() {
            self.ws.close(code, "", &mut self.unsent);
        }
    }

    /// Writes as much as the stream takes.
    ///
    /// # Errors
    /// [`Over`]: the stream broke, or there is more that it does not take than anybody waits for.
    pub(crate) fn flush(&mut self) -> Result<(), Over> {
        while self.sent < self.unsent.len() {
            match self.stream.write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(count) => self.sent += count,
                Err(error) if is_pending(&error) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.sent == self.unsent.len() {
            self.pong_bytes = 0;
        }
        if self.unsent.len() - self.sent > UNSENT_BYTES_MAX {
            return Err(Over::Unread);
        }
        // Moving the rest costs no more than what was sent since it was moved last.
        if self.sent >= self.unsent.len() - self.sent {
            self.unsent.drain(..self.sent);
            self.sent = 0;
        }
        Ok(())
    }
}

/// Not now, or not connected yet.
pub(crate) fn is_pending(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}

/// From the system's randomness, by way of the standard hasher's keys.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
