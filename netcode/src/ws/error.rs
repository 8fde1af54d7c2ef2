//! `ProtocolError`: every way in which a peer can break RFC 6455 or the limits, and the close code of each.
//!
//! Faults of the HTTP handshake are in [`handshake`](super::handshake): they are answered with a status, not a code.

use core::fmt;

/// What the peer did wrong; the connection is closed with [`close_code`](Self::close_code).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtocolError {
    /// RSV1..3 set though no extension was negotiated (5.2). The value is bits 4..6 of the first byte, shifted down.
    ReservedBits(u8),
    /// Opcode 3..7 or 11..15 (5.2).
    ReservedOpcode(u8),
    /// A control frame without FIN (5.5).
    FragmentedControl,
    /// A control frame whose length is 126 or more (5.5).
    ControlTooLong,
    /// A client's frame without mask (5.1).
    Unmasked,
    /// A server's frame with mask (5.1).
    Masked,
    /// A length that fits a shorter form (5.2).
    LengthNotMinimal(u64),
    /// A 64-bit length with its top bit set (5.2).
    LengthTopBit,
    /// A continuation frame while no message is open (5.4).
    UnexpectedContinuation,
    /// A text or binary frame inside a fragmented message (5.4).
    ExpectedContinuation,
    /// A close frame with a body of one byte (5.5.1).
    CloseBodyTooShort,
    /// A close code that must not be on the wire (7.4).
    InvalidCloseCode(u16),
    /// Text or a close reason that is not UTF-8 (8.1).
    InvalidUtf8,
    /// A message larger than the limit; `bytes` counts what was received before and what the header declares.
    MessageTooBig {
        /// Size in bytes the message would have.
        bytes: u64,
        /// The limit in bytes.
        max: u32,
    },
    /// A message of more than this many frames.
    TooManyFragments(u32),
    /// More than this many data frames without payload in one second.
    TooManyEmptyFrames(u32),
    /// More than this many ping and pong frames in one second.
    TooManyControlFrames(u32),
    /// A message that was not complete after this many milliseconds.
    MessageTimeout(u32),
}

impl ProtocolError {
    /// The close code that answers this error: 1002, 1007, 1008 or 1009.
    pub const fn close_code(self) -> u16 {
        match self {
            Self::ReservedBits(_)
            | Self::ReservedOpcode(_)
            | Self::FragmentedControl
            | Self::ControlTooLong
            | Self::Unmasked
            | Self::Masked
            | Self::LengthNotMinimal(_)
            | Self::LengthTopBit
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::CloseBodyTooShort
            | Self::InvalidCloseCode(_) => 1002,
            Self::InvalidUtf8 => 1007,
            Self::TooManyFragments(_)
            | Self::TooManyEmptyFrames(_)
            | Self::TooManyControlFrames(_)
            | Self::MessageTimeout(_) => 1008,
            Self::MessageTooBig { .. } => 1009,
        }
    }

    /// A fixed phrase of at most 123 ASCII bytes for the close frame and for metric labels.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ReservedBits(_) => "reserved bits set",
            Self::ReservedOpcode(_) => "reserved opcode",
            Self::FragmentedControl => "fragmented control frame",
            Self::ControlTooLong => "control frame too long",
            Self::Unmasked => "client frame not masked",
            Self::Masked => "server frame masked",
            Self::LengthNotMinimal(_) => "length not minimal",
            Self::LengthTopBit => "length out of range",
            Self::UnexpectedContinuation => "unexpected continuation",
            Self::ExpectedContinuation => "expected continuation",
            Self::CloseBodyTooShort => "close body too short",
            Self::InvalidCloseCode(_) => "invalid close code",
            Self::InvalidUtf8 => "invalid utf-8",
            Self::MessageTooBig { .. } => "message too big",
            Self::TooManyFragments(_) => "too many fragments",
            Self::TooManyEmptyFrames(_) => "too many empty frames",
            Self::TooManyControlFrames(_) => "too many control frames",
            Self::MessageTimeout(_) => "message timeout",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match *self {
            Self::ReservedBits(bits) => write!(f, ": {bits:03b}"),
            Self::ReservedOpcode(opcode) => write!(f, ": {opcode}"),
            Self::LengthNotMinimal(len) => write!(f, ": {len}"),
            Self::InvalidCloseCode(code) => write!(f, ": {code}"),
            Self::MessageTooBig { bytes, max } => write!(f, ": {bytes} bytes, limit {max}"),
            Self::TooManyFragments(max) => write!(f, ": limit {max}"),
            Self::TooManyEmptyFrames(max) | Self::TooManyControlFrames(max) => write!(f, ": limit {max}/s"),
            Self::MessageTimeout(max) => write!(f, ": limit {max} ms"),
            Self::FragmentedControl
            | Self::ControlTooLong
            | Self::Unmasked
            | Self::Masked
            | Self::LengthTopBit
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::CloseBodyTooShort
            | Self::InvalidUtf8 => Ok(()),
        }
    }
}

impl core::error::Error for ProtocolError {}
