//! A short session as a client sees it: each message of the server, and what the client holds after it.

use tickwire_netcode::ids::{CommandSeq, EntityId, InputSeq, PlayerId};
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::message::{Hello, Welcome, encode_event_fields, kind};
use tickwire_netcode::schema::{Layout, hash};
use tickwire_netcode::session::{
    ClientConfig, ClientEvent, ClientSession, CommandRecord, EventRecord, InputRecord, ServerSession,
    ServerSink, UpdatePlan,
};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder};
use tickwire_netcode::time::{Tick, Time};

use crate::game;
use crate::json::Json;

const PLAYER: PlayerId = PlayerId(2);
const BASE_TICK: u32 = 65_530;

#[derive(Default)]
struct Sink;

impl ServerSink for Sink {
    fn hello(&mut self, _: Hello) {}
    fn input(&mut self, _: InputRecord<'_>) {}
    fn command(&mut self, _: CommandRecord<'_>) {}
    fn bye(&mut self, _: u8) {}
    fn reply(&mut self, _: &[u8]) {}
}

/// Drives a server session, and a client session by its bytes.
struct Script {
    layout: Layout,
    now_ms: u64,
    server: ServerSession,
    client: ClientSession,
    steps: Vec<Json>,
    /// Bits of the next Update's seq that are wrong.
    seq_error: u8,
}

impl Script {
    fn now(&self) -> Time {
        Time::from_nanos(self.now_ms * 1_000_000)
    }

    /// The client takes a message; the step records what it then holds and asks for.
    fn deliver(&mut self, note: &str, message: &[u8]) {
        let now = self.now();
        self.client.handle_message(message, now).expect("the transcript has no fatal errors");
        let mut events = Vec::new();
        while let Some(event) = self.client.poll_event() {
            if let ClientEvent::Game(event) = event {
                events.push(Json::Object(vec![
                    ("number", event.number.0.into()),
                    ("tick", event.tick.0.into()),
                    ("class", event.class.into()),
                    ("cause", event.cause.into()),
                    ("words", Json::list(event.words)),
                ]));
            }
        }
        let (mut sends, mut sent) = (Vec::new(), Vec::new());
        while self.client.poll_transmit(now, &mut sent) {
            if sent[0] == kind::RESYNC {
                sends.push(Json::hex(&sent));
                self.server.handle_message(&sent, now, Some(&self.layout), &mut Sink).unwrap();
            }
            sent.clear();
        }
        let world = self.client.world();
        let entities = world.entities().map(|entity| {
            Json::Object(vec![
                ("id", entity.id.0.into()),
                ("class", entity.class.into()),
                ("own", entity.own.into()),
                ("words", Json::list(entity.words.to_vec())),
            ])
        });
        self.steps.push(Json::Object(vec![
            ("note", note.into()),
            ("hex", Json::hex(message)),
            ("state", if self.client.is_live() { "Live" } else { "AwaitFull" }.into()),
            ("tick", self.client.world_tick().0.into()),
            ("hashes", Json::list([world.slot_hash(0), world.slot_hash(1)])),
            ("world", Json::list(entities)),
            ("events", Json::List(events)),
            ("sends", Json::List(sends)),
        ]));
    }

    /// One send pass: an Update and what events are due. `damage` changes the Update's last byte but one.
    fn pass(&mut self, note: &str, snapshot: &Snapshot, told: (Option<(u32, i16)>, u32), damage: bool) {
        self.now_ms += 17;
        let (mut public, mut own) = (Vec::new(), Vec::new());
        let keys = [PartKey::Everyone, PartKey::Own(PLAYER)];
        let slots = [
            SlotPlan::full(&self.layout, snapshot, keys[0], &mut public),
            SlotPlan::full(&self.layout, snapshot, keys[1], &mut own),
        ];
        let plan = UpdatePlan {
            tick: snapshot.tick(),
            reanchor: false,
            input: told.0.map(|(number, margin)| (InputSeq(number), margin)),
            commands_run: CommandSeq(told.1),
            slots: &slots,
        };
        let mut message = Vec::new();
        let now = self.now();
        let mut pending = self.server.begin_update(&plan, now, &mut message).expect("active and newer");
        let mut events = Vec::new();
        let has_events = self.server.append_events(&mut pending, &mut events);
        self.server.commit(pending, now);
        if damage {
            let at = message.len() - 2;
            message[at] ^= 0x10;
        }
        message[1] ^= std::mem::take(&mut self.seq_error);
        self.deliver(note, &message);
        if has_events {
            self.deliver("events of up to that tick", &events);
        }
    }

    /// Moved to a room of the same schema, whose ticks are at 40.
    fn transfer(&mut self) {
        let schema_bytes = game::schema_bytes();
        let welcome = Welcome {
            session: 7,
            player: PLAYER.0,
            kind: Text::new("duel").unwrap(),
            room: Text::new("duel-2").unwrap(),
            base_tick: 40,
            tick_rate_hz: 60,
            snapshot_every: 1,
            schema_hash: hash(&schema_bytes),
            ..Welcome::default()
        };
        let mut moved = Vec::new();
        assert!(self.server.moved(welcome, &schema_bytes, self.now(), &mut moved));
        self.deliver("Moved to another room of the same schema", &moved);
    }

    fn event(&mut self, tick: u32, class: u8, cause: Option<u16>, words: &[u32]) {
        let mut fields = Vec::new();
        encode_event_fields(&self.layout, class, words, &mut fields);
        let record = EventRecord { tick: Tick(tick), class, cause, droppable: false, fields: &fields };
        self.server.push_event(&record).unwrap();
    }
}

fn ship(x: u32, heat: u32, name: &str) -> Vec<u32> {
    let mut words = vec![x, 20_480 - x, x % 1024, 200, heat, x % 3];
    words.extend(game::text_words(name, 12));
    words.push(heat & 1);
    words
}

fn snapshot(tick: u32, entities: &[(u32, u8, Option<PlayerId>, Vec<u32>)]) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    for (id, class, owner, words) in entities {
        builder.put(EntityId(*id), *class, *owner, 0, |out| out.extend_from_slice(words));
    }
    builder.finish(Tick(tick), Snapshot::default())
}

fn start() -> (Script, Vec<u8>, Vec<u8>) {
    let name = |name| Text::new(name).unwrap();
    let hello = Hello {
        sdk: name("vectors"),
        kind: name("duel"),
        name: Text::new("Ada").unwrap(),
        ..Hello::default()
    };
    let config = ClientConfig { hello, cached_schema: None };
    let mut script = Script {
        layout: game::layout(),
        now_ms: 1000,
        server: ServerSession::new(Time::from_nanos(0)),
        client: ClientSession::new(config),
        steps: Vec::new(),
        seq_error: 0,
    };
    let (now, schema_bytes) = (script.now(), game::schema_bytes());
    let (mut sent, mut welcome) = (Vec::new(), Vec::new());
    assert!(script.client.poll_transmit(now, &mut sent));
    script.server.handle_message(&sent, now, None, &mut Sink).unwrap();
    let granted = Welcome {
        session: 7,
        player: PLAYER.0,
        kind: name("duel"),
        room: name("duel-1"),
        base_tick: BASE_TICK,
        tick_rate_hz: 60,
        snapshot_every: 1,
        schema_hash: hash(&schema_bytes),
        ..Welcome::default()
    };
    assert!(script.server.welcome(granted, &schema_bytes, now, &mut welcome));
    (script, sent, welcome)
}

/// The client's Hello, and the steps that follow.
pub(crate) fn transcript() -> Json {
    let (mut script, hello, welcome) = start();
    script.deliver("Welcome with the schema", &welcome);
    let tick = |n| BASE_TICK + n;
    let mine = |n: u32| (4, 0, Some(PLAYER), ship(1000 + n, 40 + n, "Ada"));
    let other = |n: u32| (9, 0, Some(PlayerId(5)), ship(9000 - n, 300, "Zo\u{eb}"));
    let wall = (2, 1, None, vec![1000]);
    let mark = (300, 2, None, vec![u32::MAX - 1]);

    script.event(tick(2), 1, None, &[]);
    script.pass("the first Update, an empty room", &snapshot(tick(1), &[]), (None, 0), false);
    let view = snapshot(tick(2), &[wall.clone(), mine(0), other(0), mark.clone()]);
    script.pass("entities enter", &view, (None, 0), false);
    let view = snapshot(tick(3), &[wall.clone(), mine(1), other(1), mark.clone()]);
    script.pass("an input and a command were used", &view, (Some((1, 24)), 1), false);
    script.event(tick(4), 0, Some(3), &[0, 20_480]);
    script.event(tick(7), 2, None, &game::text_words("bye", 40));
    let view = snapshot(tick(8), &[wall.clone(), mine(6), mark.clone()]);
    script.pass("five ticks later, across 2^16; one entity left", &view, (Some((6, -40)), 1), false);
    let view = snapshot(tick(9), &[wall.clone(), mine(7), mark.clone()]);
    script.pass("damaged on the way: the state stays, a Resync is due", &view, (Some((7, 8)), 1), true);
    let view = snapshot(tick(10), &[wall, mine(8), mark]);
    script.pass("the next full Update repairs it", &view, (Some((8, 8)), 1), false);
    script.pass("everything is gone", &snapshot(tick(11), &[]), (Some((8, 8)), 1), false);
    let view = snapshot(tick(12), &[(2, 1, None, vec![1000])]);
    // Later than the interval at which a Resync is answered at once.
    script.now_ms += 3000;
    script.seq_error = 1;
    script.pass("a seq out of turn: the state stays, a Resync is due", &view, (Some((8, 8)), 1), false);
    let view = snapshot(tick(13), &[(2, 1, None, vec![1000])]);
    script.pass("the next full Update is counted on from it", &view, (Some((8, 8)), 1), false);
    script.transfer();
    script.pass("the first Update of the new room, still empty", &snapshot(41, &[]), (None, 0), false);
    script.pass("the new room", &snapshot(42, &[(1, 1, None, vec![7])]), (None, 0), false);

    Json::Object(vec![("hello", Json::hex(&hello)), ("steps", Json::List(script.steps))])
}
