//! Peers of other makes: each exchanges messages with the echo example and joins a room.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use tickwire::prelude::Running;
use tickwire_tests::meadow;
use tickwire_tests::peer::{Heard, Peer, hello, types};
use tickwire_tests::process::{Program, Server, run};
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};

const LIMIT: Duration = Duration::from_secs(120);

fn servers() -> (Server, Running) {
    (Program::Example("ws_echo").start(&[]), meadow::start())
}

/// Where the room is joined.
fn room_url(room: &Running) -> String {
    format!("ws://{}/ws", room.addr())
}

fn hello_hex() -> String {
    hello(meadow::KIND, "peer").iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes everything");
        hex
    })
}

#[track_caller]
fn passes(command: &mut Command) {
    let out = run(command, LIMIT);
    assert!(out.status.success(), "{:?}\n{}\n{}", out.status, out.stdout, out.stderr);
    assert!(out.stdout.contains("echoed") && out.stdout.contains("joined"), "{}", out.stdout);
}

#[test]
fn the_package_ws_of_npm_is_served() {
    let Some([node]) = ready("npm ws", [Tool::Node]) else { return };
    let (echo, room) = servers();
    let script = repository::path("tests/browser/peer-ws.mjs");
    passes(Command::new(node).arg(script).args([echo.ws("/"), room_url(&room), hello_hex()]));
}

#[test]
fn the_sockets_of_chromium_are_served() {
    let Some([node, chromium]) = ready("chromium sockets", [Tool::Node, Tool::Chromium]) else { return };
    let (echo, room) = servers();
    let script = repository::path("tests/browser/peer-chromium.mjs");
    let urls = [echo.ws("/"), room_url(&room), format!("http://{}/healthz", room.addr()), hello_hex()];
    passes(Command::new(node).arg(script).arg(chromium).args(urls));
}

#[test]
fn the_package_websockets_of_python_is_served() {
    let Some([python]) = ready("python websockets", [Tool::Python]) else { return };
    let (echo, room) = servers();
    let script = repository::path("tests/python/peer.py");
    passes(Command::new(python).arg(script).args([echo.ws("/"), room_url(&room), hello_hex()]));
}

#[test]
fn tungstenite_is_served() {
    let (echo, room) = servers();
    let mut peer = Peer::connect(echo.address(), "/anything");
    for size in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let sent: Vec<u8> = (0..size).map(|i: usize| (i % 251) as u8).collect();
        peer.send(&sent);
        assert!(peer.hear() == Heard::Binary(sent), "{size} bytes came back changed");
    }
    peer.send_text("grüße ✓");
    assert_eq!(peer.hear(), Heard::Text("grüße ✓".into()));
    peer.close(1000);
    assert_eq!(peer.hear(), Heard::Closed(Some(1000)));

    let mut peer = Peer::join(room.addr(), meadow::KIND);
    peer.hear_type(types::UPDATE);
    peer.send(&[types::BYE, 0]);
    assert_eq!(peer.hear_close().0, Some(1000));
}
