//! From a client's frames to the echoing server's, in place (RFC 6455 section 5.2).
//!
//! The least that an honest echo can do: a header is decoded for its length and mask and written again without the mask,
//! the payload is unmasked where it lies, and the frames of one read are moved together so that one send takes them.
//! A frame that is cut is passed on as it comes; nothing is kept but where in it the stream stands. What a message is,
//! whether text is UTF-8 and whether a client keeps the rules is not looked at; what cannot be a client's frame
//! ends the connection.

use std::ops::Range;

/// Largest header: 2 bytes, a 64-bit length and a mask.
pub(super) const HEADER_BYTES_MAX: usize = 14;
const MASK_BYTES: usize = 4;

const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame without a mask: no client's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unmasked;

/// Where in a stream of frames a connection stands.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Frames {
    /// Of the payload of the frame that was begun.
    left_bytes: u64,
    /// The mask of the next byte of it.
    mask: [u8; MASK_BYTES],
    /// The beginning of a header that is cut.
    held: [u8; HEADER_BYTES_MAX - 1],
    held_bytes: u8,
    closed: bool,
}

struct Header {
    first: u8,
    /// Length as the second byte and the extension have it, without the mask's bit.
    length: [u8; 9],
    length_bytes: usize,
    payload_bytes: u64,
    mask: [u8; MASK_BYTES],
}

impl Header {
    /// `None` if it is cut.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, Unmasked> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(Unmasked);
        }
        let short = second & 0x7f;
        let extension_bytes = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((extension, rest)) = rest.split_at_checked(extension_bytes) else { return Ok(None) };
        let Some(&mask) = rest.first_chunk() else { return Ok(None) };
        let mut length = [0; 9];
        length[0] = short;
        length[1..=extension_bytes].copy_from_slice(extension);
        let payload_bytes = match extension_bytes {
            0 => u64::from(short),
            _ => extension.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)),
        };
        let first = if first & 0x0f == PING { first - PING + PONG } else { first };
        Ok(Some(Self { first, length, length_bytes: 1 + extension_bytes, payload_bytes, mask }))
    }

    /// Of the server's header: a client's has a mask behind it.
    fn size(&self) -> usize {
        1 + self.length_bytes
    }

    fn write(&self, out: &mut [u8]) {
        out[0] = self.first;
        out[1..self.size()].copy_from_slice(&self.length[..self.length_bytes]);
    }
}

impl Frames {
    /// A close frame has come: after the answer nothing follows.
    pub(super) fn are_closed(&self) -> bool {
        self.closed
    }

    /// Turns what was read to `bytes[HEADER_BYTES_MAX..]` into what is to be sent, and says where that lies.
    ///
    /// The room before it takes the header that was cut off before.
    pub(super) fn reframe(&mut self, bytes: &mut [u8]) -> Result<Range<usize>, Unmasked> {
        let held = usize::from(std::mem::take(&mut self.held_bytes));
        let mut read = HEADER_BYTES_MAX - held;
        bytes[read..HEADER_BYTES_MAX].copy_from_slice(&self.held[..held]);
        // The payload of the first frame stays where it is, so its new header ends where the old one did.
        let mut start = if self.left_bytes == 0 { read + MASK_BYTES } else { read };
        start = start.min(bytes.len());
        let mut written = start;
        while read < bytes.len() {
            if self.left_bytes == 0 {
                let Some(header) = Header::decode(&bytes[read..])? else {
                    let rest = &bytes[read..];
                    self.held[..rest.len()].copy_from_slice(rest);
                    self.held_bytes = rest.len() as u8;
                    break;
                };
                header.write(&mut bytes[written..]);
                written += header.size();
                read += header.size() + MASK_BYTES;
                (self.left_bytes, self.mask) = (header.payload_bytes, header.mask);
                self.closed |= header.first & 0x0f == CLOSE;
            }
            let here = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(bytes.len() - read);
            unmask(&mut bytes[read..read + here], self.mask);
            if read != written {
                bytes.copy_within(read..read + here, written);
            }
            self.left_bytes -= here as u64;
            self.mask.rotate_left(here % MASK_BYTES);
            read += here;
            written += here;
        }
        Ok(start..written)
    }
}

/// XOR in machine words, which the compiler turns into vector instructions.
fn unmask(bytes: &mut [u8], mask: [u8; MASK_BYTES]) {
    let word = u64::from(u32::from_ne_bytes(mask));
    let word = word << 32 | word;
    let (words, tail) = bytes.as_chunks_mut::<8>();
    for chunk in words {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}
