//! `Table`: the connections of one I/O thread, what they share, and how one leaves.
//!
//! Owns the slab, the timers, the ready list and the write scratch. Does not call the service: it hands ended sessions
//! back. Invariants: `scratch` is empty between calls; an index in the ready list is there once; a free index has no
//! timer.

use std::sync::Arc;
use std::time::Duration;

use slab::Slab;
use tickwire_netcode::time::Time;

use super::admission::Ticket;
use super::connection::{Connection, Fault, Phase};
use super::limits::{CLOSE_TIMEOUT, CONNECTIONS_MAX, HEAD_TIMEOUT};
use super::service::{Closed, ConnectionId};
use super::timers::Timers;
use super::transport::Transport;
use super::watch::Watch;
use crate::metrics::io::IoMetrics;

/// What follows an ended session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Our close frame is in the scratch: wait for the peer's.
    AwaitClose,
    /// The last bytes are in the scratch: send them, then say goodbye.
    Finish,
    /// The transport is of no use any more.
    Drop,
}

#[derive(Debug)]
pub(crate) struct Table<T, Session> {
    pub(crate) slots: Slab<Connection<T, Session>>,
    pub(crate) timers: Timers,
    /// Bytes of the write that is being put together.
    pub(crate) scratch: Vec<u8>,
    /// To be read in the next turn without a new edge.
    pub(crate) ready: Vec<ConnectionId>,
    /// Sessions that ended while the service was busy; handed over after its call.
    pub(crate) ended: Vec<(ConnectionId, Session, Closed)>,
    pub(crate) metrics: Arc<IoMetrics>,
    /// Whether live sessions are in a selector of their own.
    pub(crate) harvests: bool,
    /// Whose place in the selectors may be wrong.
    strayed: Vec<ConnectionId>,
    /// Connections that are open.
    session_count: u64,
    opened_count: u32,
    /// A descriptor was given back since the acceptor last asked.
    freed: bool,
}

impl<T: Transport, Session> Table<T, Session> {
    pub(crate) fn new(metrics: Arc<IoMetrics>, now: Time) -> Self {
        Self {
            slots: Slab::new(),
            timers: Timers::new(now),
            scratch: Vec::new(),
            ready: Vec::new(),
            ended: Vec::new(),
            metrics,
            harvests: false,
            strayed: Vec::new(),
            session_count: 0,
            opened_count: 0,
            freed: false,
        }
    }

    /// Adds a connection that has sent nothing yet; gives the transport back when the table is full.
    pub(crate) fn insert(&mut self, transport: T, ticket: Ticket, now: Time) -> Result<ConnectionId, T> {
        if self.slots.len() >= CONNECTIONS_MAX {
            return Err(transport);
        }
        let generation = self.opened_count;
        self.opened_count = self.opened_count.wrapping_add(1);
        let deadline = now + HEAD_TIMEOUT;
        let index = self.slots.insert(Connection::new(transport, ticket, generation, deadline)) as u32;
        self.timers.arm(index, deadline);
        self.metrics.opened.add(1);
        self.metrics.connections.set(self.slots.len() as u64);
        Ok(ConnectionId { index, generation })
    }

    #[inline]
    pub(crate) fn find(&mut self, id: ConnectionId) -> Option<&mut Connection<T, Session>> {
        self.slots.get_mut(id.index as usize).filter(|connection| connection.generation == id.generation)
    }

    /// The connection now at `index`.
    pub(crate) fn id_at(&self, index: u32) -> Option<ConnectionId> {
        let generation = self.slots.get(index as usize)?.generation;
        Some(ConnectionId { index, generation })
    }

    /// Serves the connection again in the next turn.
    pub(crate) fn queue(&mut self, id: ConnectionId) {
        if let Some(connection) = self.find(id)
            && !std::mem::replace(&mut connection.queued, true)
        {
            self.ready.push(id);
        }
    }

    /// Notes a connection whose place in the selectors may be wrong from now on.
    #[inline]
    pub(crate) fn review(&mut self, id: ConnectionId) {
        if self.harvests
            && let Some(connection) = self.find(id)
            && connection.watch != connection.due_watch()
        {
            self.strayed.push(id);
        }
    }

    /// A connection that has to go from one place in the selectors to another; it counts as there from now on.
    pub(crate) fn poll_strayed(&mut self) -> Option<(ConnectionId, Watch, Watch)> {
        loop {
            let id = self.strayed.pop()?;
            let Some(connection) = self.find(id) else { continue };
            let due = connection.due_watch();
            let from = std::mem::replace(&mut connection.watch, due);
            if from != due {
                return Some((id, from, due));
            }
        }
    }

    /// Closes the transport. What was in a session must have been taken out before.
    pub(crate) fn remove(&mut self, id: ConnectionId) {
        if self.find(id).is_some() {
            self.timers.disarm(id.index);
            self.slots.remove(id.index as usize);
            self.metrics.connections.set(self.slots.len() as u64);
            self.freed = true;
        }
    }

    /// Takes an open connection out, transport included.
    pub(crate) fn detach(&mut self, id: ConnectionId) -> Option<Connection<T, Session>> {
        self.find(id)?;
        self.timers.disarm(id.index);
        let connection = self.slots.try_remove(id.index as usize)?;
        self.metrics.connections.set(self.slots.len() as u64);
        self.session_count -= 1;
        self.metrics.sessions.set(self.session_count);
        Some(connection)
    }

    /// Takes in an open connection that another table has detached; gives it back when this one is full.
    #[expect(
        clippy::result_large_err,
        reason = "once for each connection that moves, and it is moved anyway"
    )]
    pub(crate) fn attach(
        &mut self,
        mut connection: Connection<T, Session>,
    ) -> Result<ConnectionId, Connection<T, Session>> {
        if self.slots.len() >= CONNECTIONS_MAX {
            return Err(connection);
        }
        let generation = self.opened_count;
        self.opened_count = self.opened_count.wrapping_add(1);
        connection.generation = generation;
        connection.queued = false;
        connection.watch = Watch::Control;
        let index = self.slots.insert(connection) as u32;
        self.metrics.connections.set(self.slots.len() as u64);
        self.count_session();
        Ok(ConnectionId { index, generation })
    }

    /// The handshake is done.
    pub(crate) fn count_session(&mut self) {
        self.session_count += 1;
        self.metrics.sessions.set(self.session_count);
    }

    /// Ends an open session: the scratch goes out as `next` says. The caller tells the service.
    pub(crate) fn end(&mut self, id: ConnectionId, next: Next, now: Time) -> Option<Session> {
        let deadline = now + CLOSE_TIMEOUT;
        let connection = self.find(id)?;
        let phase = std::mem::replace(&mut connection.phase, Phase::Flushing { deadline });
        let Phase::Open { ws, session } = phase else {
            connection.phase = phase;
            return None;
        };
        self.session_count -= 1;
        self.metrics.sessions.set(self.session_count);
        self.review(id);
        match next {
            Next::Drop => {
                self.scratch.clear();
                self.remove(id);
            }
            Next::Finish => self.finish(id, CLOSE_TIMEOUT, now),
            Next::AwaitClose => {
                let Some(connection) = self.find(id) else { return Some(session) };
                connection.phase = Phase::AwaitClose { ws, deadline };
                self.timers.arm(id.index, deadline);
                self.reply_or_drop(id);
                self.resume(id);
            }
        }
        Some(session)
    }

    /// Sends the scratch, then our FIN, and waits for the peer's; `limit` is for the sending.
    pub(crate) fn finish(&mut self, id: ConnectionId, limit: Duration, now: Time) {
        let Some(connection) = self.find(id) else { return };
        let deadline = match connection.phase {
            // The goodbye has begun: all of it has one deadline.
            Phase::AwaitClose { deadline, .. } => deadline.min(now + limit),
            _ => now + limit,
        };
        connection.phase = Phase::Flushing { deadline };
        self.reply_or_drop(id);
        let Some(connection) = self.find(id) else { return };
        if connection.tail.is_pending() {
            self.timers.arm(id.index, deadline);
        } else {
            self.linger(id, now);
        }
    }

    /// The tail of a connection in `Flushing` is out.
    pub(crate) fn linger(&mut self, id: ConnectionId, now: Time) {
        let Some(connection) = self.find(id) else { return };
        let deadline = match connection.phase {
            Phase::Flushing { deadline } => deadline.min(now + CLOSE_TIMEOUT),
            _ => now + CLOSE_TIMEOUT,
        };
        if connection.peer_ended || connection.transport.shutdown_write().is_err() {
            self.remove(id);
            return;
        }
        connection.phase = Phase::Lingering { deadline };
        self.timers.arm(id.index, deadline);
        self.resume(id);
    }

    /// Reads on where a pause or a budget left bytes unread.
    pub(crate) fn resume(&mut self, id: ConnectionId) {
        if self.find(id).is_some_and(|connection| connection.readable) {
            self.queue(id);
        }
    }

    /// Whether a descriptor was given back since the last call.
    pub(crate) fn take_freed(&mut self) -> bool {
        std::mem::take(&mut self.freed)
    }

    fn reply_or_drop(&mut self, id: ConnectionId) {
        let Some(connection) = self.slots.get_mut(id.index as usize) else { return };
        let outcome: Result<(), Fault> = connection.reply(&mut self.scratch, &self.metrics);
        if outcome.is_err() {
            self.remove(id);
        }
    }
}
