//! `Spread`: gives accepted sockets to the I/O threads in turn.
//!
//! Owns the ways to the other threads. Invariant: a socket is handed over or given back, never lost or waited with.

use crossbeam_channel::Sender;
use mio::net::TcpStream;

use super::admission::Ticket;
use super::wake::Wake;

/// A socket with what it takes up.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) ticket: Ticket,
}

/// Where accepted sockets go: one entry per I/O thread, the acceptor's own first.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    pub(crate) sockets: Sender<Accepted>,
    pub(crate) wake: Wake,
}

#[derive(Debug)]
pub(crate) struct Spread {
    mailboxes: Vec<Mailbox>,
    next: usize,
}

impl Spread {
    pub(crate) fn new(mailboxes: Vec<Mailbox>) -> Self {
        Self { mailboxes, next: 0 }
    }

    /// Gives the socket to the next thread in turn; back when that is the own one or all others are full.
    pub(crate) fn hand_over(&mut self, mut accepted: Accepted) -> Option<Accepted> {
        for _ in 0..self.mailboxes.len() {
            let index = self.next;
            self.next = (self.next + 1) % self.mailboxes.len();
            if index == 0 {
                break;
            }
            match self.mailboxes[index].sockets.try_send(accepted) {
                Ok(()) => {
                    self.mailboxes[index].wake.nudge();
                    return None;
                }
                Err(full) => accepted = full.into_inner(),
            }
        }
        Some(accepted)
    }
}
