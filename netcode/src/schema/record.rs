//! The schema as it travels in Welcome: [`Schema`], [`Record`], [`Field`] and their small enumerations.
//!
//! Plain data, encoded by `message::codec`. Decoding bounds every list and name; whether the content makes sense is
//! decided by `Layout::new`, which every user of a schema goes through. PROTOCOL section 4.

use super::{Classes, Command, Declared, Event, FieldKind, Input, Layout, SchemaError};
use crate::limits;
use crate::message::bounded::{List, Text};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize};

/// Everything that a game replicates and accepts, in declaration order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schema {
    /// The classes of entities; an entity carries the index.
    #[serde(deserialize_with = "list::<_, _, { limits::CLASSES_MAX }>")]
    pub classes: Vec<Record>,
    /// The input of one tick.
    pub input: Record,
    /// What the server can tell.
    #[serde(deserialize_with = "list::<_, _, { limits::EVENT_RECORDS_MAX }>")]
    pub events: Vec<Record>,
    /// What a client can ask for.
    #[serde(deserialize_with = "list::<_, _, { limits::COMMAND_RECORDS_MAX }>")]
    pub commands: Vec<Record>,
}

impl Schema {
    /// The schema of a game's types.
    ///
    /// # Errors
    /// [`SchemaError`] if they pass a limit; it says which record and field, and what to change.
    pub fn of<C: Classes, I: Input, E: Event, K: Command>() -> Result<Self, SchemaError> {
        let schema =
            Self { classes: C::records(), input: I::record(), events: E::records(), commands: K::records() };
        Layout::new(&schema)?;
        Ok(schema)
    }
}

/// A named list of fields: a class, the input, an event or a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// 1 to 32 bytes.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// At most 32.
    #[serde(deserialize_with = "list::<_, _, { limits::FIELDS_MAX }>")]
    pub fields: Vec<Field>,
}

impl Record {
    /// A record of declared fields.
    pub fn declared(name: &str, fields: &[Declared]) -> Self {
        Self { name: name.into(), fields: fields.iter().map(Declared::field).collect() }
    }
}

/// One value of a record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// 1 to 32 bytes.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// How it becomes words.
    pub kind: FieldKind,
    /// Who sees it and when it changes.
    pub flags: Flags,
    /// How it is drawn between two snapshots.
    pub interpolation: Interpolation,
    /// The distance above which a change is drawn at once; 0 is never.
    pub snap: f64,
    /// The field whose value this edge takes along when it is applied late: its index in the record.
    pub edge_with: Option<u8>,
    /// The field whose rate of change this is, per second: its index in the record.
    pub velocity_of: Option<u8>,
    /// Reserved: the largest error that may stay, in words.
    pub tolerance: u32,
}

impl Field {
    /// Words of the field in a row: those of its value, then those of its exact numbers.
    pub fn words(&self) -> usize {
        self.kind.words() + self.exact_words()
    }

    /// Words that only the owner gets beside the quantized ones that everyone gets.
    pub(super) fn exact_words(&self) -> usize {
        if self.flags.contains(Flags::EXACT) { self.kind.numbers() } else { 0 }
    }
}

/// A set of properties of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flags(pub u8);

impl Flags {
    /// None.
    pub const NONE: Self = Self(0);
    /// Only the player that owns the entity sees it.
    pub const OWNER: Self = Self(1);
    /// With [`Self::OWNER`]: everyone sees the quantized value, and the owner the numbers as they are.
    pub const EXACT: Self = Self(2);
    /// It does not change while the entity lives.
    pub const ONCE: Self = Self(4);
    /// It is true in the input during which it was pressed.
    pub const EDGE: Self = Self(8);

    /// Whether all of `flags` are in the set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }
}

/// How a field is drawn between two snapshots; a number on the wire, because a client must be able to see unknown ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Interpolation(pub u8);

impl Interpolation {
    /// The older value until the newer one is due.
    pub const NONE: Self = Self(0);
    /// In proportion to time; angles the shorter way round.
    pub const LINEAR: Self = Self(1);
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::<{ limits::NAME_BYTES_MAX }>::deserialize(deserializer).map(|text| text.as_str().into())
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>, const N: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    List::<T, N>::deserialize(deserializer).map(List::into_vec)
}

pub(super) fn variants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names: Vec<Text<{ limits::NAME_BYTES_MAX }>> = list::<_, _, { limits::VARIANTS_MAX }>(deserializer)?;
    Ok(names.iter().map(|text| text.as_str().into()).collect())
}
