//! `deltas.json`: one client's slots over many updates, each coded against what it held. PROTOCOL sections 6.1 and 6.3.

use std::sync::Arc;

use crate::json::{Json, hex, schema};
use crate::{Numbers, check};
use tickwire_netcode::Replicate;
use tickwire_netcode::bits::Writer;
use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::glam::{Quat, Vec3};
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::{Layout, Replicate as _, Schema};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan, UpdateHeader, decode_update};
use tickwire_netcode::snapshot::{BodyCache, Chain, History, Snapshot, SnapshotBuilder, World};
use tickwire_netcode::time::Tick;

#[derive(Replicate, Clone)]
#[rep(crate = tickwire_netcode)]
struct Cube {
    #[rep(range = -64.0..64.0, step = 0.01, owner, exact)]
    place: Vec3,
    #[rep(bits = 9)]
    turn: Quat,
    #[rep(range = -8.0..8.0, step = 0.05, velocity_of = "place")]
    speed: Vec3,
    awake: bool,
    #[rep(max = 8, once)]
    name: String,
    #[rep(max = 8)]
    mood: String,
    #[rep(owner)]
    ammo: u8,
    serial: u32,
}

/// One field that changes: its mask is not written.
#[derive(Replicate, Clone)]
#[rep(crate = tickwire_netcode)]
struct Dot {
    at: u16,
}

#[derive(Replicate, Clone)]
#[rep(crate = tickwire_netcode)]
struct Post;

#[derive(Clone)]
enum Thing {
    Cube(Cube),
    Dot(Dot),
    Post,
}

struct Member {
    id: u32,
    owner: u32,
    thing: Thing,
}

const KEYS: [PartKey; 2] = [PartKey::Everyone, PartKey::Own(PlayerId(1))];

fn snapshot_of(tick: u32, members: &[Member]) -> Arc<Snapshot> {
    let mut builder = SnapshotBuilder::new();
    for member in members {
        let owner = (member.owner != 0).then_some(PlayerId(member.owner));
        let id = EntityId(member.id);
        match &member.thing {
            Thing::Cube(cube) => builder.put(id, 0, owner, 0, |words| cube.quantize(words, &mut 0)),
            Thing::Dot(dot) => builder.put(id, 1, owner, 0, |words| dot.quantize(words, &mut 0)),
            Thing::Post => builder.put(id, 2, owner, 0, |words| Post.quantize(words, &mut 0)),
        }
    }
    Arc::new(builder.finish(Tick(tick), Snapshot::default()))
}

fn real(numbers: &mut Numbers, scale: f32) -> f32 {
    (numbers.u32() as i32 as f32 / i32::MAX as f32) * scale
}

fn vec3(numbers: &mut Numbers, scale: f32) -> Vec3 {
    Vec3::new(real(numbers, scale), real(numbers, scale), real(numbers, scale))
}

fn new_thing(numbers: &mut Numbers) -> Thing {
    match numbers.below(4) {
        0 => Thing::Dot(Dot { at: numbers.u32() as u16 }),
        1 => Thing::Post,
        _ => Thing::Cube(Cube {
            place: vec3(numbers, 64.0),
            turn: Quat::from_vec4(vec3(numbers, 1.0).extend(0.5)),
            speed: vec3(numbers, 8.0),
            awake: true,
            name: ["", "Ada", "Zoë", "12345678"][numbers.below(4) as usize].into(),
            mood: String::new(),
            ammo: 3,
            serial: numbers.u32(),
        }),
    }
}

fn change(thing: &mut Thing, numbers: &mut Numbers) {
    match thing {
        Thing::Dot(dot) => dot.at = dot.at.wrapping_add_signed(real(numbers, 40.0) as i16),
        Thing::Post => {}
        Thing::Cube(cube) => {
            cube.place += vec3(numbers, 0.5);
            match numbers.below(6) {
                0 => cube.turn *= Quat::from_vec4(vec3(numbers, 0.1).extend(1.0)).normalize(),
                1 => cube.mood = ["glad", "sad", "größer", ""][numbers.below(4) as usize].into(),
                2 => cube.awake = !cube.awake,
                3 => cube.ammo = cube.ammo.wrapping_add(1),
                4 => cube.serial = cube.serial.wrapping_add(numbers.u32() >> numbers.below(32)),
                _ => cube.speed += vec3(numbers, 0.3),
            }
        }
    }
}

fn advance(members: &mut Vec<Member>, next_id: &mut u32, numbers: &mut Numbers) {
    if numbers.below(5) == 0 {
        return; // Nothing happens: the slots are the same.
    }
    members.retain(|_| numbers.below(30) != 0);
    for member in members.iter_mut().filter(|member| !member.id.is_multiple_of(3)) {
        match numbers.below(24) {
            0 => member.owner = numbers.below(3),
            1 => member.thing = new_thing(numbers),
            2..12 => change(&mut member.thing, numbers),
            _ => {}
        }
    }
    for _ in 0..numbers.below(3) {
        *next_id += 1 + numbers.below(4);
        members.push(Member { id: *next_id, owner: numbers.below(3), thing: new_thing(numbers) });
    }
    if numbers.below(6) == 0 {
        let id = 1 + numbers.below(10);
        if members.iter().all(|member| member.id != id) {
            members.push(Member { id, owner: 1, thing: new_thing(numbers) });
        }
    }
}

/// What the client holds after an update.
fn held(world: &World) -> [(&'static str, Json); 2] {
    let entities = world.entities().map(|entity| {
        Json::Object(vec![
            ("id", entity.id.0.into()),
            ("class", entity.class.into()),
            ("own", entity.own.into()),
            ("words", entity.words.into()),
        ])
    });
    let hashes = (0..2).filter_map(|place| world.slot_hash(place)).map(Json::from);
    [("world", Json::List(entities.collect())), ("hashes", Json::List(hashes.collect()))]
}

/// The updates of one client, of which some are skipped and some find that their baseline has left the ring.
fn steps(layout: &Layout, numbers: &mut Numbers) -> Vec<Json> {
    let mut history = History::new(5, usize::MAX);
    let (mut bodies, mut chains, mut world) = (BodyCache::default(), [Chain::default(); 2], World::new());
    let (mut members, mut next_id, mut steps) = (Vec::new(), 10, Vec::new());
    let mut tick_delta = 0;
    for tick in 1..=90 {
        advance(&mut members, &mut next_id, numbers);
        let snapshot = snapshot_of(tick, &members);
        history.push(Arc::clone(&snapshot));
        tick_delta += 1;
        if numbers.below(3) == 0 || (30..38).contains(&tick) {
            continue;
        }
        let mut message = Vec::new();
        UpdateHeader { seq: steps.len() as u8 + 1, tick_delta, ..Default::default() }.encode(&mut message);
        tick_delta = 0;
        let mut told = Vec::new();
        for (place, key) in KEYS.into_iter().enumerate() {
            let body = chains[place].body_key(key, Tick(tick), &history);
            bodies.clear();
            let coded = bodies.body(layout, &history, &body);
            let hash = chains[place].hash_due(&body).then(|| bodies.hash(layout, &history, &body));
            let plan = SlotPlan { body, same: coded.same, hash, bytes: bodies.bytes(&coded) };
            plan.encode(place == 0, &mut message);
            chains[place].push(&body, hash.is_some());
            told.push(Json::from(if coded.same {
                "same"
            } else {
                ["full", "delta"][usize::from(body.depth)]
            }));
        }
        world.apply(layout, &decode_update(&message).unwrap()).unwrap();
        assert_eq!(world.slot_hash(0), Some(snapshot.state_hash(layout)));
        let mut step = vec![("slots", Json::List(told)), ("hex", hex(&message))];
        step.extend(held(&world));
        steps.push(Json::Object(step));
    }
    steps
}

/// An update of the public slot by hand: its slot byte, and the bits of its body.
fn by_hand(slot: u8, bits: &[(u32, u32)]) -> Vec<u8> {
    let (mut message, mut body) = (Vec::new(), Vec::new());
    UpdateHeader { seq: 2, tick_delta: 1, ..Default::default() }.encode(&mut message);
    let mut w = Writer::new(&mut body);
    bits.iter().for_each(|&(value, n)| w.bits(value, n));
    w.finish();
    message.extend_from_slice(&[slot, body.len() as u8]);
    message.extend_from_slice(&body);
    message
}

/// Values and how many bits each takes.
type Bits = Vec<(u32, u32)>;

const DEPTH_1: u8 = 0x0C;
const DEPTH_2: u8 = 0x14;
/// The gamma codes of 1, 2 and 3.
const ONE: (u32, u32) = (1, 1);
const TWO: (u32, u32) = (0b010, 3);
const THREE: (u32, u32) = (0b110, 3);
/// A changed dot whose difference is 1, in a quarter of its 16 bits.
const CHANGED: [(u32, u32); 3] = [(0, 1), (0, 2), (1, 4)];
const LEFT: (u32, u32) = (0b001, 3);

/// What every client takes, though servers of this form do not send it. `first` is the dots 5 and 9.
fn tolerated(layout: &Layout, first: &[u8]) -> Vec<Json> {
    let teleported = (0b011, 3);
    let [_, quarter, difference] = CHANGED;
    let same = by_hand(0x02, &[]);
    let same = same[..same.len() - 1].to_vec();
    let cases: [(&str, Vec<Vec<u8>>); 6] = [
        ("a jump", vec![by_hand(DEPTH_1, &[ONE, teleported, (1, 1), quarter, difference, TWO, ONE])]),
        ("a jump without a change", vec![by_hand(DEPTH_1, &[TWO, teleported, (0, 1), ONE])]),
        ("nothing changed", vec![by_hand(DEPTH_1, &[THREE, ONE])]),
        ("all left", vec![by_hand(DEPTH_1, &[ONE, LEFT, ONE, (0b101, 3), ONE])]),
        (
            "depth 2 after two points",
            vec![same, by_hand(DEPTH_2, &[ONE, CHANGED[0], quarter, difference, TWO, ONE])],
        ),
        (
            "one enters between",
            // Not after the last one; id 7, class 1, 16 bits.
            vec![by_hand(DEPTH_1, &[THREE, TWO, (0, 1), (0b11100, 5), (1, 2), (77, 16)])],
        ),
    ];
    let case = |(name, messages): (&str, Vec<Vec<u8>>)| {
        let mut world = World::new();
        for message in std::iter::once(first).chain(messages.iter().map(Vec::as_slice)) {
            let applied = decode_update(message).and_then(|update| world.apply(layout, &update));
            assert_eq!(applied, Ok(()), "{name}");
        }
        let messages = messages.iter().map(|message| hex(message)).collect();
        let mut case = vec![("name", name.into()), ("first", hex(first)), ("messages", Json::List(messages))];
        case.extend(held(&world));
        Json::Object(case)
    };
    cases.into_iter().map(case).collect()
}

fn bad(layout: &Layout, first: &[u8]) -> Vec<Json> {
    let reserved = |value| ProtocolError::Reserved { value };
    let enter = |id: &[(u32, u32)]| [&[THREE, TWO, (0, 1)], id, &[(1, 2), (77, 16)]].concat();
    let huge = (0u32, 20);
    let cases: [(&str, u8, Bits, ProtocolError); 12] = [
        ("a reserved change", DEPTH_1, vec![ONE, (0b111, 3), TWO, ONE], reserved(7)),
        (
            "more stay than there are",
            DEPTH_1,
            vec![(0b100, 3), (0, 2), ONE],
            ProtocolError::TooLarge { size: 3, max: 2 },
        ),
        ("nothing at all", DEPTH_1, vec![], ProtocolError::Truncated),
        ("no count of enters", DEPTH_1, vec![THREE], ProtocolError::Truncated),
        ("ends in a change", DEPTH_1, vec![ONE, CHANGED[0], CHANGED[1]], ProtocolError::Truncated),
        ("padding", DEPTH_1, vec![THREE, ONE, (1, 1)], ProtocolError::PaddingNotZero),
        ("trailing byte", DEPTH_1, vec![THREE, ONE, (0, 12)], ProtocolError::TrailingBytes { count: 1 }),
        ("one enters that stays", DEPTH_1, enter(&[(0b01100, 5)]), ProtocolError::DuplicateEntity { id: 5 }),
        (
            "class that is not there",
            DEPTH_1,
            vec![THREE, TWO, (1, 1), ONE, (3, 2)],
            ProtocolError::UnknownRecord { index: 3, count: 3 },
        ),
        (
            "ids past 32 bits",
            DEPTH_1,
            vec![THREE, TWO, (1, 1), (0, 31), (1, 1), (u32::MAX, 31)],
            ProtocolError::BadGamma,
        ),
        (
            "more than fit",
            DEPTH_1,
            vec![THREE, huge, (1, 1), (0, 20), (1, 1)],
            ProtocolError::TooLarge { size: (1 << 20) - 1, max: 65_536 },
        ),
        ("depth 2 after one point", DEPTH_2, vec![THREE, ONE], ProtocolError::DepthUnsupported { depth: 2 }),
    ];
    let case = |(name, slot, bits, want): (&str, u8, Bits, ProtocolError)| {
        let message = by_hand(slot, &bits);
        let mut world = World::new();
        world.apply(layout, &decode_update(first).unwrap()).unwrap();
        let before = world.slot_hash(0);
        let got = decode_update(&message).and_then(|update| world.apply(layout, &update));
        assert_eq!(got, Err(want), "{name}");
        assert_eq!(world.slot_hash(0), before, "{name}: the last good state stays");
        Json::Object(vec![("name", name.into()), ("first", hex(first)), ("message", hex(&message))])
    };
    let mut list: Vec<Json> = cases.into_iter().map(case).collect();
    let own = by_hand(DEPTH_1 | 1, &[THREE, ONE]);
    let mut world = World::new();
    world.apply(layout, &decode_update(first).unwrap()).unwrap();
    let got = decode_update(&own).and_then(|update| world.apply(layout, &update));
    assert_eq!(got, Err(ProtocolError::DepthUnsupported { depth: 1 }));
    list.push(Json::Object(vec![
        ("name", "another kind of slot".into()),
        ("first", hex(first)),
        ("message", hex(&own)),
    ]));
    list
}

#[test]
fn deltas_are_as_recorded() {
    let schema_of = Schema::of::<(Cube, Dot, Post), (), (), ()>().unwrap();
    let layout = Layout::new(&schema_of).unwrap();
    let steps = steps(&layout, &mut Numbers(5));
    let dot = |id, at| Member { id, owner: 0, thing: Thing::Dot(Dot { at }) };
    let dots = snapshot_of(1, &[dot(5, 500), dot(9, 900)]);
    let (mut first, mut bytes) = (Vec::new(), Vec::new());
    UpdateHeader { seq: 1, tick_delta: 1, ..Default::default() }.encode(&mut first);
    SlotPlan::full(&layout, &dots, PartKey::Everyone, &mut bytes).encode(false, &mut first);
    check(
        "deltas.json",
        &Json::Object(vec![
            ("schema", schema(&schema_of)),
            ("steps", Json::Lines(steps)),
            ("tolerated", Json::Lines(tolerated(&layout, &first))),
            ("bad", Json::Lines(bad(&layout, &first))),
        ]),
    );
}
