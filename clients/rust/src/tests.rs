//! The client against a server of a few lines, both on loopback and on one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::ids::{CommandSeq, EntityId, InputSeq, PlayerId};
use tickwire_netcode::message::{Hello, Welcome, codec, encode_event_fields};
use tickwire_netcode::schema::{self, Event as _, Layout, Schema};
use tickwire_netcode::session::{
    CommandRecord, EventRecord, InputRecord, ServerSession, ServerSink, UpdatePlan,
};
use tickwire_netcode::snapshot::update::{PartKey, SlotPlan};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder};
use tickwire_netcode::time::{Tick, Time};
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, accept, write_refusal};
use tickwire_netcode::ws::{Event as WsEvent, Input as WsInput, Limits, MessageKind, Role, WebSocket};
use tickwire_netcode::{Command, Event, Input, Replicate};

use crate::{BadUrl, Client, ClientError, Clock, Options, SchemaProblem, Target};

#[derive(Replicate, Debug, PartialEq)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    hp: u8,
    #[rep(owner)]
    ammo: u8,
}

#[derive(Input, Clone, Copy, Default, Debug, PartialEq)]
#[rep(crate = tickwire_netcode)]
struct Stick {
    thrust: bool,
}

#[derive(Event, Debug, PartialEq)]
#[rep(crate = tickwire_netcode)]
enum Happened {
    Started,
    Boom { by: u8 },
}

#[derive(Command, Debug, PartialEq)]
#[rep(crate = tickwire_netcode)]
enum Ask {
    Respawn,
    Buy { item: u8 },
}

mod other {
    use super::{Input, Replicate};

    #[derive(Replicate)]
    #[rep(crate = tickwire_netcode)]
    pub(super) struct Ship {
        pub(super) hp: u16,
    }

    #[derive(Replicate)]
    #[rep(crate = tickwire_netcode)]
    pub(super) struct Wall {
        pub(super) height: u8,
    }

    #[derive(Input, Clone, Copy, Default)]
    #[rep(crate = tickwire_netcode)]
    pub(super) struct Stick {
        pub(super) brake: bool,
    }
}

/// A room of one player over one accepted connection.
struct Server {
    stream: TcpStream,
    ws: WebSocket,
    session: ServerSession,
    schema: Schema,
    layout: Layout,
    seen: Seen,
    out: Vec<u8>,
    tick: u32,
}

#[derive(Default)]
struct Seen {
    hello: Option<Hello>,
    inputs: Vec<(u32, Vec<u32>)>,
    commands: Vec<(u8, Vec<u32>)>,
    bye: Option<u8>,
}

impl ServerSink for Seen {
    fn hello(&mut self, hello: Hello) {
        self.hello = Some(hello);
    }
    fn input(&mut self, input: InputRecord<'_>) {
        self.inputs.push((input.number.0, input.words.to_vec()));
    }
    fn command(&mut self, command: CommandRecord<'_>) {
        self.commands.push((command.index, command.words.to_vec()));
    }
    fn bye(&mut self, reason: u8) {
        self.bye = Some(reason);
    }
    fn reply(&mut self, _: &[u8]) {}
}

impl Server {
    /// Accepts the connection, and answers the upgrade while the client polls.
    fn accept(listener: &TcpListener, client: &mut Client, clock: &Clock) -> Self {
        let (mut stream, _) = listener.accept().unwrap();
        client.poll(clock.now()).unwrap();
        let mut head = HeadBuffer::new();
        let mut out = Vec::new();
        let mut byte = [0];
        loop {
            stream.read_exact(&mut byte).unwrap();
            if let Some(head) = head.push(&byte).unwrap() {
                let request = Request::parse(head.bytes).unwrap();
                assert_eq!(request.path(), "/ws");
                accept(&request).unwrap().write_response(&mut out);
                break;
            }
        }
        stream.set_nonblocking(true).unwrap();
        let schema = Schema::of::<Ship, Stick, Happened, Ask>().unwrap();
        Self {
            stream,
            ws: WebSocket::new(Role::Server, Limits::default(), 0),
            session: ServerSession::new(clock.now()),
            layout: Layout::new(&schema).unwrap(),
            schema,
            seen: Seen::default(),
            out,
            tick: 0,
        }
    }

    fn poll(&mut self, now: Time) {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                let mut input = WsInput::new(&mut bytes[..count]);
                while let Some(event) = self.ws.poll_event(&mut input, now, &mut self.out) {
                    if let WsEvent::Message { payload, .. } = event {
                        let layout = self.session.is_active().then_some(&self.layout);
                        self.session.handle_message(payload, now, layout, &mut self.seen).unwrap();
                    }
                }
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        if let Some(hello) = self.seen.hello.take() {
            assert_eq!((hello.kind.as_str(), hello.name.as_str()), ("duel", "Ada"));
            self.welcome(now);
        }
        self.flush();
    }

    fn flush(&mut self) {
        self.stream.write_all(&self.out).unwrap();
        self.out.clear();
    }

    fn welcome(&mut self, now: Time) {
        let (mut schema_bytes, mut message) = (Vec::new(), Vec::new());
        codec::encode(&self.schema, &mut schema_bytes);
        let welcome = Welcome {
            player: 4,
            tick_rate_hz: 1000,
            snapshot_every: 1,
            schema_hash: schema::hash(&schema_bytes),
            ..Welcome::default()
        };
        assert!(self.session.welcome(welcome, &schema_bytes, now, &mut message));
        self.ws.send(MessageKind::Binary, &message, &mut self.out);
    }

    fn update(&mut self, now: Time, event: Option<&Happened>) {
        self.tick += 1;
        let mut builder = SnapshotBuilder::new();
        builder.put(EntityId(1), 0, Some(PlayerId(4)), 0, |words| words.extend([100, self.tick]));
        builder.put(EntityId(2), 0, Some(PlayerId(5)), 0, |words| words.extend([50, self.tick]));
        let snapshot = builder.finish(Tick(self.tick), Snapshot::default());
        let (mut public, mut own, mut message) = (Vec::new(), Vec::new(), Vec::new());
        let slots = [
            SlotPlan::full(&self.layout, &snapshot, PartKey::Everyone, &mut public),
            SlotPlan::full(&self.layout, &snapshot, PartKey::Own(PlayerId(4)), &mut own),
        ];
        if let Some(event) = event {
            let (mut words, mut fields) = (Vec::new(), Vec::new());
            let class = event.quantize(&mut words, &mut 0);
            encode_event_fields(&self.layout, class, &words, &mut fields);
            let tick = Tick(self.tick);
            let record = EventRecord { tick, class, cause: None, droppable: false, fields: &fields };
            self.session.push_event(&record).unwrap();
        }
        let plan = UpdatePlan {
            tick: Tick(self.tick),
            reanchor: false,
            input: None,
            commands_run: CommandSeq(0),
            slots: &slots,
        };
        let mut pending = self.session.begin_update(&plan, now, &mut message).unwrap();
        self.ws.send(MessageKind::Binary, &message, &mut self.out);
        message.clear();
        while self.session.append_events(&mut pending, &mut message) {
            self.ws.send(MessageKind::Binary, &message, &mut self.out);
            message.clear();
        }
        self.session.commit(pending, now);
        self.flush();
    }
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    (listener, url)
}

/// Polls both until `done`; gives up after more rounds than a loopback ever needs.
fn drive(
    client: &mut Client,
    server: &mut Server,
    clock: &Clock,
    mut done: impl FnMut(&mut Client, &mut Server) -> bool,
) {
    for _ in 0..5000 {
        client.poll(clock.now()).unwrap();
        server.poll(clock.now());
        if done(client, server) {
            return;
        }
        client.wait(clock.now(), Duration::from_millis(1)).unwrap();
    }
    panic!("it does not come to an end");
}

fn joined() -> (Client, Server, Clock) {
    let (listener, url) = listen();
    let clock = Clock::new();
    let mut client = Client::connect(&url, &Options::new("duel", "Ada")).unwrap();
    assert!(matches!(
        client.entities::<Ship>().err(),
        Some(ClientError::Schema { problem: SchemaProblem::NotJoined, .. })
    ));
    let mut server = Server::accept(&listener, &mut client, &clock);
    drive(&mut client, &mut server, &clock, |client, _| client.next_event() == Some(crate::Event::Joined));
    (client, server, clock)
}

#[test]
fn a_client_joins_plays_and_leaves_over_a_socket() {
    let (mut client, mut server, clock) = joined();
    assert_eq!(client.player(), Some(PlayerId(4)));
    server.update(clock.now(), Some(&Happened::Boom { by: 9 }));
    drive(&mut client, &mut server, &clock, |client, _| client.is_live());
    let ships: Vec<_> = client.entities::<Ship>().unwrap().collect();
    let want =
        [(EntityId(1), true, Ship { hp: 100, ammo: 1 }), (EntityId(2), false, Ship { hp: 50, ammo: 0 })];
    assert_eq!(ships, want);

    let mut events = Vec::new();
    drive(&mut client, &mut server, &clock, |client, _| {
        events.extend(std::iter::from_fn(|| client.next_event()));
        events.len() == 2
    });
    assert_eq!(events[0], crate::Event::Updated { tick: Tick(1) });
    let crate::Event::Game(event) = &events[1] else { panic!("{events:?}") };
    assert_eq!(client.decode_event::<Happened>(event).unwrap(), Happened::Boom { by: 9 });

    assert_eq!(client.command(&Ask::Buy { item: 7 }).unwrap(), CommandSeq(1));
    assert_eq!(client.command(&Ask::Respawn).unwrap(), CommandSeq(2));
    drive(&mut client, &mut server, &clock, |client, server| {
        while client.input_due(clock.now()) {
            client.input(&Stick { thrust: true }, clock.now()).unwrap();
        }
        server.seen.inputs.len() >= 3 && server.seen.commands.len() == 2
    });
    assert_eq!(server.seen.commands, [(1, vec![7]), (0, vec![])]);
    for (number, input) in (1..).zip(&server.seen.inputs) {
        assert_eq!(*input, (number, vec![1]));
    }

    client.leave();
    drive(&mut client, &mut server, &clock, |_, server| server.seen.bye == Some(0));
    server.ws.close(CloseCode::Normal.code(), "", &mut server.out);
    drive(&mut client, &mut server, &clock, |client, _| client.is_closed());
    let last = std::iter::from_fn(|| client.next_event()).last();
    assert_eq!(last, Some(crate::Event::Closed { code: Some(1000), clean: true }));
    assert!(!client.input_due(clock.now()));
}

#[test]
fn types_that_differ_from_the_servers_are_refused_by_name() {
    let (mut client, mut server, clock) = joined();
    let problem = |error: Option<ClientError>| match error {
        Some(ClientError::Schema { record, problem }) => (record, problem),
        other => panic!("{other:?}"),
    };
    let ships = client.entities::<other::Ship>().map(|ships| ships.map(|(_, _, ship)| ship.hp).sum::<u16>());
    assert_eq!(problem(ships.err()), ("Ship".into(), SchemaProblem::Different));
    let walls = client.entities::<other::Wall>().map(|walls| walls.map(|(_, _, wall)| wall.height).max());
    assert_eq!(problem(walls.err()), ("Wall".into(), SchemaProblem::Missing));
    let input = client.input(&other::Stick { brake: true }, clock.now()).map(|_: InputSeq| ());
    assert_eq!(problem(input.err()), ("Stick".into(), SchemaProblem::Different));
    server.update(clock.now(), None);
    drive(&mut client, &mut server, &clock, |client, _| client.is_live());
    assert_eq!(client.entities::<Ship>().unwrap().count(), 2, "a refusal is not remembered for others");
}

#[test]
fn a_connection_that_ends_without_a_close_frame_is_told_as_unclean() {
    let (mut client, server, clock) = joined();
    drop(server);
    for _ in 0..5000 {
        client.wait(clock.now(), Duration::from_millis(1)).unwrap();
        client.poll(clock.now()).unwrap();
        if client.is_closed() {
            break;
        }
    }
    assert_eq!(client.next_event(), Some(crate::Event::Closed { code: None, clean: false }));
}

#[test]
fn a_server_that_breaks_the_protocol_is_closed_with_its_code() {
    let (mut client, mut server, clock) = joined();
    server.ws.send(MessageKind::Binary, &[0x45, 0], &mut server.out);
    server.flush();
    let error = loop {
        client.wait(clock.now(), Duration::from_millis(1)).unwrap();
        if let Err(error) = client.poll(clock.now()) {
            break error;
        }
    };
    assert!(matches!(error, ClientError::Protocol(error) if error.close_code() == CloseCode::BadMessage));
    assert!(client.is_closed());
    client.poll(clock.now()).unwrap();
}

#[test]
fn a_refused_upgrade_says_its_status() {
    let (listener, url) = listen();
    let clock = Clock::new();
    let mut client = Client::connect(&url, &Options::new("duel", "Ada")).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut refusal = Vec::new();
    write_refusal(404, &[], &mut refusal);
    stream.write_all(&refusal).unwrap();
    client.wait(clock.now(), Duration::from_secs(5)).unwrap();
    let error = client.poll(clock.now()).unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
}

#[test]
fn nobody_listening_is_an_error_that_names_the_address() {
    let (listener, url) = listen();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Client::connect(&url, &Options::new("duel", "Ada")).unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }));
    assert!(error.to_string().contains(&address), "{error}");
}

#[test]
fn names_over_the_limit_are_refused_before_connecting() {
    let long = "x".repeat(33);
    let error = Client::connect("ws://127.0.0.1:1/ws", &Options::new(&long, "")).unwrap_err();
    assert!(matches!(error, ClientError::TooLong { what: "kind", max: 32 }));
}

#[test]
fn urls_are_read_or_refused_with_a_reason() {
    let target = |host: &str, port, path: &str| Ok(Target { host: host.into(), port, path: path.into() });
    for (url, want) in [
        ("ws://127.0.0.1:7777/ws", target("127.0.0.1", 7777, "/ws")),
        ("WS://game.example", target("game.example", 80, "/ws")),
        ("ws://game.example:81/a/b?c=d", target("game.example", 81, "/a/b?c=d")),
        ("ws://[::1]:7777/", target("::1", 7777, "/")),
        ("ws://[::1]", target("::1", 80, "/ws")),
        ("wss://game.example/ws", Err(BadUrl::Tls)),
        ("http://game.example/ws", Err(BadUrl::Scheme)),
        ("game.example:7777", Err(BadUrl::Scheme)),
        ("ws://", Err(BadUrl::Host)),
        ("ws://:7777/ws", Err(BadUrl::Host)),
        ("ws://a@b/ws", Err(BadUrl::Host)),
        ("ws://[::1", Err(BadUrl::Host)),
        ("ws://a:0/ws", Err(BadUrl::Port)),
        ("ws://a:65536", Err(BadUrl::Port)),
        ("ws://a:x/ws", Err(BadUrl::Port)),
    ] {
        assert_eq!(url.parse::<Target>(), want, "{url}");
    }
    let authority = |url: &str| url.parse::<Target>().unwrap().authority();
    assert_eq!(authority("ws://[::1]:5/ws"), "[::1]:5");
    assert_eq!(authority("ws://a"), "a:80");
}
