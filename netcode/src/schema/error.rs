//! [`SchemaError`]: a schema that cannot be used, by its author's mistake or a foreign server's.

use crate::limits;
use alloc::string::String;
use core::fmt;

/// What is wrong with a schema, where, and what to change.
#[derive(Clone, PartialEq, Debug)]
pub struct SchemaError {
    /// The record, or empty if it is about the schema as a whole.
    pub record: String,
    /// The field, or empty if it is about the record as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The kinds of mistakes in a schema.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Problem {
    /// More records of one kind than there may be.
    TooManyRecords {
        /// How many.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// More bytes than an encoded schema may have.
    TooManyBytes {
        /// How many.
        count: usize,
    },
    /// More fields than a record may have.
    TooManyFields {
        /// How many.
        count: usize,
    },
    /// More words than a record may have.
    TooManyWords {
        /// How many.
        count: usize,
    },
    /// A name that is empty or too long.
    BadName {
        /// Its length.
        bytes: usize,
    },
    /// A name that is used twice.
    DuplicateName,
    /// An enum without variants, or with too many.
    BadVariantCount {
        /// How many.
        count: usize,
    },
    /// An axis whose `min` or `step` is not usable.
    BadAxis,
    /// An integer whose largest value is above `u32::MAX`.
    BadInteger,
    /// Bits outside of 1..=24.
    BadAngleBits {
        /// How many.
        bits: u8,
    },
    /// A text of no bytes.
    EmptyText,
    /// Bits of a quaternion outside of 4..=20.
    BadQuatBits {
        /// How many.
        bits: u8,
    },
    /// `exact` without `owner`, or on a field without real numbers.
    BadExact,
    /// `velocity_of` on a field that is not a velocity of the other one.
    BadVelocity,
    /// The companion of an edge is not a field of the same input, or is an edge itself.
    BadCompanion,
    /// A flag, an interpolation or another property that this version reserves, or that makes no sense here.
    BadProperty,
    /// `snap` is negative, infinite or NaN.
    BadSnap,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.record.as_str(), self.field.as_str()) {
            ("", _) => f.write_str("schema: ")?,
            (record, "") => write!(f, "{record}: ")?,
            (record, field) => write!(f, "{record}.{field}: ")?,
        }
        match self.problem {
            Problem::TooManyRecords { count, max } => {
                write!(f, "{count} records, at most {max} fit: merge some")
            }
            Problem::TooManyBytes { count } => {
                write!(
                    f,
                    "{count} bytes, at most {} fit: declare fewer records, fields or variants",
                    limits::SCHEMA_BYTES_MAX
                )
            }
            Problem::TooManyFields { count } => {
                write!(f, "{count} fields, at most {} fit: split the record", limits::FIELDS_MAX)
            }
            Problem::TooManyWords { count } => {
                write!(f, "{count} words, at most {} fit: shorten its texts", limits::RECORD_WORDS_MAX)
            }
            Problem::BadName { bytes } => {
                write!(f, "a name of {bytes} bytes: use 1 to {}", limits::NAME_BYTES_MAX)
            }
            Problem::DuplicateName => f.write_str("the name is used twice: rename one"),
            Problem::BadVariantCount { count } => {
                write!(f, "an enum of {count} variants: use 1 to {}", limits::VARIANTS_MAX)
            }
            Problem::BadAxis => f.write_str(
                "range or step is not finite, or step is not above 0: write range = a..b, step = s",
            ),
            Problem::BadInteger => f.write_str("the range goes beyond 32 bits: use a smaller range"),
            Problem::BadAngleBits { bits } => {
                write!(f, "an angle of {bits} bits: use 1 to {}", limits::ANGLE_BITS_MAX)
            }
            Problem::EmptyText => f.write_str("a text of at most 0 bytes: use max = 1 to 255"),
            Problem::BadQuatBits { bits } => {
                write!(f, "a quaternion of {bits} bits: use 4 to {}", limits::QUAT_BITS_MAX)
            }
            Problem::BadExact => f.write_str("exact is for f32, Vec2, Vec3 and Quat, and goes with owner"),
            Problem::BadVelocity => f.write_str(
                "velocity_of names a field of as many numbers: f32 for f32, Vec2 for Vec2, Vec3 for Vec3 or Quat",
            ),
            Problem::BadCompanion => {
                f.write_str("with names another field of the same input that is not an edge")
            }
            Problem::BadProperty => {
                f.write_str("a flag or property that is reserved, or not for this kind of record or field")
            }
            Problem::BadSnap => f.write_str("snap must be 0 or a positive distance"),
        }
    }
}

impl core::error::Error for SchemaError {}
