//! `FullSize`: what an update would have cost in full, for exactly the state that it brought.
//!
//! The decoded world is encoded again at depth 0, with the header as it came. So both sizes are of the same states in
//! the same run, and the server needs no switch.

use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::schema::Layout;
use tickwire_netcode::snapshot::update::{PartKey, Update, encode_slot};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder, World};
use tickwire_netcode::time::Tick;

#[derive(Default)]
pub(crate) struct FullSize {
    builder: SnapshotBuilder,
    snapshot: Snapshot,
    bytes: Vec<u8>,
}

impl FullSize {
    /// Bytes of the update that brings `world` to `player` in full; `update` is the one that has just been applied.
    ///
    /// `layout` is the one of the room that both are from.
    pub(crate) fn of(
        &mut self,
        layout: &Layout,
        world: &World,
        player: PlayerId,
        update: &Update<'_>,
    ) -> usize {
        for entity in world.entities() {
            let owner = entity.own.then_some(player);
            self.builder.put(entity.id, entity.class, owner, 0, |row| row.extend_from_slice(entity.words));
        }
        self.snapshot = self.builder.finish(Tick(0), std::mem::take(&mut self.snapshot));
        self.bytes.clear();
        update.header.encode(&mut self.bytes);
        let slots = update.slots();
        for (place, slot) in slots.iter().enumerate() {
            let key = if slot.own { PartKey::Own(player) } else { PartKey::Everyone };
            encode_slot(layout, &self.snapshot, key, place + 1 < slots.len(), &mut self.bytes);
        }
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use tickwire_netcode::ids::EntityId;
    use tickwire_netcode::schema::{Record, Replicate as _, Schema};
    use tickwire_netcode::snapshot::update::{UpdateHeader, decode_update};
    use tickwire_netcode::{Replicate, schema};

    use super::*;

    #[derive(Replicate)]
    #[rep(crate = tickwire_netcode)]
    struct Ship {
        hp: u8,
        #[rep(owner)]
        ammo: u16,
    }

    #[test]
    fn an_update_in_full_is_as_long_as_it_came() {
        let nothing = Record { name: "Nothing".into(), fields: vec![] };
        let schema =
            Schema { classes: vec![Ship::record()], input: nothing, events: vec![], commands: vec![] };
        let layout = schema::Layout::new(&schema).expect("a good schema");
        let me = PlayerId(4);
        let mut builder = SnapshotBuilder::new();
        for id in 1..40 {
            let ship = Ship { hp: id as u8, ammo: 3 * id as u16 };
            let owner = [None, Some(me), Some(PlayerId(5))][id as usize % 3];
            builder.put(EntityId(id), 0, owner, 0, |row| ship.quantize(row, &mut 0));
        }
        let snapshot = builder.finish(Tick(7), Snapshot::default());
        let mut message = Vec::new();
        UpdateHeader { seq: 1, tick_delta: 1, ..UpdateHeader::default() }.encode(&mut message);
        encode_slot(&layout, &snapshot, PartKey::Everyone, true, &mut message);
        encode_slot(&layout, &snapshot, PartKey::Own(me), false, &mut message);
        let update = decode_update(&message).expect("just encoded");
        let mut world = World::new();
        world.apply(&layout, &update).expect("just encoded");
        let mut full = FullSize::default();
        for _ in 0..2 {
            assert_eq!(full.of(&layout, &world, me, &update), message.len());
        }
    }
}
