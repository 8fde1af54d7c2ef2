//! Random worlds from snapshot to a client's state, and what a client refuses. Exact bytes are in `tests/vectors/slots.json`.

use super::update::{Content, PartKey, UpdateHeader, decode_update, encode_slot, members, slot_hash};
use super::{Snapshot, SnapshotBuilder, World};
use crate::bits::tests::property;
use crate::error::ProtocolError;
use crate::ids::{EntityId, PlayerId};
use crate::schema::tests::{record, row};
use crate::schema::{Flags, Layout, Part, Record, Schema};
use crate::time::Tick;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// An entity as a game puts it.
#[derive(Clone, PartialEq, Debug)]
struct Put {
    id: u32,
    class: u8,
    owner: u32,
    row: Vec<u32>,
}

fn schema_of(classes: Vec<Record>) -> Schema {
    Schema { classes, input: Record::declared("Input", &[]), events: vec![], commands: vec![] }
}

fn snapshot_of(puts: &[Put]) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    for put in puts {
        let owner = Some(PlayerId(put.owner)).filter(|owner| owner.0 != 0);
        builder.put(EntityId(put.id), put.class, owner, 0, |words| words.extend_from_slice(&put.row));
    }
    builder.finish(Tick(7), Snapshot::default())
}

fn world_of(classes: &[Record], shape: &[(u32, u8, u32)], seed: &mut u32) -> Vec<Put> {
    let mut id = 0u32;
    shape
        .iter()
        .map(|&(gap, class, owner)| {
            id += gap;
            let class = class % classes.len() as u8;
            Put { id, class, owner, row: row(&classes[usize::from(class)], seed) }
        })
        .collect()
}

const ME: PlayerId = PlayerId(1);

/// The update that player 1 gets: the public and the own slot.
fn message_of(layout: &Layout, snapshot: &Snapshot) -> Vec<u8> {
    let mut message = Vec::new();
    UpdateHeader { seq: 1, tick_delta: 1, ..Default::default() }.encode(&mut message);
    encode_slot(layout, snapshot, PartKey::Everyone, true, &mut message);
    encode_slot(layout, snapshot, PartKey::Own(ME), false, &mut message);
    message
}

fn apply(world: &mut World, layout: &Layout, message: &[u8]) -> Result<(), ProtocolError> {
    world.apply(layout, &decode_update(message)?)
}

/// What player 1 should see, from the puts alone: whole rows, but without what only other owners see.
fn seen(classes: &[Record], puts: &[Put]) -> Vec<Put> {
    let mut seen = puts.to_vec();
    seen.sort_by_key(|put| put.id);
    for put in &mut seen {
        let own = put.owner == ME.0;
        put.owner = u32::from(own);
        let mut words = put.row.as_mut_slice();
        for field in &classes[usize::from(put.class)].fields {
            let (row, rest) = words.split_at_mut(field.words());
            words = rest;
            if own || !field.flags.contains(Flags::OWNER) {
                continue;
            }
            if !field.flags.contains(Flags::EXACT) {
                row.fill(0);
                continue;
            }
            let one = Record { name: "One".into(), fields: vec![field.clone()] };
            Layout::new(&schema_of(vec![one])).unwrap().classes().record(0).unwrap().fill_exact(row);
        }
    }
    seen
}

fn held(world: &World) -> Vec<Put> {
    world
        .entities()
        .map(|entity| Put {
            id: entity.id.0,
            class: entity.class,
            owner: u32::from(entity.own),
            row: entity.words.to_vec(),
        })
        .collect()
}

fn classes() -> impl Strategy<Value = Vec<Record>> {
    (record("A"), record("B"), record("C"), 1..=3usize).prop_map(|(a, b, c, count)| {
        let mut classes = vec![a, b, c];
        classes.truncate(count);
        classes
    })
}

fn shape() -> impl Strategy<Value = Vec<(u32, u8, u32)>> {
    let gap = prop_oneof![Just(1), 1..100u32, 1..10_000_000u32];
    prop::collection::vec((gap, 0..3u8, 0..3u32), 0..25)
}

proptest! {
    #![proptest_config(property(200))]

    #[test]
    fn a_client_holds_what_the_snapshot_shows_it(
        classes in classes(), shapes in prop::collection::vec(shape(), 1..4), mut seed: u32,
    ) {
        let layout = Layout::new(&schema_of(classes.clone())).unwrap();
        let mut world = World::new();
        for shape in shapes {
            let mut puts = world_of(&classes, &shape, &mut seed);
            puts.reverse();
            let snapshot = snapshot_of(&puts);
            apply(&mut world, &layout, &message_of(&layout, &snapshot)).unwrap();
            prop_assert_eq!(held(&world), seen(&classes, &puts));
            prop_assert_eq!(world.slot_hash(0), Some(snapshot.state_hash(&layout)));
            prop_assert_eq!(world.slot_hash(1), Some(slot_hash(&layout, &snapshot, PartKey::Own(ME))));
            for put in &puts {
                prop_assert_eq!(world.get(EntityId(put.id)).map(|entity| entity.class), Some(put.class));
            }
            prop_assert!(world.get(EntityId(0)).is_none());
        }
    }

    #[test]
    fn a_damaged_update_leaves_the_last_good_state(classes in classes(), shape in shape(), mut seed: u32) {
        let layout = Layout::new(&schema_of(classes.clone())).unwrap();
        let puts = world_of(&classes, &shape, &mut seed);
        let message = message_of(&layout, &snapshot_of(&puts));
        let mut world = World::new();
        apply(&mut world, &layout, &message).unwrap();
        let good = held(&world);
        for end in 0..message.len() {
            prop_assert_eq!(apply(&mut world, &layout, &message[..end]), Err(ProtocolError::Truncated));
        }
        for byte in [0, 1, 0xFF] {
            let trailing = [&message[..], &[byte]].concat();
            prop_assert_eq!(apply(&mut world, &layout, &trailing), Err(ProtocolError::TrailingBytes { count: 1 }));
        }
        // Behind the header, one flipped bit is another length, another state or another hash. The kind of a slot is not
        // hashed: a slot without words may be of either.
        let second = slots(&layout, &[(&snapshot_of(&puts), PartKey::Everyone)]).len();
        for bit in (8 * 8..message.len() * 8).filter(|&bit| bit != 8 * 8 && bit != second * 8) {
            let mut damaged = message.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(apply(&mut world, &layout, &damaged).is_err(), "bit {}", bit);
        }
        prop_assert_eq!(held(&world), good);
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..80), classes in classes()) {
        let layout = Layout::new(&schema_of(classes)).unwrap();
        let mut world = World::new();
        let mut message = Vec::new();
        UpdateHeader { tick_delta: 1, ..Default::default() }.encode(&mut message);
        message.extend_from_slice(&[0x24, 0, 0, 0, 0, bytes.len() as u8]);
        message.extend_from_slice(&bytes);
        prop_assert!(apply(&mut world, &layout, &message).is_err() || world.slot_hash(0) == Some(0));
        let _ = apply(&mut world, &layout, &bytes);
    }
}

/// Two classes: one public byte; one public and one owner byte.
fn two_classes() -> (Vec<Record>, Layout) {
    let byte = |name, flags| {
        crate::schema::tests::field(name, crate::schema::FieldKind::Integer { min: 0, span: 255 }, flags)
    };
    let rock = Record { name: "Rock".into(), fields: vec![byte("size", Flags::NONE)] };
    let fields = vec![byte("ammo", Flags::OWNER), byte("hp", Flags::NONE)];
    let classes = vec![rock, Record { name: "Ship".into(), fields }];
    let layout = Layout::new(&schema_of(classes.clone())).unwrap();
    (classes, layout)
}

fn put(id: u32, class: u8, owner: u32, row: &[u32]) -> Put {
    Put { id, class, owner, row: row.to_vec() }
}

fn slots(layout: &Layout, list: &[(&Snapshot, PartKey)]) -> Vec<u8> {
    let mut message = Vec::new();
    UpdateHeader { tick_delta: 1, ..Default::default() }.encode(&mut message);
    for (index, (snapshot, key)) in list.iter().enumerate() {
        encode_slot(layout, snapshot, *key, index + 1 < list.len(), &mut message);
    }
    message
}

#[test]
fn owner_words_reach_their_owner_only() {
    let (_, layout) = two_classes();
    let snapshot = snapshot_of(&[put(1, 1, 1, &[30, 100]), put(2, 1, 2, &[40, 90]), put(3, 0, 1, &[7])]);
    let mut world = World::new();
    apply(&mut world, &layout, &message_of(&layout, &snapshot)).unwrap();
    assert_eq!(held(&world), [put(1, 1, 1, &[30, 100]), put(2, 1, 0, &[0, 90]), put(3, 0, 1, &[7])]);
    let own: Vec<_> = members(PartKey::Own(ME), &snapshot).collect();
    assert_eq!(own, [0, 2], "an entity without owner fields is a member as well");
}

#[test]
fn the_members_of_a_key_are_found_among_many_owners() {
    let owners = [3, 0, 1, 3, 2, 1, 0, 3, u32::MAX];
    let puts: Vec<_> = owners.iter().zip(1..).map(|(&owner, id)| put(id, 0, owner, &[0])).collect();
    let snapshot = snapshot_of(&puts);
    for player in [0, 1, 2, 3, 4, u32::MAX] {
        let want: Vec<_> = (0..owners.len()).filter(|&at| player != 0 && owners[at] == player).collect();
        let found = members(PartKey::Own(PlayerId(player)), &snapshot);
        assert_eq!((found.len(), found.collect::<Vec<_>>()), (want.len(), want), "player {player}");
    }
    assert!(members(PartKey::Everyone, &snapshot).eq(0..owners.len()));
    assert_eq!(members(PartKey::Own(ME), &Snapshot::default()).len(), 0);
}

#[test]
fn an_entity_in_several_slots_lives_while_in_any() {
    let (_, layout) = two_classes();
    let [near, far] = [&[(1, 5), (3, 6)][..], &[(2, 7), (3, 6)]]
        .map(|list| snapshot_of(&list.iter().map(|&(id, word)| put(id, 0, 0, &[word])).collect::<Vec<_>>()));
    let none = snapshot_of(&[]);
    let everyone = PartKey::Everyone;
    let mut world = World::new();
    for (first, second, ids) in
        [(&near, &far, &[1, 2, 3][..]), (&none, &far, &[2, 3]), (&near, &none, &[1, 3]), (&none, &none, &[])]
    {
        apply(&mut world, &layout, &slots(&layout, &[(first, everyone), (second, everyone)])).unwrap();
        assert_eq!(world.entities().map(|entity| entity.id.0).collect::<Vec<_>>(), ids);
    }
}

#[test]
fn an_own_entity_that_no_public_slot_shows_is_not_drawn() {
    let (_, layout) = two_classes();
    let mine = snapshot_of(&[put(1, 1, 1, &[30, 100])]);
    let mut world = World::new();
    let message = slots(&layout, &[(&snapshot_of(&[]), PartKey::Everyone), (&mine, PartKey::Own(ME))]);
    apply(&mut world, &layout, &message).unwrap();
    assert!(world.is_empty());
}

#[test]
fn two_classes_for_one_entity_are_an_error_that_changes_nothing() {
    let (_, layout) = two_classes();
    let (rock, ship) = (snapshot_of(&[put(4, 0, 1, &[1])]), snapshot_of(&[put(4, 1, 1, &[1, 2])]));
    let mut world = World::new();
    apply(&mut world, &layout, &slots(&layout, &[(&rock, PartKey::Everyone)])).unwrap();
    let conflict = slots(&layout, &[(&ship, PartKey::Everyone), (&rock, PartKey::Own(ME))]);
    assert_eq!(apply(&mut world, &layout, &conflict), Err(ProtocolError::ClassConflict { id: 4 }));
    assert_eq!(held(&world), [put(4, 0, 0, &[1])]);
}

#[test]
fn an_error_in_the_second_slot_takes_back_the_first() {
    let (_, layout) = two_classes();
    let before = snapshot_of(&[put(1, 0, 0, &[1])]);
    let after = snapshot_of(&[put(2, 0, 0, &[2])]);
    let mut world = World::new();
    apply(&mut world, &layout, &message_of(&layout, &before)).unwrap();
    let mut message = message_of(&layout, &after);
    // The own slot is empty: slot byte, hash, length 1 and a count of 0.
    let hash_at = message.len() - 6;
    message[hash_at] ^= 0x10;
    let mismatch = ProtocolError::HashMismatch { expected: 0x10, decoded: 0 };
    assert_eq!(apply(&mut world, &layout, &message), Err(mismatch));
    assert_eq!(held(&world), [put(1, 0, 0, &[1])]);
    assert_eq!(world.slot_hash(0), Some(before.state_hash(&layout)));
}

#[test]
fn a_cleared_world_holds_nothing_that_could_be_the_same() {
    let (_, layout) = two_classes();
    let mut world = World::new();
    apply(&mut world, &layout, &message_of(&layout, &snapshot_of(&[put(1, 0, 0, &[1])]))).unwrap();
    world.clear();
    assert_eq!((world.len(), world.slot_hash(0)), (0, None));
    let mut same = Vec::new();
    UpdateHeader { tick_delta: 1, ..Default::default() }.encode(&mut same);
    same.push(0x02);
    assert_eq!(apply(&mut world, &layout, &same), Err(ProtocolError::SameBeforeFull));
}

#[test]
fn an_update_is_full_if_all_it_carries_is_in_full() {
    let (_, layout) = two_classes();
    let none = snapshot_of(&[]);
    let everyone = slots(&layout, &[(&none, PartKey::Everyone)]);
    let followed_by = |slot: &[u8]| {
        let mut message = everyone.clone();
        message[8] |= 0x80;
        message.extend_from_slice(slot);
        message
    };
    for (message, full) in [
        (everyone.clone(), true),
        (slots(&layout, &[(&none, PartKey::Everyone), (&none, PartKey::Own(ME))]), true),
        (followed_by(&[0x01]), true),
        (followed_by(&[0x03]), false),
        (followed_by(&[0x0D, 0]), false),
        ([&everyone[..8], &[0x00]].concat(), false),
    ] {
        assert_eq!(decode_update(&message).unwrap().is_full(), full, "{message:x?}");
    }
}

#[test]
fn a_declared_count_allocates_nothing() {
    let (_, layout) = two_classes();
    for (count, want) in [
        (&[0xFF, 0xFF, 0x03][..], ProtocolError::Truncated),
        (&[0x81, 0x80, 0x04], ProtocolError::TooLarge { size: 65_537, max: 65_536 }),
    ] {
        let mut message = Vec::new();
        UpdateHeader { tick_delta: 1, ..Default::default() }.encode(&mut message);
        message.extend_from_slice(&[0x24, 0, 0, 0, 0, 3]);
        message.extend_from_slice(count);
        assert_eq!(apply(&mut World::new(), &layout, &message), Err(want));
    }
}

#[test]
fn ids_stop_at_the_end_of_32_bits() {
    let (_, layout) = two_classes();
    let last = snapshot_of(&[put(1, 0, 0, &[0]), put(u32::MAX, 0, 0, &[0])]);
    let mut world = World::new();
    apply(&mut world, &layout, &message_of(&layout, &last)).unwrap();
    assert_eq!(world.entities().map(|entity| entity.id.0).max(), Some(u32::MAX));

    let mut body = Vec::new();
    let mut w = crate::bits::Writer::new(&mut body);
    w.varint(2);
    for gap in [u32::MAX, 1] {
        w.gamma(gap);
        w.bits(0, 1 + 8);
    }
    w.finish();
    let mut message = Vec::new();
    UpdateHeader { tick_delta: 1, ..Default::default() }.encode(&mut message);
    message.extend_from_slice(&[0x24, 0, 0, 0, 0, body.len() as u8]);
    message.extend_from_slice(&body);
    assert_eq!(apply(&mut world, &layout, &message), Err(ProtocolError::BadGamma));
}

#[test]
fn the_first_put_of_an_id_counts_and_refusals_are_counted() {
    let mut builder = SnapshotBuilder::new();
    for (id, owner, word) in [(5, 0, 50), (2, 3, 20), (5, 4, 51), (0, 0, 1), (9, 0, 90)] {
        let owner = Some(PlayerId(owner)).filter(|owner| owner.0 != 0);
        builder.put(EntityId(id), 1, owner, id, |words| words.extend([word, word + 1]));
    }
    let snapshot = builder.finish(Tick(3), Snapshot::default());
    assert_eq!((builder.refused(), snapshot.tick(), snapshot.len()), (2, Tick(3), 3));
    let rows: Vec<_> = (0..3)
        .map(|at| (snapshot.id(at).0, snapshot.owner(at), snapshot.sets(at), snapshot.row(at)))
        .collect();
    assert_eq!(
        rows,
        [(2, Some(PlayerId(3)), 2, &[20, 21][..]), (5, None, 5, &[50, 51]), (9, None, 9, &[90, 91])]
    );
    assert_eq!((snapshot.find(EntityId(9)), snapshot.find(EntityId(4))), (Some(2), None));
}

#[test]
fn buffers_are_recycled() {
    let mut builder = SnapshotBuilder::new();
    let mut fill = |tick, recycled| {
        (1..=100).for_each(|id| builder.put(EntityId(101 - id), 0, None, 0, |words| words.push(tick)));
        builder.finish(Tick(tick), recycled)
    };
    let first = fill(1, Snapshot::default());
    let buffers =
        |snapshot: &Snapshot| (snapshot.ids.as_ptr(), snapshot.starts.as_ptr(), snapshot.words.as_ptr());
    let before = buffers(&first);
    let second = fill(2, first);
    assert_eq!(buffers(&second), before);
    assert_eq!((second.tick(), second.row(0)), (Tick(2), &[2][..]));
}

#[test]
fn the_bytes_of_a_slot_are_framed_by_a_length_of_any_size() {
    let (_, layout) = two_classes();
    for count in [0, 1, 40, 60, 70, 10_000] {
        let puts: Vec<_> = (1..=count).map(|id| put(id, 0, 0, &[id % 256])).collect();
        let message = slots(&layout, &[(&snapshot_of(&puts), PartKey::Everyone)]);
        let update = decode_update(&message).unwrap();
        let Content::Body { depth: 0, model: 0, bytes } = update.slots()[0].content else { panic!("a body") };
        // Count, then for each entity one bit of gap, one of class and eight of size.
        let count_bits = if count < 128 { 8 } else { 16 };
        assert_eq!(bytes.len(), (count_bits + count as usize * 10).div_ceil(8), "{count} entities");
        assert_eq!(update.slots()[0].part(), Part::Public);
        let mut world = World::new();
        world.apply(&layout, &update).unwrap();
        assert_eq!(world.len(), count as usize);
    }
}
