//! `Connections`: what a service may do with its thread's connections during a tick.
//!
//! Owns the one write path of updates: encode at the moment of sending, never past a tail, forget what was not taken.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::WebSocket;

use super::connection::{Phase, Written};
use super::service::{Closed, ConnectionId, Sent};
use super::table::{Next, Table};
use super::transport::Transport;

/// The open connections of one I/O thread; see [`Service::tick`](super::service::Service::tick).
#[derive(Debug)]
pub struct Connections<'a, T, Session> {
    table: &'a mut Table<T, Session>,
    now: Time,
}

impl<'a, T: Transport, Session> Connections<'a, T, Session> {
    pub(crate) fn new(table: &'a mut Table<T, Session>, now: Time) -> Self {
        Self { table, now }
    }

    /// Sends what `encode` appends to the buffer, whole frames, with one write.
    ///
    /// `encode` runs only when the bytes can leave now: not while a tail is pending. When the kernel takes no byte the
    /// buffer is dropped and nothing has happened; from the first byte on the rest follows by itself. `encode` must
    /// not close the endpoint: use [`close`](Self::close). No allocation but for a tail.
    pub fn send(
        &mut self,
        id: ConnectionId,
        encode: impl FnOnce(&mut Session, &mut WebSocket, &mut Vec<u8>),
    ) -> Sent {
        let Table { slots, scratch, metrics, .. } = &mut *self.table;
        let Some(connection) = slots.get_mut(id.index as usize) else { return Sent::Gone };
        let Phase::Open { ws, session } = &mut connection.phase else { return Sent::Gone };
        if connection.generation != id.generation {
            return Sent::Gone;
        }
        if connection.tail.is_pending() {
            return Sent::Blocked;
        }
        encode(session, ws, scratch);
        if scratch.is_empty() {
            return Sent::Empty;
        }
        match connection.update(scratch, metrics) {
            Ok(Written::Nothing) => Sent::Nothing,
            Ok(Written::Partly) => {
                self.table.review(id);
                Sent::Partly
            }
            Ok(Written::All) => Sent::All,
            Err(fault) => {
                self.end(id, Next::Drop, fault.into());
                Sent::Gone
            }
        }
    }

    /// Sends a close frame, after a pending tail; whether the connection was open.
    ///
    /// [`Service::closed`](super::service::Service::closed) is called when the tick returns. `reason` is cut to 123
    /// bytes.
    pub fn close(&mut self, id: ConnectionId, code: u16, reason: &str) -> bool {
        let Table { slots, scratch, .. } = &mut *self.table;
        let Some(connection) = slots.get_mut(id.index as usize) else { return false };
        let Phase::Open { ws, .. } = &mut connection.phase else { return false };
        if connection.generation != id.generation {
            return false;
        }
        ws.close(code, reason, scratch);
        self.end(id, Next::AwaitClose, Closed::Local(code));
        true
    }

    /// The session of an open connection, for example to commit what [`send`](Self::send) sent.
    pub fn session(&mut self, id: ConnectionId) -> Option<&mut Session> {
        match &mut self.table.find(id)?.phase {
            Phase::Open { session, .. } => Some(session),
            _ => None,
        }
    }

    /// Appends the names of all open connections to `into`.
    pub fn ids(&self, into: &mut Vec<ConnectionId>) {
        into.extend(
            self.table
                .slots
                .iter()
                .filter(|(_, connection)| matches!(connection.phase, Phase::Open { .. }))
                .map(|(index, connection)| ConnectionId {
                    index: index as u32,
                    generation: connection.generation,
                }),
        );
    }

    fn end(&mut self, id: ConnectionId, next: Next, why: Closed) {
        if let Some(session) = self.table.end(id, next, self.now) {
            self.table.ended.push((id, session, why));
        }
    }
}
