//! `Response`: plain HTTP on the game's port, for the page, its assets and the health check.
//!
//! Owns how an answer looks on the wire and what a service answers to a request that is no upgrade. One response per
//! connection: every one says `Connection: close` (RFC 9112 section 9.6). No Date header, since the wall clock is
//! never read.

use std::borrow::Cow;
use std::io::Write;

use tickwire_netcode::ws::handshake::Request;

use crate::page::Page;

/// One HTTP answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    status: u16,
    content_type: &'static str,
    etag: Option<String>,
    body: Cow<'static, [u8]>,
}

impl Response {
    /// An answer with a body.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { status, content_type, etag: None, body: body.into() }
    }

    /// An answer in plain text.
    pub fn text(status: u16, body: &'static str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body.as_bytes())
    }

    /// An answer whose body is the status's own phrase.
    pub fn status(status: u16) -> Self {
        Self::text(status, phrase(status))
    }

    /// The same with a validator, quotes included, for conditional requests.
    #[must_use]
    pub fn with_etag(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// The status code.
    pub fn code(&self) -> u16 {
        self.status
    }

    /// The body, empty for 304.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Appends the answer to `out`, without its body when the request was HEAD.
    pub(crate) fn write(&self, is_head: bool, out: &mut Vec<u8>) {
        // Writing into a Vec can not fail.
        let _ = write!(out, "HTTP/1.1 {} {}\r\n", self.status, phrase(self.status));
        if self.status != 304 {
            let _ =
                write!(out, "Content-Type: {}\r\nContent-Length: {}\r\n", self.content_type, self.body.len());
        }
        if let Some(etag) = &self.etag {
            let _ = write!(out, "ETag: {etag}\r\n");
        }
        if self.status == 405 {
            out.extend_from_slice(b"Allow: GET, HEAD\r\n");
        }
        // The page and the server are one version: a cached page must ask before it is used.
        out.extend_from_slice(
            b"Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        );
        if !is_head {
            out.extend_from_slice(&self.body);
        }
    }
}

/// What a server answers to a request that is no upgrade: `/healthz`, a file of the first page that has it, or 404.
///
/// Methods other than GET and HEAD are answered with 405.
pub fn plain(pages: &[&Page], request: &Request<'_>) -> Response {
    if !matches!(request.method(), "GET" | "HEAD") {
        return Response::status(405);
    }
    if request.path() == "/healthz" {
        return Response::text(200, "ok");
    }
    let if_none_match = request.header("if-none-match");
    let found = pages.iter().find_map(|page| page.serve(request.path(), if_none_match));
    found.unwrap_or_else(|| Response::status(404))
}

const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use tickwire_netcode::ws::handshake::Request;

    use super::{Response, plain};
    use crate::page::Page;

    const FILES: &[(&str, &[u8])] = &[("/index.html", b"<p>hi"), ("/app.js", b"go()")];

    fn answer(head: &str) -> String {
        let head = format!("{head}\r\nHost: h\r\n\r\n");
        let request = Request::parse(head.as_bytes()).expect("a valid request");
        let mut out = Vec::new();
        plain(&[&Page::embedded(FILES)], &request).write(request.method() == "HEAD", &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn requests_get_what_they_ask_for() {
        for (head, status, end) in [
            ("GET / HTTP/1.1", 200, "<p>hi"),
            ("GET /index.html HTTP/1.1", 200, "<p>hi"),
            ("GET /app.js?v=1 HTTP/1.1", 200, "go()"),
            ("HEAD /app.js HTTP/1.1", 200, "Connection: close\r\n\r\n"),
            ("GET /healthz HTTP/1.1", 200, "ok"),
            ("GET /none HTTP/1.1", 404, "Not Found"),
            ("POST / HTTP/1.1", 405, "Method Not Allowed"),
        ] {
            let answer = answer(head);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
            assert!(answer.ends_with(end), "{head}: {answer}");
            assert!(answer.contains("\r\nConnection: close\r\n"), "{head}: {answer}");
        }
        assert!(answer("HEAD /app.js HTTP/1.1").contains("\r\nContent-Length: 4\r\n"));
        assert!(answer("POST / HTTP/1.1").contains("\r\nAllow: GET, HEAD\r\n"));
        assert!(answer("GET /app.js HTTP/1.1").contains("\r\nContent-Type: text/javascript"));
    }

    #[test]
    fn a_known_validator_is_answered_without_a_body() {
        let first = answer("GET /app.js HTTP/1.1");
        let etag = first.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("an etag");
        for header in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let again = answer(&format!("GET /app.js HTTP/1.1\r\nIf-None-Match: {header}"));
            assert!(again.starts_with("HTTP/1.1 304 "), "{header}: {again}");
            assert!(again.ends_with("\r\n\r\n") && !again.contains("Content-Length"), "{again}");
        }
        let other = answer("GET /app.js HTTP/1.1\r\nIf-None-Match: \"other\"");
        assert!(other.starts_with("HTTP/1.1 200 "), "{other}");
    }

    #[test]
    fn a_status_answer_has_its_phrase_as_body() {
        assert_eq!(Response::status(403).body(), b"Forbidden");
    }
}
