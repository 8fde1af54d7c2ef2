//! The client's side of the opening handshake (RFC 6455 section 4.1).

use alloc::vec::Vec;
use core::fmt;

use data_encoding::BASE64;

use super::head::{HeadError, Malformed};
use super::upgrade::accept_digest;
use crate::ws::limits::HEADERS_MAX;

/// A host, path or origin that can not stand in a request: the caller's mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetError {
    /// The host is empty or has bytes outside visible ASCII.
    Host,
    /// The path does not start with `/`, has a `#`, or bytes outside visible ASCII.
    Path,
    /// The origin is empty or has bytes outside visible ASCII.
    Origin,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host must be visible ASCII, such as example.com:7777",
            Self::Path => "path must be visible ASCII and start with a slash",
            Self::Origin => "origin must be visible ASCII, such as https://example.com",
        })
    }
}

impl core::error::Error for TargetError {}

/// Why a server's answer is not the upgrade that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseError {
    /// Not an HTTP/1.1 response head.
    Head(HeadError),
    /// A status other than 101.
    Status(u16),
    /// Upgrade is missing, repeated or not `websocket`.
    Upgrade,
    /// Connection does not list `upgrade`.
    Connection,
    /// Sec-WebSocket-Accept is missing, repeated or not the digest of our key.
    Accept,
    /// An extension that was not asked for.
    Extension,
    /// A subprotocol that was not asked for.
    Subprotocol,
}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => error.fmt(f),
            Self::Status(status) => write!(f, "server answered with status {status}"),
            Self::Upgrade => f.write_str("answer does not upgrade to websocket"),
            Self::Connection => f.write_str("answer's connection header is without upgrade"),
            Self::Accept => f.write_str("answer's accept value is wrong"),
            Self::Extension => f.write_str("answer has an extension that was not offered"),
            Self::Subprotocol => f.write_str("answer has a subprotocol that was not offered"),
        }
    }
}

impl core::error::Error for ResponseError {}

/// Appends an upgrade request for `path` (with its query) at `host` (with its port unless it is the default).
///
/// `key_bytes` are to be fresh for each connection; they only prove that the server speaks WebSocket.
///
/// # Errors
/// When an argument would break the request apart; nothing is appended then.
pub fn client_request(
    host: &str,
    path: &str,
    key_bytes: [u8; 16],
    origin: Option<&str>,
    out: &mut Vec<u8>,
) -> Result<(), TargetError> {
    let visible = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if !visible(host) {
        return Err(TargetError::Host);
    }
    if !visible(path) || !path.starts_with('/') || path.contains('#') {
        return Err(TargetError::Path);
    }
    if origin.is_some_and(|origin| !visible(origin)) {
        return Err(TargetError::Origin);
    }
    let mut key = [0; 24];
    encode_key(key_bytes, &mut key);
    let mut write = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
    write(&[b"GET ", path.as_bytes(), b" HTTP/1.1\r\nHost: ", host.as_bytes()]);
    write(&[b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", &key]);
    write(&[b"\r\nSec-WebSocket-Version: 13\r\n"]);
    if let Some(origin) = origin {
        write(&[b"Origin: ", origin.as_bytes(), b"\r\n"]);
    }
    write(&[b"\r\n"]);
    Ok(())
}

/// Checks the complete head of the answer to [`client_request`] with the same `key_bytes`.
///
/// The head comes from a [`HeadBuffer`](super::HeadBuffer); what follows it in the stream is frames.
///
/// # Errors
/// The first check that fails: syntax, status, Upgrade, Connection, Sec-WebSocket-Accept, extensions, subprotocol.
pub fn client_response(head: &[u8], key_bytes: [u8; 16]) -> Result<(), ResponseError> {
    let mut storage = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut storage);
    match response.parse(head) {
        Ok(httparse::Status::Complete(size)) if size == head.len() => {}
        _ => return Err(HeadError::Malformed(Malformed::FirstLine).into()),
    }
    if response.version != Some(1) {
        return Err(HeadError::Version.into());
    }
    let status = response.code.unwrap_or_default();
    if status != 101 {
        return Err(ResponseError::Status(status));
    }
    let headers = &*response.headers;
    if !unique(headers, "upgrade").is_some_and(|value| value.eq_ignore_ascii_case(b"websocket")) {
        return Err(ResponseError::Upgrade);
    }
    let connection = values(headers, "connection").flat_map(|value| value.split(|&b| b == b','));
    if !connection.map(<[u8]>::trim_ascii).any(|item| item.eq_ignore_ascii_case(b"upgrade")) {
        return Err(ResponseError::Connection);
    }
    let mut key = [0; 24];
    let digest = accept_digest(encode_key(key_bytes, &mut key));
    if unique(headers, "sec-websocket-accept") != Some(&digest[..]) {
        return Err(ResponseError::Accept);
    }
    if values(headers, "sec-websocket-extensions").next().is_some() {
        return Err(ResponseError::Extension);
    }
    if values(headers, "sec-websocket-protocol").next().is_some() {
        return Err(ResponseError::Subprotocol);
    }
    Ok(())
}

fn encode_key(key_bytes: [u8; 16], key: &mut [u8; 24]) -> &str {
    BASE64.encode_mut_str(&key_bytes, key)
}

fn values<'a>(headers: &'a [httparse::Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// The only value of a header; `None` when it is missing or repeated.
fn unique<'a>(headers: &'a [httparse::Header<'a>], name: &'a str) -> Option<&'a [u8]> {
    let mut values = values(headers, name);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}
