//! The game whose schema the vectors use: every kind of field that version 1 has, and every flag.

use tickwire_netcode::message::codec;
use tickwire_netcode::schema::{Axis, Field, FieldKind, Flags, Interpolation, Layout, Record, Schema};

use crate::json::Json;

fn field(name: &str, kind: FieldKind, flags: Flags) -> Field {
    Field {
        name: name.into(),
        kind,
        flags,
        interpolation: Interpolation::NONE,
        snap: 0.0,
        edge_with: None,
        velocity_of: None,
        tolerance: 0,
    }
}

fn record(name: &str, fields: Vec<Field>) -> Record {
    Record { name: name.into(), fields }
}

pub(crate) fn schema() -> Schema {
    let axis = Axis { min: -512.0, step: 0.05, span: 20_480 };
    let mut pos = field("pos", FieldKind::Vec2 { x: axis, y: axis }, Flags::NONE);
    pos.interpolation = Interpolation::LINEAR;
    pos.snap = 40.0;
    let mut heading = field("heading", FieldKind::Angle { bits: 10 }, Flags::NONE);
    heading.interpolation = Interpolation::LINEAR;
    let variants = vec!["Idle".into(), "Thrust".into(), "Broken".into()];
    let ship = record(
        "Ship",
        vec![
            pos,
            heading,
            field("hp", FieldKind::Integer { min: 0, span: 255 }, Flags::NONE),
            field("heat", FieldKind::Integer { min: -40, span: 300 }, Flags::OWNER),
            field("state", FieldKind::Enum { variants }, Flags::NONE),
            field("name", FieldKind::Text { bytes_max: 12 }, Flags::ONCE),
            field("shield", FieldKind::Flag, Flags::OWNER),
        ],
    );
    let wall = record(
        "Wall",
        vec![field("height", FieldKind::Float(Axis { min: 0.5, step: 0.25, span: 1000 }), Flags::NONE)],
    );
    let mark =
        record("Mark", vec![field("id", FieldKind::Integer { min: 1, span: u32::MAX - 1 }, Flags::NONE)]);
    let input = record(
        "Stick",
        vec![
            field("turn", FieldKind::Integer { min: -1, span: 2 }, Flags::NONE),
            field("thrust", FieldKind::Flag, Flags::NONE),
            field("fire", FieldKind::Flag, Flags::EDGE),
        ],
    );
    let boom = record("Boom", vec![field("at", FieldKind::Vec2 { x: axis, y: axis }, Flags::NONE)]);
    let started = record("Started", vec![]);
    let said = record("Said", vec![field("text", FieldKind::Text { bytes_max: 40 }, Flags::NONE)]);
    let chat = record("Chat", vec![field("text", FieldKind::Text { bytes_max: 40 }, Flags::NONE)]);
    let buy = record("Buy", vec![field("item", FieldKind::Integer { min: 0, span: 9 }, Flags::NONE)]);
    let respawn = record("Respawn", vec![]);
    Schema {
        classes: vec![ship, wall, mark],
        input,
        events: vec![boom, started, said],
        commands: vec![chat, buy, respawn],
    }
}

pub(crate) fn layout() -> Layout {
    Layout::new(&schema()).expect("the schema of the vectors is valid")
}

pub(crate) fn schema_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(&schema(), &mut bytes);
    bytes
}

/// The words of a text field of `bytes_max` bytes.
pub(crate) fn text_words(text: &str, bytes_max: usize) -> Vec<u32> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes_max.div_ceil(4) * 4, 0);
    let chunks = bytes.chunks(4).map(|chunk| u32::from_le_bytes(chunk.try_into().unwrap()));
    std::iter::once(text.len() as u32).chain(chunks).collect()
}

fn axis_json(axis: Axis) -> Json {
    Json::Object(vec![("min", axis.min.into()), ("step", axis.step.into()), ("span", axis.span.into())])
}

fn kind_json(kind: &FieldKind) -> Json {
    let (name, value) = match kind {
        FieldKind::Integer { min, span } => {
            ("Integer", Json::Object(vec![("min", (*min).into()), ("span", (*span).into())]))
        }
        FieldKind::Float(axis) => ("Float", axis_json(*axis)),
        FieldKind::Flag => ("Flag", Json::Object(vec![])),
        FieldKind::Enum { variants } => {
            let names = Json::list(variants.iter().map(String::as_str));
            ("Enum", Json::Object(vec![("variants", names)]))
        }
        FieldKind::Angle { bits } => ("Angle", Json::Object(vec![("bits", (*bits).into())])),
        FieldKind::Vec2 { x, y } => ("Vec2", Json::Object(vec![("x", axis_json(*x)), ("y", axis_json(*y))])),
        FieldKind::Text { bytes_max } => ("Text", Json::Object(vec![("bytes_max", (*bytes_max).into())])),
        other => panic!("reserved: {other:?}"),
    };
    Json::Object(vec![(name, value)])
}

fn record_json(record: &Record) -> Json {
    let fields = record.fields.iter().map(|field| {
        Json::Object(vec![
            ("name", field.name.as_str().into()),
            ("kind", kind_json(&field.kind)),
            ("flags", field.flags.0.into()),
            ("interpolation", field.interpolation.0.into()),
            ("snap", field.snap.into()),
            ("edge_with", field.edge_with.into()),
            ("velocity_of", field.velocity_of.into()),
            ("tolerance", field.tolerance.into()),
        ])
    });
    Json::Object(vec![("name", record.name.as_str().into()), ("fields", Json::list(fields))])
}

pub(crate) fn schema_json() -> Json {
    let schema = schema();
    let records = |records: &[Record]| Json::list(records.iter().map(record_json));
    Json::Object(vec![
        ("classes", records(&schema.classes)),
        ("input", record_json(&schema.input)),
        ("events", records(&schema.events)),
        ("commands", records(&schema.commands)),
    ])
}
