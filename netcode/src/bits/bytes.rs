//! Byte-aligned integers of PROTOCOL section 1, little-endian: a reader over bytes of a peer, and functions that append.

use crate::error::ProtocolError;
use alloc::vec::Vec;

/// Reads integers from a slice. Every method returns [`ProtocolError::Truncated`] at the end of the bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let (chunk, rest) = self.0.split_first_chunk::<N>().ok_or(ProtocolError::Truncated)?;
        self.0 = rest;
        Ok(*chunk)
    }

    /// Reads a `u8`.
    pub fn u8(&mut self) -> Result<u8, ProtocolError> {
        Ok(self.chunk::<1>()?[0])
    }

    /// Reads a `u16`.
    pub fn u16(&mut self) -> Result<u16, ProtocolError> {
        Ok(u16::from_le_bytes(self.chunk()?))
    }

    /// Reads a `u32`.
    pub fn u32(&mut self) -> Result<u32, ProtocolError> {
        Ok(u32::from_le_bytes(self.chunk()?))
    }

    /// Reads an `i16`.
    pub fn i16(&mut self) -> Result<i16, ProtocolError> {
        Ok(i16::from_le_bytes(self.chunk()?))
    }

    /// Reads a canonical varint of at most 32 bits.
    pub fn varint(&mut self) -> Result<u32, ProtocolError> {
        varint(|| self.u8())
    }

    /// Takes `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], ProtocolError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ProtocolError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes all bytes that are left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Refuses trailing bytes.
    pub fn finish(self) -> Result<(), ProtocolError> {
        match self.0 {
            [] => Ok(()),
            rest => {
                Err(ProtocolError::TrailingBytes { count: u32::try_from(rest.len()).unwrap_or(u32::MAX) })
            }
        }
    }
}

/// Reads a varint from groups of 8 bits.
pub(super) fn varint(mut group: impl FnMut() -> Result<u8, ProtocolError>) -> Result<u32, ProtocolError> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = group()?;
        // The fifth group holds the last four bits and may not go on.
        if shift == 28 && byte > 0x0F || shift > 0 && byte == 0 {
            return Err(ProtocolError::BadVarint);
        }
        value |= u32::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Ok(value)
}

/// Appends a `u16`.
pub fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a `u32`.
pub fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends an `i16`.
pub fn put_i16(out: &mut Vec<u8>, value: i16) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a varint.
pub fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
