//! Finding the end of an HTTP head in bytes that arrive in pieces.
//!
//! Owns the bytes of an incomplete head and the rules that need no parse: line ends, size, number of lines. Each byte
//! is looked at once, so that a head in one-byte pieces costs what it costs in one. Invariant: where the bytes are cut
//! changes neither the head nor the error.

use alloc::vec::Vec;
use core::fmt;

use crate::ws::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// Why a head was refused; answered with [`status`](Self::status), then the transport is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadError {
    /// No empty line within [`HEAD_BYTES_MAX`] bytes.
    TooBig,
    /// More than [`HEADERS_MAX`] header lines.
    TooManyHeaders,
    /// A query longer than [`QUERY_BYTES_MAX`](crate::ws::limits::QUERY_BYTES_MAX).
    QueryTooLong,
    /// A protocol other than HTTP/1.0 and HTTP/1.1.
    Version,
    /// Anything RFC 9112 forbids or that two parsers could read differently.
    Malformed(Malformed),
}

/// What is malformed about a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// The first byte is that of a TLS record.
    Tls,
    /// The first byte can not start a method: an empty line, noise.
    NotHttp,
    /// LF without CR, CR without LF, or NUL.
    LineEnd,
    /// A header line continued on the next line (obs-fold).
    Folded,
    /// The request or status line.
    FirstLine,
    /// A request target that is not a path with an optional query.
    Target,
    /// A header name that is not a token, or a value with control characters.
    Header,
    /// Host missing (HTTP/1.1), empty, repeated or not a host.
    Host,
    /// Content-Length repeated, not a number, or beside Transfer-Encoding.
    Length,
}

impl HeadError {
    /// The HTTP status that answers this error.
    pub const fn status(self) -> u16 {
        match self {
            Self::TooBig | Self::TooManyHeaders => 431,
            Self::QueryTooLong => 414,
            Self::Version => 505,
            Self::Malformed(_) => 400,
        }
    }

    /// Appends a whole response that names the error and closes.
    pub fn write_response(self, out: &mut Vec<u8>) {
        match self {
            Self::Malformed(Malformed::Tls) => super::upgrade::write_refusal_saying(400, &[], TLS_HINT, out),
            _ => super::write_refusal(self.status(), &[], out),
        }
    }
}

/// First byte of a TLS handshake record (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// A TLS client shows it to nobody, but a packet capture or a log of the client's library does.
const TLS_HINT: &str = "This port speaks plain HTTP and ws://, not https:// or wss://.";

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooBig => "head too big",
            Self::TooManyHeaders => "too many headers",
            Self::QueryTooLong => "query too long",
            Self::Version => "unsupported HTTP version",
            Self::Malformed(what) => match what {
                Malformed::Tls => "TLS on a plain port",
                Malformed::NotHttp => "not HTTP",
                Malformed::LineEnd => "malformed line end",
                Malformed::Folded => "folded header",
                Malformed::FirstLine => "malformed first line",
                Malformed::Target => "malformed target",
                Malformed::Header => "malformed header",
                Malformed::Host => "missing or malformed host",
                Malformed::Length => "malformed body length",
            },
        })
    }
}

impl core::error::Error for HeadError {}

/// A complete head, its empty line included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head<'h> {
    /// The head's bytes, lent from the last chunk or from the buffer.
    pub bytes: &'h [u8],
    /// How many bytes of the last chunk belong to the head; what follows them is the body or the first frames.
    pub consumed: usize,
}

/// Collects a head; empty (no allocation) unless the head is cut.
#[derive(Debug, Default)]
pub struct HeadBuffer {
    bytes: Vec<u8>,
    scan: Scan,
}

impl HeadBuffer {
    /// A buffer at the first byte of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream; `None` while the head is incomplete.
    ///
    /// Once a head is returned the buffer is spent: make a new one for another request on the same connection.
    ///
    /// # Errors
    /// At the first byte that makes the head unacceptable.
    pub fn push<'h>(&'h mut self, chunk: &'h [u8]) -> Result<Option<Head<'h>>, HeadError> {
        let Some(consumed) = self.scan.run(chunk)? else {
            self.bytes.extend_from_slice(chunk);
            return Ok(None);
        };
        if self.bytes.is_empty() {
            return Ok(Some(Head { bytes: &chunk[..consumed], consumed }));
        }
        self.bytes.extend_from_slice(&chunk[..consumed]);
        Ok(Some(Head { bytes: &self.bytes, consumed }))
    }

    /// How many bytes of the head have come.
    pub fn received_bytes(&self) -> usize {
        self.scan.bytes
    }
}

/// Progress towards the empty line that ends a head.
#[derive(Debug, Default)]
struct Scan {
    bytes: usize,
    lines: usize,
    end: LineEnd,
}

/// ```text
///   Inside --CR--> Cr --LF--> CrLf --CR--> CrLfCr --LF--> (end of head)
///      ^-------- any byte ------'
/// ```
#[derive(Clone, Copy, Debug, Default)]
enum LineEnd {
    #[default]
    Inside,
    Cr,
    CrLf,
    CrLfCr,
}

impl Scan {
    /// Looks at each byte of `chunk`; the number of bytes up to the end of the head if it is in there.
    fn run(&mut self, chunk: &[u8]) -> Result<Option<usize>, HeadError> {
        for (index, &byte) in chunk.iter().enumerate() {
            if self.bytes == 0 && !is_token_byte(byte) {
                let what = if byte == TLS_HANDSHAKE { Malformed::Tls } else { Malformed::NotHttp };
                return Err(HeadError::Malformed(what));
            }
            self.bytes += 1;
            if self.step(byte)? {
                return Ok(Some(index + 1));
            }
            if self.bytes >= HEAD_BYTES_MAX {
                return Err(HeadError::TooBig);
            }
        }
        Ok(None)
    }

    fn step(&mut self, byte: u8) -> Result<bool, HeadError> {
        self.end = match (self.end, byte) {
            (LineEnd::CrLfCr, b'\n') => return Ok(true),
            (LineEnd::CrLf, b'\r') => LineEnd::CrLfCr,
            (LineEnd::CrLf, b' ' | b'\t') => return Err(HeadError::Malformed(Malformed::Folded)),
            (LineEnd::Inside, b'\r') => LineEnd::Cr,
            (LineEnd::Cr, b'\n') => {
                self.lines += 1;
                // The first line is not a header.
                if self.lines > HEADERS_MAX + 1 {
                    return Err(HeadError::TooManyHeaders);
                }
                LineEnd::CrLf
            }
            (LineEnd::Cr | LineEnd::CrLfCr, _) | (_, b'\n' | 0) => {
                return Err(HeadError::Malformed(Malformed::LineEnd));
            }
            (LineEnd::Inside | LineEnd::CrLf, _) => LineEnd::Inside,
        };
        Ok(false)
    }
}

/// Characters of a token (RFC 9110 section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
