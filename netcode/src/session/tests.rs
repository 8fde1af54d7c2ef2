//! Whole sessions on a virtual clock: a server session and a client session, connected by queues of messages with delay.
//! The transport is reliable and ordered, so what can go wrong is time, and what a peer sends.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::close::CloseCode;
use crate::error::ProtocolError;
use crate::ids::{CommandSeq, EntityId, EventSeq, InputSeq, PlayerId, UpdateSeq};
use crate::limits;
use crate::message::bounded::Text;
use crate::message::{
    Ack, Bye, Command, Hello, InputMessage, InputTime, Ping, Reject, Resync, Welcome, codec,
    encode_event_fields, kind,
};
use crate::schema::{Field, FieldKind, Flags, Interpolation, Layout, Record, Schema, hash};
use crate::snapshot::update::{PartKey, encode_slot};
use crate::snapshot::{Snapshot, SnapshotBuilder};
use crate::time::{Stamp, Tick, Time};

const BASE_TICK: u32 = 1000;
const PLAYER: PlayerId = PlayerId(1);

fn integer(name: &str, span: u32, flags: Flags) -> Field {
    Field {
        name: name.into(),
        kind: FieldKind::Integer { min: 0, span },
        flags,
        interpolation: Interpolation::NONE,
        snap: 0.0,
        edge_with: None,
        velocity_of: None,
        tolerance: 0,
    }
}

fn schema() -> Schema {
    let record = |name: &str, fields| Record { name: name.into(), fields };
    Schema {
        classes: vec![record(
            "Ball",
            vec![integer("x", 65_535, Flags::NONE), integer("ammo", 99, Flags::OWNER)],
        )],
        input: record("Stick", vec![integer("power", 100, Flags::NONE)]),
        events: vec![record("Hit", vec![integer("by", 255, Flags::NONE)])],
        commands: vec![record("Buy", vec![integer("item", 9, Flags::NONE)])],
    }
}

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

/// What the room saw, in words.
#[derive(Default)]
struct Seen {
    log: Vec<String>,
    replies: Vec<Vec<u8>>,
}

impl ServerSink for Seen {
    fn hello(&mut self, hello: Hello) {
        self.log.push(alloc::format!("hello {}", hello.name));
    }
    fn input(&mut self, input: InputRecord<'_>) {
        self.log.push(alloc::format!("input {} tick {} {:?}", input.number.0, input.tick.0, input.words));
    }
    fn command(&mut self, command: CommandRecord<'_>) {
        self.log.push(alloc::format!("command {} {:?}", command.number.0, command.words));
    }
    fn bye(&mut self, reason: u8) {
        self.log.push(alloc::format!("bye {reason}"));
    }
    fn reply(&mut self, message: &[u8]) {
        self.replies.push(message.to_vec());
    }
    fn resync(&mut self, seq: UpdateSeq) {
        self.log.push(alloc::format!("resync {}", seq.0));
    }
}

/// A server alone, fed with bytes.
struct Server {
    session: ServerSession,
    layout: Layout,
    seen: Seen,
}

impl Server {
    fn new() -> Self {
        let layout = Layout::new(&schema()).unwrap();
        Self { session: ServerSession::new(ms(0)), layout, seen: Seen::default() }
    }

    fn take(&mut self, at_ms: u64, message: &[u8]) -> Result<(), ProtocolError> {
        let layout = self.session.is_active().then_some(&self.layout);
        self.session.handle_message(message, ms(at_ms), layout, &mut self.seen)
    }

    fn welcome(&mut self, at_ms: u64, out: &mut Vec<u8>) -> bool {
        let mut schema_bytes = Vec::new();
        codec::encode(&schema(), &mut schema_bytes);
        let welcome = Welcome {
            player: PLAYER.0,
            base_tick: BASE_TICK,
            tick_rate_hz: 100,
            snapshot_every: 1,
            schema_hash: hash(&schema_bytes),
            ..Welcome::default()
        };
        self.session.welcome(welcome, &schema_bytes, ms(at_ms), out)
    }

    fn joined() -> Self {
        let mut server = Self::new();
        server.take(0, &hello("Ada")).unwrap();
        assert!(server.welcome(0, &mut Vec::new()));
        server
    }

    fn slots(&self, snapshot: &Snapshot) -> Vec<u8> {
        let mut slots = Vec::new();
        encode_slot(&self.layout, snapshot, PartKey::Everyone, true, &mut slots);
        encode_slot(&self.layout, snapshot, PartKey::Own(PLAYER), false, &mut slots);
        slots
    }

    /// One Update with its events, appended to `out`; committed or not.
    fn update(&mut self, at_ms: u64, tick: u32, told: Told, commit: bool) -> Option<Vec<Vec<u8>>> {
        let snapshot = snapshot(tick);
        let slots = self.slots(&snapshot);
        let plan = UpdatePlan {
            tick: Tick(tick),
            reanchor: false,
            input: told.0,
            commands_run: CommandSeq(told.1),
            slots: &[&slots],
            full: true,
        };
        let mut messages = vec![Vec::new()];
        let mut pending = self.session.begin_update(&plan, ms(at_ms), &mut messages[0])?;
        let mut events = Vec::new();
        while self.session.append_events(&mut pending, &mut events) {
            messages.push(core::mem::take(&mut events));
        }
        if commit {
            self.session.commit(pending, ms(at_ms));
        }
        Some(messages)
    }

    fn event(&mut self, tick: u32, by: u32, droppable: bool) -> Result<(), ProtocolError> {
        let mut fields = Vec::new();
        encode_event_fields(&self.layout, 0, &[by], &mut fields);
        let record = EventRecord { tick: Tick(tick), class: 0, cause: None, droppable, fields: &fields };
        self.session.push_event(&record)
    }
}

type Told = (Option<(InputSeq, i16)>, u32);
const NOTHING: Told = (None, 0);

fn snapshot(tick: u32) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    builder.put(EntityId(3), 0, Some(PLAYER), 0, |words| words.extend([tick & 0xFFFF, tick % 100]));
    builder.put(EntityId(9), 0, None, 0, |words| words.extend([7, 7]));
    builder.finish(Tick(tick), Snapshot::default())
}

fn hello(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    Hello { protocol: 1, name: Text::new(name).unwrap(), ..Hello::default() }.encode(&mut out);
    out
}

fn ack(update: u16, event: u32) -> Vec<u8> {
    let mut out = Vec::new();
    Ack { update, event: EventSeq(event), stamp: Stamp(0) }.encode(&mut out);
    out
}

fn input(layout: &Layout, number: u16, tick: u16, words: &[u32]) -> Vec<u8> {
    let times: Vec<InputTime> =
        (0..words.len() as u32).map(|tick_offset| InputTime { tick_offset, view_tick: 0 }).collect();
    let ack = Ack { update: 0, event: EventSeq(0), stamp: Stamp(0) };
    let mut out = Vec::new();
    InputMessage::new(ack, number, tick, &times).encode(layout, words, &mut out);
    out
}

fn code(result: Result<(), ProtocolError>) -> u16 {
    result.expect_err("the session ends").close_code().code()
}

#[test]
fn a_hello_that_does_not_come_in_time_closes_with_4001() {
    let mut server = Server::new();
    assert_eq!(server.session.poll_timeout(), Some(ms(3000)));
    assert_eq!(server.session.handle_timeout(ms(2999)), Ok(Due::Nothing));
    assert_eq!(code(server.session.handle_timeout(ms(3000)).map(drop)), 4001);
    assert!(server.session.is_closing());
    assert_eq!(server.take(3001, &hello("late")), Ok(()), "what comes after the close is not read");
    assert!(server.seen.log.is_empty());
}

#[test]
fn another_message_first_closes_with_4001_and_a_bad_hello_with_4011() {
    for (message, want) in [(ack(0, 0), 4001), (vec![], 4001), (vec![1, 1], 4011), (vec![1; 1025], 4011)] {
        assert_eq!(code(Server::new().take(0, &message)), want, "{message:x?}");
    }
}

#[test]
fn a_foreign_version_is_rejected_with_the_range_that_is_spoken() {
    let mut server = Server::new();
    assert_eq!(code(server.take(0, &[kind::HELLO, 9])), 4010);
    let reject = Reject::decode(&server.seen.replies[0]).unwrap();
    assert_eq!((reject.code, reject.protocol_min, reject.protocol_max), (4010, 1, 1));
}

#[test]
fn while_the_room_decides_only_ping_and_bye_are_taken() {
    let mut server = Server::new();
    server.take(0, &hello("Ada")).unwrap();
    let mut ping = Vec::new();
    Ping { stamp: Stamp(5) }.encode(&mut ping);
    server.take(1, &ping).unwrap();
    assert_eq!(server.seen.replies, [[kind::PONG, 5, 0, 0, 0, 0xE8, 3, 0, 0]]);
    let mut hasty = server.session.clone();
    let taken = hasty.handle_message(&ack(0, 0), ms(2), None, &mut server.seen);
    assert_eq!(code(taken), 4011);

    let mut bye = Vec::new();
    Bye { reason: 0 }.encode(&mut bye);
    server.take(3, &bye).unwrap();
    assert_eq!(server.seen.log, ["hello Ada", "bye 0"]);
    let mut out = Vec::new();
    assert!(!server.welcome(4, &mut out), "the seat is free again");
    assert!(out.is_empty());
}

#[test]
fn a_second_hello_closes_with_4011() {
    let mut joining = Server::new();
    joining.take(0, &hello("Ada")).unwrap();
    assert_eq!(code(joining.take(1, &hello("Ada"))), 4011);
    assert_eq!(code(Server::joined().take(1, &hello("Ada"))), 4011);
}

#[test]
fn a_refused_seat_is_told_by_reject() {
    let mut server = Server::new();
    server.take(0, &hello("Ada")).unwrap();
    let mut out = Vec::new();
    server.session.reject(CloseCode::Full, "the room is full", 500, &mut out);
    let reject = Reject::decode(&out).unwrap();
    assert_eq!((reject.code, reject.retry_after_ms, reject.reason.as_str()), (4013, 500, "the room is full"));
    assert!(server.session.is_closing());
}

#[test]
fn an_input_word_out_of_range_closes_with_4011() {
    let mut server = Server::joined();
    let mut message = input(&server.layout, 1, 1001, &[0]);
    // 3 + 16 + 16 + 20 bits come before the seven of `power`, of which six are in the last byte.
    *message.last_mut().unwrap() = 0x3F;
    let taken = server.take(1, &message);
    assert_eq!(taken, Err(ProtocolError::WordOutOfRange { word: 126, max: 100 }));
    assert_eq!(code(taken), 4011);
    assert_eq!(server.seen.log, ["hello Ada"]);
}

#[test]
fn inputs_arrive_with_their_full_numbers() {
    let mut server = Server::joined();
    server.take(1, &input(&server.layout, 1, 1001, &[10, 11])).unwrap();
    server.take(2, &input(&server.layout, 3, 1003, &[12])).unwrap();
    server.take(3, &input(&server.layout, 3, 1003, &[12])).unwrap();
    let want = ["input 1 tick 1001 [10]", "input 2 tick 1002 [11]", "input 3 tick 1003 [12]"];
    assert_eq!(server.seen.log[1..4], want);
    assert_eq!(server.seen.log[4], want[2], "the input buffer judges duplicates");
}

#[test]
fn a_repeated_command_runs_once_and_a_hole_closes_with_4011() {
    let mut server = Server::joined();
    let buy = |layout: &Layout, number: u32, item: u32| {
        let mut out = Vec::new();
        Command { number: CommandSeq(number), index: 0 }.encode(layout, &[item], &mut out);
        out
    };
    for (number, item) in [(1, 5), (1, 5), (2, 6), (1, 9), (0, 9)] {
        let message = buy(&server.layout, number, item);
        server.take(1, &message).unwrap();
    }
    assert_eq!(server.seen.log[1..], ["command 1 [5]", "command 2 [6]"]);
    assert_eq!(server.session.stats().commands_duplicate, 3);
    let hole = buy(&server.layout, 4, 1);
    assert_eq!(server.take(2, &hole), Err(ProtocolError::SequenceGap { number: 4, expected: 3 }));
}

#[test]
fn acks_of_what_was_not_sent_are_strikes_and_nothing_else() {
    let mut server = Server::joined();
    for tick in 1001..1004 {
        server.update(1, tick, NOTHING, true).unwrap();
    }
    server.take(2, &ack(2, 0)).unwrap();
    assert_eq!((server.session.updates_in_flight(), server.session.stats().ack_strikes), (1, 0));
    for (update, event) in [(4, 0), (1, 0), (0x8000, 0), (2, 1)] {
        server.take(3, &ack(update, event)).unwrap();
        assert_eq!(server.session.updates_in_flight(), 1);
    }
    assert_eq!(server.session.stats().ack_strikes, 4);
}

#[test]
fn a_send_that_accepted_nothing_leaves_the_session_as_if_it_had_not_been_tried() {
    let mut server = Server::joined();
    server.event(1001, 5, false).unwrap();
    server.update(5, 1001, NOTHING, true).unwrap();
    server.event(1002, 6, false).unwrap();
    let before = server.session.clone();
    let told = (Some((InputSeq(1), 3)), 1);
    let tried = server.update(9, 1002, told, false).unwrap();
    assert_eq!(tried.len(), 2, "an Update and its events");
    assert!(server.session == before);
    let again = server.update(9, 1002, told, true).unwrap();
    assert_eq!(again, tried);
    assert!(server.session != before);
}

#[test]
fn an_update_is_never_older_than_the_one_before() {
    let mut server = Server::joined();
    assert!(server.update(1, BASE_TICK, NOTHING, true).is_none());
    assert!(server.update(1, 1005, NOTHING, true).is_some());
    assert!(server.update(1, 1005, NOTHING, true).is_none());
    assert!(server.update(1, 1004, NOTHING, true).is_none());
}

#[test]
fn parts_of_the_header_are_sent_when_there_is_news() {
    let mut server = Server::joined();
    let told = (Some((InputSeq(1), 3)), 1);
    // Hello's stamp is news the first time.
    let flags =
        |server: &mut Server, at_ms, tick, told| server.update(at_ms, tick, told, true).unwrap()[0][2];
    assert_eq!(flags(&mut server, 1, 1001, NOTHING), 0b10_0000);
    assert_eq!(flags(&mut server, 2, 1002, told), 0b01_1000);
    assert_eq!(flags(&mut server, 3, 1003, told), 0);
    let mut stamped = Vec::new();
    Ack { update: 3, event: EventSeq(0), stamp: Stamp(9) }.encode(&mut stamped);
    server.take(4, &stamped).unwrap();
    assert_eq!(flags(&mut server, 5, 1004, told), 0b10_0000);
}

#[test]
fn the_gate_shuts_at_64_updates_in_flight_and_opens_by_an_ack() {
    let mut server = Server::joined();
    for tick in 1001..=1064 {
        assert!(server.session.gate_open());
        server.update(1, tick, NOTHING, true).unwrap();
    }
    assert!(!server.session.gate_open());
    server.take(2, &ack(1, 0)).unwrap();
    assert!(server.session.gate_open());
}

#[test]
fn events_wait_for_an_update_of_their_tick() {
    let mut server = Server::joined();
    for (tick, by) in [(1002, 1), (1003, 2), (1003, 3), (1006, 4)] {
        server.event(tick, by, false).unwrap();
    }
    let written = |server: &mut Server, tick| server.update(1, tick, NOTHING, true).unwrap()[1..].to_vec();
    assert!(written(&mut server, 1001).is_empty());
    assert_eq!(written(&mut server, 1002), [[kind::EVENTS, 0, 0xEA, 3, 1, 1, 0, 0, 1]]);
    let want = [kind::EVENTS, 1, 0xED, 3, 2, 1, 2, 0, 2, 1, 2, 0, 3];
    assert_eq!(written(&mut server, 1005), [want], "age 2 in tick 1005; each is written once");
    assert_eq!(written(&mut server, 1006).len(), 1);
    assert_eq!(server.session.events_unacked(), 4);
    server.take(2, &ack(0, 3)).unwrap();
    assert_eq!(server.session.events_unacked(), 1);
    server.take(2, &ack(0, 5)).unwrap();
    assert_eq!((server.session.events_unacked(), server.session.stats().ack_strikes), (1, 1));
}

#[test]
fn droppable_events_leave_holes_when_the_lane_is_half_full_and_others_close_with_4007() {
    let mut server = Server::joined();
    let half = limits::EVENTS_UNACKED_MAX as u32 / 2;
    for _ in 0..half {
        server.event(1001, 0, true).unwrap();
    }
    for _ in 0..5 {
        server.event(1001, 0, true).unwrap();
    }
    assert_eq!(server.session.stats().events_dropped, 5);
    server.event(1001, 7, false).unwrap();
    let messages = server.update(1, 1001, NOTHING, true).unwrap();
    assert_eq!(messages.len(), 1 + half.div_ceil(255) as usize);
    let last = messages.last().unwrap();
    assert_eq!(last[last.len() - 4..], [6, 0, 0, 7], "a gap of six, of which five were dropped");

    for _ in half + 1..limits::EVENTS_UNACKED_MAX as u32 {
        server.event(1002, 0, false).unwrap();
    }
    assert_eq!(code(server.event(1002, 0, false)), 4007);
    assert!(server.session.is_closing());
}

#[test]
fn large_events_fill_the_lane_by_bytes_and_go_out_in_pieces() {
    let mut server = Server::joined();
    let fields = vec![0; 10_000];
    let record = EventRecord { tick: Tick(1001), class: 0, cause: None, droppable: false, fields: &fields };
    let mut pushed = 0;
    while server.session.push_event(&record).is_ok() {
        pushed += 1;
    }
    assert_eq!(pushed, limits::EVENTS_UNACKED_BYTES_MAX / 10_016);

    let mut server = Server::joined();
    for _ in 0..3 {
        server.session.push_event(&record).unwrap();
    }
    assert_eq!(server.update(1, 1001, NOTHING, true).unwrap().len(), 4);
}

#[test]
fn silence_asks_for_a_ping_at_10_s_and_ends_at_25_s() {
    let mut server = Server::joined();
    assert_eq!(server.session.poll_timeout(), Some(ms(10_000)));
    assert_eq!(server.session.handle_timeout(ms(10_000)), Ok(Due::Ping));
    assert_eq!(server.session.poll_timeout(), Some(ms(25_000)));
    assert_eq!(server.session.handle_timeout(ms(24_999)), Ok(Due::Nothing));
    server.session.heard(ms(24_999));
    assert_eq!(server.session.handle_timeout(ms(34_999)), Ok(Due::Ping));
    assert_eq!(code(server.session.handle_timeout(ms(49_999)).map(drop)), 4014);
}

#[test]
fn updates_that_nobody_acknowledges_for_25_s_close_with_4007() {
    let mut server = Server::joined();
    server.update(4000, 1001, NOTHING, true).unwrap();
    server.session.heard(ms(20_000));
    assert_eq!(server.session.poll_timeout(), Some(ms(29_000)));
    assert_eq!(code(server.session.handle_timeout(ms(29_000)).map(drop)), 4007);
}

#[test]
fn a_flood_of_messages_closes_with_4006() {
    let mut server = Server::joined();
    let mut taken = 0;
    let ended = loop {
        match server.take(5, &ack(0, 0)) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((taken, ended.close_code().code()), (1799, 4006), "Hello was the first of 1800");
}

#[test]
fn the_fourth_resync_within_a_minute_closes_with_4018() {
    let mut server = Server::joined();
    let resync = |seq| {
        let mut out = Vec::new();
        Resync { seq }.encode(&mut out);
        out
    };
    server.update(1, 1001, NOTHING, true).unwrap();
    assert!(!server.session.full_due(ms(2)));
    server.take(2, &resync(1)).unwrap();
    assert!(server.session.full_due(ms(2)));
    for _ in 0..2 {
        server.take(3, &resync(1)).unwrap();
    }
    assert_eq!(code(server.take(4, &resync(1))), 4018);
}

/// Both ends with a delay between them, and any message can be changed on its way to the client.
struct Link {
    server: Server,
    client: ClientSession,
    delay_ms: u64,
    now_ms: u64,
    down: VecDeque<(u64, Vec<u8>)>,
    up: VecDeque<(u64, Vec<u8>)>,
    reported: Vec<ClientEvent>,
    buffer: InputBuffer<Power>,
    applied: Applied<Power>,
    commands_run: u32,
}

/// The schema's input, as the derive would implement it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Power(u32);

impl crate::schema::Input for Power {
    const WORDS: usize = 1;
    fn record() -> Record {
        schema().input
    }
    fn quantize(&self, out: &mut Vec<u32>, _: &mut u32) {
        out.push(self.0);
    }
    fn from_words(words: &[u32]) -> Self {
        Self(words[0])
    }
    fn clear_edges(&mut self) {}
    fn edges(&self) -> bool {
        false
    }
    fn merge_edges(&mut self, _: &Self) {}
}

/// The tick rate of the scripts is 100 Hz: tick t starts at this moment.
fn starts(tick: u32) -> Time {
    ms(u64::from(tick - BASE_TICK) * 10)
}

impl Link {
    fn new(delay_ms: u64) -> Self {
        let buffer = InputBuffer::new(Tick(BASE_TICK + 1), starts(BASE_TICK + 1), Duration::from_millis(10));
        let mut hello = Hello { name: Text::new("Ada").unwrap(), ..Hello::default() };
        hello.kind = Text::new("duel").unwrap();
        let applied = buffer.clone().take(Tick(BASE_TICK + 1), starts(BASE_TICK + 1));
        Self {
            server: Server::new(),
            client: ClientSession::new(ClientConfig { hello, cached_schema: None }),
            delay_ms,
            now_ms: 0,
            down: VecDeque::new(),
            up: VecDeque::new(),
            reported: Vec::new(),
            buffer,
            applied,
            commands_run: 0,
        }
    }

    fn arrived(queue: &mut VecDeque<(u64, Vec<u8>)>, now_ms: u64) -> Option<Vec<u8>> {
        let due = queue.front().is_some_and(|&(at, _)| at <= now_ms);
        due.then(|| queue.pop_front().map(|(_, message)| message)).flatten()
    }

    /// One millisecond of everything. `damage` may change what the server sends.
    fn step(&mut self, mut damage: impl FnMut(&mut Vec<u8>)) {
        self.now_ms += 1;
        let now = ms(self.now_ms);
        while let Some(message) = Self::arrived(&mut self.up, self.now_ms) {
            let logged = self.server.seen.log.len();
            self.server.take(self.now_ms, &message).unwrap();
            self.run(logged);
        }
        if self.now_ms.is_multiple_of(10) && self.server.session.is_active() {
            self.tick(BASE_TICK + (self.now_ms / 10) as u32, &mut damage);
        }
        while let Some(message) = Self::arrived(&mut self.down, self.now_ms) {
            self.client.handle_message(&message, now).unwrap();
        }
        while self.client.input_due(now).is_some() {
            let power = self.client.world_tick().0 % 100;
            self.client.push_input(&[power], now).unwrap();
        }
        let mut message = Vec::new();
        while self.client.poll_transmit(now, &mut message) {
            self.up.push_back((self.now_ms + self.delay_ms, core::mem::take(&mut message)));
        }
        while let Some(event) = self.client.poll_event() {
            self.reported.push(event);
        }
    }

    /// The room takes what the session logged.
    fn run(&mut self, logged: usize) {
        let lines = self.server.seen.log[logged..].to_vec();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[0] {
                "hello" => {
                    let mut out = Vec::new();
                    assert!(self.server.welcome(self.now_ms, &mut out));
                    self.down.push_back((self.now_ms + self.delay_ms, out));
                }
                "input" => {
                    let number = InputSeq(words[1].parse().unwrap());
                    let tick = Tick(words[3].parse().unwrap());
                    let input = Power(words[4].trim_matches(['[', ']']).parse().unwrap());
                    let arrived = ms(self.now_ms);
                    self.buffer.push(ArrivedInput { number, tick, view_tick_q4: 0, arrived, input });
                }
                "command" => self.commands_run += 1,
                _ => {}
            }
        }
    }

    fn tick(&mut self, tick: u32, damage: &mut impl FnMut(&mut Vec<u8>)) {
        self.applied = self.buffer.take(Tick(tick), starts(tick));
        if !self.server.session.gate_open() {
            return;
        }
        let used = Some((self.applied.applied, self.applied.margin_q4)).filter(|used| used.0.0 > 0);
        let messages = self.server.update(self.now_ms, tick, (used, self.commands_run), true);
        for mut message in messages.unwrap_or_default() {
            damage(&mut message);
            self.down.push_back((self.now_ms + self.delay_ms, message));
        }
    }

    fn run_for(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms {
            self.step(|_| {});
        }
    }

    fn check_world(&self) {
        let snapshot = snapshot(self.client.world_tick().0);
        let have: Vec<_> = self
            .client
            .world()
            .entities()
            .map(|entity| (entity.id, entity.own, entity.words.to_vec()))
            .collect();
        // What belongs to nobody has its owner fields at 0.
        let want = [(EntityId(3), true, snapshot.row(0).to_vec()), (EntityId(9), false, vec![7, 0])];
        assert_eq!(have, want);
    }
}

#[test]
fn a_client_joins_and_follows_the_room() {
    let mut link = Link::new(20);
    link.run_for(1000);
    assert_eq!(link.reported[0], ClientEvent::Welcomed);
    assert!(link.client.is_live());
    assert_eq!(link.client.player(), Some(PLAYER));
    assert_eq!(link.client.schema(), Some(&schema()));
    // Sent at 980 ms in tick 1098, arrived after 20 ms.
    assert_eq!(link.client.world_tick(), Tick(1098));
    link.check_world();
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.updates_discarded), (0, 0));
    assert_eq!(stats.rtt.map(|rtt| rtt.as_millis()), Some(40));
    assert!(link.server.session.updates_in_flight() <= 6, "acks ride on inputs");
}

#[test]
fn the_input_clock_finds_its_band_at_any_delay() {
    for delay_ms in [0, 3, 20, 75, 150] {
        let mut link = Link::new(delay_ms);
        link.run_for(6000);
        let late_before = link.buffer.stats();
        link.run_for(2000);
        let stats = link.buffer.stats();
        assert_eq!((stats.late, stats.early), (late_before.late, late_before.early), "{delay_ms} ms");
        assert!(stats.held - late_before.held <= 12, "{delay_ms} ms: {stats:?}");
        assert!((8..=40).contains(&link.applied.margin_q4), "{delay_ms} ms: {}", link.applied.margin_q4);
        assert_eq!(stats.duplicate, 0);
    }
}

#[test]
fn a_clock_that_was_anchored_over_a_bad_link_comes_back() {
    let mut link = Link::new(400);
    link.run_for(1500);
    link.delay_ms = 10;
    link.run_for(2500);
    let before = link.buffer.stats();
    link.run_for(1000);
    let after = link.buffer.stats();
    assert!(before.early > 0, "{before:?}");
    assert_eq!((after.early, after.late), (before.early, before.late));
    assert!((8..=40).contains(&link.applied.margin_q4), "{}", link.applied.margin_q4);
}

#[test]
fn a_damaged_update_costs_one_resync_and_the_state_stays_good() {
    let mut link = Link::new(15);
    link.run_for(500);
    let mut damaged = false;
    for _ in 0..10 {
        link.step(|message| {
            if !damaged && message[0] == kind::UPDATE {
                let at = message.len() - 2;
                message[at] ^= 1;
                damaged = true;
            }
        });
    }
    let mut states = Vec::new();
    for _ in 0..100 {
        link.step(|_| {});
        link.check_world();
        let live = link.client.is_live();
        if states.last() != Some(&live) {
            states.push(live);
        }
    }
    assert_eq!(states, [true, false, true]);
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.resyncs), (1, 1));
    assert_eq!(link.server.session.stats().resyncs, 1);
}

#[test]
fn commands_are_told_as_run_and_events_come_in_order() {
    let mut link = Link::new(10);
    link.run_for(200);
    assert_eq!(link.client.push_command(0, &[4]), Ok(CommandSeq(1)));
    assert_eq!(link.client.push_command(0, &[5]), Ok(CommandSeq(2)));
    assert_eq!(link.client.push_command(1, &[5]), Err(InputRefused::NoSuchCommand));
    let wrong = InputRefused::WrongWords { given: 2, expected: 1 };
    assert_eq!(link.client.push_command(0, &[5, 5]), Err(wrong));
    for by in 0..600 {
        link.server.event(BASE_TICK + 22 + by / 200, by % 256, false).unwrap();
    }
    link.run_for(100);
    assert_eq!(link.client.commands_run(), CommandSeq(2));
    let events: Vec<_> = link
        .reported
        .iter()
        .filter_map(|event| if let ClientEvent::Game(event) = event { Some(event) } else { None })
        .collect();
    assert_eq!(events.len(), 600);
    for (by, event) in (0..).zip(events) {
        assert_eq!((event.number.0, event.tick.0), (by + 1, BASE_TICK + 22 + by / 200));
        assert_eq!(event.words, [by % 256]);
    }
    link.run_for(200);
    assert_eq!(link.server.session.events_unacked(), 0);
}

#[test]
fn a_client_without_inputs_acks_within_100_ms() {
    let mut link = Link::new(0);
    link.run_for(100);
    link.client.leave(0);
    let mut client = ClientSession::new(ClientConfig::default());
    let mut server = Server::new();
    let mut message = Vec::new();
    assert!(client.poll_transmit(ms(0), &mut message));
    server.take(0, &message).unwrap();
    message.clear();
    server.welcome(0, &mut message);
    client.handle_message(&message, ms(0)).unwrap();
    let mut acked_ms = Vec::new();
    for now in 1..1000 {
        if now % 10 == 0 {
            let sent = server.update(now, BASE_TICK + (now / 10) as u32, NOTHING, true).unwrap();
            client.handle_message(&sent[0], ms(now)).unwrap();
        }
        message.clear();
        while client.poll_transmit(ms(now), &mut message) {
            assert_eq!(message[0], kind::ACK);
            server.take(now, &message).unwrap();
            acked_ms.push(now);
            message.clear();
        }
    }
    assert!(acked_ms.windows(2).all(|pair| pair[1] - pair[0] <= 100), "{acked_ms:?}");
    assert!(acked_ms.len() >= 10 && acked_ms.len() < 30, "{acked_ms:?}");
}

#[test]
fn a_client_that_leaves_says_so_once() {
    let mut link = Link::new(5);
    link.run_for(100);
    link.client.leave(3);
    link.run_for(50);
    assert_eq!(link.server.seen.log.last().map(String::as_str), Some("bye 3"));
    assert!(link.server.session.is_closing());
}

#[test]
fn inputs_of_a_clock_that_jumped_back_go_out_in_messages_that_ascend() {
    let layout = Layout::new(&schema()).unwrap();
    let mut outbox = super::outbox::Outbox::default();
    for (tick, power) in [(5, 50), (6, 60), (6, 61), (3, 30), (14, 70)] {
        outbox.push_input(Tick(tick), 0, &[power]);
    }
    let mut server = Server::joined();
    let mut message = Vec::new();
    let mut messages = 0;
    while outbox.poll(&layout, UpdateSeq(0), EventSeq(0), ms(0), &mut message) {
        server.take(1, &message).unwrap();
        message.clear();
        messages += 1;
    }
    let want = [
        "input 1 tick 5 [50]",
        "input 2 tick 6 [60]",
        "input 3 tick 6 [61]",
        "input 4 tick 3 [30]",
        "input 5 tick 14 [70]",
    ];
    assert_eq!((messages, &server.seen.log[1..]), (3, &want.map(String::from)[..]));
}

#[test]
fn events_that_come_again_are_reported_once() {
    let mut link = Link::new(0);
    link.run_for(100);
    // Numbers 1 and 2, then 1 to 3, of tick 1010.
    let first = [kind::EVENTS, 0, 0xF2, 3, 2, 1, 0, 0, 7, 1, 0, 0, 8];
    let again = [kind::EVENTS, 0, 0xF2, 3, 3, 1, 0, 0, 7, 1, 0, 0, 8, 1, 0, 0, 9];
    for message in [&first[..], &again] {
        link.client.handle_message(message, ms(101)).unwrap();
    }
    let words: Vec<_> = core::iter::from_fn(|| link.client.poll_event())
        .filter_map(|event| if let ClientEvent::Game(event) = event { Some(event.words[0]) } else { None })
        .collect();
    assert_eq!(words, [7, 8, 9]);
}

#[test]
fn a_cached_schema_is_not_sent_again() {
    let mut server = Server::new();
    let config = ClientConfig { hello: Hello::default(), cached_schema: Some(schema()) };
    let mut client = ClientSession::new(config);
    let mut message = Vec::new();
    assert!(client.poll_transmit(ms(0), &mut message));
    server.take(0, &message).unwrap();
    message.clear();
    server.welcome(0, &mut message);
    assert!(message.len() < 60, "{} bytes", message.len());
    client.handle_message(&message, ms(0)).unwrap();
    assert_eq!(client.schema(), Some(&schema()));

    let mut stranger = ClientSession::new(ClientConfig::default());
    assert_eq!(stranger.handle_message(&message, ms(0)), Err(ProtocolError::UnknownSchema));
}

#[test]
fn a_server_that_breaks_the_rules_ends_the_client() {
    let mut link = Link::new(0);
    link.run_for(100);
    for (message, want) in [
        (vec![kind::UPDATE, 77, 0, 1, 0, 0, 0, 0, 0], "an Update out of sequence"),
        (vec![kind::WELCOME, 1], "a second Welcome"),
        (vec![0x45, 0], "a reserved type"),
        (vec![kind::EVENTS, 9, 0xF2, 3, 1, 1, 0, 0, 1], "events with a hole before"),
        (vec![kind::EVENTS, 0, 0, 0x80, 1, 1, 0, 0, 1], "events of a tick to come"),
    ] {
        let mut link = Link::new(0);
        link.run_for(100);
        assert!(link.client.handle_message(&message, ms(101)).is_err(), "{want}");
        assert!(link.client.is_over());
    }
    let mut rejected = ClientSession::new(ClientConfig::default());
    let mut message = Vec::new();
    let reject = Reject { code: 4008, ..Reject::default() };
    reject.encode(&mut message);
    rejected.handle_message(&message, ms(0)).unwrap();
    assert_eq!(rejected.poll_event(), Some(ClientEvent::Rejected(reject)));
    assert!(rejected.is_over());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_of_a_client_panic(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)) {
        let mut server = Server::joined();
        server.update(0, 1001, NOTHING, true).unwrap();
        for mut message in messages {
            // Random first bytes are mostly unknown types: steer them to known ones.
            if let Some(first) = message.first_mut() {
                *first &= 0xF;
            }
            let _ = server.take(1, &message);
        }
    }

    #[test]
    fn no_bytes_of_a_server_panic(message in prop::collection::vec(any::<u8>(), 0..60), place in 0usize..5) {
        let mut link = Link::new(0);
        link.run_for(40);
        let mut message = message;
        if let Some(first) = message.first_mut() {
            *first = [kind::UPDATE, kind::EVENTS, kind::PONG, kind::UPDATE, kind::WELCOME][place];
        }
        if place == 0 && message.len() > 2 {
            message[1] = 5;
        }
        let _ = link.client.handle_message(&message, ms(41));
    }
}
