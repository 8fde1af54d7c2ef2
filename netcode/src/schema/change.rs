//! What differs between two rows of a class, and how it is coded. PROTOCOL section 6.3.
//!
//! Owns the changed mask and the coding of a changed word. Fields that are declared `once` have no bit in the mask: an
//! entity that changes one of them is another entity.

use super::Part;
use super::layout::{RecordLayout, Step, decode_text, encode_text};
use crate::bits::{Reader, Writer};
use crate::error::ProtocolError;
use alloc::vec::Vec;

/// A word of at most this many bits is coded as it is: a length would cost what it saves.
const PLAIN_BITS_MAX: u8 = 4;

/// One field of a part, as two rows are compared by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartField {
    /// Its first word in the whole row, and in the words of the part.
    pub(super) at: u16,
    pub(super) place: u16,
    pub(super) words: u16,
    /// Its steps among those of the part.
    pub(super) first_step: u16,
    pub(super) end_step: u16,
    pub(super) once: bool,
}

/// How a part of a row differs from an older one of the same class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Not at all.
    Same,
    /// In these fields: bit i is the i-th field of the part that is not `once`. Never 0.
    Fields(u32),
    /// In a field that is `once`.
    Replaced,
}

impl RecordLayout {
    /// Compares one part of two whole rows.
    ///
    /// # Panics
    /// If a row has fewer than [`Self::words`] words.
    #[inline]
    pub fn change(&self, old: &[u32], new: &[u32], part: Part) -> Change {
        if old == new {
            return Change::Same;
        }
        let (mut mask, mut bit) = (0u32, 1u32);
        for field in &self.parts[part as usize].fields {
            let (at, words) = (usize::from(field.at), usize::from(field.words));
            // Nearly all fields have one word; a comparison of slices would cost a call.
            let differs =
                if words == 1 { old[at] != new[at] } else { old[at..at + words] != new[at..at + words] };
            if field.once {
                if differs {
                    return Change::Replaced;
                }
                continue;
            }
            mask |= if differs { bit } else { 0 };
            bit = bit.wrapping_shl(1);
        }
        if mask == 0 { Change::Same } else { Change::Fields(mask) }
    }

    /// Bits of the changed mask of a part: its fields that are not `once`.
    #[inline]
    pub fn mask_bits(&self, part: Part) -> u32 {
        self.parts[part as usize].mask_bits
    }

    /// Writes the changed mask, unless there is but one field that can change, and the fields that it names.
    #[inline]
    pub fn encode_changes(&self, old: &[u32], new: &[u32], part: Part, mask: u32, w: &mut Writer<'_>) {
        let steps = &self.parts[part as usize];
        if steps.mask_bits > 1 {
            w.bits(mask, steps.mask_bits);
        }
        let mut left = mask;
        for field in steps.fields.iter().filter(|field| !field.once) {
            if left & 1 != 0 {
                for step in &steps.steps[usize::from(field.first_step)..usize::from(field.end_step)] {
                    match *step {
                        Step::Word { at, bits, max } => {
                            let at = usize::from(at);
                            encode_word(old[at].min(max), new[at].min(max), bits, w);
                        }
                        Step::Text { at, bits, max } => encode_text(&new[usize::from(at)..], bits, max, w),
                    }
                }
            }
            left >>= 1;
        }
    }

    /// Reads a changed mask and the fields that it names into `words`: those of the part, which hold the old
    /// values and begin at `start`, are the last ones of `words`.
    ///
    /// # Errors
    /// As [`RecordLayout::decode`], and [`ProtocolError::Reserved`] for a mask of nothing.
    #[inline]
    pub fn decode_changes(
        &self,
        part: Part,
        r: &mut Reader<'_>,
        words: &mut Vec<u32>,
        start: usize,
    ) -> Result<(), ProtocolError> {
        let bits = self.mask_bits(part);
        let mask = if bits == 1 { 1 } else { r.bits(bits)? };
        if mask == 0 {
            return Err(ProtocolError::Reserved { value: 0 });
        }
        self.decode_masked(part, mask, r, words, start)
    }

    /// As [`Self::decode_changes`] with a mask that is always written and may be 0.
    pub fn decode_teleport(
        &self,
        part: Part,
        r: &mut Reader<'_>,
        words: &mut Vec<u32>,
        start: usize,
    ) -> Result<(), ProtocolError> {
        let mask = r.bits(self.mask_bits(part))?;
        self.decode_masked(part, mask, r, words, start)
    }

    fn decode_masked(
        &self,
        part: Part,
        mask: u32,
        r: &mut Reader<'_>,
        words: &mut Vec<u32>,
        start: usize,
    ) -> Result<(), ProtocolError> {
        let steps = &self.parts[part as usize];
        let mut left = mask;
        for field in steps.fields.iter().filter(|field| !field.once) {
            if left & 1 != 0 {
                let place = start + usize::from(field.place);
                let steps = &steps.steps[usize::from(field.first_step)..usize::from(field.end_step)];
                for (offset, step) in steps.iter().enumerate() {
                    match *step {
                        Step::Word { bits, max, .. } => {
                            let old = words[place + offset];
                            words[place + offset] = decode_word(old, bits, max, r)?;
                        }
                        Step::Text { bits, max, .. } => {
                            // Read behind the row, then moved to its place: a text has words of its own only.
                            let end = words.len();
                            decode_text(bits, max, r, words)?;
                            words.copy_within(end.., place);
                            words.truncate(end);
                        }
                    }
                }
            }
            left >>= 1;
        }
        Ok(())
    }
}

/// Bits of a difference whose length is `class` quarters and one of those of the word, rounded up.
#[inline]
const fn difference_bits(bits: u8, class: u32) -> u32 {
    (bits as u32 * (class + 1)).div_ceil(4)
}

/// Writes a changed word: as it is if it is short; else its difference, modulo 2^bits, in the fewest quarters of its
/// length that hold it in two's complement.
#[inline]
fn encode_word(old: u32, new: u32, bits: u8, w: &mut Writer<'_>) {
    if bits <= PLAIN_BITS_MAX {
        w.bits(new, u32::from(bits));
        return;
    }
    let unused = 32 - u32::from(bits);
    let difference = (new.wrapping_sub(old) << unused).cast_signed() >> unused;
    // Significant bits in two's complement, sign included.
    let magnitude = (difference ^ (difference >> 31)).cast_unsigned();
    let needed = 33 - magnitude.leading_zeros();
    let class = (0..3).find(|&class| needed <= difference_bits(bits, class)).unwrap_or(3);
    w.bits(class, 2);
    w.bits(difference.cast_unsigned(), difference_bits(bits, class));
}

#[inline]
fn decode_word(old: u32, bits: u8, max: u32, r: &mut Reader<'_>) -> Result<u32, ProtocolError> {
    let word = if bits <= PLAIN_BITS_MAX {
        r.bits(u32::from(bits))?
    } else {
        let class = r.bits(2)?;
        let length = difference_bits(bits, class);
        let unused = 32 - length;
        let difference = (r.bits(length)? << unused).cast_signed() >> unused;
        old.wrapping_add_signed(difference) & (u32::MAX >> (32 - u32::from(bits)))
    };
    if word > max { Err(ProtocolError::WordOutOfRange { word, max }) } else { Ok(word) }
}
