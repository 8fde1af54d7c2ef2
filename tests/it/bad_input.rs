//! Bytes that no honest client sends, over real sockets: the sender gets the close code that PROTOCOL names, and a
//! player in the room notices nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tickwire_tests::meadow::{self, KIND};
use tickwire_tests::observer::Observer;
use tickwire_tests::peer::{Heard, Peer, hello, types};

/// What the bad peer sends.
enum Sent {
    Binary(Vec<u8>),
    Text(&'static str),
    /// Bytes of frames; the mask of a frame is zero, so payload can be read as it stands.
    Raw(Vec<u8>),
}
use Sent::{Binary, Raw, Text};

impl Sent {
    fn by(&self, peer: &mut Peer) {
        match self {
            Binary(bytes) => peer.send(bytes),
            Text(text) => peer.send_text(text),
            Raw(bytes) => peer.send_raw(bytes),
        }
    }
}

/// A Hello with the field `protocol` changed.
fn hello_of_version(version: u8) -> Vec<u8> {
    let mut bytes = hello(KIND, "x");
    bytes[1] = version;
    bytes
}

fn with(mut bytes: Vec<u8>, more: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(more);
    bytes
}

fn hello_cut_to(length: usize) -> Vec<u8> {
    hello(KIND, "x")[..length].to_vec()
}

/// A frame with a zero mask: first byte, the bytes of the length, payload.
fn frame(first: u8, length: &[u8], payload: &[u8]) -> Sent {
    let mut bytes = vec![first];
    bytes.extend_from_slice(length);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    Raw(bytes)
}

/// What breaks a rule of RFC 6455, in any state of the session.
fn bad_frames() -> Vec<(&'static str, Sent, u16)> {
    vec![
        ("an unmasked frame", Raw(vec![0x82, 0x01, 0x09]), 1002),
        ("a reserved bit", frame(0xc2, &[0x80], &[]), 1002),
        ("a reserved opcode", frame(0x83, &[0x80], &[]), 1002),
        ("a reserved control opcode", frame(0x8b, &[0x80], &[]), 1002),
        ("a control frame in fragments", frame(0x09, &[0x80], &[]), 1002),
        ("a long ping", frame(0x89, &[0xfe, 0, 126], &[0; 126]), 1002),
        ("a continuation of nothing", frame(0x80, &[0x80], &[]), 1002),
        ("a length that is not minimal", frame(0x82, &[0xfe, 0, 5], &[9; 5]), 1002),
        ("a length with the top bit", frame(0x82, &[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], &[]), 1002),
        ("a length beyond the limit", frame(0x82, &[0xff, 0, 0, 0, 1, 0, 0, 0, 0], &[]), 1009),
        ("a close code that is never sent", frame(0x88, &[0x82], &[0x03, 0xed]), 1002),
        ("a close frame of one byte", frame(0x88, &[0x81], &[0x03]), 1002),
        ("text that is not UTF-8", frame(0x81, &[0x81], &[0xff]), 1007),
    ]
}

/// First messages: what is sent, the close code, and whether Reject comes before it.
fn bad_first_messages() -> Vec<(&'static str, Sent, u16, bool)> {
    let unknown_kind = hello("no such kind", "x");
    let long = with(hello(KIND, "x"), &[0; 1024]);
    vec![
        ("text", Text("hello"), 1003, false),
        ("another message first", Binary(vec![types::PING, 0, 0, 0, 0]), 4001, false),
        ("an unknown type first", Binary(vec![0xff]), 4001, false),
        ("a server's type first", Binary(vec![types::WELCOME]), 4001, false),
        ("more than 1024 bytes", Binary(long), 4011, false),
        ("a version before the first", Binary(hello_of_version(0)), 4010, true),
        ("an unknown kind of room", Binary(unknown_kind), 4008, true),
        ("a trailing byte", Binary(with(hello(KIND, "x"), &[0])), 4011, false),
        ("a text that is not UTF-8", Binary(with(hello_cut_to(3), &[0xff; 40])), 4011, false),
        ("more than 4096 bytes", Binary(vec![types::HELLO; 5000]), 1009, false),
    ]
}

/// Messages of somebody who has joined.
fn bad_later_messages() -> Vec<(&'static str, Sent, u16)> {
    let command_far_ahead = vec![types::COMMAND, 99, 0];
    vec![
        ("text", Text("hello"), 1003),
        ("an empty message", Binary(vec![]), 4011),
        ("a second Hello", Binary(hello(KIND, "x")), 4011),
        ("type 0", Binary(vec![0]), 4011),
        ("the reserved Pause", Binary(vec![0x06]), 4011),
        ("the reserved Visible", Binary(vec![0x07, 0]), 4011),
        ("a type that is not listed", Binary(vec![0x0a]), 4011),
        ("a server's Welcome", Binary(vec![types::WELCOME, 1]), 4011),
        ("a server's Update", Binary(vec![types::UPDATE, 1, 0]), 4011),
        ("type 255", Binary(vec![0xff; 10]), 4011),
        ("a cut Ack", Binary(vec![types::ACK, 0, 0, 0, 1, 2]), 4011),
        ("an Ack with a byte more", Binary(vec![types::ACK, 0, 0, 0, 1, 2, 3, 4, 5]), 4011),
        (
            "an Ack with a varint that is not minimal",
            Binary(vec![types::ACK, 0, 0, 0x80, 0, 1, 2, 3, 4]),
            4011,
        ),
        ("an Ack with a varint without end", Binary(with(vec![types::ACK, 0, 0], &[0xff; 10])), 4011),
        ("an Input without its inputs", Binary(vec![types::INPUT, 0, 0, 0, 1, 2, 3, 4]), 4011),
        ("an Input of ones", Binary(with(vec![types::INPUT, 0, 0, 0, 1, 2, 3, 4], &[0xff; 60])), 4011),
        (
            "an Input with bytes behind it",
            Binary(with(vec![types::INPUT, 0, 0, 0, 1, 2, 3, 4], &[0; 60])),
            4011,
        ),
        ("a Command with a hole in the numbers", Binary(command_far_ahead), 4011),
        ("a Command without fields", Binary(vec![types::COMMAND, 1]), 4011),
        ("a cut Resync", Binary(vec![types::RESYNC, 1]), 4011),
        ("a long Ping", Binary(vec![types::PING, 1, 2, 3, 4, 5]), 4011),
        ("a Bye without a reason", Binary(vec![types::BYE]), 4011),
        ("more than 4096 bytes", Binary(vec![types::PING; 4097]), 1009),
    ]
}

#[test]
fn frames_that_break_rfc_6455_end_their_own_connection() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    for (what, sent, code) in bad_frames() {
        for joined in [false, true] {
            let mut peer =
                if joined { Peer::join(room.addr(), KIND) } else { Peer::connect(room.addr(), "/ws") };
            sent.by(&mut peer);
            assert_eq!(peer.hear_close().0, Some(code), "{what}, joined: {joined}");
            observer.sees_updates(1);
        }
    }
    observer.sees_updates(10);
}

#[test]
fn first_messages_other_than_a_good_hello_are_refused_by_the_right_code() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    for (what, sent, code, rejected) in bad_first_messages() {
        let mut peer = Peer::connect(room.addr(), "/ws");
        sent.by(&mut peer);
        let before = if rejected { vec![types::REJECT] } else { vec![] };
        assert_eq!(peer.hear_close(), (Some(code), before), "{what}");
        observer.sees_updates(1);
    }
    observer.sees_updates(10);
}

#[test]
fn every_cut_of_a_hello_is_a_bad_message() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    for length in 1..hello(KIND, "x").len() {
        let mut peer = Peer::connect(room.addr(), "/ws");
        peer.send(&hello_cut_to(length));
        assert_eq!(peer.hear_close(), (Some(4011), vec![]), "cut to {length} bytes");
        observer.sees_updates(1);
    }
}

#[test]
fn messages_that_do_not_decode_or_are_out_of_place_end_their_own_session() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    for (what, sent, code) in bad_later_messages() {
        let mut peer = Peer::join(room.addr(), KIND);
        sent.by(&mut peer);
        assert_eq!(peer.hear_close().0, Some(code), "{what}");
        observer.sees_updates(1);
    }
    observer.sees_updates(10);
}

#[test]
fn random_messages_end_with_a_named_code_or_are_taken() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        // xorshift64: the same bytes in each run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..60 {
        let mut peer = Peer::join(room.addr(), KIND);
        for _ in 0..4 {
            let length = 1 + random() as usize % 40;
            let mut bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            // Mostly types that exist: the others end at the first byte.
            bytes[0] = if random() % 8 == 0 { bytes[0] } else { 1 + bytes[0] % 9 };
            peer.send(&bytes);
        }
        // If all were taken, this ends it.
        peer.send(&[0]);
        let (code, _) = peer.hear_close();
        assert!(matches!(code, Some(4011 | 1000 | 4018)), "round {round}: {code:?}");
        observer.sees_updates(1);
    }
    observer.sees_updates(10);
}

/// What an HTTP client gets for `request`: all bytes until the server closes or has answered.
fn http(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit above zero");
    let _ = stream.write_all(request);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

#[test]
fn requests_that_are_no_upgrade_get_the_right_status() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    let upgrade = |path: &str, more: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: game\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
        )
    };
    let version = "Sec-WebSocket-Version: 13\r\n";
    let long = format!("{version}X-Long: {}\r\n", "x".repeat(9000));
    let foreign = format!("{version}Origin: https://elsewhere.example\r\n");
    let own = format!("{version}Origin: http://game\r\n");
    let table = [
        ("garbage", "\x16\x03\x01 garbage\r\n\r\n".to_owned(), "400"),
        ("a post", "POST / HTTP/1.1\r\nHost: game\r\nContent-Length: 0\r\n\r\n".to_owned(), "405"),
        ("an unknown path", "GET /nope HTTP/1.1\r\nHost: game\r\n\r\n".to_owned(), "404"),
        ("the health of the server", "GET /healthz HTTP/1.1\r\nHost: game\r\n\r\n".to_owned(), "200"),
        ("an upgrade", upgrade("/ws", version), "101"),
        ("an upgrade of its own page", upgrade("/ws", &own), "101"),
        ("an upgrade of a foreign page", upgrade("/ws", &foreign), "403"),
        ("an upgrade without a version", upgrade("/ws", ""), "426"),
        ("an upgrade with a long head", upgrade("/ws", &long), "431"),
    ];
    for (what, request, status) in table {
        let answer = http(room.addr(), request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer:?}");
        observer.sees_updates(1);
    }
}

#[test]
fn a_connection_that_is_dropped_without_a_word_is_nobodys_trouble() {
    let room = meadow::start();
    let mut observer = Observer::join(room.addr(), KIND);
    for _ in 0..20 {
        drop(TcpStream::connect(room.addr()).expect("the server listens"));
        drop(Peer::connect(room.addr(), "/ws"));
        drop(Peer::join(room.addr(), KIND));
        observer.sees_updates(1);
    }
    observer.sees_updates(10);
    let mut last = Peer::join(room.addr(), KIND);
    assert!(matches!(last.hear(), Heard::Binary(_)));
}
