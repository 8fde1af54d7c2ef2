//! `WebSocket`: one endpoint after the handshake, made of its two halves.

use alloc::vec::Vec;

use super::event::{Closed, Event, Input, Role, State};
use super::frame::MessageKind;
use super::limits::Limits;
use super::receiver::Receiver;
use super::sender::{Mark, Sender};
use crate::time::Time;

/// One side of an upgraded connection.
///
/// Small while idle (at most 128 bytes, and at most 128 bytes on the heap). Events borrow the endpoint; to answer one
/// while it is borrowed, use [`split`](Self::split).
#[derive(Debug)]
pub struct WebSocket {
    receiver: Receiver,
    sender: Sender,
}

impl WebSocket {
    /// An open endpoint.
    ///
    /// `mask_seed` seeds a client's masking keys; a server ignores it. RFC 6455 section 10.3 wants unpredictable keys
    /// to protect proxies from hostile page scripts: a client that relays bytes it does not trust takes the seed from
    /// the system's randomness.
    pub fn new(role: Role, limits: Limits, mask_seed: u64) -> Self {
        Self { receiver: Receiver::new(role, limits), sender: Sender::new(role, mask_seed) }
    }

    /// Both halves at once: the sender is free while an event of the receiver is borrowed.
    pub fn split(&mut self) -> (&mut Receiver, &mut Sender) {
        (&mut self.receiver, &mut self.sender)
    }

    /// See [`Receiver::poll_event`].
    pub fn poll_event<'e>(
        &'e mut self,
        input: &'e mut Input<'_>,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Option<Event<'e>> {
        self.receiver.poll_event(&mut self.sender, input, now, out)
    }

    /// See [`Receiver::poll_timeout`].
    pub fn poll_timeout(&self) -> Option<Time> {
        self.receiver.poll_timeout()
    }

    /// See [`Receiver::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<u8>) -> Option<Closed> {
        self.receiver.handle_timeout(&mut self.sender, now, out)
    }

    /// See [`Receiver::handle_end`].
    pub fn handle_end(&mut self) -> Option<Closed> {
        self.receiver.handle_end()
    }

    /// See [`Sender::send`].
    pub fn send(&mut self, kind: MessageKind, payload: &[u8], out: &mut Vec<u8>) {
        self.sender.send(kind, payload, out);
    }

    /// See [`Sender::begin`].
    pub fn begin(&mut self, kind: MessageKind, out: &mut Vec<u8>) -> Mark {
        self.sender.begin(kind, out)
    }

    /// See [`Sender::begin_sized`].
    pub fn begin_sized(&mut self, kind: MessageKind, payload_bytes: usize, out: &mut Vec<u8>) -> Mark {
        self.sender.begin_sized(kind, payload_bytes, out)
    }

    /// See [`Sender::end`].
    pub fn end(&mut self, mark: Mark, out: &mut Vec<u8>) {
        self.sender.end(mark, out);
    }

    /// See [`Sender::cancel`].
    pub fn cancel(&mut self, mark: Mark, out: &mut Vec<u8>) {
        self.sender.cancel(mark, out);
    }

    /// See [`Sender::ping`].
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.sender.ping(payload, out);
    }

    /// See [`Sender::close`].
    pub fn close(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) {
        self.sender.close(code, reason, out);
    }

    /// Where the endpoint stands.
    pub fn state(&self) -> State {
        match (self.receiver.is_closed(), self.sender.is_closing()) {
            (true, _) => State::Closed,
            (false, true) => State::Closing,
            (false, false) => State::Open,
        }
    }
}
