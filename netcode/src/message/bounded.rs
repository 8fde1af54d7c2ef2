//! Strings, byte strings and lists with a length bound that their decoder enforces: [`Text`], [`Bytes`], [`List`].
//!
//! Everything a peer can make longer than it should be goes through one of these (PROTOCOL section 2: `text<n>`,
//! `bytes<n>`, `list<T, n>`). Invariant: a value never holds more than `N` bytes or items, whoever made it, and
//! decoding allocates only what the input really carries: a declared length alone allocates nothing.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A value was longer than its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Bytes (of a text or byte string) or items (of a list) that were given.
    pub length: usize,
    /// The most that the type may hold.
    pub max: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "length {} is over the limit of {}", self.length, self.max)
    }
}

impl core::error::Error for TooLong {}

fn check_length(length: usize, max: usize) -> Result<(), TooLong> {
    if length > max { Err(TooLong { length, max }) } else { Ok(()) }
}

/// A UTF-8 string of at most `N` bytes.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<const N: usize>(String);

impl<const N: usize> Text<N> {
    /// Most bytes that a value may hold.
    pub const MAX: usize = N;

    /// Copies a string.
    ///
    /// # Errors
    /// [`TooLong`] when it has more than `N` bytes.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        check_length(text.len(), N)?;
        Ok(Self(text.to_owned()))
    }

    /// Copies as much of a string as fits, cut at a character.
    pub fn truncated(text: &str) -> Self {
        Self(text[..text.floor_char_boundary(N)].to_owned())
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> TryFrom<&str> for Text<N> {
    type Error = TooLong;
    fn try_from(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<const N: usize>;
        impl<const N: usize> Visitor<'_> for TextVisitor<N> {
            type Value = Text<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a string of at most {N} bytes")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<N>, E> {
                Text::new(text).map_err(E::custom)
            }
        }
        // `str`, not `string`: the decoder lends its input, so the bound is checked before anything is allocated.
        deserializer.deserialize_str(TextVisitor::<N>)
    }
}

/// A byte string of at most `N` bytes.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Bytes<const N: usize>(Vec<u8>);

impl<const N: usize> Bytes<N> {
    /// Most bytes that a value may hold.
    pub const MAX: usize = N;

    /// Copies bytes.
    ///
    /// # Errors
    /// [`TooLong`] when there are more than `N`.
    pub fn new(bytes: &[u8]) -> Result<Self, TooLong> {
        check_length(bytes.len(), N)?;
        Ok(Self(bytes.to_vec()))
    }
}

impl<const N: usize> Deref for Bytes<N> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> TryFrom<&[u8]> for Bytes<N> {
    type Error = TooLong;
    fn try_from(bytes: &[u8]) -> Result<Self, TooLong> {
        Self::new(bytes)
    }
}

/// Tokens travel in these, so only the length is shown.
impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} of at most {N})", self.0.len())
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor<const N: usize>;
        impl<const N: usize> Visitor<'_> for BytesVisitor<N> {
            type Value = Bytes<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {N} bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes<N>, E> {
                Bytes::new(bytes).map_err(E::custom)
            }
        }
        deserializer.deserialize_bytes(BytesVisitor::<N>)
    }
}

/// A list of at most `N` items.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct List<T, const N: usize>(Vec<T>);

impl<T, const N: usize> List<T, N> {
    /// Most items that a value may hold.
    pub const MAX: usize = N;

    /// Takes the items.
    ///
    /// # Errors
    /// [`TooLong`] when there are more than `N`.
    pub fn new(items: Vec<T>) -> Result<Self, TooLong> {
        check_length(items.len(), N)?;
        Ok(Self(items))
    }

    /// Gives the items back.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> TryFrom<Vec<T>> for List<T, N> {
    type Error = TooLong;
    fn try_from(items: Vec<T>) -> Result<Self, TooLong> {
        Self::new(items)
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a List<T, N> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Debug, const N: usize> fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<T: Serialize, const N: usize> Serialize for List<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T, const N: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for ListVisitor<T, N> {
            type Value = List<T, N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {N} items")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T, N>, A::Error> {
                if let Some(length) = seq.size_hint() {
                    check_length(length, N).map_err(A::Error::custom)?;
                }
                // No capacity from the declared length: the list grows only with items that have arrived.
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    check_length(items.len() + 1, N).map_err(A::Error::custom)?;
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        deserializer.deserialize_seq(ListVisitor::<T, N>(PhantomData))
    }
}
