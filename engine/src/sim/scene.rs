//! Where a game shows its entities, once per snapshot.
//!
//! Immediate mode: the game shows everything that lives, the engine finds out what is new, changed or gone. Invariant:
//! what ends up in the snapshot is final, quantized integers; nothing later looks at the game's floats.

use core::any::{TypeId, type_name};

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::Replicate;
use tickwire_netcode::snapshot::SnapshotBuilder;

use super::oversights::Oversights;

/// Collects the live entities of a room, see [`Game::replicate`](crate::game::Game::replicate).
pub struct Scene<'a> {
    builder: &'a mut SnapshotBuilder,
    index_of: fn(TypeId) -> Option<u8>,
    oversights: &'a mut Oversights,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        builder: &'a mut SnapshotBuilder,
        index_of: fn(TypeId) -> Option<u8>,
        oversights: &'a mut Oversights,
    ) -> Self {
        Self { builder, index_of, oversights }
    }

    /// Shows an entity that belongs to nobody.
    ///
    /// An id shown twice in one snapshot counts once: the first stays. Values outside their range are clamped, NaN becomes
    /// the start of the range.
    ///
    /// # Panics
    ///
    /// When the class of `entity` is missing from `Game::Entities`; this ends the room.
    #[track_caller]
    pub fn put<T: Replicate + 'static>(&mut self, id: EntityId, entity: &T) {
        self.show(id, None, entity);
    }

    /// Shows an entity that belongs to a player, who alone receives its `owner` fields.
    ///
    /// # Panics
    ///
    /// As [`Scene::put`].
    #[track_caller]
    pub fn put_owned<T: Replicate + 'static>(&mut self, id: EntityId, player: PlayerId, entity: &T) {
        self.show(id, Some(player), entity);
    }

    #[track_caller]
    fn show<T: Replicate + 'static>(&mut self, id: EntityId, owner: Option<PlayerId>, entity: &T) {
        let Some(class) = (self.index_of)(TypeId::of::<T>()) else {
            panic!(
                "{0} is shown but not declared: add it to `type Entities = (.., {0})` of the game",
                type_name::<T>()
            );
        };
        self.oversights.shown(class, owner.is_some());
        let mut clamped = 0;
        self.builder.put(id, class, owner, 0, |words| entity.quantize(words, &mut clamped));
        if clamped > 0 {
            self.oversights.clamped = self.oversights.clamped.saturating_add(clamped);
            self.oversights.clamped(|| entity.first_clamped());
        }
    }
}
