//! `Reader`: reads a bit stream from bytes of a peer.

use crate::error::ProtocolError;

/// Reads bits from a slice. Every method returns [`ProtocolError::Truncated`] at the end of the bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// Bytes that are not in `ready` yet.
    rest: &'a [u8],
    all: &'a [u8],
    /// Unread bits; those above `held` are zero.
    ready: u64,
    held: u32,
}

impl<'a> Reader<'a> {
    /// A reader at the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, all: bytes, ready: 0, held: 0 }
    }

    /// Brings at least 32 bits into `ready`, or all that are left.
    #[inline]
    fn refill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some((word, rest)) = self.rest.split_first_chunk::<4>() {
            self.ready |= u64::from(u32::from_le_bytes(*word)) << self.held;
            self.held += 32;
            self.rest = rest;
            return;
        }
        for &byte in self.rest {
            self.ready |= u64::from(byte) << self.held;
            self.held += 8;
        }
        self.rest = &[];
    }

    /// Reads `n` bits, at most 32, low bit first.
    #[inline]
    pub fn bits(&mut self, n: u32) -> Result<u32, ProtocolError> {
        debug_assert!(n <= 32, "a word has 32 bits");
        self.refill();
        if n > self.held {
            return Err(ProtocolError::Truncated);
        }
        let value = self.ready & ((1u64 << n) - 1);
        self.ready >>= n;
        self.held -= n;
        Ok(value as u32)
    }

    /// Reads one bit.
    #[inline]
    pub fn flag(&mut self) -> Result<bool, ProtocolError> {
        Ok(self.bits(1)? != 0)
    }

    /// Reads a varint in groups of 8 bits.
    pub fn varint(&mut self) -> Result<u32, ProtocolError> {
        super::bytes::varint(|| self.bits(8).map(|group| group as u8))
    }

    /// Reads an Elias gamma code: 1 or more.
    #[inline]
    pub fn gamma(&mut self) -> Result<u32, ProtocolError> {
        self.refill();
        let zeros = self.ready.trailing_zeros().min(self.held);
        if zeros >= 32 {
            return Err(ProtocolError::BadGamma);
        }
        self.bits(zeros)?;
        // Beyond the end there is no one bit to be read, which is the error to report.
        self.bits(1)?;
        Ok(1 << zeros | self.bits(zeros)?)
    }

    /// Whole bits that are left, padding included.
    pub fn bits_left(&self) -> usize {
        self.rest.len() * 8 + self.held as usize
    }

    /// Ends the stream: the rest of its last byte is zero and nothing follows.
    pub fn finish(self) -> Result<(), ProtocolError> {
        match self.finish_prefix()? {
            [] => Ok(()),
            rest => {
                Err(ProtocolError::TrailingBytes { count: u32::try_from(rest.len()).unwrap_or(u32::MAX) })
            }
        }
    }

    /// Ends the stream: the rest of its last byte is zero; what follows is returned.
    pub fn finish_prefix(self) -> Result<&'a [u8], ProtocolError> {
        let padding = self.held % 8;
        if self.ready & ((1 << padding) - 1) != 0 {
            return Err(ProtocolError::PaddingNotZero);
        }
        let unread = self.rest.len() + (self.held / 8) as usize;
        Ok(&self.all[self.all.len() - unread..])
    }
}
