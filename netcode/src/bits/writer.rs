//! `Writer`: appends a bit stream to a byte vector.

use alloc::vec::Vec;

/// Appends bits to a vector; [`Writer::finish`] must be called, it writes the last bytes.
///
/// Allocates only when the vector grows.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that are not in `out` yet; those above `filled` are zero.
    pending: u64,
    /// Always below 32 between calls, so that 32 more fit.
    filled: u32,
}

impl<'a> Writer<'a> {
    /// A writer that appends to `out`, from a byte boundary.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, pending: 0, filled: 0 }
    }

    /// Writes the low `n` bits of `value`, low bit first. `n` is at most 32; higher bits of `value` are ignored.
    #[inline]
    pub fn bits(&mut self, value: u32, n: u32) {
        debug_assert!(n <= 32, "a word has 32 bits");
        let kept = u64::from(value) & ((1u64 << n) - 1);
        self.pending |= kept << self.filled;
        self.filled += n;
        if self.filled >= 32 {
            self.out.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.filled -= 32;
        }
    }

    /// Writes one bit.
    #[inline]
    pub fn flag(&mut self, value: bool) {
        self.bits(u32::from(value), 1);
    }

    /// Writes a varint as groups of 8 bits.
    pub fn varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bits(value & 0x7F | 0x80, 8);
            value >>= 7;
        }
        self.bits(value, 8);
    }

    /// Writes the Elias gamma code of `value`.
    ///
    /// # Panics
    /// If `value` is 0: the code begins at 1.
    #[inline]
    pub fn gamma(&mut self, value: u32) {
        assert!(value != 0, "a gamma code begins at 1");
        let exponent = value.ilog2();
        self.bits(0, exponent);
        self.flag(true);
        self.bits(value, exponent);
    }

    /// Pads with zero bits to a byte and ends the stream.
    pub fn finish(self) {
        let bytes = self.filled.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.pending.to_le_bytes()[..bytes]);
    }
}
