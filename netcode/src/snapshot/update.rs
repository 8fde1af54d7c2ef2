//! Updates: the bytes that bring one player's decoder to the state of a tick. PROTOCOL section 6.
//!
//! Owns the header, the framing of slots and the bodies of depth 0. A slot is a pure function of (layout, snapshot, part
//! key), so its bytes can be shared by every player with the same key; the header is one player's own. What a decoded
//! body does to a client's state is `world`'s.

use super::Snapshot;
use crate::bits::{Reader, Writer, bytes};
use crate::error::ProtocolError;
use crate::hash::Murmur3;
use crate::ids::{CommandSeq, PlayerId};
use crate::limits;
use crate::message::kind;
use crate::schema::{Layout, Part};
use crate::time::{Stamp, Tick};
use alloc::vec::Vec;

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

/// What selects the members of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PartKey {
    /// Every entity, its public words.
    Everyone,
    /// The entities of a player, their owner words.
    Own(PlayerId),
}

impl PartKey {
    /// Which words the slot carries.
    pub const fn part(self) -> Part {
        match self {
            Self::Everyone => Part::Public,
            Self::Own(_) => Part::Owner,
        }
    }
}

/// A state that a decoder can hold: what a later body is coded against.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Point {
    /// What selected its members.
    pub key: PartKey,
    /// When.
    pub tick: Tick,
}

/// The indices of the entities that a key selects, ascending by id. Costs what it yields, not what the room holds.
pub fn members(key: PartKey, snapshot: &Snapshot) -> impl ExactSizeIterator<Item = usize> + '_ {
    let (places, owned) = match key {
        PartKey::Everyone => (0..snapshot.len(), None),
        PartKey::Own(player) => (snapshot.owned_by(player), Some(&snapshot.owned)),
    };
    places.map(move |place| owned.map_or(place, |owned| owned[place] as usize))
}

/// The hash of a slot: over id, class and the part's words of each member. PROTOCOL section 6.4.
///
/// # Panics
/// As [`encode_slot`].
pub fn slot_hash(layout: &Layout, snapshot: &Snapshot, key: PartKey) -> u32 {
    let mut hash = Murmur3::new();
    for index in members(key, snapshot) {
        hash.word(snapshot.ids[index]);
        hash.word(u32::from(snapshot.classes[index]));
        record_of(layout, snapshot, index).hash(snapshot.row(index), key.part(), &mut hash);
    }
    hash.finish()
}

fn record_of<'l>(layout: &'l Layout, snapshot: &Snapshot, index: usize) -> &'l crate::schema::RecordLayout {
    layout.classes().record(snapshot.classes[index]).expect("a snapshot is encoded by the layout of its room")
}

/// Appends one slot in full (depth 0): slot byte, hash, length and body. `more` says that another slot follows.
///
/// # Panics
/// If the snapshot was not built with the classes of `layout`: that is a mistake of the room, not of a peer.
pub fn encode_slot(layout: &Layout, snapshot: &Snapshot, key: PartKey, more: bool, out: &mut Vec<u8>) {
    let own = if let PartKey::Own(_) = key { OWN } else { 0 };
    out.push(own | CONTENT_BODY << CONTENT_SHIFT | HASH | if more { MORE } else { 0 });
    bytes::put_u32(out, slot_hash(layout, snapshot, key));
    let start = out.len();
    encode_body(layout, snapshot, key, out);
    // The length stands before the body and has as many bytes as it needs: make room for it.
    let size = out.len() - start;
    bytes::put_varint(out, u32::try_from(size).expect("a body is bounded by the entities of a snapshot"));
    let prefix = out.len() - start - size;
    out[start..].rotate_right(prefix);
}

fn encode_body(layout: &Layout, snapshot: &Snapshot, key: PartKey, out: &mut Vec<u8>) {
    let members = members(key, snapshot);
    let classes = layout.classes();
    let mut w = Writer::new(out);
    w.varint(members.len() as u32);
    let mut id_before = 0;
    for index in members {
        let id = snapshot.ids[index];
        w.gamma(id - id_before);
        id_before = id;
        classes.encode_choice(snapshot.classes[index], &mut w);
        record_of(layout, snapshot, index).encode(snapshot.row(index), key.part(), &mut w);
    }
    w.finish();
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
        out.extend_from_slice(&[kind::UPDATE, self.seq, flags]);
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
        let found = r.u8()?;
        if found != kind::UPDATE {
            return Err(ProtocolError::UnknownMessage { kind: found });
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

/// A decoded update: its header and where its slots are. The bodies are decoded by `World::apply`.
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

/// Decodes a body of depth 0 and model 0, calling `member` with each id and class after its words were appended to
/// `words`.
///
/// # Errors
/// [`ProtocolError`] by the first bits that are wrong; `words` then holds some of the members.
pub(super) fn decode_body(
    layout: &Layout,
    part: Part,
    body: &[u8],
    words: &mut Vec<u32>,
    mut member: impl FnMut(u32, u8, &[u32]),
) -> Result<(), ProtocolError> {
    let mut r = Reader::new(body);
    let count = r.varint()?;
    if count > limits::ENTITIES_MAX as u32 {
        return Err(ProtocolError::TooLarge { size: count, max: limits::ENTITIES_MAX as u32 });
    }
    let mut id = 0u32;
    for _ in 0..count {
        id = id.checked_add(r.gamma()?).ok_or(ProtocolError::BadGamma)?;
        let (class, record) = layout.classes().decode_choice(&mut r)?;
        let start = words.len();
        if start + record.words_of(part) > limits::DECODED_WORDS_MAX {
            return Err(ProtocolError::TooLarge {
                size: start as u32,
                max: limits::DECODED_WORDS_MAX as u32,
            });
        }
        record.decode(part, &mut r, words)?;
        member(id, class, &words[start..]);
    }
    r.finish()
}
