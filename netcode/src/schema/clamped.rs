//! [`Clamped`]: which field had a value out of its range, for the game's author.
//!
//! Quantizing only counts what it clamps; who wants to say more asks again, field by field.

use super::{Axis, Coding, Declared, Value};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A field whose value was out of its range. Its `Display` is like `Bee.health = 101, range 0..=100`.
#[derive(Clone, PartialEq, Debug)]
pub struct Clamped {
    /// Name of the class, event or command.
    pub record: &'static str,
    /// Name of the field.
    pub field: &'static str,
    /// The value, for people.
    pub value: String,
    /// What the field takes.
    pub coding: Coding,
}

/// The field, if its value is clamped when it is quantized. Allocates.
pub fn clamped<T: Value>(record: &'static str, value: &T, declared: &Declared) -> Option<Clamped> {
    let (mut words, mut count) = (Vec::new(), 0);
    value.quantize(&declared.coding, &mut words, &mut count);
    let Declared { name: field, coding, .. } = *declared;
    (count > 0).then(|| Clamped { record, field, value: value.shown(), coding })
}

impl fmt::Display for Clamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, field, value, coding } = self;
        write!(f, "{record}.{field} = {value}, ")?;
        match coding {
            Coding::Integer { min, span } => {
                write!(f, "range {min}..={}", i64::from(*min) + i64::from(*span))
            }
            Coding::Float(axis) => write_axes(f, &[*axis]),
            Coding::Vec2 { x, y } => write_axes(f, &[*x, *y]),
            Coding::Vec3 { x, y, z } => write_axes(f, &[*x, *y, *z]),
            Coding::Text { bytes_max } => write!(f, "at most {bytes_max} bytes"),
            Coding::Angle { .. } | Coding::Quat { .. } => f.write_str("a finite one is needed"),
            Coding::Flag | Coding::Enum { .. } => f.write_str("any"),
        }
    }
}

/// The range, once for axes that are alike.
fn write_axes(f: &mut fmt::Formatter<'_>, axes: &[Axis]) -> fmt::Result {
    let alike = axes.windows(2).all(|pair| pair[0] == pair[1]);
    f.write_str("range ")?;
    for (index, axis) in axes.iter().take(if alike { 1 } else { axes.len() }).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{}..={}", axis.value(0), axis.value(axis.span))?;
    }
    Ok(())
}
