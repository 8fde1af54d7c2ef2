//! A whole server without sockets, threads or a clock: simulation, bridge, I/O driver, and netcode's own clients.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use allocation_counter::AllocationInfo;
use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::message::{Hello, Reject};
use tickwire_netcode::session::{ClientConfig, ClientEvent, ClientSession, GameEvent};
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::client_request;
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use crate::bridge::{self, InboundEntry, IoEnd, RoomId, SeatId};
use crate::clock::scripted;
use crate::directory::{Directory, KindEntry};
use crate::game::{Cx, Game, Inputs, Leave, Scene};
use crate::limits;
use crate::metrics::Metrics;
use crate::net::admission::{Admission, Capacity, Decision};
use crate::net::driver::{Driver, Edge};
use crate::net::service::ConnectionId;
use crate::net::transport::Transport;
use crate::sdk;
use crate::sessions::{GameSessions, Routes, Shared};
use crate::sim::inn::{Inn, Order};
use crate::sim::skirmish::{Ask, Skirmish, words};
use crate::sim::{Kind, RoomTimes, Setup, Simulation};

const RATE_HZ: u32 = 50;
pub(super) const TICK: Duration = Duration::from_millis(20);
const READABLE: Edge = Edge { readable: true, writable: false, peer_ended: false };
const WRITABLE: Edge = Edge { readable: false, writable: true, peer_ended: false };
const HANG_UP: Edge = Edge { readable: true, writable: false, peer_ended: true };

/// A room in which nothing is.
#[derive(Default)]
struct Gallery;

impl Game for Gallery {
    type Entities = ();
    type Input = ();
    type Event = ();
    type Command = ();

    fn join(&mut self, _: PlayerId, _: &mut Cx<'_, Self>) {}
    fn leave(&mut self, _: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {}
    fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}
    fn replicate(&self, _: &mut Scene<'_>) {}
}

/// What the kernel would hold of one connection.
#[derive(Debug, Default)]
struct Wire {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    /// How many more bytes the server may write.
    room: usize,
    hung_up: bool,
}

struct Socket(Rc<RefCell<Wire>>);

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        match wire.to_server.is_empty() {
            true if wire.hung_up => Ok(0),
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => wire.to_server.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        let count = bytes.len().min(wire.room);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        wire.room -= count;
        wire.to_client.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Socket {
    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One client: its end of the wire, its WebSocket and its session.
pub(super) struct Player {
    wire: Rc<RefCell<Wire>>,
    pub(super) id: ConnectionId,
    ws: WebSocket,
    pub(super) session: ClientSession,
    /// The answer to the upgrade has been read.
    upgraded: bool,
    /// The HTTP answer's first line.
    pub(super) status: String,
    pub(super) close_code: Option<u16>,
    pub(super) rejected: Option<Reject>,
    pub(super) events: Vec<GameEvent>,
    /// Sends nothing by itself.
    pub(super) mute: bool,
    /// The cable is out: nothing is read and nothing is sent.
    pub(super) is_cut: bool,
    /// All bytes as they came.
    pub(super) received: Vec<u8>,
    /// Updates that said to forget the clock.
    pub(super) reanchors: usize,
    /// How often it was moved to another room.
    pub(super) moves: usize,
}

impl Player {
    /// How many bytes the server may write to this client from now on.
    pub(super) fn set_room(&self, room: usize) {
        self.wire.borrow_mut().room = room;
    }

    pub(super) fn send_raw(&mut self, kind: MessageKind, payload: &[u8]) {
        let mut out = Vec::new();
        self.ws.send(kind, payload, &mut out);
        self.wire.borrow_mut().to_server.extend(out);
    }

    pub(super) fn command(&mut self, ask: &Ask) {
        let (index, words) = words(ask);
        self.session.push_command(index, &words).expect("a declared command");
    }

    pub(super) fn order(&mut self, order: &Order) {
        let mut words = Vec::new();
        let index = tickwire_netcode::schema::Command::quantize(order, &mut words, &mut 0);
        self.session.push_command(index, &words).expect("a declared command");
    }

    /// Kind and id of the room that it is in, as it was told.
    pub(super) fn place(&self) -> (&str, &str) {
        let welcome = self.session.welcome().expect("joined");
        (&welcome.kind, &welcome.room)
    }

    pub(super) fn hang_up(&self) {
        self.wire.borrow_mut().hung_up = true;
    }

    /// First words of the `Heard` events, and whether the others are all `Left`.
    pub(super) fn heard(&self) -> Vec<u32> {
        self.events.iter().filter(|event| event.class == 0).map(|event| event.words[0]).collect()
    }

    fn receive(&mut self, now: Time) {
        if self.is_cut {
            return;
        }
        let mut bytes = std::mem::take(&mut self.wire.borrow_mut().to_client);
        self.received.extend_from_slice(&bytes);
        if !self.upgraded {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.wire.borrow_mut().to_client = bytes;
                return;
            };
            let head = String::from_utf8_lossy(&bytes[..end]);
            self.status = head.lines().next().unwrap_or_default().to_owned();
            self.upgraded = true;
            bytes.drain(..end + 4);
            if !self.status.contains(" 101 ") {
                return;
            }
        }
        let mut input = Input::new(&mut bytes);
        let mut out = Vec::new();
        while let Some(event) = self.ws.poll_event(&mut input, now, &mut out) {
            match event {
                Event::Message { payload, .. } => {
                    // Type 0x43, seq, flags: PROTOCOL section 6.
                    self.reanchors += usize::from(payload[0] == 0x43 && payload[2] & 1 == 1);
                    self.session.handle_message(payload, now).expect("the server keeps the protocol");
                }
                Event::Closed(closed) => self.close_code = closed.code,
                Event::Ping | Event::Pong(_) => {}
            }
        }
        self.wire.borrow_mut().to_server.extend(out);
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::Rejected(reject) => self.rejected = Some(reject),
                ClientEvent::Game(event) => self.events.push(event),
                ClientEvent::Moved => self.moves += 1,
                ClientEvent::Welcomed | ClientEvent::Updated { .. } => {}
            }
        }
    }

    fn transmit(&mut self, now: Time) {
        if self.mute || self.is_cut || self.close_code.is_some() {
            return;
        }
        if self.session.input_due(now).is_some() {
            let words = self.session.schema().map_or(0, |schema| schema.input.fields.len());
            // Standing still: -1..=1 has 0 at word 1; no press.
            let _ = self.session.push_input(&[1, 0][..words], now);
        }
        let mut message = Vec::new();
        while self.session.poll_transmit(now, &mut message) {
            self.send_raw(MessageKind::Binary, &message);
            message.clear();
        }
    }
}

/// The server and its clients.
pub(super) struct World {
    simulations: Vec<Simulation>,
    driver: Driver<Socket, GameSessions>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) admission: Admission,
    pub(super) now: Time,
    pub(super) players: Vec<Player>,
}

impl World {
    pub(super) fn new(capacity: usize) -> Self {
        Self::with_threads(capacity, 1)
    }

    /// A world of this many simulation threads, which the test runs one after the other.
    pub(super) fn with_threads(capacity: usize, sim_threads: usize) -> Self {
        Self::build(capacity, sim_threads, |_| {})
    }

    /// A world whose simulation has been given more than the bridge holds, and has taken nothing of it.
    pub(super) fn held_up(capacity: usize) -> Self {
        let nobody = SeatId { room: RoomId { thread: 0, index: 9, serial: 9 }, player: PlayerId(1) };
        Self::build(capacity, 1, |link| {
            for _ in 0..limits::INBOUND_BATCHES_MAX {
                link.batch.entries.push(InboundEntry::Leave { seat: nobody, why: Leave::Lost });
                link.publish();
            }
            while link.batch.has_room() {
                link.batch.entries.push(InboundEntry::Leave { seat: nobody, why: Leave::Lost });
            }
        })
    }

    fn build(capacity: usize, sim_threads: usize, prepare: impl Fn(&mut IoEnd)) -> Self {
        let kinds = [
            Kind::of("skirmish", Skirmish::default).expect("a valid schema"),
            Kind::of("broken", || -> Skirmish { panic!("no such luck") }).expect("a valid schema"),
            Kind::of("inn", Inn::default).expect("a valid schema"),
            Kind::of("gallery", Gallery::default).expect("a valid schema"),
        ];
        let entry = |kind: &Kind| KindEntry {
            name: Arc::clone(&kind.wire.name),
            capacity: capacity as u32,
            private: &*kind.wire.name == "broken",
        };
        let directory = Arc::new(Directory::new(kinds.iter().map(entry).collect(), sim_threads, 1));
        let times = RoomTimes { tick_rate_hz: RATE_HZ, snapshot_every: 1 };
        let names = kinds.iter().map(|kind| Arc::clone(&kind.wire.name)).collect();
        let metrics = Arc::new(Metrics::new(1, sim_threads).with_kinds(names));
        let shared = Arc::new(Shared {
            routes: Routes::new(
                None,
                sdk::page(),
                vec!["https://friend.example".to_owned()],
                Arc::clone(&metrics),
            ),
            kinds: kinds.iter().map(|kind| Arc::clone(&kind.wire)).collect(),
            times,
            directory: Arc::clone(&directory),
            sessions: AtomicU32::new(1),
            clock: scripted::now,
        });
        let setup =
            Setup { kinds: kinds.into(), times, seed: 5, record: None, directory, clock: scripted::now };
        let (sim, mut io) = bridge::links(sim_threads, 1);
        io[0].iter_mut().for_each(prepare);
        let now = Time::from_nanos(1_000_000_000);
        let sessions = GameSessions::new(shared, 0, io.remove(0), metrics.io(0));
        let driver = Driver::new(sessions, metrics.io(0), now);
        let simulation =
            |(thread, ends)| Simulation::new(setup.clone(), ends).with_metrics(metrics.simulation(thread));
        let simulations = sim.into_iter().enumerate().map(simulation).collect();
        let admission = Admission::new(Capacity { connections_max: 1 << 10, limit_loopback: false });
        Self { simulations, driver, metrics, admission, now, players: Vec::new() }
    }

    /// Connects a client that will say this Hello; gives its index.
    pub(super) fn connect_as(&mut self, kind: &str, room: &str, origin: Option<&str>) -> usize {
        let wire = Rc::new(RefCell::new(Wire { room: usize::MAX, ..Wire::default() }));
        let mut request = Vec::new();
        client_request("h", "/ws", [7; 16], origin, &mut request).expect("a valid request");
        wire.borrow_mut().to_server.extend(request);
        let Decision::Take(ticket) = self.admission.admit(([127, 0, 0, 1], 1).into(), self.now) else {
            panic!("no place")
        };
        let Ok(id) = self.driver.insert(Socket(Rc::clone(&wire)), ticket, self.now) else {
            panic!("the table is full")
        };
        let hello = Hello {
            kind: Text::truncated(kind),
            room: Text::truncated(room),
            name: Text::truncated("ann"),
            ..Hello::default()
        };
        self.players.push(Player {
            wire,
            id,
            ws: WebSocket::new(Role::Client, Limits::LIFTED, 1),
            session: ClientSession::new(ClientConfig { hello, cached_schema: None }),
            upgraded: false,
            status: String::new(),
            close_code: None,
            rejected: None,
            events: Vec::new(),
            mute: false,
            is_cut: false,
            received: Vec::new(),
            reanchors: 0,
            moves: 0,
        });
        self.players.len() - 1
    }

    /// Connects and runs until the client lives in the room.
    pub(super) fn join(&mut self, room: &str) -> usize {
        let player = self.connect_as("skirmish", room, None);
        self.ticks(3);
        assert!(self.players[player].session.is_live(), "joined and synchronized");
        player
    }

    /// Moves bytes in both directions, without a tick.
    pub(super) fn exchange(&mut self) {
        for player in &mut self.players {
            player.transmit(self.now);
            let edge = if player.wire.borrow().hung_up { HANG_UP } else { READABLE };
            self.driver.handle_edge(player.id, edge, self.now);
            self.driver.handle_edge(player.id, WRITABLE, self.now);
        }
        self.driver.serve_ready(self.now);
        self.driver.end_turn(self.now);
        for player in &mut self.players {
            player.receive(self.now);
        }
    }

    /// Clients send and the server reads; what the server has sent stays on the way.
    pub(super) fn transmit_only(&mut self) {
        for player in &mut self.players {
            player.transmit(self.now);
            self.driver.handle_edge(player.id, READABLE, self.now);
        }
        self.driver.serve_ready(self.now);
        self.driver.end_turn(self.now);
    }

    /// Runs one tick of the simulation and lets the I/O thread take it, or not yet.
    pub(super) fn simulate(&mut self, reanchor: bool) {
        scripted::set(self.now);
        for simulation in &mut self.simulations {
            simulation.drain(self.now);
            simulation.advance(self.now, reanchor, |_| {});
        }
    }

    /// What the wake of a tick does.
    pub(super) fn send_pass(&mut self) {
        self.driver.tick(self.now);
    }

    pub(super) fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            self.exchange();
            self.simulate(false);
            self.send_pass();
            self.exchange();
            self.now = self.now + TICK;
        }
    }

    /// Runs one tick like [`ticks`](Self::ticks); gives what was allocated on the server's side.
    pub(super) fn tick_counting_allocations(&mut self) -> AllocationInfo {
        for player in &mut self.players {
            player.transmit(self.now);
            // The scripted kernel's memory is not the server's.
            player.wire.borrow_mut().to_client.reserve(1 << 16);
        }
        scripted::set(self.now);
        let counted = allocation_counter::measure(|| {
            for player in &self.players {
                self.driver.handle_edge(player.id, READABLE, self.now);
            }
            self.driver.serve_ready(self.now);
            self.driver.end_turn(self.now);
            for simulation in &mut self.simulations {
                simulation.drain(self.now);
                simulation.advance(self.now, false, |_| {});
            }
            self.driver.tick(self.now);
        });
        for player in &mut self.players {
            player.receive(self.now);
        }
        self.now = self.now + TICK;
        counted
    }

    /// The value of one series of `/metrics`.
    #[track_caller]
    pub(super) fn series(&self, name: &str) -> u64 {
        let text = self.metrics.render();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no series {name}")).parse().expect("a whole number")
    }

    /// How many connections the I/O thread holds.
    pub(super) fn connection_count(&self) -> usize {
        self.driver.connection_count()
    }

    /// Tick that a client's world shows.
    pub(super) fn tick_of(&self, player: usize) -> u32 {
        self.players[player].session.world_tick().0
    }
}
