//! Updates: the bytes that bring one player's decoder to the state of a tick. PROTOCOL section 6.
//!
//! Owns the header and the framing of slots: one player's own part. The bodies in the slots, which players share, are
//! `body`'s; what a decoded one does to a client's state is `world`'s.

use super::Snapshot;
use super::body::encode_full;
use super::chain::BodyKey;
use crate::bits::bytes;
use crate::error::ProtocolError;
use crate::ids::CommandSeq;
use crate::limits;
use crate::schema::{Layout, Part};
use crate::time::Stamp;
use alloc::vec::Vec;

pub use super::point::{PartKey, Point, members, slot_hash};

/// The type byte of an update.
pub const UPDATE: u8 = 0x43;

const REANCHOR: u8 = 1;
const GATE_SHIFT: u8 = 1;
const INPUT: u8 = 1 << 3;
const COMMAND: u8 = 1 << 4;
const ECHO: u8 = 1 << 5;
const HEADER_RESERVED: u8 = 0b1100_0000;

const OWN: u8 = 1;
const CONTENT_SHIFT: u8 = 1;
const CONTENT_SAME: u8 = 1;
const CONTENT_BODY: u8 = 2;
const DEPTH_SHIFT: u8 = 3;
const HASH: u8 = 1 << 5;
const MODEL: u8 = 1 << 6;
const MORE: u8 = 1 << 7;

/// What an update says about one slot, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct SlotPlan<'a> {
    /// The state that it leads to, and what it is coded against.
    pub body: BodyKey,
    /// Equal to the newest point: no bytes.
    pub same: bool,
    /// The hash of the state, if it is to be sent. A body of depth 0 needs it.
    pub hash: Option<u32>,
    /// The body, unless it is the same.
    pub bytes: &'a [u8],
}

impl<'a> SlotPlan<'a> {
    /// A slot in full: what a client that holds nothing gets. The body goes to `bytes`, which is cleared.
    ///
    /// # Panics
    /// If the snapshot was not built with the classes of `layout`: that is a mistake of the room, not of a peer.
    pub fn full(layout: &Layout, snapshot: &Snapshot, key: PartKey, bytes: &'a mut Vec<u8>) -> Self {
        bytes.clear();
        encode_full(layout, snapshot, key, bytes);
        let hash = Some(slot_hash(layout, snapshot, key));
        let body = BodyKey::full(Point { key, tick: snapshot.tick() });
        Self { body, same: false, hash, bytes }
    }

    /// Appends the slot; `more` says that another one follows.
    pub fn encode(&self, more: bool, out: &mut Vec<u8>) {
        let own = if let PartKey::Own(_) = self.body.now.key { OWN } else { 0 };
        let content = if self.same { CONTENT_SAME } else { CONTENT_BODY | self.body.depth << 2 };
        let hash = if self.hash.is_some() { HASH } else { 0 };
        out.push(own | content << CONTENT_SHIFT | hash | if more { MORE } else { 0 });
        if let Some(hash) = self.hash {
            bytes::put_u32(out, hash);
        }
        if !self.same {
            let size = u32::try_from(self.bytes.len());
            bytes::put_varint(out, size.expect("a body is bounded by the entities of a snapshot"));
            out.extend_from_slice(self.bytes);
        }
    }
}

/// Appends one [`SlotPlan::full`]. `more` says that another slot follows.
pub fn encode_slot(layout: &Layout, snapshot: &Snapshot, key: PartKey, more: bool, out: &mut Vec<u8>) {
    SlotPlan::full(layout, snapshot, key, &mut Vec::new()).encode(more, out);
}

/// When the newest applied input arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InputReport {
    /// Low bits of the number of the newest input that a tick up to this one has used.
    pub applied: u16,
    /// How long before the start of its tick it arrived, in 1/16 tick; negative is late.
    pub margin_q4: i16,
}

/// The newest stamp of the client, sent back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Echo {
    /// The client's stamp.
    pub stamp: Stamp,
    /// Microseconds between receiving it and encoding this.
    pub hold_us: u32,
}

/// What stands before the slots of an update: one player's own part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UpdateHeader {
    /// Low byte of the update's number.
    pub seq: u8,
    /// Time was dropped: forget the clock.
    pub reanchor: bool,
    /// 0 (open) to 3.
    pub gate_level: u8,
    /// Ticks since the update before, or since the base tick of Welcome; at least 1.
    pub tick_delta: u32,
    /// When this was encoded.
    pub server_stamp: Stamp,
    /// The newest applied input, if there is news.
    pub input: Option<InputReport>,
    /// The newest command that has run, if there is news.
    pub command_ack: Option<CommandSeq>,
    /// The newest stamp of the client, if there is a new one.
    pub echo: Option<Echo>,
}

impl UpdateHeader {
    /// Appends the header, type byte first; one to four slots must follow.
    pub fn encode(&self, out: &mut Vec<u8>) {
        debug_assert!(
            self.gate_level < 4 && self.tick_delta > 0,
            "a header that no client accepts: {self:?}"
        );
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let flags = flag(self.reanchor, REANCHOR)
            | (self.gate_level & 3) << GATE_SHIFT
            | flag(self.input.is_some(), INPUT)
            | flag(self.command_ack.is_some(), COMMAND)
            | flag(self.echo.is_some(), ECHO);
        out.extend_from_slice(&[UPDATE, self.seq, flags]);
        bytes::put_varint(out, self.tick_delta);
        bytes::put_u32(out, self.server_stamp.0);
        if let Some(input) = self.input {
            bytes::put_u16(out, input.applied);
            bytes::put_i16(out, input.margin_q4);
        }
        if let Some(command) = self.command_ack {
            bytes::put_varint(out, command.0);
        }
        if let Some(echo) = self.echo {
            bytes::put_u32(out, echo.stamp.0);
            bytes::put_varint(out, echo.hold_us);
        }
    }

    /// Reads a header, type byte first. Checks are in the order of PROTOCOL section 6.
    pub(crate) fn decode(r: &mut bytes::Reader<'_>) -> Result<Self, ProtocolError> {
        let kind = r.u8()?;
        if kind != UPDATE {
            return Err(ProtocolError::UnknownMessage { kind });
        }
        let seq = r.u8()?;
        let flags = r.u8()?;
        if flags & HEADER_RESERVED != 0 {
            return Err(ProtocolError::Reserved { value: u32::from(flags) });
        }
        let tick_delta = r.varint()?;
        if tick_delta == 0 {
            return Err(ProtocolError::Reserved { value: 0 });
        }
        let server_stamp = Stamp(r.u32()?);
        let has = |bit| flags & bit != 0;
        let input =
            if has(INPUT) { Some(InputReport { applied: r.u16()?, margin_q4: r.i16()? }) } else { None };
        let command_ack = if has(COMMAND) { Some(CommandSeq(r.varint()?)) } else { None };
        let echo = if has(ECHO) { Some(Echo { stamp: Stamp(r.u32()?), hold_us: r.varint()? }) } else { None };
        let gate_level = flags >> GATE_SHIFT & 3;
        Ok(Self {
            seq,
            reanchor: has(REANCHOR),
            gate_level,
            tick_delta,
            server_stamp,
            input,
            command_ack,
            echo,
        })
    }
}

/// What an update says about a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// Unchanged or thinned.
    Omitted,
    /// Equal to the newest point at this tick.
    Same,
    /// Coded against `depth` points by `model`.
    Body {
        /// 0 (in full) to 3.
        depth: u8,
        /// The model's id, 0 for none.
        model: u8,
        /// The bit stream.
        bytes: &'a [u8],
    },
}

impl Content<'_> {
    /// Whether it brings a state.
    pub const fn is_body(&self) -> bool {
        matches!(self, Self::Body { .. })
    }
}

/// One slot of a decoded update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot<'a> {
    /// Whether it is the own slot: the owner words of the receiving player's entities.
    pub own: bool,
    /// The hash of the state after it, if it was sent.
    pub hash: Option<u32>,
    /// What it brings.
    pub content: Content<'a>,
}

impl<'a> Slot<'a> {
    /// Which words it carries.
    pub const fn part(&self) -> Part {
        if self.own { Part::Owner } else { Part::Public }
    }

    /// Reads a slot; also whether another one follows.
    fn decode(r: &mut bytes::Reader<'a>) -> Result<(Self, bool), ProtocolError> {
        let byte = r.u8()?;
        let reserved = ProtocolError::Reserved { value: u32::from(byte) };
        let depth = byte >> DEPTH_SHIFT & 3;
        let content = byte >> CONTENT_SHIFT & 3;
        if content > CONTENT_BODY || content != CONTENT_BODY && (depth != 0 || byte & MODEL != 0) {
            return Err(reserved);
        }
        let hash = if byte & HASH != 0 { Some(r.u32()?) } else { None };
        let content = match content {
            CONTENT_BODY => {
                let length = r.varint()?;
                let model = if byte & MODEL != 0 { r.u8()? } else { 0 };
                // On a 16-bit machine no message is that long either.
                let bytes = r.take(usize::try_from(length).unwrap_or(usize::MAX))?;
                Content::Body { depth, model, bytes }
            }
            CONTENT_SAME => Content::Same,
            _ => Content::Omitted,
        };
        Ok((Self { own: byte & OWN != 0, hash, content }, byte & MORE != 0))
    }
}

/// A decoded update: its header and the frames of its slots. The bodies are decoded by `World::apply`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Update<'a> {
    /// One player's own part.
    pub header: UpdateHeader,
    slots: [Slot<'a>; limits::SLOTS_MAX],
    slot_count: usize,
}

impl<'a> Update<'a> {
    /// The slots, in their lasting order.
    pub fn slots(&self) -> &[Slot<'a>] {
        &self.slots[..self.slot_count]
    }

    /// Whether a client that holds nothing can apply it: each carried slot in full, and no `same`. PROTOCOL section 3.6.
    pub fn is_full(&self) -> bool {
        let full = |slot: &Slot<'_>| matches!(slot.content, Content::Body { depth: 0, .. });
        let omitted = |slot: &Slot<'_>| matches!(slot.content, Content::Omitted);
        self.slots().iter().any(full) && self.slots().iter().all(|slot| full(slot) || omitted(slot))
    }
}

/// Decodes an update, type byte first, down to its slots.
///
/// # Errors
/// [`ProtocolError`] by the first byte that is wrong; the client answers with Resync.
pub fn decode_update(message: &[u8]) -> Result<Update<'_>, ProtocolError> {
    let mut r = bytes::Reader::new(message);
    let header = UpdateHeader::decode(&mut r)?;
    let mut slots = [Slot { own: false, hash: None, content: Content::Omitted }; limits::SLOTS_MAX];
    let mut slot_count = 0;
    for place in &mut slots {
        let (slot, more) = Slot::decode(&mut r)?;
        *place = slot;
        slot_count += 1;
        if !more {
            r.finish()?;
            return Ok(Update { header, slots, slot_count });
        }
    }
    Err(ProtocolError::TooLarge { size: slot_count as u32 + 1, max: limits::SLOTS_MAX as u32 })
}
