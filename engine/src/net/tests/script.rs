//! A scripted transport, an echo that takes notes, and one I/O thread's logic around them on virtual time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::Request;
use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

use crate::metrics::io::IoMetrics;
use crate::net::admission::Ticket;
use crate::net::connections::Connections;
use crate::net::driver::{Driver, Edge};
use crate::net::http;
use crate::net::outbox::Outbox;
use crate::net::service::{Closed, ConnectionId, Flow, Message, Route, Sent, Service};
use crate::net::transport::Transport;

pub(super) const UPGRADE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
pub(super) const READABLE: Edge = Edge { readable: true, writable: false, peer_ended: false };
pub(super) const WRITABLE: Edge = Edge { readable: false, writable: true, peer_ended: false };
pub(super) const HANG_UP: Edge = Edge { readable: true, writable: false, peer_ended: true };

/// What the kernel would hold for one socket.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) inbound: VecDeque<u8>,
    /// End of the peer's stream, or an error, after `inbound`.
    pub(super) end: Option<Result<(), io::ErrorKind>>,
    pub(super) outbound: Vec<u8>,
    /// How many more bytes are taken before a write would block.
    pub(super) room: usize,
    pub(super) write_error: Option<io::ErrorKind>,
    /// Of several pieces only the first is taken at a time.
    pub(super) is_piecemeal: bool,
    pub(super) is_shut: bool,
    pub(super) is_dropped: bool,
    pub(super) reads: usize,
    pub(super) writes: usize,
}

/// Both ends hold the wire: the table one, the test one.
#[derive(Debug, Clone)]
pub(super) struct Script(Rc<RefCell<Wire>>);

pub(super) struct Socket(Script);

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.0.borrow_mut().is_dropped = true;
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.0.0.borrow_mut();
        wire.reads += 1;
        if wire.inbound.is_empty() {
            return match wire.end {
                Some(Ok(())) => Ok(0),
                Some(Err(kind)) => Err(kind.into()),
                None => Err(io::ErrorKind::WouldBlock.into()),
            };
        }
        // Fills the buffer as a kernel does: a short read means drained.
        wire.inbound.make_contiguous();
        wire.inbound.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut wire = self.0.0.borrow_mut();
        wire.writes += 1;
        if let Some(kind) = wire.write_error {
            return Err(kind.into());
        }
        let count = bytes.len().min(wire.room);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        wire.room -= count;
        wire.outbound.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let is_piecemeal = self.0.0.borrow().is_piecemeal;
        let count = if is_piecemeal { 1 } else { pieces.len() };
        let taken = pieces.iter().filter(|piece| !piece.is_empty()).take(count);
        self.write(&taken.flat_map(|piece| piece.iter().copied()).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Socket {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.0.0.borrow_mut().is_shut = true;
        Ok(())
    }
}

/// Echoes; the messages `bye`, `stall` and `move 1` close, set a deadline and move to thread 1.
#[derive(Debug, Default)]
pub(super) struct Spy {
    pub(super) opened: Vec<ConnectionId>,
    pub(super) arrived: Vec<ConnectionId>,
    pub(super) closed: Vec<(ConnectionId, Closed)>,
    pub(super) passes: usize,
    pub(super) heard: usize,
    pub(super) timed_out: usize,
    /// Sent to everybody at a tick.
    pub(super) update: Vec<u8>,
    pub(super) sent: Vec<Sent>,
    pub(super) close_at_tick: bool,
}

pub(super) type Log = Rc<RefCell<Spy>>;

pub(super) struct Echo<const READS_WHILE_BLOCKED: bool>(Log, Limits);

/// Pages of these may connect besides the server's own.
pub(super) const ORIGINS: [&str; 1] = ["https://play.example.com"];

impl<const R: bool> Service for Echo<R> {
    /// Deadline.
    type Session = Option<Time>;

    const READS_WHILE_BLOCKED: bool = R;

    fn limits(&self) -> Limits {
        self.1
    }

    fn route(&mut self, request: &Request<'_>) -> Route {
        if request.path() != "/ws" {
            Route::Respond(http::plain(&[], request))
        } else if request.origin_allowed(&ORIGINS) {
            Route::Upgrade
        } else {
            Route::Respond(http::Response::status(403))
        }
    }

    fn opened(&mut self, id: ConnectionId, _: Time) -> Option<Time> {
        self.0.borrow_mut().opened.push(id);
        None
    }

    fn arrived(&mut self, id: ConnectionId, _: &mut Option<Time>, _: Time) {
        self.0.borrow_mut().arrived.push(id);
    }

    fn heard(&mut self, _: &mut Option<Time>, _: Time) {
        self.0.borrow_mut().heard += 1;
    }

    fn message(
        &mut self,
        _: ConnectionId,
        session: &mut Option<Time>,
        message: Message<'_>,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow {
        match message.payload {
            b"bye" => return Flow::Close(4000, "as asked".into()),
            b"move 1" => return Flow::Move(1),
            b"stall" => *session = Some(now + Duration::from_secs(1)),
            payload => out.send(message.kind, payload),
        }
        Flow::Continue
    }

    fn read_pass_ended(&mut self, _: Time) {
        self.0.borrow_mut().passes += 1;
    }

    fn timeout(&self, session: &Option<Time>) -> Option<Time> {
        *session
    }

    fn timed_out(
        &mut self,
        _: ConnectionId,
        session: &mut Option<Time>,
        out: &mut Outbox<'_>,
        _: Time,
    ) -> Flow {
        *session = None;
        self.0.borrow_mut().timed_out += 1;
        out.ping(b"there?");
        Flow::Continue
    }

    fn closed(&mut self, id: ConnectionId, _: Option<Time>, why: Closed) {
        self.0.borrow_mut().closed.push((id, why));
    }

    fn tick<T: Transport>(&mut self, connections: &mut Connections<'_, T, Option<Time>>, _: Time) {
        let mut spy = self.0.borrow_mut();
        let mut ids = Vec::new();
        connections.ids(&mut ids);
        for id in ids {
            if spy.close_at_tick {
                assert!(connections.close(id, 1013, "retry-after-ms=1"));
                continue;
            }
            let mut encoded = false;
            let sent = connections.send(id, |_, ws, buffer| {
                encoded = true;
                ws.send(MessageKind::Binary, &spy.update, buffer);
            });
            assert_eq!(encoded, sent != Sent::Blocked, "a blocked connection must not encode");
            spy.sent.push(sent);
        }
    }
}

/// One thread's logic with its time.
pub(super) struct Bench<const R: bool> {
    pub(super) driver: Driver<Socket, Echo<R>>,
    pub(super) spy: Log,
    pub(super) now: Time,
}

/// One connection seen from the peer.
pub(super) struct Peer {
    pub(super) id: ConnectionId,
    pub(super) wire: Rc<RefCell<Wire>>,
    pub(super) ws: WebSocket,
}

impl<const R: bool> Bench<R> {
    /// Without limits on frames.
    pub(super) fn new() -> Self {
        Self::with_limits(Limits::LIFTED)
    }

    pub(super) fn with_limits(limits: Limits) -> Self {
        let (spy, now) = (Log::default(), Time::from_nanos(1 << 40));
        Self { driver: Driver::new(Echo(Rc::clone(&spy), limits), Arc::default(), now), spy, now }
    }

    pub(super) fn metrics(&self) -> Arc<IoMetrics> {
        Arc::clone(&self.driver.table.metrics)
    }

    /// Every connection is gone, and each has left exactly one trace in the counters.
    #[track_caller]
    pub(super) fn assert_balanced(&self) {
        let metrics = self.metrics();
        assert_eq!(self.driver.connection_count(), 0);
        assert_eq!((metrics.connections.value(), metrics.sessions.value()), (0, 0));
        assert_eq!(metrics.opened.value(), metrics.closed.sum(), "connections opened and closed");
        assert_eq!(metrics.upgrades.value(), self.spy.borrow().opened.len() as u64);
        assert_eq!(self.spy.borrow().opened.len(), self.spy.borrow().closed.len());
        assert_eq!(self.driver.poll_timeout(self.now), None, "nothing is left to do");
    }

    pub(super) fn accept(&mut self) -> Peer {
        self.accept_with(Ticket::loose())
    }

    pub(super) fn accept_with(&mut self, ticket: Ticket) -> Peer {
        let wire = Rc::new(RefCell::new(Wire { room: usize::MAX, ..Wire::default() }));
        let socket = Socket(Script(Rc::clone(&wire)));
        let Ok(id) = self.driver.insert(socket, ticket, self.now) else { panic!("the table is full") };
        Peer { id, wire, ws: WebSocket::new(Role::Client, Limits::LIFTED, 7) }
    }

    pub(super) fn join(&mut self) -> Peer {
        let peer = self.accept();
        peer.push(UPGRADE);
        self.edge(&peer, READABLE);
        let answer = peer.take();
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
        peer
    }

    pub(super) fn edge(&mut self, peer: &Peer, edge: Edge) {
        self.driver.handle_edge(peer.id, edge, self.now);
    }

    /// Turns without new edges until nothing is ready.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            self.driver.serve_ready(self.now);
            self.driver.end_turn(self.now);
            if self.driver.poll_timeout(self.now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the loop spins");
    }

    /// Lets time pass the way the loop does: wait as told, then a turn.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let wait = self.driver.poll_timeout(self.now).unwrap_or(time);
            self.now = (self.now + wait.max(Duration::from_nanos(1))).min(end);
            self.driver.serve_ready(self.now);
            self.driver.end_turn(self.now);
        }
    }

    pub(super) fn closed(&self) -> Vec<Closed> {
        self.spy.borrow().closed.iter().map(|&(_, why)| why).collect()
    }
}

impl Peer {
    pub(super) fn push(&self, bytes: &[u8]) {
        self.wire.borrow_mut().inbound.extend(bytes);
    }

    pub(super) fn say(&mut self, payload: &[u8]) {
        let mut out = Vec::new();
        self.ws.send(MessageKind::Binary, payload, &mut out);
        self.push(&out);
    }

    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.wire.borrow_mut().outbound)
    }

    /// What the frames in the outbound bytes say.
    pub(super) fn events(&mut self) -> Vec<String> {
        let mut bytes = self.take();
        let (mut events, mut pongs) = (Vec::new(), Vec::new());
        let mut input = Input::new(&mut bytes);
        while let Some(event) = self.ws.poll_event(&mut input, Time::default(), &mut pongs) {
            events.push(match event {
                Event::Message { payload, .. } if payload.len() > 64 => format!("{} bytes", payload.len()),
                Event::Message { payload, .. } => String::from_utf8_lossy(payload).into_owned(),
                Event::Ping => "ping".to_owned(),
                Event::Pong(_) => "pong".to_owned(),
                Event::Closed(closed) => format!("close {:?}", closed.code),
            });
        }
        self.push(&pongs);
        events
    }

    pub(super) fn room(&self, bytes: usize) {
        self.wire.borrow_mut().room = bytes;
    }

    pub(super) fn is_gone(&self) -> bool {
        self.wire.borrow().is_dropped
    }
}
