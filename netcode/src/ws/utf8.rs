//! UTF-8 validation of a text message as its bytes arrive (RFC 6455 section 8.1).
//!
//! Owns the bytes of a character that straddles two pieces. Invariant: what it holds is a proper prefix of at least
//! one valid character, so that the first byte that can not become valid is the one that fails.

/// Validator of one text message; `Default` is the state between messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8 {
    /// The unfinished character: at most 3 bytes, since a fourth finishes or breaks it.
    pending: [u8; 3],
    pending_size: u8,
}

impl Utf8 {
    /// Takes the next bytes of the text; false as soon as no continuation can make it valid.
    #[must_use]
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while self.pending_size > 0 {
            let Some((&next, rest)) = bytes.split_first() else { return true };
            if !self.extend_character(next) {
                return false;
            }
            bytes = rest;
        }
        let Err(error) = core::str::from_utf8(bytes) else { return true };
        error.error_len().is_none() && self.keep(&bytes[error.valid_up_to()..])
    }

    /// Whether the text may end here: no character is unfinished.
    pub(crate) fn is_complete(&self) -> bool {
        self.pending_size == 0
    }

    fn extend_character(&mut self, next: u8) -> bool {
        let [a, b, c] = self.pending;
        let mut character = [a, b, c, 0];
        let size = usize::from(self.pending_size) + 1;
        character[size - 1] = next;
        match core::str::from_utf8(&character[..size]) {
            Ok(_) => self.keep(&[]),
            Err(error) => error.error_len().is_none() && self.keep(&character[..size]),
        }
    }

    /// Holds `prefix` until more bytes come; four bytes are never a prefix.
    fn keep(&mut self, prefix: &[u8]) -> bool {
        let Some(held) = self.pending.get_mut(..prefix.len()) else { return false };
        held.copy_from_slice(prefix);
        self.pending_size = prefix.len() as u8;
        true
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// Where the standard library finds that no continuation can make `text` valid.
    fn first_bad(text: &[u8]) -> Option<usize> {
        (0..text.len())
            .find(|&end| core::str::from_utf8(&text[..=end]).is_err_and(|error| error.error_len().is_some()))
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        // Lead bytes, continuation bytes and the borders between them.
        let edge = prop::sample::select(
            b"a\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff".to_vec(),
        );
        prop_oneof![
            prop::collection::vec(edge, 0..8),
            ("[aé€😀\u{10ffff}]{0,6}", any::<u8>(), any::<bool>()).prop_map(|(text, byte, spoil)| {
                let mut bytes = text.into_bytes();
                if spoil {
                    let at = usize::from(byte) % (bytes.len() + 1);
                    bytes.insert(at, byte);
                }
                bytes
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bad_text_fails_at_the_first_bad_byte_however_it_is_cut(text in bytes(), size in 1..5_usize) {
            let mut whole = Utf8::default();
            prop_assert_eq!(whole.feed(&text), first_bad(&text).is_none());
            let mut cut = Utf8::default();
            let failed = text.chunks(size).position(|chunk| !cut.feed(chunk));
            prop_assert_eq!(failed, first_bad(&text).map(|bad| bad / size));
            if failed.is_none() {
                prop_assert_eq!(cut.is_complete(), core::str::from_utf8(&text).is_ok());
            }
        }
    }
}
