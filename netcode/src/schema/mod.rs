//! What a game replicates and accepts: classes, input, events and commands, and how their fields become words.
//!
//! Owns the schema as it travels in Welcome (PROTOCOL section 4), quantization, and the compiled [`Layout`] by which every
//! bit stream of fields is coded. It does not know ticks, entities or messages. The traits here are implemented by the
//! derive macros of the same names.
//!
//! ```
//! use tickwire_netcode::schema::Layout;
//! use tickwire_netcode::{Input, Replicate, glam::Vec2, schema::Schema};
//!
//! #[derive(Replicate)]
//! #[rep(crate = tickwire_netcode)] // Games leave this out: they have it as `tickwire::netcode`.
//! struct Ship {
//!     #[rep(range = -512.0..512.0, step = 0.05)]
//!     pos: Vec2,
//!     #[rep(angle, bits = 10)]
//!     heading: f32,
//!     hp: u8,
//! }
//!
//! #[derive(Input, Clone, Copy, Default)]
//! #[rep(crate = tickwire_netcode)]
//! struct Stick {
//!     #[rep(range = -1..=1)]
//!     turn: i8,
//!     #[rep(edge)]
//!     fire: bool,
//! }
//!
//! let schema = Schema::of::<Ship, Stick, (), ()>()?;
//! let layout = Layout::new(&schema)?;
//! assert_eq!(layout.input().words(), 2);
//! # Ok::<(), tickwire_netcode::schema::SchemaError>(())
//! ```
//!
//! Misuse of an attribute does not compile, and the error says what to write. A real number needs its range and step:
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { heading: f32 }
//! ```
//!
//! A range must be one, and lie in its type:
//!
//! ```compile_fail,E0080
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { #[rep(range = 0..300)] hp: u8 }
//! ```
//!
//! A field is of one of the types that [`Value`] names:
//!
//! ```compile_fail,E0277
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { target: Option<u8> }
//! ```
//!
//! Values have at most 32 bits, records have no generics, and only inputs have edges:
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Score { points: u64 }
//! ```
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Holder<T> { value: T }
//! ```
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { #[rep(edge)] fire: bool }
//! ```
//!
//! An exact field is an owner's, a velocity is that of another field of the same shape, an edge's companion is a field of the
//! same input that is not an edge:
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { #[rep(range = 0.0..1.0, step = 0.1, exact)] fuel: f32 }
//! ```
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { #[rep(range = 0.0..1.0, step = 0.1, velocity_of = "pos")] vel: f32 }
//! ```
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Input, Clone, Copy, Default)]
//! #[rep(crate = tickwire_netcode)]
//! struct Stick { #[rep(edge, with = "fire")] fire: bool }
//! ```
//!
//! ```compile_fail
//! #[derive(tickwire_netcode::Replicate)]
//! #[rep(crate = tickwire_netcode)]
//! struct Ship { id: u32 }
//! ```
//!
//! Invariant: every value on the wire is a *word* of at most 32 bits with a declared largest value. A value is final
//! when it is quantized: comparing and hashing happen on words only.

mod change;
mod check;
mod clamped;
mod coding;
mod declare;
mod error;
mod layout;
mod record;
mod rotation;
#[cfg(test)]
pub(crate) mod tests;
mod value;

pub use change::Change;
pub use clamped::Clamped;
pub use coding::{Axis, Coding, FieldKind};
pub use declare::{Classes, Command, Declared, Event, Input, Replicate};
pub use error::{Problem, SchemaError};
pub use layout::{Layout, Part, RecordLayout, Records};
pub use record::{Field, Flags, Interpolation, Record, Schema};
pub use value::{Exact, Value, Words};

use crate::limits;
use alloc::string::String;
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

/// Checks the size of an encoded schema before a server offers it. PROTOCOL section 9.
///
/// # Errors
/// [`Problem::TooManyBytes`].
pub fn check_size(encoded: &[u8]) -> Result<(), SchemaError> {
    let count = encoded.len();
    if count <= limits::SCHEMA_BYTES_MAX {
        return Ok(());
    }
    Err(SchemaError { record: String::new(), field: String::new(), problem: Problem::TooManyBytes { count } })
}

#[doc(hidden)]
pub mod private {
    //! What the derive macros name and a `no_std` game may not have in scope.
    pub use super::clamped::clamped;
    pub use super::value::{ValueOf, value_of};
    pub use alloc::vec::Vec;
}
