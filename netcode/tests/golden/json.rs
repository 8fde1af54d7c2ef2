//! Just enough JSON to write vectors that people and TypeScript can read.

use std::fmt::Write;

pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(i64),
    Real(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

macro_rules! from_integer {
    ($($from:ty)*) => {$(
        impl From<$from> for Json {
            fn from(number: $from) -> Self {
                Self::Number(i64::from(number))
            }
        }
    )*};
}
from_integer!(u8 u16 u32 i16 i32);

impl From<f64> for Json {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Json {
    pub(crate) fn list<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    pub(crate) fn hex(bytes: &[u8]) -> Self {
        Self::Text(hex(bytes))
    }

    /// One line for what holds no lists of objects, one line for each item of what does.
    pub(crate) fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Flag(flag) => write!(out, "{flag}").unwrap(),
            Self::Number(number) => write!(out, "{number}").unwrap(),
            Self::Real(number) => write!(out, "{number:?}").unwrap(),
            Self::Text(text) => write!(out, "{text:?}").unwrap(),
            Self::List(items) => self.write_items('[', ']', items.len(), indent, out, |i, out| {
                items[i].write(indent + 1, out);
            }),
            Self::Object(fields) => self.write_items('{', '}', fields.len(), indent, out, |i, out| {
                let (name, value) = &fields[i];
                write!(out, "\"{name}\": ").unwrap();
                value.write(indent + 1, out);
            }),
        }
    }

    fn write_items(
        &self,
        open: char,
        close: char,
        count: usize,
        indent: usize,
        out: &mut String,
        mut item: impl FnMut(usize, &mut String),
    ) {
        let broken = self.has_rows();
        out.push(open);
        for i in 0..count {
            if i > 0 {
                out.push_str(if broken { "," } else { ", " });
            }
            if broken {
                write!(out, "\n{:1$}", "", indent + 1).unwrap();
            }
            item(i, out);
        }
        if broken {
            write!(out, "\n{:1$}", "", indent).unwrap();
        }
        out.push(close);
    }

    fn has_rows(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(|item| matches!(item, Self::Object(_))),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.has_rows()),
            _ => false,
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
