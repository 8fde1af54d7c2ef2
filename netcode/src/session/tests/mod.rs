//! Sessions on a virtual clock: a server alone fed with bytes (`server`), and both ends over queues with delay (`link`).
//! Here is the game that both play, and the server's side of it.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
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
use crate::snapshot::update::{PartKey, SlotPlan};
use crate::snapshot::{BodyCache, History, Snapshot, SnapshotBuilder};
use crate::time::{Stamp, Tick, Time};

mod link;
mod relocation;
mod server;

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
    history: History,
    cache: BodyCache,
}

impl Server {
    fn new() -> Self {
        let layout = Layout::new(&schema()).unwrap();
        Self {
            session: ServerSession::new(ms(0)),
            layout,
            seen: Seen::default(),
            history: History::default(),
            cache: BodyCache::default(),
        }
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

    /// One Update with its events, appended to `out`; committed or not.
    fn update(&mut self, at_ms: u64, tick: u32, told: Told, commit: bool) -> Option<Vec<Vec<u8>>> {
        self.history.push(Arc::new(snapshot(tick)));
        self.history.at(Tick(tick))?;
        self.cache.clear();
        let (history, cache, layout) = (&self.history, &mut self.cache, &self.layout);
        let mut place = 0;
        let coded = [PartKey::Everyone, PartKey::Own(PLAYER)].map(|key| {
            let body = self.session.body_key(place, key, Tick(tick), history, ms(at_ms)).unwrap();
            let due = self.session.hash_due(place, &body);
            place += 1;
            let hash = due.then(|| cache.hash(layout, history, &body));
            (body, hash, cache.body(layout, history, &body))
        });
        let slots = coded.each_ref().map(|(body, hash, coded)| SlotPlan {
            body: *body,
            same: coded.same,
            hash: *hash,
            bytes: cache.bytes(coded),
        });
        let plan = UpdatePlan {
            tick: Tick(tick),
            reanchor: false,
            input: told.0,
            commands_run: CommandSeq(told.1),
            slots: &slots,
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
