//! From the first byte of a connection to its session, or to an HTTP answer.
//!
//! Owns what a complete request head leads to. Checks in order: the head's form and size (`ws::handshake`), the
//! service's routing with its Origin policy, the upgrade's own rules. What fails is answered with a status and closed.

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::handshake::{HeadBuffer, Request, accept};
use tickwire_netcode::ws::{Role, WebSocket};

use super::connection::{Connection, Phase};
use super::driver::Driver;
use super::limits::RESPONSE_TIMEOUT;
use super::service::{ConnectionId, Route, Service};
use super::transport::Transport;

impl<T: Transport, S: Service> Driver<T, S> {
    /// Bytes of a request head; `head` has been taken out of the phase.
    pub(super) fn feed_head(&mut self, id: ConnectionId, mut head: HeadBuffer, count: usize, now: Time) {
        let scratch = &mut self.table.scratch;
        let consumed = match head.push(&self.read_buffer[..count]) {
            Ok(None) => {
                if let Some(Connection { phase: Phase::AwaitHead { head: place, .. }, .. }) =
                    self.table.find(id)
                {
                    *place = head;
                }
                return;
            }
            Ok(Some(head)) => answer_head(&mut self.service, head.bytes, scratch).then_some(head.consumed),
            Err(error) => {
                error.write_response(scratch);
                None
            }
        };
        match consumed {
            Some(consumed) => self.open(id, consumed, count, now),
            None => self.table.finish(id, RESPONSE_TIMEOUT, now),
        }
    }

    /// The handshake is done, its answer is in the scratch; frames may follow it in the read buffer.
    fn open(&mut self, id: ConnectionId, consumed: usize, count: usize, now: Time) {
        let ws = WebSocket::new(Role::Server, self.limits, 0);
        let session = self.service.opened(id, now);
        let deadline = self.service.timeout(&session);
        let Some(connection) = self.table.find(id) else { return };
        connection.phase = Phase::Open { ws, session };
        self.table.timers.disarm(id.index);
        if let Some(deadline) = deadline {
            self.table.timers.arm(id.index, deadline);
        }
        // One write carries the answer and the replies to frames that came with the request.
        self.feed_open(id, consumed, count, now);
    }
}

/// Appends the answer to a complete head; whether it is an accepted upgrade.
fn answer_head<S: Service>(service: &mut S, head: &[u8], out: &mut Vec<u8>) -> bool {
    let request = match Request::parse(head) {
        Ok(request) => request,
        Err(error) => {
            error.write_response(out);
            return false;
        }
    };
    match service.route(&request) {
        Route::Respond(response) => response.write(request.method() == "HEAD", out),
        Route::Upgrade => match accept(&request) {
            Ok(accepted) => {
                accepted.write_response(out);
                return true;
            }
            Err(error) => error.write_response(out),
        },
    }
    false
}
