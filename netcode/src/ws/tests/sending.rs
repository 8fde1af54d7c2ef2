//! The sending half: length forms, frames written in place, masks, silence after close.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

const SIZES: [usize; 9] = [0, 1, 125, 126, 127, 1_000, 65_535, 65_536, 70_000];

fn payload(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index % 251) as u8).collect()
}

#[test]
fn a_server_frames_with_the_shortest_length_and_no_mask() {
    for size in SIZES {
        let mut out = b"before".to_vec();
        WebSocket::new(Role::Server, Limits::default(), 0).send(
            MessageKind::Binary,
            &payload(size),
            &mut out,
        );
        assert_eq!(out, [b"before".to_vec(), unmasked(0x82, &payload(size))].concat());
        let shared = frame::header(MessageKind::Text, size);
        assert_eq!(*shared, unmasked(0x81, &payload(size))[..shared.len()]);
        assert_eq!(shared.len() + size, unmasked(0x81, &payload(size)).len());
    }
}

#[test]
fn a_header_alone_is_that_of_the_frame_and_only_a_server_that_is_not_closing_gives_one() {
    for size in SIZES {
        let mut out = b"before".to_vec();
        let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
        assert!(ws.split().1.send_header(MessageKind::Binary, size, &mut out));
        out.extend_from_slice(&payload(size));
        assert_eq!(out, [b"before".to_vec(), unmasked(0x82, &payload(size))].concat());
        ws.close(1000, "", &mut out);
        for mut silent in [ws, WebSocket::new(Role::Client, Limits::default(), 0)] {
            let before = out.clone();
            assert!(!silent.split().1.send_header(MessageKind::Binary, size, &mut out));
            assert_eq!(out, before);
        }
    }
}

#[test]
fn a_frame_written_in_place_equals_a_frame_sent() {
    for role in [Role::Server, Role::Client] {
        for size in SIZES {
            for guess in [None, Some(0), Some(size), Some(65_535), Some(1 << 20)] {
                let mut sent = b"before".to_vec();
                WebSocket::new(role, Limits::default(), 3).send(MessageKind::Text, &payload(size), &mut sent);
                let mut written = b"before".to_vec();
                let mut ws = WebSocket::new(role, Limits::default(), 3);
                let mark = match guess {
                    None => ws.begin(MessageKind::Text, &mut written),
                    Some(guess) => ws.begin_sized(MessageKind::Text, guess, &mut written),
                };
                written.extend_from_slice(&payload(size));
                ws.end(mark, &mut written);
                assert_eq!(written, sent, "{role:?} {size} bytes, guess {guess:?}");
            }
        }
    }
}

#[test]
fn a_client_masks_each_frame_with_another_key() {
    let mut ws = WebSocket::new(Role::Client, Limits::default(), 1);
    let mut out = Vec::new();
    let mut keys = Vec::new();
    for _ in 0..100 {
        out.clear();
        ws.send(MessageKind::Binary, &[0; 8], &mut out);
        assert_eq!(out[..2], [0x82, 0x88]);
        assert_eq!(out[2..6], out[6..10], "zeros show the key");
        keys.push(out[2..6].to_vec());
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 100);
}

#[test]
fn nothing_is_sent_after_a_close_frame() {
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut out = Vec::new();
    ws.close(1001, "going", &mut out);
    assert_eq!(out, unmasked(0x88, &close_body(1001, b"going")));
    let sent = out.clone();
    ws.close(1000, "", &mut out);
    ws.send(MessageKind::Binary, b"x", &mut out);
    ws.ping(b"x", &mut out);
    let mark = ws.begin(MessageKind::Binary, &mut out);
    out.extend_from_slice(b"payload");
    ws.end(mark, &mut out);
    assert_eq!(out, sent);
}

#[test]
fn a_cancelled_frame_leaves_no_trace() {
    let mut ws = WebSocket::new(Role::Client, Limits::default(), 0);
    let mut out = vec![1, 2, 3];
    let mark = ws.begin(MessageKind::Binary, &mut out);
    out.extend_from_slice(b"payload");
    ws.cancel(mark, &mut out);
    assert_eq!(out, [1, 2, 3]);
}

#[test]
fn control_payloads_are_cut_to_what_a_frame_holds() {
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut out = Vec::new();
    ws.ping(&[7; 300], &mut out);
    assert_eq!(out, unmasked(0x89, &[7; 125]));
    out.clear();
    // 62 two-byte characters are 124 bytes: one too many for the reason.
    ws.close(1011, &"é".repeat(62), &mut out);
    assert_eq!(out, unmasked(0x88, &close_body(1011, "é".repeat(61).as_bytes())));
}

#[test]
fn only_registered_and_private_codes_may_be_on_the_wire() {
    let valid: Vec<u16> = (0..=u16::MAX).filter(|&code| is_wire_code(code)).collect();
    let want: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
    assert_eq!(valid, want);
}

#[test]
fn an_idle_endpoint_is_at_most_128_bytes() {
    let size = size_of::<WebSocket>();
    assert!(size <= 128, "{size}");
}
