//! `Transport`: one non-blocking TCP connection that speaks WebSocket.
//!
//! Owns the socket, the upgrade, the frames and the unsent bytes. What the messages mean, it does not know.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use tickwire_netcode::limits::SERVER_MESSAGE_BYTES_MAX;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, ResponseError, client_request, client_response};
use tickwire_netcode::ws::{Closed, Event, Input, Limits, MessageKind, Role, WebSocket};

use crate::error::ClientError;
use crate::target::Target;

/// How long the TCP connect may take: as long as a player waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of one read: a few updates.
const READ_BYTES: usize = 64 * 1024;
/// How long `wait` waits at most while bytes are unsent: a stalled link is looked at again soon.
const UNSENT_WAIT: Duration = Duration::from_millis(2);

/// What arrived.
#[derive(Debug)]
pub(crate) enum Arrived<'a> {
    /// One message.
    Message(MessageKind, &'a [u8]),
    /// The connection is over; nothing follows.
    Closed(Closed),
}

#[derive(Debug)]
enum Phase {
    /// The request is out; its answer is awaited.
    Upgrading { head: HeadBuffer, key: [u8; 16] },
    /// Frames are spoken.
    Open,
    /// Nothing is read or written any more.
    Over,
}

#[derive(Debug)]
pub(crate) struct Transport {
    stream: TcpStream,
    phase: Phase,
    ws: WebSocket,
    unsent: Vec<u8>,
    buffer: Vec<u8>,
}

impl Transport {
    /// Connects (this blocks, up to 5 s an address) and asks for the upgrade.
    pub(crate) fn connect(target: &Target) -> Result<Self, ClientError> {
        let refused = |error| ClientError::Connect { to: target.authority(), error };
        let stream = connect_any(target).map_err(refused)?;
        stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).map_err(refused)?;
        let mut key = [0; 16];
        key[..8].copy_from_slice(&random().to_le_bytes());
        key[8..].copy_from_slice(&random().to_le_bytes());
        let mut unsent = Vec::new();
        client_request(&target.authority(), &target.path, key, None, &mut unsent)
            .map_err(ClientError::Target)?;
        let limits = Limits { message_bytes_max: SERVER_MESSAGE_BYTES_MAX as u32, ..Limits::LIFTED };
        Ok(Self {
            stream,
            phase: Phase::Upgrading { head: HeadBuffer::new(), key },
            ws: WebSocket::new(Role::Client, limits, random()),
            unsent,
            buffer: vec![0; READ_BYTES],
        })
    }

    /// The upgrade is done.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Reads what is there, and gives each message to `arrived` until that returns false.
    pub(crate) fn read(
        &mut self,
        now: Time,
        mut arrived: impl FnMut(Arrived<'_>) -> bool,
    ) -> Result<(), ClientError> {
        while !matches!(self.phase, Phase::Over) {
            let count = match self.stream.read(&mut self.buffer) {
                Ok(0) => {
                    self.on_end(&mut arrived)?;
                    return Ok(());
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.phase = Phase::Over;
                    return Err(ClientError::Io(error));
                }
            };
            if !self.take(count, now, &mut arrived)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes the first `count` bytes of the buffer. False: the receiver has had enough.
    fn take(
        &mut self,
        count: usize,
        now: Time,
        arrived: &mut impl FnMut(Arrived<'_>) -> bool,
    ) -> Result<bool, ClientError> {
        let mut start = 0;
        if let Phase::Upgrading { head, key } = &mut self.phase {
            let upgraded = head.push(&self.buffer[..count]).map_err(ResponseError::from).and_then(|head| {
                head.map(|head| client_response(head.bytes, *key).map(|()| head.consumed)).transpose()
            });
            match upgraded {
                Ok(None) => return Ok(true),
                Ok(Some(consumed)) => {
                    start = consumed;
                    self.phase = Phase::Open;
                }
                Err(error) => {
                    self.phase = Phase::Over;
                    return Err(ClientError::Upgrade(error));
                }
            }
        }
        let mut input = Input::new(&mut self.buffer[start..count]);
        while let Some(event) = self.ws.poll_event(&mut input, now, &mut self.unsent) {
            let go_on = match event {
                Event::Message { kind, payload } => arrived(Arrived::Message(kind, payload)),
                Event::Closed(closed) => {
                    arrived(Arrived::Closed(closed));
                    false
                }
                Event::Ping | Event::Pong(_) => true,
            };
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn on_end(&mut self, arrived: &mut impl FnMut(Arrived<'_>) -> bool) -> Result<(), ClientError> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        if let Phase::Upgrading { .. } = phase {
            return Err(ClientError::Io(ErrorKind::UnexpectedEof.into()));
        }
        if let Some(closed) = self.ws.handle_end() {
            arrived(Arrived::Closed(closed));
        }
        Ok(())
    }

    /// Queues one binary message.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.ws.send(MessageKind::Binary, message, &mut self.unsent);
    }

    /// Queues a close frame.
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        if self.is_open() {
            self.ws.close(code, reason, &mut self.unsent);
        }
    }

    /// Writes as much as the socket takes.
    pub(crate) fn flush(&mut self) -> Result<(), ClientError> {
        let mut written = 0;
        while written < self.unsent.len() && !matches!(self.phase, Phase::Over) {
            match self.stream.write(&self.unsent[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.phase = Phase::Over;
                    return Err(ClientError::Io(error));
                }
            }
        }
        self.unsent.drain(..written);
        Ok(())
    }

    /// Ends the connection without another word.
    pub(crate) fn shutdown(&mut self) {
        self.phase = Phase::Over;
        // Whether the peer still hears it makes no difference here.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    /// Sleeps in the kernel until a byte can be read, but no longer than `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<(), ClientError> {
        let timeout = if self.unsent.is_empty() { timeout } else { timeout.min(UNSENT_WAIT) };
        if timeout.is_zero() || matches!(self.phase, Phase::Over) {
            return Ok(());
        }
        let slept = self
            .stream
            .set_read_timeout(Some(timeout))
            .and_then(|()| self.stream.set_nonblocking(false))
            .and_then(|()| match self.stream.peek(&mut [0]) {
                // Whatever it is, the next read says so again.
                Ok(_) | Err(_) => self.stream.set_nonblocking(true),
            });
        slept.map_err(ClientError::Io)
    }
}

fn connect_any(target: &Target) -> io::Result<TcpStream> {
    let mut last = None;
    for address in (target.host.as_str(), target.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::new(ErrorKind::NotFound, "the host has no address")))
}

/// From the system's randomness, by way of the standard hasher's keys.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
