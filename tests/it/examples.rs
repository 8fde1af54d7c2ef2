//! The examples `chat` and `lobby`, as processes, driven by Rust clients and by their pages.

use std::process::Command;
use std::time::Duration;

use tickwire::prelude::*;
use tickwire_tests::process::{Program, run};
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};
use tickwire_tests::visitor::{Visitor, drive, watch};

/// The parts of the examples' declarations that a client speaks.
mod chat {
    use super::*;

    #[derive(Replicate)]
    pub(super) struct Person {
        #[rep(max = 32, once)]
        pub(super) name: String,
        #[rep(once)]
        pub(super) player: u32,
        pub(super) typing: bool,
    }

    #[derive(Input, Clone, Copy, Default)]
    pub(super) struct Keyboard {
        pub(super) typing: bool,
    }

    #[derive(Command)]
    pub(super) enum Say {
        Line {
            #[rep(max = 200)]
            text: String,
        },
        Whisper {
            to: u32,
            #[rep(max = 200)]
            text: String,
        },
    }

    #[derive(Event, Debug, PartialEq)]
    pub(super) enum Heard {
        Line {
            from: u32,
            #[rep(max = 32)]
            name: String,
            #[rep(max = 200)]
            text: String,
            whispered: bool,
        },
        Left {
            #[rep(max = 32)]
            name: String,
        },
    }
}

#[test]
fn the_chat_example_carries_lines_whispers_and_who_is_here() {
    use chat::{Heard, Keyboard, Person, Say};
    let server = Program::Example("chat").start(&["--listen", "127.0.0.1:0"]);
    let join = |name| Visitor::connect(server.address(), "chat", "friends", name);
    let mut people = vec![join("ann"), join("bob"), join("cid")];
    watch("all see all", &mut people, |people| {
        people
            .iter()
            .all(|p| p.client.is_live() && p.client.entities::<Person>().is_ok_and(|all| all.count() == 3))
    });
    let number = people[1].client.player().expect("joined").0;
    let say = |visitor: &mut Visitor, say: Say| visitor.client.command(&say).expect("a declared command");
    say(&mut people[0], Say::Whisper { to: number, text: "psst".to_owned() });
    say(&mut people[0], Say::Line { text: "grüß Gott".to_owned() });
    watch("all hear the line", &mut people, |people| {
        people
            .iter()
            .all(|p| p.heard::<Heard>().iter().any(|h| matches!(h, Heard::Line { whispered: false, .. })))
    });
    let lines = |visitor: &Visitor| {
        let heard = visitor.heard::<Heard>();
        heard
            .into_iter()
            .filter_map(|h| if let Heard::Line { text, .. } = h { Some(text) } else { None })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        people.iter().map(lines).collect::<Vec<_>>(),
        [vec!["psst", "grüß Gott"], vec!["psst", "grüß Gott"], vec!["grüß Gott"]]
    );
    drive(
        "bob is seen typing",
        &mut people,
        |p| p.give(&Keyboard { typing: true }),
        |people| {
            let mut all = people[0].client.entities::<Person>().expect("the same class");
            all.any(|(_, own, person)| {
                !own && person.name == "bob" && person.player == number && person.typing
            })
        },
    );
    people.pop().expect("three").client.leave();
    people.truncate(2);
    watch("the others hear who left", &mut people, |people| {
        people.iter().all(|p| p.heard::<Heard>().contains(&Heard::Left { name: "cid".to_owned() }))
    });
}

mod lobby {
    use super::*;

    #[derive(Replicate)]
    pub(super) struct Seat {
        #[rep(max = 32, once)]
        pub(super) name: String,
        pub(super) presses: u16,
        #[rep(range = 0.0..60.0, step = 0.1)]
        pub(super) seconds_left: f32,
    }

    #[derive(Input, Clone, Copy, Default)]
    pub(super) struct Button {
        #[rep(edge)]
        pub(super) press: bool,
    }

    #[derive(Command)]
    pub(super) enum Wish {
        Play,
    }
}

#[test]
fn the_lobby_example_takes_pairs_to_tables_and_back() {
    use lobby::{Button, Seat, Wish};
    let server = Program::Example("lobby").start(&["--listen", "127.0.0.1:0"]);
    let mut guests: Vec<Visitor> =
        ["ann", "bob", "cid"].map(|name| Visitor::connect(server.address(), "lobby", "", name)).into();
    watch("all are in the lobby", &mut guests, |guests| guests.iter().all(|g| g.client.is_live()));
    for guest in &mut guests {
        guest.client.command(&Wish::Play).expect("a declared command");
    }
    let at_table = |guest: &&Visitor| guest.place() == Some(("table", "table 1")) && guest.client.is_live();
    watch("a pair is at the table", &mut guests, |guests| guests.iter().filter(at_table).count() == 2);
    let (mut pair, mut rest): (Vec<_>, Vec<_>) = guests.into_iter().partition(|guest| at_table(&guest));
    let presses = |pair: &[Visitor]| {
        let seats = pair[0].client.entities::<Seat>().expect("the same class");
        seats.map(|(_, _, seat)| (seat.presses, seat.name, seat.seconds_left)).collect::<Vec<_>>()
    };
    drive(
        "both press",
        &mut pair,
        |guest| guest.give(&Button { press: true }),
        |pair| presses(pair).iter().filter(|(count, ..)| *count >= 5).count() == 2,
    );
    assert!(presses(&pair).iter().all(|(_, name, left)| !name.is_empty() && *left < 10.0));
    // The one who leaves ends the game; the other is back in the lobby.
    pair.pop().expect("two").client.leave();
    watch("back in the lobby", &mut pair, |pair| {
        pair[0].place() == Some(("lobby", "1")) && pair[0].client.is_live()
    });
    watch("the third has waited there", &mut rest, |rest| rest[0].client.is_live());
    assert_eq!((pair[0].moves, rest[0].moves), (2, 0));
}

/// Uses the example's page in a browser.
#[track_caller]
fn visit(example: &'static str) {
    let Some([node, chromium]) = ready("pages of the examples", [Tool::Node, Tool::Chromium]) else { return };
    let server = Program::Example(example).start(&["--listen", "127.0.0.1:0"]);
    let script = repository::path("tests/browser/examples.mjs");
    let mut command = Command::new(node);
    command.arg(script).arg(chromium).args([example, &server.http("/")]);
    let out = run(command.arg(repository::artifacts("examples")), Duration::from_secs(120));
    assert!(out.status.success(), "{}\n{}", out.stdout, out.stderr);
}

#[test]
fn two_people_talk_and_whisper_on_the_chat_page() {
    visit("chat");
}

#[test]
fn two_people_meet_at_a_table_of_the_lobby_page_and_come_back() {
    visit("lobby");
}

mod swarm {
    use super::*;

    #[derive(Replicate)]
    pub(super) struct Body {
        #[rep(range = 0.0..1024.0, step = 0.02)]
        pub(super) at: Vec2,
        #[rep(range = -200.0..200.0, step = 0.1)]
        pub(super) speed: Vec2,
        #[rep(angle, bits = 12)]
        pub(super) angle: f32,
        pub(super) hp: u8,
    }

    #[derive(Input, Clone, Copy, Default)]
    pub(super) struct Stick {
        #[rep(range = -1..=1)]
        pub(super) turn: i8,
        pub(super) thrust: bool,
    }
}

#[test]
fn the_swarm_example_moves_everybody_at_every_tick_and_its_own_as_told() {
    use swarm::{Body, Stick};
    let server = Program::Example("swarm").start(&[]);
    let mut players = ["ann", "bob"].map(|name| Visitor::connect(server.address(), "swarm", "", name));
    watch("all are there", &mut players, |players| players.iter().all(|p| p.client.is_live()));
    let bodies = |visitor: &Visitor| {
        let all = visitor.client.entities::<Body>().expect("the same class");
        all.map(|(_, own, body)| (own, body)).collect::<Vec<_>>()
    };
    watch("both see two bodies", &mut players, |players| players.iter().all(|p| bodies(p).len() == 2));
    let before = bodies(&players[0]);
    let has_changed = |((_, old), (_, new)): (&(bool, Body), &(bool, Body))| {
        old.at != new.at && old.speed != new.speed && old.angle != new.angle && old.hp != new.hp
    };
    drive(
        "all of every body changes, and the own one is at full speed",
        &mut players,
        |player| player.give(&Stick { turn: 1, thrust: true }),
        |players| {
            let now = bodies(&players[0]);
            let is_fast = now.iter().any(|(own, body)| *own && body.speed.length() > 170.0);
            is_fast && now.len() == 2 && before.iter().zip(&now).all(has_changed)
        },
    );
}
