//! Where players are, for events that only those nearby hear.
//!
//! A player's place is the first `Vec2` field of the first entity (lowest id) it owns in the snapshot. Invariant: reads the
//! quantized snapshot and nothing else, so that a replay finds the same players.

use glam::Vec2;
use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::schema::{Axis, Field, FieldKind, Schema};
use tickwire_netcode::snapshot::Snapshot;

/// The field of a class that says where its entity is.
struct Place {
    /// Word of the x coordinate in the class's record; y follows.
    word: usize,
    x: Axis,
    y: Axis,
}

/// The places of all classes of a kind, by class index; `None` for a class without a `Vec2`.
pub(crate) struct Places(Vec<Option<Place>>);

impl Places {
    pub(crate) fn of(schema: &Schema) -> Self {
        Self(schema.classes.iter().map(|class| place(&class.fields)).collect())
    }

    /// Writes to `out` the place of each of `players` (ascending), `None` where unknown.
    pub(crate) fn locate(
        &self,
        snapshot: &Snapshot,
        players: impl Iterator<Item = PlayerId>,
        out: &mut Vec<(PlayerId, Option<Vec2>)>,
    ) {
        out.clear();
        out.extend(players.map(|player| (player, None)));
        for index in 0..snapshot.len() {
            let Some(owner) = snapshot.owner(index) else { continue };
            let Some(Some(place)) = self.0.get(usize::from(snapshot.class(index))) else { continue };
            let Ok(player) = out.binary_search_by_key(&owner, |(player, _)| *player) else { continue };
            if out[player].1.is_none() {
                let words = &snapshot.row(index)[place.word..];
                out[player].1 = Some(Vec2::new(place.x.value(words[0]), place.y.value(words[1])));
            }
        }
    }
}

/// Whether a player at `place` hears an event at `at`; one whose place is unknown hears it.
pub(crate) fn hears(place: Option<Vec2>, at: Vec2, radius: f32) -> bool {
    place.is_none_or(|place| place.distance_squared(at) <= radius * radius)
}

fn place(fields: &[Field]) -> Option<Place> {
    let mut word = 0;
    for field in fields {
        if let FieldKind::Vec2 { x, y } = field.kind {
            return Some(Place { word, x, y });
        }
        word += field.words();
    }
    None
}
