//! A parsed HTTP request head, borrowed from its bytes.
//!
//! Owns what must hold for every request, upgrade or not: one host, one reading of where the body ends, a path as
//! target. Stricter than RFC 9112 where two readers could disagree.

use super::head::{HeadError, Malformed};
use crate::ws::limits::{HEADERS_MAX, QUERY_BYTES_MAX};
use crate::ws::origin;

/// HTTP version of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// HTTP/1.0: no upgrades, no keep-alive.
    Http10,
    /// HTTP/1.1.
    Http11,
}

/// Why a header that must be unique has no single readable value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldError {
    /// The header is there more than once.
    Repeated,
    /// The value has bytes outside printable ASCII.
    NotAscii,
}

/// A request head. Header names compare without case.
#[derive(Clone, Debug)]
pub struct Request<'h> {
    method: &'h str,
    path: &'h str,
    query: Option<&'h str>,
    version: Version,
    headers: [httparse::Header<'h>; HEADERS_MAX],
    header_count: usize,
}

impl<'h> Request<'h> {
    /// Parses a complete head, as [`HeadBuffer`](super::HeadBuffer) finds it.
    ///
    /// Checks in order: syntax, version, target, Host, length of the body.
    ///
    /// # Errors
    /// Always one that ends the connection: after a malformed head nobody knows where the next one starts.
    pub fn parse(head: &'h [u8]) -> Result<Self, HeadError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(size)) if size == head.len() => {}
            Ok(_) => return Err(HeadError::Malformed(Malformed::FirstLine)),
            Err(error) => return Err(parse_error(error)),
        }
        let header_count = parsed.headers.len();
        let version = match parsed.version {
            Some(0) => Version::Http10,
            Some(1) => Version::Http11,
            _ => return Err(HeadError::Version),
        };
        let (path, query) = split_target(parsed.path.unwrap_or_default())?;
        let method = parsed.method.unwrap_or_default();
        let request = Self { method, path, query, version, headers, header_count };
        request.check_host()?;
        request.check_body_length()?;
        Ok(request)
    }

    /// The method, case-sensitive: `GET`.
    pub fn method(&self) -> &'h str {
        self.method
    }

    /// The path of the target: starts with `/`, is visible ASCII, percent-encoding untouched.
    pub fn path(&self) -> &'h str {
        self.path
    }

    /// What follows the first `?` of the target, at most 1 KiB.
    pub fn query(&self) -> Option<&'h str> {
        self.query
    }

    /// The HTTP version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// All headers in order, names as sent, values without surrounding white space.
    pub fn headers(&self) -> impl Iterator<Item = (&'h str, &'h [u8])> + '_ {
        self.headers[..self.header_count].iter().map(|header| (header.name, header.value))
    }

    /// All values of a header in order.
    pub fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'h [u8]> + 'r {
        self.headers().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// First value of a header.
    pub fn header(&self, name: &str) -> Option<&'h [u8]> {
        self.values(name).next()
    }

    /// The value of a header that may be there once.
    ///
    /// # Errors
    /// When it is repeated or unreadable: it must not be taken for missing then.
    pub fn unique(&self, name: &str) -> Result<Option<&'h str>, FieldError> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(FieldError::Repeated);
        }
        match core::str::from_utf8(value) {
            Ok(text) if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => Ok(Some(text)),
            _ => Err(FieldError::NotAscii),
        }
    }

    /// Whether a comma-separated list header contains `token`, without case, over all its lines.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|&b| b == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The Host header; empty only for HTTP/1.0 without one.
    pub fn host(&self) -> &'h str {
        self.unique("host").ok().flatten().unwrap_or_default()
    }

    /// Whether the request's Origin may upgrade: see [`origin::allowed`]. Repeated or unreadable ones may not.
    pub fn origin_allowed<S: AsRef<str>>(&self, list: &[S]) -> bool {
        match self.unique("origin") {
            Ok(origin) => origin::allowed(origin, self.host(), list),
            Err(_) => false,
        }
    }

    /// Whether a body follows the head.
    pub fn has_body(&self) -> bool {
        let is_zero = |length: &[u8]| length.iter().all(|&b| b == b'0');
        self.header("transfer-encoding").is_some()
            || self.header("content-length").is_some_and(|length| !is_zero(length))
    }

    fn check_host(&self) -> Result<(), HeadError> {
        let is_host_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(&b);
        match self.unique("host") {
            Ok(Some(host)) if !host.is_empty() && host.bytes().all(is_host_byte) => Ok(()),
            Ok(None) if self.version == Version::Http10 => Ok(()),
            _ => Err(HeadError::Malformed(Malformed::Host)),
        }
    }

    fn check_body_length(&self) -> Result<(), HeadError> {
        let chunked = self.header("transfer-encoding").is_some();
        let ok = match self.unique("content-length") {
            Ok(None) => true,
            Ok(Some(length)) => !chunked && !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()),
            Err(_) => false,
        };
        if ok { Ok(()) } else { Err(HeadError::Malformed(Malformed::Length)) }
    }
}

fn split_target(target: &str) -> Result<(&str, Option<&str>), HeadError> {
    let visible = target.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'#');
    if !visible || !target.starts_with('/') {
        return Err(HeadError::Malformed(Malformed::Target));
    }
    match target.split_once('?') {
        None => Ok((target, None)),
        Some((_, query)) if query.len() > QUERY_BYTES_MAX => Err(HeadError::QueryTooLong),
        Some((path, query)) => Ok((path, Some(query))),
    }
}

fn parse_error(error: httparse::Error) -> HeadError {
    match error {
        httparse::Error::TooManyHeaders => HeadError::TooManyHeaders,
        httparse::Error::Version => HeadError::Version,
        httparse::Error::HeaderName | httparse::Error::HeaderValue => HeadError::Malformed(Malformed::Header),
        httparse::Error::NewLine => HeadError::Malformed(Malformed::LineEnd),
        httparse::Error::Status | httparse::Error::Token => HeadError::Malformed(Malformed::FirstLine),
    }
}
