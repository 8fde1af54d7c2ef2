//! Game sessions: the service that speaks PROTOCOL.md over the connections of one I/O thread.
//!
//! Owns the way of a session through AwaitHello, Joining and Active as far as rooms and connections are concerned: admission,
//! the hand-over of inputs to the bridge, what a tick's output means for each player. The rules of the protocol itself are
//! netcode's `ServerSession`; encoding happens in `send_pass` only. Runs no game code and never waits. Invariant: a seat that
//! was granted is given back exactly once, by the game's kick or by a `Leave` from here.

mod intake;
mod name;
mod room_view;
mod routes;
mod send_meter;
mod send_pass;
mod unwritten;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::message::{Hello, Welcome, encode_event_fields};
use tickwire_netcode::session::{Due, EventRecord, ServerSession};
use tickwire_netcode::time::{Tick, Time};
use tickwire_netcode::ws::MessageKind;
use tickwire_netcode::ws::handshake::Request;

use crate::bridge::{
    Inbound, InboundEntry, IoEnd, JoinRequest, OutboundEvents, Recipients, Refused, RoomId, SeatId, Seated,
    TickOutput, Transfer,
};
use crate::clock::Clock;
use crate::directory::{Asker, Directory};
use crate::game::{Leave, TransferError};
use crate::limits;
use crate::metrics::io::IoMetrics;
use crate::metrics::traffic::Received;
use crate::net::connections::Connections;
use crate::net::outbox::Outbox;
use crate::net::service::{Closed, ConnectionId, Flow, Message, Route, Service};
use crate::net::transport::Transport;
use crate::sim::{KindWire, RoomTimes};

use intake::Intake;
use room_view::{RoomPlayer, RoomView, RoomViews};
pub(crate) use routes::Routes;
use send_meter::SendMeter;
use send_pass::SendPass;

/// Where a session stands between its connection and a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// No seat asked for yet.
    Outside,
    /// On the way to another I/O thread, with a request in [`PlayerSession::request`].
    Moving,
    /// The simulation decides.
    Joining,
    /// In a room; `kind` indexes the room kinds.
    Seated { seat: SeatId, kind: usize },
    /// The seat is gone or was never granted; the connection is closing.
    Gone,
}

/// What one connection carries.
pub(crate) struct PlayerSession {
    protocol: ServerSession,
    place: Place,
    /// Session id, once it has been in a room.
    number: u32,
    /// What is to be asked when the connection has arrived on the room's thread.
    request: Option<Box<JoinRequest>>,
    /// A room that the player has been sent to and has no seat in yet.
    onward: Option<RoomId>,
    /// Welcome and Moved, until a send has taken them.
    greetings: Vec<Vec<u8>>,
    /// The client is still to be told that time was dropped.
    reanchor: bool,
    /// The player said goodbye.
    bye: bool,
}

/// What all I/O threads' services share.
pub(crate) struct Shared {
    pub(crate) routes: Routes,
    pub(crate) kinds: Vec<Arc<KindWire>>,
    pub(crate) times: RoomTimes,
    pub(crate) directory: Arc<Directory>,
    /// Source of session ids.
    pub(crate) sessions: AtomicU32,
    /// What the time is, for measuring only.
    pub(crate) clock: fn() -> Time,
}

/// The game sessions of one I/O thread.
pub(crate) struct GameSessions {
    shared: Arc<Shared>,
    /// Index of this I/O thread.
    thread: usize,
    /// By simulation thread.
    links: Vec<IoEnd>,
    metrics: Arc<IoMetrics>,
    meter: SendMeter,
    rooms: RoomViews,
    pass: SendPass,
    /// How long before they are read inputs of this pass have come, by estimate.
    held: Duration,
    /// Scratch: coded fields of one event.
    fields: Vec<u8>,
}

impl GameSessions {
    /// The sessions of I/O thread `thread`, with its links to each simulation thread.
    pub(crate) fn new(
        shared: Arc<Shared>,
        thread: usize,
        links: Vec<IoEnd>,
        metrics: Arc<IoMetrics>,
    ) -> Self {
        let (rooms, pass) = (RoomViews::default(), SendPass::default());
        let (meter, held) = (SendMeter::new(shared.clock, Arc::clone(&metrics)), Duration::ZERO);
        Self { shared, thread, links, metrics, meter, rooms, pass, held, fields: Vec::new() }
    }

    /// Hands over what has come; what finds the bridge full stays.
    fn publish(&mut self) {
        self.links.iter_mut().for_each(IoEnd::publish);
        self.metrics.count_inbound(self.links.iter().map(|link| link.batch.entries.len()).sum());
    }

    /// What is to go to the simulation thread that a room lives on.
    fn batch(&mut self, room: RoomId) -> &mut Inbound {
        &mut self.links[usize::from(room.thread)].batch
    }

    fn leave(&mut self, seat: SeatId, why: Leave) {
        self.batch(seat.room).entries.push(InboundEntry::Leave { seat, why });
    }

    /// Takes a seat and asks the simulation for it, from the room's home I/O thread; or says why there will be none.
    fn admit(
        &mut self,
        id: ConnectionId,
        session: &mut PlayerSession,
        hello: &Hello,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow {
        let Some(kind) = self.shared.directory.kind(hello.kind.as_str()) else {
            return self.reject_kind(id, session, hello.kind.as_str(), out);
        };
        let name = name::clean(hello.name.as_str());
        tracing::debug!(
            conn = id.index,
            kind = ?hello.kind.as_str(),
            sdk = ?hello.sdk.as_str(),
            "a client asks for a seat"
        );
        let room = name::clean(hello.room.as_str());
        let permit = match self.shared.directory.join(kind, &room, Asker::Peer, now) {
            Ok(permit) => permit,
            Err(code) => return self.reject(session, code, out),
        };
        if !self.batch(permit.plan().id).has_room() {
            return self.reject(session, CloseCode::Busy, out);
        }
        let home = permit.plan().home_for(self.thread);
        let request = Box::new(JoinRequest { connection: id, permit, name });
        if home != self.thread {
            session.place = Place::Moving;
            session.request = Some(request);
            return Flow::Move(home);
        }
        self.ask(session, request);
        Flow::Continue
    }

    /// Rejects a kind of room that there is not, and says which there are: as a rule it is a slip in the page.
    fn reject_kind(
        &self,
        id: ConnectionId,
        session: &mut PlayerSession,
        asked: &str,
        out: &mut Outbox<'_>,
    ) -> Flow {
        let asked = name::clean(asked);
        tracing::debug!(conn = id.index, kind = asked, "a client asks for a kind of room that there is not");
        let known: Vec<&str> = self.shared.directory.public_kinds().collect();
        let mut text = format!("no room kind \"{asked}\"");
        if !known.is_empty() {
            text = format!("{text}; this server has: {}", known.join(", "));
        }
        text.truncate(text.floor_char_boundary(limits::REJECT_TEXT_BYTES_MAX));
        self.reject_saying(session, CloseCode::NoSuchRoom, &text, text.clone().into(), out)
    }

    /// Replies Reject and closes, during a read pass.
    fn reject(&self, session: &mut PlayerSession, code: CloseCode, out: &mut Outbox<'_>) -> Flow {
        self.reject_saying(session, code, reject_text(code), close_reason(code), out)
    }

    fn reject_saying(
        &self,
        session: &mut PlayerSession,
        code: CloseCode,
        text: &str,
        close_reason: Cow<'static, str>,
        out: &mut Outbox<'_>,
    ) -> Flow {
        let mut message = Vec::new();
        session.place = Place::Gone;
        session.protocol.reject(code, text, retry_after_ms(code), &mut message);
        self.metrics.count_message(&message);
        out.send(MessageKind::Binary, &message);
        Flow::Close(code.code(), close_reason)
    }

    fn ask(&mut self, session: &mut PlayerSession, request: Box<JoinRequest>) {
        session.place = Place::Joining;
        self.batch(request.permit.plan().id).entries.push(InboundEntry::Join(request));
    }

    /// Takes in one tick of one room.
    fn apply<T: Transport>(
        &mut self,
        output: &mut TickOutput,
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
        now: Time,
    ) {
        if let Some(code) = output.ended {
            self.end_room(output, code, connections);
            return;
        }
        for seated in output.seated.drain(..) {
            self.welcome(output.room, output.tick, &seated, connections, now);
        }
        for transfer in output.transfers.drain(..) {
            self.send_onward(output.room, transfer, connections);
        }
        let Some(view) = self.rooms.find(output.room) else { return };
        if let Some(snapshot) = output.snapshot.take() {
            view.latch(snapshot);
        }
        view.take_lines(&output.lines);
        self.meter.lost(output.stamps_lost + view.unwritten.take(&mut output.stamped));
        if output.reanchor {
            for player in &view.players {
                if let Some(session) = connections.session(player.connection) {
                    session.reanchor = true;
                }
            }
        }
        let kind = &self.shared.kinds[view.kind];
        push_events(&output.events, kind, view, &mut self.fields, connections);
        for (player, reason) in output.kicked.drain(..) {
            if let Some(kicked) = view.player(player) {
                if let Some(session) = connections.session(kicked.connection) {
                    session.place = Place::Gone;
                }
                tracing::info!(
                    conn = kicked.connection.index,
                    player = player.0,
                    reason,
                    "the game kicks a player"
                );
                connections.close(kicked.connection, CloseCode::Policy.code(), &reason);
                view.remove(player);
            }
        }
        self.drop_if_empty(output.room);
    }

    /// Asks for the seat in another room that the game has found for a player. Until it is granted the player plays on.
    fn send_onward<T: Transport>(
        &mut self,
        from: RoomId,
        transfer: Transfer,
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
    ) {
        let Transfer { player, permit, name } = transfer;
        // Who has gone meanwhile is reported as such anyway; the permit gives the seat back.
        let Some(player) = self.rooms.find(from).and_then(|view| view.player(player)) else { return };
        let Some(session) = connections.session(player.connection) else { return };
        let room = permit.plan().id;
        session.onward = Some(room);
        let request = JoinRequest { connection: player.connection, permit, name };
        // Bounded by the players, like leaves.
        self.batch(room).entries.push(InboundEntry::Join(Box::new(request)));
    }

    /// Answers a granted seat with Welcome or Moved, or gives it back when the client has gone meanwhile.
    fn welcome<T: Transport>(
        &mut self,
        room: RoomId,
        tick: Tick,
        seated: &Seated,
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
        now: Time,
    ) {
        let seat = SeatId { room, player: seated.player };
        let Some(session) = connections.session(seated.connection) else {
            return self.leave(seat, Leave::Lost);
        };
        let left = match session.place {
            Place::Joining => None,
            Place::Seated { seat, .. } if session.onward == Some(room) => Some(seat),
            _ => return self.leave(seat, Leave::Lost),
        };
        let base_tick = Tick(tick.0.wrapping_sub(1));
        if !greet(&self.shared, session, seated, base_tick, now) {
            session.place = Place::Gone;
            return self.leave(seat, Leave::Lost);
        }
        session.place = Place::Seated { seat, kind: seated.kind };
        session.onward = None;
        let player = RoomPlayer::new(seated.player, seated.connection, base_tick);
        self.rooms.entry(room, seated.kind, &seated.room_name).players.push(player);
        if let Some(left) = left {
            session.reanchor = false;
            self.leave(left, Leave::Transferred);
            self.forget(left);
        }
    }

    /// Takes a player out of the view of its room.
    fn forget(&mut self, seat: SeatId) {
        if let Some(view) = self.rooms.find(seat.room) {
            view.remove(seat.player);
            self.drop_if_empty(seat.room);
        }
    }

    fn drop_if_empty(&mut self, room: RoomId) {
        let lost = self.rooms.drop_if_empty(room);
        self.meter.lost(lost);
    }

    /// No seat: a client that asked for one is told and closed, a player on the way to another room stays.
    fn refuse<T: Transport>(
        &mut self,
        id: ConnectionId,
        code: CloseCode,
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
    ) {
        let Some(session) = connections.session(id) else { return };
        if let (Place::Seated { seat, .. }, Some(_)) = (session.place, session.onward.take()) {
            let why = TransferError::RoomFailed;
            self.batch(seat.room).entries.push(InboundEntry::Stayed { seat, why });
            return;
        }
        session.place = Place::Gone;
        refuse(id, code, connections, &self.metrics);
    }

    /// The room has failed, or this thread has fallen too far behind it: everybody of it leaves.
    fn end_room<T: Transport>(
        &mut self,
        output: &mut TickOutput,
        code: CloseCode,
        connections: &mut Connections<'_, T, Box<PlayerSession>>,
    ) {
        let reason = close_reason(code);
        // Who was seated in the room's last tick has no Welcome yet.
        for seated in output.seated.drain(..) {
            let seat = SeatId { room: output.room, player: seated.player };
            // The room may live on: it has not failed when only this thread was too slow for it.
            self.leave(seat, Leave::Lost);
            self.refuse(seated.connection, code, connections);
        }
        let Some(view) = self.rooms.find(output.room) else { return };
        for player in view.players.drain(..) {
            connections.close(player.connection, code.code(), &reason);
        }
        self.drop_if_empty(output.room);
    }
}

impl Service for GameSessions {
    type Session = Box<PlayerSession>;

    // A player who reads slowly still plays: inputs are taken while updates are gated.
    const READS_WHILE_BLOCKED: bool = true;

    fn route(&mut self, request: &Request<'_>) -> Route {
        self.shared.routes.route(request, || self.shared.directory.listing(Clock::now()))
    }

    fn opened(&mut self, _id: ConnectionId, now: Time) -> Self::Session {
        Box::new(PlayerSession {
            protocol: ServerSession::new(now),
            place: Place::Outside,
            number: 0,
            request: None,
            onward: None,
            greetings: Vec::new(),
            reanchor: false,
            bye: false,
        })
    }

    fn heard(&mut self, session: &mut Self::Session, now: Time) {
        session.protocol.heard(now);
    }

    fn message(
        &mut self,
        id: ConnectionId,
        session: &mut Self::Session,
        message: Message<'_>,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow {
        if message.kind != MessageKind::Binary {
            return close_for(id, ProtocolError::NotBinary);
        }
        let (seat, layout) = match session.place {
            Place::Seated { seat, kind } => (Some(seat), Some(&self.shared.kinds[kind].layout)),
            _ => (None, None),
        };
        self.metrics.received.add(Received::of(message.payload), 1);
        let before = session.protocol.stats();
        let link = seat.map_or(0, |seat| usize::from(seat.room.thread));
        let mut intake = Intake::new(seat, &mut self.links[link].batch, self.held, out, &self.metrics);
        let taken = session.protocol.handle_message(message.payload, now, layout, &mut intake);
        let Intake { hello, bye, overflowed, .. } = intake;
        self.metrics.count_session(before, session.protocol.stats());
        if let Some(rtt) = session.protocol.take_rtt() {
            self.meter.round_trip(rtt);
        }
        if let Err(error) = taken {
            return close_for(id, error);
        }
        if let Some(hello) = hello {
            return self.admit(id, session, &hello, out, now);
        }
        if bye {
            session.bye = true;
            return Flow::Close(CloseCode::Normal.code(), Cow::Borrowed(""));
        }
        if overflowed {
            tracing::debug!(conn = id.index, "the simulation does not take inputs: closing as busy");
            return Flow::Close(CloseCode::Busy.code(), close_reason(CloseCode::Busy));
        }
        Flow::Continue
    }

    fn arrived(&mut self, id: ConnectionId, session: &mut Self::Session, _now: Time) {
        if let Some(mut request) = session.request.take() {
            request.connection = id;
            // A batch at its bound is one entry longer at most for each connection on the way.
            self.ask(session, request);
        }
    }

    fn read_pass_began(&mut self, waited: Duration) {
        // Nobody knows when within that time; the middle is wrong by half of it at most, and right on average. With the moment
        // of reading all margins would seem small, and clients would run further ahead than they need.
        self.held = waited / 2;
    }

    fn read_pass_ended(&mut self, _now: Time) {
        self.held = Duration::ZERO;
        self.publish();
    }

    fn is_settled(&self, session: &Self::Session) -> bool {
        matches!(session.place, Place::Seated { .. })
    }

    fn timeout(&self, session: &Self::Session) -> Option<Time> {
        session.protocol.poll_timeout()
    }

    fn timed_out(
        &mut self,
        id: ConnectionId,
        session: &mut Self::Session,
        out: &mut Outbox<'_>,
        now: Time,
    ) -> Flow {
        match session.protocol.handle_timeout(now) {
            Ok(Due::Ping) => {
                out.ping(&[]);
                Flow::Continue
            }
            Ok(Due::Nothing) => Flow::Continue,
            Err(error) => close_for(id, error),
        }
    }

    fn closed(&mut self, id: ConnectionId, session: Self::Session, why: Closed) {
        tracing::debug!(conn = id.index, reason = ?why, "a session has ended");
        if let Place::Seated { seat, .. } = session.place {
            let why = if session.bye { Leave::Left } else { Leave::Lost };
            self.leave(seat, why);
            self.forget(seat);
        }
    }

    fn tick<T: Transport>(&mut self, connections: &mut Connections<'_, T, Self::Session>, now: Time) {
        for link in 0..self.links.len() {
            while let Some(mut batch) = self.links[link].poll_outbound() {
                for output in &mut batch.outputs {
                    self.apply(output, connections, now);
                }
                for Refused { connection, code } in batch.refused.drain(..) {
                    self.refuse(connection, code, connections);
                }
                self.links[link].recycle(batch);
            }
        }
        self.pass.run(&mut self.rooms, &self.shared.kinds, connections, &mut self.meter, now);
        // What an earlier pass found no place for, and the leaves of this tick.
        self.publish();
    }
}

/// Makes the Welcome, or for who is in a room already the Moved, of a granted seat. False: the client is gone.
fn greet(shared: &Shared, session: &mut PlayerSession, seated: &Seated, base_tick: Tick, now: Time) -> bool {
    let kind = &shared.kinds[seated.kind];
    if session.number == 0 {
        session.number = shared.sessions.fetch_add(1, Ordering::Relaxed);
    }
    let welcome = Welcome {
        session: session.number,
        player: seated.player.0,
        kind: Text::truncated(&kind.name),
        room: Text::truncated(&seated.room_name),
        base_tick: base_tick.0,
        tick_rate_hz: u16::try_from(shared.times.tick_rate_hz).unwrap_or(u16::MAX),
        snapshot_every: shared.times.snapshot_every,
        schema_hash: kind.schema_hash,
        ..Welcome::default()
    };
    let mut greeting = Vec::new();
    let is_greeted = match session.place {
        Place::Seated { .. } => session.protocol.moved(welcome, &kind.schema_bytes, now, &mut greeting),
        _ => session.protocol.welcome(welcome, &kind.schema_bytes, now, &mut greeting),
    };
    if is_greeted {
        session.greetings.push(greeting);
    }
    is_greeted
}

/// Puts a tick's events into the lanes of those who hear them.
fn push_events<T: Transport>(
    events: &OutboundEvents,
    kind: &KindWire,
    view: &RoomView,
    fields: &mut Vec<u8>,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
) {
    for event in &events.list {
        fields.clear();
        encode_event_fields(&kind.layout, event.class, &events.words[event.words.clone()], fields);
        let record = EventRecord {
            tick: event.tick,
            class: event.class,
            cause: None,
            droppable: event.droppable,
            fields,
        };
        match &event.recipients {
            Recipients::Everyone => {
                for player in view.players.iter().filter(|player| event.tick.delta(player.base_tick) > 0) {
                    push_event(&record, player.connection, connections);
                }
            }
            Recipients::Listed(range) => {
                for player in events.players[range.clone()].iter().filter_map(|player| view.player(*player)) {
                    push_event(&record, player.connection, connections);
                }
            }
        }
    }
}

fn push_event<T: Transport>(
    record: &EventRecord<'_>,
    id: ConnectionId,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
) {
    let Some(session) = connections.session(id) else { return };
    if let Err(error) = session.protocol.push_event(record) {
        tracing::debug!(conn = id.index, reason = %error, "closing a session");
        connections.close(id, error.close_code().code(), &close_reason(error.close_code()));
    }
}

/// Sends Reject and closes, during a tick.
fn refuse<T: Transport>(
    id: ConnectionId,
    code: CloseCode,
    connections: &mut Connections<'_, T, Box<PlayerSession>>,
    metrics: &IoMetrics,
) {
    let mut message = Vec::new();
    let sent = connections.send(id, |session, ws, buffer| {
        session.protocol.reject(code, reject_text(code), retry_after_ms(code), &mut message);
        ws.send(MessageKind::Binary, &message, buffer);
    });
    if sent.is_committed() {
        metrics.count_message(&message);
    }
    connections.close(id, code.code(), &close_reason(code));
}

fn close_for(id: ConnectionId, error: ProtocolError) -> Flow {
    tracing::debug!(conn = id.index, reason = %error, "closing a session");
    Flow::Close(error.close_code().code(), error.to_string().into())
}

/// What Reject tells people.
fn reject_text(code: CloseCode) -> &'static str {
    match code {
        CloseCode::NoSuchRoom => "there is no such kind of room",
        CloseCode::Full => "the room is full",
        CloseCode::Busy => "the server has no capacity now",
        CloseCode::RoomFailed => "the room ended by a fault of the game",
        _ => "",
    }
}

/// The reason in the close frame; for Busy of the fixed form that clients read (PROTOCOL section 8).
fn close_reason(code: CloseCode) -> Cow<'static, str> {
    match retry_after_ms(code) {
        0 => Cow::Borrowed(reject_text(code)),
        ms => Cow::Owned(format!("retry-after-ms={ms}")),
    }
}

const fn retry_after_ms(code: CloseCode) -> u32 {
    match code {
        CloseCode::Busy => limits::BUSY_RETRY_AFTER_MS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
