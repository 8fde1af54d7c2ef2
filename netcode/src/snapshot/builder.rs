//! [`SnapshotBuilder`]: collects entities in any order and sorts them into a [`Snapshot`].

use super::Snapshot;
use crate::ids::{EntityId, PlayerId};
use crate::limits;
use crate::time::Tick;
use alloc::vec::Vec;

/// An entity that was put, and its row in the builder's words.
#[derive(Clone, Copy, Debug)]
struct Put {
    id: u32,
    class: u8,
    owner: u32,
    sets: u32,
    /// Its place in the order of puts.
    order: u32,
    start: u32,
    end: u32,
}

/// Why an entity was not taken into a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Its id is 0.
    NoId,
    /// The id was put before in the same snapshot.
    Twice(EntityId),
    /// There are [`limits::ENTITIES_MAX`] already.
    TooMany,
}

/// Builds one snapshot after the other; its buffers stay.
#[derive(Debug, Default)]
pub struct SnapshotBuilder {
    puts: Vec<Put>,
    words: Vec<u32>,
    refused: u64,
    refusal: Option<Refusal>,
}

impl SnapshotBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entity; `fill` appends its row: the words of all fields of its class in order.
    ///
    /// An entity with id 0, or above the limit of a snapshot, is refused and counted; `fill` is not called then.
    pub fn put(
        &mut self,
        id: EntityId,
        class: u8,
        owner: Option<PlayerId>,
        sets: u32,
        fill: impl FnOnce(&mut Vec<u32>),
    ) {
        if id.0 == 0 || self.puts.len() == limits::ENTITIES_MAX {
            self.refused += 1;
            self.refusal.get_or_insert(if id.0 == 0 { Refusal::NoId } else { Refusal::TooMany });
            return;
        }
        let start = self.words.len() as u32;
        fill(&mut self.words);
        let end = self.words.len() as u32;
        let owner = owner.map_or(0, |player| player.0);
        let order = self.puts.len() as u32;
        self.puts.push(Put { id: id.0, class, owner, sets, order, start, end });
    }

    /// Sorts what was put since the last call into a snapshot that takes over the buffers of `recycled`.
    ///
    /// If an id was put twice the first one counts and the other is refused. Allocates only while buffers grow.
    pub fn finish(&mut self, tick: Tick, recycled: Snapshot) -> Snapshot {
        // With the order in the key no two are equal: unstable sorting allocates nothing and loses nothing.
        self.puts.sort_unstable_by_key(|put| (put.id, put.order));
        let put_count = self.puts.len();
        let refusal = &mut self.refusal;
        self.puts.dedup_by(|later, first| {
            if later.id == first.id {
                refusal.get_or_insert(Refusal::Twice(EntityId(later.id)));
            }
            later.id == first.id
        });
        self.refused += (put_count - self.puts.len()) as u64;

        let mut snapshot = recycled;
        snapshot.tick = tick;
        snapshot.ids.clear();
        snapshot.classes.clear();
        snapshot.owners.clear();
        snapshot.sets.clear();
        snapshot.cells.clear();
        snapshot.starts.clear();
        snapshot.words.clear();
        snapshot.owned.clear();
        for (index, put) in self.puts.iter().enumerate() {
            if put.owner != 0 {
                snapshot.owned.push(index as u32);
            }
            snapshot.ids.push(put.id);
            snapshot.classes.push(put.class);
            snapshot.owners.push(put.owner);
            snapshot.sets.push(put.sets);
            snapshot.cells.push(0);
            snapshot.starts.push(snapshot.words.len() as u32);
            snapshot.words.extend_from_slice(&self.words[put.start as usize..put.end as usize]);
        }
        snapshot.starts.push(snapshot.words.len() as u32);
        let owners = &snapshot.owners;
        snapshot.owned.sort_unstable_by_key(|&index| (owners[index as usize], index));
        self.puts.clear();
        self.words.clear();
        snapshot
    }

    /// Entities refused so far: id 0, an id that was put before in the same tick, or too many.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Why the first of them was refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }
}
