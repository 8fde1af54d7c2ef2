//! [`PartKey`] and [`Point`]: what selects the members of a slot, and a state that a decoder can hold.
//!
//! Invariant: members and hash of a key are pure functions of the snapshot, so that players with equal keys share bytes.

use super::Snapshot;
use crate::hash::Murmur3;
use crate::ids::PlayerId;
use crate::schema::{Layout, Part, RecordLayout};
use crate::time::Tick;

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
#[inline]
pub fn members(
    key: PartKey,
    snapshot: &Snapshot,
) -> impl ExactSizeIterator<Item = usize> + DoubleEndedIterator + '_ {
    let (places, owned) = match key {
        PartKey::Everyone => (0..snapshot.len(), None),
        PartKey::Own(player) => (snapshot.owned_by(player), Some(&snapshot.owned)),
    };
    places.map(move |place| owned.map_or(place, |owned| owned[place] as usize))
}

/// The hash of a slot: over id, class and the part's words of each member. PROTOCOL section 6.4.
///
/// # Panics
/// If the snapshot was not built with the classes of `layout`: that is a mistake of the room, not of a peer.
pub fn slot_hash(layout: &Layout, snapshot: &Snapshot, key: PartKey) -> u32 {
    let mut hash = Murmur3::new();
    for index in members(key, snapshot) {
        hash.word(snapshot.ids[index]);
        hash.word(u32::from(snapshot.classes[index]));
        record_of(layout, snapshot, index).hash(snapshot.row(index), key.part(), &mut hash);
    }
    hash.finish()
}

#[inline]
pub(super) fn record_of<'l>(layout: &'l Layout, snapshot: &Snapshot, index: usize) -> &'l RecordLayout {
    layout.classes().record(snapshot.classes[index]).expect("a snapshot is encoded by the layout of its room")
}
