//! The server's side of the opening handshake (RFC 6455 section 4.2).

use alloc::vec::Vec;
use core::fmt;

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use super::request::{Request, Version};
use crate::ws::limits::OFFERS_MAX;

/// The constant of RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// An upgrade that passed every check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accept {
    digest: [u8; 28],
}

/// Why an upgrade was refused; answered with [`status`](Self::status), then the transport is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpgradeError {
    /// Not GET.
    Method,
    /// HTTP/1.0.
    HttpVersion,
    /// A body is announced.
    Body,
    /// The Upgrade header does not list `websocket`.
    Upgrade,
    /// The Connection header does not list `upgrade`.
    Connection,
    /// Sec-WebSocket-Version is missing, repeated or not 13.
    Version,
    /// Sec-WebSocket-Key is missing, repeated or not base64 of 16 bytes.
    Key,
    /// More than [`OFFERS_MAX`] subprotocols or extensions are offered.
    Offers,
    /// The page may not connect. [`accept`] never says this: see [`Request::origin_allowed`].
    Origin,
}

impl UpgradeError {
    /// The HTTP status that answers this error.
    pub const fn status(self) -> u16 {
        match self {
            Self::Body | Self::Connection | Self::Key | Self::Offers => 400,
            Self::Origin => 403,
            Self::Method => 405,
            Self::Upgrade | Self::Version => 426,
            Self::HttpVersion => 505,
        }
    }

    /// Appends a whole response that names the error, says what would be accepted, and closes.
    pub fn write_response(self, out: &mut Vec<u8>) {
        let fields: &[(&str, &str)] = match self {
            Self::Method => &[("Allow", "GET")],
            Self::Upgrade | Self::Version => &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
            Self::HttpVersion | Self::Body | Self::Connection | Self::Key | Self::Offers | Self::Origin => {
                &[]
            }
        };
        write_refusal(self.status(), fields, out);
    }
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "upgrade with a method other than GET",
            Self::HttpVersion => "upgrade over HTTP/1.0",
            Self::Body => "upgrade with a body",
            Self::Upgrade => "no upgrade to websocket asked for",
            Self::Connection => "connection header without upgrade",
            Self::Version => "websocket version other than 13",
            Self::Key => "malformed websocket key",
            Self::Offers => "too many subprotocols or extensions offered",
            Self::Origin => "origin not allowed",
        })
    }
}

impl core::error::Error for UpgradeError {}

/// Checks an upgrade request: method, HTTP version, body, Upgrade, Connection, version, key, number of offers, in
/// this order.
///
/// Host was checked by [`Request::parse`]. The Origin, the path and everything else about who may connect is the
/// caller's. Offered subprotocols and extensions are ignored, which declines them.
///
/// # Errors
/// The first check that fails.
pub fn accept(request: &Request<'_>) -> Result<Accept, UpgradeError> {
    if request.method() != "GET" {
        return Err(UpgradeError::Method);
    }
    if request.version() != Version::Http11 {
        return Err(UpgradeError::HttpVersion);
    }
    if request.has_body() {
        return Err(UpgradeError::Body);
    }
    if !request.has_token("upgrade", "websocket") {
        return Err(UpgradeError::Upgrade);
    }
    if !request.has_token("connection", "upgrade") {
        return Err(UpgradeError::Connection);
    }
    if request.unique("sec-websocket-version") != Ok(Some("13")) {
        return Err(UpgradeError::Version);
    }
    let Ok(Some(key)) = request.unique("sec-websocket-key") else { return Err(UpgradeError::Key) };
    if !is_key(key) {
        return Err(UpgradeError::Key);
    }
    let offers = |name| request.values(name).flat_map(|value| value.split(|&b| b == b',')).count();
    if offers("sec-websocket-protocol") > OFFERS_MAX || offers("sec-websocket-extensions") > OFFERS_MAX {
        return Err(UpgradeError::Offers);
    }
    Ok(Accept { digest: accept_digest(key) })
}

impl Accept {
    /// Appends the 101 response; frames may follow it at once.
    pub fn write_response(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        );
        out.extend_from_slice(&self.digest);
        out.extend_from_slice(b"\r\n\r\n");
    }
}

/// Base64 of SHA-1 of the key and the constant.
pub(super) fn accept_digest(key: &str) -> [u8; 28] {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID);
    let mut digest = [0; 28];
    BASE64.encode_mut(&hash.finalize(), &mut digest);
    digest
}

fn is_key(key: &str) -> bool {
    // 24 characters decode to 16 bytes only with two of padding; the buffer is what 24 may need at most.
    let mut decoded = [0; 18];
    key.len() == 24 && BASE64.decode_mut(key.as_bytes(), &mut decoded) == Ok(16)
}

/// Appends a whole plain-text response of our constants that ends the connection.
pub fn write_refusal(status: u16, fields: &[(&str, &str)], out: &mut Vec<u8>) {
    write_refusal_saying(status, fields, "", out);
}

/// The same with a body of at most 99 bytes instead of the status's phrase.
pub(super) fn write_refusal_saying(status: u16, fields: &[(&str, &str)], body: &str, out: &mut Vec<u8>) {
    let (digits, phrase) = match status {
        403 => ("403", "Forbidden"),
        404 => ("404", "Not Found"),
        405 => ("405", "Method Not Allowed"),
        408 => ("408", "Request Timeout"),
        414 => ("414", "URI Too Long"),
        426 => ("426", "Upgrade Required"),
        429 => ("429", "Too Many Requests"),
        431 => ("431", "Request Header Fields Too Large"),
        503 => ("503", "Service Unavailable"),
        505 => ("505", "HTTP Version Not Supported"),
        _ => ("400", "Bad Request"),
    };
    let body = if body.is_empty() { phrase } else { body };
    let connection = if status == 426 { "Upgrade, close" } else { "close" };
    let mut line = |parts: &[&str]| {
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    };
    line(&["HTTP/1.1 ", digits, " ", phrase]);
    for (name, value) in fields {
        line(&[name, ": ", value]);
    }
    line(&["Connection: ", connection]);
    line(&["Content-Type: text/plain"]);
    let length = [b'0' + (body.len() / 10) as u8, b'0' + (body.len() % 10) as u8];
    line(&["Content-Length: ", core::str::from_utf8(&length).unwrap_or("0")]);
    line(&[]);
    out.extend_from_slice(body.as_bytes());
}
