//! The small messages of fixed size: Resync, Ping, Pong and Bye. PROTOCOL sections 5.3, 5.5 and 5.6.

use alloc::vec::Vec;

use super::kind;
use crate::bits::bytes::{Reader, put_u16, put_u32};
use crate::error::ProtocolError;
use crate::time::Stamp;

/// Client: an Update could not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resync {
    /// Low bits of the Update's number.
    pub seq: u16,
}

impl Resync {
    /// Appends the message, type byte first.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(kind::RESYNC);
        put_u16(out, self.seq);
    }

    pub(super) fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let seq = r.u16()?;
        r.finish()?;
        Ok(Self { seq })
    }
}

/// Client: a stamp to send back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Client clock.
    pub stamp: Stamp,
}

impl Ping {
    /// Appends the message, type byte first.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(kind::PING);
        put_u32(out, self.stamp.0);
    }

    pub(super) fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let stamp = Stamp(r.u32()?);
        r.finish()?;
        Ok(Self { stamp })
    }
}

/// Server: answer to Ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pong {
    /// The stamp of the Ping.
    pub stamp: Stamp,
    /// Server clock.
    pub server_stamp: Stamp,
}

impl Pong {
    /// The message, type byte first.
    pub fn encode(self) -> [u8; 9] {
        let mut message = [0; 9];
        message[0] = kind::PONG;
        message[1..5].copy_from_slice(&self.stamp.0.to_le_bytes());
        message[5..].copy_from_slice(&self.server_stamp.0.to_le_bytes());
        message
    }

    pub(super) fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let (stamp, server_stamp) = (Stamp(r.u32()?), Stamp(r.u32()?));
        r.finish()?;
        Ok(Self { stamp, server_stamp })
    }
}

/// Client: leaves on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bye {
    /// 0 = left on purpose; others are the game's.
    pub reason: u8,
}

impl Bye {
    /// Appends the message, type byte first.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[kind::BYE, self.reason]);
    }

    pub(super) fn decode_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let reason = r.u8()?;
        r.finish()?;
        Ok(Self { reason })
    }
}
