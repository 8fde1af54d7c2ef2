//! One row for each message and interesting value: type, fields, bytes. Each is decoded again as well.

use tickwire_netcode::ids::{CommandSeq, EventSeq};
use tickwire_netcode::message::bounded::{Bytes, Text};
use tickwire_netcode::message::{
    Ack, Bye, ClientMessage, Command, EventHead, EventsWriter, Hello, InputMessage, InputTime, Ping, Pong,
    Reject, Resume, Resync, ServerMessage, Welcome, encode_event_fields,
};
use tickwire_netcode::schema::{Layout, SchemaHash, hash};
use tickwire_netcode::time::Stamp;

use crate::game;
use crate::json::Json;

fn row(name: &str, fields: Vec<(&'static str, Json)>, bytes: &[u8]) -> Json {
    Json::Object(vec![("message", name.into()), ("fields", Json::Object(fields)), ("hex", Json::hex(bytes))])
}

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap()
}

fn hash_json(hash: SchemaHash) -> Json {
    Json::hex(&hash.0)
}

fn hello(hello: &Hello) -> Json {
    let mut bytes = Vec::new();
    hello.encode(&mut bytes);
    assert_eq!(Hello::decode(&bytes).as_ref(), Ok(hello));
    let resume = hello.resume.as_ref().map(|resume| {
        Json::Object(vec![
            ("token", Json::hex(&resume.token)),
            ("event_ack", resume.event_ack.into()),
            ("last_command", resume.last_command.into()),
        ])
    });
    let fields = vec![
        ("protocol", hello.protocol.into()),
        ("sdk", hello.sdk.as_str().into()),
        ("capabilities", hello.capabilities.into()),
        ("stamp", hello.stamp.into()),
        ("kind", hello.kind.as_str().into()),
        ("room", hello.room.as_str().into()),
        ("name", hello.name.as_str().into()),
        ("token", Json::hex(&hello.token)),
        ("resume", resume.into()),
        ("schema_hash", hello.schema_hash.map(hash_json).into()),
    ];
    row("Hello", fields, &bytes)
}

fn hellos() -> Vec<Json> {
    let plain = Hello {
        protocol: 1,
        sdk: text("tickwire-ts 0.1.0"),
        kind: text("duel"),
        name: text("Ada"),
        ..Hello::default()
    };
    let full = Hello {
        capabilities: 0xF000_0001,
        stamp: 70_000,
        room: text("r-250"),
        name: text("Zo\u{eb} \u{1f680}"),
        token: Bytes::new(&[0x5A; 251]).unwrap(),
        resume: Some(Resume { token: Bytes::new(&[1, 2, 3]).unwrap(), event_ack: 65_536, last_command: 250 }),
        schema_hash: Some(SchemaHash([0, 1, 2, 3, 0xFC, 0xFD, 0xFE, 0xFF])),
        ..plain.clone()
    };
    vec![hello(&plain), hello(&full)]
}

fn welcome(name: &str, with_schema: bool, base_tick: u32, resume_token: &[u8]) -> Json {
    let schema_bytes = game::schema_bytes();
    let welcome = Welcome {
        protocol: 1,
        capabilities: 0,
        session: 251,
        player: 3,
        kind: text("duel"),
        room: text("duel-1"),
        base_tick,
        tick_rate_hz: 60,
        snapshot_every: 1,
        server_stamp: 4_000_000_000,
        resume_token: Bytes::new(resume_token).unwrap(),
        resume_grace_ms: 30_000,
        schema_hash: hash(&schema_bytes),
        schema: None,
    };
    let mut bytes = Vec::new();
    let decoded = match (name, with_schema) {
        ("Moved", _) => {
            welcome.encode_moved(with_schema.then_some(&schema_bytes), &mut bytes);
            Welcome::decode_moved(&bytes)
        }
        (_, true) => {
            welcome.encode_with_schema(&schema_bytes, &mut bytes);
            Welcome::decode(&bytes)
        }
        (_, false) => {
            welcome.encode(&mut bytes);
            Welcome::decode(&bytes)
        }
    };
    let schema = with_schema.then(game::schema);
    assert_eq!(decoded, Ok(Welcome { schema, ..welcome.clone() }));
    let fields = vec![
        ("protocol", welcome.protocol.into()),
        ("capabilities", welcome.capabilities.into()),
        ("session", welcome.session.into()),
        ("player", welcome.player.into()),
        ("kind", welcome.kind.as_str().into()),
        ("room", welcome.room.as_str().into()),
        ("base_tick", welcome.base_tick.into()),
        ("tick_rate_hz", welcome.tick_rate_hz.into()),
        ("snapshot_every", welcome.snapshot_every.into()),
        ("server_stamp", welcome.server_stamp.into()),
        ("resume_token", Json::hex(&welcome.resume_token)),
        ("resume_grace_ms", welcome.resume_grace_ms.into()),
        ("schema_hash", hash_json(welcome.schema_hash)),
        ("schema", if with_schema { "as above".into() } else { Json::Null }),
    ];
    row(name, fields, &bytes)
}

fn reject(code: u16, reason: &str, retry_after_ms: u32) -> Json {
    let reject = Reject { code, reason: text(reason), retry_after_ms, protocol_min: 1, protocol_max: 1 };
    let mut bytes = Vec::new();
    reject.encode(&mut bytes);
    assert_eq!(Reject::decode(&bytes).as_ref(), Ok(&reject));
    let fields = vec![
        ("code", code.into()),
        ("reason", reason.into()),
        ("retry_after_ms", retry_after_ms.into()),
        ("protocol_min", reject.protocol_min.into()),
        ("protocol_max", reject.protocol_max.into()),
    ];
    row("Reject", fields, &bytes)
}

fn check_client(bytes: &[u8], layout: &Layout, want: ClientMessage, want_words: &[u32]) {
    let mut words = Vec::new();
    assert_eq!(ClientMessage::decode(bytes, Some(layout), &mut words), Ok(want));
    assert_eq!(words, want_words);
}

fn ack_fields(ack: Ack) -> Vec<(&'static str, Json)> {
    vec![("update_ack", ack.update.into()), ("event_ack", ack.event.0.into()), ("stamp", ack.stamp.0.into())]
}

fn ack(layout: &Layout, update: u16, event: u32, stamp: u32) -> Json {
    let ack = Ack { update, event: EventSeq(event), stamp: Stamp(stamp) };
    let mut bytes = Vec::new();
    ack.encode(&mut bytes);
    check_client(&bytes, layout, ClientMessage::Ack(ack), &[]);
    row("Ack", ack_fields(ack), &bytes)
}

/// `inputs` are (tick offset, view tick, words).
fn input(layout: &Layout, number: u16, tick: u16, inputs: &[(u32, u32, [u32; 3])]) -> Json {
    let ack = Ack { update: 0xFFFE, event: EventSeq(300), stamp: Stamp(1_234_567) };
    let times: Vec<InputTime> =
        inputs.iter().map(|&(tick_offset, view_tick, _)| InputTime { tick_offset, view_tick }).collect();
    let words: Vec<u32> = inputs.iter().flat_map(|&(_, _, words)| words).collect();
    let message = InputMessage::new(ack, number, tick, &times);
    let mut bytes = Vec::new();
    message.encode(layout, &words, &mut bytes);
    check_client(&bytes, layout, ClientMessage::Input(message), &words);
    let inputs = inputs.iter().map(|&(tick_offset, view_tick, words)| {
        Json::Object(vec![
            ("tick_offset", tick_offset.into()),
            ("view_tick", view_tick.into()),
            ("words", Json::list(words)),
        ])
    });
    let mut fields = ack_fields(ack);
    fields.extend([("number", number.into()), ("tick", tick.into()), ("inputs", Json::list(inputs))]);
    row("Input", fields, &bytes)
}

fn command(layout: &Layout, number: u32, index: u8, words: &[u32]) -> Json {
    let command = Command { number: CommandSeq(number), index };
    let mut bytes = Vec::new();
    command.encode(layout, words, &mut bytes);
    check_client(&bytes, layout, ClientMessage::Command(command), words);
    let fields =
        vec![("number", number.into()), ("command", index.into()), ("words", Json::list(words.to_vec()))];
    row("Command", fields, &bytes)
}

fn small(layout: &Layout) -> Vec<Json> {
    let mut rows = Vec::new();
    for seq in [1, 0xABCD] {
        let mut bytes = Vec::new();
        Resync { seq }.encode(&mut bytes);
        check_client(&bytes, layout, ClientMessage::Resync(Resync { seq }), &[]);
        rows.push(row("Resync", vec![("seq", seq.into())], &bytes));
    }
    let stamp = Stamp(0x0102_0304);
    let mut bytes = Vec::new();
    Ping { stamp }.encode(&mut bytes);
    check_client(&bytes, layout, ClientMessage::Ping(Ping { stamp }), &[]);
    rows.push(row("Ping", vec![("stamp", stamp.0.into())], &bytes));

    let bytes = Pong { stamp, server_stamp: Stamp(u32::MAX) }.encode();
    assert!(matches!(ServerMessage::decode(&bytes), Ok(ServerMessage::Pong(pong)) if pong.stamp == stamp));
    rows.push(row("Pong", vec![("stamp", stamp.0.into()), ("server_stamp", u32::MAX.into())], &bytes));

    let mut bytes = Vec::new();
    Bye { reason: 0 }.encode(&mut bytes);
    check_client(&bytes, layout, ClientMessage::Bye(Bye { reason: 0 }), &[]);
    rows.push(row("Bye", vec![("reason", 0u8.into())], &bytes));
    rows
}

fn events(layout: &Layout, before: u32, base_tick: u16, events: &[(EventHead, Vec<u32>)]) -> Json {
    let mut bytes = Vec::new();
    let mut writer = EventsWriter::new(&mut bytes, EventSeq(before), base_tick, events.len() as u32);
    for (head, words) in events {
        let mut fields = Vec::new();
        encode_event_fields(layout, head.class, words, &mut fields);
        writer.push(*head, &fields);
    }
    let Ok(ServerMessage::Events(mut message)) = ServerMessage::decode(&bytes) else {
        panic!("events decode");
    };
    let mut decoded_words = Vec::new();
    for (head, words) in events {
        assert_eq!(message.next(layout, &mut decoded_words), Ok(Some(*head)));
        assert_eq!(&decoded_words, words);
    }
    assert_eq!(message.next(layout, &mut decoded_words), Ok(None));
    let list = events.iter().map(|(head, words)| {
        Json::Object(vec![
            ("gap", head.gap.into()),
            ("age", head.age.into()),
            ("class", head.class.into()),
            ("cause", head.cause.into()),
            ("words", Json::list(words.clone())),
        ])
    });
    let fields =
        vec![("before", before.into()), ("base_tick", base_tick.into()), ("events", Json::list(list))];
    row("Events", fields, &bytes)
}

pub(crate) fn rows() -> Vec<Json> {
    let layout = game::layout();
    let head = |gap, age, class, cause| EventHead { gap, age, class, cause };
    let mut rows = hellos();
    rows.extend([
        welcome("Welcome", true, 0, &[]),
        welcome("Welcome", false, 0xFFFF_FFFF, &[9; 64]),
        welcome("Moved", true, 65_537, &[]),
        welcome("Moved", false, 0, &[]),
        reject(4013, "the room is full", 2000),
        reject(4010, "", 0),
        ack(&layout, 0, 0, 0),
        ack(&layout, 0xFFFF, u32::MAX, u32::MAX),
        input(&layout, 1, 0x102, &[(0, 0xFFFFF, [1, 1, 0])]),
        input(&layout, 0xFFFF, 0xFFFE, &[(0, 16, [0, 0, 1]), (1, 31, [2, 1, 0]), (9, 160, [1, 0, 1])]),
        input(&layout, 7, 7, &[0, 1, 2, 3, 4, 5, 6, 7].map(|i| (i, i * 16, [2, 0, i & 1]))),
        command(&layout, 1, 0, &game::text_words("gg \u{2764}", 40)),
        command(&layout, 128, 1, &[9]),
        command(&layout, 70_000, 2, &[]),
        events(&layout, 0, 0, &[(head(1, 0, 1, None), vec![])]),
        events(
            &layout,
            299,
            0xFFF0,
            &[
                (head(1, 3, 0, Some(0xBEEF)), vec![20_480, 1]),
                (head(2, 200, 2, None), game::text_words("hi", 40)),
                (head(1, 0, 1, Some(0)), vec![]),
            ],
        ),
    ]);
    rows.extend(small(&layout));
    rows
}
