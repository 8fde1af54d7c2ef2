//! `Service`: the seam between the event loop and what is spoken over it.
//!
//! Owns the trait, its vocabulary and nothing else. Game sessions, plain echo and raw fan-out are implementations;
//! the loop (`connections.rs`, `driver.rs`, `event_loop.rs`) is the only caller. One service per I/O thread, called on
//! that thread only, never concurrently. Invariant: each `opened` is followed by exactly one `closed`, on the thread
//! of the connection's last `arrived` if it moved; only the end of the process may come before it.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws;
use tickwire_netcode::ws::MessageKind;
use tickwire_netcode::ws::handshake::Request;

use super::connections::Connections;
use super::http::Response;
use super::outbox::Outbox;
use super::transport::Transport;

/// Names one connection of one I/O thread; a later connection in the same place has another generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId {
    /// Place in the thread's connection table.
    pub index: u32,
    /// Count of connections this thread had opened before; tells a stale name from a fresh one.
    pub generation: u32,
}

/// One complete WebSocket message, valid during the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Text (validated as UTF-8) or binary.
    pub kind: MessageKind,
    /// The unmasked bytes, lent from the thread's read buffer.
    pub payload: &'a [u8],
}

/// What the loop does with a connection after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Hand the connection over to the I/O thread with this index, after the replies made so far: bytes, session and all. There,
    /// or here again when that thread does not exist or takes no more, [`Service::arrived`] follows, then what the peer sent next.
    /// Only [`Service::message`] may return it; elsewhere it is taken as `Continue`.
    Move(usize),
    /// Send a close frame with this code and reason (cut to 123 bytes), after the replies made so far.
    Close(u16, Cow<'static, str>),
}

/// What to answer to a request head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// Complete the WebSocket handshake; refused with 426 or 400 if the request is no valid upgrade.
    Upgrade,
    /// Answer over HTTP and close.
    Respond(Response),
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// The peer sent a close frame; `None` when it carried no code.
    Peer(Option<u16>),
    /// This side did: [`Flow::Close`], [`Connections::close`] or the server's shutdown.
    Local(u16),
    /// The peer broke RFC 6455 or a limit; it was answered with the error's close code.
    Protocol(ws::ProtocolError),
    /// The peer ended the TCP stream without a close frame.
    Eof,
    /// The operating system reported an error, for example a reset.
    Lost(io::ErrorKind),
    /// Replies outgrew what a peer that does not read may hold; no close frame fits any more.
    Slow,
}

/// What became of one [`Connections::send`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// No such open connection (any more); nothing was encoded.
    Gone,
    /// The unsent tail of an earlier write is pending; nothing was encoded.
    Blocked,
    /// The closure left the buffer empty; nothing was written.
    Empty,
    /// The kernel took no byte: the buffer was dropped and the connection is as if nothing had been tried.
    Nothing,
    /// The kernel took at least one byte; the rest waits as the tail.
    Partly,
    /// The kernel took everything.
    All,
}

impl Sent {
    /// Whether the peer will receive what was encoded: the moment to commit it.
    pub const fn is_committed(self) -> bool {
        matches!(self, Self::Partly | Self::All)
    }
}

/// What is spoken over the connections of one I/O thread.
///
/// Calls must not block. `now` is the start of the loop's turn, read once per turn.
pub trait Service: Sized {
    /// State of one upgraded connection, stored inside its table entry: keep it small (box what is large).
    type Session;

    /// Whether a connection is still read while a tail of unsent bytes is pending.
    ///
    /// `false` is backpressure: the peer's sends stall until it reads (echo). `true` keeps inputs flowing from a peer
    /// that reads slowly; its replies then share a bounded tail, beyond which it is closed as [`Closed::Slow`].
    const READS_WHILE_BLOCKED: bool = false;

    /// Bounds of the WebSocket endpoint of every connection.
    fn limits(&self) -> ws::Limits {
        ws::Limits::default()
    }

    /// Chooses the answer to a valid request head. Origin policy is decided here (`ws::origin::allowed`).
    fn route(&mut self, request: &Request<'_>) -> Route;

    /// The handshake is done; returns the session that is handed to every later call for `id`.
    fn opened(&mut self, id: ConnectionId, now: Time) -> Self::Session;

    /// A connection has come from another thread, or back from the way there, see [`Flow::Move`]. `id` is its name from now on.
    fn arrived(&mut self, id: ConnectionId, session: &mut Self::Session, now: Time) {
        let _ = (id, session, now);
    }

    /// Whether the peer has done what the service asks of a stranger (in a game: joined a room).
    ///
    /// Until then the connection counts among those without a session, which share a quarter of all slots, and each of its
    /// edges wakes the thread. Asked after each read pass until it says yes.
    fn is_settled(&self, session: &Self::Session) -> bool {
        let _ = session;
        true
    }

    /// Bytes of any kind (pongs included) arrived from this peer; called once per read pass, before its messages.
    fn heard(&mut self, session: &mut Self::Session, now: Time) {
        let _ = (session, now);
    }

    /// One message arrived. Replies appended to `out` leave with one write at the end of the read pass.
    fn message(
        &mut self,
        id: ConnectionId,
        session: &mut Self::Session,
        message: Message<'_>,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow;

    /// The peers of live sessions are read now, in one pass for the coming tick: what they sent has come at some moment of
    /// the last `waited`. Not called when each edge wakes the thread.
    fn read_pass_began(&mut self, waited: Duration) {
        let _ = waited;
    }

    /// Every connection that was readable in this turn has been read; called only in turns that read something.
    fn read_pass_ended(&mut self, now: Time) {
        let _ = now;
    }

    /// Next moment [`timed_out`](Self::timed_out) must be called, if any; may be late by up to 100 ms.
    ///
    /// Asked after `opened`, after each read pass of the connection and after `timed_out`. It is not asked after
    /// [`Connections::send`]: a deadline moved there takes effect when the earlier one fires or the peer is heard.
    fn timeout(&self, session: &Self::Session) -> Option<Time> {
        let _ = session;
        None
    }

    /// The moment of [`timeout`](Self::timeout) has come.
    fn timed_out(
        &mut self,
        id: ConnectionId,
        session: &mut Self::Session,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow {
        let _ = (id, session, out, now);
        Flow::Continue
    }

    /// The session is over: nothing more arrives and nothing more is sent, the socket may linger to say goodbye.
    fn closed(&mut self, id: ConnectionId, session: Self::Session, why: Closed);

    /// The thread's [`Wake`](super::wake::Wake) was used since the last turn: drain the bridge, run the send pass.
    ///
    /// Runs before the turn's reads, at most once per turn however often the wake was used.
    fn tick<T: Transport>(&mut self, connections: &mut Connections<'_, T, Self::Session>, now: Time);
}
