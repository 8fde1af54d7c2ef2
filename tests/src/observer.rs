//! A player who does nothing but notice: every update comes, in order, and is acknowledged.
//!
//! Made of [`Peer`] alone, so that a fault that server and Rust client share cannot hide in it. It does not decode slots.

use std::net::SocketAddr;

use crate::peer::{Peer, types};

/// Somebody in a room whose updates must never stop.
#[derive(Debug)]
pub struct Observer {
    peer: Peer,
    /// Updates received, which is also the number of the newest.
    updates: u32,
}

impl Observer {
    /// Joins a room of `kind`.
    #[must_use]
    #[track_caller]
    pub fn join(address: SocketAddr, kind: &str) -> Self {
        Self { peer: Peer::join(address, kind), updates: 0 }
    }

    /// Receives `count` more updates.
    ///
    /// # Panics
    /// When one is missing, or the session ends.
    #[track_caller]
    pub fn sees_updates(&mut self, count: u32) {
        for _ in 0..count {
            let update = self.peer.hear_type(types::UPDATE);
            self.updates += 1;
            assert_eq!(u32::from(update[1]), self.updates & 0xff, "an update is missing");
            self.acknowledge();
        }
    }

    /// PROTOCOL section 5.1: the low bits of the newest update's number, no event, a stamp that nobody looks at.
    fn acknowledge(&mut self) {
        let mut ack = vec![types::ACK];
        ack.extend_from_slice(&(self.updates as u16).to_le_bytes());
        ack.push(0);
        ack.extend_from_slice(&self.updates.to_le_bytes());
        self.peer.send(&ack);
    }
}
