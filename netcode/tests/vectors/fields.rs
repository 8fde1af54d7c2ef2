//! `fields.json`: values of records to words, to bits, and back. PROTOCOL section 4.

use crate::json::{Json, hex, record};
use crate::{Numbers, check};
use tickwire_netcode::Replicate;
use tickwire_netcode::bits::{Reader, Writer};
use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::glam::{Quat, Vec2, Vec3};
use tickwire_netcode::schema::{Layout, Part, Record, Replicate as _, Schema};

#[derive(Replicate, Clone, Copy, Debug)]
#[rep(crate = tickwire_netcode)]
enum Team {
    Red,
    Green,
    Blue,
}

/// One field of each kind, and the corners of each.
#[derive(Replicate, Clone, Debug)]
#[rep(crate = tickwire_netcode)]
struct Everything {
    #[rep(range = -512.0..512.0, step = 0.05)]
    pos: Vec2,
    #[rep(range = 0.0..1.0, bits = 7)]
    fuel: f32,
    #[rep(range = -1.0..2.0, step = 0.7)]
    uneven: f32,
    #[rep(angle, bits = 10)]
    heading: f32,
    #[rep(angle, bits = 24)]
    fine: f32,
    small: u8,
    signed: i16,
    full: i32,
    unsigned: u32,
    #[rep(range = -3..=3)]
    gear: i8,
    #[rep(range = 7..8)]
    fixed: u8,
    flag: bool,
    team: Team,
    #[rep(max = 10)]
    name: String,
    #[rep(owner)]
    ammo: u16,
    #[rep(range = -8.0..8.0, step = 0.125)]
    place: Vec3,
    #[rep(bits = 9)]
    turn: Quat,
    #[rep(range = -8.0..8.0, bits = 8, owner, exact, velocity_of = "pos")]
    speed: Vec2,
}

const TYPICAL: Everything = Everything {
    pos: Vec2::new(-512.0, 100.05),
    fuel: 0.5,
    uneven: 0.4,
    heading: 1.0,
    fine: 3.0,
    small: 200,
    signed: -2,
    full: -1,
    unsigned: 1,
    gear: -3,
    fixed: 7,
    flag: true,
    team: Team::Blue,
    name: String::new(),
    ammo: 30,
    place: Vec3::new(1.0, -2.06, 8.0),
    turn: Quat::from_xyzw(0.1, -0.7, 0.2, 0.1),
    speed: Vec2::new(0.3, -7.7),
};

fn vec2(value: Vec2) -> Json {
    Json::List(vec![value.x.into(), value.y.into()])
}

/// Values by field name; an enum is the name of its variant.
fn values(of: &Everything) -> Json {
    let team = format!("{:?}", of.team);
    Json::Object(vec![
        ("pos", vec2(of.pos)),
        ("fuel", of.fuel.into()),
        ("uneven", of.uneven.into()),
        ("heading", of.heading.into()),
        ("fine", of.fine.into()),
        ("small", of.small.into()),
        ("signed", of.signed.into()),
        ("full", of.full.into()),
        ("unsigned", of.unsigned.into()),
        ("gear", of.gear.into()),
        ("fixed", of.fixed.into()),
        ("flag", of.flag.into()),
        ("team", team.as_str().into()),
        ("name", of.name.as_str().into()),
        ("ammo", of.ammo.into()),
        ("place", Json::List(of.place.to_array().map(Json::from).to_vec())),
        ("turn", Json::List(of.turn.to_array().map(Json::from).to_vec())),
        ("speed", vec2(of.speed)),
    ])
}

fn layout(class: Record) -> Layout {
    let input = Record::declared("Input", &[]);
    let schema = Schema { classes: vec![class], input, events: Vec::new(), commands: Vec::new() };
    Layout::new(&schema).unwrap()
}

fn bits_of(layout: &Layout, words: &[u32], part: Part) -> Vec<u8> {
    let (mut bytes, record) = (Vec::new(), layout.classes().record(0).unwrap());
    let mut w = Writer::new(&mut bytes);
    record.encode(words, part, &mut w);
    w.finish();
    let (mut r, mut back) = (Reader::new(&bytes), Vec::new());
    record.decode(part, &mut r, &mut back).unwrap();
    r.finish().unwrap();
    assert_eq!(back.len(), record.words_of(part));
    if part == Part::All {
        assert_eq!(back, words);
    }
    bytes
}

fn row(layout: &Layout, name: &str, value: &Everything) -> Json {
    let (mut words, mut clamped) = (Vec::new(), 0);
    value.quantize(&mut words, &mut clamped);
    let part = |part| hex(&bits_of(layout, &words, part));
    Json::Object(vec![
        ("name", name.into()),
        ("values", values(value)),
        ("words", words.as_slice().into()),
        ("clamped", clamped.into()),
        ("back", values(&Everything::from_words(&words))),
        ("all", part(Part::All)),
        ("public", part(Part::Public)),
        ("owner", part(Part::Owner)),
    ])
}

fn random_row(numbers: &mut Numbers) -> Everything {
    let mut real = |scale: f32| (numbers.u32() as i32 as f32 / i32::MAX as f32) * scale;
    let reals = [600.0, 600.0, 1.1, 2.1, 20.0, 1e6].map(&mut real);
    let place = [9.0; 3].map(&mut real);
    let turn = [1.0; 4].map(&mut real);
    let speed = [9.0; 2].map(&mut real);
    Everything {
        pos: Vec2::new(reals[0], reals[1]),
        fuel: reals[2],
        uneven: reals[3],
        heading: reals[4],
        fine: reals[5],
        small: numbers.u32() as u8,
        signed: numbers.u32() as i16,
        full: numbers.u32() as i32,
        unsigned: numbers.u32(),
        gear: numbers.below(9) as i8 - 4,
        fixed: numbers.below(2) as u8 + 7,
        flag: numbers.below(2) == 1,
        team: [Team::Red, Team::Green, Team::Blue][numbers.below(3) as usize],
        name: ["", "Ada", "Zoë", "0123456789", "日本語", "too long a name", "naïveté\u{1F680}", "a\"b\\c\n"]
            [numbers.below(8) as usize]
            .into(),
        ammo: numbers.u32() as u16,
        place: Vec3::from_array(place),
        turn: Quat::from_array(turn),
        speed: Vec2::from_array(speed),
    }
}

fn bad(layout: &Layout, name: &str, words: Bits<'_>, want: ProtocolError) -> Json {
    let mut bytes = Vec::new();
    let mut w = Writer::new(&mut bytes);
    words.iter().for_each(|&(value, n)| w.bits(value, n));
    w.finish();
    let (mut r, mut out) = (Reader::new(&bytes), Vec::new());
    let got =
        layout.classes().record(0).unwrap().decode(Part::All, &mut r, &mut out).and_then(|()| r.finish());
    assert_eq!(got, Err(want), "{name}");
    Json::Object(vec![("name", name.into()), ("all", hex(&bytes))])
}

/// Values and how many bits each takes.
type Bits<'a> = &'a [(u32, u32)];

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Narrow {
    lit: bool,
    #[rep(range = 0..6)]
    die: u8,
    team: Team,
    #[rep(max = 5)]
    word: String,
}

#[test]
fn fields_are_as_recorded() {
    let all = layout(Everything::record());
    let mut rows = vec![
        row(&all, "typical", &TYPICAL),
        row(&all, "text", &Everything { name: "Ada".into(), ..TYPICAL }),
        row(&all, "text of all bytes", &Everything { name: "0123456789".into(), ..TYPICAL }),
        row(&all, "text that is cut at a character", &Everything { name: "ÄÄÄÄÄÄ".into(), ..TYPICAL }),
        row(
            &all,
            "not a number",
            &Everything { pos: Vec2::NAN, fuel: f32::NAN, heading: f32::NAN, ..TYPICAL },
        ),
        row(
            &all,
            "infinite",
            &Everything {
                pos: Vec2::new(f32::INFINITY, f32::NEG_INFINITY),
                heading: f32::INFINITY,
                ..TYPICAL
            },
        ),
        row(
            &all,
            "beyond the ends",
            &Everything { pos: Vec2::new(1e30, -512.1), gear: 4, fixed: 9, ..TYPICAL },
        ),
        row(&all, "ends", &Everything { pos: Vec2::new(512.0, -512.0), fuel: 1.0, uneven: 2.0, ..TYPICAL }),
        row(&all, "halfway goes up", &Everything { pos: Vec2::new(0.025, -0.025), uneven: -0.65, ..TYPICAL }),
        row(&all, "a turn is none", &Everything { heading: core::f32::consts::TAU, fine: -1e-9, ..TYPICAL }),
        row(&all, "turning left", &Everything { heading: -1.0, fine: -100.0, ..TYPICAL }),
        row(&all, "many turns", &Everything { heading: 1e9, fine: -1e30, ..TYPICAL }),
        row(
            &all,
            "largest integers",
            &Everything { full: i32::MAX, unsigned: u32::MAX, signed: 32767, ..TYPICAL },
        ),
        row(
            &all,
            "smallest integers",
            &Everything { full: i32::MIN, unsigned: 0, signed: -32768, ..TYPICAL },
        ),
    ];
    rows.extend([
        row(&all, "no rotation", &Everything { turn: Quat::from_array([0.0; 4]), ..TYPICAL }),
        row(&all, "identity", &Everything { turn: Quat::IDENTITY, ..TYPICAL }),
        row(&all, "half turn", &Everything { turn: Quat::from_xyzw(0.0, 0.0, -3.0, 0.0), ..TYPICAL }),
        row(&all, "equal components", &Everything { turn: Quat::from_xyzw(-0.5, -0.5, 0.5, 0.5), ..TYPICAL }),
    ]);
    let mut numbers = Numbers(2);
    rows.extend((0..40).map(|index| row(&all, &format!("random {index}"), &random_row(&mut numbers))));

    let narrow = layout(Narrow::record());
    let over = |word, max| ProtocolError::WordOutOfRange { word, max };
    let (lit, die, team, empty) = ((1, 1), (5, 3), (2, 2), (0, 3));
    let trailing = ProtocolError::TrailingBytes { count: 1 };
    let cases: [(&str, Bits<'_>, ProtocolError); 8] = [
        ("word above its span", &[lit, (6, 3), team, empty], over(6, 5)),
        ("variant that is not there", &[lit, die, (3, 2), empty], over(3, 2)),
        ("text above its bytes", &[lit, die, team, (6, 3), (0, 32), (0, 16)], over(6, 5)),
        ("text that is not UTF-8", &[lit, die, team, (1, 3), (0xFF, 8)], ProtocolError::BadText),
        ("half a character", &[lit, die, team, (1, 3), (0xC3, 8)], ProtocolError::BadText),
        ("text that ends early", &[lit, die, team, (5, 3), (0x6161_6161, 32)], ProtocolError::Truncated),
        ("padding", &[lit, die, team, empty, (1, 7)], ProtocolError::PaddingNotZero),
        ("trailing byte", &[lit, die, team, empty, (0, 15)], trailing),
    ];
    let refused = cases.iter().map(|(name, words, want)| bad(&narrow, name, words, *want)).collect();
    check(
        "fields.json",
        &Json::Object(vec![
            ("record", record(&Everything::record())),
            ("rows", Json::Lines(rows)),
            ("bad_record", record(&Narrow::record())),
            ("bad", Json::Lines(refused)),
        ]),
    );
}
