//! What goes into an endpoint and what comes out of it.

use core::ops::Range;

use super::error::ProtocolError;
use super::frame::MessageKind;

/// Which side of the connection an endpoint is: it decides who masks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Accepted the connection: expects masked frames, sends unmasked ones.
    Server,
    /// Opened the connection: expects unmasked frames, sends masked ones.
    Client,
}

/// Bytes just read from the socket; they are unmasked in place and lent out from here.
#[derive(Debug)]
pub struct Input<'b> {
    bytes: &'b mut [u8],
    position: usize,
}

impl<'b> Input<'b> {
    /// Wraps `bytes`, in stream order, all of it unread.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bytes no frame has consumed yet.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.position..]
    }

    pub(crate) fn range(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    pub(crate) fn range_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.bytes[range]
    }

    /// Where `count` bytes are that begin `skip` bytes ahead; `None` when the input ends before them.
    pub(crate) fn peek(&self, skip: usize, count: usize) -> Option<Range<usize>> {
        (skip + count <= self.remaining()).then(|| {
            let start = self.position + skip;
            start..start + count
        })
    }

    /// Consumes up to `count` bytes and says where they are.
    pub(crate) fn take(&mut self, count: usize) -> Range<usize> {
        let start = self.position;
        self.position += count.min(self.remaining());
        start..self.position
    }
}

/// Something the peer did.
#[derive(PartialEq, Eq, Debug)]
pub enum Event<'e> {
    /// A whole message.
    Message {
        /// Text (validated) or binary.
        kind: MessageKind,
        /// Unmasked; lent from the input or from the assembler.
        payload: &'e [u8],
    },
    /// A ping; the pong is in the output already.
    Ping,
    /// A pong with its payload, asked for or not.
    Pong(&'e [u8]),
    /// The last event. What the output holds is to be flushed, then the transport is closed.
    Closed(Closed),
}

/// How a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The code the peer sent, or the one its error was answered with; `None` when neither was on the wire.
    pub code: Option<u16>,
    /// Whether both close frames were exchanged (the received one now, the sent one now or before).
    pub clean: bool,
    /// Who ended it.
    pub cause: Cause,
}

/// Who ended a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The peer sent a close frame first.
    Peer,
    /// This side sent a close frame first and the peer answered.
    Local,
    /// The peer broke the protocol or a limit.
    Protocol(ProtocolError),
    /// The transport ended without a close frame of the peer.
    Disconnected,
}

/// Where an endpoint stands.
///
/// ```text
///   Open --close()--> Closing --peer's close, error, end of transport--> Closed
///     `--peer's close (answered), protocol error, end of transport-------^
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Messages flow both ways.
    Open,
    /// Our close frame is queued: nothing more is sent, and of what arrives only the peer's close frame is reported.
    Closing,
    /// Nothing is read or written any more.
    Closed,
}
