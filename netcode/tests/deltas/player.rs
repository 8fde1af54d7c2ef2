//! One player: both ends of its session, what happens to the bytes between them, and what each message has to lead to.

use std::collections::{BTreeMap, VecDeque};

use tickwire_netcode::ids::{CommandSeq, PlayerId};
use tickwire_netcode::message::{Hello, codec};
use tickwire_netcode::session::{
    ClientConfig, ClientEvent, ClientSession, CommandRecord, InputRecord, ServerSession, ServerSink,
    UpdatePlan,
};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::time::{Tick, Time};

use super::house::Counts;
use super::model::{Dice, Rows};
use super::room::Room;
use super::transcript::Transcript;

/// From one damage to the next: three Resyncs within a minute are borne.
const DAMAGE_NANOS: u64 = 20_500_000_000;

/// What a message is about, and what the client is to hold after it.
enum Leads {
    /// The session goes on in that room, with that id.
    Moved(usize, PlayerId),
    /// An Update that can be applied. In full: to any state.
    Update { tick: Tick, rows: Rows, full: bool },
    /// An Update that cannot be applied.
    Damaged,
}

/// What the player sent, by number: how many moves it had seen, and the words.
type Commands = BTreeMap<u32, (u32, Vec<u32>)>;

pub(crate) struct Player {
    /// The server's end: id, room, and how many moves there were.
    id: PlayerId,
    room: usize,
    moves: u32,
    server: ServerSession,
    /// The client's end, which learns of all that later.
    client: ClientSession,
    client_room: usize,
    moves_seen: u32,
    /// What the client is to hold, and whether it may be waiting for an Update in full.
    held: Rows,
    waits: bool,
    commands: Commands,
    command: u32,
    down: VecDeque<(Vec<u8>, Leads)>,
    up: VecDeque<Vec<u8>>,
    /// How many messages stay on their way.
    delay: usize,
    damaged: Option<Time>,
    pub(crate) transcript: Transcript,
}

/// What the server hears: commands of the room that it believes the player in, each once and none left out.
struct Ear<'a> {
    moves: u32,
    commands: &'a Commands,
    newest: &'a mut u32,
    counts: &'a mut Counts,
}

impl ServerSink for Ear<'_> {
    fn hello(&mut self, _: Hello) {}
    fn input(&mut self, _: InputRecord<'_>) {}
    fn command(&mut self, command: CommandRecord<'_>) {
        let number = command.number.0;
        assert!(number > *self.newest, "command {number} after {}", self.newest);
        assert_eq!(self.commands[&number], (self.moves, command.words.to_vec()), "command {number}");
        let lost = self.commands.range(*self.newest + 1..number).find(|(_, (moves, _))| *moves == self.moves);
        assert_eq!(lost, None, "it was meant for this room, and command {number} came");
        *self.newest = number;
        self.counts.commands += 1;
    }
    fn bye(&mut self, _: u8) {}
    fn reply(&mut self, _: &[u8]) {}
}

impl Player {
    pub(crate) fn join(place: usize, rooms: &mut [Room], now: Time) -> Self {
        let room = &mut rooms[place];
        let mut client = ClientSession::new(ClientConfig::default());
        let mut server = ServerSession::new(now);
        let (mut hello, mut answer) = (Vec::new(), Vec::new());
        assert!(client.poll_transmit(now, &mut hello));
        let (commands, mut newest, mut counts) = (Commands::new(), 0, Counts::default());
        let mut ear = Ear { moves: 0, commands: &commands, newest: &mut newest, counts: &mut counts };
        server.handle_message(&hello, now, None, &mut ear).unwrap();
        let welcome = room.seat();
        let id = PlayerId(welcome.player);
        assert!(server.welcome(welcome, &room.schema_bytes, now, &mut answer));
        client.handle_message(&answer, now).unwrap();
        let report = client.poll_event();
        assert_eq!(report, Some(ClientEvent::Welcomed));
        let mut transcript = Transcript::default();
        transcript.push(&answer, report.as_ref(), &Rows::new());
        Self {
            id,
            room: place,
            moves: 0,
            server,
            client,
            client_room: place,
            moves_seen: 0,
            held: Rows::new(),
            waits: false,
            commands,
            command: 0,
            down: VecDeque::new(),
            up: VecDeque::new(),
            delay: room.tick.0 as usize % 3,
            damaged: None,
            transcript,
        }
    }

    /// Goes on in another room, or in the same one anew.
    pub(crate) fn go(&mut self, place: usize, rooms: &mut [Room], now: Time) {
        let room = &mut rooms[place];
        let welcome = room.seat();
        self.id = PlayerId(welcome.player);
        self.room = place;
        self.moves += 1;
        let mut message = Vec::new();
        assert!(self.server.moved(welcome, &room.schema_bytes, now, &mut message));
        self.down.push_back((message, Leads::Moved(place, self.id)));
    }

    /// Delivers what has been on its way for long enough, in both directions.
    pub(crate) fn exchange(&mut self, rooms: &[Room], now: Time, dice: &mut Dice, counts: &mut Counts) {
        self.press(rooms, dice);
        while self.down.len() > self.delay {
            let (message, leads) = self.down.pop_front().expect("there is one");
            self.client.handle_message(&message, now).unwrap();
            let report = self.check(leads, rooms, counts);
            self.transcript.push(&message, report.as_ref(), &self.held);
        }
        self.press(rooms, dice);
        let mut message = Vec::new();
        while self.client.poll_transmit(now, &mut message) {
            self.up.push_back(std::mem::take(&mut message));
        }
        while self.up.len() > self.delay {
            let message = self.up.pop_front().expect("there is one");
            let (moves, commands, newest) = (self.moves, &self.commands, &mut self.command);
            let layout = Some(&rooms[self.room].layout);
            let stale = self.server.stats().stale;
            self.server
                .handle_message(&message, now, layout, &mut Ear { moves, commands, newest, counts })
                .unwrap();
            counts.dropped += self.server.stats().stale - stale;
        }
        assert_eq!(self.server.stats().ack_strikes, 0, "an ack that names what was not sent");
    }

    /// Now and then a command. Moved may arrive before it is sent: then it is none, and its number is used again.
    fn press(&mut self, rooms: &[Room], dice: &mut Dice) {
        if dice.one_in(6) {
            let words = rooms[self.client_room].command(dice);
            let number = self.client.push_command(0, &words).unwrap();
            self.commands.insert(number.0, (self.moves_seen, words));
        }
    }

    /// One send pass.
    pub(crate) fn send(&mut self, rooms: &mut [Room], now: Time, dice: &mut Dice, counts: &mut Counts) {
        if !self.server.gate_open() || dice.one_in(4) {
            counts.skipped += 1;
            return;
        }
        let room = &mut rooms[self.room];
        let encoded = room.bodies.encoded();
        let keys = [(0, PartKey::Everyone), (1, PartKey::Own(self.id))];
        let coded = keys.map(|(place, key)| {
            let body = self.server.body_key(place, key, room.tick, &room.history, now).unwrap();
            let due = room.hash_always || self.server.hash_due(place, &body);
            let hash = due.then(|| room.bodies.hash(&room.layout, &room.history, &body));
            (body, hash, room.bodies.body(&room.layout, &room.history, &body))
        });
        counts.shared += 2 - (room.bodies.encoded() - encoded);
        for (body, hash, coded) in &coded {
            counts.full += u64::from(body.depth == 0);
            counts.same += u64::from(coded.same);
            counts.deltas += u64::from(body.depth > 0 && !coded.same);
            counts.hashes += u64::from(hash.is_some());
        }
        let full = coded.iter().all(|(body, _, coded)| body.depth == 0 && !coded.same);
        let slots = coded.each_ref().map(|(body, hash, coded)| SlotPlan {
            body: *body,
            same: coded.same,
            hash: *hash,
            bytes: room.bodies.bytes(coded),
        });
        let plan = UpdatePlan {
            tick: room.tick,
            reanchor: false,
            input: None,
            commands_run: CommandSeq(0),
            slots: &slots,
        };
        let mut message = Vec::new();
        let pending = self.server.begin_update(&plan, now, &mut message).expect("a newer tick");
        if dice.one_in(6) {
            // The kernel took no byte.
            counts.refused += 1;
            drop(pending);
            return;
        }
        self.server.commit(pending, now);
        let mut leads = Leads::Update { tick: room.tick, rows: room.seen(self.id), full };
        let rested = |at: Time| now.as_nanos() - at.as_nanos() > DAMAGE_NANOS;
        if dice.one_in(20) && self.damaged.is_none_or(rested) {
            self.damaged = Some(now);
            counts.damaged += 1;
            message.pop();
            leads = Leads::Damaged;
        }
        self.down.push_back((message, leads));
    }

    /// The client holds what the room was at that tick, or still what it held before a message that it cannot apply. The
    /// first Update of a room has to be one that it can.
    fn check(&mut self, leads: Leads, rooms: &[Room], counts: &mut Counts) -> Option<ClientEvent> {
        let report = match leads {
            Leads::Moved(place, id) => {
                (self.client_room, self.held, self.waits) = (place, Rows::new(), false);
                self.moves_seen += 1;
                let mut schema = Vec::new();
                codec::encode(self.client.schema().expect("it has joined"), &mut schema);
                assert_eq!(schema, rooms[place].schema_bytes);
                assert_eq!(self.client.player(), Some(id));
                Some(ClientEvent::Moved)
            }
            Leads::Update { tick, rows, full } if full || !self.waits => {
                (self.held, self.waits) = (rows, false);
                counts.compared += 1;
                Some(ClientEvent::Updated { tick })
            }
            Leads::Update { .. } => None,
            Leads::Damaged => {
                self.waits = true;
                None
            }
        };
        assert_eq!(self.client.poll_event(), report, "player {}", self.id.0);
        let world = self.client.world();
        let held: Rows = world
            .entities()
            .map(|entity| (entity.id.0, entity.class, entity.own, entity.words.to_vec()))
            .collect();
        assert_eq!(held, self.held, "player {} after {report:?}", self.id.0);
        report
    }
}
