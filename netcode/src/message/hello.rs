//! Hello, the client's first message: PROTOCOL section 3.1.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::bounded::{Bytes, Text};
use super::{codec, kind, too_large};
use crate::error::ProtocolError;
use crate::limits;
use crate::schema::SchemaHash;

/// Who wants to join what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Highest protocol version that the client speaks.
    pub protocol: u16,
    /// Name and version of the client library, for the server's log.
    pub sdk: Text<32>,
    /// Bit set of codings and models; unknown bits are ignored.
    pub capabilities: u32,
    /// Client clock when this was sent: microseconds, wrapping.
    pub stamp: u32,
    /// Kind of room.
    pub kind: Text<32>,
    /// Room id; empty for any room of that kind.
    pub room: Text<32>,
    /// The player's name; may be empty.
    pub name: Text<32>,
    /// For the server's authenticator; may be empty.
    pub token: Bytes<512>,
    /// A seat to take back.
    pub resume: Option<Resume>,
    /// Hash of a schema that the client holds already.
    pub schema_hash: Option<SchemaHash>,
}

/// A seat that an earlier connection left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The resume token of the earlier Welcome.
    pub token: Bytes<64>,
    /// Number of the newest event received.
    pub event_ack: u32,
    /// Number of the newest command sent.
    pub last_command: u32,
}

impl Hello {
    /// Appends the message, type byte first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(kind::HELLO);
        codec::encode(self, out);
    }

    /// Decodes a first message. Checks are in the order of PROTOCOL section 3.1, from the size on: that the message
    /// is binary, the caller knows.
    ///
    /// Allocates at most the size of the message.
    ///
    /// # Errors
    /// Too long, another type first, a version this library does not speak (answer it with a Reject), or bytes that
    /// do not decode.
    pub fn decode(message: &[u8]) -> Result<Self, ProtocolError> {
        if message.len() > limits::HELLO_BYTES_MAX {
            return Err(too_large(message.len(), limits::HELLO_BYTES_MAX));
        }
        let Some((&kind::HELLO, body)) = message.split_first() else {
            return Err(ProtocolError::HelloExpected);
        };
        let protocol = peek_protocol(body)?;
        if !(super::PROTOCOL_MIN..=super::PROTOCOL_MAX).contains(&protocol) {
            return Err(ProtocolError::Version { protocol });
        }
        codec::decode(body, limits::HELLO_BYTES_MAX)
    }
}

/// The version is read before the rest is looked at: of another version only the first field is known.
fn peek_protocol(body: &[u8]) -> Result<u16, ProtocolError> {
    match *body {
        [small @ 0..=250, ..] => Ok(u16::from(small)),
        [251, low, high, ..] => Ok(u16::from_le_bytes([low, high])),
        _ => Err(ProtocolError::BadBincode),
    }
}
