//! [`World`]: the state that a client's decoder holds.
//!
//! Invariant: it is always the state of one update, verified by its hashes if it had some. An update is decoded beside the
//! points that are held, and becomes one when all of it is right; on any error the last good state stays (PROTOCOL section 3.6). Drawing between
//! states is the client's own business.

use super::held::{Held, HeldSlot, Member};
use super::update::{Content, Update};
use crate::error::ProtocolError;
use crate::ids::EntityId;
use crate::limits::SLOTS_MAX;
use crate::schema::{Layout, Part};
use alloc::vec::Vec;

/// What one slot holds, or will hold if the update is right.
#[derive(Clone, Copy)]
struct Source<'a> {
    own: bool,
    held: Option<&'a Held>,
}

impl<'a> Source<'a> {
    #[inline]
    fn member(&self, at: usize) -> Option<(Member, &'a [u32])> {
        let held = self.held?;
        held.members.get(at).map(|&member| (member, held.row(member)))
    }
}

/// All slots together: entities ascending by id with whole rows.
#[derive(Debug, Default)]
struct Merged {
    ids: Vec<u32>,
    classes: Vec<u8>,
    own: Vec<bool>,
    starts: Vec<u32>,
    words: Vec<u32>,
}

/// One entity of a [`World`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entity<'a> {
    /// Its id.
    pub id: EntityId,
    /// Its class: an index into the schema's classes.
    pub class: u8,
    /// Whether it belongs to the receiving player.
    pub own: bool,
    /// All words of its record in field order. Unless it is one's own, those of owner fields are 0, and exact
    /// numbers are what the quantized ones stand for.
    pub words: &'a [u32],
}

/// What one client has decoded. Allocates only while it grows.
#[derive(Debug, Default)]
pub struct World {
    slots: [HeldSlot; SLOTS_MAX],
    merged: Merged,
    merged_spare: Merged,
}

impl World {
    /// A world that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything but the buffers: another room begins.
    pub fn clear(&mut self) {
        self.slots.iter_mut().for_each(HeldSlot::clear);
        self.merged.clear();
    }

    /// Applies all slots of an update, or none.
    ///
    /// # Errors
    /// [`ProtocolError`] if any slot does not decode, needs a state that is not held, or has another hash. The state is
    /// then as before; the client answers with Resync.
    pub fn apply(&mut self, layout: &Layout, update: &Update<'_>) -> Result<(), ProtocolError> {
        for (slot, held) in update.slots().iter().zip(&mut self.slots) {
            match slot.content {
                Content::Omitted => {}
                Content::Same => held.check_same(slot)?,
                Content::Body { depth, model: 0, bytes } => held.decode(layout, slot, depth, bytes)?,
                Content::Body { model, .. } => return Err(ProtocolError::ModelUnsupported { model }),
            }
        }
        let next = core::array::from_fn(|place| {
            let held = &self.slots[place];
            match update.slots().get(place) {
                Some(slot) if slot.content.is_body() => Source { own: slot.own, held: Some(held.decoded()) },
                _ => Source { own: held.own(), held: held.newest() },
            }
        });
        self.merged_spare.merge(layout, next)?;

        core::mem::swap(&mut self.merged, &mut self.merged_spare);
        for (slot, held) in update.slots().iter().zip(&mut self.slots) {
            match slot.content {
                Content::Omitted => {}
                Content::Same => held.commit_same(),
                Content::Body { depth, .. } => held.commit_decoded(slot.own, depth),
            }
        }
        Ok(())
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.merged.ids.len()
    }

    /// Whether there are no entities.
    pub fn is_empty(&self) -> bool {
        self.merged.ids.is_empty()
    }

    /// The entities, ascending by id.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = Entity<'_>> {
        (0..self.len()).map(|index| self.merged.entity(index))
    }

    /// The entity with this id.
    pub fn get(&self, id: EntityId) -> Option<Entity<'_>> {
        self.merged.ids.binary_search(&id.0).ok().map(|index| self.merged.entity(index))
    }

    /// The hash of the newest state of a slot, if there is one: 0 is the public one. Computed, whether it was sent or not.
    pub fn slot_hash(&self, place: usize) -> Option<u32> {
        self.slots.get(place).and_then(HeldSlot::hash)
    }
}

impl Merged {
    fn clear(&mut self) {
        self.ids.clear();
        self.classes.clear();
        self.own.clear();
        self.starts.clear();
        self.words.clear();
    }

    fn entity(&self, index: usize) -> Entity<'_> {
        let start = self.starts[index] as usize;
        let end = self.starts.get(index + 1).map_or(self.words.len(), |&next| next as usize);
        Entity {
            id: EntityId(self.ids[index]),
            class: self.classes[index],
            own: self.own[index],
            words: &self.words[start..end],
        }
    }

    /// Walks all slots by id. An entity lives while it is in any public slot; the first of them gives its public words. Own
    /// members that no public slot has are not drawn: only their owner words are known.
    fn merge(&mut self, layout: &Layout, slots: [Source<'_>; SLOTS_MAX]) -> Result<(), ProtocolError> {
        self.clear();
        let mut next = [0; SLOTS_MAX];
        loop {
            let heads = slots.iter().zip(&next).filter_map(|(slot, &at)| slot.member(at));
            let Some(id) = heads.map(|(member, _)| member.id).min() else { return Ok(()) };
            let mut class = None;
            let (mut public, mut owner) = (None, None);
            for (slot, at) in slots.iter().zip(&mut next) {
                let Some((member, row)) = slot.member(*at).filter(|(member, _)| member.id == id) else {
                    continue;
                };
                if *class.get_or_insert(member.class) != member.class {
                    return Err(ProtocolError::ClassConflict { id });
                }
                let part = if slot.own { &mut owner } else { &mut public };
                part.get_or_insert(row);
                *at += 1;
            }
            if let (Some(class), Some(public)) = (class, public) {
                self.push(layout, id, class, public, owner)?;
            }
        }
    }

    fn push(
        &mut self,
        layout: &Layout,
        id: u32,
        class: u8,
        public: &[u32],
        owner: Option<&[u32]>,
    ) -> Result<(), ProtocolError> {
        let record = layout.classes().chosen(class)?;
        let start = self.words.len();
        self.words.resize(start + record.words(), 0);
        record.place(public, Part::Public, &mut self.words[start..]);
        match owner {
            Some(owner) => record.place(owner, Part::Owner, &mut self.words[start..]),
            None => record.fill_exact(&mut self.words[start..]),
        }
        self.ids.push(id);
        self.classes.push(class);
        self.own.push(owner.is_some());
        self.starts.push(start as u32);
        Ok(())
    }
}
