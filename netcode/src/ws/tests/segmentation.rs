//! Properties: where a stream is cut changes nothing, what one side sends the other receives, nothing panics.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// One thing a peer puts on the wire; messages are cut into as many frames as they have parts.
#[derive(Clone, Debug)]
enum Act {
    Text(Vec<std::string::String>),
    Binary(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Raw(Vec<u8>),
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(any::<u8>(), 120..300),
    ]
}

fn valid_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop::collection::vec("[a-zé€😀]{0,12}", 1..4).prop_map(Act::Text),
        3 => prop::collection::vec(payload(), 1..4).prop_map(Act::Binary),
        1 => prop::collection::vec(any::<u8>(), 0..=125).prop_map(Act::Ping),
        1 => prop::collection::vec(any::<u8>(), 0..=125).prop_map(Act::Pong),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => valid_act(),
        1 => prop::collection::vec(any::<u8>(), 0..30).prop_map(Act::Raw),
        1 => payload().prop_map(|body| Act::Raw(masked(0x81, &body))),
        1 => (prop::sample::select(vec![1000, 1005, 1012, 2000, 4000]), payload())
            .prop_map(|(code, reason)| Act::Raw(masked(0x88, &close_body(code, &reason[..reason.len().min(120)])))),
        1 => prop::collection::vec(any::<u8>(), 0..3).prop_map(|body| Act::Raw(masked(0x88, &body))),
    ]
}

fn encode(acts: &[Act], role: Role) -> Vec<u8> {
    let frame = |first, payload: &[u8]| match role {
        Role::Server => masked(first, payload),
        Role::Client => unmasked(first, payload),
    };
    let message = |opcode: u8, parts: &[&[u8]], wire: &mut Vec<u8>| {
        for (index, part) in parts.iter().enumerate() {
            let fin = if index + 1 == parts.len() { 0x80 } else { 0 };
            wire.extend(frame(fin | if index == 0 { opcode } else { 0 }, part));
            if fin == 0 && index % 2 == 1 {
                wire.extend(frame(0x8a, b"between"));
            }
        }
    };
    let mut wire = Vec::new();
    for act in acts {
        match act {
            Act::Text(parts) => {
                // Cut inside characters as well: parts are joined and cut again by bytes.
                let text = parts.concat();
                let size = (text.len() / parts.len()).max(1);
                let cuts: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
                message(1, if cuts.is_empty() { &[b""] } else { &cuts }, &mut wire);
            }
            Act::Binary(parts) => message(2, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut wire),
            Act::Ping(payload) => wire.extend(frame(0x89, payload)),
            Act::Pong(payload) => wire.extend(frame(0x8a, payload)),
            Act::Raw(bytes) => wire.extend(bytes),
        }
    }
    wire
}

/// Cuts `wire` at each index; empty segments stay, since an empty read must change nothing either.
fn segments<'w>(wire: &'w [u8], cuts: &[Index]) -> Vec<&'w [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
    at.sort_unstable();
    let mut start = 0;
    let mut parts = Vec::new();
    for end in at.into_iter().chain([wire.len()]) {
        parts.push(&wire[start..end]);
        start = end;
    }
    parts
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::Server, Role::Client])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_segmentation_of_any_stream_gives_the_same_run(
        role in role(),
        acts in prop::collection::vec(any_act(), 0..8),
        flip in prop::option::of((any::<Index>(), 0..8_u32)),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let mut wire = encode(&acts, role);
        if let Some((at, bit)) = flip && !wire.is_empty() {
            let at = at.index(wire.len());
            wire[at] ^= 1 << bit;
        }
        let whole = run(role, Limits::default(), &[&wire]);
        prop_assert_eq!(&run(role, Limits::default(), &segments(&wire, &cuts)), &whole);
        prop_assert_eq!(&run(role, Limits::default(), &wire.chunks(1).collect::<Vec<_>>()), &whole);
    }

    #[test]
    fn a_valid_stream_gives_exactly_its_messages(
        role in role(),
        acts in prop::collection::vec(valid_act(), 0..8),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let wire = encode(&acts, role);
        let seen = run(role, Limits::LIFTED, &segments(&wire, &cuts));
        let events: Vec<Seen> =
            seen.events.into_iter().filter(|event| *event != Seen::Pong(b"between".to_vec())).collect();
        let want: Vec<Seen> = acts
            .iter()
            .map(|act| match act {
                Act::Text(parts) => Seen::Text(parts.concat().into_bytes()),
                Act::Binary(parts) => Seen::Binary(parts.concat()),
                Act::Ping(_) => Seen::Ping,
                Act::Pong(payload) => Seen::Pong(payload.clone()),
                Act::Raw(_) => unreachable!("valid acts only"),
            })
            .collect();
        prop_assert_eq!(events, want);
    }

    #[test]
    fn what_a_client_sends_a_server_echoes_back(
        seed in any::<u64>(),
        messages in prop::collection::vec((any::<bool>(), "[a-z€]{0,60}"), 0..10),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let mut client = WebSocket::new(Role::Client, Limits::default(), seed);
        let mut up = Vec::new();
        let mut want = Vec::new();
        for (is_text, text) in &messages {
            let kind = if *is_text { MessageKind::Text } else { MessageKind::Binary };
            client.send(kind, text.as_bytes(), &mut up);
            let bytes = text.clone().into_bytes();
            want.push(if *is_text { Seen::Text(bytes) } else { Seen::Binary(bytes) });
        }
        client.ping(b"mark", &mut up);
        client.close(4000, "done", &mut up);
        let served = run(Role::Server, Limits::default(), &segments(&up, &cuts));
        prop_assert_eq!(&served.events[..messages.len()], &want[..]);

        // The client has closed: of the echoes it reports the close only; a fresh one reports all.
        let mut down = Run::default();
        feed(&mut client, &served.out, Time::default(), &mut down);
        let closed = |cause| Seen::Closed(Closed { code: Some(4000), clean: true, cause });
        prop_assert_eq!(down.events, vec![closed(Cause::Local)]);
        want.push(Seen::Pong(b"mark".to_vec()));
        want.push(closed(Cause::Peer));
        prop_assert_eq!(run(Role::Client, Limits::default(), &segments(&served.out, &cuts)).events, want);
    }

    #[test]
    fn noise_never_panics(role in role(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        run(role, Limits::default(), &[&noise]);
        run(role, Limits::LIFTED, &noise.chunks(3).collect::<Vec<_>>());
    }
}

#[test]
fn every_truncation_of_a_stream_ends_in_a_disconnect() {
    let acts = [
        Act::Text(vec!["κόσμε".into(), "€".into()]),
        Act::Ping(vec![1; 125]),
        Act::Binary(vec![vec![2; 130], vec![], vec![3; 4]]),
        Act::Pong(vec![]),
        Act::Binary(vec![vec![4; 300]]),
    ];
    for role in [Role::Server, Role::Client] {
        let wire = encode(&acts, role);
        let whole = run(role, Limits::default(), &[&wire]);
        for end in 0..=wire.len() {
            let mut ws = WebSocket::new(role, Limits::default(), 7);
            let mut seen = Run::default();
            feed(&mut ws, &wire[..end], Time::default(), &mut seen);
            assert!(whole.events.starts_with(&seen.events), "cut at {end}");
            assert!(whole.out.starts_with(&seen.out), "cut at {end}");
            let closed = Closed { code: None, clean: false, cause: Cause::Disconnected };
            assert_eq!(ws.handle_end(), Some(closed), "cut at {end}");
        }
    }
}
