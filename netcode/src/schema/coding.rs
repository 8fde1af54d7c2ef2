//! How one field becomes words: [`Coding`] as declared in Rust, [`FieldKind`] as it travels, [`Axis`] for both.
//!
//! The formulas are part of the contract: Rust and JavaScript compute them in double precision with the same
//! operations in the same order, so that both give the same word. PROTOCOL section 4.

use super::rotation::quat;
use alloc::string::String;
use alloc::vec::Vec;
use core::f64::consts::TAU;
use serde::{Deserialize, Serialize};

/// Evenly spaced values: `min + q * step` for q from 0 to `span`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Axis {
    /// The smallest value.
    pub min: f64,
    /// The distance of two neighbours: finite and above 0.
    pub step: f64,
    /// The largest word.
    pub span: u32,
}

impl Axis {
    /// The axis from `min` in steps of `step` whose last value is `max`, or the first one above it.
    ///
    /// # Panics
    /// If `min < max` does not hold, `step` is not a positive number, or there are more than 2^32 values. The derive
    /// macros call it at compile time.
    pub const fn over(min: f64, max: f64, step: f64) -> Self {
        assert!(min < max, "range = a..b needs a below b");
        assert!(step > 0.0, "step must be above 0");
        let steps = (max - min) / step;
        assert!(steps <= u32::MAX as f64, "range and step give more than 2^32 values: use a larger step");
        // A step such as 0.1 is not exact in binary; a quotient this close to a whole number is meant to be it.
        let whole = steps as u32;
        let span = if steps - whole as f64 > steps * 1e-9 { whole.saturating_add(1) } else { whole };
        Self { min, step, span }
    }

    /// The axis whose 2^`bits` values go evenly from `min` to `max`, both included.
    ///
    /// # Panics
    /// If `min < max` does not hold, or `bits` is not 1..=32.
    pub const fn with_bits(min: f64, max: f64, bits: u32) -> Self {
        assert!(min < max, "range = a..b needs a below b");
        assert!(bits >= 1 && bits <= 32, "bits must be 1..=32");
        let span = u32::MAX >> (32 - bits);
        Self { min, step: (max - min) / span as f64, span }
    }

    /// The word of the value nearest to `value`: `Math.floor((value - min) / step + 0.5)`, clamped to 0..=span.
    ///
    /// Values beyond the ends and NaN (which becomes 0) add one to `clamped`.
    #[inline]
    pub fn quantize(&self, value: f32, clamped: &mut u32) -> u32 {
        let place = (f64::from(value) - self.min) / self.step + 0.5;
        // Truncation is `floor` for what is not negative.
        if place.is_nan() || place < 0.0 {
            *clamped += 1;
            0
        } else if place >= f64::from(self.span) + 1.0 {
            *clamped += 1;
            self.span
        } else {
            place as u32
        }
    }

    /// The value of a word, computed in double precision and rounded to `f32` last.
    #[inline]
    pub fn value(&self, word: u32) -> f32 {
        (self.min + f64::from(word) * self.step) as f32
    }
}

/// The word of an angle in radians: `Math.floor(turn * 2^bits + 0.5) mod 2^bits`, where `turn = value / 2pi - floor(value / 2pi)`.
///
/// NaN and infinities become 0 and add one to `clamped`.
#[inline]
pub(super) fn quantize_angle(value: f32, bits: u8, clamped: &mut u32) -> u32 {
    if !value.is_finite() {
        *clamped += 1;
        return 0;
    }
    let turns = f64::from(value) / TAU;
    // From 2^53 on there are no fractions, and `as` would saturate.
    if turns.abs() >= 9_007_199_254_740_992.0 {
        return 0;
    }
    let truncated = turns as i64 as f64;
    let whole = if truncated > turns { truncated - 1.0 } else { truncated };
    let steps = 1u32 << bits;
    let place = (turns - whole) * f64::from(steps) + 0.5;
    place as u32 & (steps - 1)
}

/// The angle of a word in radians, in [0, 2 pi).
#[inline]
pub(super) fn angle(word: u32, bits: u8) -> f32 {
    (f64::from(word) * TAU / f64::from(1u32 << bits)) as f32
}

/// How a field is coded, as a constant: what the derive macros make of its type and attributes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Coding {
    /// Whole numbers from `min` to `min + span`.
    Integer {
        /// The smallest value.
        min: i32,
        /// The largest word.
        span: u32,
    },
    /// A real number on an axis.
    Float(Axis),
    /// True or false.
    Flag,
    /// One of these names.
    Enum {
        /// The names, in order.
        variants: &'static [&'static str],
    },
    /// An angle in radians, any; wraps.
    Angle {
        /// 1..=24.
        bits: u8,
    },
    /// Two real numbers.
    Vec2 {
        /// The axis of x.
        x: Axis,
        /// The axis of y.
        y: Axis,
    },
    /// A short text.
    Text {
        /// Bytes of UTF-8 at most: 1..=255.
        bytes_max: u8,
    },
    /// Three real numbers.
    Vec3 {
        /// The axis of x.
        x: Axis,
        /// The axis of y.
        y: Axis,
        /// The axis of z.
        z: Axis,
    },
    /// A rotation by its smallest three components.
    Quat {
        /// Bits of a component: 4..=20.
        bits: u8,
    },
}

impl Coding {
    /// Whole numbers from `first` to `last`, which lie in `type_min..=type_max`.
    ///
    /// # Panics
    /// If they do not, or there are none, or `first` is above `i32::MAX`. The derive macros call it at compile time.
    pub const fn integer(first: i64, last: i64, type_min: i64, type_max: i64) -> Self {
        assert!(first <= last, "range needs at least one number");
        assert!(type_min <= first && last <= type_max, "range goes beyond the field's type");
        assert!(first <= i32::MAX as i64, "range must begin at or below i32::MAX");
        Self::Integer { min: first as i32, span: (last - first) as u32 }
    }

    /// An angle.
    ///
    /// # Panics
    /// If `bits` is not 1..=24.
    pub const fn angle(bits: u32) -> Self {
        assert!(bits >= 1 && bits <= crate::limits::ANGLE_BITS_MAX as u32, "bits of an angle must be 1..=24");
        Self::Angle { bits: bits as u8 }
    }

    /// A rotation.
    ///
    /// # Panics
    /// If `bits` is not 4..=20.
    pub const fn quat(bits: u32) -> Self {
        let max = crate::limits::QUAT_BITS_MAX as u32;
        assert!(bits >= 4 && bits <= max, "bits of a Quat must be 4..=20");
        Self::Quat { bits: bits as u8 }
    }

    /// A text.
    ///
    /// # Panics
    /// If `bytes_max` is not 1..=255.
    pub const fn text(bytes_max: u32) -> Self {
        assert!(bytes_max >= 1 && bytes_max <= 255, "max of a String must be 1..=255 bytes");
        Self::Text { bytes_max: bytes_max as u8 }
    }

    /// The coding of a type that needs no attributes.
    ///
    /// # Panics
    /// At compile time, for a type that does.
    pub const fn required(own: Option<Self>) -> Self {
        match own {
            Some(coding) => coding,
            None => panic!(
                "this field needs attributes: name its type as f32, Vec2 or String and write #[rep(range = a..b, step = s)], #[rep(angle, bits = n)] or #[rep(max = n)]"
            ),
        }
    }

    /// How many words a value takes.
    pub const fn words(&self) -> usize {
        match self {
            Self::Integer { .. } | Self::Float(_) | Self::Flag | Self::Enum { .. } | Self::Angle { .. } => 1,
            Self::Vec2 { .. } => 2,
            Self::Vec3 { .. } => 3,
            Self::Quat { .. } => 4,
            Self::Text { bytes_max } => text_words(*bytes_max),
        }
    }

    /// How many numbers it has that can be exact: the words of `owner, exact` that follow those of the value.
    pub const fn numbers(&self) -> usize {
        match self {
            Self::Float(_) | Self::Angle { .. } => 1,
            Self::Vec2 { .. } => 2,
            Self::Vec3 { .. } => 3,
            Self::Quat { .. } => 4,
            Self::Integer { .. } | Self::Flag | Self::Enum { .. } | Self::Text { .. } => 0,
        }
    }

    /// The same as it travels in a schema.
    pub fn kind(&self) -> FieldKind {
        match *self {
            Self::Integer { min, span } => FieldKind::Integer { min, span },
            Self::Float(axis) => FieldKind::Float(axis),
            Self::Flag => FieldKind::Flag,
            Self::Enum { variants } => {
                FieldKind::Enum { variants: variants.iter().map(|&name| name.into()).collect() }
            }
            Self::Angle { bits } => FieldKind::Angle { bits },
            Self::Vec2 { x, y } => FieldKind::Vec2 { x, y },
            Self::Text { bytes_max } => FieldKind::Text { bytes_max },
            Self::Vec3 { x, y, z } => FieldKind::Vec3 { x, y, z },
            Self::Quat { bits } => FieldKind::Quat { bits },
        }
    }
}

/// Words of a text: its length, then four bytes to a word.
pub(super) const fn text_words(bytes_max: u8) -> usize {
    1 + (bytes_max as usize).div_ceil(4)
}

/// How a field is coded, as it travels in a schema. PROTOCOL section 4 gives words and formulas of each.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FieldKind {
    /// Whole numbers from `min` to `min + span`.
    Integer {
        /// The smallest value.
        min: i32,
        /// The largest word.
        span: u32,
    },
    /// A real number.
    Float(Axis),
    /// True or false.
    Flag,
    /// One of these names.
    Enum {
        /// At most 256 names of at most 32 bytes.
        #[serde(deserialize_with = "super::record::variants")]
        variants: Vec<String>,
    },
    /// An angle in radians.
    Angle {
        /// 1..=24.
        bits: u8,
    },
    /// Two real numbers.
    Vec2 {
        /// The axis of x.
        x: Axis,
        /// The axis of y.
        y: Axis,
    },
    /// A short text.
    Text {
        /// Bytes of UTF-8 at most, from 1.
        bytes_max: u8,
    },
    /// Three real numbers.
    Vec3 {
        /// The axis of x.
        x: Axis,
        /// The axis of y.
        y: Axis,
        /// The axis of z.
        z: Axis,
    },
    /// A rotation by its smallest three components.
    Quat {
        /// Bits of a component: 4..=20.
        bits: u8,
    },
}

impl FieldKind {
    /// How many words a value takes.
    pub fn words(&self) -> usize {
        match self {
            Self::Integer { .. } | Self::Float(_) | Self::Flag | Self::Enum { .. } | Self::Angle { .. } => 1,
            Self::Vec2 { .. } => 2,
            Self::Vec3 { .. } => 3,
            Self::Quat { .. } => 4,
            Self::Text { bytes_max } => text_words(*bytes_max),
        }
    }

    /// How many numbers it has that can be exact.
    pub fn numbers(&self) -> usize {
        match self {
            Self::Float(_) | Self::Angle { .. } => 1,
            Self::Vec2 { .. } | Self::Vec3 { .. } | Self::Quat { .. } => self.words(),
            Self::Integer { .. } | Self::Flag | Self::Enum { .. } | Self::Text { .. } => 0,
        }
    }

    /// The numbers that quantized words stand for, [`Self::numbers`] of them; the rest are 0.
    pub(super) fn values(&self, words: &[u32]) -> [f32; 4] {
        let word = |index: usize| words.get(index).copied().unwrap_or(0);
        match self {
            Self::Float(axis) => [axis.value(word(0)), 0.0, 0.0, 0.0],
            Self::Angle { bits } => [angle(word(0), *bits), 0.0, 0.0, 0.0],
            Self::Vec2 { x, y } => [x.value(word(0)), y.value(word(1)), 0.0, 0.0],
            Self::Vec3 { x, y, z } => [x.value(word(0)), y.value(word(1)), z.value(word(2)), 0.0],
            Self::Quat { bits } => quat(words, *bits).to_array(),
            Self::Integer { .. } | Self::Flag | Self::Enum { .. } | Self::Text { .. } => [0.0; 4],
        }
    }
}
