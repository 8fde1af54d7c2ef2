//! [`Snapshot`]: the immutable quantized state of a whole room at the end of a tick.

use super::point::{PartKey, slot_hash};
use crate::ids::{EntityId, PlayerId};
use crate::schema::Layout;
use crate::time::Tick;
use alloc::vec::Vec;
use core::ops::Range;

/// Entities in ascending order of their ids, as columns; an entity is named by its index.
///
/// Words are rows laid end to end, not columns: an update walks whole entities. Values are final: clamped and quantized.
/// An empty one (`Snapshot::default()`) is the seed for `SnapshotBuilder::finish`, which recycles buffers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    pub(super) tick: Tick,
    pub(super) ids: Vec<u32>,
    pub(super) classes: Vec<u8>,
    /// The owning player, 0 for none.
    pub(super) owners: Vec<u32>,
    pub(super) sets: Vec<u32>,
    /// Sticky grid cells; all 0 until views have grids.
    pub(super) cells: Vec<u32>,
    /// Where each row begins in `words`, and one more: the end of the last.
    pub(super) starts: Vec<u32>,
    pub(super) words: Vec<u32>,
    /// The indices of owned entities, by owner and then by id: an own slot must not cost a walk over the room.
    pub(super) owned: Vec<u32>,
}

impl Snapshot {
    /// The tick at whose end this was the state.
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no entities.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id of an entity.
    pub fn id(&self, index: usize) -> EntityId {
        EntityId(self.ids[index])
    }

    /// The class of an entity: an index into the schema's classes.
    pub fn class(&self, index: usize) -> u8 {
        self.classes[index]
    }

    /// The player that owns an entity.
    pub fn owner(&self, index: usize) -> Option<PlayerId> {
        Some(PlayerId(self.owners[index])).filter(|owner| owner.0 != 0)
    }

    /// The sets that an entity is in, as bits.
    pub fn sets(&self, index: usize) -> u32 {
        self.sets[index]
    }

    /// The grid cell of an entity.
    pub fn cell(&self, index: usize) -> u32 {
        self.cells[index]
    }

    /// All words of an entity, public and owner's, in field order.
    #[inline]
    pub fn row(&self, index: usize) -> &[u32] {
        &self.words[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    /// What it costs in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        let rows = self.ids.len() * 4 * 5 + self.classes.len();
        size_of::<Self>() + rows + (self.words.len() + self.owned.len()) * 4
    }

    /// The places in `owned` of a player's entities.
    pub(super) fn owned_by(&self, player: PlayerId) -> Range<usize> {
        let owner = |&index: &u32| self.owners[index as usize];
        let start = self.owned.partition_point(|index| owner(index) < player.0);
        let count = self.owned[start..].partition_point(|index| owner(index) == player.0);
        start..start + count
    }

    /// The index of an entity.
    pub fn find(&self, id: EntityId) -> Option<usize> {
        self.ids.binary_search(&id.0).ok()
    }

    /// The hash over everyone's public words: what the public slot carries. PROTOCOL section 6.4.
    pub fn state_hash(&self, layout: &Layout) -> u32 {
        slot_hash(layout, self, PartKey::Everyone)
    }
}
