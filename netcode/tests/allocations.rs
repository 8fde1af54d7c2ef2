//! What a peer can make a server allocate, and what the steady state allocates: nothing.

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use tickwire_netcode::ids::{CommandSeq, EntityId, EventSeq, InputSeq, PlayerId};
use tickwire_netcode::limits::HISTORY_SNAPSHOTS_MAX;
use tickwire_netcode::message::bounded::{Bytes, Text};
use tickwire_netcode::message::{Ack, Hello, InputMessage, InputTime, Resume, Welcome, encode_event_fields};
use tickwire_netcode::schema::{Layout, Schema};
use tickwire_netcode::session::{
    ArrivedInput, CommandRecord, EventRecord, InputBuffer, InputRecord, ServerSession, ServerSink,
    UpdatePlan, Waited,
};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::snapshot::{BodyCache, History, Snapshot, SnapshotBuilder};
use tickwire_netcode::time::{Stamp, Tick, Time};
use tickwire_netcode::{Event, Input, Replicate};

/// More than a declared length may cost, PROTOCOL section 2 and limits.
const SPARE_BYTES: u64 = 1024;

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    hp: u8,
}

#[derive(Input, Clone, Copy, Default)]
#[rep(crate = tickwire_netcode)]
struct Stick {
    turn: i8,
    #[rep(edge)]
    fire: bool,
}

#[derive(Event)]
#[rep(crate = tickwire_netcode)]
struct Boom {
    by: u8,
}

fn full_hello() -> Vec<u8> {
    let text = Text::new(&"x".repeat(32)).unwrap();
    let hello = Hello {
        protocol: 1,
        sdk: text.clone(),
        kind: text.clone(),
        room: text.clone(),
        name: text,
        token: Bytes::new(&[7; 512]).unwrap(),
        resume: Some(Resume { token: Bytes::new(&[8; 64]).unwrap(), event_ack: 1, last_command: 1 }),
        ..Hello::default()
    };
    let mut message = Vec::new();
    hello.encode(&mut message);
    message
}

#[test]
fn a_hello_allocates_no_more_than_it_carries() {
    let honest = full_hello();
    let info = measure(|| assert!(Hello::decode(&honest).is_ok()));
    assert!(info.bytes_max <= honest.len() as u64 + SPARE_BYTES, "{} bytes", info.bytes_max);

    // Every byte in turn says a length of 2^32 - 1, 65535 or 250.
    for at in 1..honest.len() {
        for length in [&[0xFC, 0xFF, 0xFF, 0xFF, 0xFF][..], &[0xFB, 0xFF, 0xFF], &[250]] {
            let mut hostile = honest[..at].to_vec();
            hostile.extend_from_slice(length);
            hostile.extend_from_slice(&honest[at..honest.len().min(1000 + at - 5)]);
            let info = measure(|| drop(Hello::decode(&hostile)));
            assert!(info.bytes_max <= hostile.len() as u64 + SPARE_BYTES, "{} at {at}", info.bytes_max);
        }
    }
}

struct Room {
    buffer: InputBuffer<Stick>,
}

impl ServerSink for Room {
    fn hello(&mut self, _: Hello) {}
    fn input(&mut self, input: InputRecord<'_>) {
        use tickwire_netcode::schema::Input as _;
        self.buffer.push(ArrivedInput {
            number: input.number,
            tick: input.tick,
            view_tick_q4: input.view_tick_q4,
            arrived: input.arrived,
            waited: Waited { read: input.arrived, buffered: input.arrived },
            input: Stick::from_words(input.words),
        });
    }
    fn command(&mut self, _: CommandRecord<'_>) {}
    fn bye(&mut self, _: u8) {}
    fn reply(&mut self, _: &[u8]) {}
}

/// One player in a room at 100 Hz, everything reused.
struct Steady {
    session: ServerSession,
    room: Room,
    layout: Layout,
    builder: SnapshotBuilder,
    /// Snapshots whose memory is used again: one more than the history holds.
    pool: Vec<Arc<Snapshot>>,
    history: History,
    cache: BodyCache,
    fields: Vec<u8>,
    out: Vec<u8>,
    input: Vec<u8>,
}

impl Steady {
    fn new() -> Self {
        let schema = Schema::of::<Ship, Stick, Boom, ()>().unwrap();
        let layout = Layout::new(&schema).unwrap();
        let period = Duration::from_millis(10);
        let mut room = Room { buffer: InputBuffer::new(Tick(1), Time::default() + period, period) };
        let mut session = ServerSession::new(Time::default());
        session.handle_message(&full_hello(), Time::default(), None, &mut room).unwrap();
        let welcome = Welcome { player: 1, tick_rate_hz: 100, snapshot_every: 1, ..Welcome::default() };
        assert!(session.welcome(welcome, &[], Time::default(), &mut Vec::new()));

        let mut fields = Vec::new();
        encode_event_fields(&layout, 0, &[3], &mut fields);
        Self {
            session,
            room,
            layout,
            builder: SnapshotBuilder::new(),
            pool: (0..=HISTORY_SNAPSHOTS_MAX).map(|_| Arc::default()).collect(),
            history: History::default(),
            cache: BodyCache::default(),
            fields,
            out: Vec::new(),
            input: Vec::new(),
        }
    }

    /// A room of which a third changes; entities come and go.
    fn snapshot(&mut self, tick: u32) {
        for id in (1..50u32).filter(|id| !(id + tick).is_multiple_of(40)) {
            let owner = (id == 1).then_some(PlayerId(1));
            let hp = (if id.is_multiple_of(3) { tick } else { id }) & 255;
            self.builder.put(EntityId(id), 0, owner, 0, |words| words.push(hp));
        }
        let count = self.pool.len();
        let snapshot = &mut self.pool[tick as usize % count];
        let free = Arc::get_mut(snapshot).expect("the ring has dropped it");
        *free = self.builder.finish(Tick(tick), std::mem::take(free));
        self.history.push(Arc::clone(snapshot));
    }

    /// One tick: an input with its acks, two events, an Update with them.
    fn tick(&mut self, tick: u32, acks: bool) {
        let now = Time::from_nanos(u64::from(tick) * 10_000_000);
        let acked = if acks { tick - 1 } else { 0 };
        let ack = Ack { update: acked as u16, event: EventSeq(acked * 2), stamp: Stamp(tick) };
        self.input.clear();
        let message = InputMessage::new(ack, tick as u16, tick as u16, &[InputTime::default()]);
        message.encode(&self.layout, &[3, 1], &mut self.input);
        self.session.handle_message(&self.input, now, Some(&self.layout), &mut self.room).unwrap();

        let applied = self.room.buffer.take(Tick(tick), now);
        for _ in 0..2 {
            let fields = &self.fields;
            let event = EventRecord { tick: Tick(tick), class: 0, cause: None, droppable: false, fields };
            self.session.push_event(&event).unwrap();
        }
        self.snapshot(tick);
        self.cache.clear();
        let (session, history, cache) = (&self.session, &self.history, &mut self.cache);
        let keys = [(0, PartKey::Everyone), (1, PartKey::Own(PlayerId(1)))];
        let coded = keys.map(|(place, key)| {
            let body = session.body_key(place, key, Tick(tick), history, now).unwrap();
            let hash = session.hash_due(place, &body).then(|| cache.hash(&self.layout, history, &body));
            (body, hash, cache.body(&self.layout, history, &body))
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
            input: Some((applied.applied, applied.margin_q4)),
            commands_run: CommandSeq(0),
            slots: &slots,
        };
        self.out.clear();
        let mut pending = self.session.begin_update(&plan, now, &mut self.out).unwrap();
        while self.session.append_events(&mut pending, &mut self.out) {}
        self.session.commit(pending, now);
        assert_eq!(applied.applied, InputSeq(tick));
    }
}

#[test]
fn the_steady_state_of_a_session_allocates_nothing() {
    let mut steady = Steady::new();
    // Without acks everything that can grow does so: 60 updates in flight, 120 events kept.
    for tick in 1..60 {
        steady.tick(tick, false);
    }
    for tick in 60..200 {
        steady.tick(tick, true);
    }
    let info = measure(|| {
        for tick in 200..1000 {
            steady.tick(tick, true);
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(steady.session.stats().ack_strikes, 0);
}

#[test]
fn a_connection_without_hello_allocates_nothing() {
    let info = measure(|| {
        let mut session = ServerSession::new(Time::default());
        assert!(session.handle_timeout(Time::from_nanos(3_000_000_000)).is_err());
    });
    assert_eq!(info.count_total, 0);
    assert!(size_of::<ServerSession>() <= 160, "{} bytes", size_of::<ServerSession>());
}
