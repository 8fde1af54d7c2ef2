//! What a wrong configuration says, and one server on real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;

use tickwire_netcode::close::CloseCode;

use super::*;
use crate::sim::skirmish::Skirmish;

fn server() -> Server {
    Server::new().room("skirmish", Skirmish::default)
}

#[test]
fn what_is_wrong_is_said_before_any_thread_starts() {
    let taken = server().listen("127.0.0.1:0").expect("a free port");
    let taken_address = taken.addr().to_string();
    let absolute =
        std::env::current_dir().expect("a directory").join("surely/not/there").display().to_string();
    for (server, address, want) in [
        (Server::new(), "127.0.0.1:0", "call `.room("),
        (server().room("skirmish", Skirmish::default), "127.0.0.1:0", "declared twice"),
        (Server::new().room("", Skirmish::default), "127.0.0.1:0", "1 to 32 bytes"),
        (Server::new().room("a\nb", Skirmish::default), "127.0.0.1:0", "letters, digits"),
        (Server::new().room("a, b", Skirmish::default), "127.0.0.1:0", "letters, digits"),
        (Server::new().room(&"x".repeat(33), Skirmish::default), "127.0.0.1:0", "1 to 32 bytes"),
        (server().tick_rate(0), "127.0.0.1:0", "tick_rate is 0: use 1 to 1000"),
        (server().tick_rate(1001), "127.0.0.1:0", "tick_rate is 1001"),
        (server().io_threads(0), "127.0.0.1:0", "io_threads is 0: use 1 to 64"),
        (server().io_threads(65), "127.0.0.1:0", "io_threads is 65"),
        (server().capacity(0), "127.0.0.1:0", "capacity is 0"),
        (server().origins(["play.example.com"]), "127.0.0.1:0", "https://play.example.com"),
        (server().origins(["https://"]), "127.0.0.1:0", "origin \"https://\" is none"),
        (server().origins(["https://a/b"]), "127.0.0.1:0", "origin \"https://a/b\" is none"),
        (server().page("surely/not/there"), "127.0.0.1:0", "index.html"),
        (server().page("surely/not/there"), "127.0.0.1:0", &absolute),
        (server().page(String::from("src")), "127.0.0.1:0", "it has no index.html"),
        (server().page(PathBuf::from("src")), "127.0.0.1:0", "it has no index.html"),
        (server(), "7777", "127.0.0.1:7777"),
        (server(), &taken_address, "choose another port"),
    ] {
        let error = match server.listen(address) {
            Ok(_) => panic!("{want}: was accepted"),
            // What a `main` that returns the error prints.
            Err(error) => format!("{:?}", ServeError::from(error)),
        };
        assert!(error.contains(want), "{error}");
    }
    assert!(
        server().listen(&taken_address).map(drop).expect_err("taken").to_string().contains(&taken_address)
    );
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a listening server");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_started_server_answers_until_it_is_shut_down() {
    let page = Page::embedded(&[("/index.html", b"the page")]);
    let bound = server().page(page).io_threads(2).tick_rate(200).listen("127.0.0.1:0").expect("a free port");
    let address = bound.addr();
    let running = bound.start().expect("threads");
    assert_eq!(running.addr(), address);
    for (path, status, end) in [
        ("/", "200", "the page"),
        ("/healthz", "200", "ok"),
        ("/sdk/index.js", "200", "index.js.map"),
        ("/nothing", "404", "Not Found"),
        ("/ws", "426", ""),
    ] {
        let answer = get(address, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.ends_with(end), "{path}: {answer}");
    }
    running.shutdown(CloseCode::GoingAway, "");
    running.join();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn a_server_that_is_dropped_ends() {
    let running = server().listen("127.0.0.1:0").expect("a free port").start().expect("threads");
    let address = running.addr();
    drop(running);
    assert!(TcpStream::connect(address).is_err());
}
