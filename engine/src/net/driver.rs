//! `Driver`: the event loop's logic without its Poll: edges, time and wakes in, bytes and service calls out.
//!
//! Owns the order of things inside a turn and every call of the service. Generic over the transport and without a
//! clock, so that tests drive it. Invariants: one failed connection is removed and the turn goes on; bytes that an
//! edge announced are read, or their connection is queued or paused by its own tail.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::{self, Cause, Event, Input, WebSocket};

use super::admission::Ticket;
use super::connection::{Connection, Phase};
use super::connections::Connections;
use super::direct::{Direct, Through};
use super::limits::{CLOSE_TIMEOUT, READ_BYTES_PER_TURN, TIMERS_PER_TURN};
use super::log_budget::LogBudget;
use super::moving::Parcel;
use super::outbox::Outbox;
use super::service::{Closed, ConnectionId, Flow, Message, Service};
use super::table::{Next, Table};
use super::transport::{SHORT_CALL_REARMS, Transport};
use super::watch::Watch;
use crate::metrics::causes::{CloseReason, HandshakeFailure};
use crate::metrics::io::IoMetrics;
use crate::metrics::label::Label;

/// What an edge announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Edge {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The peer's FIN, a reset or an error.
    pub(crate) peer_ended: bool,
}

/// The logic of one I/O thread.
#[derive(Debug)]
pub(crate) struct Driver<T, S: Service> {
    pub(super) service: S,
    pub(super) table: Table<T, S::Session>,
    pub(super) limits: ws::Limits,
    pub(super) read_buffer: Box<[u8]>,
    /// Taken from the table's ready list for this turn; kept for its memory.
    serving: Vec<ConnectionId>,
    expired: Vec<u32>,
    timers_left: bool,
    pub(super) read_something: bool,
    messages: u64,
    /// To be handed over to other threads.
    pub(super) departed: Vec<(usize, Parcel<T, S::Session>)>,
    closes_log: LogBudget<CloseReason>,
    failures_log: LogBudget<HandshakeFailure>,
}

/// A session is over, for this reason, and this follows.
#[derive(Clone, Copy, Debug)]
struct End {
    next: Next,
    why: Closed,
}

impl<T: Transport, S: Service> Driver<T, S> {
    pub(crate) fn new(service: S, metrics: Arc<IoMetrics>, now: Time) -> Self {
        Self {
            limits: service.limits(),
            service,
            table: Table::new(metrics, now),
            read_buffer: vec![0; READ_BYTES_PER_TURN].into_boxed_slice(),
            serving: Vec::new(),
            expired: Vec::new(),
            timers_left: false,
            read_something: false,
            messages: 0,
            departed: Vec::new(),
            closes_log: LogBudget::new(),
            failures_log: LogBudget::new(),
        }
    }

    /// A turn begins, with this many readiness events.
    pub(crate) fn begin_turn(&mut self, now: Time, events: usize) {
        let metrics = &self.table.metrics;
        metrics.turn_began_ns.set(now.as_nanos());
        metrics.turns.add(1);
        metrics.poll_events.add(events as u64);
    }

    /// Takes a fresh connection; gives the transport back when the table is full.
    pub(crate) fn insert(&mut self, transport: T, ticket: Ticket, now: Time) -> Result<ConnectionId, T> {
        let (peer, result) = (ticket.peer, self.table.insert(transport, ticket, now));
        if let Ok(id) = result {
            tracing::debug!(conn = id.index, %peer, "a connection is taken");
        }
        result
    }

    /// The transport of a connection, to register it.
    pub(crate) fn transport(&mut self, id: ConnectionId) -> Option<&mut T> {
        self.table.find(id).map(|connection| &mut connection.transport)
    }

    /// Forgets a connection that can not be served.
    pub(crate) fn discard(&mut self, id: ConnectionId, now: Time) {
        self.count_failure(id, HandshakeFailure::Register, now);
        self.count_close(id, CloseReason::Refused, now);
        self.table.remove(id);
    }

    /// How many connections there are, in any phase.
    pub(crate) fn connection_count(&self) -> usize {
        self.table.slots.len()
    }

    /// Whether a descriptor was given back since the last call.
    pub(crate) fn take_freed(&mut self) -> bool {
        self.table.take_freed()
    }

    /// How long after `now` the next turn must begin; `None` when only an edge or a wake can bring work.
    pub(crate) fn poll_timeout(&self, now: Time) -> Option<Duration> {
        if !self.table.ready.is_empty() || self.timers_left {
            return Some(Duration::ZERO);
        }
        self.table.timers.poll_timeout(now)
    }

    /// The thread was woken for a tick.
    pub(crate) fn tick(&mut self, now: Time) {
        self.service.tick(&mut Connections::new(&mut self.table, now), now);
        while let Some((id, session, why)) = self.table.ended.pop() {
            self.count_close(id, why.into(), now);
            self.service.closed(id, session, why);
        }
    }

    /// Reads on where the last turn's budgets ended. Runs before the turn's edges.
    pub(crate) fn serve_ready(&mut self, now: Time) {
        if self.table.ready.is_empty() {
            return;
        }
        let mut serving = std::mem::take(&mut self.serving);
        std::mem::swap(&mut serving, &mut self.table.ready);
        for id in serving.drain(..) {
            if let Some(connection) = self.table.find(id) {
                connection.queued = false;
                self.read(id, now);
            }
        }
        self.serving = serving;
    }

    /// One edge of one connection; edges of connections that are gone are ignored.
    pub(crate) fn handle_edge(&mut self, id: ConnectionId, edge: Edge, now: Time) {
        let Some(mut connection) = self.table.find(id) else { return };
        connection.peer_ended |= edge.peer_ended;
        if edge.writable && connection.tail.is_pending() {
            self.flush(id, now);
            let Some(kept) = self.table.find(id) else { return };
            connection = kept;
        }
        if edge.readable {
            connection.readable = true;
            if !connection.queued {
                self.read(id, now);
            }
        }
    }

    /// What is read from now to the end of the turn has waited for up to this long.
    pub(crate) fn begin_harvest(&mut self, waited: Duration) {
        self.service.read_pass_began(waited);
        // Its end is told even if nobody had sent anything.
        self.read_something = true;
    }

    /// Messages of all connections so far.
    pub(crate) fn message_count(&self) -> u64 {
        self.messages
    }

    /// Live sessions are in a selector of their own from now on.
    pub(crate) fn separate_live(&mut self) {
        self.table.harvests = true;
    }

    /// A connection that belongs into another selector; see [`Table::poll_strayed`].
    pub(crate) fn poll_strayed(&mut self) -> Option<(ConnectionId, Watch, Watch)> {
        self.table.poll_strayed()
    }

    /// Timers, then the end of the read pass. Runs after the turn's edges.
    pub(crate) fn end_turn(&mut self, now: Time) {
        let mut expired = std::mem::take(&mut self.expired);
        self.timers_left = self.table.timers.expire(now, TIMERS_PER_TURN, &mut expired);
        if self.timers_left {
            self.table.metrics.timer_budget_hits.add(1);
        }
        for index in expired.drain(..) {
            if let Some(id) = self.table.id_at(index) {
                self.on_timer(id, now);
            }
        }
        self.expired = expired;
        if std::mem::take(&mut self.read_something) {
            self.service.read_pass_ended(now);
        }
    }

    /// Says goodbye to everybody: sessions get a close frame, half-open handshakes are dropped.
    pub(crate) fn stop(&mut self, code: u16, reason: &str, now: Time) {
        let indices: Vec<u32> = self.table.slots.iter().map(|(index, _)| index as u32).collect();
        for id in indices.into_iter().filter_map(|index| self.table.id_at(index)).collect::<Vec<_>>() {
            let Some(connection) = self.table.slots.get_mut(id.index as usize) else { continue };
            match &mut connection.phase {
                Phase::AwaitHead { .. } => self.forget(id, CloseReason::Stopped, now),
                Phase::Open { ws, .. } => {
                    ws.close(code, reason, &mut self.table.scratch);
                    self.end(id, End { next: Next::AwaitClose, why: Closed::Local(code) }, now);
                }
                Phase::AwaitClose { .. } | Phase::Flushing { .. } | Phase::Lingering { .. } => {}
            }
        }
    }

    /// Drops everybody who is left.
    pub(crate) fn drop_all(&mut self, code: u16, now: Time) {
        let indices: Vec<u32> = self.table.slots.iter().map(|(index, _)| index as u32).collect();
        for id in indices.into_iter().filter_map(|index| self.table.id_at(index)).collect::<Vec<_>>() {
            self.end(id, End { next: Next::Drop, why: Closed::Local(code) }, now);
            self.forget(id, CloseReason::Stopped, now);
        }
    }

    fn flush(&mut self, id: ConnectionId, now: Time) {
        let Table { slots, metrics, .. } = &mut self.table;
        let Some(connection) = slots.get_mut(id.index as usize) else { return };
        match connection.flush(metrics) {
            Ok(false) => {}
            Ok(true) if matches!(connection.phase, Phase::Flushing { .. }) => self.table.linger(id, now),
            Ok(true) => {
                self.table.review(id);
                self.table.resume(id);
            }
            Err(fault) => self.lose(id, fault.into(), now),
        }
    }

    /// One read of one connection, and everything that follows from its bytes.
    fn read(&mut self, id: ConnectionId, now: Time) {
        let Some(connection) = self.table.slots.get_mut(id.index as usize) else { return };
        if connection.is_paused(S::READS_WHILE_BLOCKED) {
            return;
        }
        match connection.read(&mut self.read_buffer) {
            Ok(0) => self.on_end(id, now),
            Ok(count) => {
                let metrics = &self.table.metrics;
                metrics.reads.add(1);
                metrics.received_bytes.add(count as u64);
                metrics.read_budget_hits.add(u64::from(count == self.read_buffer.len()));
                // A short read means drained: the next bytes bring an edge. Not so after the last edge of all.
                connection.readable =
                    count == self.read_buffer.len() || connection.peer_ended || !SHORT_CALL_REARMS;
                let is_unread = connection.readable;
                self.read_something = true;
                self.feed(id, count, now);
                if is_unread {
                    self.table.queue(id);
                }
            }
            Err(io::ErrorKind::WouldBlock) => connection.readable = false,
            Err(kind) => self.lose(id, Closed::Lost(kind), now),
        }
    }

    /// The peer's FIN.
    fn on_end(&mut self, id: ConnectionId, now: Time) {
        let Some(connection) = self.table.find(id) else { return };
        connection.peer_ended = true;
        connection.readable = false;
        match &mut connection.phase {
            Phase::Open { ws, .. } => {
                let _ = ws.handle_end();
                self.lose(id, Closed::Eof, now);
            }
            // What is left to say may still be read by a peer that only ended its own direction.
            Phase::Flushing { .. } => {}
            Phase::AwaitHead { .. } | Phase::AwaitClose { .. } | Phase::Lingering { .. } => {
                self.forget(id, CloseReason::Eof, now);
            }
        }
    }

    /// The first `count` bytes of the read buffer are from this connection.
    #[inline]
    fn feed(&mut self, id: ConnectionId, count: usize, now: Time) {
        let Some(connection) = self.table.slots.get_mut(id.index as usize) else { return };
        match &mut connection.phase {
            Phase::Open { .. } => self.feed_open(id, 0, count, now),
            Phase::AwaitHead { head, .. } => {
                let head = std::mem::take(head);
                self.feed_head(id, head, count, now);
            }
            Phase::AwaitClose { ws, .. } => {
                let mut input = Input::new(&mut self.read_buffer[..count]);
                let mut is_closed = false;
                while let Some(event) = ws.poll_event(&mut input, now, &mut self.table.scratch) {
                    is_closed |= matches!(event, Event::Closed(_));
                }
                // The close handshake we began is complete.
                if is_closed {
                    self.table.finish(id, CLOSE_TIMEOUT, now);
                }
            }
            Phase::Flushing { .. } | Phase::Lingering { .. } => {}
        }
    }

    /// Frames of an open connection: the hot path.
    pub(super) fn feed_open(&mut self, id: ConnectionId, start: usize, end: usize, now: Time) {
        let Self { service, table, read_buffer, messages, .. } = self;
        let Some(connection) = table.slots.get_mut(id.index as usize) else { return };
        let is_blocked = connection.tail.is_pending();
        let Connection { phase: Phase::Open { ws, session }, transport, .. } = connection else { return };
        service.heard(session, now);
        let mut input = Input::new(&mut read_buffer[start..end]);
        let outcome = {
            let metrics = &*table.metrics;
            let direct = &mut Through { transport, metrics, is_full: is_blocked };
            let pass = Pass { id, out: &mut table.scratch, direct, metrics, messages, now };
            pump(service, ws, session, &mut input, pass)
        };
        match outcome {
            Some(Outcome::Ended(ended)) => return self.end(id, ended, now),
            Some(Outcome::Moves(thread)) => {
                let unread = input.remaining();
                return self.depart(id, thread, end - unread..end, now);
            }
            None => {}
        }
        if connection.ticket.is_pending() && service.is_settled(session) {
            connection.ticket.settle();
        }
        let deadline = earlier(ws.poll_timeout(), service.timeout(session));
        if let Err(fault) = connection.reply(&mut table.scratch, &table.metrics) {
            return self.lose(id, fault.into(), now);
        }
        table.review(id);
        if let Some(deadline) = deadline {
            table.timers.arm_by(id.index, deadline);
        }
    }

    fn on_timer(&mut self, id: ConnectionId, now: Time) {
        let Some(connection) = self.table.slots.get_mut(id.index as usize) else { return };
        let deadline = match connection.phase {
            Phase::Open { .. } => return self.on_open_timer(id, now),
            Phase::AwaitHead { deadline, .. }
            | Phase::AwaitClose { deadline, .. }
            | Phase::Flushing { deadline }
            | Phase::Lingering { deadline } => deadline,
        };
        if now < deadline {
            self.table.timers.arm(id.index, deadline);
        } else if matches!(connection.phase, Phase::AwaitHead { .. }) {
            ws::handshake::write_refusal(408, &[], &mut self.table.scratch);
            self.count_failure(id, HandshakeFailure::HeadTimeout, now);
            self.count_close(id, CloseReason::Refused, now);
            self.table.finish(id, CLOSE_TIMEOUT, now);
        } else {
            self.table.metrics.close_timeouts.add(1);
            self.table.remove(id);
        }
    }

    fn on_open_timer(&mut self, id: ConnectionId, now: Time) {
        let Self { service, table, .. } = self;
        let Some(connection) = table.slots.get_mut(id.index as usize) else { return };
        let Phase::Open { ws, session } = &mut connection.phase else { return };
        let scratch = &mut table.scratch;
        let outcome = if let Some(closed) = ws.handle_timeout(now, scratch) {
            Some(End { next: Next::Finish, why: why_closed(closed) })
        } else if service.timeout(session).is_some_and(|deadline| deadline <= now) {
            let (_, sender) = ws.split();
            let flow = service.timed_out(id, session, &mut Outbox::new(sender, scratch), now);
            local_close(flow).map(|(code, reason)| {
                sender.close(code, &reason, scratch);
                End { next: Next::AwaitClose, why: Closed::Local(code) }
            })
        } else {
            None
        };
        if let Some(outcome) = outcome {
            return self.end(id, outcome, now);
        }
        let deadline = earlier(ws.poll_timeout(), service.timeout(session));
        if let Err(fault) = connection.reply(scratch, &table.metrics) {
            return self.lose(id, fault.into(), now);
        }
        table.review(id);
        if let Some(deadline) = deadline {
            table.timers.arm(id.index, deadline);
        }
    }

    /// The transport failed or ended: nothing more can be said.
    pub(super) fn lose(&mut self, id: ConnectionId, why: Closed, now: Time) {
        self.end(id, End { next: Next::Drop, why }, now);
        self.forget(id, why.into(), now);
    }

    fn end(&mut self, id: ConnectionId, end: End, now: Time) {
        // Before the table's part, after which the connection may be gone and its peer unknown.
        if matches!(self.table.find(id), Some(Connection { phase: Phase::Open { .. }, .. })) {
            self.count_close(id, end.why.into(), now);
        }
        if let Some(session) = self.table.end(id, end.next, now) {
            self.service.closed(id, session, end.why);
        }
    }

    /// Removes a connection without a session. How it ended was counted before, unless its head was still awaited.
    fn forget(&mut self, id: ConnectionId, reason: CloseReason, now: Time) {
        if matches!(self.table.find(id), Some(Connection { phase: Phase::AwaitHead { .. }, .. })) {
            self.count_close(id, reason, now);
        }
        self.table.remove(id);
    }

    /// Counts and logs how a connection ended; once for each.
    pub(super) fn count_close(&mut self, id: ConnectionId, reason: CloseReason, now: Time) {
        self.table.metrics.closed.add(reason, 1);
        let (conn, peer) = (id.index, self.table.find(id).map(|connection| connection.ticket.peer));
        if !reason.is_abuse() {
            tracing::debug!(conn, ?peer, reason = reason.text(), "a connection ends");
        } else if let Some(suppressed) = self.closes_log.take(reason, now, &self.table.metrics.log_suppressed)
        {
            tracing::warn!(conn, ?peer, reason = reason.text(), suppressed, "a peer broke the rules");
        }
    }

    /// Counts and logs why a connection gets no session.
    pub(super) fn count_failure(&mut self, id: ConnectionId, reason: HandshakeFailure, now: Time) {
        self.table.metrics.handshake_failures.add(reason, 1);
        let (conn, peer) = (id.index, self.table.find(id).map(|connection| connection.ticket.peer));
        if let Some(suppressed) = self.failures_log.take(reason, now, &self.table.metrics.log_suppressed) {
            tracing::warn!(conn, ?peer, reason = reason.text(), suppressed, "a handshake failed");
        }
    }
}

/// What one connection's part of a read pass works with.
struct Pass<'a> {
    id: ConnectionId,
    out: &'a mut Vec<u8>,
    direct: &'a mut dyn Direct,
    metrics: &'a IoMetrics,
    messages: &'a mut u64,
    now: Time,
}

/// Why an input was not the last of its connection on this thread.
enum Outcome {
    Ended(End),
    /// The session goes on there.
    Moves(usize),
}

/// Hands the messages of one input to the service; how the session ended here, if it did.
fn pump<S: Service>(
    service: &mut S,
    ws: &mut WebSocket,
    session: &mut S::Session,
    input: &mut Input<'_>,
    pass: Pass<'_>,
) -> Option<Outcome> {
    let Pass { id, out, direct, metrics, messages, now } = pass;
    let (receiver, sender) = ws.split();
    let mut end = None;
    while let Some(event) = receiver.poll_event(sender, input, now, out) {
        match event {
            Event::Message { kind, payload } => {
                *messages += 1;
                let message = Message { kind, payload };
                let mut outbox = Outbox::with_direct(sender, out, direct);
                let flow = service.message(id, session, message, &mut outbox, now);
                if let Flow::Move(thread) = flow {
                    return Some(Outcome::Moves(thread));
                }
                if let Some((code, reason)) = local_close(flow) {
                    sender.close(code, &reason, out);
                    end = Some(End { next: Next::AwaitClose, why: Closed::Local(code) });
                }
            }
            Event::Ping => metrics.pings.add(1),
            Event::Pong(_) => metrics.pongs.add(1),
            // The peer's close frame may follow ours in the same input: then the handshake is complete.
            Event::Closed(closed) => {
                let why = end.map_or_else(|| why_closed(closed), |end| end.why);
                end = Some(End { next: Next::Finish, why });
            }
        }
    }
    end.map(Outcome::Ended)
}

fn local_close(flow: Flow) -> Option<(u16, Cow<'static, str>)> {
    match flow {
        Flow::Continue | Flow::Move(_) => None,
        Flow::Close(code, reason) => Some((code, reason)),
    }
}

fn why_closed(closed: ws::Closed) -> Closed {
    match closed.cause {
        Cause::Protocol(error) => Closed::Protocol(error),
        Cause::Disconnected => Closed::Eof,
        Cause::Peer | Cause::Local => Closed::Peer(closed.code),
    }
}

fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
