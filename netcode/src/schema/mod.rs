//! What a game replicates and accepts: classes, input, events and commands, and how their fields become words.
//!
//! Owns the schema as it travels in Welcome (PROTOCOL section 4), quantization, and the compiled [`Layout`] by which every
//! bit stream of fields is coded. It does not know ticks, entities or messages. The traits here are implemented by the
//! derive macros of the same names.
//!
//! Invariant: every value on the wire is a *word* of at most 32 bits with a declared largest value. A value is final
//! when it is quantized: comparing and hashing happen on words only.

mod coding;
mod declare;
mod error;
mod layout;
mod record;
#[cfg(test)]
mod tests;
mod value;

pub use coding::{Axis, Coding, FieldKind};
pub use declare::{Classes, Command, Declared, Event, Input, Replicate};
pub use error::{Problem, SchemaError};
pub use layout::{Layout, Part, RecordLayout, Records};
pub use record::{Field, Flags, Interpolation, Record, Schema};
pub use value::{Value, Words};

use sha1::{Digest, Sha1};

/// Names a schema: the first eight bytes of SHA-1 over its encoded bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct SchemaHash(pub [u8; 8]);

/// The hash of an encoded schema. PROTOCOL section 3.2.
pub fn hash(encoded: &[u8]) -> SchemaHash {
    let digest = Sha1::digest(encoded);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    SchemaHash(first)
}

#[doc(hidden)]
pub mod private {
    //! What the derive macros name and a `no_std` game may not have in scope.
    pub use alloc::vec::Vec;
}
