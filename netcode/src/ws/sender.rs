//! The sending half of an endpoint: frames appended to the caller's buffer, in order.
//!
//! Owns whether a close frame has been queued, after which nothing more is (RFC 6455 section 5.5.1), and a client's
//! masking keys. Does not own the buffer and never flushes it.

use alloc::vec::Vec;

use super::close::{fit_reason, is_wire_code};
use super::event::Role;
use super::frame::{self, HEADER_BYTES_MAX, MessageKind, Opcode};
use super::limits::CONTROL_BYTES_MAX;
use super::mask::{self, KeyStream};

/// Writes frames; see [`WebSocket::split`](super::WebSocket::split).
#[derive(Debug)]
pub struct Sender {
    role: Role,
    close_sent: bool,
    keys: KeyStream,
}

/// An open frame in an output buffer; made by [`Sender::begin`], consumed by [`Sender::end`].
#[derive(Debug)]
#[must_use = "a frame that is begun must be ended"]
pub struct Mark {
    kind: MessageKind,
    start: usize,
    reserved: u8,
}

/// Payload size that a frame is begun for when the caller gives none: updates and events are 126 bytes or more, and
/// a smaller one costs a move of at most 125 bytes.
const PAYLOAD_BYTES_GUESS: usize = 1_000;

impl Sender {
    pub(crate) fn new(role: Role, mask_seed: u64) -> Self {
        Self { role, close_sent: false, keys: KeyStream::new(mask_seed) }
    }

    /// Whether a close frame has been queued: every later call appends nothing.
    pub fn is_closing(&self) -> bool {
        self.close_sent
    }

    /// Appends one unfragmented message.
    ///
    /// Text payloads must be UTF-8: the peer closes with 1007 otherwise.
    pub fn send(&mut self, kind: MessageKind, payload: &[u8], out: &mut Vec<u8>) {
        self.write(kind.into(), payload, out);
    }

    /// Appends the header of an unfragmented message whose payload follows it on the wire by another way. False, and nothing
    /// is appended, after a close frame and for a client, which masks its payloads.
    pub fn send_header(&mut self, kind: MessageKind, payload_bytes: usize, out: &mut Vec<u8>) -> bool {
        if self.close_sent || self.role == Role::Client {
            return false;
        }
        frame::append_unmasked(kind.into(), payload_bytes, out);
        true
    }

    /// Starts a message whose payload the caller appends to `out` itself, then hands back with [`end`](Self::end).
    pub fn begin(&mut self, kind: MessageKind, out: &mut Vec<u8>) -> Mark {
        self.begin_sized(kind, PAYLOAD_BYTES_GUESS, out)
    }

    /// Like [`begin`](Self::begin) with the expected payload size: the payload is moved once more only when it turns
    /// out to need another length form (up to 125, up to 65,535, more).
    pub fn begin_sized(&mut self, kind: MessageKind, payload_bytes: usize, out: &mut Vec<u8>) -> Mark {
        let key_bytes = match self.role {
            Role::Server => 0,
            Role::Client => 4,
        };
        let reserved = frame::unmasked_header_bytes(payload_bytes) + key_bytes;
        let start = out.len();
        out.resize(start + reserved, 0);
        Mark { kind, start, reserved: reserved as u8 }
    }

    /// Completes the frame: everything appended to `out` since `mark` was made is its payload.
    ///
    /// After a close frame the frame is removed from `out` again.
    ///
    /// # Panics
    /// When `out` is shorter than when `mark` was made: it is another buffer or was cut.
    #[expect(clippy::needless_pass_by_value, reason = "a mark is spent by its frame")]
    pub fn end(&mut self, mark: Mark, out: &mut Vec<u8>) {
        let Mark { kind, start, reserved } = mark;
        let payload_start = start + usize::from(reserved);
        assert!(out.len() >= payload_start, "the mark belongs to a longer buffer");
        if self.close_sent {
            out.truncate(start);
            return;
        }
        let key = self.next_key();
        if let Some(key) = key {
            mask::apply(&mut out[payload_start..], key);
        }
        let header = frame::encode(kind.into(), out.len() - payload_start, key);
        if header.len() == usize::from(reserved) {
            out[start..payload_start].copy_from_slice(&header);
        } else {
            out.splice(start..payload_start, header.iter().copied());
        }
    }

    /// Gives a frame up: `out` is as before [`begin`](Self::begin).
    #[expect(clippy::needless_pass_by_value, reason = "a mark is spent by its frame")]
    pub fn cancel(&mut self, mark: Mark, out: &mut Vec<u8>) {
        out.truncate(mark.start);
    }

    /// Appends a ping; of `payload` the first 125 bytes are sent.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.write(Opcode::Ping, &payload[..payload.len().min(CONTROL_BYTES_MAX)], out);
    }

    /// Appends the close frame, after which this half is silent; does nothing the second time.
    ///
    /// `reason` is cut to 123 bytes at a character. A `code` that must not be on the wire (see
    /// [`is_wire_code`](super::is_wire_code)) is a bug of the caller: it trips a debug assertion and is sent as 1011,
    /// internal error.
    pub fn close(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) {
        debug_assert!(is_wire_code(code), "close code {code} must not be sent");
        let code = if is_wire_code(code) { code } else { 1011 };
        let reason = fit_reason(reason).as_bytes();
        let mut body = [0; CONTROL_BYTES_MAX];
        body[..2].copy_from_slice(&code.to_be_bytes());
        body[2..2 + reason.len()].copy_from_slice(reason);
        self.write(Opcode::Close, &body[..2 + reason.len()], out);
        self.close_sent = true;
    }

    /// Answers the peer's close frame with its own code, or with an empty body if it had none.
    pub(crate) fn close_reply(&mut self, code: Option<u16>, out: &mut Vec<u8>) {
        match code {
            Some(code) => self.close(code, "", out),
            None => {
                self.write(Opcode::Close, &[], out);
                self.close_sent = true;
            }
        }
    }

    pub(crate) fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.write(Opcode::Pong, payload, out);
    }

    fn write(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        if self.close_sent {
            return;
        }
        out.reserve(HEADER_BYTES_MAX + payload.len());
        let Some(key) = self.next_key() else {
            frame::append_unmasked(opcode, payload.len(), out);
            out.extend_from_slice(payload);
            return;
        };
        out.extend_from_slice(&frame::encode(opcode, payload.len(), Some(key)));
        let start = out.len();
        out.extend_from_slice(payload);
        mask::apply(&mut out[start..], key);
    }

    fn next_key(&mut self) -> Option<[u8; 4]> {
        match self.role {
            Role::Server => None,
            Role::Client => Some(self.keys.next_key()),
        }
    }
}
