//! Bit streams and byte-aligned primitives of PROTOCOL section 1.
//!
//! Owns how numbers become bits and back; what the numbers mean is the schema's. Least significant bit first. A reader
//! never reads past its bytes, never panics, and its `finish` refuses what is left.

pub mod bytes;
mod reader;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use reader::Reader;
pub use writer::Writer;
