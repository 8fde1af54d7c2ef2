//! Tests of the endpoint as a whole: the examples of RFC 6455, its rules as tables, and any segmentation.

use alloc::vec::Vec;

use super::*;
use crate::time::Time;

/// RFC 6455 section 5.7, from a client: "Hello" masked.
const MASKED_HELLO: &[u8] = &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];

#[test]
fn a_whole_masked_message_is_lent_from_the_input() {
    let mut bytes = MASKED_HELLO.to_vec();
    let mut out = Vec::new();
    let mut ws = WebSocket::new(Role::Server, Limits::default(), 0);
    let mut input = Input::new(&mut bytes);
    let event = ws.poll_event(&mut input, Time::default(), &mut out);
    assert_eq!(event, Some(Event::Message { kind: MessageKind::Text, payload: b"Hello" }));
    assert_eq!(ws.poll_event(&mut input, Time::default(), &mut out), None);
}

#[test]
fn an_idle_endpoint_is_at_most_128_bytes() {
    let size = size_of::<WebSocket>();
    assert!(size <= 128, "{size}");
}
