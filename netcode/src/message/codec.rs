//! bincode, for the cold messages: [`encode`] and [`decode`]. PROTOCOL section 2.
//!
//! The only module that names bincode, so that replacing it touches one file. bincode itself takes non-minimal
//! varints, and leaves trailing bytes unread; [`decode`] takes a message only if it is exactly what [`encode`] would
//! have written.

use alloc::vec::Vec;

use bincode::config;
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::too_large;
use crate::error::ProtocolError;

/// A second bound under the size check of each message: bincode claims declared lengths against it before it reads
/// them. As large as the largest cold message, a Welcome with its schema.
const CLAIM_BYTES_MAX: usize = 128 * 1024;

/// Appends the encoding of `value`.
///
/// # Panics
/// Not for the message types of this crate: the encoder fails only for sequences of unknown length, maps and the like.
pub fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    let written = bincode::serde::encode_into_writer(value, Appender(out), config::standard());
    assert!(written.is_ok(), "cold messages hold only sized sequences, and the writer cannot fail");
}

/// Decodes `bytes`, all of them.
///
/// Allocates at most about the size of the decoded value: declared lengths alone allocate nothing, as long as `T`
/// keeps its strings and lists in [`bounded`](super::bounded) types.
///
/// # Errors
/// Checks, in this order: more than `max` bytes; does not decode; trailing bytes; encoded in another way than
/// [`encode`] does. All of them are the peer's.
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, ProtocolError> {
    if bytes.len() > max {
        return Err(too_large(bytes.len(), max));
    }
    let limited = config::standard().with_limit::<CLAIM_BYTES_MAX>();
    let (value, read) = bincode::serde::borrow_decode_from_slice::<T, _>(bytes, limited)
        .map_err(|_| ProtocolError::BadBincode)?;
    if read != bytes.len() {
        let count = u32::try_from(bytes.len() - read).unwrap_or(u32::MAX);
        return Err(ProtocolError::TrailingBytes { count });
    }
    let mut rest = Comparer(bytes);
    let same = bincode::serde::encode_into_writer(&value, &mut rest, config::standard());
    if same.is_err() || !rest.0.is_empty() {
        return Err(ProtocolError::BadBincode);
    }
    Ok(value)
}

struct Appender<'a>(&'a mut Vec<u8>);

impl Writer for Appender<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Takes what is written as long as it equals what it holds: a re-encode without a buffer.
struct Comparer<'a>(&'a [u8]);

impl Writer for &mut Comparer<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0 = self.0.strip_prefix(bytes).ok_or(EncodeError::UnexpectedEnd)?;
        Ok(())
    }
}
