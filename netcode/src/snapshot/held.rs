//! [`HeldSlot`]: the newest states of one slot that a client's decoder holds, and how a body makes the next one.
//!
//! Client side. Invariant: a state is decoded into a buffer that no point uses, so that bytes of a peer cannot spoil what is
//! held; it becomes a point only when the whole update was right. PROTOCOL sections 6.1 to 6.4.

use super::body::LEFT;
use super::update::Slot;
use crate::bits::Reader;
use crate::error::ProtocolError;
use crate::hash::Murmur3;
use crate::limits;
use crate::schema::{Layout, Part};
use alloc::vec::Vec;

/// One member: its words are a row of the slot's part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Member {
    pub(super) id: u32,
    pub(super) class: u8,
    start: u32,
    end: u32,
}

/// The members of a slot at one point, ascending by id.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) members: Vec<Member>,
    words: Vec<u32>,
}

impl Held {
    #[inline]
    pub(super) fn row(&self, member: Member) -> &[u32] {
        &self.words[member.start as usize..member.end as usize]
    }

    fn clear(&mut self) {
        self.members.clear();
        self.words.clear();
    }

    fn hash(&self) -> u32 {
        let mut hash = Murmur3::new();
        for &member in &self.members {
            hash.word(member.id);
            hash.word(u32::from(member.class));
            self.row(member).iter().for_each(|&word| hash.word(word));
        }
        hash.finish()
    }

    /// Ends the member whose words were appended last.
    fn push(&mut self, id: u32, class: u8, start: usize) {
        self.members.push(Member { id, class, start: start as u32, end: self.words.len() as u32 });
    }

    /// Decodes a body of depth 0.
    fn decode_full(&mut self, layout: &Layout, part: Part, body: &[u8]) -> Result<(), ProtocolError> {
        self.clear();
        let mut r = Reader::new(body);
        let count = r.varint()?;
        self.decode_enters(layout, part, count, 0, &mut r)?;
        r.finish()
    }

    /// Reads `count` whole entities and appends them.
    fn decode_enters(
        &mut self,
        layout: &Layout,
        part: Part,
        count: u32,
        id_before: u32,
        r: &mut Reader<'_>,
    ) -> Result<(), ProtocolError> {
        let max = limits::ENTITIES_MAX as u32;
        if count > max - (self.members.len() as u32).min(max) {
            return Err(ProtocolError::TooLarge { size: count, max });
        }
        let mut id = id_before;
        for _ in 0..count {
            id = id.checked_add(r.gamma()?).ok_or(ProtocolError::BadGamma)?;
            let (class, record) = layout.classes().decode_choice(r)?;
            let start = self.words.len();
            check_words(start + record.words_of(part))?;
            record.decode(part, r, &mut self.words)?;
            self.push(id, class, start);
        }
        Ok(())
    }

    /// Decodes a body of depth 1 against the newest point. Checks are in the order of PROTOCOL section 6.3.
    fn decode_delta(
        &mut self,
        layout: &Layout,
        part: Part,
        body: &[u8],
        base: &Self,
    ) -> Result<(), ProtocolError> {
        self.clear();
        let mut r = Reader::new(body);
        self.decode_stays(layout, part, base, &mut r)?;
        let stays = self.members.len();
        let count = r.gamma()? - 1;
        if count > 0 {
            let last = base.members.last().map_or(0, |member| member.id);
            let id_before = if r.flag()? { last } else { 0 };
            self.decode_enters(layout, part, count, id_before, &mut r)?;
        }
        r.finish()?;
        self.sort(stays)
    }

    fn decode_stays(
        &mut self,
        layout: &Layout,
        part: Part,
        base: &Self,
        r: &mut Reader<'_>,
    ) -> Result<(), ProtocolError> {
        let mut next = 0;
        while next < base.members.len() {
            let unchanged = r.gamma()? as usize - 1;
            let left = base.members.len() - next;
            if unchanged > left {
                return Err(ProtocolError::TooLarge { size: unchanged as u32, max: left as u32 });
            }
            for &member in &base.members[next..next + unchanged] {
                self.copy(member, base)?;
            }
            next += unchanged;
            let Some(&member) = base.members.get(next) else { break };
            next += 1;
            if !r.flag()? {
                let start = self.copy(member, base)?;
                let record = layout.classes().chosen(member.class)?;
                record.decode_changes(part, r, &mut self.words, start)?;
            } else if !r.flag()? {
                debug_assert_eq!(LEFT, 1, "the two flags just read");
                r.flag()?;
            } else if !r.flag()? {
                let start = self.copy(member, base)?;
                let record = layout.classes().chosen(member.class)?;
                record.decode_teleport(part, r, &mut self.words, start)?;
            } else {
                return Err(ProtocolError::Reserved { value: 7 });
            }
        }
        Ok(())
    }

    /// Appends a member of another state; returns where its words begin.
    #[inline]
    fn copy(&mut self, member: Member, from: &Self) -> Result<usize, ProtocolError> {
        let start = self.words.len();
        let row = from.row(member);
        check_words(start + row.len())?;
        self.words.extend_from_slice(row);
        self.push(member.id, member.class, start);
        Ok(start)
    }

    /// Brings the members in order: the first `stays` of them ascend, and the rest do.
    fn sort(&mut self, stays: usize) -> Result<(), ProtocolError> {
        let (stayed, entered) = self.members.split_at(stays);
        let (Some(last), Some(first)) = (stayed.last(), entered.first()) else { return Ok(()) };
        if last.id < first.id {
            return Ok(());
        }
        self.members.sort_unstable_by_key(|member| member.id);
        match self.members.windows(2).find(|pair| pair[0].id == pair[1].id) {
            Some(pair) => Err(ProtocolError::DuplicateEntity { id: pair[0].id }),
            None => Ok(()),
        }
    }
}

fn check_words(words: usize) -> Result<(), ProtocolError> {
    if words <= limits::DECODED_WORDS_MAX {
        return Ok(());
    }
    Err(ProtocolError::TooLarge { size: words as u32, max: limits::DECODED_WORDS_MAX as u32 })
}

fn check_hash(expected: u32, decoded: u32) -> Result<(), ProtocolError> {
    if expected == decoded { Ok(()) } else { Err(ProtocolError::HashMismatch { expected, decoded }) }
}

/// The newest states of one slot.
#[derive(Debug, Default)]
pub(super) struct HeldSlot {
    /// One more than there are points: one is always free.
    buffers: [Held; limits::POINTS_MAX + 1],
    /// Which buffers are the points, newest first. `same` makes two points of one buffer.
    points: [Option<u8>; limits::POINTS_MAX],
    own: bool,
    /// The buffer that the last [`Self::decode`] filled.
    decoded: u8,
}

impl HeldSlot {
    pub(super) fn clear(&mut self) {
        self.points = [None; limits::POINTS_MAX];
    }

    /// The newest state, if there is one.
    pub(super) fn newest(&self) -> Option<&Held> {
        self.points[0].map(|buffer| &self.buffers[usize::from(buffer)])
    }

    /// The state that the last [`Self::decode`] made.
    pub(super) fn decoded(&self) -> &Held {
        &self.buffers[usize::from(self.decoded)]
    }

    /// Whether it carries the owner words of one's own entities.
    pub(super) fn own(&self) -> bool {
        self.own
    }

    /// How many points there are.
    pub(super) fn depth(&self) -> usize {
        self.points.iter().flatten().count()
    }

    /// The hash of the newest state.
    pub(super) fn hash(&self) -> Option<u32> {
        self.newest().map(Held::hash)
    }

    /// Checks that a slot is the same as the newest state.
    pub(super) fn check_same(&self, slot: &Slot<'_>) -> Result<(), ProtocolError> {
        let newest = self.newest().filter(|_| self.own == slot.own).ok_or(ProtocolError::SameBeforeFull)?;
        slot.hash.map_or(Ok(()), |expected| check_hash(expected, newest.hash()))
    }

    /// Decodes a body of model 0 beside the points, which stay as they are.
    pub(super) fn decode(
        &mut self,
        layout: &Layout,
        slot: &Slot<'_>,
        depth: u8,
        body: &[u8],
    ) -> Result<(), ProtocolError> {
        let base = self.points[0].filter(|_| depth > 0);
        if depth > 0 && (usize::from(depth) > self.depth() || self.own != slot.own) {
            return Err(ProtocolError::DepthUnsupported { depth });
        }
        if depth == 0 && slot.hash.is_none() {
            return Err(ProtocolError::HashMissing);
        }
        let free = (0..=limits::POINTS_MAX as u8).find(|buffer| !self.points.contains(&Some(*buffer)));
        self.decoded = free.expect("there are fewer points than buffers");
        let mut next = core::mem::take(&mut self.buffers[usize::from(self.decoded)]);
        let decoded = match base {
            Some(base) => next.decode_delta(layout, slot.part(), body, &self.buffers[usize::from(base)]),
            None => next.decode_full(layout, slot.part(), body),
        };
        let checked = decoded.and_then(|()| slot.hash.map_or(Ok(()), |hash| check_hash(hash, next.hash())));
        self.buffers[usize::from(self.decoded)] = next;
        checked
    }

    /// The update was right: what [`Self::decode`] made is the newest point. In full it is the only one.
    pub(super) fn commit_decoded(&mut self, own: bool, depth: u8) {
        if depth == 0 {
            self.clear();
        }
        self.own = own;
        self.push_point(self.decoded);
    }

    /// The update was right: the newest state is one more point.
    pub(super) fn commit_same(&mut self) {
        if let Some(buffer) = self.points[0] {
            self.push_point(buffer);
        }
    }

    fn push_point(&mut self, buffer: u8) {
        self.points.rotate_right(1);
        self.points[0] = Some(buffer);
    }
}
