//! `Acceptor`: takes connections from the backlog and spreads them over the I/O threads.
//!
//! Owns the listening socket and what to do when accepting fails. Invariant: no error ends it, makes it spin or makes
//! it deaf: the backlog is tried again at the next edge, after a pause, or when a descriptor is given back.

use std::io;

use crossbeam_channel::Sender;
use mio::net::{TcpListener, TcpStream};
use tickwire_netcode::time::Time;

use super::limits::{ACCEPT_RETRY, ACCEPTS_PER_TURN};
use super::wake::Wake;

/// Where accepted sockets go: one entry per I/O thread, the acceptor's own first.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    pub(crate) sockets: Sender<TcpStream>,
    pub(crate) wake: Wake,
}

/// What accepting came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// The backlog is empty.
    Drained,
    /// This connection failed before it was taken; the next may not.
    Next,
    /// Nothing can be accepted now.
    Pause,
}

#[derive(Debug)]
pub(crate) struct Acceptor {
    pub(crate) listener: TcpListener,
    mailboxes: Vec<Mailbox>,
    next: usize,
    /// The backlog may hold more than was taken.
    pub(crate) is_ready: bool,
    /// Accepting failed; not to be tried before.
    pub(crate) retry_at: Option<Time>,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, mailboxes: Vec<Mailbox>) -> Self {
        Self { listener, mailboxes, next: 0, is_ready: false, retry_at: None }
    }

    /// Takes up to one turn's batch; those for the own thread go to `keep`.
    pub(crate) fn accept(&mut self, now: Time, mut keep: impl FnMut(TcpStream)) {
        // Said once, not at each attempt.
        let is_retry = self.retry_at.take().is_some();
        self.is_ready = true;
        for _ in 0..ACCEPTS_PER_TURN {
            let error = match self.listener.accept() {
                Ok((stream, _)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a connection was gone before it was served");
                        continue;
                    }
                    if let Some(stream) = self.hand_over(stream) {
                        keep(stream);
                    }
                    continue;
                }
                Err(error) => error,
            };
            match verdict(&error) {
                Verdict::Next => {}
                Verdict::Drained => {
                    self.is_ready = false;
                    return;
                }
                Verdict::Pause => {
                    if !is_retry {
                        tracing::warn!(%error, "cannot accept connections; trying again ten times a second");
                    }
                    self.is_ready = false;
                    self.retry_at = Some(now + ACCEPT_RETRY);
                    return;
                }
            }
        }
    }

    /// Gives the socket to the next thread in turn; back when that is the own one or all others are full.
    fn hand_over(&mut self, mut stream: TcpStream) -> Option<TcpStream> {
        for _ in 0..self.mailboxes.len() {
            let index = self.next;
            self.next = (self.next + 1) % self.mailboxes.len();
            if index == 0 {
                break;
            }
            match self.mailboxes[index].sockets.try_send(stream) {
                Ok(()) => {
                    self.mailboxes[index].wake.nudge();
                    return None;
                }
                Err(full) => stream = full.into_inner(),
            }
        }
        Some(stream)
    }
}

/// What an accept error means (accept(2) lists the network errors that belong to the failed connection alone).
fn verdict(error: &io::Error) -> Verdict {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        PermissionDenied, TimedOut, WouldBlock,
    };
    match error.kind() {
        WouldBlock => Verdict::Drained,
        Interrupted | ConnectionAborted | ConnectionReset | HostUnreachable | NetworkDown
        | NetworkUnreachable | PermissionDenied | TimedOut => Verdict::Next,
        // EMFILE, ENFILE, ENOBUFS, ENOMEM, and whatever is not known.
        _ => Verdict::Pause,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Verdict, verdict};

    #[cfg(target_os = "linux")]
    #[test]
    fn accept_errors_pause_skip_or_end_the_batch() {
        use rustix::io::Errno;
        for (errno, want) in [
            (Errno::AGAIN, Verdict::Drained),
            (Errno::INTR, Verdict::Next),
            (Errno::CONNABORTED, Verdict::Next),
            (Errno::NETDOWN, Verdict::Next),
            (Errno::HOSTUNREACH, Verdict::Next),
            (Errno::PERM, Verdict::Next),
            (Errno::MFILE, Verdict::Pause),
            (Errno::NFILE, Verdict::Pause),
            (Errno::NOBUFS, Verdict::Pause),
            (Errno::NOMEM, Verdict::Pause),
        ] {
            assert_eq!(verdict(&io::Error::from(errno)), want, "{errno:?}");
        }
    }
}
