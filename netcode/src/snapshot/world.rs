//! [`World`]: the state that a client's decoder holds.
//!
//! Invariant: it is always the state of one update, verified by its hashes. An update is decoded beside the current state
//! and swapped in when all of it is right; on any error the last good state stays (PROTOCOL section 3.6). Drawing between
//! states is the client's own business.

use super::update::{Content, Slot, Update, decode_body};
use crate::error::ProtocolError;
use crate::hash::Murmur3;
use crate::ids::EntityId;
use crate::limits::SLOTS_MAX;
use crate::schema::{Layout, Part};
use alloc::vec::Vec;

/// The members of one slot, ascending by id; their words are rows of the slot's part.
#[derive(Debug, Default)]
struct SlotState {
    /// No body has been applied: there is nothing that could be the same.
    known: bool,
    own: bool,
    hash: u32,
    ids: Vec<u32>,
    classes: Vec<u8>,
    /// Where each row begins, and one more: the end of the last.
    starts: Vec<u32>,
    words: Vec<u32>,
}

impl SlotState {
    fn clear(&mut self) {
        self.known = false;
        self.ids.clear();
        self.classes.clear();
        self.starts.clear();
        self.words.clear();
    }

    fn row(&self, index: usize) -> &[u32] {
        &self.words[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    fn decode(&mut self, layout: &Layout, slot: &Slot<'_>, body: &[u8]) -> Result<(), ProtocolError> {
        self.clear();
        let expected = slot.hash.ok_or(ProtocolError::HashMissing)?;
        let Self { ids, classes, starts, words, .. } = self;
        let mut hash = Murmur3::new();
        let mut end = 0;
        decode_body(layout, slot.part(), body, words, |id, class, row| {
            ids.push(id);
            classes.push(class);
            starts.push(end);
            end += row.len() as u32;
            hash.word(id);
            hash.word(u32::from(class));
            row.iter().for_each(|&word| hash.word(word));
        })?;
        starts.push(end);
        check_hash(expected, hash.finish())?;
        self.hash = expected;
        self.own = slot.own;
        self.known = true;
        Ok(())
    }
}

fn check_hash(expected: u32, decoded: u32) -> Result<(), ProtocolError> {
    if expected == decoded { Ok(()) } else { Err(ProtocolError::HashMismatch { expected, decoded }) }
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
    /// All words of its record in field order. Those of owner fields are 0 unless it is one's own.
    pub words: &'a [u32],
}

/// What one client has decoded. Allocates only while it grows.
#[derive(Debug, Default)]
pub struct World {
    slots: [SlotState; SLOTS_MAX],
    spare: [SlotState; SLOTS_MAX],
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
        self.slots.iter_mut().for_each(SlotState::clear);
        self.merged.clear();
    }

    /// Applies all slots of an update, or none.
    ///
    /// # Errors
    /// [`ProtocolError`] if any slot does not decode, needs a state that is not held, or has another hash. The state is
    /// then as before; the client answers with Resync.
    pub fn apply(&mut self, layout: &Layout, update: &Update<'_>) -> Result<(), ProtocolError> {
        let mut decoded = [false; SLOTS_MAX];
        for (place, slot) in update.slots().iter().enumerate() {
            let (current, spare) = (&self.slots[place], &mut self.spare[place]);
            match slot.content {
                Content::Omitted => {}
                Content::Same => {
                    if !current.known || current.own != slot.own {
                        return Err(ProtocolError::SameBeforeFull);
                    }
                    check_hash(slot.hash.unwrap_or(current.hash), current.hash)?;
                }
                Content::Body { depth: 0, model: 0, bytes } => {
                    spare.decode(layout, slot, bytes)?;
                    decoded[place] = true;
                }
                Content::Body { depth: 0, model, .. } => {
                    return Err(ProtocolError::ModelUnsupported { model });
                }
                Content::Body { depth, .. } => return Err(ProtocolError::DepthUnsupported { depth }),
            }
        }
        let next: [&SlotState; SLOTS_MAX] =
            core::array::from_fn(
                |place| {
                    if decoded[place] { &self.spare[place] } else { &self.slots[place] }
                },
            );
        self.merged_spare.merge(layout, next)?;

        core::mem::swap(&mut self.merged, &mut self.merged_spare);
        for place in (0..SLOTS_MAX).filter(|&place| decoded[place]) {
            core::mem::swap(&mut self.slots[place], &mut self.spare[place]);
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

    /// The hash of the newest state of a slot, if there is one: 0 is the public one.
    pub fn slot_hash(&self, place: usize) -> Option<u32> {
        self.slots.get(place).filter(|slot| slot.known).map(|slot| slot.hash)
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
    fn merge(&mut self, layout: &Layout, slots: [&SlotState; SLOTS_MAX]) -> Result<(), ProtocolError> {
        self.clear();
        let mut next = [0; SLOTS_MAX];
        loop {
            let heads = slots.iter().zip(&next).filter_map(|(slot, &at)| slot.ids.get(at));
            let Some(&id) = heads.min() else { return Ok(()) };
            let mut class = None;
            let (mut public, mut owner) = (None, None);
            for (slot, at) in slots.iter().zip(&mut next) {
                if slot.ids.get(*at) != Some(&id) {
                    continue;
                }
                if *class.get_or_insert(slot.classes[*at]) != slot.classes[*at] {
                    return Err(ProtocolError::ClassConflict { id });
                }
                let part = if slot.own { &mut owner } else { &mut public };
                part.get_or_insert(slot.row(*at));
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
        record.place(owner.unwrap_or(&[]), Part::Owner, &mut self.words[start..]);
        self.ids.push(id);
        self.classes.push(class);
        self.own.push(owner.is_some());
        self.starts.push(start as u32);
        Ok(())
    }
}
