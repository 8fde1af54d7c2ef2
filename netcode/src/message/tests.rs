//! Every decoder against every truncation, trailing bytes, fields out of range and reserved values.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::bounded::{Bytes, List, Text, TooLong};
use super::*;
use crate::close::CloseCode;
use crate::ids::{CommandSeq, EventSeq};
use crate::schema::{Field, FieldKind, Flags, Interpolation, Part, Record, Schema, SchemaHash};
use crate::time::Stamp;

fn integer(name: &str, span: u32) -> Field {
    Field {
        name: name.into(),
        kind: FieldKind::Integer { min: 0, span },
        flags: Flags::NONE,
        interpolation: Interpolation::NONE,
        snap: 0.0,
        edge_with: None,
        velocity_of: None,
        tolerance: 0,
    }
}

fn record(name: &str, fields: Vec<Field>) -> Record {
    Record { name: name.into(), fields }
}

fn schema() -> Schema {
    let note = Field { kind: FieldKind::Text { bytes_max: 9 }, ..integer("text", 0) };
    Schema {
        classes: vec![record("Ball", vec![integer("x", 1000)])],
        input: record("Stick", vec![integer("turn", 2), integer("power", 100)]),
        events: vec![record("Hit", vec![integer("by", 9)]), record("Said", vec![note.clone()])],
        commands: vec![
            record("Say", vec![note]),
            record("Buy", vec![integer("item", 4)]),
            record("Die", vec![]),
        ],
    }
}

fn layout() -> Layout {
    Layout::new(&schema()).unwrap()
}

fn hello() -> Hello {
    Hello {
        protocol: 1,
        sdk: Text::new("test").unwrap(),
        stamp: 70_000,
        kind: Text::new("duel").unwrap(),
        token: Bytes::new(&[7; 30]).unwrap(),
        resume: Some(Resume { token: Bytes::new(&[8; 3]).unwrap(), event_ack: 900, last_command: 1 }),
        schema_hash: Some(SchemaHash([9; 8])),
        ..Hello::default()
    }
}

fn welcome() -> Welcome {
    Welcome {
        protocol: 1,
        player: 1,
        tick_rate_hz: 60,
        snapshot_every: 1,
        schema: Some(schema()),
        ..Welcome::default()
    }
}

fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out);
    out
}

const ACK: Ack = Ack { update: 0xFFFE, event: EventSeq(300), stamp: Stamp(77) };

fn input() -> Vec<u8> {
    let times = [0, 3].map(|tick_offset| InputTime { tick_offset, view_tick: 9 });
    let message = InputMessage::new(ACK, 5, 6, &times);
    encoded(|out| message.encode(&layout(), &[2, 100, 0, 99], out))
}

fn events() -> Vec<u8> {
    encoded(|out| {
        let mut writer = EventsWriter::new(out, EventSeq(4), 9, 2);
        let mut fields = Vec::new();
        encode_event_fields(&layout(), 0, &[9], &mut fields);
        writer.push(EventHead { gap: 1, age: 300, class: 0, cause: Some(3) }, &fields);
        fields.clear();
        encode_event_fields(&layout(), 1, &[2, 0x6968, 0, 0], &mut fields);
        writer.push(EventHead { gap: 3, age: 0, class: 1, cause: None }, &fields);
    })
}

/// Decodes a message of either direction to the end.
fn decode(message: &[u8]) -> Result<(), ProtocolError> {
    let mut words = Vec::new();
    match message.first() {
        Some(&kind::HELLO) => Hello::decode(message).map(drop),
        Some(&kind::WELCOME) => Welcome::decode(message).map(drop),
        Some(&kind::REJECT) => Reject::decode(message).map(drop),
        Some(kind) if kind & 0x40 == 0 => {
            ClientMessage::decode(message, Some(&layout()), &mut words).map(drop)
        }
        _ => {
            if let ServerMessage::Events(mut events) = ServerMessage::decode(message)? {
                while events.next(&layout(), &mut words)?.is_some() {}
            }
            Ok(())
        }
    }
}

fn every_message() -> Vec<Vec<u8>> {
    let command = |index, words: &[u32]| {
        encoded(|out| Command { number: CommandSeq(200), index }.encode(&layout(), words, out))
    };
    let reject = Reject { code: 4013, reason: Text::new("full").unwrap(), ..Reject::default() };
    vec![
        encoded(|out| hello().encode(out)),
        encoded(|out| welcome().encode(out)),
        encoded(|out| reject.encode(out)),
        encoded(|out| ACK.encode(out)),
        input(),
        command(0, &[9, 0x6161_6161, 0x6161_6161, 0x61]),
        command(1, &[4]),
        command(2, &[]),
        encoded(|out| Resync { seq: 1 }.encode(out)),
        encoded(|out| Ping { stamp: Stamp(1) }.encode(out)),
        Pong { stamp: Stamp(1), server_stamp: Stamp(2) }.encode().to_vec(),
        encoded(|out| Bye { reason: 0 }.encode(out)),
        events(),
    ]
}

#[track_caller]
fn refused<T: Debug>(result: Result<T, ProtocolError>, why: &str) {
    let error = result.expect_err(why);
    assert_eq!(error.close_code(), CloseCode::BadMessage, "{why}: {error}");
}

#[test]
fn n1_every_truncation_of_every_message_is_refused() {
    for message in every_message() {
        assert_eq!(decode(&message), Ok(()));
        for length in 1..message.len() {
            refused(decode(&message[..length]), &alloc::format!("{length} bytes of {message:x?}"));
        }
    }
}

#[test]
fn n1_trailing_bytes_of_every_message_are_refused() {
    for message in every_message() {
        for extra in [0, 1, 0xFF] {
            let mut longer = message.clone();
            longer.push(extra);
            refused(decode(&longer), &alloc::format!("{longer:x?}"));
        }
    }
}

#[test]
fn n1_unknown_and_reserved_types_are_refused_in_each_direction() {
    let layout = layout();
    for kind in 0..=255 {
        let message = [kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        if !(1..=5).contains(&kind) && !(8..=9).contains(&kind) {
            let taken = ClientMessage::decode(&message, Some(&layout), &mut Vec::new());
            assert_eq!(taken, Err(ProtocolError::UnknownMessage { kind }));
        }
        if !matches!(kind, 0x41..=0x44 | 0x47 | 0x48) {
            let taken = ServerMessage::decode(&message).map(drop);
            assert_eq!(taken, Err(ProtocolError::UnknownMessage { kind }));
        }
    }
    refused(ClientMessage::decode(&[], Some(&layout), &mut Vec::new()), "an empty message");
    refused(ServerMessage::decode(&[]), "an empty message");
}

#[test]
fn before_the_join_only_ping_and_bye_are_in_place() {
    for message in every_message().iter().filter(|message| message[0] & 0x40 == 0) {
        let taken = ClientMessage::decode(message, None, &mut Vec::new());
        match message[0] {
            kind::PING | kind::BYE => assert!(taken.is_ok()),
            kind => assert_eq!(taken, Err(ProtocolError::OutOfPlace { kind })),
        }
    }
}

#[test]
fn n1_fields_out_of_range_are_refused() {
    let out_of_range = |word, max| ProtocolError::WordOutOfRange { word, max };
    let times = [InputTime::default()];
    let mut message = encoded(|out| InputMessage::new(ACK, 5, 6, &times).encode(&layout(), &[0, 0], out));
    // 3 + 16 + 16 + 20 bits come before the fields: 2 bits of turn and 7 of power fill the 8 bytes up.
    *message.last_mut().unwrap() = 101 << 1;
    assert_eq!(decode(&message), Err(out_of_range(101, 100)));
    for (message, why) in [
        (&[kind::COMMAND, 1, 0b11][..], ProtocolError::UnknownRecord { index: 3, count: 3 }),
        (&[kind::COMMAND, 1, 0b0001_0101], out_of_range(5, 4)),
        (&[kind::COMMAND, 0x81, 0x00, 0b10], ProtocolError::BadVarint),
        (&[kind::COMMAND, 1, 0b110], ProtocolError::PaddingNotZero),
        (&[kind::EVENTS, 0, 0, 0, 0], ProtocolError::Reserved { value: 0 }),
        (&[kind::EVENTS, 0, 0, 0, 0x80, 2], ProtocolError::TooLarge { size: 256, max: 255 }),
        (&[kind::EVENTS, 0, 0, 0, 1, 0, 0, 0, 1], ProtocolError::Reserved { value: 0 }),
        (&[kind::EVENTS, 0, 0, 0, 1, 1, 0, 2, 1], ProtocolError::UnknownRecord { index: 2, count: 2 }),
        (&[kind::EVENTS, 0, 0, 0, 1, 1, 0, 0, 10], out_of_range(10, 9)),
    ] {
        assert_eq!(decode(message), Err(why), "{message:x?}");
    }
    for broken in [
        Welcome { player: 0, ..welcome() },
        Welcome { tick_rate_hz: 0, ..welcome() },
        Welcome { tick_rate_hz: 1001, ..welcome() },
        Welcome { snapshot_every: 0, ..welcome() },
    ] {
        refused(decode(&encoded(|out| broken.encode(out))), "a Welcome out of range");
    }
    let newer = encoded(|out| Welcome { protocol: 2, ..welcome() }.encode(out));
    assert_eq!(decode(&newer), Err(ProtocolError::Version { protocol: 2 }));
}

#[test]
fn a_hello_is_checked_in_the_order_of_the_protocol() {
    let large = vec![0xEE; limits::HELLO_BYTES_MAX + 1];
    assert!(matches!(Hello::decode(&large), Err(ProtocolError::TooLarge { .. })));
    for other in [&[][..], &[kind::PING, 0, 0, 0, 0], &[0x77, 9]] {
        assert_eq!(Hello::decode(other), Err(ProtocolError::HelloExpected));
    }
    // Of another version nothing but its number is looked at.
    for (body, protocol) in [(&[0][..], 0), (&[2, 0xFF, 0xFF], 2), (&[251, 0x2C, 0x01], 300)] {
        let message = [&[kind::HELLO], body].concat();
        assert_eq!(Hello::decode(&message), Err(ProtocolError::Version { protocol }));
    }
    refused(Hello::decode(&[kind::HELLO, 252, 1, 0, 0, 0]), "a version of 32 bits");
    refused(Hello::decode(&[kind::HELLO, 251, 1, 0]), "a version that is not minimal");
}

#[test]
fn n2_other_spellings_of_the_same_value_are_refused() {
    let message = encoded(|out| Reject { code: 10, ..Reject::default() }.encode(out));
    assert_eq!(message[1], 10);
    let wider = [&message[..1], &[0xFB, 10, 0], &message[2..]].concat();
    refused(decode(&wider), "10 as three bytes");
    let mut flag = encoded(|out| Hello { protocol: 1, ..Hello::default() }.encode(out));
    *flag.last_mut().unwrap() = 2;
    refused(decode(&flag), "an Option of 2");
}

#[test]
fn n1_texts_and_lists_over_their_bound_are_refused() {
    let mut body = Vec::new();
    codec::encode(&Text::<40>::new(&"x".repeat(33)).unwrap(), &mut body);
    assert!(codec::decode::<Text<40>>(&body, 100).is_ok());
    refused(codec::decode::<Text<32>>(&body, 100), "33 bytes in a text of 32");
    refused(codec::decode::<Bytes<32>>(&body, 100), "33 bytes in 32");
    refused(codec::decode::<List<u8, 32>>(&body, 100), "33 items in a list of 32");
    assert!(codec::decode::<List<u8, 33>>(&body, 100).is_ok());
    refused(codec::decode::<Text<40>>(&body, 33), "34 bytes where 33 are allowed");
    refused(codec::decode::<Text<40>>(&[2, 0xC3, 0x28], 100), "a text that is not UTF-8");

    assert_eq!(Text::<3>::new("four"), Err(TooLong { length: 4, max: 3 }));
    assert_eq!(Text::<4>::truncated("ab\u{20ac}").as_str(), "ab");
    assert_eq!(List::<u8, 1>::new(vec![1, 2]), Err(TooLong { length: 2, max: 1 }));
}

#[test]
fn eight_inputs_at_their_longest_fit_into_a_message() {
    let text = |name: &str, bytes_max| Field { kind: FieldKind::Text { bytes_max }, ..integer(name, 0) };
    let schema = Schema { input: record("Input", vec![text("a", 255), text("b", 243)]), ..schema() };
    let layout = Layout::new(&schema).unwrap();
    assert_eq!(layout.input().bits_max(Part::All), crate::limits::INPUT_BITS_MAX, "at the limit");
    let ack = Ack { update: u16::MAX, event: EventSeq(u32::MAX), stamp: Stamp(u32::MAX) };
    let times =
        core::array::from_fn::<_, 8, _>(|i| InputTime { tick_offset: i as u32 * (1 << 29), view_tick: 0 });
    let mut words = Vec::new();
    for (length, end) in [(255, 65), (243, 65 + 62)] {
        words.push(length);
        words.resize(end, 0);
    }
    let mut message = Vec::new();
    InputMessage::new(ack, u16::MAX, u16::MAX, &times).encode(&layout, &words.repeat(8), &mut message);
    assert!(message.len() > 8 * 500 && message.len() <= crate::limits::CLIENT_MESSAGE_BYTES_MAX);
}

#[test]
fn gaps_of_any_size_put_inputs_out_of_reach_instead_of_overflowing() {
    let times = [0, u32::MAX - 1, u32::MAX].map(|tick_offset| InputTime { tick_offset, view_tick: 0 });
    let message = InputMessage::new(ACK, 1, 1, &times);
    let bytes = encoded(|out| message.encode(&layout(), &[0; 6], out));
    let Ok(ClientMessage::Input(decoded)) = ClientMessage::decode(&bytes, Some(&layout()), &mut Vec::new())
    else {
        panic!("gaps are not limited");
    };
    let offsets: Vec<u32> = decoded.inputs().iter().map(|time| time.tick_offset).collect();
    assert_eq!(offsets, [0, 1 << 20, 1 << 20]);
}
