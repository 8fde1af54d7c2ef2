//! Events, what happened in the game: PROTOCOL section 7.

use alloc::vec::Vec;

use super::kind;
use crate::bits;
use crate::bits::bytes::{Reader, put_u16, put_varint};
use crate::error::ProtocolError;
use crate::ids::EventSeq;
use crate::limits;
use crate::schema::{Layout, Part};

/// Bit of the class byte: a cause follows.
const CAUSE: u8 = 0x80;

/// One event but its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventHead {
    /// Its number minus that of the event before, at least 1.
    pub gap: u32,
    /// Ticks before the base tick at which it happened.
    pub age: u32,
    /// Index into the schema's events, up to 127.
    pub class: u8,
    /// Low bits of the number of the input that caused it.
    pub cause: Option<u16>,
}

/// A message of events, read one by one.
#[derive(Clone, Debug)]
pub struct EventsMessage<'a> {
    /// Number of the event before the first one here.
    pub before: EventSeq,
    /// Low bits of the tick that the ages count back from: that of the Update sent just before.
    pub base_tick: u16,
    left: u32,
    rest: &'a [u8],
}

impl<'a> EventsMessage<'a> {
    pub(super) fn decode_body(body: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let before = EventSeq(r.varint()?);
        let base_tick = r.u16()?;
        let left = r.varint()?;
        if left == 0 {
            return Err(ProtocolError::Reserved { value: 0 });
        }
        if left > limits::EVENTS_PER_MESSAGE_MAX {
            return Err(ProtocolError::TooLarge { size: left, max: limits::EVENTS_PER_MESSAGE_MAX });
        }
        Ok(Self { before, base_tick, left, rest: r.rest() })
    }

    /// The next event, its words in `words`; `None` after the last, which is an error if bytes are left.
    ///
    /// # Errors
    /// What the server got wrong. The message is of no use from there on.
    pub fn next(
        &mut self,
        layout: &Layout,
        words: &mut Vec<u32>,
    ) -> Result<Option<EventHead>, ProtocolError> {
        words.clear();
        let mut r = Reader::new(self.rest);
        if self.left == 0 {
            return r.finish().map(|()| None);
        }
        let (gap, age) = (r.varint()?, r.varint()?);
        if gap == 0 {
            return Err(ProtocolError::Reserved { value: 0 });
        }
        let class_byte = r.u8()?;
        let cause = if class_byte & CAUSE != 0 { Some(r.u16()?) } else { None };
        let class = class_byte & !CAUSE;
        let record = layout.events().chosen(class)?;
        let mut r = bits::Reader::new(r.rest());
        record.decode(Part::All, &mut r, words)?;
        self.rest = r.finish_prefix()?;
        self.left -= 1;
        Ok(Some(EventHead { gap, age, class, cause }))
    }
}

/// Writes messages of events.
#[derive(Debug)]
pub struct EventsWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> EventsWriter<'a> {
    /// Begins a message of `count` events, 1 to 255, type byte first.
    pub fn new(out: &'a mut Vec<u8>, before: EventSeq, base_tick: u16, count: u32) -> Self {
        out.push(kind::EVENTS);
        put_varint(out, before.0);
        put_u16(out, base_tick);
        put_varint(out, count);
        Self { out }
    }

    /// Appends one event; `fields` are those that [`encode_fields`] made.
    pub fn push(&mut self, head: EventHead, fields: &[u8]) {
        put_varint(self.out, head.gap);
        put_varint(self.out, head.age);
        match head.cause {
            None => self.out.push(head.class),
            Some(cause) => {
                self.out.push(head.class | CAUSE);
                put_u16(self.out, cause);
            }
        }
        self.out.extend_from_slice(fields);
    }
}

/// Appends the coded fields of one event: done once, whoever receives it. A class that
/// the schema does not have has none.
pub fn encode_fields(layout: &Layout, class: u8, words: &[u32], out: &mut Vec<u8>) {
    let mut w = bits::Writer::new(out);
    if let Some(record) = layout.events().record(class) {
        record.encode(words, Part::All, &mut w);
    }
    w.finish();
}
