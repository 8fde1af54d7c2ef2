//! Reject, the server's answer to a Hello that it does not take: PROTOCOL section 3.3.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::bounded::Text;
use super::{codec, expect_kind, kind};
use crate::error::ProtocolError;
use crate::limits;

/// Why the join was refused; the close code `code` follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The close code that follows.
    pub code: u16,
    /// For people.
    pub reason: Text<120>,
    /// Milliseconds after which another try makes sense; 0 = do not.
    pub retry_after_ms: u32,
    /// Lowest protocol version that the server speaks.
    pub protocol_min: u16,
    /// Highest protocol version that the server speaks.
    pub protocol_max: u16,
}

impl Reject {
    /// Appends the message, type byte first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(kind::REJECT);
        codec::encode(self, out);
    }

    /// Decodes a message (client).
    ///
    /// # Errors
    /// Size, type, decodes: what the server got wrong.
    pub fn decode(message: &[u8]) -> Result<Self, ProtocolError> {
        codec::decode(expect_kind(message, kind::REJECT)?, limits::REJECT_BYTES_MAX)
    }
}
