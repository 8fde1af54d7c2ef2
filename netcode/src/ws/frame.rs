//! Frame headers: encode and decode (RFC 6455 section 5.2).
//!
//! Owns the byte layout and every rule that one header can break. What a frame means for the message it belongs to is
//! the receiver's. Invariant: a header is judged in the order of its bytes, so that where the input is cut changes
//! nothing.

use alloc::vec::Vec;

use super::error::ProtocolError;

/// Kind of a data message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// UTF-8 text; a received payload is valid UTF-8.
    Text,
    /// Arbitrary bytes.
    Binary,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn decode(nibble: u8) -> Option<Self> {
        Some(match nibble {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

impl From<MessageKind> for Opcode {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Binary => Self::Binary,
        }
    }
}

/// Largest header in bytes: 2, a 64-bit length and a key.
pub(crate) const HEADER_BYTES_MAX: usize = 14;

/// An encoded frame header; dereferences to its bytes.
#[derive(Clone, Copy, Debug)]
pub struct HeaderBytes {
    bytes: [u8; HEADER_BYTES_MAX],
    size: u8,
}

impl core::ops::Deref for HeaderBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }
}

/// Header of an unfragmented server frame of `payload_bytes`: frame once, send to many receivers.
pub fn header(kind: MessageKind, payload_bytes: usize) -> HeaderBytes {
    encode(kind.into(), payload_bytes, None)
}

/// Encodes the header of an unfragmented frame with the shortest length form.
pub(crate) fn encode(opcode: Opcode, payload_bytes: usize, key: Option<[u8; 4]>) -> HeaderBytes {
    let mut bytes = [0; HEADER_BYTES_MAX];
    bytes[0] = 0x80 | opcode as u8;
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut size = 2;
    if payload_bytes < 126 {
        bytes[1] = mask_bit | payload_bytes as u8;
    } else if let Ok(short) = u16::try_from(payload_bytes) {
        bytes[1] = mask_bit | 126;
        bytes[2..4].copy_from_slice(&short.to_be_bytes());
        size = 4;
    } else {
        bytes[1] = mask_bit | 127;
        bytes[2..10].copy_from_slice(&(payload_bytes as u64).to_be_bytes());
        size = 10;
    }
    if let Some(key) = key {
        bytes[size..size + 4].copy_from_slice(&key);
        size += 4;
    }
    HeaderBytes { bytes, size: size as u8 }
}

/// Appends the header of an unfragmented, unmasked frame with the shortest length form.
#[inline]
pub(crate) fn append_unmasked(opcode: Opcode, payload_bytes: usize, out: &mut Vec<u8>) {
    let first = 0x80 | opcode as u8;
    if payload_bytes < 126 {
        out.extend_from_slice(&[first, payload_bytes as u8]);
    } else if let Ok(short) = u16::try_from(payload_bytes) {
        let [high, low] = short.to_be_bytes();
        out.extend_from_slice(&[first, 126, high, low]);
    } else {
        out.extend_from_slice(&encode(opcode, payload_bytes, None));
    }
}

/// Size in bytes of the length field and the two bytes before it.
pub(crate) fn unmasked_header_bytes(payload_bytes: usize) -> usize {
    match payload_bytes {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    }
}

/// What the next header must respect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expect {
    /// Frames must be masked (server) or must not be (client).
    pub(crate) masked: bool,
    /// A fragmented message is open.
    pub(crate) fragmented: bool,
    /// Bytes the open message has already.
    pub(crate) message_bytes: u32,
    /// Bytes a message may have.
    pub(crate) message_bytes_max: u32,
}

/// A decoded header that respects every rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) opcode: Opcode,
    pub(crate) fin: bool,
    /// Zero for unmasked frames: XOR with it changes nothing.
    pub(crate) key: [u8; 4],
    pub(crate) payload_bytes: u32,
    /// Size of the header itself in bytes.
    pub(crate) size: usize,
}

/// Decodes the header at the start of `bytes`; `None` when more bytes are needed.
///
/// Checks in the order of the bytes: reserved bits, opcode, fragmented control, sequence; mask bit, control length;
/// length form, size of the message.
pub(crate) fn decode(bytes: &[u8], expect: Expect) -> Result<Option<Header>, ProtocolError> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let (opcode, fin) = decode_first(first, expect.fragmented)?;
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    let masked = second & 0x80 != 0;
    if masked != expect.masked {
        return Err(if masked { ProtocolError::Masked } else { ProtocolError::Unmasked });
    }
    let short = second & 0x7f;
    if opcode.is_control() && short > 125 {
        return Err(ProtocolError::ControlTooLong);
    }
    let Some((payload_bytes, at)) = decode_length(short, bytes)? else { return Ok(None) };
    let payload_bytes =
        if opcode.is_control() { u32::from(short) } else { fit_message(payload_bytes, expect)? };
    let (key, size) = if masked {
        let Some(&key) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) else { return Ok(None) };
        (key, at + 4)
    } else {
        ([0; 4], at)
    };
    Ok(Some(Header { opcode, fin, key, payload_bytes, size }))
}

/// The header of a whole message in one frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole {
    pub(crate) kind: MessageKind,
    /// 1 to 65,535.
    pub(crate) payload_bytes: usize,
    /// Zero for unmasked frames.
    pub(crate) key: [u8; 4],
    /// Size of the header itself in bytes.
    pub(crate) size: usize,
}

/// Decodes the header at the start of `bytes` if it is a usual one: of an unfragmented, not empty data frame below 64 KiB
/// that follows the rules. `None` says nothing about what else it is, that is for [`decode`].
#[inline]
pub(crate) fn decode_whole(bytes: &[u8], masked: bool) -> Option<Whole> {
    let &[first, second, ..] = bytes else { return None };
    let kind = match first {
        0x81 => MessageKind::Text,
        0x82 => MessageKind::Binary,
        _ => return None,
    };
    if (second & 0x80 != 0) != masked {
        return None;
    }
    let (payload_bytes, at) = match second & 0x7f {
        0 | 127 => return None,
        126 => match bytes {
            &[_, _, high, low, ..] => (usize::from(u16::from_be_bytes([high, low])), 4),
            _ => return None,
        },
        short => (usize::from(short), 2),
    };
    if at == 4 && payload_bytes < 126 {
        return None;
    }
    if !masked {
        return Some(Whole { kind, payload_bytes, key: [0; 4], size: at });
    }
    let key = *bytes.get(at..)?.first_chunk()?;
    Some(Whole { kind, payload_bytes, key, size: at + 4 })
}

fn decode_first(first: u8, fragmented: bool) -> Result<(Opcode, bool), ProtocolError> {
    let reserved = (first >> 4) & 0b111;
    if reserved != 0 {
        return Err(ProtocolError::ReservedBits(reserved));
    }
    let nibble = first & 0x0f;
    let opcode = Opcode::decode(nibble).ok_or(ProtocolError::ReservedOpcode(nibble))?;
    let fin = first & 0x80 != 0;
    match (opcode, fragmented) {
        (Opcode::Continuation, false) => Err(ProtocolError::UnexpectedContinuation),
        (Opcode::Text | Opcode::Binary, true) => Err(ProtocolError::ExpectedContinuation),
        _ if opcode.is_control() && !fin => Err(ProtocolError::FragmentedControl),
        _ => Ok((opcode, fin)),
    }
}

/// Payload length and the index of the byte after it.
fn decode_length(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, ProtocolError> {
    let (len, at, minimum) = match short {
        126 => {
            let Some(field) = bytes.get(2..4).and_then(|b| b.first_chunk()) else { return Ok(None) };
            (u64::from(u16::from_be_bytes(*field)), 4, 126)
        }
        127 => {
            let Some(field) = bytes.get(2..10).and_then(|b| b.first_chunk()) else { return Ok(None) };
            (u64::from_be_bytes(*field), 10, 0x1_0000)
        }
        _ => return Ok(Some((u64::from(short), 2))),
    };
    if len >> 63 != 0 {
        return Err(ProtocolError::LengthTopBit);
    }
    if len < minimum {
        return Err(ProtocolError::LengthNotMinimal(len));
    }
    Ok(Some((len, at)))
}

/// The length of a data frame as `u32`, if the message stays within its limit.
fn fit_message(payload_bytes: u64, expect: Expect) -> Result<u32, ProtocolError> {
    let max = expect.message_bytes_max;
    // Neither term has its top bit set: the sum can not wrap.
    let bytes = u64::from(expect.message_bytes) + payload_bytes;
    match u32::try_from(payload_bytes) {
        Ok(fits) if bytes <= u64::from(max) => Ok(fits),
        _ => Err(ProtocolError::MessageTooBig { bytes, max }),
    }
}
