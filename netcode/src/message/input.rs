//! Input and Ack: PROTOCOL section 5.1.

use alloc::vec::Vec;

use super::kind;
use crate::bits;
use crate::bits::bytes::{Reader, put_u16, put_u32, put_varint};
use crate::error::ProtocolError;
use crate::ids::EventSeq;
use crate::limits;
use crate::schema::{Layout, Part};
use crate::time::Stamp;

/// Ticks after the first input of a message at which the others of that message are cut off. Far outside of the input
/// window, so that such an input is early whatever the room's tick, and far inside of what a sum of gaps can overflow.
const TICK_OFFSET_MAX: u32 = 1 << 20;

/// Bits of a view tick.
const VIEW_TICK_BITS: u32 = 20;

/// What a client has received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Low bits of the number of the newest Update received, applied or discarded.
    pub update: u16,
    /// Number of the newest event received.
    pub event: EventSeq,
    /// Client clock.
    pub stamp: Stamp,
}

impl Ack {
    /// Appends an Ack message, type byte first.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(kind::ACK);
        self.encode_body(out);
    }

    fn encode_body(self, out: &mut Vec<u8>) {
        put_u16(out, self.update);
        put_varint(out, self.event.0);
        put_u32(out, self.stamp.0);
    }

    pub(super) fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let ack = Self::read(&mut r)?;
        r.finish()?;
        Ok(ack)
    }

    /// The acks that an Input begins with.
    pub(super) fn decode_head(body: &[u8]) -> Result<Self, ProtocolError> {
        Self::read(&mut Reader::new(body))
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        Ok(Self { update: r.u16()?, event: EventSeq(r.varint()?), stamp: Stamp(r.u32()?) })
    }
}

/// When one input of a message is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputTime {
    /// Ticks after the first input of the message; ascends, 0 for the first.
    pub tick_offset: u32,
    /// Low 20 bits of the tick that the client was drawing, in 1/16 tick.
    pub view_tick: u32,
}

/// Acks and 1 to 8 inputs; the words of the inputs are beside it, end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputMessage {
    /// What the client has received.
    pub ack: Ack,
    /// Low bits of the first input's number; the others count on by one.
    pub number: u16,
    /// Low bits of the first input's tick.
    pub tick: u16,
    count: u8,
    times: [InputTime; limits::INPUTS_PER_MESSAGE_MAX],
}

impl InputMessage {
    /// A message of 1 to 8 inputs.
    ///
    /// # Panics
    /// With none or more than 8, or when the offsets do not begin at 0 or do not ascend.
    pub fn new(ack: Ack, number: u16, tick: u16, inputs: &[InputTime]) -> Self {
        assert!(inputs.first().is_some_and(|first| first.tick_offset == 0), "offsets begin at 0");
        assert!(inputs.is_sorted_by(|a, b| a.tick_offset < b.tick_offset), "offsets ascend");
        let mut times = [InputTime::default(); limits::INPUTS_PER_MESSAGE_MAX];
        times[..inputs.len()].copy_from_slice(inputs);
        Self { ack, number, tick, count: inputs.len() as u8, times }
    }

    /// When each input is meant for.
    pub fn inputs(&self) -> &[InputTime] {
        &self.times[..usize::from(self.count)]
    }

    /// Appends the message, type byte first. `words` are those of all inputs, end to end.
    pub fn encode(&self, layout: &Layout, words: &[u32], out: &mut Vec<u8>) {
        out.push(kind::INPUT);
        self.ack.encode_body(out);
        let mut w = bits::Writer::new(out);
        w.bits(u32::from(self.count) - 1, 3);
        w.bits(u32::from(self.number), 16);
        w.bits(u32::from(self.tick), 16);
        let record = layout.input();
        let mut before = None;
        for (i, time) in self.inputs().iter().enumerate() {
            if let Some(before) = before {
                w.gamma(time.tick_offset - before);
            }
            before = Some(time.tick_offset);
            w.bits(time.view_tick, VIEW_TICK_BITS);
            record.encode(&words[i * record.words()..][..record.words()], Part::All, &mut w);
        }
        w.finish();
    }

    pub(super) fn decode_body(
        body: &[u8],
        layout: &Layout,
        words: &mut Vec<u32>,
    ) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let ack = Ack::read(&mut r)?;
        let mut r = bits::Reader::new(r.rest());
        let count = r.bits(3)? as u8 + 1;
        let number = r.bits(16)? as u16;
        let tick = r.bits(16)? as u16;
        let mut times = [InputTime::default(); limits::INPUTS_PER_MESSAGE_MAX];
        let mut tick_offset = 0u32;
        for (i, time) in times[..usize::from(count)].iter_mut().enumerate() {
            if i > 0 {
                tick_offset = tick_offset.saturating_add(r.gamma()?).min(TICK_OFFSET_MAX);
            }
            *time = InputTime { tick_offset, view_tick: r.bits(VIEW_TICK_BITS)? };
            layout.input().decode(Part::All, &mut r, words)?;
        }
        r.finish()?;
        Ok(Self { ack, number, tick, count, times })
    }
}
