//! [`Value`]: the types that a field may have, and their way to words and back.

use super::Coding;
use super::coding::{angle, quantize_angle, text_words};
use super::rotation::{quantize_quat, quat};
use crate::ids::{EntityId, PlayerId};
use alloc::string::String;
use alloc::vec::Vec;
use glam::{Quat, Vec2, Vec3};

/// A type that a field may have: `bool`, integers up to 32 bits, `f32`, [`Vec2`], [`Vec3`], [`Quat`], `String`, [`EntityId`],
/// [`PlayerId`], and enums without fields that have `#[derive(Replicate)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a replicated field",
    label = "use bool, an integer of at most 32 bits, f32, Vec2, Vec3, Quat, String, EntityId, PlayerId, or an enum without fields that has #[derive(Replicate)]"
)]
pub trait Value: Sized {
    /// The coding without attributes; `None` for a type that needs some.
    const CODING: Option<Coding>;

    /// Appends `coding.words()` words. Each number out of range is clamped and adds one to `clamped`.
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32);

    /// The value that words stand for; missing words count as 0.
    fn from_words(coding: &Coding, words: &[u32]) -> Self;

    /// The value as people read it, as far as it can be out of its range.
    fn shown(&self) -> String {
        String::new()
    }
}

/// [`Value`] as a value: what the macros use of a field type that they do not know.
#[derive(Clone, Copy, Debug)]
pub struct ValueOf<T> {
    /// [`Value::CODING`].
    pub coding: Option<Coding>,
    /// [`Value::quantize`].
    pub quantize: fn(&T, &Coding, &mut Vec<u32>, &mut u32),
    /// [`Value::from_words`].
    pub from_words: fn(&Coding, &[u32]) -> T,
}

/// What the type is as a value.
pub const fn value_of<T: Value>() -> ValueOf<T> {
    ValueOf { coding: T::CODING, quantize: T::quantize, from_words: T::from_words }
}

/// A value that its owner can get without loss.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has nothing to be exact about",
    label = "`exact` is for f32, Vec2, Vec3 and Quat"
)]
pub trait Exact: Value {
    /// Appends the bits of its numbers.
    fn exact(&self, out: &mut Vec<u32>);

    /// The value of these bits; missing ones count as 0.
    fn from_exact(words: &[u32]) -> Self;
}

macro_rules! exact {
    ($($type:ty: $count:literal, $array:expr, $from:expr;)*) => {$(
        impl Exact for $type {
            #[inline]
            fn exact(&self, out: &mut Vec<u32>) {
                let array: fn(&Self) -> [f32; $count] = $array;
                out.extend(array(self).map(f32::to_bits));
            }

            #[inline]
            fn from_exact(words: &[u32]) -> Self {
                let from: fn([f32; $count]) -> Self = $from;
                from(core::array::from_fn(|index| f32::from_bits(words.get(index).copied().unwrap_or(0))))
            }
        }
    )*};
}
exact! {
    f32: 1, |value| [*value], |[value]| value;
    Vec2: 2, Self::to_array, Self::from_array;
    Vec3: 3, Self::to_array, Self::from_array;
    Quat: 4, |value| value.to_array(), Self::from_array;
}

/// The words of a record, taken field by field.
#[derive(Clone, Debug)]
pub struct Words<'a>(&'a [u32]);

impl<'a> Words<'a> {
    /// At the first field.
    pub fn new(words: &'a [u32]) -> Self {
        Self(words)
    }

    /// The value of the next field.
    #[inline]
    pub fn next<T: Value>(&mut self, coding: &Coding) -> T {
        self.next_by(coding, T::from_words)
    }

    /// The value of the next field, made by this function.
    #[inline]
    pub fn next_by<T>(&mut self, coding: &Coding, from_words: impl FnOnce(&Coding, &[u32]) -> T) -> T {
        let (own, rest) = self.0.split_at_checked(coding.words()).unwrap_or((self.0, &[]));
        self.0 = rest;
        from_words(coding, own)
    }

    /// The value of the next field, which is exact: the numbers after its quantized words.
    #[inline]
    pub fn next_exact<T: Exact>(&mut self, coding: &Coding) -> T {
        let quantized = self.0.get(coding.words()..).unwrap_or(&[]);
        let (own, rest) = quantized.split_at_checked(coding.numbers()).unwrap_or((quantized, &[]));
        self.0 = rest;
        T::from_exact(own)
    }
}

#[inline]
fn first(words: &[u32]) -> u32 {
    words.first().copied().unwrap_or(0)
}

impl Value for bool {
    const CODING: Option<Coding> = Some(Coding::Flag);

    #[inline]
    fn quantize(&self, _coding: &Coding, out: &mut Vec<u32>, _clamped: &mut u32) {
        out.push(u32::from(*self));
    }

    #[inline]
    fn from_words(_coding: &Coding, words: &[u32]) -> Self {
        first(words) != 0
    }
}

macro_rules! integers {
    ($($int:ident)*) => {$(
        impl Value for $int {
            const CODING: Option<Coding> =
                Some(Coding::integer($int::MIN as i64, $int::MAX as i64, $int::MIN as i64, $int::MAX as i64));

            #[inline]
            fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
                let Coding::Integer { min, span } = *coding else { unreachable!("the derive gives integers this coding") };
                let offset = i64::from(*self) - i64::from(min);
                let word = offset.clamp(0, i64::from(span));
                *clamped = clamped.saturating_add(u32::from(word != offset));
                out.push(word as u32);
            }

            #[inline]
            fn from_words(coding: &Coding, words: &[u32]) -> Self {
                let Coding::Integer { min, .. } = *coding else { unreachable!("the derive gives integers this coding") };
                // The coding lies in the type, so this truncates nothing.
                (i64::from(min) + i64::from(first(words))) as $int
            }

            fn shown(&self) -> String {
                alloc::format!("{self}")
            }
        }
    )*};
}
integers!(u8 i8 u16 i16 u32 i32);

macro_rules! ids {
    ($($id:ident)*) => {$(
        /// Its number; clients get it as one.
        impl Value for $id {
            const CODING: Option<Coding> = <u32 as Value>::CODING;

            #[inline]
            fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
                self.0.quantize(coding, out, clamped);
            }

            #[inline]
            fn from_words(coding: &Coding, words: &[u32]) -> Self {
                Self(u32::from_words(coding, words))
            }
        }
    )*};
}
ids!(EntityId PlayerId);

impl Value for f32 {
    const CODING: Option<Coding> = None;

    #[inline]
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
        out.push(match coding {
            Coding::Float(axis) => axis.quantize(*self, clamped),
            Coding::Angle { bits } => quantize_angle(*self, *bits, clamped),
            _ => unreachable!("the derive gives f32 these codings"),
        });
    }

    #[inline]
    fn from_words(coding: &Coding, words: &[u32]) -> Self {
        match coding {
            Coding::Float(axis) => axis.value(first(words)),
            Coding::Angle { bits } => angle(first(words), *bits),
            _ => unreachable!("the derive gives f32 these codings"),
        }
    }

    fn shown(&self) -> String {
        alloc::format!("{self}")
    }
}

impl Value for Vec2 {
    const CODING: Option<Coding> = None;

    #[inline]
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
        let Coding::Vec2 { x, y } = coding else { unreachable!("the derive gives Vec2 this coding") };
        out.push(x.quantize(self.x, clamped));
        out.push(y.quantize(self.y, clamped));
    }

    #[inline]
    fn from_words(coding: &Coding, words: &[u32]) -> Self {
        let Coding::Vec2 { x, y } = coding else { unreachable!("the derive gives Vec2 this coding") };
        Self::new(x.value(first(words)), y.value(first(words.get(1..).unwrap_or(&[]))))
    }

    fn shown(&self) -> String {
        alloc::format!("{self}")
    }
}

impl Value for Vec3 {
    const CODING: Option<Coding> = None;

    #[inline]
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
        let Coding::Vec3 { x, y, z } = coding else { unreachable!("the derive gives Vec3 this coding") };
        out.push(x.quantize(self.x, clamped));
        out.push(y.quantize(self.y, clamped));
        out.push(z.quantize(self.z, clamped));
    }

    #[inline]
    fn from_words(coding: &Coding, words: &[u32]) -> Self {
        let Coding::Vec3 { x, y, z } = coding else { unreachable!("the derive gives Vec3 this coding") };
        let word = |index: usize| words.get(index).copied().unwrap_or(0);
        Self::new(x.value(word(0)), y.value(word(1)), z.value(word(2)))
    }

    fn shown(&self) -> String {
        alloc::format!("{self}")
    }
}

impl Value for Quat {
    const CODING: Option<Coding> = Some(Coding::quat(10));

    #[inline]
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
        let Coding::Quat { bits } = *coding else { unreachable!("the derive gives Quat this coding") };
        out.extend(quantize_quat(*self, bits, clamped));
    }

    #[inline]
    fn from_words(coding: &Coding, words: &[u32]) -> Self {
        let Coding::Quat { bits } = *coding else { unreachable!("the derive gives Quat this coding") };
        quat(words, bits)
    }

    fn shown(&self) -> String {
        alloc::format!("{self}")
    }
}

impl Value for String {
    const CODING: Option<Coding> = Some(Coding::text(32));

    /// Longer text is cut at a character and counts as clamped.
    fn quantize(&self, coding: &Coding, out: &mut Vec<u32>, clamped: &mut u32) {
        let Coding::Text { bytes_max } = *coding else { unreachable!("the derive gives String this coding") };
        let length = self.floor_char_boundary(usize::from(bytes_max));
        *clamped = clamped.saturating_add(u32::from(length < self.len()));
        let end = out.len() + text_words(bytes_max);
        out.push(length as u32);
        for chunk in self.as_bytes()[..length].chunks(4) {
            let mut bytes = [0; 4];
            bytes[..chunk.len()].copy_from_slice(chunk);
            out.push(u32::from_le_bytes(bytes));
        }
        out.resize(end, 0);
    }

    fn from_words(_coding: &Coding, words: &[u32]) -> Self {
        let Some((&length, rest)) = words.split_first() else { return Self::new() };
        let bytes: Vec<u8> = rest.iter().flat_map(|word| word.to_le_bytes()).take(length as usize).collect();
        // Decoded words are valid UTF-8; words from elsewhere may not be.
        Self::from_utf8(bytes).unwrap_or_default()
    }

    fn shown(&self) -> String {
        alloc::format!("{self:?} ({} bytes)", self.len())
    }
}
