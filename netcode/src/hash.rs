//! [`Murmur3`]: the state hash of PROTOCOL section 6.4.
//!
//! Proves that both ends agree; it is no defence against a peer that wants to deceive itself.

/// MurmurHash3 (x86, 32 bit, seed 0, by Austin Appleby) over little-endian `u32` words, word by word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Murmur3 {
    state: u32,
    words: u32,
}

impl Murmur3 {
    /// The hash of no words.
    pub const fn new() -> Self {
        Self { state: 0, words: 0 }
    }

    /// Adds a word.
    #[inline]
    pub const fn word(&mut self, word: u32) {
        let block = word.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593);
        self.state = (self.state ^ block).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
        self.words = self.words.wrapping_add(1);
    }

    /// The hash of the words so far.
    pub const fn finish(self) -> u32 {
        // The length in bytes, modulo 2^32 as in the reference.
        let mut hash = self.state ^ self.words.wrapping_mul(4);
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
        hash ^ (hash >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The reference algorithm over bytes, written from its description: blocks, tail, finish.
    fn reference(bytes: &[u8], seed: u32) -> u32 {
        let scramble = |block: u32| block.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593);
        let (blocks, tail) = bytes.as_chunks::<4>();
        let mut hash = blocks.iter().fold(seed, |hash, block| {
            (hash ^ scramble(u32::from_le_bytes(*block)))
                .rotate_left(13)
                .wrapping_mul(5)
                .wrapping_add(0xE654_6B64)
        });
        let mut last = [0; 4];
        last[..tail.len()].copy_from_slice(tail);
        hash ^= scramble(u32::from_le_bytes(last));
        hash ^= bytes.len() as u32;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
        hash ^ (hash >> 16)
    }

    fn of(words: &[u32]) -> u32 {
        let mut hash = Murmur3::new();
        words.iter().for_each(|&word| hash.word(word));
        hash.finish()
    }

    #[test]
    fn the_reference_passes_smhashers_verification() {
        // SMHasher: keys 0, 01, 0102.. of 0 to 255 bytes with seed 256 - length; the hash of all hashes.
        let keys: Vec<u8> = (0..=255).collect();
        let hashes: Vec<u8> =
            (0..256).flat_map(|n| reference(&keys[..n], 256 - n as u32).to_le_bytes()).collect();
        assert_eq!(reference(&hashes, 0), 0xB0F5_7EE3);
    }

    #[test]
    fn known_answers() {
        for (words, want) in [
            (&[][..], 0),
            (&[0], 0x2362_F9DE),
            (&[u32::MAX], 0x7629_3B50),
            (&[0x8765_4321], 0xF55B_516B),
            (&[u32::from_le_bytes(*b"test")], 0xBA6B_D213),
        ] {
            assert_eq!(of(words), want, "{words:x?}");
        }
    }

    #[test]
    fn words_hash_like_their_bytes() {
        let words: Vec<u32> = (0..100u32).map(|n| n.wrapping_mul(0x9E37_79B9)).collect();
        for n in 0..words.len() {
            let bytes: Vec<u8> = words[..n].iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(of(&words[..n]), reference(&bytes, 0), "{n} words");
        }
    }
}
