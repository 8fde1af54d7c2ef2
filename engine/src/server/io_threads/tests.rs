//! The threads and the Poll with real sockets on the loopback interface. The logic is tested in `net::tests`.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, client_request};
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use super::{Ended, IoOptions, IoThreads};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::net::connections::Connections;
use crate::net::http;
use crate::net::listener::Listener;
use crate::net::outbox::Outbox;
use crate::net::service::{Closed, ConnectionId, Flow, Message, Route, Service};
use crate::net::transport::Transport;
use crate::tick_grid::TickGrid;

/// Echoes, and sends the number of its tick to everybody.
struct Echo {
    sessions: Arc<AtomicUsize>,
    tick: u32,
}

impl Service for Echo {
    type Session = ();

    fn limits(&self) -> Limits {
        Limits::LIFTED
    }

    fn route(&mut self, request: &Request<'_>) -> Route {
        if request.path() == "/ws" { Route::Upgrade } else { Route::Respond(http::plain(&[], request)) }
    }

    fn opened(&mut self, _: ConnectionId, _: Time) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    fn message(
        &mut self,
        _: ConnectionId,
        (): &mut (),
        message: Message<'_>,
        out: &mut Outbox<'_>,
        _: Time,
    ) -> Flow {
        out.send(message.kind, message.payload);
        Flow::Continue
    }

    fn closed(&mut self, _: ConnectionId, (): (), _: Closed) {
        self.sessions.fetch_sub(1, Ordering::Relaxed);
    }

    fn tick<T: Transport>(&mut self, connections: &mut Connections<'_, T, ()>, _: Time) {
        self.tick += 1;
        let mut ids = Vec::new();
        connections.ids(&mut ids);
        for id in ids {
            let bytes = self.tick.to_le_bytes();
            connections.send(id, |(), ws, buffer| ws.send(MessageKind::Binary, &bytes, buffer));
        }
    }
}

fn prepare(threads: usize) -> IoThreads {
    let listener = Listener::bind("127.0.0.1:0").expect("a free port");
    IoThreads::prepare(listener, IoOptions { threads, signals: false, ..IoOptions::default() })
        .expect("descriptors")
}

/// A blocking client; a read that takes longer than any bound here fails the test.
struct Client {
    stream: TcpStream,
    ws: WebSocket,
    pending: Vec<u8>,
}

impl Client {
    fn join(address: SocketAddr) -> Self {
        let mut stream = connect(address);
        let mut request = Vec::new();
        client_request("127.0.0.1", "/ws", [7; 16], None, &mut request).expect("a valid target");
        stream.write_all(&request).expect("connected");
        let (mut head, mut byte) = (HeadBuffer::new(), [0]);
        loop {
            stream.read_exact(&mut byte).expect("an answer");
            if let Some(head) = head.push(&byte).expect("a valid head") {
                assert!(head.bytes.starts_with(b"HTTP/1.1 101 "));
                break;
            }
        }
        Self { stream, ws: WebSocket::new(Role::Client, Limits::LIFTED, 3), pending: Vec::new() }
    }

    fn say(&mut self, payload: &[u8]) {
        let mut out = Vec::new();
        self.ws.send(MessageKind::Binary, payload, &mut out);
        self.stream.write_all(&out).expect("connected");
    }

    /// The next message, or the close code as `Err`.
    fn hear(&mut self) -> Result<Vec<u8>, Option<u16>> {
        self.hear_and(true)
    }

    /// The same without a pong or the answer to a close frame.
    fn hear_without_answer(&mut self) -> Result<Vec<u8>, Option<u16>> {
        self.hear_and(false)
    }

    fn hear_and(&mut self, answer: bool) -> Result<Vec<u8>, Option<u16>> {
        loop {
            let (mut out, mut heard) = (Vec::new(), None);
            let mut bytes = std::mem::take(&mut self.pending);
            let mut input = Input::new(&mut bytes);
            if let Some(event) = self.ws.poll_event(&mut input, Time::default(), &mut out) {
                heard = match event {
                    Event::Message { payload, .. } => Some(Ok(payload.to_vec())),
                    Event::Closed(closed) => Some(Err(closed.code)),
                    Event::Ping | Event::Pong(_) => None,
                };
            }
            let left = input.remaining();
            self.pending = bytes.split_off(bytes.len() - left);
            if answer {
                self.stream.write_all(&out).expect("connected");
            }
            if let Some(heard) = heard {
                return heard;
            }
            if self.pending.is_empty() {
                let mut buffer = [0; 4096];
                let count = self.stream.read(&mut buffer).expect("bytes in time");
                assert_ne!(count, 0, "the end before a close frame");
                self.pending.extend_from_slice(&buffer[..count]);
            }
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("listening");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a valid timeout");
    stream.set_nodelay(true).expect("a socket");
    stream
}

#[test]
fn connections_are_spread_served_and_closed_with_the_code_of_the_shutdown() {
    let counts: Vec<_> = (0..3).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let running =
        prepare(3).spawn(|thread| Echo { sessions: Arc::clone(&counts[thread]), tick: 0 }).expect("threads");
    let mut clients: Vec<_> = (0..9).map(|_| Client::join(running.address())).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        client.say(&vec![n as u8; 40_000 * n]);
    }
    for (n, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.hear(), Ok(vec![n as u8; 40_000 * n]));
    }
    let spread: Vec<_> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    assert_eq!(spread, [3, 3, 3]);
    running.stopper().shutdown(1012, "retry-after-ms=5");
    for mut client in clients {
        assert_eq!(client.hear(), Err(Some(1012)));
        let end = client.stream.read(&mut [0; 1]).expect("the end in time");
        assert_eq!(end, 0, "the server hangs up after the close handshake");
    }
    assert_eq!(running.join().expect("no fault"), Ended::Shutdown);
    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 0), "every session was closed");
}

#[test]
fn a_wake_runs_the_tick_of_its_thread() {
    let threads = prepare(1);
    let wakes = threads.wakes();
    let running = threads.spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    let mut client = Client::join(running.address());
    for tick in 1_u32..=50 {
        wakes[0].wake();
        assert_eq!(client.hear(), Ok(tick.to_le_bytes().to_vec()));
    }
    running.stopper().shutdown(1001, "");
    assert_eq!(client.hear(), Err(Some(1001)));
    drop(client);
    running.join().expect("no fault");
}

#[test]
fn plain_requests_share_the_port_and_end_with_the_response() {
    let running = prepare(1).spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    for (request, want) in [
        ("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 "),
        ("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 404 "),
        ("nonsense\n\n", "HTTP/1.1 400 "),
    ] {
        let mut stream = connect(running.address());
        stream.write_all(request.as_bytes()).expect("connected");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("a whole response, then the end");
        assert!(answer.starts_with(want), "{answer}");
    }
    running.stopper().shutdown(1001, "");
    running.join().expect("no fault");
}

#[test]
fn a_second_shutdown_does_not_wait_for_peers_that_do_not_answer() {
    let running = prepare(2).spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    let mut silent = Client::join(running.address());
    let stopper = running.stopper();
    stopper.shutdown(1001, "");
    stopper.shutdown(1001, "");
    running.join().expect("no fault");
    match silent.hear() {
        Err(code) => assert_eq!(code, Some(1001)),
        Ok(message) => panic!("{} bytes after the shutdown", message.len()),
    }
}

#[test]
fn a_number_of_threads_out_of_range_is_refused() {
    for threads in [0, 65] {
        let listener = Listener::bind("127.0.0.1:0").expect("a free port");
        let error =
            IoThreads::prepare(listener, IoOptions { threads, signals: false, ..IoOptions::default() })
                .expect_err("out of range");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

/// Echoes behind the number of its thread; `>N` moves the connection to thread N.
struct Mover(u8);

impl Service for Mover {
    type Session = Vec<u8>;

    fn route(&mut self, _: &Request<'_>) -> Route {
        Route::Upgrade
    }

    fn opened(&mut self, _: ConnectionId, _: Time) -> Vec<u8> {
        Vec::new()
    }

    /// The session remembers the threads it came to.
    fn arrived(&mut self, _: ConnectionId, session: &mut Vec<u8>, _: Time) {
        session.push(self.0);
    }

    fn message(
        &mut self,
        _: ConnectionId,
        session: &mut Vec<u8>,
        message: Message<'_>,
        out: &mut Outbox<'_>,
        _: Time,
    ) -> Flow {
        if let [b'>', thread] = message.payload {
            return Flow::Move(usize::from(*thread - b'0'));
        }
        let mut answer = session.clone();
        answer.extend_from_slice(message.payload);
        out.send(message.kind, &answer);
        Flow::Continue
    }

    fn closed(&mut self, _: ConnectionId, _: Vec<u8>, _: Closed) {}

    fn tick<T: Transport>(&mut self, _: &mut Connections<'_, T, Vec<u8>>, _: Time) {}
}

#[test]
fn a_connection_moves_between_threads_and_loses_nothing() {
    let running = prepare(3).spawn(|thread| Mover(thread as u8)).expect("threads");
    let mut client = Client::join(running.address());
    // In one segment as a rule: what follows each move was read with it.
    for payload in [&b"a"[..], b">1", b"b", b">2", b">0", b"c", b">9", b"d"] {
        client.say(payload);
    }
    let want: [&[u8]; 4] = [b"a", b"\x01b", b"\x01\x02\x00c", b"\x01\x02\x00\x00d"];
    for want in want {
        assert_eq!(client.hear(), Ok(want.to_vec()));
    }
    for round in 0..200 {
        client.say(&[b'>', b'0' + round % 3]);
        client.say(&[b'm'; 1000]);
        let heard = client.hear().expect("an answer");
        assert_eq!((heard.len(), heard[heard.len() - 1001]), (1005 + usize::from(round), round % 3));
    }
    running.stopper().shutdown(1012, "");
    assert_eq!(client.hear(), Err(Some(1012)));
    drop(client);
    running.join().expect("no fault");
}
#[test]
fn u1_a_drain_takes_nobody_new_serves_who_is_there_and_ends_with_the_last() {
    let running = prepare(2).spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    let mut clients = [Client::join(running.address()), Client::join(running.address())];
    running.stopper().drain(1012, "retry-after-ms=1000", Duration::from_secs(3600));
    while TcpStream::connect(running.address()).is_ok() {
        // The listener closes within a turn; what was accepted before it is dropped or answered.
    }
    for client in &mut clients {
        client.say(b"still served");
        assert_eq!(client.hear(), Ok(b"still served".to_vec()));
    }
    drop(clients);
    assert_eq!(running.join().expect("no fault"), Ended::Shutdown);
}

#[test]
fn u2_a_second_order_ends_a_drain_and_a_third_the_goodbye() {
    let running = prepare(1).spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    let mut silent = Client::join(running.address());
    let stopper = running.stopper();
    stopper.drain(1012, "", Duration::from_secs(3600));
    stopper.drain(1012, "second", Duration::from_secs(3600));
    assert_eq!(silent.hear_without_answer(), Err(Some(1012)));
    stopper.shutdown(1001, "third");
    running.join().expect("no fault");
}

#[test]
fn r3_who_comes_when_all_slots_are_taken_is_closed_with_1013_until_one_is_free() {
    let listener = Listener::bind("127.0.0.1:0").expect("a free port");
    let options = IoOptions { connections_max: 4, ..IoOptions::default() };
    let threads = IoThreads::prepare(listener, options).expect("descriptors");
    let metrics = threads.metrics();
    let running = threads.spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    let mut clients: Vec<_> = (0..4).map(|_| Client::join(running.address())).collect();
    let mut refused = Client::join(running.address());
    assert_eq!(refused.hear(), Err(Some(1013)));
    drop(clients.pop());
    // The server has seen the end of the one that left when its socket is not counted any more.
    while metrics.io(0).sessions.value() > 3 || metrics.io(0).connections.value() > 4 {
        std::thread::yield_now();
    }
    let mut next = Client::join(running.address());
    next.say(b"in");
    assert_eq!(next.hear(), Ok(b"in".to_vec()));
    running.stopper().shutdown(1001, "");
    drop((clients, refused, next));
    running.join().expect("no fault");
    let own = metrics.io(0);
    assert_eq!(own.opened.value(), own.closed.sum());
}

#[test]
fn r6_connections_that_come_and_go_on_real_sockets_leave_nothing() {
    let threads = prepare(2);
    let metrics = threads.metrics();
    let running = threads.spawn(|_| Echo { sessions: Arc::default(), tick: 0 }).expect("threads");
    for n in 0..300 {
        let mut stream = connect(running.address());
        match n % 3 {
            0 => {}
            1 => stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").expect("connected"),
            _ => drop(Client::join(running.address())),
        }
    }
    running.stopper().shutdown(1001, "");
    running.join().expect("no fault");
    for thread in 0..2 {
        let own = metrics.io(thread);
        assert_eq!((own.connections.value(), own.sessions.value()), (0, 0));
        assert_eq!(own.opened.value(), own.closed.sum());
    }
    assert!(metrics.io(0).opened.value() > 100 && metrics.io(1).opened.value() > 100);
}

/// Everybody says something and hears it back, until the thread reads in this mode or too many rounds have passed.
#[cfg(target_os = "linux")]
fn chat_until(clients: &mut [Client], metrics: &Metrics, coalescing: u64) {
    for round in 0..50_000_u32 {
        if metrics.io(0).coalescing.value() == coalescing {
            return;
        }
        for client in &mut *clients {
            client.say(&round.to_le_bytes());
        }
        for client in &mut *clients {
            assert_eq!(client.hear(), Ok(round.to_le_bytes().to_vec()));
        }
    }
    panic!("the mode does not follow the load");
}

#[cfg(target_os = "linux")]
#[test]
fn under_load_reads_wait_for_the_tick_and_nothing_is_lost() {
    let sessions = Arc::new(AtomicUsize::new(0));
    let threads = prepare(1).reading_before(TickGrid::new(Clock::now(), 100)).expect("descriptors");
    let (address, metrics) = (threads.address(), threads.metrics());
    let running = threads.spawn(|_| Echo { sessions: Arc::clone(&sessions), tick: 0 }).expect("a thread");
    let mut clients: Vec<_> = (0..32).map(|_| Client::join(address)).collect();
    chat_until(&mut clients, &metrics, 1);

    // What is more than the kernel takes goes on as soon as the peer reads, and what was paused is read then.
    let large = vec![7; 4 << 20];
    let mut slow = clients.pop().expect("one of them");
    std::thread::scope(|scope| {
        let mut writer = slow.stream.try_clone().expect("a descriptor");
        let mut framed = Vec::new();
        for _ in 0..4 {
            slow.ws.send(MessageKind::Binary, &large, &mut framed);
        }
        scope.spawn(move || writer.write_all(&framed).expect("connected"));
        for _ in 0..4 {
            assert!(slow.hear() == Ok(large.clone()));
        }
    });

    // Who comes is served at once, who says goodbye hears it, who is lost is missed.
    let mut late = Client::join(address);
    late.say(b"late");
    assert_eq!(late.hear(), Ok(b"late".to_vec()));
    let mut farewell = Vec::new();
    late.ws.close(1000, "", &mut farewell);
    late.stream.write_all(&farewell).expect("connected");
    assert_eq!(late.hear_without_answer(), Err(Some(1000)));
    drop(slow);
    while sessions.load(Ordering::Relaxed) > clients.len() {
        clients[0].say(b"are they gone");
        assert_eq!(clients[0].hear(), Ok(b"are they gone".to_vec()));
    }
    assert!(metrics.io(0).harvests.value() > 0);

    // One who speaks once per round is no load.
    chat_until(&mut clients[..1], &metrics, 0);
    clients[0].say(b"awake");
    assert_eq!(clients[0].hear(), Ok(b"awake".to_vec()));
    running.stopper().shutdown(1001, "");
    assert_eq!(clients[1].hear(), Err(Some(1001)));
    drop(clients);
    assert_eq!(running.join().expect("no selector failed"), Ended::Shutdown);
}
