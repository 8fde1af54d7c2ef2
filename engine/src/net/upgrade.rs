//! From the first byte of a connection to its session, or to an HTTP answer.
//!
//! Owns what a complete request head leads to. Checks in order: the head's form and size (`ws::handshake`), the
//! service's routing with its Origin policy, the upgrade's own rules. What fails is answered with a status and closed.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, UpgradeError, accept};
use tickwire_netcode::ws::{Role, WebSocket};

use super::connection::{Connection, Phase};
use super::driver::Driver;
use super::limits::{BUSY_REASON, CLOSE_TIMEOUT, RESPONSE_TIMEOUT};
use super::service::{ConnectionId, Route, Service};
use super::transport::Transport;
use crate::metrics::causes::{CloseReason, HandshakeFailure};

/// What a complete head leads to; what is to be said is in the scratch.
enum Answer {
    /// The upgrade is accepted.
    Upgrade,
    Response,
    Refusal(HandshakeFailure),
}

impl<T: Transport, S: Service> Driver<T, S> {
    /// Bytes of a request head; `head` has been taken out of the phase.
    pub(super) fn feed_head(&mut self, id: ConnectionId, mut head: HeadBuffer, count: usize, now: Time) {
        let scratch = &mut self.table.scratch;
        let (answer, consumed) = match head.push(&self.read_buffer[..count]) {
            Ok(None) => {
                if let Some(Connection { phase: Phase::AwaitHead { head: place, .. }, .. }) =
                    self.table.find(id)
                {
                    *place = head;
                }
                return;
            }
            Ok(Some(head)) => (answer_head(&mut self.service, head.bytes, scratch), head.consumed),
            Err(error) => {
                error.write_response(scratch);
                (Answer::Refusal(error.into()), 0)
            }
        };
        match answer {
            Answer::Upgrade if self.is_turned_away(id) => self.turn_away(id, now),
            Answer::Upgrade => self.open(id, consumed, count, now),
            Answer::Response => {
                self.count_close(id, CloseReason::Http, now);
                self.table.finish(id, RESPONSE_TIMEOUT, now);
            }
            Answer::Refusal(reason) => {
                self.count_failure(id, reason, now);
                self.count_close(id, CloseReason::Refused, now);
                self.table.finish(id, RESPONSE_TIMEOUT, now);
            }
        }
    }

    fn is_turned_away(&mut self, id: ConnectionId) -> bool {
        self.table.find(id).is_some_and(|connection| connection.ticket.is_turned_away)
    }

    /// All slots are taken. A browser can not read the status of a refused upgrade, but it can read a close code: the
    /// upgrade's answer is in the scratch, the close frame goes behind it.
    fn turn_away(&mut self, id: ConnectionId, now: Time) {
        let mut ws = WebSocket::new(Role::Server, self.limits, 0);
        ws.close(1013, BUSY_REASON, &mut self.table.scratch);
        self.count_failure(id, HandshakeFailure::Full, now);
        self.count_close(id, CloseReason::Refused, now);
        self.table.finish(id, CLOSE_TIMEOUT, now);
    }

    /// The handshake is done, its answer is in the scratch; frames may follow it in the read buffer.
    fn open(&mut self, id: ConnectionId, consumed: usize, count: usize, now: Time) {
        let ws = WebSocket::new(Role::Server, self.limits, 0);
        let session = self.service.opened(id, now);
        let deadline = self.service.timeout(&session);
        let Some(connection) = self.table.find(id) else { return };
        connection.phase = Phase::Open { ws, session };
        self.table.metrics.upgrades.add(1);
        self.table.count_session();
        self.table.timers.disarm(id.index);
        if let Some(deadline) = deadline {
            self.table.timers.arm(id.index, deadline);
        }
        // One write carries the answer and the replies to frames that came with the request.
        self.feed_open(id, consumed, count, now);
    }
}

/// Appends the answer to a complete head.
fn answer_head<S: Service>(service: &mut S, head: &[u8], out: &mut Vec<u8>) -> Answer {
    let request = match Request::parse(head) {
        Ok(request) => request,
        Err(error) => {
            error.write_response(out);
            return Answer::Refusal(error.into());
        }
    };
    match service.route(&request) {
        Route::Upgrade => match accept(&request) {
            Ok(accepted) => {
                accepted.write_response(out);
                Answer::Upgrade
            }
            Err(error) => {
                error.write_response(out);
                Answer::Refusal(error.into())
            }
        },
        // Nothing here reads a body: one that is announced must not be taken for the next request.
        Route::Respond(response) if request.has_body() && response.code() < 400 => {
            let error = UpgradeError::Body;
            error.write_response(out);
            Answer::Refusal(error.into())
        }
        Route::Respond(response) => {
            response.write(request.method() == "HEAD", out);
            HandshakeFailure::of_status(response.code()).map_or(Answer::Response, Answer::Refusal)
        }
    }
}
