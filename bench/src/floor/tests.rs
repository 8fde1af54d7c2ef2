//! The floors: frames cut anywhere, what becomes of strange bytes, and both services over loopback.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use proptest::collection::vec;
use proptest::prelude::*;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, client_request, client_response};
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use super::echo::Echo;
use super::fanout::Fanout;
use super::frames::{Frames, HEADER_BYTES_MAX, Unmasked};
use super::hall::{Guest, Hall};
use super::{Inputs, door};

const KEY: [u8; 16] = [7; 16];

fn client() -> WebSocket {
    WebSocket::new(Role::Client, Limits::LIFTED, 1)
}

/// What a client sends to say these payloads.
fn said(payloads: &[Vec<u8>]) -> Vec<u8> {
    let (mut ws, mut out) = (client(), Vec::new());
    payloads.iter().for_each(|payload| ws.send(MessageKind::Binary, payload, &mut out));
    out
}

/// What a client hears.
fn heard(ws: &mut WebSocket, bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut bytes, mut replies, mut all) = (bytes.to_vec(), Vec::new(), Vec::new());
    let mut input = Input::new(&mut bytes);
    while let Some(event) = ws.poll_event(&mut input, Time::default(), &mut replies) {
        match event {
            Event::Message { kind: MessageKind::Binary, payload } => all.push(payload.to_vec()),
            event => panic!("{event:?}"),
        }
    }
    all
}

fn reframed(frames: &mut Frames, piece: &[u8]) -> Vec<u8> {
    let mut bytes = [&[0; HEADER_BYTES_MAX], piece].concat();
    let out = frames.reframe(&mut bytes).expect("masked frames");
    bytes[out].to_vec()
}

#[test]
fn frames_of_every_length_form_come_back_however_they_are_cut() {
    let payloads: Vec<Vec<u8>> =
        [0, 1, 20, 125, 126, 300, 0xffff, 0x1_0000].map(|size| (0..size).map(|i| i as u8).collect()).into();
    let sent = said(&payloads);
    for piece in [1, 2, 3, 13, 64, 1000, 65_537, sent.len()] {
        let mut frames = Frames::default();
        let out: Vec<u8> = sent.chunks(piece).flat_map(|piece| reframed(&mut frames, piece)).collect();
        assert_eq!(heard(&mut client(), &out), payloads, "pieces of {piece}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_cut_of_any_messages_gives_the_same_answer(
        payloads in vec(vec(any::<u8>(), 0..200), 1..8),
        cuts in vec(0_usize..1000, 0..8),
    ) {
        let sent = said(&payloads);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % sent.len()).chain([0, sent.len()]).collect();
        cuts.sort_unstable();
        let mut frames = Frames::default();
        let out: Vec<u8> = cuts.windows(2).flat_map(|cut| reframed(&mut frames, &sent[cut[0]..cut[1]])).collect();
        prop_assert_eq!(heard(&mut client(), &out), payloads);
    }

    #[test]
    fn no_bytes_are_too_strange(pieces in vec(vec(any::<u8>(), 0..40), 1..20)) {
        let mut frames = Frames::default();
        for piece in pieces {
            let mut bytes = [&[0; HEADER_BYTES_MAX], &piece[..]].concat();
            if let Ok(out) = frames.reframe(&mut bytes) {
                prop_assert!(out.len() <= HEADER_BYTES_MAX + piece.len());
            }
        }
    }
}

#[test]
fn pings_are_answered_by_pongs_and_a_close_by_a_close() {
    let mut frames = Frames::default();
    // Masked with zeros: the payload as it is.
    assert_eq!(reframed(&mut frames, &[0x89, 0x82, 0, 0, 0, 0, b'h', b'i']), [0x8a, 2, b'h', b'i']);
    assert!(!frames.are_closed());
    assert_eq!(reframed(&mut frames, &[0x88, 0x82, 0, 0, 0, 0, 3, 232]), [0x88, 2, 3, 232]);
    assert!(frames.are_closed());
}

#[test]
fn a_frame_without_a_mask_is_no_clients() {
    let mut bytes = [&[0; HEADER_BYTES_MAX][..], &[0x82, 1, 9]].concat();
    assert_eq!(Frames::default().reframe(&mut bytes), Err(Unmasked));
}

/// A client of a floor that runs in this thread: it is given its turn whenever the client waits.
struct Visitor {
    stream: TcpStream,
    ws: WebSocket,
}

impl Visitor {
    fn enter<G: Guest>(hall: &mut Hall<G>) -> Self {
        let mut stream = TcpStream::connect(hall.address()).expect("it listens");
        stream.set_nonblocking(true).expect("a socket");
        let mut request = Vec::new();
        client_request("localhost", "/", KEY, None, &mut request).expect("a plain target");
        stream.write_all(&request).expect("a request fits");
        let mut visitor = Self { stream, ws: client() };
        let (mut head, mut answer) = (HeadBuffer::new(), Vec::new());
        visitor.read(&mut answer, |read| (read.is_empty()).then(|| hall.harvest().expect("epoll")));
        let head = head.push(&answer).expect("a head").expect("a whole one");
        client_response(head.bytes, KEY).expect("the upgrade");
        assert_eq!(head.consumed, answer.len());
        visitor
    }

    /// Reads what is there until `wait`, which may let it come, says `None`.
    fn read(&mut self, into: &mut Vec<u8>, mut wait: impl FnMut(&[u8]) -> Option<()>) {
        let mut buffer = [0; 4096];
        while wait(into).is_some() {
            loop {
                match self.stream.read(&mut buffer) {
                    Ok(0) => panic!("the floor has hung up"),
                    Ok(count) => into.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}

fn hall<G: Guest>() -> Hall<G> {
    Hall::new(door::bind("127.0.0.1:0").expect("a free port")).expect("an epoll")
}

#[test]
fn the_echo_serves_small_frames_at_once_and_large_ones_through_full_sockets() {
    let mut hall = hall();
    let mut visitor = Visitor::enter(&mut hall);
    let mut echo = Echo::new(hall);
    let payloads = vec![vec![1; 20], vec![2; 16 << 10], Vec::new(), vec![3; 3 << 20], vec![4; 20]];
    let sent = said(&payloads);
    let (mut written, mut answer) = (0, Vec::new());
    // Each of the headers loses a mask.
    let want = sent.len() - 4 * payloads.len();
    let mut writer = visitor.stream.try_clone().expect("a socket");
    visitor.read(&mut answer, |read| {
        if written < sent.len() {
            // A full socket takes nothing now; later is early enough.
            written += writer.write(&sent[written..]).unwrap_or_default();
        }
        (read.len() < want).then(|| echo.harvest().expect("epoll"))
    });
    assert_eq!(heard(&mut visitor.ws, &answer), payloads);
}

#[test]
fn the_echo_goes_on_when_others_leave_or_talk_nonsense() {
    let mut hall = hall();
    let mut first = Visitor::enter(&mut hall);
    let second = Visitor::enter(&mut hall);
    let mut stranger = TcpStream::connect(hall.address()).expect("it listens");
    stranger.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request fits");
    let mut echo = Echo::new(hall);
    stranger.set_nonblocking(true).expect("a socket");
    drop(second);
    let mut refusal = Vec::new();
    let _ = loop {
        echo.harvest().expect("epoll");
        match stranger.read_to_end(&mut refusal) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            ended => break ended.expect("an answer and the end"),
        }
    };
    assert!(refusal.starts_with(b"HTTP/1.1 426 "), "{}", String::from_utf8_lossy(&refusal));
    first.stream.write_all(&said(&[vec![5; 9]])).expect("a frame fits");
    let mut answer = Vec::new();
    first.read(&mut answer, |read| (read.len() < 11).then(|| echo.harvest().expect("epoll")));
    assert_eq!(heard(&mut first.ws, &answer), [vec![5; 9]]);
}

#[test]
fn the_fanout_sends_one_stamped_frame_to_each_at_each_tick() {
    for inputs in [Inputs::Wake, Inputs::Tick] {
        let mut hall = hall();
        let mut visitors = [Visitor::enter(&mut hall), Visitor::enter(&mut hall)];
        let mut fanout = Fanout::new(hall, 1000, 200, inputs).expect("a timer");
        for visitor in &mut visitors {
            visitor.stream.write_all(&said(&[vec![1; 24]])).expect("a frame fits");
        }
        (0..3).for_each(|_| fanout.tick().expect("epoll"));
        let mut stamps = Vec::new();
        for visitor in &mut visitors {
            let mut bytes = Vec::new();
            visitor.read(&mut bytes, |read| (read.len() < 3 * 204).then_some(()));
            let frames = heard(&mut visitor.ws, &bytes);
            assert!(frames.iter().all(|frame| frame.len() == 200) && frames.len() == 3, "{inputs:?}");
            let stamp = |frame: &Vec<u8>| u64::from_le_bytes(*frame.first_chunk().expect("8 bytes"));
            stamps.push(frames.iter().map(stamp).collect::<Vec<_>>());
        }
        assert_eq!(stamps[0], stamps[1], "{inputs:?}");
        assert!(stamps[0].is_sorted_by(|left, right| left < right), "{stamps:?}");
    }
}
