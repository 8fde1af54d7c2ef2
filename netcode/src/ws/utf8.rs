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
