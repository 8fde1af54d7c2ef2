//! `Outbox`: where a service puts the replies of one read pass.

use tickwire_netcode::ws::{MessageKind, Sender};

/// Appends framed messages to the thread's write buffer; they leave with one write when the pass ends.
///
/// After a close frame nothing more is appended.
#[derive(Debug)]
pub struct Outbox<'a> {
    sender: &'a mut Sender,
    buffer: &'a mut Vec<u8>,
}

impl<'a> Outbox<'a> {
    pub(crate) fn new(sender: &'a mut Sender, buffer: &'a mut Vec<u8>) -> Self {
        Self { sender, buffer }
    }

    /// Appends one message. Text payloads must be UTF-8.
    pub fn send(&mut self, kind: MessageKind, payload: &[u8]) {
        self.sender.send(kind, payload, self.buffer);
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
