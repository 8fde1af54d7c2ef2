//! `Acceptor`: takes connections from the backlog, or turns them away.
//!
//! Owns the listening socket, its admission and what to do when accepting fails. Invariant: no error ends it, makes it
//! spin or makes it deaf: the backlog is tried again at the next edge, after a pause, or when a descriptor is given
//! back; who waits in it while there is no descriptor gets an answer by way of one that is kept for this.

use std::io;

use tickwire_netcode::time::Time;

use super::admission::{Admission, Capacity, Decision, Ticket};
use super::backlog::Backlog;
use super::limits::{ACCEPT_RETRY, ACCEPTS_PER_TURN, DRAINS_PER_TURN};
use super::log_budget::LogBudget;
use crate::metrics::causes::{AcceptFailure, HandshakeFailure};
use crate::metrics::io::IoMetrics;
use crate::metrics::label::Label;

/// The answer to a connection that is not taken for lack of room.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";
/// The answer to a connection of an address that has too many.
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";

/// What a failed accept means.
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
pub(crate) struct Acceptor<B: Backlog> {
    pub(crate) backlog: B,
    admission: Admission,
    reserve: Option<B::Reserve>,
    /// The backlog may hold more than was taken.
    pub(crate) is_ready: bool,
    /// Accepting failed; not to be tried before.
    pub(crate) retry_at: Option<Time>,
    failures_log: LogBudget<AcceptFailure>,
    refusals_log: LogBudget<HandshakeFailure>,
}

impl<B: Backlog> Acceptor<B> {
    pub(crate) fn new(mut backlog: B, capacity: Capacity) -> Self {
        Self {
            reserve: backlog.reserve().ok(),
            backlog,
            admission: Admission::new(capacity),
            is_ready: false,
            retry_at: None,
            failures_log: LogBudget::new(),
            refusals_log: LogBudget::new(),
        }
    }

    /// Whether [`accept`](Self::accept) is to be called; `is_freed` when a descriptor was given back.
    pub(crate) fn is_due(&self, now: Time, is_freed: bool) -> bool {
        match self.retry_at {
            Some(at) => is_freed || at <= now,
            None => self.is_ready,
        }
    }

    /// Takes up to one turn's batch and hands each to `take`.
    pub(crate) fn accept(&mut self, now: Time, metrics: &IoMetrics, mut take: impl FnMut(B::Socket, Ticket)) {
        self.retry_at = None;
        self.is_ready = true;
        for _ in 0..ACCEPTS_PER_TURN {
            let error = match self.backlog.accept() {
                Ok((socket, peer)) => {
                    match self.admission.admit(peer, now) {
                        Decision::Take(ticket) => take(socket, ticket),
                        Decision::Refuse(reason) => self.refuse(socket, reason, now, metrics),
                    }
                    continue;
                }
                Err(error) => error,
            };
            let (verdict, failure) = judge(&error);
            if verdict == Verdict::Drained {
                self.is_ready = false;
                return;
            }
            metrics.accept_failures.add(failure, 1);
            if verdict == Verdict::Pause {
                self.pause(&error, failure, now, metrics);
                return;
            }
        }
    }

    fn refuse(&mut self, socket: B::Socket, reason: HandshakeFailure, now: Time, metrics: &IoMetrics) {
        let is_address =
            matches!(reason, HandshakeFailure::AddressConnections | HandshakeFailure::AddressRate);
        self.backlog.turn_away(socket, if is_address { TOO_MANY } else { BUSY });
        metrics.handshake_failures.add(reason, 1);
        if let Some(suppressed) = self.refusals_log.take(reason, now, &metrics.log_suppressed) {
            tracing::warn!(reason = reason.text(), suppressed, "a connection is turned away");
        }
    }

    fn pause(&mut self, error: &io::Error, failure: AcceptFailure, now: Time, metrics: &IoMetrics) {
        if let Some(suppressed) = self.failures_log.take(failure, now, &metrics.log_suppressed) {
            tracing::warn!(reason = failure.text(), %error, suppressed, "cannot accept connections");
        }
        let is_empty = match failure {
            AcceptFailure::ProcessDescriptors | AcceptFailure::SystemDescriptors => self.drain(metrics),
            _ => false,
        };
        self.is_ready = false;
        self.retry_at = (!is_empty).then(|| now + ACCEPT_RETRY);
    }

    /// Answers those who wait, one after the other on the reserved descriptor; whether nobody is left.
    fn drain(&mut self, metrics: &IoMetrics) -> bool {
        if self.reserve.take().is_none() {
            self.reserve = self.backlog.reserve().ok();
            return false;
        }
        let mut is_empty = false;
        for _ in 0..DRAINS_PER_TURN {
            match self.backlog.accept() {
                Ok((socket, _)) => {
                    self.backlog.turn_away(socket, BUSY);
                    metrics.handshake_failures.add(HandshakeFailure::Descriptors, 1);
                }
                Err(error) => match judge(&error).0 {
                    Verdict::Next => {}
                    Verdict::Drained => {
                        is_empty = true;
                        break;
                    }
                    // Another thread took the descriptor.
                    Verdict::Pause => break,
                },
            }
        }
        self.reserve = self.backlog.reserve().ok();
        is_empty
    }
}

/// What an accept error means (accept(2) lists the network errors that belong to the failed connection alone).
fn judge(error: &io::Error) -> (Verdict, AcceptFailure) {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        OutOfMemory, PermissionDenied, TimedOut, WouldBlock,
    };
    #[cfg(unix)]
    if let Some(known) = error.raw_os_error().and_then(judge_errno) {
        return known;
    }
    match error.kind() {
        WouldBlock => (Verdict::Drained, AcceptFailure::Other),
        Interrupted => (Verdict::Next, AcceptFailure::Interrupted),
        ConnectionAborted | ConnectionReset => (Verdict::Next, AcceptFailure::Aborted),
        HostUnreachable | NetworkDown | NetworkUnreachable | PermissionDenied | TimedOut => {
            (Verdict::Next, AcceptFailure::Network)
        }
        OutOfMemory => (Verdict::Pause, AcceptFailure::Memory),
        _ => (Verdict::Pause, AcceptFailure::Other),
    }
}

/// The errors that `io::ErrorKind` has no name for.
#[cfg(target_os = "linux")]
fn judge_errno(raw: i32) -> Option<(Verdict, AcceptFailure)> {
    use rustix::io::Errno;
    Some(match Errno::from_raw_os_error(raw) {
        Errno::MFILE => (Verdict::Pause, AcceptFailure::ProcessDescriptors),
        Errno::NFILE => (Verdict::Pause, AcceptFailure::SystemDescriptors),
        Errno::NOBUFS | Errno::NOMEM => (Verdict::Pause, AcceptFailure::Memory),
        Errno::PROTO | Errno::NOPROTOOPT | Errno::HOSTDOWN | Errno::NONET | Errno::OPNOTSUPP => {
            (Verdict::Next, AcceptFailure::Network)
        }
        _ => return None,
    })
}

/// EMFILE and ENFILE have these numbers on every Unix.
#[cfg(all(unix, not(target_os = "linux")))]
fn judge_errno(raw: i32) -> Option<(Verdict, AcceptFailure)> {
    match raw {
        24 => Some((Verdict::Pause, AcceptFailure::ProcessDescriptors)),
        23 => Some((Verdict::Pause, AcceptFailure::SystemDescriptors)),
        _ => None,
    }
}

#[cfg(all(test, unix))]
mod tests;
