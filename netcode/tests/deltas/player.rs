//! One player: both ends of its session, and what happens to the bytes between them.

use std::collections::VecDeque;

use tickwire_netcode::ids::{CommandSeq, PlayerId};
use tickwire_netcode::message::{Hello, Welcome};
use tickwire_netcode::session::{
    ClientConfig, ClientEvent, ClientSession, CommandRecord, InputRecord, ServerSession, ServerSink,
    UpdatePlan,
};
use tickwire_netcode::snapshot::BodyCache;
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::time::Tick;

use crate::model::{Dice, seen};
use crate::room::{Counts, Shared};

/// Ticks from one damage to the next: three Resyncs within a minute are borne, and a tick is half a second.
const DAMAGE_TICKS: u32 = 41;

pub(crate) struct Player {
    id: PlayerId,
    server: ServerSession,
    client: ClientSession,
    /// Updates on their way.
    down: VecDeque<Vec<u8>>,
    up: VecDeque<Vec<u8>>,
    /// How many messages stay on their way.
    delay: usize,
    damaged: Option<Tick>,
    damages: u64,
}

/// The server's sink: a session without inputs tells the room nothing.
struct Nobody;

impl ServerSink for Nobody {
    fn hello(&mut self, _: Hello) {}
    fn input(&mut self, _: InputRecord<'_>) {}
    fn command(&mut self, _: CommandRecord<'_>) {}
    fn bye(&mut self, _: u8) {}
    fn reply(&mut self, _: &[u8]) {}
}

impl Player {
    pub(crate) fn join(id: PlayerId, shared: &Shared) -> Self {
        let mut client = ClientSession::new(ClientConfig::default());
        let mut server = ServerSession::new(shared.now);
        let (mut hello, mut answer) = (Vec::new(), Vec::new());
        assert!(client.poll_transmit(shared.now, &mut hello));
        server.handle_message(&hello, shared.now, None, &mut Nobody).unwrap();
        let welcome = Welcome {
            player: id.0,
            base_tick: shared.tick.0 - 1,
            tick_rate_hz: 2,
            snapshot_every: 1,
            schema_hash: shared.schema_hash,
            ..Welcome::default()
        };
        assert!(server.welcome(welcome, &shared.schema_bytes, shared.now, &mut answer));
        client.handle_message(&answer, shared.now).unwrap();
        Self {
            id,
            server,
            client,
            down: VecDeque::new(),
            up: VecDeque::new(),
            delay: shared.tick.0 as usize % 3,
            damaged: None,
            damages: 0,
        }
    }

    /// Delivers what has been on its way for long enough, in both directions.
    pub(crate) fn exchange(&mut self, shared: &Shared) {
        while self.down.len() > self.delay {
            let message = self.down.pop_front().expect("there is one");
            self.client.handle_message(&message, shared.now).unwrap();
        }
        let mut message = Vec::new();
        while self.client.poll_transmit(shared.now, &mut message) {
            self.up.push_back(std::mem::take(&mut message));
        }
        while self.up.len() > self.delay {
            let message = self.up.pop_front().expect("there is one");
            self.server.handle_message(&message, shared.now, Some(&shared.layout), &mut Nobody).unwrap();
        }
    }

    /// One send pass; returns how many bodies were asked for.
    pub(crate) fn send(
        &mut self,
        shared: &mut Shared,
        bodies: &mut BodyCache,
        dice: &mut Dice,
        counts: &mut Counts,
    ) -> u64 {
        if !self.server.gate_open() || dice.one_in(4) {
            counts.skipped += 1;
            return 0;
        }
        let (layout, history) = (&shared.layout, &shared.history);
        let keys = [(0, PartKey::Everyone), (1, PartKey::Own(self.id))];
        let coded = keys.map(|(place, key)| {
            let body = self.server.body_key(place, key, shared.tick, history, shared.now).unwrap();
            let due = shared.hash_always || self.server.hash_due(place, &body);
            let hash = due.then(|| bodies.hash(layout, history, &body));
            (body, hash, bodies.body(layout, history, &body))
        });
        for (body, hash, coded) in &coded {
            counts.full += u64::from(body.depth == 0);
            counts.same += u64::from(coded.same);
            counts.deltas += u64::from(body.depth > 0 && !coded.same);
            counts.hashes += u64::from(hash.is_some());
        }
        let slots = coded.each_ref().map(|(body, hash, coded)| SlotPlan {
            body: *body,
            same: coded.same,
            hash: *hash,
            bytes: bodies.bytes(coded),
        });
        let plan = UpdatePlan {
            tick: shared.tick,
            reanchor: false,
            input: None,
            commands_run: CommandSeq(0),
            slots: &slots,
        };
        let mut message = Vec::new();
        let pending = self.server.begin_update(&plan, shared.now, &mut message).expect("a newer tick");
        if dice.one_in(6) {
            // The kernel took no byte.
            counts.refused += 1;
            drop(pending);
            return 2;
        }
        self.server.commit(pending, shared.now);
        if dice.one_in(20) && self.damaged.is_none_or(|at| shared.tick.delta(at) > DAMAGE_TICKS as i32) {
            self.damaged = Some(shared.tick);
            self.damages += 1;
            counts.damaged += 1;
            message.pop();
        }
        self.down.push_back(message);
        2
    }

    /// What the client holds is what the room was at that tick.
    pub(crate) fn check(&mut self, shared: &Shared, counts: &mut Counts) {
        while let Some(event) = self.client.poll_event() {
            let ClientEvent::Updated { tick } = event else { continue };
            let expected = seen(&shared.states[tick.0 as usize], self.id.0);
            let world = self.client.world();
            let held: Vec<_> = world
                .entities()
                .map(|entity| (entity.id.0, entity.class, entity.own, entity.words.to_vec()))
                .collect();
            assert_eq!(held, expected, "player {} at tick {}", self.id.0, tick.0);
            counts.compared += 1;
        }
        assert!(self.client.stats().updates_failed <= self.damages, "an update failed that nobody damaged");
    }
}
