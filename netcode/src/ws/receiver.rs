//! The receiving half of an endpoint: bytes in, events out (RFC 6455 sections 5 to 8).
//!
//! Owns the position inside the frame stream and the one message that is not complete. A message that lies whole in
//! the input is unmasked there and lent without a copy; only an incomplete one is copied into the buffer, which grows
//! with the bytes that arrived and never with a declared length. Invariant: events and replies are a function of the
//! bytes and the times they came at, not of how the input was cut.

use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use super::close;
use super::error::ProtocolError;
use super::event::{Cause, Closed, Event, Input, Role};
use super::frame::{self, Expect, HEADER_BYTES_MAX, Header, MessageKind, Opcode};
use super::limits::{ASSEMBLER_KEEP_BYTES, Limits};
use super::mask;
use super::rates::Rates;
use super::sender::Sender;
use super::utf8::Utf8;
use crate::time::Time;

/// Reads frames; see [`WebSocket::split`](super::WebSocket::split).
#[derive(Debug)]
pub struct Receiver {
    /// Bytes of the open message, then those of an incomplete control frame.
    buffer: Vec<u8>,
    /// When the bytes that are waiting for more began to wait.
    waiting_since: Option<Time>,
    rates: Rates,
    limits: Limits,
    stage: Stage,
    /// How much of `buffer` is message.
    message_bytes: u32,
    /// Frames of the open message so far.
    fragments: u32,
    text: Utf8,
    kind: MessageKind,
    /// A message is open whose next frame must be a continuation.
    fragmented: bool,
    lent: Lent,
    role: Role,
    closed: bool,
}

/// What the next byte is.
///
/// ```text
///   Header --header complete--> Payload --last byte--> Header
/// ```
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// In a header, of which `size` bytes came with earlier inputs.
    Header { bytes: [u8; HEADER_BYTES_MAX], size: u8 },
    /// In a payload of which `remaining` bytes are missing.
    Payload(Frame),
}

impl Stage {
    const START: Self = Self::Header { bytes: [0; HEADER_BYTES_MAX], size: 0 };
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Key of the next byte first.
    key: [u8; 4],
    remaining: u32,
    opcode: Opcode,
    fin: bool,
}

/// What of the buffer the last event borrowed, to be dropped at the next call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lent {
    Nothing,
    Message,
    Control,
}

/// An event before it borrows its payload.
enum Found {
    Message(Place),
    Ping,
    Pong(Place),
    Closed(Closed),
}

enum Place {
    Input(Range<usize>),
    Buffer(Range<usize>),
}

impl Receiver {
    pub(crate) fn new(role: Role, limits: Limits) -> Self {
        Self {
            buffer: Vec::new(),
            waiting_since: None,
            rates: Rates::default(),
            limits,
            stage: Stage::START,
            message_bytes: 0,
            fragments: 0,
            text: Utf8::default(),
            kind: MessageKind::Binary,
            fragmented: false,
            lent: Lent::Nothing,
            role,
            closed: false,
        }
    }

    /// Whether [`Event::Closed`] was reported: whatever arrives now is dropped.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The next thing the peer did, or `None` when `input` is used up.
    ///
    /// Call until `None`, with the same `now` for one input. Pongs, the close reply and the close frame of a protocol
    /// error are appended to `out`, after whatever the caller appended for earlier events. Allocates only for
    /// messages that are incomplete at the end of the input.
    pub fn poll_event<'e>(
        &'e mut self,
        sender: &mut Sender,
        input: &'e mut Input<'_>,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Option<Event<'e>> {
        if self.is_between_messages() && !sender.is_closing() {
            if input.remaining() == 0 {
                return None;
            }
            if let Some((kind, range)) = self.take_whole(input) {
                return Some(Event::Message { kind, payload: input.range(range) });
            }
        }
        self.poll_any(sender, input, now, out)
    }

    /// [`poll_event`](Self::poll_event) for whatever comes.
    fn poll_any<'e>(
        &'e mut self,
        sender: &mut Sender,
        input: &'e mut Input<'_>,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Option<Event<'e>> {
        self.release_lent();
        if self.closed {
            input.take(usize::MAX);
            return None;
        }
        let found = match self.advance(sender, input, now, out) {
            Ok(found) => found,
            Err(error) => Some(Found::Closed(self.fail(error, sender, out))),
        };
        let Some(found) = found else {
            self.note_waiting(now);
            return None;
        };
        Some(match found {
            Found::Message(place) => Event::Message { kind: self.kind, payload: self.lend(&place, input) },
            Found::Ping => Event::Ping,
            Found::Pong(place) => Event::Pong(self.lend(&place, input)),
            Found::Closed(closed) => Event::Closed(closed),
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called, if a message or frame is incomplete.
    pub fn poll_timeout(&self) -> Option<Time> {
        let limit = Duration::from_millis(u64::from(self.limits.message_ms_max));
        self.waiting_since.map(|since| since + limit)
    }

    /// Closes the connection if the incomplete message has had its time; a call too early does nothing.
    pub fn handle_timeout(&mut self, sender: &mut Sender, now: Time, out: &mut Vec<u8>) -> Option<Closed> {
        if self.poll_timeout()? > now {
            return None;
        }
        Some(self.fail(ProtocolError::MessageTimeout(self.limits.message_ms_max), sender, out))
    }

    /// The transport ended: the last event if there was none yet.
    pub fn handle_end(&mut self) -> Option<Closed> {
        if self.closed {
            return None;
        }
        self.finish_stream();
        Some(Closed { code: None, clean: false, cause: Cause::Disconnected })
    }

    /// Whether the next byte begins a frame that begins a message, and nothing is held.
    fn is_between_messages(&self) -> bool {
        let between = matches!(self.stage, Stage::Header { size: 0, .. })
            && self.lent == Lent::Nothing
            && !self.fragmented
            && !self.closed;
        debug_assert!(!between || self.waiting_since.is_none(), "nothing can be waiting for more");
        between
    }

    /// Takes the next frame if it is the usual one: a whole message with a payload, within the limit, all of it in the input.
    /// Whatever else it is, right or wrong, is left as it was found. Only [between messages](Self::is_between_messages).
    fn take_whole(&self, input: &mut Input<'_>) -> Option<(MessageKind, Range<usize>)> {
        let whole = frame::decode_whole(input.rest(), self.role == Role::Server)?;
        if whole.payload_bytes > self.limits.message_bytes_max as usize {
            return None;
        }
        let range = input.peek(whole.size, whole.payload_bytes)?;
        let payload = input.range_mut(range.clone());
        mask::apply(payload, whole.key);
        if whole.kind == MessageKind::Text && core::str::from_utf8(payload).is_err() {
            mask::apply(payload, whole.key);
            return None;
        }
        input.take(whole.size + whole.payload_bytes);
        Some((whole.kind, range))
    }

    /// Runs frames until one gives an event or the input is used up.
    fn advance(
        &mut self,
        sender: &mut Sender,
        input: &mut Input<'_>,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Result<Option<Found>, ProtocolError> {
        loop {
            let mut frame = match self.stage {
                Stage::Payload(frame) => frame,
                Stage::Header { .. } => match self.read_header(input)? {
                    Some(header) => self.begin_frame(&header, now)?,
                    None => return Ok(None),
                },
            };
            let range = input.take(frame.remaining as usize);
            mask::apply(input.range_mut(range.clone()), frame.key);
            if range.len() < frame.remaining as usize {
                self.store(frame.opcode, input.range(range.clone()))?;
                frame.remaining -= range.len() as u32;
                frame.key = mask::advance(frame.key, range.len());
                self.stage = Stage::Payload(frame);
                return Ok(None);
            }
            self.stage = Stage::START;
            let found = if frame.opcode.is_control() {
                self.finish_control(frame.opcode, range, sender, input, out)?
            } else {
                self.finish_data(frame, range, input)?
            };
            match found {
                Some(closed @ Found::Closed(_)) => return Ok(Some(closed)),
                // Nobody listens any more; what the event would have borrowed is dropped here.
                Some(_) if sender.is_closing() => self.release_lent(),
                Some(found) => return Ok(Some(found)),
                None => {}
            }
        }
    }

    /// Decodes the header at the start of the input, or at the end of what earlier inputs held of it.
    fn read_header(&mut self, input: &mut Input<'_>) -> Result<Option<Header>, ProtocolError> {
        let expect = Expect {
            masked: self.role == Role::Server,
            fragmented: self.fragmented,
            message_bytes: self.message_bytes,
            message_bytes_max: self.limits.message_bytes_max,
        };
        let Stage::Header { bytes, size } = &mut self.stage else { return Ok(None) };
        let mut held = usize::from(*size);
        if held == 0
            && let Some(header) = frame::decode(input.rest(), expect)?
        {
            input.take(header.size);
            return Ok(Some(header));
        }
        // At most 14 rounds: a header of that many bytes is complete.
        while let (Some(&next), Some(slot)) = (input.rest().first(), bytes.get_mut(held)) {
            *slot = next;
            held += 1;
            input.take(1);
            if let Some(header) = frame::decode(&bytes[..held], expect)? {
                return Ok(Some(header));
            }
        }
        *size = held as u8;
        Ok(None)
    }

    /// Counts a frame whose header is complete and sets up the message it starts or continues.
    fn begin_frame(&mut self, header: &Header, now: Time) -> Result<Frame, ProtocolError> {
        let Header { opcode, fin, key, payload_bytes, size: _ } = *header;
        match opcode {
            Opcode::Close => {}
            Opcode::Ping | Opcode::Pong => self.rates.on_control(now, &self.limits)?,
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                self.fragments =
                    if opcode == Opcode::Continuation { self.fragments.saturating_add(1) } else { 1 };
                if self.fragments > self.limits.fragments_max {
                    return Err(ProtocolError::TooManyFragments(self.limits.fragments_max));
                }
                if payload_bytes == 0 {
                    self.rates.on_empty(now, &self.limits)?;
                }
                if opcode != Opcode::Continuation {
                    self.kind = if opcode == Opcode::Text { MessageKind::Text } else { MessageKind::Binary };
                }
            }
        }
        Ok(Frame { key, remaining: payload_bytes, opcode, fin })
    }

    /// Copies a part of an incomplete message or control frame into the buffer; text is validated at once.
    fn store(&mut self, opcode: Opcode, part: &[u8]) -> Result<(), ProtocolError> {
        if !opcode.is_control() {
            if self.kind == MessageKind::Text && !self.text.feed(part) {
                return Err(ProtocolError::InvalidUtf8);
            }
            self.message_bytes += part.len() as u32;
        }
        self.buffer.extend_from_slice(part);
        Ok(())
    }

    fn finish_data(
        &mut self,
        frame: Frame,
        range: Range<usize>,
        input: &Input<'_>,
    ) -> Result<Option<Found>, ProtocolError> {
        self.fragmented = !frame.fin;
        if frame.fin && self.message_bytes == 0 {
            // A text character can not be pending here: its first byte would be in the buffer.
            if self.kind == MessageKind::Text && core::str::from_utf8(input.range(range.clone())).is_err() {
                return Err(ProtocolError::InvalidUtf8);
            }
            self.waiting_since = None;
            return Ok(Some(Found::Message(Place::Input(range))));
        }
        self.store(frame.opcode, input.range(range))?;
        if !frame.fin {
            return Ok(None);
        }
        if self.kind == MessageKind::Text && !self.text.is_complete() {
            return Err(ProtocolError::InvalidUtf8);
        }
        self.waiting_since = None;
        self.lent = Lent::Message;
        Ok(Some(Found::Message(Place::Buffer(0..self.buffer.len()))))
    }

    fn finish_control(
        &mut self,
        opcode: Opcode,
        range: Range<usize>,
        sender: &mut Sender,
        input: &Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Found>, ProtocolError> {
        if !self.fragmented {
            // What waits from here on begins with the next frame.
            self.waiting_since = None;
        }
        let start = self.message_bytes as usize;
        let place = if self.buffer.len() == start {
            Place::Input(range)
        } else {
            self.buffer.extend_from_slice(input.range(range));
            self.lent = Lent::Control;
            Place::Buffer(start..self.buffer.len())
        };
        let body = self.lend(&place, input);
        Ok(Some(match opcode {
            Opcode::Close => {
                let code = close::decode(body)?;
                Found::Closed(self.on_close(code, sender, out))
            }
            Opcode::Ping => {
                sender.pong(body, out);
                Found::Ping
            }
            _ => Found::Pong(place),
        }))
    }

    fn on_close(&mut self, code: Option<u16>, sender: &mut Sender, out: &mut Vec<u8>) -> Closed {
        let cause = if sender.is_closing() { Cause::Local } else { Cause::Peer };
        sender.close_reply(code, out);
        self.finish_stream();
        Closed { code, clean: true, cause }
    }

    fn fail(&mut self, error: ProtocolError, sender: &mut Sender, out: &mut Vec<u8>) -> Closed {
        sender.close(error.close_code(), error.reason(), out);
        self.finish_stream();
        Closed { code: Some(error.close_code()), clean: false, cause: Cause::Protocol(error) }
    }

    /// Nothing is read after this; memory is given back while the transport lingers.
    fn finish_stream(&mut self) {
        self.closed = true;
        self.waiting_since = None;
        self.buffer = Vec::new();
        self.lent = Lent::Nothing;
    }

    fn note_waiting(&mut self, now: Time) {
        let idle = matches!(self.stage, Stage::Header { size: 0, .. }) && !self.fragmented;
        self.waiting_since = if idle { None } else { Some(self.waiting_since.unwrap_or(now)) };
    }

    fn lend<'e>(&'e self, place: &Place, input: &'e Input<'_>) -> &'e [u8] {
        match place {
            Place::Input(range) => input.range(range.clone()),
            Place::Buffer(range) => &self.buffer[range.clone()],
        }
    }

    fn release_lent(&mut self) {
        match self.lent {
            Lent::Nothing => return,
            Lent::Message => self.message_bytes = 0,
            Lent::Control => {}
        }
        self.lent = Lent::Nothing;
        self.buffer.truncate(self.message_bytes as usize);
        if self.buffer.is_empty() && self.buffer.capacity() > ASSEMBLER_KEEP_BYTES {
            self.buffer = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;
