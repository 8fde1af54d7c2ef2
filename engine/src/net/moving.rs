//! An open connection's way from one I/O thread to another.
//!
//! Owns what travels ([`Parcel`]), the channels it travels in ([`Exchange`]) and both ends of the way in the [`Driver`]. Invariant:
//! no byte is lost or overtaken: what was read but not parsed goes along and is parsed before anything is read again, the
//! tail goes along and is sent before anything else.

use std::fmt;
use std::ops::Range;

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::net::TcpStream;
use tickwire_netcode::time::Time;

use super::connection::{Connection, Phase};
use super::driver::Driver;
use super::limits::PARCELS_MAX;
use super::service::{Closed, ConnectionId, Service};
use super::transport::Transport;
use super::wake::Wake;
use crate::metrics::causes::CloseReason;

/// An open connection without a thread.
pub(crate) struct Parcel<T, Session> {
    pub(crate) connection: Connection<T, Session>,
    /// Bytes that were read and belong to frames after the last one parsed.
    unread: Vec<u8>,
}

impl<T, Session> fmt::Debug for Parcel<T, Session> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel").field("unread", &self.unread.len()).finish_non_exhaustive()
    }
}

type TcpParcel<Session> = Parcel<TcpStream, Session>;

/// One I/O thread's part in the exchange of connections.
#[derive(Debug)]
pub(crate) struct Exchange<Session> {
    inbox: Receiver<TcpParcel<Session>>,
    /// By I/O thread, itself included.
    outboxes: Vec<(Sender<TcpParcel<Session>>, Wake)>,
}

impl<Session> Exchange<Session> {
    /// One for each of the threads that these wakes belong to.
    pub(crate) fn among(wakes: &[Wake]) -> Vec<Self> {
        let (senders, inboxes): (Vec<_>, Vec<_>) = wakes.iter().map(|_| bounded(PARCELS_MAX)).unzip();
        let outboxes: Vec<_> = senders.into_iter().zip(wakes.iter().cloned()).collect();
        inboxes.into_iter().map(|inbox| Self { inbox, outboxes: outboxes.clone() }).collect()
    }

    pub(crate) fn poll(&self) -> Option<TcpParcel<Session>> {
        self.inbox.try_recv().ok()
    }

    /// Sends a connection to a thread; gives it back when there is no such thread, or it takes no more now.
    pub(crate) fn send(&self, thread: usize, parcel: TcpParcel<Session>) -> Option<TcpParcel<Session>> {
        let Some((outbox, wake)) = self.outboxes.get(thread) else { return Some(parcel) };
        if let Err(refused) = outbox.try_send(parcel) {
            return Some(refused.into_inner());
        }
        wake.nudge();
        None
    }
}

impl<T: Transport, S: Service> Driver<T, S> {
    /// Takes a connection out of the table, to be fetched by [`poll_departed`](Self::poll_departed). `unread` is the rest of
    /// what is in the read buffer.
    pub(super) fn depart(&mut self, id: ConnectionId, thread: usize, unread: Range<usize>, now: Time) {
        let Some(connection) = self.table.slots.get_mut(id.index as usize) else { return };
        // What was answered so far leaves from here; a rest of it travels as the tail.
        if let Err(fault) = connection.reply(&mut self.table.scratch, &self.table.metrics) {
            return self.lose(id, fault.into(), now);
        }
        let Some(connection) = self.table.detach(id) else { return };
        let unread = self.read_buffer[unread].to_vec();
        self.departed.push((thread, Parcel { connection, unread }));
    }

    /// The next connection that is to go to another thread. Take its transport out of the selector.
    pub(crate) fn poll_departed(&mut self) -> Option<(usize, Parcel<T, S::Session>)> {
        self.departed.pop()
    }

    /// Takes in a connection; gives its transport's name, to register it. [`arrive`](Self::arrive) must follow. `None`: the
    /// table is full, the session is over.
    pub(crate) fn place(
        &mut self,
        parcel: Parcel<T, S::Session>,
        now: Time,
    ) -> Option<(ConnectionId, Vec<u8>)> {
        let Parcel { connection, unread } = parcel;
        match self.table.attach(connection) {
            Ok(id) => Some((id, unread)),
            Err(connection) => {
                let nowhere = ConnectionId { index: u32::MAX, generation: u32::MAX };
                if let Phase::Open { session, .. } = connection.phase {
                    self.count_close(nowhere, CloseReason::from(Closed::Local(1013)), now);
                    self.service.closed(nowhere, session, Closed::Local(1013));
                }
                None
            }
        }
    }

    /// The connection is registered: the service hears of it, and what came along is parsed.
    pub(crate) fn arrive(&mut self, id: ConnectionId, unread: &[u8], now: Time) {
        let Some(Connection { phase: Phase::Open { session, .. }, .. }) =
            self.table.slots.get_mut(id.index as usize)
        else {
            return;
        };
        self.service.arrived(id, session, now);
        self.read_something = true;
        // It was in a buffer of this size when it was read. An empty rest arms the timers as well.
        self.read_buffer[..unread.len()].copy_from_slice(unread);
        self.feed_open(id, 0, unread.len(), now);
        self.table.resume(id);
    }

    /// The connection cannot be served on this thread.
    pub(crate) fn give_up(&mut self, id: ConnectionId, kind: std::io::ErrorKind, now: Time) {
        self.lose(id, Closed::Lost(kind), now);
    }
}
