//! Masking of payloads (RFC 6455 section 5.3) and the stream of keys of a client.

/// XORs `bytes` with `key` repeated; `bytes[0]` meets `key[0]`. Applying it twice gives the input back.
///
/// Runs in machine words, which the compiler turns into vector instructions.
pub(crate) fn apply(bytes: &mut [u8], key: [u8; 4]) {
    let half_word = u32::from_ne_bytes(key);
    let word = u64::from(half_word) << 32 | u64::from(half_word);
    let (words, tail) = bytes.as_chunks_mut::<8>();
    for chunk in words {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    // A word is two whole keys and half a word one, so that what is left starts at key[0] again.
    let (half, tail) = match tail.split_first_chunk_mut::<4>() {
        Some((half, tail)) => (Some(half), tail),
        None => (None, tail),
    };
    if let Some(half) = half {
        *half = (u32::from_ne_bytes(*half) ^ half_word).to_ne_bytes();
    }
    for (byte, k) in tail.iter_mut().zip(key) {
        *byte ^= k;
    }
}

/// The key for the bytes that follow the first `consumed` bytes masked with `key`.
pub(crate) fn advance(mut key: [u8; 4], consumed: usize) -> [u8; 4] {
    key.rotate_left(consumed & 3);
    key
}

/// A client's masking keys: SplitMix64 over the caller's seed.
///
/// RFC 6455 section 10.3 wants keys that page scripts cannot predict, so that a page cannot place chosen bytes on the
/// wire in front of a confused proxy. Here the program that sends also owns the socket, so that the seed is the
/// caller's: a native game that relays untrusted bytes should seed from the system's randomness.
#[derive(Debug)]
pub(crate) struct KeyStream(u64);

impl KeyStream {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next_key(&mut self) -> [u8; 4] {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [a, b, c, d, ..] = (z ^ (z >> 31)).to_le_bytes();
        [a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn masking_is_the_bytewise_rule_for_every_size_and_cut() {
        let key = [0x11, 0x82, 0xf3, 0x44];
        for size in 0..70 {
            let plain: Vec<u8> = (0..size as u8).collect();
            let want: Vec<u8> = plain.iter().enumerate().map(|(i, b)| b ^ key[i % 4]).collect();
            for cut in 0..=size {
                let mut bytes = plain.clone();
                let (a, b) = bytes.split_at_mut(cut);
                apply(a, key);
                apply(b, advance(key, cut));
                assert_eq!(bytes, want, "{size} bytes cut at {cut}");
            }
        }
    }
}
