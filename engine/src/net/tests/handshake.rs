//! The handshake's threats, row by row: bytes in, status out, one counter, no session.

use std::time::Duration;

use super::script::{Bench, Peer, READABLE, UPGRADE};
use crate::metrics::causes::{CloseReason, HandshakeFailure as Reason};
use crate::metrics::label::Label;
use crate::net::admission::{Admission, Capacity, Decision, Ticket};
use crate::net::limits::{CLOSE_TIMEOUT, HEAD_TIMEOUT};

/// Everything a peer gets for `request`, in one piece.
fn answer(bench: &mut Bench<false>, peer: &Peer, request: &[u8]) -> String {
    peer.push(request);
    bench.edge(peer, READABLE);
    bench.settle();
    String::from_utf8(peer.take()).expect("text")
}

/// `request` is refused with `status` and counts as `reason`, once; the connection ends.
#[track_caller]
fn check(request: &[u8], status: u16, reason: Reason) -> String {
    let shown = String::from_utf8_lossy(&request[..request.len().min(200)]).into_owned();
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    let answer = answer(&mut bench, &peer, request);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
    assert!(answer.contains("close\r\n"), "{answer}");
    let metrics = bench.metrics();
    for &other in Reason::ALL {
        assert_eq!(metrics.handshake_failures.value(other), u64::from(other == reason), "{shown}: {other:?}");
    }
    assert_eq!(metrics.closed.value(CloseReason::Refused), 1);
    assert_eq!(peer.wire.borrow().writes, 1, "{shown}");
    assert!(peer.wire.borrow().is_shut, "{shown}");
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    bench.assert_balanced();
    answer
}

/// The valid upgrade with `from` replaced.
#[track_caller]
fn upgrade(from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(UPGRADE).expect("text");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to).into_bytes()
}

fn with_header(line: &str) -> Vec<u8> {
    upgrade("Host: h\r\n", &format!("Host: h\r\n{line}\r\n"))
}

#[test]
fn h1_a_head_in_single_bytes_has_five_seconds_in_all_and_many_of_them_leave_nothing() {
    let mut bench = Bench::<false>::new();
    let peers: Vec<_> = (0..100).map(|_| bench.accept()).collect();
    for second in 0..4 {
        for peer in &peers {
            peer.push(&UPGRADE[second..=second]);
            bench.edge(peer, READABLE);
        }
        bench.pass(Duration::from_secs(1));
    }
    assert!(peers.iter().all(|peer| peer.take().is_empty()));
    bench.pass(HEAD_TIMEOUT - Duration::from_secs(4) + Duration::from_millis(100));
    assert!(peers.iter().all(|peer| peer.take().starts_with(b"HTTP/1.1 408 ")));
    assert_eq!(bench.metrics().handshake_failures.value(Reason::HeadTimeout), 100);
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    bench.assert_balanced();
}

#[test]
fn h2_a_head_over_8_kib_is_answered_431() {
    let sized = |size: usize| {
        let rest = format!("{}X: \r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: h\r\n").len();
        format!("GET /healthz HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(size - rest))
    };
    for size in [8191, 8192] {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        assert!(answer(&mut bench, &peer, sized(size).as_bytes()).starts_with("HTTP/1.1 200 "), "{size}");
    }
    check(sized(8193).as_bytes(), 431, Reason::HeadTooBig);
    check(&[b'x'; 20_000], 431, Reason::HeadTooBig);
}

#[test]
fn h3_more_than_64_headers_are_answered_431() {
    let with = |count: usize| format!("GET /healthz HTTP/1.1\r\nHost: h\r\n{}\r\n", "a: b\r\n".repeat(count));
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    assert!(answer(&mut bench, &peer, with(63).as_bytes()).starts_with("HTTP/1.1 200 "));
    for count in [64, 1_300] {
        check(with(count).as_bytes(), 431, Reason::Headers);
    }
}

#[test]
fn h4_a_head_in_single_bytes_costs_one_read_a_byte_and_gets_the_same_answer() {
    let head = format!("GET /healthz HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(8_000));
    let mut whole = Bench::<false>::new();
    let peer = whole.accept();
    let want = answer(&mut whole, &peer, head.as_bytes());
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    for byte in head.as_bytes() {
        assert!(peer.take().is_empty());
        peer.push(&[*byte]);
        bench.edge(&peer, READABLE);
    }
    assert_eq!(peer.wire.borrow().reads, head.len());
    assert_eq!(String::from_utf8(peer.take()).expect("text"), want);
}

#[test]
fn h5_a_missing_repeated_or_wrong_sized_key_is_answered_400() {
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for line in [
        "",
        "Sec-WebSocket-Key:\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWFh\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25!ZQ==\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ] {
        check(&upgrade(key, line), 400, Reason::Key);
    }
}

#[test]
fn h6_a_version_other_than_13_is_answered_426_with_the_right_one() {
    for version in ["Version: 8", "Version: 0", "Version: 14", "Version: 13, 8", "X: 13"] {
        let answer = check(&upgrade("Version: 13", version), 426, Reason::WsVersion);
        assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{answer}");
    }
}

#[test]
fn h7_other_methods_old_http_and_the_preface_of_http_2_are_refused() {
    check(&upgrade("GET", "POST"), 405, Reason::Method);
    check(b"DELETE /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 405, Reason::Method);
    check(&upgrade("HTTP/1.1", "HTTP/1.0"), 505, Reason::HttpVersion);
    check(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, Reason::HttpVersion);
}

#[test]
fn h8_heads_that_two_parsers_could_read_differently_are_answered_400() {
    let mut heads: Vec<Vec<u8>> = vec![
        upgrade("Host: h\r\n", ""),
        upgrade("Host: h\r\n", "Host:\r\n"),
        upgrade("Host: h\r\n", "Host: h\r\nHost: h\r\n"),
        upgrade("Host: h\r\n", "Host: h i\r\n"),
        upgrade("Upgrade: websocket", "Upgrade:\r\n websocket"),
        upgrade("Upgrade: websocket\r\n", "Upgrade: websocket\n"),
        upgrade("Upgrade: websocket\r\n", "Upgrade: websocket\r"),
        upgrade("Upgrade: websocket", "Upgrade: web\0socket"),
        upgrade("Upgrade: websocket", "Upgrade : websocket"),
    ];
    for line in [
        "Content-Length: 0\r\nContent-Length: 0",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "na me: x",
        "n\u{e4}me: x",
        "\"name\": x",
        ": x",
        " folded: x",
    ] {
        heads.push(with_header(line));
    }
    for head in heads {
        check(&head, 400, Reason::Malformed);
    }
}

#[test]
fn h9_a_request_with_a_body_is_answered_400() {
    for line in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
        check(&with_header(line), 400, Reason::Body);
        check(
            format!("GET /healthz HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\nhello").as_bytes(),
            400,
            Reason::Body,
        );
    }
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    let request = b"GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    assert!(answer(&mut bench, &peer, request).starts_with("HTTP/1.1 200 "));
}

#[test]
fn h9_a_pipelined_second_request_is_not_answered() {
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    let answer = answer(&mut bench, &peer, &b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2));
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(peer.wire.borrow().is_shut);
}

#[test]
fn h10_a_foreign_origin_is_answered_403_and_a_missing_same_or_listed_one_is_upgraded() {
    for origin in [
        "null",
        "http://h.evil",
        "http://evil/h",
        "https://play.example.com.evil",
        "http://play.example.com",
        "https://play.example.com:444",
        "http://h:81",
        "",
        "http://h\r\nOrigin: http://h",
    ] {
        check(&with_header(&format!("Origin: {origin}")), 403, Reason::Origin);
    }
    for line in ["X: y", "Origin: http://h", "Origin: https://play.example.com"] {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        assert!(answer(&mut bench, &peer, &with_header(line)).starts_with("HTTP/1.1 101 "), "{line}");
    }
}

#[test]
fn h11_an_upgrade_s_answer_has_nothing_of_the_request_but_the_hash_of_its_key() {
    let want = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    for line in [
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Protocol: <script>",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99, x",
        "X-Echo: \u{fc}",
    ] {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        assert_eq!(answer(&mut bench, &peer, &with_header(line)), want, "{line}");
    }
    // Refusals neither.
    let marked = check(
        b"GET /marker-in-path?marker HTTP/1.1\r\nHost: marker\r\nMarker: marker\r\n\r\n",
        404,
        Reason::Path,
    );
    assert!(!marked.to_lowercase().contains("marker"), "{marked}");
}

#[test]
fn h12_long_lists_of_subprotocols_or_extensions_are_answered_400() {
    for name in ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"] {
        check(&with_header(&format!("{name}: {}", ["a"; 17].join(", "))), 400, Reason::Offers);
        check(&with_header(&format!("{name}: {}", ",".repeat(7_000))), 400, Reason::Offers);
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        let head = with_header(&format!("{name}: {}", ["a"; 16].join(", ")));
        assert!(answer(&mut bench, &peer, &head).starts_with("HTTP/1.1 101 "));
    }
}

#[test]
fn h13_unknown_paths_and_traversals_are_answered_404_and_long_queries_414() {
    for path in [
        "/none",
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/..%2fetc",
        "//etc/passwd",
        "/ws/",
        "/WS",
        "/healthz/",
    ] {
        check(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes(), 404, Reason::Path);
    }
    let long = format!("/ws?{}", "q".repeat(1_025));
    check(&upgrade("/ws", &long), 414, Reason::Query);
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    let fits = upgrade("/ws", &format!("/ws?{}", "q".repeat(1_024)));
    assert!(answer(&mut bench, &peer, &fits).starts_with("HTTP/1.1 101 "));
}

#[test]
fn h15_tls_on_the_plain_port_is_answered_400_with_a_hint_in_one_write() {
    let client_hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, b'\r', b'\n'];
    for cut in 1..client_hello.len() {
        let answer = check(&client_hello[..cut], 400, Reason::WrongProtocol);
        assert!(answer.ends_with("not https:// or wss://."), "{answer}");
    }
}

/// An admission of one slot that is taken.
fn full() -> (Admission, Vec<Ticket>) {
    let mut admission = Admission::new(Capacity { connections_max: 1, limit_loopback: false });
    let mut ticket = taken(&mut admission);
    ticket.settle();
    (admission, vec![ticket])
}

fn taken(admission: &mut Admission) -> Ticket {
    match admission.admit(([127, 0, 0, 1], 1).into(), tickwire_netcode::time::Time::default()) {
        Decision::Take(ticket) => ticket,
        Decision::Refuse(reason) => panic!("{reason:?}"),
    }
}

#[test]
fn r3_an_upgrade_while_all_slots_are_taken_is_accepted_and_closed_with_1013() {
    let (mut admission, _held) = full();
    let mut bench = Bench::<false>::new();
    let mut peer = bench.accept_with(taken(&mut admission));
    peer.push(UPGRADE);
    bench.edge(&peer, READABLE);
    let answer = peer.take();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    peer.wire.borrow_mut().outbound = answer[end..].to_vec();
    assert_eq!(peer.events(), ["close Some(1013)"]);
    assert!(bench.spy.borrow().opened.is_empty(), "the service never hears of it");
    assert_eq!(bench.metrics().handshake_failures.value(Reason::Full), 1);
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    bench.assert_balanced();
}

#[test]
fn r3_plain_requests_are_answered_while_all_slots_are_taken() {
    let (mut admission, _held) = full();
    let mut bench = Bench::<false>::new();
    let peer = bench.accept_with(taken(&mut admission));
    let request = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    assert!(answer(&mut bench, &peer, request).starts_with("HTTP/1.1 200 "));
}

#[test]
fn h1_a_session_leaves_the_share_of_those_without_and_its_slot_when_it_ends() {
    let mut admission = Admission::new(Capacity { connections_max: 8, limit_loopback: false });
    let mut bench = Bench::<false>::new();
    let mut peers = Vec::new();
    for _ in 0..8 {
        // Two may be without a session, so this works only since each upgrade makes room.
        let peer = bench.accept_with(taken(&mut admission));
        peer.push(UPGRADE);
        bench.edge(&peer, READABLE);
        peers.push(peer);
    }
    assert_eq!(admission.connections(), 8);
    for peer in &peers {
        peer.wire.borrow_mut().end = Some(Ok(()));
        bench.edge(peer, READABLE);
    }
    assert_eq!(admission.connections(), 0);
    bench.assert_balanced();
}

#[test]
fn r8_no_table_of_this_crate_hashes_without_a_random_key() {
    // The words are put together here so that this file does not find itself.
    let words = [["Fx", "Hash"], ["ahash", "::"], ["fnv", "::"], ["BuildHasher", "Default"], ["nohash", "_"]];
    let mut files = 0;
    for root in ["src", "../netcode/src"] {
        let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(root)];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("readable");
                open.extend(entries.map(|entry| entry.expect("readable").path()));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                files += 1;
                for word in words {
                    assert!(!text.contains(&word.concat()), "{}: {}", path.display(), word.concat());
                }
            }
        }
    }
    assert!(files > 20, "{files} files");
}
