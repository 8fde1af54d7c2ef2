//! `Socket`: one non-blocking TCP connection that asks for an upgrade and then speaks WebSocket, to any server.
//!
//! Owns the stream, the upgrade, the frames and the unsent bytes; reads into a buffer that its thread lends.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;
use tickwire_netcode::limits::SERVER_MESSAGE_BYTES_MAX;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{
    HeadBuffer, ResponseError, TargetError, client_request, client_response,
};
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use super::route::Route;

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

pub(crate) struct Socket {
    stream: TcpStream,
    phase: Phase,
    ws: WebSocket,
    unsent: Vec<u8>,
}

impl Socket {
    /// Begins to connect, and queues the request for the upgrade.
    pub(crate) fn connect(route: &Route) -> Result<Self, Over> {
        Self::over(TcpStream::connect(route.address)?, route)
    }

    /// As [`Socket::connect`], over a stream that begins to connect already.
    pub(crate) fn over(stream: TcpStream, route: &Route) -> Result<Self, Over> {
        stream.set_nodelay(true)?;
        let mut key = [0; 16];
        key[..8].copy_from_slice(&random().to_le_bytes());
        key[8..].copy_from_slice(&random().to_le_bytes());
        let mut unsent = Vec::new();
        client_request(&route.target.authority(), &route.target.path, key, None, &mut unsent)
            .map_err(Over::Target)?;
        let limits = Limits { message_bytes_max: SERVER_MESSAGE_BYTES_MAX as u32, ..Limits::LIFTED };
        Ok(Self {
            stream,
            phase: Phase::Upgrading { head: HeadBuffer::new(), key },
            ws: WebSocket::new(Role::Client, limits, random()),
            unsent,
        })
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Reads all there is and gives each binary message to `take`.
    ///
    /// # Errors
    /// [`Over`]: nothing follows. Messages that came before the end have been given.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        now: Time,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Over> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) if !self.is_open() => return Err(Over::Unanswered),
                Ok(0) => return Err(Over::Closed(self.ws.handle_end().and_then(|closed| closed.code))),
                Ok(count) => count,
                Err(error) if is_pending(&error) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            self.take(&mut buffer[..count], now, &mut take)?;
            // Less than there was room for: the socket is drained, and the poll tells of what comes later.
            if count < buffer.len() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, bytes: &mut [u8], now: Time, take: &mut impl FnMut(&[u8])) -> Result<(), Over> {
        let mut start = 0;
        if let Phase::Upgrading { head, key } = &mut self.phase {
            let answer = head.push(bytes).map_err(|error| Over::Upgrade(error.into()))?;
            let Some(answer) = answer else { return Ok(()) };
            client_response(answer.bytes, *key).map_err(Over::Upgrade)?;
            start = answer.consumed;
            self.phase = Phase::Open;
        }
        let mut input = Input::new(&mut bytes[start..]);
        while let Some(event) = self.ws.poll_event(&mut input, now, &mut self.unsent) {
            match event {
                Event::Message { kind: MessageKind::Binary, payload } => take(payload),
                Event::Closed(closed) => return Err(Over::Closed(closed.code)),
                Event::Message { .. } | Event::Ping | Event::Pong(_) => {}
            }
        }
        Ok(())
    }

    /// Queues one binary message.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.ws.send(MessageKind::Binary, message, &mut self.unsent);
    }

    /// Queues a close frame.
    pub(crate) fn close(&mut self, code: u16) {
        self.ws.close(code, "", &mut self.unsent);
    }

    /// Writes as much as the socket takes.
    pub(crate) fn flush(&mut self) -> Result<(), Over> {
        let mut written = 0;
        while written < self.unsent.len() {
            match self.stream.write(&self.unsent[written..]) {
                Ok(count) => written += count,
                Err(error) if is_pending(&error) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.unsent.drain(..written);
        Ok(())
    }

    /// Ends it without another word.
    pub(crate) fn shutdown(&self) {
        // Whether the peer still hears it makes no difference here.
        let _ = self.stream.shutdown(Shutdown::Both);
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
