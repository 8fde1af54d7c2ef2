//! `ServerSession`: the server's side of a session. PROTOCOL section 3.5.
//!
//! Owns the states, what may arrive in each, and the deadlines. What happens inside a room is in `active`. Between two
//! messages it holds no borrowed data, and as long as there was no Hello it allocates nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::active::Active;
use super::event_lane::EventRecord;
use super::rate::MessageRate;
use crate::close::CloseCode;
use crate::error::ProtocolError;
use crate::ids::{CommandSeq, InputSeq, UpdateSeq};
use crate::limits;
use crate::message::bounded::Text;
use crate::message::{ClientMessage, Hello, PROTOCOL_MAX, PROTOCOL_MIN, Pong, Reject, Welcome};
use crate::schema::{Layout, SchemaHash};
use crate::snapshot::update::PartKey;
use crate::snapshot::{BodyKey, History};
use crate::time::{Stamp, Tick, Time};

pub use super::active::{Pending, UpdatePlan};

/// One input as it arrived; the room's input buffer judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputRecord<'a> {
    /// Its number.
    pub number: InputSeq,
    /// The tick that it is meant for.
    pub tick: Tick,
    /// The tick that the client was drawing, in 1/16 tick, wrapping.
    pub view_tick_q4: u32,
    /// When it was read.
    pub arrived: Time,
    /// The quantized fields of the schema's input.
    pub words: &'a [u32],
}

/// One command, new and in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRecord<'a> {
    /// Its number.
    pub number: CommandSeq,
    /// Index into the schema's commands.
    pub index: u8,
    /// The quantized fields of that record.
    pub words: &'a [u32],
}

/// Where a session puts what its client sent.
pub trait ServerSink {
    /// The client wants to join; its texts are as it sent them, control characters included. Answer with [`ServerSession::welcome`] or [`ServerSession::reject`], now or later.
    fn hello(&mut self, hello: Hello);
    /// An input arrived.
    fn input(&mut self, input: InputRecord<'_>);
    /// A command arrived.
    fn command(&mut self, command: CommandRecord<'_>);
    /// The client leaves on purpose: close with 1000.
    fn bye(&mut self, reason: u8);
    /// A message goes back to the client now, in the control lane.
    fn reply(&mut self, message: &[u8]);
    /// The client could not apply an Update. Only for logs: the session deals with it.
    fn resync(&mut self, _seq: UpdateSeq) {}
}

/// What a deadline asks the caller to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet: ask `poll_timeout` again.
    Nothing,
    /// Send a WebSocket ping.
    Ping,
}

/// Counters of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerStats {
    /// Messages received.
    pub messages: u64,
    /// Acks that named what was not sent, or went back.
    pub ack_strikes: u64,
    /// Commands that came again.
    pub commands_duplicate: u64,
    /// Resyncs received.
    pub resyncs: u64,
    /// Updates written.
    pub updates: u64,
    /// Events written.
    pub events: u64,
    /// Droppable events that were left out.
    pub events_dropped: u64,
    /// Inputs and commands that were meant for a room that the player had left.
    pub stale: u64,
}

/// Server side of a session.
///
/// ```text
///  AwaitHello --Hello ok--> Joining --seat granted--> Active --Bye / error / kick / 25 s silence--> Closing --> Closed
///     |                       `--refused: Reject--------------------------------------------------^
///     `--bad Hello, 3 s -------------------------------------------------------------------------^
/// ```
/// Closed is the absence of the session: its owner drops it with the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Connected; a Hello is due by then.
    AwaitHello { deadline: Time },
    /// The room's thread decides about the seat.
    Joining { schema_hash: Option<SchemaHash>, stamp: Stamp, stamp_at: Time },
    /// In a room.
    Active(Box<Active>),
    /// A close frame is queued; nothing is read any more.
    Closing,
}

/// The server's side of a session: a state machine without a socket, one for each connection.
///
/// When a call returns an error, close the connection with [`ProtocolError::close_code`]; the session is in Closing
/// then and ignores what else arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSession {
    state: State,
    rate: MessageRate,
    heard: Time,
    pinged: bool,
    stats: ServerStats,
}

impl ServerSession {
    /// A session of a connection whose upgrade is done.
    pub fn new(now: Time) -> Self {
        Self {
            state: State::AwaitHello { deadline: now + limits::HELLO_TIMEOUT },
            rate: MessageRate::new(),
            heard: now,
            pinged: false,
            stats: ServerStats::default(),
        }
    }

    /// Takes one binary message. `layout` is that of the room's schema, `None` before the session has joined.
    ///
    /// Does not allocate once Hello is done and the buffers have grown to the size of an input message.
    ///
    /// # Errors
    /// What the client did wrong. A Reject went to `sink.reply` already if the version was it.
    pub fn handle_message(
        &mut self,
        message: &[u8],
        now: Time,
        layout: Option<&Layout>,
        sink: &mut impl ServerSink,
    ) -> Result<(), ProtocolError> {
        if self.is_closing() {
            return Ok(());
        }
        self.heard(now);
        self.stats.messages += 1;
        let taken = self.rate.take(now).and_then(|()| self.take_message(message, now, layout, sink));
        if taken.is_err() {
            self.state = State::Closing;
        }
        taken
    }

    fn take_message(
        &mut self,
        message: &[u8],
        now: Time,
        layout: Option<&Layout>,
        sink: &mut impl ServerSink,
    ) -> Result<(), ProtocolError> {
        match &mut self.state {
            State::AwaitHello { .. } => self.take_hello(message, now, sink),
            State::Joining { .. } => {
                let taken = ClientMessage::decode(message, None, &mut Vec::new())?;
                self.take_control(taken, now, sink);
                Ok(())
            }
            State::Active(active) => {
                let rest = active.take_message(message, now, layout, sink, &mut self.stats)?;
                if let Some(control) = rest {
                    self.take_control(control, now, sink);
                }
                Ok(())
            }
            State::Closing => Ok(()),
        }
    }

    fn take_hello(
        &mut self,
        message: &[u8],
        now: Time,
        sink: &mut impl ServerSink,
    ) -> Result<(), ProtocolError> {
        let hello = Hello::decode(message).inspect_err(|&error| {
            if matches!(error, ProtocolError::Version { .. }) {
                let mut reject = Vec::new();
                reject_message(error.close_code(), "no common protocol version", 0).encode(&mut reject);
                sink.reply(&reject);
            }
        })?;
        self.state =
            State::Joining { schema_hash: hello.schema_hash, stamp: Stamp(hello.stamp), stamp_at: now };
        sink.hello(hello);
        Ok(())
    }

    /// Ping and Bye, which are taken in Joining as well.
    fn take_control(&mut self, message: ClientMessage, now: Time, sink: &mut impl ServerSink) {
        match message {
            ClientMessage::Ping(ping) => {
                sink.reply(&Pong { stamp: ping.stamp, server_stamp: now.into() }.encode());
            }
            ClientMessage::Bye(bye) => {
                self.state = State::Closing;
                sink.bye(bye.reason);
            }
            _ => {}
        }
    }

    /// The room granted the seat: appends Welcome to `out` and makes the session Active.
    ///
    /// `welcome` names session, player, room and rates; `protocol`, `capabilities` and `server_stamp` are filled in
    /// here, and `schema` (give `None`) is `schema_bytes`, left out when the client holds `welcome.schema_hash`.
    ///
    /// False: the client has gone meanwhile, nothing was appended, and the seat is free.
    pub fn welcome(
        &mut self,
        mut welcome: Welcome,
        schema_bytes: &[u8],
        now: Time,
        out: &mut Vec<u8>,
    ) -> bool {
        let State::Joining { schema_hash, stamp, stamp_at } = self.state else {
            return false;
        };
        welcome.protocol = PROTOCOL_MAX;
        welcome.capabilities = 0;
        welcome.server_stamp = Stamp::from(now).0;
        if schema_hash == Some(welcome.schema_hash) {
            welcome.encode(out);
        } else {
            welcome.encode_with_schema(schema_bytes, out);
        }
        self.state = State::Active(Box::new(Active::new(
            Tick(welcome.base_tick),
            welcome.schema_hash,
            stamp,
            stamp_at,
        )));
        true
    }

    /// The player has a seat in another room: appends Moved to `out`, and the session goes on there. The next Update is one of
    /// that room, in full.
    ///
    /// `welcome` and `schema_bytes` are as for [`ServerSession::welcome`]. False, and nothing appended: the session is not
    /// Active.
    pub fn moved(&mut self, mut welcome: Welcome, schema_bytes: &[u8], now: Time, out: &mut Vec<u8>) -> bool {
        let State::Active(active) = &mut self.state else {
            return false;
        };
        welcome.protocol = PROTOCOL_MAX;
        welcome.capabilities = 0;
        welcome.server_stamp = Stamp::from(now).0;
        let is_known = active.schema == welcome.schema_hash;
        welcome.encode_moved((!is_known).then_some(schema_bytes), out);
        active.on_moved(Tick(welcome.base_tick), welcome.schema_hash, now);
        true
    }

    /// The room refused: appends Reject to `out`; close with `code` after it.
    ///
    /// `retry_after_ms` 0 means that another try makes no sense. A reason over 120 bytes is cut.
    pub fn reject(&mut self, code: CloseCode, reason: &str, retry_after_ms: u32, out: &mut Vec<u8>) {
        if !self.is_closing() {
            reject_message(code, reason, retry_after_ms).encode(out);
            self.state = State::Closing;
        }
    }

    /// The server ends the session (kick, shutdown): nothing more is taken.
    pub fn close(&mut self) {
        self.state = State::Closing;
    }

    /// Bytes of any kind arrived, WebSocket pongs as well.
    pub fn heard(&mut self, now: Time) {
        self.heard = now;
        self.pinged = false;
    }

    /// Next moment [`ServerSession::handle_timeout`] must be called, if any.
    pub fn poll_timeout(&self) -> Option<Time> {
        let silence = self.heard + if self.pinged { limits::SILENCE_END } else { limits::SILENCE_PING };
        match &self.state {
            State::AwaitHello { deadline } => Some(*deadline),
            State::Joining { .. } => Some(silence),
            State::Active(active) => Some(active.ack_deadline().map_or(silence, |due| due.min(silence))),
            State::Closing => None,
        }
    }

    /// A moment has come; early calls do nothing.
    ///
    /// # Errors
    /// No Hello in time, 25 s of silence, or 25 s without an ack for an Update.
    pub fn handle_timeout(&mut self, now: Time) -> Result<Due, ProtocolError> {
        let error = match &self.state {
            State::Closing => return Ok(Due::Nothing),
            State::AwaitHello { deadline } => {
                if now < *deadline {
                    return Ok(Due::Nothing);
                }
                ProtocolError::HelloTimeout
            }
            _ if now >= self.heard + limits::SILENCE_END => ProtocolError::Silence,
            State::Active(active) if active.ack_deadline().is_some_and(|due| due <= now) => {
                ProtocolError::Unacknowledged
            }
            _ => {
                let due = !self.pinged && now >= self.heard + limits::SILENCE_PING;
                self.pinged |= due;
                return Ok(if due { Due::Ping } else { Due::Nothing });
            }
        };
        self.state = State::Closing;
        Err(error)
    }

    /// Appends an event for this player to its lane. Nothing is sent before the next Update.
    ///
    /// # Errors
    /// The lane is over its bound: the client is too slow, 4007.
    pub fn push_event(&mut self, event: &EventRecord<'_>) -> Result<(), ProtocolError> {
        let State::Active(active) = &mut self.state else {
            return Ok(());
        };
        match active.push_event(event) {
            Ok(kept) => self.stats.events_dropped += u64::from(!kept),
            Err(error) => {
                self.state = State::Closing;
                return Err(error);
            }
        }
        Ok(())
    }

    /// An Update may be sent now, as far as the session knows: it is Active, and not too many are in flight. The caller
    /// knows whether bytes of an earlier one are still unsent.
    pub fn gate_open(&self) -> bool {
        matches!(&self.state, State::Active(active) if active.gate_open())
    }

    /// What the body of a slot is to be coded from and against: by what the client holds of the slot at `place` (0 to 3)
    /// and what `history` still has, or in full if a Resync is to be answered. `tick` is in `history`.
    ///
    /// `None` when the session is not Active.
    pub fn body_key(
        &self,
        place: usize,
        key: PartKey,
        tick: Tick,
        history: &History,
        now: Time,
    ) -> Option<BodyKey> {
        match &self.state {
            State::Active(active) => Some(active.body_key(place, key, tick, history, now)),
            _ => None,
        }
    }

    /// Whether the hash has to go with this body of the slot at `place`.
    pub fn hash_due(&self, place: usize, body: &BodyKey) -> bool {
        matches!(&self.state, State::Active(active) if active.hash_due(place, body))
    }

    /// Appends an Update. It has no effect on the session until it is committed: when the send accepted no byte, drop
    /// the [`Pending`], and it is as if it had not been tried.
    ///
    /// `None`, and nothing appended, when the session is not Active or has an Update of this tick or a later one.
    pub fn begin_update(&self, plan: &UpdatePlan<'_>, now: Time, out: &mut Vec<u8>) -> Option<Pending> {
        let State::Active(active) = &self.state else {
            return None;
        };
        active.begin_update(plan, now, out)
    }

    /// Appends one message with events that are due after the Update that `pending` stands for. Call again until it is
    /// false: nothing was appended. The events are committed with `pending`.
    pub fn append_events(&self, pending: &mut Pending, out: &mut Vec<u8>) -> bool {
        matches!(&self.state, State::Active(active) if active.append_events(pending, out))
    }

    /// At least one byte of the buffer with the Update was accepted: all of it is going to arrive.
    ///
    /// Commit right after the send, before the session takes another message.
    #[expect(clippy::needless_pass_by_value, reason = "a pending Update is committed or dropped, once")]
    pub fn commit(&mut self, pending: Pending, now: Time) {
        if let State::Active(active) = &mut self.state {
            self.stats.updates += 1;
            self.stats.events += active.commit(&pending, now);
        }
    }

    /// Nothing more is taken; a close frame is queued or due.
    pub fn is_closing(&self) -> bool {
        self.state == State::Closing
    }

    /// Welcome was appended.
    pub fn is_active(&self) -> bool {
        matches!(self.state, State::Active(_))
    }

    /// The least time from the write of an Update to its ack in the last ten seconds, told once a second; `None` in
    /// between. It carries what the client held the ack back, up to a tick.
    pub fn take_rtt(&mut self) -> Option<Duration> {
        match &mut self.state {
            State::Active(active) => active.take_rtt(),
            _ => None,
        }
    }

    /// Updates not acknowledged yet.
    pub fn updates_in_flight(&self) -> usize {
        match &self.state {
            State::Active(active) => active.updates_in_flight(),
            _ => 0,
        }
    }

    /// Events not acknowledged yet.
    pub fn events_unacked(&self) -> usize {
        match &self.state {
            State::Active(active) => active.events_unacked(),
            _ => 0,
        }
    }

    /// Counters since the connection was made.
    pub fn stats(&self) -> ServerStats {
        self.stats
    }
}

fn reject_message(code: CloseCode, reason: &str, retry_after_ms: u32) -> Reject {
    Reject {
        code: code.code(),
        reason: Text::truncated(reason),
        retry_after_ms,
        protocol_min: PROTOCOL_MIN,
        protocol_max: PROTOCOL_MAX,
    }
}
