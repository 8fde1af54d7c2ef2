//! Heads, upgrades and answers: one row per rule, every segmentation, both roles against each other.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::ws::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// RFC 6455 section 1.2.
const EXAMPLE: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";

type Outcome = Result<Option<(Vec<u8>, usize)>, HeadError>;

/// Pushes segments until the head is complete: its bytes, and how much of the stream it took.
fn collect(segments: &[&[u8]]) -> Outcome {
    let mut buffer = HeadBuffer::new();
    let mut before = 0;
    for segment in segments {
        if let Some(head) = buffer.push(segment)? {
            return Ok(Some((head.bytes.to_vec(), before + head.consumed)));
        }
        before += segment.len();
    }
    Ok(None)
}

/// The outcome of `stream`, which must be the same whole, in single bytes and cut in two anywhere.
#[track_caller]
fn collect_every_way(stream: &[u8]) -> Outcome {
    let whole = collect(&[stream]);
    assert_eq!(collect(&stream.chunks(1).collect::<Vec<_>>()), whole, "in single bytes");
    for cut in 0..=stream.len().min(500) {
        let (a, b) = stream.split_at(cut);
        assert_eq!(collect(&[a, b]), whole, "cut at {cut}");
    }
    whole
}

fn check_request(head: &str) -> Result<Result<Accept, UpgradeError>, HeadError> {
    let (bytes, _) = collect_every_way(head.as_bytes())?.expect("the head is complete");
    Request::parse(&bytes).map(|request| accept(&request))
}

#[test]
fn the_example_of_the_rfc_is_accepted_with_its_answer() {
    let accepted = check_request(EXAMPLE).unwrap().unwrap();
    let mut out = Vec::new();
    accepted.write_response(&mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
}

#[test]
fn an_upgrade_is_checked_field_by_field() {
    use UpgradeError as E;
    // What is replaced in the example, by what, and the outcome.
    let table: &[(&str, &str, Result<(), E>)] = &[
        ("Upgrade: websocket", "UPGRADE:  h2c ,\tWebSocket", Ok(())),
        ("Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket", Ok(())),
        ("Connection: Upgrade", "connection: keep-alive, upgrade", Ok(())),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: UPGRADE", Ok(())),
        ("Origin:", "Content-Length: 0\r\nOrigin:", Ok(())),
        ("/chat", "/?token=a%20b", Ok(())),
        ("GET", "POST", Err(E::Method)),
        ("GET", "get", Err(E::Method)),
        ("HTTP/1.1", "HTTP/1.0", Err(E::HttpVersion)),
        ("Origin:", "Content-Length: 5\r\nOrigin:", Err(E::Body)),
        ("Origin:", "Transfer-Encoding: chunked\r\nOrigin:", Err(E::Body)),
        ("Upgrade: websocket", "X: y", Err(E::Upgrade)),
        ("Upgrade: websocket", "Upgrade: websockets", Err(E::Upgrade)),
        ("Upgrade: websocket", "Upgrade: web socket", Err(E::Upgrade)),
        ("Connection: Upgrade", "X: y", Err(E::Connection)),
        ("Connection: Upgrade", "Connection: keep-alive", Err(E::Connection)),
        ("Connection: Upgrade", "Connection: upgrade-not", Err(E::Connection)),
        ("Version: 13", "Version: 8", Err(E::Version)),
        ("Version: 13", "Version: 013", Err(E::Version)),
        ("Version: 13", "Version: 13, 8", Err(E::Version)),
        ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", Err(E::Version)),
        ("Sec-WebSocket-Version: 13", "X: y", Err(E::Version)),
        ("Sec-WebSocket-Key", "X", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWE=", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWFh", Err(E::Key)),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j!Q==", Err(E::Key)),
        ("Origin:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin:", Err(E::Key)),
    ];
    for (from, to, want) in table {
        assert_eq!(EXAMPLE.matches(from).count(), 1, "{from}");
        let head = EXAMPLE.replace(from, to);
        assert_eq!(check_request(&head).unwrap().map(|_| ()), *want, "{to}");
    }
}

#[test]
fn a_head_that_two_parsers_could_read_differently_is_refused() {
    use HeadError::Malformed as M;
    let table: &[(&str, &str, HeadError)] = &[
        ("GET", "\r\nGET", M(Malformed::NotHttp)),
        ("GET", " GET", M(Malformed::NotHttp)),
        ("GET", "\x16\x03\x01", M(Malformed::Tls)),
        ("GET", "G(T", M(Malformed::FirstLine)),
        ("GET /chat", "GET  /chat", M(Malformed::FirstLine)),
        ("/chat", "/ch at", HeadError::Version),
        ("/chat", "chat", M(Malformed::Target)),
        ("/chat", "http://server.example.com/chat", M(Malformed::Target)),
        ("/chat", "*", M(Malformed::Target)),
        ("/chat", "/chat#top", M(Malformed::Target)),
        ("/chat", "/ch\u{e9}t", M(Malformed::Target)),
        ("HTTP/1.1", "HTTP/2.0", HeadError::Version),
        ("HTTP/1.1", "HTTP/1.2", HeadError::Version),
        ("HTTP/1.1\r\n", "HTTP/1.1\n", M(Malformed::LineEnd)),
        ("websocket\r\n", "websocket\n", M(Malformed::LineEnd)),
        ("websocket\r\n", "websocket\rX: y\r\n", M(Malformed::LineEnd)),
        ("websocket\r\n", "web\0socket\r\n", M(Malformed::LineEnd)),
        ("\r\n\r\n", "\r\n\n", M(Malformed::LineEnd)),
        ("\r\n\r\n", "\r\n\rX", M(Malformed::LineEnd)),
        ("Upgrade: websocket", "Upgrade:\r\n websocket", M(Malformed::Folded)),
        ("Host:", "\tHost:", M(Malformed::Folded)),
        ("Upgrade: websocket", "Upgrade : websocket", M(Malformed::Header)),
        ("Upgrade: websocket", "Upgr(de: websocket", M(Malformed::Header)),
        ("Upgrade: websocket", "Upgrade websocket", M(Malformed::Header)),
        ("Upgrade: websocket", ": websocket", M(Malformed::Header)),
        ("Upgrade: websocket", "Upgrade: web\x07socket", M(Malformed::Header)),
        ("Host: server.example.com", "X: y", M(Malformed::Host)),
        ("Host: server.example.com", "Host:", M(Malformed::Host)),
        ("Host: server.example.com", "Host: a b", M(Malformed::Host)),
        ("Host: server.example.com", "Host: a/b", M(Malformed::Host)),
        ("Host: server.example.com", "Host: a@b", M(Malformed::Host)),
        ("Host: server.example.com", "Host: a\r\nhost: a", M(Malformed::Host)),
        ("Origin:", "Content-Length: 0\r\nContent-Length: 0\r\nOrigin:", M(Malformed::Length)),
        ("Origin:", "Content-Length: +5\r\nOrigin:", M(Malformed::Length)),
        ("Origin:", "Content-Length: 5, 5\r\nOrigin:", M(Malformed::Length)),
        ("Origin:", "Content-Length:\r\nOrigin:", M(Malformed::Length)),
        ("Origin:", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\nOrigin:", M(Malformed::Length)),
    ];
    for (from, to, want) in table {
        assert_eq!(check_request(&EXAMPLE.replacen(from, to, 1)), Err(*want), "{to:?}");
    }
}

#[test]
fn frames_may_follow_the_head_in_the_same_segment() {
    let stream = [EXAMPLE.as_bytes(), b"\x81\x80\0\0\0\0\r\n\n\0"].concat();
    let (head, consumed) = collect_every_way(&stream).unwrap().unwrap();
    assert_eq!((head.as_slice(), consumed), (EXAMPLE.as_bytes(), EXAMPLE.len()));
}

#[test]
fn a_whole_head_is_lent_and_not_copied() {
    let mut buffer = HeadBuffer::new();
    let head = buffer.push(EXAMPLE.as_bytes()).unwrap().unwrap();
    assert_eq!(head.bytes.as_ptr(), EXAMPLE.as_ptr());
}

#[test]
fn every_truncation_of_a_head_is_incomplete() {
    for end in 0..EXAMPLE.len() {
        assert_eq!(collect(&[&EXAMPLE.as_bytes()[..end]]), Ok(None), "{end}");
        assert!(Request::parse(&EXAMPLE.as_bytes()[..end]).is_err(), "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoilt_head_gives_the_same_outcome_however_it_is_cut(
        at in any::<Index>(),
        spoil in prop::sample::select(b"\r\n\0\t :,/\x7f\xe9G".to_vec()),
        insert in any::<bool>(),
        size in 1..40_usize,
    ) {
        let mut stream = EXAMPLE.as_bytes().to_vec();
        let at = at.index(stream.len());
        if insert { stream.insert(at, spoil) } else { stream[at] = spoil }
        let whole = collect(&[&stream]);
        prop_assert_eq!(&collect(&stream.chunks(size).collect::<Vec<_>>()), &whole);
        if let Ok(Some((head, _))) = whole {
            let _ = Request::parse(&head).map(|request| accept(&request));
            let _ = client_response(&head, [0; 16]);
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = collect(&[&noise]);
        let _ = Request::parse(&noise);
        let _ = client_response(&noise, [0; 16]);
    }
}

#[test]
fn a_head_has_at_most_8_kib() {
    for (size, fits) in [(HEAD_BYTES_MAX - 1, true), (HEAD_BYTES_MAX, true), (HEAD_BYTES_MAX + 1, false)] {
        let filler = "x".repeat(size - "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len());
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {filler}\r\n\r\n");
        assert_eq!(head.len(), size);
        let want = if fits { Ok(Some((head.clone().into_bytes(), size))) } else { Err(HeadError::TooBig) };
        assert_eq!(collect(&[head.as_bytes()]), want, "{size}");
        assert_eq!(collect(&head.as_bytes().chunks(1).collect::<Vec<_>>()), want, "{size}");
    }
    assert_eq!(collect(&[&[b'x'; HEAD_BYTES_MAX]]), Err(HeadError::TooBig));
    assert_eq!(collect(&[&[b'x'; HEAD_BYTES_MAX - 1]]), Ok(None));
}

#[test]
fn a_head_has_at_most_64_headers() {
    for (count, fits) in [(HEADERS_MAX, true), (HEADERS_MAX + 1, false)] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(count - 1));
        let outcome = collect_every_way(head.as_bytes());
        if !fits {
            assert_eq!(outcome, Err(HeadError::TooManyHeaders), "{count}");
            continue;
        }
        let (bytes, _) = outcome.unwrap().unwrap();
        assert_eq!(Request::parse(&bytes).unwrap().headers().count(), count);
    }
}

#[test]
fn a_query_has_at_most_1_kib() {
    for (size, want) in [(1024, Ok(())), (1025, Err(HeadError::QueryTooLong))] {
        let head = EXAMPLE.replace("/chat", &format!("/chat?{}", "q".repeat(size)));
        assert_eq!(check_request(&head).map(|_| ()), want);
    }
}

#[test]
fn a_request_reads_as_it_was_sent() {
    let head = "HEAD /a/b?c=d?e HTTP/1.0\r\nX-One: 1\r\nx-two:  2 \t\r\nX-ONE: 3\r\nBytes: \u{e9}\r\n\r\n";
    let request = Request::parse(head.as_bytes()).unwrap();
    assert_eq!((request.method(), request.path(), request.query()), ("HEAD", "/a/b", Some("c=d?e")));
    assert_eq!((request.version(), request.host(), request.has_body()), (Version::Http10, "", false));
    assert_eq!(request.header("X-TWO"), Some(&b"2"[..]));
    assert_eq!(request.values("x-one").collect::<Vec<_>>(), [b"1", b"3"]);
    assert_eq!(request.header("x-three"), None);
    assert_eq!(request.unique("x-two"), Ok(Some("2")));
    assert_eq!(request.unique("x-one"), Err(FieldError::Repeated));
    assert_eq!(request.unique("bytes"), Err(FieldError::NotAscii));
}

#[test]
fn a_repeated_or_unreadable_origin_is_not_taken_for_a_missing_one() {
    let none: [&str; 0] = [];
    let table = [
        ("Origin: http://server.example.com", true),
        ("Origin: http://example.com", false),
        ("Origin: http://server.example.com\r\nOrigin: http://server.example.com", false),
        ("Origin: \u{e9}", false),
        ("X: y", true),
    ];
    for (line, want) in table {
        let head = EXAMPLE.replace("Origin: http://example.com", line);
        assert_eq!(Request::parse(head.as_bytes()).unwrap().origin_allowed(&none), want, "{line}");
    }
}

#[test]
fn refusals_are_whole_responses_that_end_the_connection() {
    let mut refusals: Vec<(u16, Vec<u8>)> = Vec::new();
    for error in [
        HeadError::TooBig,
        HeadError::QueryTooLong,
        HeadError::Version,
        HeadError::Malformed(Malformed::NotHttp),
    ] {
        let mut out = Vec::new();
        error.write_response(&mut out);
        refusals.push((error.status(), out));
    }
    for error in [UpgradeError::Method, UpgradeError::Version, UpgradeError::Key, UpgradeError::Origin] {
        let mut out = Vec::new();
        error.write_response(&mut out);
        refusals.push((error.status(), out));
    }
    for status in [404, 408, 503] {
        let mut out = Vec::new();
        write_refusal(status, &[], &mut out);
        refusals.push((status, out));
    }
    for (status, bytes) in refusals {
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let size = response.parse(&bytes).unwrap().unwrap();
        assert_eq!(response.code, Some(status));
        let value = |name: &str| {
            let found = response.headers.iter().find(|header| header.name == name);
            found.map(|header| core::str::from_utf8(header.value).unwrap())
        };
        assert_eq!(value("Content-Length").unwrap().parse(), Ok(bytes.len() - size), "{status}");
        assert!(value("Connection").unwrap().contains("close"), "{status}");
        assert_eq!(value("Sec-WebSocket-Version"), (status == 426).then_some("13"));
        assert_eq!(value("Allow"), (status == 405).then_some("GET"));
    }
}

#[test]
fn a_client_s_request_is_accepted_and_its_answer_recognised() {
    for origin in [None, Some("https://play.example.com")] {
        let key = *b"0123456789abcdef";
        let mut wire = Vec::new();
        client_request("[::1]:7777", "/ws?token=x", key, origin, &mut wire).unwrap();
        let (head, _) = collect_every_way(&wire).unwrap().unwrap();
        let request = Request::parse(&head).unwrap();
        assert_eq!((request.host(), request.path(), request.query()), ("[::1]:7777", "/ws", Some("token=x")));
        assert_eq!(request.unique("origin"), Ok(origin));
        let mut answer = Vec::new();
        accept(&request).unwrap().write_response(&mut answer);
        let (head, _) = collect_every_way(&answer).unwrap().unwrap();
        assert_eq!(client_response(&head, key), Ok(()));
        assert_eq!(client_response(&head, [0; 16]), Err(ResponseError::Accept));
    }
}

#[test]
fn a_request_can_not_be_broken_apart_by_its_arguments() {
    let table: [(&str, &str, Option<&str>, TargetError); 7] = [
        ("", "/", None, TargetError::Host),
        ("a\r\nX: y", "/", None, TargetError::Host),
        ("a", "", None, TargetError::Path),
        ("a", "ws", None, TargetError::Path),
        ("a", "/ HTTP/1.1\r\n", None, TargetError::Path),
        ("a", "/#x", None, TargetError::Path),
        ("a", "/", Some("a b"), TargetError::Origin),
    ];
    for (host, path, origin, want) in table {
        let mut out = vec![1];
        assert_eq!(client_request(host, path, [0; 16], origin, &mut out), Err(want));
        assert_eq!(out, [1]);
    }
}

#[test]
fn an_answer_is_checked_field_by_field() {
    use ResponseError as E;
    let mut wire = Vec::new();
    accept(&Request::parse(EXAMPLE.as_bytes()).unwrap()).unwrap().write_response(&mut wire);
    let answer = String::from_utf8(wire).unwrap();
    let key = *b"the sample nonce";
    let table: &[(&str, &str, Result<(), E>)] = &[
        ("", "", Ok(())),
        ("Upgrade: websocket", "upgrade: WebSocket", Ok(())),
        ("Connection: Upgrade", "Connection: keep-alive, upgrade", Ok(())),
        ("101", "200", Err(E::Status(200))),
        ("101", "404", Err(E::Status(404))),
        ("HTTP/1.1", "HTTP/1.0", Err(E::Head(HeadError::Version))),
        ("HTTP/1.1", "ICY", Err(E::Head(HeadError::Malformed(Malformed::FirstLine)))),
        ("Upgrade: websocket", "X: y", Err(E::Upgrade)),
        ("Upgrade: websocket", "Upgrade: h2c", Err(E::Upgrade)),
        ("Connection: Upgrade", "Connection: close", Err(E::Connection)),
        ("s3pP", "S3pP", Err(E::Accept)),
        ("Sec-WebSocket-Accept", "X", Err(E::Accept)),
        ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", Err(E::Extension)),
        ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n", Err(E::Subprotocol)),
    ];
    for (from, to, want) in table {
        assert_eq!(client_response(answer.replacen(from, to, 1).as_bytes(), key), *want, "{to}");
    }
    for end in 0..answer.len() {
        assert!(client_response(&answer.as_bytes()[..end], key).is_err());
    }
}

#[test]
fn h12_an_upgrade_offers_at_most_16_subprotocols_and_16_extensions() {
    for name in ["Sec-WebSocket-Protocol", "sec-websocket-extensions"] {
        for (offers, want) in [
            (vec!["a"; 16].join(","), Ok(())),
            (vec!["a"; 17].join(","), Err(UpgradeError::Offers)),
            (",".repeat(3_000), Err(UpgradeError::Offers)),
            (["a, b"; 8].join(&format!("\r\n{name}: ")), Ok(())),
            (["a, b, c"; 6].join(&format!("\r\n{name}: ")), Err(UpgradeError::Offers)),
        ] {
            let plain = EXAMPLE.replace("Sec-WebSocket-Protocol: chat, superchat\r\n", "");
            let head = plain.replace("Origin:", &format!("{name}: {offers}\r\nOrigin:"));
            assert_eq!(check_request(&head).unwrap().map(|_| ()), want, "{name}: {offers}");
        }
    }
}
