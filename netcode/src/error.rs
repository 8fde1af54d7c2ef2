//! `ProtocolError`: what a peer did wrong.
//!
//! Errors of framing are `ws::ProtocolError`; mistakes in a schema that the caller declares are `schema::SchemaError`.
//! Every error maps to exactly one close code (PROTOCOL section 8). A client answers those of an Update with Resync
//! instead of closing (section 3.6).

use crate::close::CloseCode;
use core::fmt;

/// A peer broke the protocol. Carries numbers only, so that it is `Copy` and costs nothing to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtocolError {
    /// The message ended before its last field.
    Truncated,
    /// Bytes follow the last field.
    TrailingBytes {
        /// How many.
        count: u32,
    },
    /// Bits that fill the last byte are not zero.
    PaddingNotZero,
    /// A varint above 32 bits, or with a trailing zero group.
    BadVarint,
    /// An Elias gamma code of more than 32 bits, or a sum of gaps above 32 bits.
    BadGamma,
    /// A word above the largest value of its field.
    WordOutOfRange {
        /// What came.
        word: u32,
        /// The largest value of the field.
        max: u32,
    },
    /// Text that is not UTF-8, or whose filling bytes are not zero.
    BadText,
    /// A choice among records that names none of them.
    UnknownRecord {
        /// What came.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// A message or a part of it is larger than its limit.
    TooLarge {
        /// What came.
        size: u32,
        /// The limit.
        max: u32,
    },
    /// Bits or values that PROTOCOL reserves.
    Reserved {
        /// The byte that holds them.
        value: u32,
    },
    /// A bincode value that does not decode, or is not in its one canonical form.
    BadBincode,
    /// A message type that is not listed, or not in this direction.
    UnknownMessage {
        /// The type byte.
        kind: u8,
    },
    /// A message that is not allowed in this state of the session.
    OutOfPlace {
        /// The type byte.
        kind: u8,
    },
    /// Another message before Hello.
    HelloExpected,
    /// No Hello in time.
    HelloTimeout,
    /// No common protocol version.
    Version {
        /// What the peer speaks at most.
        protocol: u16,
    },
    /// A schema that this client cannot compile.
    BadSchema,
    /// A schema hash that belongs to no schema at hand.
    UnknownSchema,
    /// A text message.
    NotBinary,
    /// A number that leaves a hole in its sequence.
    SequenceGap {
        /// What came.
        number: u32,
        /// What was due.
        expected: u32,
    },
    /// Too many messages for too long.
    MessageRate,
    /// Nothing received for too long.
    Silence,
    /// Events or updates unacknowledged beyond their bound.
    Unacknowledged,
    /// Too many Resyncs.
    TooManyResyncs,
    /// An update is coded against points that this decoder does not hold.
    DepthUnsupported {
        /// How many points.
        depth: u8,
    },
    /// An update is coded by a model that this decoder does not hold.
    ModelUnsupported {
        /// The model's id.
        model: u8,
    },
    /// A slot is "the same" as a state that this decoder does not hold.
    SameBeforeFull,
    /// A body of depth 0 without its hash.
    HashMissing,
    /// The decoded state is not the one that was encoded.
    HashMismatch {
        /// The hash that came.
        expected: u32,
        /// The hash of what was decoded.
        decoded: u32,
    },
    /// An entity entered a slot that has it.
    DuplicateEntity {
        /// The entity.
        id: u32,
    },
    /// An entity has different classes in two slots.
    ClassConflict {
        /// The entity.
        id: u32,
    },
}

impl ProtocolError {
    /// The close code that tells the peer.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Truncated
            | Self::TrailingBytes { .. }
            | Self::PaddingNotZero
            | Self::BadVarint
            | Self::BadGamma
            | Self::WordOutOfRange { .. }
            | Self::BadText
            | Self::UnknownRecord { .. }
            | Self::TooLarge { .. }
            | Self::Reserved { .. }
            | Self::BadBincode
            | Self::UnknownMessage { .. }
            | Self::OutOfPlace { .. }
            | Self::SequenceGap { .. } => CloseCode::BadMessage,
            Self::HelloExpected | Self::HelloTimeout => CloseCode::HelloExpected,
            Self::Version { .. } | Self::BadSchema | Self::UnknownSchema => CloseCode::Version,
            Self::NotBinary => CloseCode::BinaryOnly,
            Self::MessageRate => CloseCode::Rate,
            Self::Silence => CloseCode::IdleTimeout,
            Self::Unacknowledged => CloseCode::SlowClient,
            Self::TooManyResyncs
            | Self::DepthUnsupported { .. }
            | Self::ModelUnsupported { .. }
            | Self::SameBeforeFull
            | Self::HashMissing
            | Self::HashMismatch { .. }
            | Self::DuplicateEntity { .. }
            | Self::ClassConflict { .. } => CloseCode::Desync,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated => f.write_str("the message ends too early"),
            Self::TrailingBytes { count } => write!(f, "{count} bytes follow the message"),
            Self::PaddingNotZero => f.write_str("padding bits are not zero"),
            Self::BadVarint => f.write_str("a varint is too long or not canonical"),
            Self::BadGamma => f.write_str("a gamma code or a sum of them passes 32 bits"),
            Self::WordOutOfRange { word, max } => write!(f, "word {word} is above its field's {max}"),
            Self::BadText => f.write_str("text is not valid"),
            Self::UnknownRecord { index, count } => write!(f, "record {index} of {count}"),
            Self::TooLarge { size, max } => write!(f, "size {size} is above the limit of {max}"),
            Self::Reserved { value } => write!(f, "reserved bits in {value:#x}"),
            Self::BadBincode => f.write_str("a bincode value does not decode"),
            Self::UnknownMessage { kind } => write!(f, "unknown message type {kind:#04x}"),
            Self::OutOfPlace { kind } => write!(f, "message type {kind:#04x} is out of place"),
            Self::HelloExpected => f.write_str("the first message is not Hello"),
            Self::HelloTimeout => f.write_str("no Hello in time"),
            Self::Version { protocol } => write!(f, "no common version with protocol {protocol}"),
            Self::BadSchema => f.write_str("the schema is not valid"),
            Self::UnknownSchema => f.write_str("the schema hash is not known"),
            Self::NotBinary => f.write_str("a text message"),
            Self::SequenceGap { number, expected } => write!(f, "number {number} where {expected} was due"),
            Self::MessageRate => f.write_str("too many messages"),
            Self::Silence => f.write_str("nothing received for too long"),
            Self::Unacknowledged => f.write_str("too much is not acknowledged"),
            Self::TooManyResyncs => f.write_str("too many Resyncs"),
            Self::DepthUnsupported { depth } => write!(f, "no {depth} points to decode against"),
            Self::ModelUnsupported { model } => write!(f, "model {model} is not known"),
            Self::SameBeforeFull => f.write_str("a slot is the same as nothing"),
            Self::HashMissing => f.write_str("a full body without a hash"),
            Self::HashMismatch { expected, decoded } => {
                write!(f, "state hash {decoded:#010x}, expected {expected:#010x}")
            }
            Self::DuplicateEntity { id } => write!(f, "entity {id} entered twice"),
            Self::ClassConflict { id } => write!(f, "entity {id} has two classes"),
        }
    }
}

impl core::error::Error for ProtocolError {}
