//! Rooms over real sockets: threads, lists, transfers, failures.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;
use tickwire::prelude::*;
use tickwire_client::netcode::close::CloseCode;
use tickwire_tests::visitor::{Visitor, drive, watch};

/// A place that does what it is told.
#[derive(Replicate)]
struct Body {
    #[rep(range = 0.0..1000.0, step = 0.5)]
    at: Vec2,
}

#[derive(Input, Clone, Copy, Default)]
struct Walk {
    right: bool,
}

#[derive(Command)]
enum Ask {
    Go {
        #[rep(max = 16)]
        kind: String,
        #[rep(max = 16)]
        room: String,
    },
    Panic,
}

#[derive(Event, Debug, PartialEq)]
enum Told {
    Gone { transferred: bool },
    Stays { full: bool },
}

#[derive(Default)]
struct Field(Vec<(EntityId, PlayerId, Body)>);

impl Game for Field {
    type Entities = Body;
    type Input = Walk;
    type Event = Told;
    type Command = Ask;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        self.0.push((cx.spawn_id(), player, Body { at: Vec2::ZERO }));
    }
    fn leave(&mut self, player: PlayerId, why: Leave, cx: &mut Cx<'_, Self>) {
        self.0.retain(|(_, owner, _)| *owner != player);
        cx.emit(Told::Gone { transferred: why == Leave::Transferred });
    }
    fn transfer_failed(&mut self, player: PlayerId, why: TransferError, cx: &mut Cx<'_, Self>) {
        cx.emit(Told::Stays { full: why == TransferError::Full }).to(player);
    }
    fn command(&mut self, player: PlayerId, ask: Ask, cx: &mut Cx<'_, Self>) {
        match ask {
            Ask::Go { kind, room } => cx.transfer(player, &kind, &room),
            Ask::Panic => panic!("asked to"),
        }
    }
    fn tick(&mut self, inputs: &Inputs<Walk>, _: &mut Cx<'_, Self>) {
        for (_, player, body) in &mut self.0 {
            body.at.x += if inputs.get(*player).right { 1.0 } else { 0.0 };
        }
    }
    fn replicate(&self, scene: &mut Scene<'_>) {
        self.0.iter().for_each(|(id, player, body)| scene.put_owned(*id, *player, body));
    }
}

/// The same rules under another schema.
#[derive(Replicate)]
struct Bench {
    free: bool,
}

#[derive(Default)]
struct Hall(Vec<(EntityId, PlayerId)>);

impl Game for Hall {
    type Entities = Bench;
    type Input = ();
    type Event = ();
    type Command = Ask;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        self.0.push((cx.spawn_id(), player));
    }
    fn leave(&mut self, player: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {
        self.0.retain(|(_, owner)| *owner != player);
    }
    fn command(&mut self, player: PlayerId, ask: Ask, cx: &mut Cx<'_, Self>) {
        if let Ask::Go { kind, room } = ask {
            cx.transfer(player, &kind, &room);
        }
    }
    fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}
    fn replicate(&self, scene: &mut Scene<'_>) {
        self.0.iter().for_each(|(id, player)| scene.put_owned(*id, *player, &Bench { free: false }));
    }
}

fn start(server: Server) -> Running {
    let bound = server.listen("127.0.0.1:0").expect("a free port");
    bound.start().expect("threads")
}

fn server() -> Server {
    Server::new()
        .room("field", Field::default)
        .room_with(RoomOptions::new("hall", Hall::default).capacity(2))
        .room_with(RoomOptions::new("cellar", Hall::default).private())
        .tick_rate(60)
}

fn rooms(address: SocketAddr) -> Vec<Value> {
    let mut stream = TcpStream::connect(address).expect("listening");
    write!(stream, "GET /rooms HTTP/1.1\r\nHost: h\r\n\r\n").expect("connected");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("application/json"), "{head}");
    let list: Value = serde_json::from_str(body).expect("JSON");
    list["rooms"].as_array().expect("a list").clone()
}

fn go(visitor: &mut Visitor, kind: &str, room: &str) {
    let ask = Ask::Go { kind: kind.to_owned(), room: room.to_owned() };
    visitor.client.command(&ask).expect("a declared command");
}

#[test]
fn players_of_a_room_meet_whatever_threads_their_connections_and_rooms_are_on() {
    let running = start(server().io_threads(3).sim_threads(2));
    let mut visitors: Vec<Visitor> = (0..16)
        .map(|n| Visitor::connect(running.addr(), "field", &format!("r{}", n % 4), &format!("v{n}")))
        .collect();
    drive(
        "everybody sees the four of its room walk",
        &mut visitors,
        |visitor| visitor.give(&Walk { right: true }),
        |visitors| {
            visitors.iter().all(|visitor| {
                visitor.client.is_live()
                    && visitor.client.entities::<Body>().is_ok_and(|all| {
                        let all: Vec<_> = all.collect();
                        all.len() == 4 && all.iter().all(|(_, _, body)| body.at.x > 5.0)
                    })
            })
        },
    );
    for (n, visitor) in visitors.iter().enumerate() {
        assert_eq!(visitor.place(), Some(("field", &*format!("r{}", n % 4))));
        let stats = visitor.client.stats();
        assert_eq!((stats.updates_failed, stats.resyncs), (0, 0));
    }
    running.shutdown(CloseCode::Restart, "");
    watch("all are closed", &mut visitors, |visitors| visitors.iter().all(|v| v.closed.is_some()));
    assert!(visitors.iter().all(|visitor| visitor.closed == Some(Some(1012))));
    running.join();
}

#[test]
fn the_list_of_rooms_shows_public_ones_with_their_players() {
    let running = start(server().io_threads(2));
    assert_eq!(rooms(running.addr()), [] as [Value; 0]);
    let mut visitors: Vec<Visitor> =
        [("field", "abc"), ("field", "abc"), ("field", "~secret"), ("cellar", "x"), ("hall", "")]
            .map(|(kind, room)| Visitor::connect(running.addr(), kind, room, "v"))
            .into();
    watch("all live", &mut visitors, |visitors| visitors.iter().all(|v| v.client.is_live()));
    let want = serde_json::json!([
        { "kind": "field", "id": "abc", "players": 2, "capacity": 1024 },
        { "kind": "hall", "id": "1", "players": 1, "capacity": 2 },
    ]);
    // The list may be a quarter of a second old.
    watch("the list is made anew", &mut visitors, |_| Value::from(rooms(running.addr())) == want);
}

#[test]
fn a_transfer_keeps_the_connection_across_threads_and_a_full_room_keeps_the_player() {
    let running = start(server().io_threads(2).sim_threads(2));
    let mut visitors: Vec<Visitor> =
        (0..3).map(|n| Visitor::connect(running.addr(), "field", "start", &format!("v{n}"))).collect();
    watch("all live", &mut visitors, |visitors| visitors.iter().all(|v| v.client.is_live()));
    visitors.iter_mut().for_each(|visitor| go(visitor, "hall", "small"));
    watch("two are in the hall, one is told", &mut visitors, |visitors| {
        let moved = visitors.iter().filter(|v| v.client.is_live() && v.place() == Some(("hall", "small")));
        moved.count() == 2
            && visitors
                .iter()
                .any(|v| v.moves == 0 && v.heard::<Told>().contains(&Told::Stays { full: true }))
    });
    let (mut moved, mut stays): (Vec<_>, Vec<_>) = visitors.into_iter().partition(|v| v.moves == 1);
    watch("the hall has both", &mut moved, |moved| {
        moved.iter().all(|v| v.client.entities::<Bench>().is_ok_and(|all| all.count() == 2))
    });
    assert!(moved[0].client.entities::<Body>().is_err(), "the schema is the hall's");
    watch("the field hears of both", &mut stays, |stays| {
        let heard = stays[0].heard::<Told>();
        heard.iter().filter(|told| **told == Told::Gone { transferred: true }).count() == 2
    });
    moved.iter_mut().for_each(|visitor| go(visitor, "field", "start"));
    drive(
        "all walk in the field again",
        &mut moved,
        |visitor| {
            if visitor.place() == Some(("field", "start")) {
                visitor.give(&Walk { right: true });
            }
        },
        |moved| {
            moved.iter().all(|visitor| {
                visitor.moves == 2
                    && visitor
                        .client
                        .entities::<Body>()
                        .is_ok_and(|mut all| all.any(|(_, own, b)| own && b.at.x > 5.0))
            })
        },
    );
    for visitor in &moved {
        let stats = visitor.client.stats();
        assert_eq!((stats.updates_failed, stats.resyncs, visitor.closed), (0, 0, None));
    }
}

#[test]
fn p1_a_panicking_room_closes_its_players_with_4009_and_nobody_else() {
    let running = start(server().sim_threads(2).io_threads(2));
    let mut visitors: Vec<Visitor> = ["doomed", "doomed", "calm", "quiet"]
        .map(|room| Visitor::connect(running.addr(), "field", room, "v"))
        .into();
    watch("all live", &mut visitors, |visitors| visitors.iter().all(|v| v.client.is_live()));
    visitors[1].client.command(&Ask::Panic).expect("a declared command");
    watch("the room's players are closed", &mut visitors, |visitors| {
        visitors[..2].iter().all(|v| v.closed.is_some())
    });
    assert!(visitors[..2].iter().all(|visitor| visitor.closed == Some(Some(4009))));
    let before = visitors[2].client.tick();
    watch("the others go on", &mut visitors[2..], |others| {
        others.iter().all(|v| v.closed.is_none() && v.client.tick().delta(before) > 20)
    });
    let mut again = [Visitor::connect(running.addr(), "field", "doomed", "v")];
    watch("a new room of that name", &mut again, |again| again[0].client.is_live());
}

#[test]
fn fewer_snapshots_mean_fewer_updates_and_the_same_game() {
    let running = start(server().snapshot_every(4));
    let mut visitors = [Visitor::connect(running.addr(), "field", "", "v")];
    let walked = |visitors: &[Visitor]| {
        let own = visitors[0].client.entities::<Body>().ok().and_then(|mut all| all.next());
        own.is_some_and(|(_, _, body)| body.at.x >= 60.0)
    };
    drive("a minute's walk", &mut visitors, |visitor| visitor.give(&Walk { right: true }), walked);
    let client = &visitors[0].client;
    assert_eq!(client.welcome().expect("joined").snapshot_every, 4);
    assert_eq!(client.tick().0 % 4, 0);
    // 60 steps took 60 ticks at least, of which a quarter came as an update.
    assert!(client.stats().updates < u64::from(client.tick().0) / 3, "{:?}", client.stats());
}
