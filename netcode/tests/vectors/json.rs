//! Just enough JSON to write vectors: values in, text out, one case to a line.

use std::fmt::{self, Write};
use tickwire_netcode::schema::{Axis, FieldKind, Record, Schema};

/// A JSON value.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    /// A list with one item to a line.
    Lines(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

/// JSON has no NaN and no infinities: they are texts, which JavaScript's `Number` reads.
impl From<f64> for Json {
    fn from(value: f64) -> Self {
        match value {
            _ if value.is_nan() => Self::Text("NaN".into()),
            f64::INFINITY => Self::Text("Infinity".into()),
            f64::NEG_INFINITY => Self::Text("-Infinity".into()),
            _ => Self::Number(value),
        }
    }
}

impl From<f32> for Json {
    fn from(value: f32) -> Self {
        f64::from(value).into()
    }
}

macro_rules! numbers {
    ($($int:ident)*) => {$(
        impl From<$int> for Json {
            fn from(value: $int) -> Self {
                Self::Number(f64::from(value))
            }
        }
    )*};
}
numbers!(u8 i8 u16 i16 u32 i32);

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl<T: Into<Json> + Copy> From<&[T]> for Json {
    fn from(values: &[T]) -> Self {
        Self::List(values.iter().map(|&value| value.into()).collect())
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> Json {
    Json::Text(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Self], before: &str, after: &str| {
            f.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}{before}{item}", if index == 0 { "" } else { "," })?;
            }
            write!(f, "{after}]")
        };
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => quoted(f, text),
            Self::List(items) => list(f, items, "", ""),
            Self::Lines(items) => list(f, items, "\n", "\n"),
            Self::Object(members) => {
                f.write_char('{')?;
                for (index, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}\"{name}\":{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for char in text.chars() {
        match char {
            '"' | '\\' => write!(f, "\\{char}")?,
            '\0'..'\x20' => write!(f, "\\u{:04x}", u32::from(char))?,
            _ => f.write_char(char)?,
        }
    }
    f.write_char('"')
}

/// A schema, as README.md of the vectors describes it.
pub(crate) fn schema(schema: &Schema) -> Json {
    let list = |records: &[Record]| Json::List(records.iter().map(record).collect());
    Json::Object(vec![
        ("classes", list(&schema.classes)),
        ("input", record(&schema.input)),
        ("events", list(&schema.events)),
        ("commands", list(&schema.commands)),
    ])
}

/// A record of a schema.
pub(crate) fn record(record: &Record) -> Json {
    let fields = record.fields.iter().map(|field| {
        let mut members = vec![
            ("name", field.name.as_str().into()),
            ("kind", kind(&field.kind)),
            ("flags", field.flags.0.into()),
            ("interpolation", field.interpolation.0.into()),
            ("snap", field.snap.into()),
        ];
        members.extend(field.edge_with.map(|index| ("edge_with", index.into())));
        members.extend(field.velocity_of.map(|index| ("velocity_of", index.into())));
        Json::Object(members)
    });
    Json::Object(vec![("name", record.name.as_str().into()), ("fields", Json::List(fields.collect()))])
}

/// An axis.
pub(crate) fn axis(axis: &Axis) -> Json {
    Json::Object(vec![("min", axis.min.into()), ("step", axis.step.into()), ("span", axis.span.into())])
}

fn kind(kind: &FieldKind) -> Json {
    let object = |name: &'static str, rest: &[(&'static str, Json)]| {
        let mut members = vec![("type", name.into())];
        members.extend_from_slice(rest);
        Json::Object(members)
    };
    match kind {
        FieldKind::Integer { min, span } => {
            object("Integer", &[("min", (*min).into()), ("span", (*span).into())])
        }
        FieldKind::Float(both) => object("Float", &[("axis", axis(both))]),
        FieldKind::Flag => object("Flag", &[]),
        FieldKind::Enum { variants } => {
            let names = variants.iter().map(|name| name.as_str().into()).collect();
            object("Enum", &[("variants", Json::List(names))])
        }
        FieldKind::Angle { bits } => object("Angle", &[("bits", (*bits).into())]),
        FieldKind::Vec2 { x, y } => object("Vec2", &[("x", axis(x)), ("y", axis(y))]),
        FieldKind::Text { bytes_max } => object("Text", &[("bytes_max", (*bytes_max).into())]),
        FieldKind::Vec3 { x, y, z } => object("Vec3", &[("x", axis(x)), ("y", axis(y)), ("z", axis(z))]),
        FieldKind::Quat { bits } => object("Quat", &[("bits", (*bits).into())]),
    }
}
