//! One row per rule of RFC 6455 and per limit.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use std::string::ToString;

use super::*;

fn peer_closed(code: Option<u16>) -> Seen {
    Seen::Closed(Closed { code, clean: true, cause: Cause::Peer })
}

fn failed(error: ProtocolError) -> Seen {
    let code = Some(error.close_code());
    Seen::Closed(Closed { code, clean: false, cause: Cause::Protocol(error) })
}

/// The close frame a server sends for `error`.
fn close_frame(error: ProtocolError) -> Vec<u8> {
    unmasked(0x88, &close_body(error.close_code(), error.reason().as_bytes()))
}

/// `stream` must end in `error`, in every segmentation, and the last output is its close frame.
#[track_caller]
fn check_error(stream: &[u8], error: ProtocolError) {
    // What follows an error is dropped, whatever it is.
    for tail in [&b""[..], &[0xff; 20], &masked(0x82, b"late")] {
        let run = run_every_way(Role::Server, Limits::default(), &[stream, tail].concat());
        assert_eq!(run.events.last(), Some(&failed(error)), "{stream:02x?}");
        assert!(run.out.ends_with(&close_frame(error)), "{error}: {:02x?}", run.out);
        let closes = run.events.iter().filter(|event| matches!(event, Seen::Closed(_))).count();
        assert_eq!(closes, 1);
    }
}

#[test]
fn a_broken_header_closes_with_its_code() {
    use ProtocolError as E;
    let mut table: Vec<(Vec<u8>, E)> = vec![
        (vec![0xc1], E::ReservedBits(0b100)),
        (vec![0xa2], E::ReservedBits(0b010)),
        (vec![0x99], E::ReservedBits(0b001)),
        (vec![0xf3], E::ReservedBits(0b111)),
        (vec![0x08], E::FragmentedControl),
        (vec![0x09], E::FragmentedControl),
        (vec![0x0a], E::FragmentedControl),
        (vec![0x89, 0xfe], E::ControlTooLong),
        (vec![0x8a, 0xff], E::ControlTooLong),
        (vec![0x88, 0xfe], E::ControlTooLong),
        (vec![0x81, 0x05], E::Unmasked),
        (vec![0x89, 0x00], E::Unmasked),
        (vec![0x89, 0x7e], E::Unmasked),
        (vec![0x82, 0xfe, 0, 125], E::LengthNotMinimal(125)),
        (vec![0x82, 0xfe, 0, 0], E::LengthNotMinimal(0)),
        (vec![0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], E::LengthNotMinimal(0xffff)),
        (vec![0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1], E::LengthNotMinimal(1)),
        (vec![0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], E::LengthTopBit),
        (vec![0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], E::LengthTopBit),
        (vec![0x80], E::UnexpectedContinuation),
        (vec![0x00], E::UnexpectedContinuation),
        ([masked(0x82, b"x"), vec![0x80]].concat(), E::UnexpectedContinuation),
        ([masked(0x02, b"x"), vec![0x82]].concat(), E::ExpectedContinuation),
        ([masked(0x01, b"x"), masked(0x00, b"y"), vec![0x01]].concat(), E::ExpectedContinuation),
    ];
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        table.push((vec![0x80 | opcode], E::ReservedOpcode(opcode)));
        table.push((vec![opcode], E::ReservedOpcode(opcode)));
    }
    for (stream, error) in table {
        check_error(&stream, error);
        // Replies to what came before are kept and come first.
        check_error(&[masked(0x89, b"p"), stream].concat(), error);
    }
}

#[test]
fn replies_before_an_error_are_sent_before_its_close_frame() {
    let stream = [masked(0x82, b"one"), masked(0x89, b"two"), vec![0x83]].concat();
    let run = run_every_way(Role::Server, Limits::default(), &stream);
    let error = ProtocolError::ReservedOpcode(3);
    assert_eq!(run.events, [Seen::Binary(b"one".to_vec()), Seen::Ping, failed(error)]);
    assert_eq!(run.out, [unmasked(0x82, b"one"), unmasked(0x8a, b"two"), close_frame(error)].concat());
}

#[test]
fn a_client_refuses_masked_frames_and_masks_its_close_frame() {
    let run = run_every_way(Role::Client, Limits::default(), &masked(0x82, b"x"));
    assert_eq!(run.events, [failed(ProtocolError::Masked)]);
    assert_eq!(run.out[0], 0x88);
    assert_ne!(run.out[1] & 0x80, 0);
}

#[test]
fn f5_a_declared_length_over_the_limit_fails_at_the_header() {
    let too_big = |bytes| ProtocolError::MessageTooBig { bytes, max: 4096 };
    check_error(&[0x82, 0xfe, 0x10, 0x01], too_big(4097));
    check_error(&[0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], too_big(1 << 32));
    check_error(&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], too_big(u64::MAX >> 1));
    check_error(&[masked(0x02, &[1; 4000]), vec![0x80, 0x80 | 97]].concat(), too_big(4097));
    // A near-wrap length on top of what the message has already.
    let rest = [0x80, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    check_error(&[masked(0x02, &[1; 10]), rest.to_vec()].concat(), too_big((u64::MAX >> 1) + 10));
}

#[test]
fn a_message_of_exactly_the_limit_is_accepted() {
    let payload = [0x5a; 4096];
    let run = run_every_way(Role::Server, Limits::default(), &masked(0x82, &payload));
    assert_eq!(run.events, [Seen::Binary(payload.to_vec())]);
    let parts = [masked(0x02, &payload[..4000]), masked(0x80, &payload[4000..])].concat();
    assert_eq!(
        super::run(Role::Server, Limits::default(), &[&parts]).events,
        [Seen::Binary(payload.to_vec())]
    );
}

#[test]
fn the_examples_of_the_rfc_decode() {
    let long = [0xa5; 256];
    let longer = [0xa5; 65_536];
    let hello = || Seen::Text(b"Hello".to_vec());
    let client: [(Vec<u8>, Vec<Seen>); 5] = [
        (vec![0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], vec![hello()]),
        (vec![0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], vec![hello()]),
        (vec![0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], vec![Seen::Ping]),
        ([&[0x82, 0x7e, 0x01, 0x00][..], &long].concat(), vec![Seen::Binary(long.to_vec())]),
        ([&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0][..], &longer].concat(), vec![Seen::Binary(longer.to_vec())]),
    ];
    for (stream, events) in client {
        assert_eq!(run_every_way(Role::Client, Limits::LIFTED, &stream).events, events);
    }
    let server: [(Vec<u8>, Seen); 2] = [
        (vec![0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], hello()),
        (
            vec![0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
            Seen::Pong(b"Hello".to_vec()),
        ),
    ];
    for (stream, event) in server {
        assert_eq!(run_every_way(Role::Server, Limits::default(), &stream).events, [event]);
    }
}

#[test]
fn f11_control_frames_interleave_with_fragments() {
    let stream = [
        masked(0x01, b"ab"),
        masked(0x89, b"ping"),
        masked(0x00, b""),
        masked(0x8a, &[9; 125]),
        masked(0x80, b"cd"),
        masked(0x82, b"next"),
    ]
    .concat();
    let run = run_every_way(Role::Server, Limits::default(), &stream);
    let want =
        [Seen::Ping, Seen::Pong(vec![9; 125]), Seen::Text(b"abcd".to_vec()), Seen::Binary(b"next".to_vec())];
    assert_eq!(run.events, want);
    let out = [unmasked(0x8a, b"ping"), unmasked(0x81, b"abcd"), unmasked(0x82, b"next")].concat();
    assert_eq!(run.out, out);
}

#[test]
fn empty_messages_are_messages() {
    let stream =
        [masked(0x81, b""), masked(0x02, b""), masked(0x80, b""), masked(0x02, b""), masked(0x80, b"x")]
            .concat();
    let run = run_every_way(Role::Server, Limits::default(), &stream);
    let want = [Seen::Text(vec![]), Seen::Binary(vec![]), Seen::Binary(b"x".to_vec())];
    assert_eq!(run.events, want);
}

#[test]
fn f13_invalid_text_fails_at_the_first_byte_that_can_not_become_valid() {
    let bad: &[(&[u8], usize)] = &[
        (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", 12),
        (b"ok\xff....", 2),
        (b"\xc0\x80", 0),
        (b"\xe0\x80\x80", 1),
        (b"\xf4\x90\x80\x80", 1),
        (b"\xf0\x9f\x98x", 3),
        (b"\x80", 0),
    ];
    for &(text, bad_at) in bad {
        // The rest of the frame is still missing: the failure does not wait for it.
        let mut frame = masked(0x81, &[text, &[b'.'; 40]].concat());
        frame.truncate(6 + bad_at);
        assert_eq!(super::run(Role::Server, Limits::default(), &[&frame]).events, [], "{text:02x?}");
        frame = masked(0x81, &[text, &[b'.'; 40]].concat());
        frame.truncate(6 + bad_at + 1);
        check_error(&frame, ProtocolError::InvalidUtf8);
        check_error(&masked(0x81, text), ProtocolError::InvalidUtf8);
        for cut in 0..=text.len() {
            let (a, b) = text.split_at(cut);
            check_error(&[masked(0x01, a), masked(0x80, b)].concat(), ProtocolError::InvalidUtf8);
        }
    }
    // A message must not end inside a character.
    check_error(&masked(0x81, b"\xe2\x82"), ProtocolError::InvalidUtf8);
    check_error(&[masked(0x01, b"\xf0\x9f\x98"), masked(0x80, b"")].concat(), ProtocolError::InvalidUtf8);
}

#[test]
fn a_character_may_straddle_fragments() {
    let text = "κόσμε \u{10ffff} €".as_bytes();
    for cut in 0..=text.len() {
        let (a, b) = text.split_at(cut);
        let stream = [masked(0x01, a), masked(0x89, b""), masked(0x80, b)].concat();
        let run = run_every_way(Role::Server, Limits::default(), &stream);
        assert_eq!(run.events, [Seen::Ping, Seen::Text(text.to_vec())]);
    }
}

#[test]
fn a_close_frame_is_answered_with_its_own_code() {
    let empty = run_every_way(Role::Server, Limits::default(), &masked(0x88, b""));
    assert_eq!((empty.events, empty.out), (vec![peer_closed(None)], unmasked(0x88, b"")));
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999] {
        let reason = "bye €".as_bytes();
        let run = run_every_way(Role::Server, Limits::default(), &masked(0x88, &close_body(code, reason)));
        assert_eq!(run.events, [peer_closed(Some(code))]);
        assert_eq!(run.out, unmasked(0x88, &close_body(code, b"")));
    }
    let longest = masked(0x88, &close_body(1000, &[b'x'; 123]));
    assert_eq!(super::run(Role::Server, Limits::default(), &[&longest]).events, [peer_closed(Some(1000))]);
}

#[test]
fn f14_a_malformed_close_body_is_a_protocol_error() {
    check_error(&masked(0x88, b"\x03"), ProtocolError::CloseBodyTooShort);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        check_error(&masked(0x88, &close_body(code, b"")), ProtocolError::InvalidCloseCode(code));
    }
    check_error(&masked(0x88, &close_body(1000, b"\xce\xba\xff")), ProtocolError::InvalidUtf8);
    check_error(&masked(0x88, &close_body(1000, b"\xe2\x82")), ProtocolError::InvalidUtf8);
}

#[test]
fn f15_whatever_follows_a_close_frame_is_ignored() {
    for tail in [masked(0x82, b"data"), masked(0x88, b""), masked(0x89, b"ping"), vec![0xff; 9]] {
        let stream = [masked(0x02, b"begun"), masked(0x88, &close_body(1000, b"")), tail].concat();
        let run = run_every_way(Role::Server, Limits::default(), &stream);
        assert_eq!(run.events, [peer_closed(Some(1000))]);
        assert_eq!(run.out, unmasked(0x88, &close_body(1000, b"")));
    }
}

#[test]
fn after_our_close_frame_only_the_answer_is_reported() {
    let stream = [
        masked(0x82, b"late"),
        masked(0x02, b"la"),
        masked(0x89, b"ping"),
        masked(0x8a, b"pong"),
        masked(0x80, b"te"),
        masked(0x88, &close_body(1001, b"")),
    ]
    .concat();
    for size in [1, 3, stream.len()] {
        let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
        let mut run = Run::default();
        ws.close(4001, "hello timeout", &mut run.out);
        assert_eq!(ws.state(), State::Closing);
        for segment in stream.chunks(size) {
            feed(&mut ws, segment, Time::default(), &mut run);
        }
        let closed = Closed { code: Some(1001), clean: true, cause: Cause::Local };
        assert_eq!(run.events, [Seen::Closed(closed)]);
        assert_eq!(run.out, unmasked(0x88, &close_body(4001, b"hello timeout")));
        assert_eq!((ws.state(), ws.handle_end()), (State::Closed, None));
    }
}

#[test]
fn an_error_after_our_close_frame_sends_no_second_one() {
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut run = Run::default();
    ws.close(1001, "", &mut run.out);
    let sent = run.out.clone();
    feed(&mut ws, &[0xff], Time::default(), &mut run);
    assert_eq!(run.events, [failed(ProtocolError::ReservedBits(7))]);
    assert_eq!(run.out, sent);
}

#[test]
fn the_end_of_the_transport_is_reported_once_and_unclean() {
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let end = Closed { code: None, clean: false, cause: Cause::Disconnected };
    assert_eq!((ws.handle_end(), ws.handle_end(), ws.state()), (Some(end), None, State::Closed));
}

#[test]
fn f6_a_message_has_at_most_16_fragments() {
    let fragments = |count: usize| {
        let mut stream = masked(0x02, b"a");
        for _ in 2..count {
            stream.extend(masked(0x00, b"b"));
        }
        stream.extend(masked(0x80, b"c"));
        stream
    };
    let twice = [fragments(16), fragments(16)].concat();
    assert_eq!(run_every_way(Role::Server, Limits::default(), &twice).events.len(), 2);
    check_error(&fragments(17), ProtocolError::TooManyFragments(16));
}

#[test]
fn f9_cheap_frames_are_limited_per_second() {
    let table = [
        (masked(0x89, b"x"), 32, ProtocolError::TooManyControlFrames(32)),
        (masked(0x8a, b""), 32, ProtocolError::TooManyControlFrames(32)),
        (masked(0x82, b""), 64, ProtocolError::TooManyEmptyFrames(64)),
        (masked(0x81, b""), 64, ProtocolError::TooManyEmptyFrames(64)),
    ];
    for (frame, max, error) in table {
        let second = |n: u64| Time::from_nanos(n * 1_000_000_000);
        let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
        let mut run = Run::default();
        for n in 5..8 {
            feed(&mut ws, &frame.repeat(max), second(n), &mut run);
        }
        assert_eq!((run.events.len(), ws.state()), (3 * max, State::Open), "{error}");
        feed(&mut ws, &frame, second(7), &mut run);
        assert_eq!(run.events.last(), Some(&failed(error)));
        check_error(&frame.repeat(max + 1), error);
    }
}

#[test]
fn f7_an_incomplete_message_times_out_from_its_first_byte() {
    let at = |ms: u64| Time::from_nanos(ms * 1_000_000);
    let stream = [masked(0x02, b"ab"), masked(0x89, b""), masked(0x00, b"cd")].concat();
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut run = Run::default();
    feed(&mut ws, &masked(0x82, b"whole"), at(0), &mut run);
    assert_eq!(ws.poll_timeout(), None);
    for (index, byte) in stream.iter().enumerate() {
        feed(&mut ws, &[*byte], at(1_000 + index as u64), &mut run);
        assert_eq!(ws.poll_timeout(), Some(at(6_000)), "byte {index}");
    }
    assert_eq!(ws.handle_timeout(at(5_999), &mut run.out), None);
    let error = ProtocolError::MessageTimeout(5_000);
    let closed = ws.handle_timeout(at(6_000), &mut run.out).map(Seen::Closed);
    assert_eq!(closed, Some(failed(error)));
    assert!(run.out.ends_with(&close_frame(error)));
    assert_eq!(ws.handle_timeout(at(9_000), &mut run.out), None);
}

#[test]
fn a_completed_message_ends_its_own_deadline_only() {
    let at = |ms: u64| Time::from_nanos(ms * 1_000_000);
    let frame = masked(0x82, b"abcd");
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut run = Run::default();
    feed(&mut ws, &frame[..1], at(0), &mut run);
    feed(&mut ws, &[&frame[1..], &frame[..7]].concat(), at(700), &mut run);
    assert_eq!(ws.poll_timeout(), Some(at(700) + Duration::from_secs(5)));
    // The second message ends out of the buffer, and the third begins in the same input.
    feed(&mut ws, &[&frame[7..], &frame[..3]].concat(), at(800), &mut run);
    assert_eq!(ws.poll_timeout(), Some(at(800) + Duration::from_secs(5)));
    feed(&mut ws, &frame[3..], at(900), &mut run);
    assert_eq!((ws.poll_timeout(), run.events.len()), (None, 3));
}

#[test]
fn every_error_fits_a_close_frame_and_reads_as_a_sentence() {
    let error = ProtocolError::MessageTooBig { bytes: 5000, max: 4096 };
    assert_eq!(error.to_string(), "message too big: 5000 bytes, limit 4096");
    assert_eq!(ProtocolError::ReservedBits(4).to_string(), "reserved bits set: 100");
    assert_eq!(ProtocolError::Unmasked.to_string(), "client frame not masked");
}
