//! The framing's threats, row by row, through the loop: bytes in, close code out, one counter. The rules themselves
//! are tested in `tickwire_netcode::ws`.

use std::time::Duration;

use tickwire_netcode::ws::Limits;

use super::script::{Bench, Peer, READABLE};
use crate::metrics::causes::CloseReason as Reason;
use crate::metrics::label::Label;
use crate::net::limits::{CLOSE_TIMEOUT, READ_BYTES_PER_TURN};

/// A masked frame (key 0) with any first byte; short payloads only.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0][..], payload].concat()
}

fn close_body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

/// Bytes of a game session end in `code` and count as `reason`, once; what was said before is answered.
#[track_caller]
fn check(bytes: &[u8], code: u16, reason: Reason) {
    let shown = &bytes[..bytes.len().min(32)];
    let mut bench = Bench::<false>::with_limits(Limits::default());
    let (mut peer, mut other) = (bench.join(), bench.join());
    peer.say(b"before");
    peer.push(bytes);
    bench.edge(&peer, READABLE);
    bench.settle();
    let events = peer.events();
    assert_eq!(events.first().map(String::as_str), Some("before"), "{shown:02x?}");
    assert_eq!(events.last(), Some(&format!("close Some({code})")), "{shown:02x?}");
    other.say(b"unharmed");
    bench.edge(&other, READABLE);
    assert_eq!(other.events(), ["unharmed"], "{shown:02x?}");
    let metrics = bench.metrics();
    for &label in Reason::ALL {
        assert_eq!(metrics.closed.value(label), u64::from(label == reason), "{shown:02x?}: {label:?}");
    }
    assert!(peer.wire.borrow().is_shut);
    other.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&other, READABLE);
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    bench.assert_balanced();
}

#[test]
fn f1_an_unmasked_frame_closes_with_1002() {
    check(b"\x82\x05hello", 1002, Reason::Unmasked);
    check(b"\x89\x00", 1002, Reason::Unmasked);
}

#[test]
fn f2_reserved_bits_and_opcodes_close_with_1002() {
    for first in [0xc2, 0xa2, 0x92, 0xf2, 0xc9, 0xc0] {
        check(&frame(first, b"x"), 1002, Reason::ReservedBits);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        check(&frame(0x80 | opcode, b"x"), 1002, Reason::ReservedOpcode);
    }
}

#[test]
fn f3_lengths_at_the_end_of_64_bits_close_before_any_sum_wraps() {
    let header = |length: u64| [&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    for length in [1 << 63, (1 << 63) | 5, u64::MAX - 14, u64::MAX] {
        check(&header(length), 1002, Reason::LengthTopBit);
    }
    for length in [u64::MAX >> 1, (u64::MAX >> 1) - 14, 1 << 32, u64::from(u32::MAX), 1 << 31] {
        check(&header(length), 1009, Reason::MessageTooBig);
        // On top of what the message has already.
        let mut behind = frame(0x02, b"begun");
        behind.extend(header(length));
        behind[11] = 0x80;
        check(&behind, 1009, Reason::MessageTooBig);
    }
}

#[test]
fn f4_a_length_that_fits_a_shorter_form_closes_with_1002() {
    for length in [0_u16, 1, 125] {
        check(&[&[0x82, 0xfe][..], &length.to_be_bytes(), &[0; 4]].concat(), 1002, Reason::LengthNotMinimal);
    }
    for length in [0_u64, 125, 126, 0xffff] {
        check(&[&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat(), 1002, Reason::LengthNotMinimal);
    }
}

#[test]
fn f5_a_declared_length_over_the_limit_closes_with_1009_at_the_header() {
    check(
        &[&[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..], &[7; 10]].concat(),
        1009,
        Reason::MessageTooBig,
    );
    check(&[0x82, 0xfe, 0x10, 0x01, 0, 0, 0, 0], 1009, Reason::MessageTooBig);
}

#[test]
fn f6_a_flood_of_fragments_or_empty_frames_closes_with_1008() {
    let mut fragments = frame(0x02, b"a");
    fragments.extend(frame(0x00, b"b").repeat(15));
    let mut bench = Bench::<false>::with_limits(Limits::default());
    let mut peer = bench.join();
    peer.push(&[fragments.clone(), frame(0x80, b"c")].concat());
    bench.edge(&peer, READABLE);
    assert_eq!(peer.events(), ["close Some(1008)"], "16 frames and the last make 17");
    check(&[fragments, frame(0x00, b"c")].concat(), 1008, Reason::TooManyFragments);
    check(&frame(0x82, b"").repeat(65), 1008, Reason::TooManyEmptyFrames);
}

#[test]
fn f7_a_message_that_never_ends_closes_with_1008_after_five_seconds() {
    let mut bench = Bench::<false>::with_limits(Limits::default());
    let mut peer = bench.join();
    peer.push(&frame(0x02, b"begun"));
    bench.edge(&peer, READABLE);
    for _ in 0..9 {
        bench.pass(Duration::from_millis(500));
        peer.push(&frame(0x00, b"x"));
        bench.edge(&peer, READABLE);
    }
    assert!(peer.events().is_empty(), "more fragments do not move the deadline");
    bench.pass(Duration::from_millis(600));
    assert_eq!(peer.events(), ["close Some(1008)"]);
    assert_eq!(bench.metrics().closed.value(Reason::MessageTimeout), 1);
}

#[test]
fn f8_a_long_or_fragmented_control_frame_closes_with_1002() {
    for opcode in [0x88, 0x89, 0x8a] {
        check(&[&[opcode, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat(), 1002, Reason::ControlTooLong);
        check(&frame(opcode & 0x0f, b"x"), 1002, Reason::FragmentedControl);
    }
}

/// The peer floods and reads everything; what it got back before the close.
fn flood(first: u8) -> (Bench<true>, Vec<String>) {
    let mut bench = Bench::<true>::with_limits(Limits::default());
    let mut peer = bench.join();
    let mut events = Vec::new();
    for _ in 0..1_000 {
        peer.push(&frame(first, b"flood").repeat(1_000));
        bench.edge(&peer, READABLE);
        bench.settle();
        events.extend(peer.events());
        assert!(peer.take().is_empty());
    }
    (bench, events)
}

#[test]
fn f9_a_ping_flood_is_answered_32_times_and_closed_with_1008() {
    let (bench, events) = flood(0x89);
    assert_eq!(events.len(), 33);
    assert!(events[..32].iter().all(|event| event == "pong"));
    assert_eq!(events[32], "close Some(1008)");
    assert_eq!(bench.metrics().closed.value(Reason::TooManyControlFrames), 1);
    assert_eq!(bench.metrics().pings.value(), 32);
}

#[test]
fn f9_pongs_to_a_peer_that_does_not_read_stay_within_the_tail_s_bound() {
    let mut bench = Bench::<true>::with_limits(Limits::default());
    let peer = bench.join();
    peer.room(0);
    let mut pings = 0;
    while !peer.is_gone() {
        peer.push(&frame(0x89, &[1; 125]).repeat(32));
        bench.edge(&peer, READABLE);
        bench.now = bench.now + Duration::from_secs(1);
        pings += 32;
        assert!(pings < 2_000, "the peer is never closed");
    }
    let longest = bench.metrics().send_queue_bytes_max.value();
    assert!((64 << 10..=128 << 10).contains(&longest), "{longest}");
    assert_eq!(bench.metrics().closed.value(Reason::Slow), 1);
}

#[test]
fn f10_a_flood_of_unasked_pongs_is_counted_and_closed_with_1008() {
    let (bench, events) = flood(0x8a);
    assert_eq!(events, ["close Some(1008)"]);
    assert_eq!(bench.metrics().pongs.value(), 32);
    assert_eq!(bench.metrics().closed.value(Reason::TooManyControlFrames), 1);
}

#[test]
fn f11_a_new_message_inside_a_fragmented_one_closes_with_1002() {
    for first in [0x82, 0x81, 0x02, 0x01] {
        let stream = [frame(0x02, b"begun"), frame(first, b"x")].concat();
        check(&stream, 1002, Reason::ExpectedContinuation);
    }
    check(&frame(0x80, b"x"), 1002, Reason::UnexpectedContinuation);
}

#[test]
fn f13_text_or_a_close_reason_that_is_not_utf_8_closes_with_1007() {
    let text = b"caf\xc3\xa9 \xed\xa0\x80";
    check(&frame(0x81, text), 1007, Reason::InvalidUtf8);
    for cut in 0..=text.len() {
        let (a, b) = text.split_at(cut);
        check(&[frame(0x01, a), frame(0x80, b)].concat(), 1007, Reason::InvalidUtf8);
    }
    // Fails at the bad byte, not at the end of the message.
    check(&frame(0x01, b"\xff"), 1007, Reason::InvalidUtf8);
    check(&frame(0x88, &close_body(1000, b"\xc3")), 1007, Reason::InvalidUtf8);
}

#[test]
fn f14_malformed_close_frames_close_with_1002() {
    check(&frame(0x88, b"\x03"), 1002, Reason::CloseBodyTooShort);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, u16::MAX] {
        check(&frame(0x88, &close_body(code, b"")), 1002, Reason::InvalidCloseCode);
    }
}

#[test]
fn f15_what_follows_a_close_frame_is_ignored_and_the_connection_ends_after_two_seconds() {
    let closing = frame(0x88, &close_body(1000, b""));
    for after in [frame(0x82, b"data"), closing.clone(), frame(0x89, b""), vec![0xff; 64]] {
        let mut bench = Bench::<false>::with_limits(Limits::default());
        let mut peer = bench.join();
        peer.push(&[closing.clone(), after.clone()].concat());
        bench.edge(&peer, READABLE);
        peer.push(&after);
        bench.edge(&peer, READABLE);
        assert_eq!(peer.events(), ["close Some(1000)"], "{after:02x?}");
        assert_eq!(bench.metrics().closed.value(Reason::Peer), 1);
        bench.pass(CLOSE_TIMEOUT - Duration::from_millis(1));
        assert!(!peer.is_gone());
        bench.pass(Duration::from_millis(100));
        assert!(peer.is_gone());
        assert_eq!(bench.metrics().close_timeouts.value(), 1);
        bench.assert_balanced();
    }
}

#[test]
fn f16_every_kind_of_frame_cut_at_each_byte_gives_the_same_answers() {
    let stream = [
        frame(0x82, &[5; 100]),
        [&[0x82, 0xfe, 0x01, 0x00, 1, 2, 3, 4][..], &[9; 256]].concat(),
        frame(0x01, "caf\u{e9}".as_bytes()),
        frame(0x89, b"ping"),
        frame(0x80, b"."),
        frame(0x88, &close_body(4321, b"bye")),
    ]
    .concat();
    let answers = |parts: &[&[u8]]| {
        let mut bench = Bench::<false>::with_limits(Limits::default());
        let peer = bench.join();
        for part in parts {
            peer.push(part);
            bench.edge(&peer, READABLE);
            bench.settle();
        }
        peer.take()
    };
    let want = answers(&[&stream]);
    assert_eq!(answers(&stream.chunks(1).collect::<Vec<_>>()), want, "in single bytes");
    for cut in 0..stream.len() {
        assert_eq!(answers(&[&stream[..cut], &stream[cut..]]), want, "cut at {cut}");
    }
}

/// Another peer's message is answered in every turn while `hot` always has more to read.
fn check_fair(hot: impl Fn(&mut Peer)) {
    let mut bench = Bench::<false>::new();
    let (mut busy, mut other) = (bench.join(), bench.join());
    let start = bench.metrics().reads.value();
    for turn in 1..=100 {
        hot(&mut busy);
        other.say(b"me too");
        bench.driver.serve_ready(bench.now);
        bench.edge(&busy, READABLE);
        bench.edge(&other, READABLE);
        bench.driver.end_turn(bench.now);
        assert_eq!(other.events(), ["me too"], "turn {turn}");
        assert!(bench.metrics().reads.value() - start <= 2 * turn, "one read a connection and turn");
        busy.take();
    }
}

#[test]
fn f17_a_peer_of_one_byte_segments_gets_one_read_a_turn() {
    check_fair(|busy| {
        busy.push(&[0x82]);
        busy.wire.borrow_mut().inbound.truncate(1);
    });
}

#[test]
fn f18_a_peer_that_always_has_more_gets_one_budget_a_turn() {
    check_fair(|busy| {
        while busy.wire.borrow().inbound.len() < 3 * READ_BYTES_PER_TURN {
            busy.say(&[7; 4_000]);
        }
    });
    let mut bench = Bench::<false>::new();
    let mut busy = bench.join();
    for _ in 0..2 * READ_BYTES_PER_TURN / 4_000 {
        busy.say(&[7; 4_000]);
    }
    bench.edge(&busy, READABLE);
    assert_eq!(bench.metrics().read_budget_hits.value(), 1);
    bench.settle();
    assert_eq!(busy.wire.borrow().inbound.len(), 0);
}
