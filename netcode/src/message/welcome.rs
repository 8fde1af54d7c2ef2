//! Welcome, the server's answer to a Hello that it takes, and Moved, which is a Welcome to another room on the same
//! connection: PROTOCOL sections 3.2 and 3.4.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::bounded::{Bytes, Text};
use super::{codec, expect_kind, kind};
use crate::error::ProtocolError;
use crate::limits;
use crate::schema::{Schema, SchemaHash};

/// What the client has to know to take part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol version that will be spoken.
    pub protocol: u16,
    /// What both sides have.
    pub capabilities: u32,
    /// Session id.
    pub session: u32,
    /// Player id in the room, from 1.
    pub player: u32,
    /// Kind of the room that was joined.
    pub kind: Text<32>,
    /// Id of the room that was joined.
    pub room: Text<32>,
    /// Tick that the first Update's tick delta counts from.
    pub base_tick: u32,
    /// Ticks per second, 1 to 1000.
    pub tick_rate_hz: u16,
    /// A snapshot is taken each that many ticks, from 1.
    pub snapshot_every: u8,
    /// Server clock when this was sent: microseconds, wrapping.
    pub server_stamp: u32,
    /// Takes the seat back after a lost connection; empty: sessions cannot be resumed.
    pub resume_token: Bytes<64>,
    /// Milliseconds that the seat is kept after the connection is lost.
    pub resume_grace_ms: u32,
    /// First eight bytes of SHA-1 over the encoded schema.
    pub schema_hash: SchemaHash,
    /// What the game replicates; absent when Hello named the same hash.
    pub schema: Option<Schema>,
}

impl Welcome {
    /// Appends the message, type byte first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(kind::WELCOME);
        codec::encode(self, out);
    }

    /// Appends the message with an encoded schema in place of `self.schema`, which must be `None`: a server encodes
    /// the schema of a room kind once.
    pub fn encode_with_schema(&self, schema_bytes: &[u8], out: &mut Vec<u8>) {
        debug_assert!(self.schema.is_none(), "the schema is given as bytes");
        self.encode(out);
        // The schema is the last field: its absent form is one zero byte, its present form a one and the value.
        out.pop();
        out.push(1);
        out.extend_from_slice(schema_bytes);
    }

    /// Appends Moved, type byte first: with the encoded schema, or without for a client that has it.
    pub fn encode_moved(&self, schema_bytes: Option<&[u8]>, out: &mut Vec<u8>) {
        let start = out.len();
        match schema_bytes {
            Some(bytes) => self.encode_with_schema(bytes, out),
            None => self.encode(out),
        }
        out[start] = kind::MOVED;
    }

    /// Decodes a message (client). Checks: size, type, decodes, then ranges in the order of the fields. The schema
    /// is checked by [`Layout::new`](crate::schema::Layout::new).
    ///
    /// # Errors
    /// What the server got wrong.
    pub fn decode(message: &[u8]) -> Result<Self, ProtocolError> {
        Self::decode_body(expect_kind(message, kind::WELCOME)?)
    }

    /// Decodes a Moved (client), with the same checks.
    ///
    /// # Errors
    /// What the server got wrong.
    pub fn decode_moved(message: &[u8]) -> Result<Self, ProtocolError> {
        Self::decode_body(expect_kind(message, kind::MOVED)?)
    }

    fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let welcome: Self = codec::decode(body, limits::WELCOME_BYTES_MAX)?;
        if !(super::PROTOCOL_MIN..=super::PROTOCOL_MAX).contains(&welcome.protocol) {
            return Err(ProtocolError::Version { protocol: welcome.protocol });
        }
        let rate_ok = (1..=limits::TICK_RATE_HZ_MAX).contains(&welcome.tick_rate_hz);
        if welcome.player == 0 || !rate_ok || welcome.snapshot_every == 0 {
            return Err(ProtocolError::BadBincode);
        }
        Ok(welcome)
    }
}
