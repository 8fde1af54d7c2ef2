//! Schemas that are refused, quantization at its corners, and random records there and back.

use super::coding::{angle, quantize_angle};
use super::*;
use crate::bits::tests::property;
use crate::bits::{Reader, Writer};
use crate::error::ProtocolError;
use crate::hash::Murmur3;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

pub(crate) fn field(name: &str, kind: FieldKind, flags: Flags) -> Field {
    let interpolation = Interpolation::NONE;
    let (edge_with, velocity_of) = (None, None);
    Field { name: name.into(), kind, flags, interpolation, snap: 0.0, edge_with, velocity_of, tolerance: 0 }
}

fn class_of(fields: Vec<Field>) -> Schema {
    let classes = vec![Record { name: "Ship".into(), fields }];
    Schema { classes, input: Record::declared("Input", &[]), events: vec![], commands: vec![] }
}

fn kind() -> impl Strategy<Value = FieldKind> {
    let span = (any::<u32>(), 0..32u32).prop_map(|(value, shift)| value >> shift);
    let axis = span.clone().prop_map(|span| Axis { min: -4.0, step: 0.25, span });
    let variants = (1..300usize).prop_map(|count| vec![String::from("V"); count.min(256)]);
    prop_oneof![
        span.prop_map(|span| FieldKind::Integer { min: 0, span }),
        axis.clone().prop_map(FieldKind::Float),
        Just(FieldKind::Flag),
        variants.prop_map(|variants| FieldKind::Enum { variants }),
        (1..=24u8).prop_map(|bits| FieldKind::Angle { bits }),
        (axis.clone(), axis.clone()).prop_map(|(x, y)| FieldKind::Vec2 { x, y }),
        (axis.clone(), axis.clone(), axis).prop_map(|(x, y, z)| FieldKind::Vec3 { x, y, z }),
        (4..=20u8).prop_map(|bits| FieldKind::Quat { bits }),
        (1..=40u8).prop_map(|bytes_max| FieldKind::Text { bytes_max }),
    ]
}

/// A record of any kinds and owner flags.
pub(crate) fn record(name: &'static str) -> impl Strategy<Value = Record> {
    prop::collection::vec((kind(), 0..4u8), 0..7).prop_map(move |kinds| {
        let fields = kinds.into_iter().enumerate().map(|(index, (kind, owner))| {
            let flags = match owner {
                0 | 1 => Flags::NONE,
                2 if kind.numbers() > 0 => Flags::OWNER.with(Flags::EXACT),
                _ => Flags::OWNER,
            };
            field(&alloc::format!("f{index}"), kind, flags)
        });
        Record { name: name.into(), fields: fields.collect() }
    })
}

/// Words that fit a record, from any numbers.
pub(crate) fn row(record: &Record, seed: &mut u32) -> Vec<u32> {
    let mut words = Vec::new();
    let mut below = |max: u32| {
        *seed = seed.wrapping_mul(0x9E37_79B1).rotate_left(13) ^ 0x5bd1_e995;
        // The largest word is the corner that matters most.
        if *seed & 0x700 == 0 { max } else { (u64::from(*seed) % (u64::from(max) + 1)) as u32 }
    };
    for field in &record.fields {
        match field.kind {
            FieldKind::Integer { span, .. } | FieldKind::Float(Axis { span, .. }) => words.push(below(span)),
            FieldKind::Flag => words.push(below(1)),
            FieldKind::Enum { ref variants } => words.push(below(variants.len() as u32 - 1)),
            FieldKind::Angle { bits } => words.push(below((1 << bits) - 1)),
            FieldKind::Vec2 { x, y } => words.extend([below(x.span), below(y.span)]),
            FieldKind::Text { bytes_max } => {
                let length = below(u32::from(bytes_max)) as usize;
                let text: String = core::iter::repeat_n('ä', length / 2).collect();
                String::quantize(&text, &Coding::Text { bytes_max }, &mut words, &mut 0);
            }
            FieldKind::Vec3 { x, y, z } => words.extend([below(x.span), below(y.span), below(z.span)]),
            FieldKind::Quat { bits } => {
                words.push(below(3));
                words.extend([0; 3].map(|_| below((1 << bits) - 2)));
            }
        }
        if field.flags.contains(Flags::EXACT) {
            words.extend((0..field.kind.numbers()).map(|_| below(u32::MAX)));
        }
    }
    words
}

fn encoded(record: &RecordLayout, row: &[u32], part: Part) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut w = Writer::new(&mut bytes);
    record.encode(row, part, &mut w);
    w.finish();
    bytes
}

proptest! {
    #![proptest_config(property(300))]

    #[test]
    fn any_row_survives_its_bits(record in record("Ship"), mut seed: u32) {
        let row = row(&record, &mut seed);
        let schema = Schema { classes: vec![record], ..class_of(vec![]) };
        let layout = Layout::new(&schema).unwrap();
        let record = layout.classes().record(0).unwrap();
        prop_assert_eq!(record.words(), row.len());
        prop_assert_eq!(record.words_of(Part::Public) + record.words_of(Part::Owner), row.len());

        let mut placed = vec![0; row.len()];
        for part in [Part::Public, Part::Owner, Part::All] {
            let bytes = encoded(record, &row, part);
            prop_assert!(bytes.len() <= record.bits_max(part).div_ceil(8) as usize);
            let (mut r, mut words) = (Reader::new(&bytes), Vec::new());
            record.decode(part, &mut r, &mut words).unwrap();
            r.finish().unwrap();
            let (mut direct, mut decoded) = (Murmur3::new(), Murmur3::new());
            record.hash(&row, part, &mut direct);
            words.iter().for_each(|&word| decoded.word(word));
            prop_assert_eq!(direct.finish(), decoded.finish());
            if part == Part::All {
                // Both parts together are the whole row.
                prop_assert_eq!(&placed, &row);
                prop_assert_eq!(&words, &row);
            }
            record.place(&words, part, &mut placed);
            for end in 0..bytes.len() {
                let mut r = Reader::new(&bytes[..end]);
                prop_assert_eq!(record.decode(part, &mut r, &mut Vec::new()), Err(ProtocolError::Truncated));
            }
        }
    }

    #[test]
    fn a_record_decodes_any_bytes_without_panic(record in record("Ship"), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let schema = Schema { classes: vec![record], ..class_of(vec![]) };
        let layout = Layout::new(&schema).unwrap();
        let record = layout.classes().record(0).unwrap();
        let (mut r, mut words) = (Reader::new(&bytes), Vec::new());
        if record.decode(Part::All, &mut r, &mut words).is_ok() && r.clone().finish().is_ok() {
            prop_assert_eq!(encoded(record, &words, Part::All), bytes, "one state, one encoding");
        }
    }

    #[test]
    fn quantizing_is_off_by_half_a_step_at_most(value in -512.0f32..=512.0, step in 0.01f64..9.0) {
        let axis = Axis::over(-512.0, 512.0, step);
        let mut clamped = 0;
        let word = axis.quantize(value, &mut clamped);
        prop_assert_eq!(clamped, 0);
        prop_assert!((f64::from(axis.value(word)) - f64::from(value)).abs() <= step / 2.0 + 1e-4);
        prop_assert_eq!(axis.quantize(axis.value(word), &mut clamped), word, "a quantized value stays");
    }

    #[test]
    fn angles_wrap_to_the_nearest(value in -1000.0f32..1000.0, bits in 1..=16u8) {
        let word = quantize_angle(value, bits, &mut 0);
        let back = angle(word, bits);
        prop_assert!((0.0..core::f32::consts::TAU).contains(&back));
        let off = (f64::from(value) - f64::from(back)) / core::f64::consts::TAU;
        let to_whole = (off - (off + 1e6 + 0.5) as u64 as f64 + 1e6).abs();
        prop_assert!(to_whole <= 0.5 / f64::from(1u32 << bits) + 1e-6, "{} turns off", to_whole);
    }
}

#[test]
fn an_axis_ends_where_its_range_does() {
    for (min, max, step, span) in [
        (-512.0, 512.0, 0.05, 20480),
        (0.0, 1.0, 0.1, 10),
        (0.0, 1.0, 0.3, 4),
        (0.0, 0.3, 0.1, 3),
        (0.0, 1.1, 0.1, 11),
        (0.0, 1.0, 2.0, 1),
        (-1e6, 1e6, 0.001, 2_000_000_000),
    ] {
        let axis = Axis::over(min, max, step);
        assert_eq!(axis.span, span, "{min}..{max} step {step}");
        assert!(f64::from(axis.value(span)) >= max - step * 1e-6);
    }
    assert_eq!(Axis::with_bits(-1.0, 1.0, 8), Axis { min: -1.0, step: 2.0 / 255.0, span: 255 });
    assert_eq!(Axis::with_bits(0.0, 1.0, 32).span, u32::MAX);
}

#[test]
fn axes_clamp_and_count() {
    let axis = Axis::over(0.0, 10.0, 1.0);
    let nearly = f32::from_bits(10.5f32.to_bits() - 1);
    for (value, word, count) in [
        (0.0, 0, 0),
        (0.49, 0, 0),
        (0.5, 1, 0),
        (-0.5, 0, 0),
        (-0.51, 0, 1),
        (10.0, 10, 0),
        (nearly, 10, 0),
        (10.5, 10, 1),
        (f32::NAN, 0, 1),
        (f32::INFINITY, 10, 1),
        (f32::NEG_INFINITY, 0, 1),
        (f32::MAX, 10, 1),
    ] {
        let mut clamped = 0;
        assert_eq!((axis.quantize(value, &mut clamped), clamped), (word, count), "{value}");
    }
    let widest = Axis { min: 0.0, step: 1.0, span: u32::MAX };
    let mut clamped = 0;
    assert_eq!((widest.quantize(4_294_967_296.0, &mut clamped), clamped), (u32::MAX, 1));
}

#[test]
fn angles_of_a_full_turn_are_zero() {
    use core::f32::consts::{PI, TAU};
    for (value, word) in
        [(0.0, 0), (PI, 8), (TAU, 0), (-PI, 8), (-1e-20, 0), (TAU * 0.99, 0), (-TAU / 16.0, 15), (3e38, 0)]
    {
        assert_eq!(quantize_angle(value, 4, &mut 0), word, "{value}");
    }
    let mut clamped = 0;
    quantize_angle(f32::NAN, 4, &mut clamped);
    quantize_angle(f32::NEG_INFINITY, 4, &mut clamped);
    assert_eq!(clamped, 2);
}

#[test]
fn a_text_is_cut_at_a_character() {
    for (text, max, kept, count) in
        [("", 1, "", 0), ("abc", 3, "abc", 0), ("abc", 2, "ab", 1), ("aä", 2, "a", 1), ("🚀", 3, "", 1)]
    {
        let (coding, mut words, mut clamped) = (Coding::text(max), Vec::new(), 0);
        String::from(text).quantize(&coding, &mut words, &mut clamped);
        assert_eq!((String::from_words(&coding, &words).as_str(), clamped), (kept, count));
        assert_eq!(words.len(), coding.words());
    }
    assert_eq!(String::from_words(&Coding::text(4), &[4, u32::MAX]), "", "not UTF-8");
    assert_eq!(
        String::from_words(&Coding::text(4), &[u32::MAX, 0x61]),
        "a\0\0\0",
        "a length beyond the words"
    );
}

#[track_caller]
fn refused(schema: &Schema, problem: Problem, text: &str) {
    let error = Layout::new(schema).unwrap_err();
    assert_eq!(error.problem, problem);
    assert_eq!(alloc::format!("{error}"), text);
}

#[test]
fn a_schema_error_names_the_field_and_the_fix() {
    let flag = |name: &str| field(name, FieldKind::Flag, Flags::NONE);
    let text =
        |index: u32| field(&alloc::format!("t{index}"), FieldKind::Text { bytes_max: 255 }, Flags::NONE);
    let long = "a name that is longer than 32 byt";
    refused(
        &class_of(vec![flag(long)]),
        Problem::BadName { bytes: 33 },
        &alloc::format!("Ship.{long}: a name of 33 bytes: use 1 to 32"),
    );
    refused(
        &class_of(vec![flag("a"), flag("a")]),
        Problem::DuplicateName,
        "Ship.a: the name is used twice: rename one",
    );
    refused(
        &class_of((0..33).map(|index| flag(&alloc::format!("f{index}"))).collect()),
        Problem::TooManyFields { count: 33 },
        "Ship: 33 fields, at most 32 fit: split the record",
    );
    refused(
        &class_of(vec![text(1), text(2)]),
        Problem::TooManyWords { count: 130 },
        "Ship: 130 words, at most 128 fit: shorten its texts",
    );
    let classes = (0..65).map(|index| Record { name: alloc::format!("C{index}"), fields: vec![] }).collect();
    refused(
        &Schema { classes, ..class_of(vec![]) },
        Problem::TooManyRecords { count: 65, max: 64 },
        "schema: 65 records, at most 64 fit: merge some",
    );
}

#[test]
fn every_part_of_a_foreign_schema_is_checked() {
    let axis = |min, step, span| FieldKind::Float(Axis { min, step, span });
    let bad_kinds = [
        (axis(f64::NAN, 1.0, 1), Problem::BadAxis),
        (axis(f64::INFINITY, 1.0, 1), Problem::BadAxis),
        (axis(0.0, 0.0, 1), Problem::BadAxis),
        (axis(0.0, -1.0, 1), Problem::BadAxis),
        (axis(0.0, f64::NAN, 1), Problem::BadAxis),
        (axis(0.0, f64::INFINITY, 0), Problem::BadAxis),
        (axis(0.0, 1e38, u32::MAX), Problem::BadAxis),
        (FieldKind::Integer { min: 1, span: u32::MAX }, Problem::BadInteger),
        (FieldKind::Enum { variants: vec![] }, Problem::BadVariantCount { count: 0 }),
        (FieldKind::Enum { variants: vec!["V".into(); 257] }, Problem::BadVariantCount { count: 257 }),
        (FieldKind::Enum { variants: vec![String::new()] }, Problem::BadName { bytes: 0 }),
        (FieldKind::Angle { bits: 0 }, Problem::BadAngleBits { bits: 0 }),
        (FieldKind::Angle { bits: 25 }, Problem::BadAngleBits { bits: 25 }),
        (FieldKind::Angle { bits: 255 }, Problem::BadAngleBits { bits: 255 }),
        (FieldKind::Text { bytes_max: 0 }, Problem::EmptyText),
        (FieldKind::Quat { bits: 3 }, Problem::BadQuatBits { bits: 3 }),
        (FieldKind::Quat { bits: 21 }, Problem::BadQuatBits { bits: 21 }),
    ];
    for (kind, problem) in bad_kinds {
        let error = Layout::new(&class_of(vec![field("it", kind.clone(), Flags::NONE)])).unwrap_err();
        assert_eq!((error.field.as_str(), error.problem), ("it", problem), "{kind:?}");
    }
    let plain = field("it", FieldKind::Flag, Flags::NONE);
    let bad_fields = [
        (Field { flags: Flags::EDGE, ..plain.clone() }, Problem::BadProperty),
        (Field { flags: Flags::EXACT, ..plain.clone() }, Problem::BadExact),
        (Field { flags: Flags::EXACT.with(Flags::OWNER), ..plain.clone() }, Problem::BadExact),
        (Field { flags: Flags(16), ..plain.clone() }, Problem::BadProperty),
        (Field { interpolation: Interpolation(2), ..plain.clone() }, Problem::BadProperty),
        (Field { interpolation: Interpolation::LINEAR, ..plain.clone() }, Problem::BadProperty),
        (Field { edge_with: Some(0), ..plain.clone() }, Problem::BadCompanion),
        (Field { velocity_of: Some(0), ..plain.clone() }, Problem::BadVelocity),
        (Field { tolerance: 1, ..plain.clone() }, Problem::BadProperty),
        (Field { snap: -1.0, ..plain.clone() }, Problem::BadSnap),
        (Field { snap: f64::NAN, ..plain.clone() }, Problem::BadSnap),
        (Field { snap: f64::INFINITY, ..plain.clone() }, Problem::BadSnap),
    ];
    for (field, problem) in bad_fields {
        assert_eq!(Layout::new(&class_of(vec![field.clone()])).unwrap_err().problem, problem, "{field:?}");
    }
    let edge_of_event =
        Record { name: "E".into(), fields: vec![Field { flags: Flags::EDGE, ..plain.clone() }] };
    let schema = Schema { events: vec![edge_of_event], ..class_of(vec![]) };
    assert_eq!(Layout::new(&schema).unwrap_err().problem, Problem::BadProperty);
    let number_edge = field("it", FieldKind::Angle { bits: 1 }, Flags::EDGE);
    let input = Record { name: "I".into(), fields: vec![number_edge] };
    assert_eq!(Layout::new(&Schema { input, ..class_of(vec![]) }).unwrap_err().problem, Problem::BadProperty);
}

#[test]
fn choices_take_as_many_bits_as_they_need() {
    for (count, bits) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (64, 6)] {
        let classes =
            (0..count).map(|index| Record { name: alloc::format!("C{index}"), fields: vec![] }).collect();
        let layout = Layout::new(&Schema { classes, ..class_of(vec![]) }).unwrap();
        for index in 0..count {
            let mut bytes = Vec::new();
            let mut w = Writer::new(&mut bytes);
            layout.classes().encode_choice(index, &mut w);
            w.bits(u32::MAX, 8);
            w.finish();
            let mut r = Reader::new(&bytes);
            assert_eq!(layout.classes().decode_choice(&mut r).unwrap().0, index);
            assert_eq!(bytes.len() * 8 - r.bits_left(), bits, "{count} records");
        }
        let mut r = Reader::new(&[0xFF]);
        let unknown = ProtocolError::UnknownRecord { index: (1 << bits) - 1, count: u32::from(count) };
        let full = u32::from(count) == 1 << bits;
        assert_eq!(layout.classes().decode_choice(&mut r).err(), (!full).then_some(unknown));
    }
    let nothing = Layout::new(&class_of(vec![])).unwrap();
    let unknown = ProtocolError::UnknownRecord { index: 0, count: 0 };
    assert_eq!(nothing.commands().decode_choice(&mut Reader::new(&[])).err(), Some(unknown));
}

#[test]
fn a_schema_has_at_most_64_kib() {
    assert_eq!(check_size(&[0; 65_536]), Ok(()));
    assert_eq!(check_size(&[0; 65_537]).unwrap_err().problem, Problem::TooManyBytes { count: 65_537 });
}

#[test]
fn a_schema_is_named_by_the_start_of_its_sha1() {
    // FIPS 180: SHA-1 of "abc" is a9993e36 4706816a ba3e2571 ...
    assert_eq!(hash(b"abc"), SchemaHash([0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a]));
}
