//! `slots.json`: snapshots to slots and updates, and to the world that a client has then. PROTOCOL section 6.

use crate::json::{Json, hex, schema};
use crate::{Numbers, check};
use tickwire_netcode::Replicate;
use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::glam::Vec2;
use tickwire_netcode::ids::{CommandSeq, EntityId, PlayerId};
use tickwire_netcode::schema::{Classes, Layout, Replicate as _, Schema};
use tickwire_netcode::snapshot::update::{
    Echo, InputReport, PartKey, UpdateHeader, decode_update, encode_slot, slot_hash,
};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder, World};
use tickwire_netcode::time::{Stamp, Tick};

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    #[rep(range = -512.0..512.0, step = 0.05)]
    pos: Vec2,
    #[rep(angle, bits = 10)]
    heading: f32,
    #[rep(owner)]
    ammo: u8,
    hp: u8,
    #[rep(once, max = 12)]
    name: String,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Rock {
    #[rep(range = 0..5)]
    size: u8,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Flagpole;

fn snapshot_of(ships: &[(u32, u32, Vec2, &str)], rocks: &[u32], poles: &[u32]) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    for &(id, owner, pos, name) in ships {
        let ship = Ship { pos, heading: pos.x, ammo: id as u8, hp: 100, name: name.into() };
        let owner = (owner != 0).then_some(PlayerId(owner));
        builder.put(EntityId(id), 0, owner, 0, |words| ship.quantize(words, &mut 0));
    }
    for &id in rocks {
        let rock = Rock { size: (id % 5) as u8 };
        builder.put(EntityId(id), 1, None, 0, |words| rock.quantize(words, &mut 0));
    }
    for &id in poles {
        builder.put(EntityId(id), 2, Some(PlayerId(1)), 0, |words| Flagpole.quantize(words, &mut 0));
    }
    let snapshot = builder.finish(Tick(1), Snapshot::default());
    assert_eq!(builder.refused(), 0);
    snapshot
}

fn random_snapshot(numbers: &mut Numbers) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    let mut id = 0;
    for _ in 0..numbers.below(60) {
        let gap_bits = numbers.below(20);
        id += 1 + numbers.below(1 << gap_bits);
        let owner = Some(PlayerId(numbers.below(4))).filter(|owner| owner.0 > 0);
        let mut real = |scale: f32| (numbers.u32() as i32 as f32 / i32::MAX as f32) * scale;
        let (pos, heading) = (Vec2::new(real(512.0), real(512.0)), real(10.0));
        let (ammo, hp) = (numbers.u32() as u8, numbers.u32() as u8);
        match numbers.below(3) {
            0 => builder
                .put(EntityId(id), 1, owner, 0, |words| Rock { size: ammo % 5 }.quantize(words, &mut 0)),
            1 => builder.put(EntityId(id), 2, owner, 0, |words| Flagpole.quantize(words, &mut 0)),
            _ => {
                let ship = Ship { pos, heading, ammo, hp, name: format!("ship {id}") };
                builder.put(EntityId(id), 0, owner, 0, |words| ship.quantize(words, &mut 0));
            }
        }
    }
    builder.finish(Tick(1), Snapshot::default())
}

fn entity(id: EntityId, class: u8, owner: (&'static str, Json), words: &[u32]) -> Json {
    Json::Object(vec![("id", id.0.into()), ("class", class.into()), owner, ("words", words.into())])
}

/// A snapshot, the slots and the update that player 1 gets, and the world it has then.
fn case(layout: &Layout, name: &str, header: UpdateHeader, snapshot: &Snapshot) -> Json {
    let entities = (0..snapshot.len()).map(|index| {
        let owner = snapshot.owner(index).map_or(0, |player| player.0);
        entity(snapshot.id(index), snapshot.class(index), ("owner", owner.into()), snapshot.row(index))
    });
    let keys = [(PartKey::Everyone, true), (PartKey::Own(PlayerId(1)), false)];
    let mut message = Vec::new();
    header.encode(&mut message);
    let slots = keys.map(|(key, more)| {
        let start = message.len();
        encode_slot(layout, snapshot, key, more, &mut message);
        let own = Json::from(matches!(key, PartKey::Own(_)));
        let hash = slot_hash(layout, snapshot, key);
        Json::Object(vec![("own", own), ("hash", hash.into()), ("hex", hex(&message[start..]))])
    });

    let mut world = World::new();
    let update = decode_update(&message).unwrap();
    assert_eq!(update.header, header);
    world.apply(layout, &update).unwrap();
    let seen = world.entities().map(|seen| entity(seen.id, seen.class, ("own", seen.own.into()), seen.words));
    Json::Object(vec![
        ("name", name.into()),
        ("entities", Json::List(entities.collect())),
        ("slots", Json::List(slots.into())),
        ("header", header_json(&header)),
        ("message", hex(&message)),
        ("world", Json::List(seen.collect())),
    ])
}

fn header_json(header: &UpdateHeader) -> Json {
    let mut members = vec![
        ("seq", header.seq.into()),
        ("reanchor", header.reanchor.into()),
        ("gate_level", header.gate_level.into()),
        ("tick_delta", header.tick_delta.into()),
        ("server_stamp", header.server_stamp.0.into()),
    ];
    if let Some(input) = header.input {
        members.push(("input_applied", input.applied.into()));
        members.push(("input_margin", input.margin_q4.into()));
    }
    if let Some(command) = header.command_ack {
        members.push(("command_ack", command.0.into()));
    }
    if let Some(echo) = header.echo {
        members.push(("echo", echo.stamp.0.into()));
        members.push(("hold_us", echo.hold_us.into()));
    }
    Json::Object(members)
}

/// An update that must be refused after `full` was applied to an empty world, which must stay as it was.
fn bad(layout: &Layout, full: &[u8], name: &str, message: &[u8], want: ProtocolError) -> Json {
    let mut world = World::new();
    if !full.is_empty() {
        world.apply(layout, &decode_update(full).unwrap()).unwrap();
    }
    let before: Vec<_> = world.entities().map(|entity| format!("{entity:?}")).collect();
    let got = decode_update(message).and_then(|update| world.apply(layout, &update));
    assert_eq!(got, Err(want), "{name}");
    let after: Vec<_> = world.entities().map(|entity| format!("{entity:?}")).collect();
    assert_eq!(before, after, "{name}: the last good state stays");
    Json::Object(vec![("name", name.into()), ("first", hex(full)), ("message", hex(message))])
}

/// An update that applies after `full`, and leaves the world as it was.
fn tolerated(layout: &Layout, full: &[u8], name: &str, message: &[u8]) -> Json {
    let mut world = World::new();
    world.apply(layout, &decode_update(full).unwrap()).unwrap();
    let count = world.len();
    world.apply(layout, &decode_update(message).unwrap()).unwrap();
    assert_eq!(world.len(), count, "{name}");
    Json::Object(vec![("name", name.into()), ("first", hex(full)), ("message", hex(message))])
}

/// A plain header and these bytes.
fn message(slots: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    UpdateHeader { seq: 2, tick_delta: 1, ..Default::default() }.encode(&mut message);
    message.extend_from_slice(slots);
    message
}

fn slot_bytes(layout: &Layout, snapshot: &Snapshot, key: PartKey, more: bool) -> Vec<u8> {
    let mut slot = Vec::new();
    encode_slot(layout, snapshot, key, more, &mut slot);
    slot
}

fn refused(layout: &Layout, snapshot: &Snapshot) -> Vec<Json> {
    let public = slot_bytes(layout, snapshot, PartKey::Everyone, false);
    let full = message(&public);
    let hash = slot_hash(layout, snapshot, PartKey::Everyone);
    let mut other_hash = full.clone();
    let at = full.len() - public.len() + 1;
    other_hash[at] ^= 1;
    let expected = hash ^ 1;
    let reserved = |value| ProtocolError::Reserved { value };
    let with = |index: usize, value: u8| {
        let mut bytes = full.clone();
        bytes[index] = value;
        bytes
    };
    let mut padded = full.clone();
    padded.push(0);
    let too_many = message(&[0x80, 0x80, 0x80, 0x80, 0]);
    let mismatch = ProtocolError::HashMismatch { expected, decoded: hash };
    let other_same = [&[0x22][..], &expected.to_le_bytes()].concat();
    let cases: [(&str, &[u8], Vec<u8>, ProtocolError); 16] = [
        ("another type", &[], with(0, 0x44), ProtocolError::UnknownMessage { kind: 0x44 }),
        ("reserved header flag", &[], with(2, 0x40), reserved(0x40)),
        ("no ticks passed", &[], with(3, 0), reserved(0)),
        ("no slot", &[], message(&[]), ProtocolError::Truncated),
        ("five slots", &[], too_many, ProtocolError::TooLarge { size: 5, max: 4 }),
        ("trailing byte", &[], padded, ProtocolError::TrailingBytes { count: 1 }),
        ("content 3", &[], message(&[0x06]), reserved(0x06)),
        ("omitted with a depth", &[], message(&[0x08]), reserved(0x08)),
        ("same with a model", &[], message(&[0x42, 0]), reserved(0x42)),
        ("same before full", &[], message(&[0x02]), ProtocolError::SameBeforeFull),
        ("own same as public", &full, message(&[0x03]), ProtocolError::SameBeforeFull),
        ("same with another hash", &full, message(&other_same), mismatch),
        ("body with another hash", &full, other_hash, mismatch),
        ("body without a hash", &full, message(&[0x04, 1, 0]), ProtocolError::HashMissing),
        (
            "depth 2 after one point",
            &full,
            message(&[0x14, 1, 0]),
            ProtocolError::DepthUnsupported { depth: 2 },
        ),
        (
            "model 9",
            &full,
            message(&[0x64, 0, 0, 0, 0, 1, 9, 0]),
            ProtocolError::ModelUnsupported { model: 9 },
        ),
    ];
    cases.iter().map(|(name, first, message, want)| bad(layout, first, name, message, *want)).collect()
}

#[test]
fn updates_are_as_recorded() {
    let schema_of = Schema::of::<(Ship, Rock, Flagpole), (), (), ()>().unwrap();
    let layout = Layout::new(&schema_of).unwrap();
    assert_eq!(<(Ship, Rock, Flagpole)>::records(), schema_of.classes);
    let plain = UpdateHeader { seq: 1, tick_delta: 1, server_stamp: Stamp(1_000_000), ..Default::default() };
    let rich = UpdateHeader {
        seq: 255,
        reanchor: true,
        gate_level: 2,
        tick_delta: 300,
        server_stamp: Stamp(u32::MAX),
        input: Some(InputReport { applied: 0xBEEF, margin_q4: -24 }),
        command_ack: Some(CommandSeq(129)),
        echo: Some(Echo { stamp: Stamp(0x0102_0304), hold_us: 16_000 }),
    };
    let input = Some(InputReport { applied: 1, margin_q4: 20 });
    let echo = Some(Echo { stamp: Stamp(5), hold_us: 0 });
    let one = snapshot_of(&[(1, 1, Vec2::new(1.0, -2.0), "Ada")], &[], &[]);
    let far = snapshot_of(&[], &[1, 2, 70_000, u32::MAX], &[]);
    let mixed = snapshot_of(
        &[
            (9, 1, Vec2::new(-512.0, 512.0), "Zoë"),
            (3, 2, Vec2::ZERO, ""),
            (40, 1, Vec2::ONE, "twelve bytes"),
        ],
        &[7, 8, 4],
        &[100, 2],
    );
    let mut cases = vec![
        case(&layout, "empty", plain, &snapshot_of(&[], &[], &[])),
        case(&layout, "one ship of mine", UpdateHeader { input, ..plain }, &one),
        case(&layout, "far ids", UpdateHeader { echo, ..plain }, &far),
        case(&layout, "mixed", rich, &mixed),
    ];
    let mut numbers = Numbers(3);
    cases.extend((0..12).map(|index| {
        let header = UpdateHeader { seq: index, tick_delta: 1 + u32::from(index), ..plain };
        case(&layout, &format!("random {index}"), header, &random_snapshot(&mut numbers))
    }));

    let full = message(&slot_bytes(&layout, &mixed, PartKey::Everyone, false));
    let hash = slot_hash(&layout, &mixed, PartKey::Everyone);
    let same_hash = [&[0xA2][..], &hash.to_le_bytes(), &[0x01]].concat();
    let tolerated = vec![
        tolerated(&layout, &full, "omitted", &message(&[0x00])),
        tolerated(&layout, &full, "same", &message(&[0x02])),
        tolerated(&layout, &full, "same with hash, own omitted", &message(&same_hash)),
        tolerated(&layout, &full, "four slots omitted", &message(&[0x80, 0x81, 0x80, 0])),
        tolerated(&layout, &full, "the same again", &full),
    ];
    check(
        "slots.json",
        &Json::Object(vec![
            ("schema", schema(&schema_of)),
            ("cases", Json::Lines(cases)),
            ("tolerated", Json::Lines(tolerated)),
            ("bad", Json::Lines(refused(&layout, &mixed))),
        ]),
    );
}
