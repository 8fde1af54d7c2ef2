//! What the derive macros make of types: records, words and back, as a game would use them.

use tickwire_netcode::glam::{Quat, Vec2, Vec3};
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::{
    Axis, Classes, Command, Event, FieldKind, Flags, Input, Interpolation, Layout, Part, Replicate, Schema,
};
use tickwire_netcode::{Command, Event, Input, Replicate};

#[derive(Replicate, Clone, Copy, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
enum Team {
    Red,
    Blue,
    Green,
}

const HALF: f32 = 512.0;

#[derive(Replicate, Clone, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    #[rep(step = 0.05, range = -HALF..HALF, snap = 64)]
    pos: Vec2,
    #[rep(angle, bits = 10)]
    heading: f32,
    hp: u8,
    #[rep(range = -5..=5, interpolate = "linear")]
    gear: i32,
    team: Team,
    #[rep(max = 10, once)]
    name: String,
    #[rep(owner, range = 0.0..1.0, bits = 8, interpolate = "none")]
    fuel: f32,
    shield: bool,
    r#type: u16,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Marker;

#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
struct Stick {
    #[rep(range = -1..2)]
    turn: i8,
    thrust: bool,
    #[rep(edge)]
    fire: bool,
    #[rep(edge)]
    jump: bool,
}

#[derive(Event, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
enum Happening {
    Boom {
        #[rep(range = -512..512, step = 1)]
        at: Vec2,
        by: u32,
    },
    RoundOver,
    Said {
        #[rep(max = 120)]
        out: String,
    },
}

#[derive(Command, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
struct Chat {
    #[rep(max = 120)]
    text: String,
}

fn ship() -> Ship {
    Ship {
        pos: Vec2::new(-512.0, 100.05),
        heading: 0.0,
        hp: 200,
        gear: -5,
        team: Team::Green,
        name: "Ada".into(),
        fuel: 1.0,
        shield: true,
        r#type: 65535,
    }
}

#[test]
fn a_class_declares_each_field_as_its_attributes_say() {
    let record = Ship::record();
    assert_eq!(record.name, "Ship");
    let axis = Axis { min: -512.0, step: 0.05, span: 20480 };
    let team = ["Red", "Blue", "Green"].map(String::from).to_vec();
    let fuel = Axis { min: 0.0, step: 1.0 / 255.0, span: 255 };
    let want = [
        ("pos", FieldKind::Vec2 { x: axis, y: axis }, Flags::NONE, Interpolation::LINEAR, 64.0),
        ("heading", FieldKind::Angle { bits: 10 }, Flags::NONE, Interpolation::LINEAR, 0.0),
        ("hp", FieldKind::Integer { min: 0, span: 255 }, Flags::NONE, Interpolation::NONE, 0.0),
        ("gear", FieldKind::Integer { min: -5, span: 10 }, Flags::NONE, Interpolation::LINEAR, 0.0),
        ("team", FieldKind::Enum { variants: team }, Flags::NONE, Interpolation::NONE, 0.0),
        ("name", FieldKind::Text { bytes_max: 10 }, Flags::ONCE, Interpolation::NONE, 0.0),
        ("fuel", FieldKind::Float(fuel), Flags::OWNER, Interpolation::NONE, 0.0),
        ("shield", FieldKind::Flag, Flags::NONE, Interpolation::NONE, 0.0),
        ("type", FieldKind::Integer { min: 0, span: 65535 }, Flags::NONE, Interpolation::NONE, 0.0),
    ];
    assert_eq!(record.fields.len(), want.len());
    for (field, (name, kind, flags, interpolation, snap)) in record.fields.iter().zip(want) {
        assert_eq!(field.name, name);
        assert_eq!(
            (&field.kind, field.flags, field.interpolation, field.snap),
            (&kind, flags, interpolation, snap),
            "{name}"
        );
    }
}

#[test]
fn a_class_goes_to_words_and_back() {
    let (mut words, mut clamped) = (Vec::new(), 0);
    ship().quantize(&mut words, &mut clamped);
    let name = [3, u32::from_le_bytes(*b"Ada\0"), 0, 0];
    let want = [[0, 12241, 0, 200, 0, 2].as_slice(), &name, &[255, 1, 65535]].concat();
    assert_eq!((words.as_slice(), clamped), (want.as_slice(), 0));
    assert_eq!(words.len(), Ship::WORDS);
    assert_eq!(Ship::from_words(&words), ship());
}

#[test]
fn what_does_not_fit_is_clamped_and_counted() {
    let wild = Ship {
        pos: Vec2::new(f32::NAN, 1e9),
        heading: f32::INFINITY,
        gear: 6,
        name: "ÄÄÄÄÄÄ".into(),
        fuel: -0.1,
        ..ship()
    };
    let (mut words, mut clamped) = (Vec::new(), 0);
    wild.quantize(&mut words, &mut clamped);
    assert_eq!(clamped, 6);
    let back = Ship::from_words(&words);
    assert_eq!((back.pos, back.heading, back.gear), (Vec2::new(-512.0, 512.0), 0.0, 5));
    assert_eq!((back.name.as_str(), back.fuel), ("ÄÄÄÄÄ", 0.0));
}

#[test]
fn too_few_words_read_as_zero() {
    let (mut words, mut clamped) = (Vec::new(), 0);
    ship().quantize(&mut words, &mut clamped);
    for n in 0..words.len() {
        Ship::from_words(&words[..n]);
    }
    assert_eq!(Ship::from_words(&[]).team, Team::Red);
}

#[test]
fn edges_are_cleared_merged_and_seen() {
    let pressed = Stick { turn: -1, thrust: true, fire: true, jump: false };
    let mut held = pressed;
    held.clear_edges();
    assert_eq!(held, Stick { fire: false, ..pressed });
    assert!(pressed.edges() && !held.edges());
    held.merge_edges(&Stick { turn: 1, thrust: false, fire: false, jump: true });
    assert_eq!(held, Stick { turn: -1, thrust: true, fire: false, jump: true });
    let record = Stick::record();
    let flags: Vec<_> = record.fields.iter().map(|field| field.flags).collect();
    assert_eq!(flags, [Flags::NONE, Flags::NONE, Flags::EDGE, Flags::EDGE]);
    assert_eq!(record.fields[0].kind, FieldKind::Integer { min: -1, span: 2 });
}

#[derive(Replicate, Clone, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
struct Cube {
    #[rep(range = -8.0..8.0, step = 0.5, owner, exact)]
    place: Vec3,
    #[rep(bits = 9)]
    turn: Quat,
    #[rep(range = -2.0..2.0, step = 0.5, velocity_of = "place")]
    speed: Vec3,
    #[rep(range = -2.0..2.0, step = 0.5, velocity_of = "turn", owner)]
    spin: Vec3,
}

#[test]
fn an_exact_field_is_quantized_for_everyone_and_whole_for_its_owner() {
    let place = Vec3::new(0.3, -8.6, 7.999);
    let cube = Cube { place, turn: Quat::IDENTITY, speed: Vec3::ZERO, spin: Vec3::ONE };
    let (mut words, mut clamped) = (Vec::new(), 0);
    cube.quantize(&mut words, &mut clamped);
    assert_eq!((words.len(), clamped), (Cube::WORDS, 1));
    assert_eq!(words[..3], [17, 0, 32], "to the nearest step");
    assert_eq!(words[3..6], place.to_array().map(f32::to_bits), "as it is, beyond the range as well");
    assert_eq!(Cube::from_words(&words), cube);

    let layout = Layout::new(&Schema::of::<Cube, (), (), ()>().unwrap()).unwrap();
    let record = layout.classes().record(0).unwrap();
    assert_eq!((record.words_of(Part::Public), record.words_of(Part::Owner)), (3 + 4 + 3, 3 + 3));
    record.fill_exact(&mut words);
    assert_eq!(Cube::from_words(&words).place, Vec3::new(0.5, -8.0, 8.0), "what the steps stand for");
}

#[test]
fn a_velocity_names_its_field_and_an_edge_its_companion() {
    let fields = Cube::record().fields;
    assert_eq!(
        fields.iter().map(|field| field.velocity_of).collect::<Vec<_>>(),
        [None, None, Some(0), Some(1)]
    );
    assert_eq!(fields[1].kind, FieldKind::Quat { bits: 9 });
    let fields = Bow::record().fields;
    assert_eq!(fields.iter().map(|field| field.edge_with).collect::<Vec<_>>(), [None, Some(0), None]);
}

#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
#[rep(crate = tickwire_netcode)]
struct Bow {
    #[rep(angle, bits = 8)]
    aim: f32,
    #[rep(edge, with = "aim")]
    shoot: bool,
    #[rep(edge)]
    jump: bool,
}

#[test]
fn an_edge_takes_its_companion_along_and_others_do_not() {
    let now = Bow { aim: 1.0, ..Bow::default() };
    let (mut shot, mut jumped) = (now, now);
    shot.merge_edges(&Bow { aim: 2.0, shoot: true, jump: false });
    jumped.merge_edges(&Bow { aim: 2.0, shoot: false, jump: true });
    assert_eq!(shot, Bow { aim: 2.0, shoot: true, jump: false });
    assert_eq!(jumped, Bow { aim: 1.0, shoot: false, jump: true });
}

#[test]
fn each_variant_of_an_event_is_a_record() {
    let names: Vec<_> = Happening::records().into_iter().map(|record| record.name).collect();
    assert_eq!(names, ["Boom", "RoundOver", "Said"]);
    let events = [
        Happening::Boom { at: Vec2::new(3.0, -512.0), by: u32::MAX },
        Happening::RoundOver,
        Happening::Said { out: "hi".into() },
    ];
    for (index, event) in events.into_iter().enumerate() {
        let (mut words, mut clamped) = (Vec::new(), 0);
        let chosen = event.quantize(&mut words, &mut clamped);
        assert_eq!((usize::from(chosen), clamped), (index, 0));
        assert_eq!(Happening::from_words(chosen, &words), Some(event));
    }
    assert_eq!(Happening::from_words(3, &[]), None);
}

#[test]
fn a_struct_is_a_command_of_one_record() {
    let (mut words, mut clamped) = (Vec::new(), 0);
    assert_eq!(Chat { text: "hello".into() }.quantize(&mut words, &mut clamped), 0);
    assert_eq!(Chat::from_words(0, &words), Some(Chat { text: "hello".into() }));
    assert_eq!(Chat::from_words(1, &words), None);
}

#[test]
fn a_schema_collects_the_types_of_a_game() {
    let schema = Schema::of::<(Ship, Marker), Stick, Happening, Chat>().unwrap();
    let layout = Layout::new(&schema).unwrap();
    assert_eq!(layout.classes().record(0).unwrap().words(), Ship::WORDS);
    assert_eq!((layout.classes().record(1).unwrap().words(), Marker::WORDS), (0, 0));
    assert_eq!(layout.input().words(), Stick::WORDS);
    assert_eq!((layout.events().len(), layout.commands().len()), (3, 1));
    let index = |id| <(Ship, Marker)>::index_of(id);
    assert_eq!(index(core::any::TypeId::of::<Marker>()), Some(1));
    assert_eq!(index(core::any::TypeId::of::<Stick>()), None);
    assert_eq!(Ship::index_of(core::any::TypeId::of::<Ship>()), Some(0));
    assert!(Schema::of::<(), (), (), ()>().unwrap().classes.is_empty());
}

#[derive(Replicate, Debug, PartialEq)]
#[rep(crate = tickwire_netcode)]
struct Hive {
    queen: EntityId,
    keeper: PlayerId,
    #[rep(range = 0..=100)]
    health: u8,
    #[rep(range = -2.0..2.0, step = 0.5)]
    at: Vec2,
    #[rep(max = 3)]
    name: String,
}

fn hive() -> Hive {
    Hive { queen: EntityId(u32::MAX), keeper: PlayerId(7), health: 100, at: Vec2::ZERO, name: "abc".into() }
}

#[test]
fn ids_are_field_values() {
    let (mut words, mut clamped) = (Vec::new(), 0);
    hive().quantize(&mut words, &mut clamped);
    assert_eq!((Hive::from_words(&words), clamped), (hive(), 0));
}

#[test]
fn the_first_field_out_of_its_range_is_named_with_what_it_takes() {
    let say = |hive: Hive| hive.first_clamped().map(|clamped| clamped.to_string());
    for (hive, want) in [
        (hive(), None),
        (Hive { health: 101, ..hive() }, Some("Hive.health = 101, range 0..=100")),
        (Hive { at: Vec2::new(0.0, 3.0), ..hive() }, Some("Hive.at = [0, 3], range -2..=2")),
        (Hive { name: "abcd".into(), ..hive() }, Some("Hive.name = \"abcd\" (4 bytes), at most 3 bytes")),
        (Hive { health: 255, name: "abcd".into(), ..hive() }, Some("Hive.health = 255, range 0..=100")),
    ] {
        assert_eq!(say(hive).as_deref(), want);
    }
}
