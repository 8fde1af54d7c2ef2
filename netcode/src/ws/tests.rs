//! Tests of the endpoint as a whole: the rules and examples of RFC 6455 as tables, sending, and any segmentation.

mod rules;
mod segmentation;
mod sending;

use alloc::vec::Vec;

use super::*;
use crate::time::Time;

/// An event that owns its payload, so that whole runs can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Seen {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Closed(Closed),
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Message { kind: MessageKind::Text, payload } => Self::Text(payload.to_vec()),
            Event::Message { kind: MessageKind::Binary, payload } => Self::Binary(payload.to_vec()),
            Event::Ping => Self::Ping,
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
            Event::Closed(closed) => Self::Closed(closed),
        }
    }
}

/// Everything one run showed: events in order, and all output.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Run {
    events: Vec<Seen>,
    out: Vec<u8>,
}

/// Feeds one input; messages are echoed, so that the order of replies is part of the run.
fn feed(ws: &mut WebSocket, bytes: &[u8], now: Time, run: &mut Run) {
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(&mut bytes);
    let (receiver, sender) = ws.split();
    while let Some(event) = receiver.poll_event(sender, &mut input, now, &mut run.out) {
        if let Event::Message { kind, payload } = event {
            sender.send(kind, payload, &mut run.out);
        }
        run.events.push(event.into());
    }
    assert_eq!(input.remaining(), 0, "all input is consumed");
}

fn run(role: Role, limits: Limits, segments: &[&[u8]]) -> Run {
    let mut ws = WebSocket::new(role, limits, 7);
    let mut run = Run::default();
    for segment in segments {
        feed(&mut ws, segment, Time::default(), &mut run);
    }
    run
}

/// Runs `stream` whole, in single bytes and cut in two at every byte; all must agree.
#[track_caller]
fn run_every_way(role: Role, limits: Limits, stream: &[u8]) -> Run {
    let whole = run(role, limits, &[stream]);
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(run(role, limits, &bytes), whole, "in single bytes");
    for cut in 0..=stream.len().min(400) {
        let (a, b) = stream.split_at(cut);
        assert_eq!(run(role, limits, &[a, b]), whole, "cut at {cut}");
    }
    whole
}

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame with any first byte and the shortest length form.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = unmasked(first, payload);
    frame[1] |= 0x80;
    let payload_start = frame.len() - payload.len();
    frame.splice(payload_start..payload_start, KEY);
    for (index, byte) in frame[payload_start + 4..].iter_mut().enumerate() {
        *byte ^= KEY[index % 4];
    }
    frame
}

/// An unmasked frame with any first byte and the shortest length form.
fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = [first].to_vec();
    match payload.len() {
        len @ 0..=125 => frame.push(len as u8),
        len @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn close_body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}
