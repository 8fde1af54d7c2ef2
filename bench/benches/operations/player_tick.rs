//! What one more player costs an I/O thread in each tick, system calls apart: an input comes in and is buffered, the tick takes it,
//! an update with the body that all share goes out.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::ids::{CommandSeq, EntityId, EventSeq};
use tickwire_netcode::message::{Ack, Hello, InputMessage, InputTime, Welcome};
use tickwire_netcode::schema::{Input as _, Layout, Schema};
use tickwire_netcode::session::{
    ArrivedInput, CommandRecord, InputBuffer, InputRecord, ServerSession, ServerSink, UpdatePlan, Waited,
};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::snapshot::{BodyCache, History, Snapshot, SnapshotBuilder};
use tickwire_netcode::time::{Stamp, Tick, Time};
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};
use tickwire_netcode::{Input as DeriveInput, Replicate};

use super::Operation;

/// Enough that the room's own part of a tick, of few entities, does not show.
const PLAYERS: u32 = 64;
const ENTITIES: u32 = 16;
const TICK_NS: u64 = 16_666_667;

pub(super) fn operations() -> Vec<Operation> {
    vec![Operation {
        name: "player_tick",
        per_call: PLAYERS,
        prepare: || {
            let mut room = Room::new();
            Box::new(move || room.tick())
        },
    }]
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    #[rep(range = 0..=65_535)]
    x: u32,
    hp: u8,
}

#[derive(DeriveInput, Clone, Copy, Default)]
#[rep(crate = tickwire_netcode)]
struct Stick {
    turn: i8,
    #[rep(edge)]
    fire: bool,
}

struct Player {
    server: WebSocket,
    client: WebSocket,
    session: ServerSession,
    seat: Seat,
}

/// Where a session puts its inputs.
struct Seat(InputBuffer<Stick>);

impl ServerSink for Seat {
    fn hello(&mut self, _: Hello) {}
    fn input(&mut self, input: InputRecord<'_>) {
        self.0.push(ArrivedInput {
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

struct Room {
    layout: Layout,
    players: Vec<Player>,
    builder: SnapshotBuilder,
    history: History,
    bodies: BodyCache,
    tick: u32,
    message: Vec<u8>,
    wire: Vec<u8>,
    out: Vec<u8>,
}

impl Room {
    fn new() -> Self {
        let schema = Schema::of::<Ship, Stick, (), ()>().expect("a schema");
        let period = Duration::from_nanos(TICK_NS);
        let player = |id| {
            let mut seat = Seat(InputBuffer::new(Tick(1), Time::default() + period, period));
            let mut session = ServerSession::new(Time::default());
            let mut hello = Vec::new();
            Hello { protocol: 1, ..Hello::default() }.encode(&mut hello);
            session.handle_message(&hello, Time::default(), None, &mut seat).expect("a Hello");
            let welcome = Welcome { player: id, tick_rate_hz: 60, snapshot_every: 1, ..Welcome::default() };
            assert!(session.welcome(welcome, &[], Time::default(), &mut Vec::new()));
            Player {
                server: WebSocket::new(Role::Server, Limits::default(), 0),
                client: WebSocket::new(Role::Client, Limits::default(), 7),
                session,
                seat,
            }
        };
        Self {
            layout: Layout::new(&schema).expect("a layout"),
            players: (1..=PLAYERS).map(player).collect(),
            builder: SnapshotBuilder::new(),
            history: History::default(),
            bodies: BodyCache::default(),
            tick: 0,
            message: Vec::new(),
            wire: Vec::new(),
            out: Vec::new(),
        }
    }

    /// One tick of all players. What the clients do is in it: one short message each.
    fn tick(&mut self) {
        self.tick += 1;
        for id in 1..=ENTITIES {
            let words = [(self.tick * id) & 0xffff, id];
            self.builder.put(EntityId(id), 0, None, 0, |out| out.extend_from_slice(&words));
        }
        self.history.push(Arc::new(self.builder.finish(Tick(self.tick), Snapshot::default())));
        self.bodies.clear();
        let Self { layout, players, history, bodies, tick, message, wire, out, .. } = self;
        let (tick, now) = (*tick, Time::from_nanos(u64::from(*tick) * TICK_NS));
        for player in players {
            wire.clear();
            player.say_input(layout, tick, message, wire);
            player.take_input(layout, now, wire);
            out.clear();
            player.send_update(layout, Tick(tick), now, history, bodies, out);
            black_box(&out);
        }
    }
}

impl Player {
    fn say_input(&mut self, layout: &Layout, tick: u32, message: &mut Vec<u8>, wire: &mut Vec<u8>) {
        let ack = Ack { update: (tick - 1) as u16, event: EventSeq(0), stamp: Stamp(tick) };
        message.clear();
        InputMessage::new(ack, tick as u16, tick as u16, &[InputTime::default()]).encode(
            layout,
            &[3, 1],
            message,
        );
        self.client.send(MessageKind::Binary, message, wire);
    }

    fn take_input(&mut self, layout: &Layout, now: Time, wire: &mut [u8]) {
        let mut input = Input::new(wire);
        while let Some(event) = self.server.poll_event(&mut input, now, &mut Vec::new()) {
            if let Event::Message { payload, .. } = event {
                self.session.handle_message(payload, now, Some(layout), &mut self.seat).expect("an input");
            }
        }
    }

    fn send_update(
        &mut self,
        layout: &Layout,
        tick: Tick,
        now: Time,
        history: &History,
        bodies: &mut BodyCache,
        out: &mut Vec<u8>,
    ) {
        let applied = self.seat.0.take(tick, now);
        let body = self.session.body_key(0, PartKey::Everyone, tick, history, now).expect("active");
        let hash = self.session.hash_due(0, &body).then(|| bodies.hash(layout, history, &body));
        let coded = bodies.body(layout, history, &body);
        let plan = UpdatePlan {
            tick,
            reanchor: false,
            input: Some((applied.applied, applied.margin_q4)),
            commands_run: CommandSeq(0),
            slots: &[SlotPlan { body, same: coded.same, hash, bytes: bodies.bytes(&coded) }],
        };
        let mark = self.server.begin(MessageKind::Binary, out);
        let pending = self.session.begin_update(&plan, now, out).expect("a newer tick");
        self.server.end(mark, out);
        self.session.commit(pending, now);
    }
}
