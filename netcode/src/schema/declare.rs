//! The traits that the derive macros implement: what a game's types tell the engine.
//!
//! Games write the derives and call none of these; the engine calls them once per entity, input, event and command.

use super::{Clamped, Coding, Field, Flags, Interpolation, Record};
use alloc::vec;
use alloc::vec::Vec;
use core::any::TypeId;

/// One field as a derive macro declares it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// How it becomes words.
    pub coding: Coding,
    /// Who sees it and when it changes.
    pub flags: Flags,
    /// How it is drawn between two snapshots.
    pub interpolation: Interpolation,
    /// The distance above which a change is drawn at once; 0 is never.
    pub snap: f64,
    /// The field whose value an edge takes along: its index in the record.
    pub edge_with: Option<u8>,
    /// The field whose rate of change this is: its index in the record.
    pub velocity_of: Option<u8>,
}

impl Declared {
    /// How many words the fields of a record take.
    pub const fn words(fields: &[Self]) -> usize {
        let (mut words, mut index) = (0, 0);
        while index < fields.len() {
            let Self { coding, flags, .. } = &fields[index];
            words += coding.words();
            if flags.contains(Flags::EXACT) {
                words += coding.numbers();
            }
            index += 1;
        }
        words
    }

    /// The field as it travels.
    pub fn field(&self) -> Field {
        Field {
            name: self.name.into(),
            kind: self.coding.kind(),
            flags: self.flags,
            interpolation: self.interpolation,
            snap: self.snap,
            edge_with: self.edge_with,
            velocity_of: self.velocity_of,
            tolerance: 0,
        }
    }
}

/// A class of entities: a struct with `#[derive(Replicate)]`.
pub trait Replicate {
    /// Words of the record, public and owner's.
    const WORDS: usize;

    /// The class as it travels in the schema.
    fn record() -> Record;

    /// Appends [`Self::WORDS`] words in field order. Each number out of range is clamped and adds one to `clamped`.
    fn quantize(&self, out: &mut Vec<u32>, clamped: &mut u32);

    /// The values that words stand for; missing words count as 0.
    fn from_words(words: &[u32]) -> Self;

    /// The first field whose value is out of its range, for a message. Costs as much as quantizing, and allocates.
    fn first_clamped(&self) -> Option<Clamped> {
        None
    }
}

/// The classes of a game: one class, a tuple of 1 to 12, or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a class, nor a list of them",
    label = "use a struct with #[derive(Replicate)], a tuple of 1 to 12 such structs, or ()"
)]
pub trait Classes: 'static {
    /// Their records, in order.
    fn records() -> Vec<Record>;

    /// The place of a type among them.
    fn index_of(class: TypeId) -> Option<u8>;
}

impl<T: Replicate + 'static> Classes for T {
    fn records() -> Vec<Record> {
        vec![T::record()]
    }

    fn index_of(class: TypeId) -> Option<u8> {
        (class == TypeId::of::<T>()).then_some(0)
    }
}

macro_rules! classes {
    ($($class:ident)*) => {
        impl<$($class: Replicate + 'static),*> Classes for ($($class,)*) {
            fn records() -> Vec<Record> {
                vec![$($class::record()),*]
            }

            fn index_of(class: TypeId) -> Option<u8> {
                let classes: &[TypeId] = &[$(TypeId::of::<$class>()),*];
                classes.iter().position(|&known| known == class).map(|index| index as u8)
            }
        }
    };
}
classes!();
classes!(A);
classes!(A B);
classes!(A B C);
classes!(A B C D);
classes!(A B C D E);
classes!(A B C D E F);
classes!(A B C D E F G);
classes!(A B C D E F G H);
classes!(A B C D E F G H I);
classes!(A B C D E F G H I J);
classes!(A B C D E F G H I J K);
classes!(A B C D E F G H I J K L);

/// One player's intent for one tick: a struct with `#[derive(Input, Clone, Copy, Default)]`, or `()`.
pub trait Input: Copy + Default + Send + 'static {
    /// Words of the record.
    const WORDS: usize;

    /// The input as it travels in the schema.
    fn record() -> Record;

    /// Appends [`Self::WORDS`] words in field order. Each number out of range is clamped and adds one to `clamped`.
    fn quantize(&self, out: &mut Vec<u32>, clamped: &mut u32);

    /// The values that words stand for; missing words count as 0.
    fn from_words(words: &[u32]) -> Self;

    /// Makes every edge false: what is held goes on, what was pressed does not repeat.
    fn clear_edges(&mut self);

    /// Whether any edge is set.
    fn edges(&self) -> bool;

    /// Sets every edge that is set in `other`, each with the companion field that it was given with.
    fn merge_edges(&mut self, other: &Self);
}

impl Input for () {
    const WORDS: usize = 0;

    fn record() -> Record {
        Record::declared("None", &[])
    }

    fn quantize(&self, _out: &mut Vec<u32>, _clamped: &mut u32) {}

    fn from_words(_words: &[u32]) -> Self {}

    fn clear_edges(&mut self) {}

    fn edges(&self) -> bool {
        false
    }

    fn merge_edges(&mut self, _other: &Self) {}
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub trait $name: Send + Sized + 'static {
            /// The records to choose from: one for a struct, one per variant of an enum, none for `()`.
            fn records() -> Vec<Record>;

            /// Appends the words of the value and returns the index of its record. Each number out of range is clamped
            /// and adds one to `clamped`.
            fn quantize(&self, out: &mut Vec<u32>, clamped: &mut u32) -> u8;

            /// The value of a record's words; `None` for an index that is not in the list. Missing words count as 0.
            fn from_words(index: u8, words: &[u32]) -> Option<Self>;

            /// The first field whose value is out of its range, for a message. Costs as much as quantizing, and allocates.
            fn first_clamped(&self) -> Option<Clamped> {
                None
            }
        }

        impl $name for () {
            fn records() -> Vec<Record> {
                Vec::new()
            }

            /// There is no record, so the index is one that names none.
            fn quantize(&self, _out: &mut Vec<u32>, _clamped: &mut u32) -> u8 {
                u8::MAX
            }

            fn from_words(_index: u8, _words: &[u32]) -> Option<Self> {
                None
            }
        }
    };
}
choice!(
    /// What the server tells clients, reliably and in order: a struct or enum with `#[derive(Event)]`, or `()` for none.
    Event
);
choice!(
    /// What a client asks for outside the ticks: a struct or enum with `#[derive(Command)]`, or `()` for none.
    Command
);
