//! WebSocket frames: a client's, masked, in; a server's out.

use std::hint::black_box;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation { name: "ws_decode_20", per_call: 1, prepare: || decode(20, 1) },
        Operation { name: "ws_decode_1024", per_call: 1, prepare: || decode(1024, 1) },
        Operation { name: "ws_decode_16384", per_call: 1, prepare: || decode(16_384, 1) },
        Operation { name: "ws_decode_20_pipelined", per_call: 16, prepare: || decode(20, 16) },
        Operation { name: "ws_encode_20", per_call: 1, prepare: || encode(20) },
        Operation { name: "ws_encode_1024", per_call: 1, prepare: || encode(1024) },
        Operation { name: "ws_encode_16384", per_call: 1, prepare: || encode(16_384) },
        Operation { name: "ws_echo_20_pipelined", per_call: 16, prepare: || echo(20, 16) },
    ]
}

/// Masked frames as a client sends them, one after the other.
fn frames(payload_bytes: usize, count: usize) -> Vec<u8> {
    let mut client = WebSocket::new(Role::Client, Limits::LIFTED, 7);
    let mut wire = Vec::new();
    for _ in 0..count {
        client.send(MessageKind::Binary, &vec![0x5a; payload_bytes], &mut wire);
    }
    wire
}

/// The same bytes each time: what unmasking leaves in them is a masked payload again.
fn decode(payload_bytes: usize, count: usize) -> Box<dyn FnMut()> {
    let mut wire = frames(payload_bytes, count);
    let mut server = WebSocket::new(Role::Server, Limits::LIFTED, 0);
    let mut out = Vec::new();
    Box::new(move || {
        let mut input = Input::new(&mut wire);
        while let Some(event) = server.poll_event(&mut input, Time::default(), &mut out) {
            black_box(&event);
        }
    })
}

fn encode(payload_bytes: usize) -> Box<dyn FnMut()> {
    let payload = vec![0x5a; payload_bytes];
    let mut server = WebSocket::new(Role::Server, Limits::LIFTED, 0);
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        server.send(MessageKind::Binary, black_box(&payload), &mut out);
        black_box(&out);
    })
}

fn echo(payload_bytes: usize, count: usize) -> Box<dyn FnMut()> {
    let mut wire = frames(payload_bytes, count);
    let mut server = WebSocket::new(Role::Server, Limits::LIFTED, 0);
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        let mut input = Input::new(&mut wire);
        let (receiver, sender) = server.split();
        while let Some(event) = receiver.poll_event(sender, &mut input, Time::default(), &mut out) {
            if let Event::Message { kind, payload } = event {
                sender.send(kind, payload, &mut out);
            }
        }
        black_box(&out);
    })
}
