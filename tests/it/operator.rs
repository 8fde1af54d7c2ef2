//! What whoever runs a server sees: `/metrics`, `/readyz`, and a server without descriptors.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use tickwire_tests::deadline::wait_for;
use tickwire_tests::meadow::{self, KIND};
use tickwire_tests::peer::{Peer, types};
use tickwire_tests::process::{Program, Server};

const LIMIT: Duration = Duration::from_secs(20);

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit above zero");
    stream
}

/// Status line, fields and body.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nHost: game\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("connected");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("a whole answer");
    answer
}

fn series(address: SocketAddr, name: &str) -> f64 {
    let text = get(address, "/metrics");
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no series {name} in {text}")).parse().expect("a number")
}

#[test]
fn a_game_server_is_ready_and_says_what_it_does() {
    let room = meadow::start();
    let address = room.addr();
    wait_for("ready", LIMIT, || get(address, "/readyz").starts_with("HTTP/1.1 200 ").then_some(()));
    let mut peer = Peer::join(address, KIND);
    peer.hear_type(types::UPDATE);
    let head = get(address, "/metrics");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    assert_eq!(series(address, "tickwire_players"), 1.0);
    assert_eq!(series(address, "tickwire_messages_received_total{kind=\"hello\"}"), 1.0);
    assert!(series(address, "tickwire_messages_sent_total{kind=\"update\"}") >= 1.0);
    assert!(series(address, "tickwire_ticks_total") >= 1.0);
    assert!(series(address, "process_open_fds") >= 5.0);
    peer.send(&[0]);
    assert_eq!(peer.hear_close().0, Some(4011));
    assert_eq!(series(address, "tickwire_connections_closed_total{reason=\"bad_message\"}"), 1.0);
    // The histograms are shared once a second.
    wait_for("published", LIMIT, || {
        (series(address, "tickwire_tick_duration_hdr_seconds_count{thread=\"0\"}") > 10.0).then_some(())
    });
    assert!(series(address, "tickwire_tick_start_jitter_max_seconds{thread=\"0\"}") > 0.0);
}

/// What an upgrade comes to: its status, or `None` when the connection ended without one.
fn upgrade(stream: &mut TcpStream) -> Option<String> {
    let request = b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let _ = stream.write_all(request);
    let mut status = [0; 12];
    match stream.read_exact(&mut status) {
        Ok(()) => Some(String::from_utf8_lossy(&status[9..]).into_owned()),
        Err(error) => {
            let is_stuck =
                matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
            assert!(!is_stuck, "nobody answers");
            None
        }
    }
}

#[test]
fn r1_without_descriptors_nobody_is_stuck_and_service_goes_on_when_some_are_free() {
    let program = Program::Example("ws_echo").build();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""]).arg(program).args(["--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command, "ws_echo with 64 descriptors");
    let (mut served, mut turned_away) = (Vec::new(), 0);
    for _ in 0..300 {
        let mut stream = connect(server.address());
        match upgrade(&mut stream).as_deref() {
            Some("101") => served.push(stream),
            Some("503") | None => turned_away += 1,
            Some(other) => panic!("status {other}"),
        }
    }
    assert!((40..64).contains(&served.len()), "{} served", served.len());
    assert_eq!(served.len() + turned_away, 300);
    drop(served);
    wait_for("service again", LIMIT, || {
        (upgrade(&mut connect(server.address())).as_deref() == Some("101")).then_some(())
    });
}
