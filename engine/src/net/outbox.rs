//! `Outbox`: where a service puts the replies of one read pass.

use std::fmt;

use tickwire_netcode::ws::{MessageKind, Sender};

use super::direct::Direct;
use super::limits::DIRECT_BYTES_MIN;

/// Appends framed messages to the thread's write buffer; they leave with one write when the pass ends. A message of 16 KiB or
/// more leaves at once, with what was appended before it: there a copy costs more than a call.
///
/// After a close frame nothing more is appended.
pub struct Outbox<'a> {
    sender: &'a mut Sender,
    buffer: &'a mut Vec<u8>,
    direct: Option<&'a mut dyn Direct>,
}

impl fmt::Debug for Outbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("sender", self.sender)
            .field("buffer", self.buffer)
            .finish_non_exhaustive()
    }
}

impl<'a> Outbox<'a> {
    pub(crate) fn new(sender: &'a mut Sender, buffer: &'a mut Vec<u8>) -> Self {
        Self { sender, buffer, direct: None }
    }

    /// With a way for large messages; no tail is pending there.
    pub(crate) fn with_direct(
        sender: &'a mut Sender,
        buffer: &'a mut Vec<u8>,
        direct: &'a mut dyn Direct,
    ) -> Self {
        Self { sender, buffer, direct: Some(direct) }
    }

    /// Appends one message. Text payloads must be UTF-8.
    pub fn send(&mut self, kind: MessageKind, payload: &[u8]) {
        if payload.len() < DIRECT_BYTES_MIN || !self.send_direct(kind, payload) {
            self.sender.send(kind, payload, self.buffer);
        }
    }

    /// Writes the buffer and the message at once; what is not taken is the buffer then. False: nothing was done.
    fn send_direct(&mut self, kind: MessageKind, payload: &[u8]) -> bool {
        let Some(direct) = &mut self.direct else { return false };
        if !self.sender.send_header(kind, payload.len(), self.buffer) {
            return false;
        }
        let written = direct.write(self.buffer, payload);
        let of_payload = written.saturating_sub(self.buffer.len());
        self.buffer.drain(..written.min(self.buffer.len()));
        self.buffer.extend_from_slice(&payload[of_payload..]);
        true
    }

    /// Appends a ping; of `payload` the first 125 bytes are sent.
    pub fn ping(&mut self, payload: &[u8]) {
        self.sender.ping(payload, self.buffer);
    }

    /// The framing half and the buffer, to build a frame in place (`begin`, append, `end`).
    pub fn parts(&mut self) -> (&mut Sender, &mut Vec<u8>) {
        (self.sender, self.buffer)
    }
}
