//! A session that goes on in another room: PROTOCOL section 3.4.
//!
//! Owns what Moved changes in [`Active`], and the messages that the client wrote before it read Moved: they are in the terms of
//! a schema that is not the room's any more. Moved takes a number of the Updates, so the first ack that reaches it divides
//! what was written before from what was written after. Invariant: nothing of the old room reaches the new one.

use super::active::Active;
use super::server::ServerStats;
use crate::error::ProtocolError;
use crate::ids::UpdateSeq;
use crate::message::StaleMessage;
use crate::schema::SchemaHash;
use crate::time::{Tick, Time};

impl Active {
    /// Moved is written: numbers go on, everything that names the old room's state or schema is forgotten.
    pub(super) fn on_moved(&mut self, base_tick: Tick, schema: SchemaHash, now: Time) {
        self.updates.on_written(now);
        self.moved = Some(self.updates.newest());
        self.tick = base_tick;
        self.schema = schema;
        self.events.forget_unwritten();
        self.chains = Default::default();
        self.input_told = None;
    }

    /// Takes a message that was written before the client read Moved. False: it was not, or says the same in every room.
    pub(super) fn take_stale(
        &mut self,
        message: &[u8],
        now: Time,
        stats: &mut ServerStats,
    ) -> Result<bool, ProtocolError> {
        let Some(moved) = self.moved else {
            return Ok(false);
        };
        match StaleMessage::decode(message)? {
            StaleMessage::Input(ack) => {
                self.on_ack(ack, now, stats);
                if self.settle(moved) {
                    return Ok(false);
                }
            }
            StaleMessage::Command(number) => {
                // An ack that reaches Moved may have come by itself.
                if self.settle(moved) {
                    return Ok(false);
                }
                let expected = self.command.next();
                if number > expected {
                    return Err(ProtocolError::SequenceGap { number: number.0, expected: expected.0 });
                }
                self.command = self.command.max(number);
            }
            StaleMessage::Neither => return Ok(false),
        }
        stats.stale += 1;
        Ok(true)
    }

    /// Whether the client has read Moved.
    fn settle(&mut self, moved: UpdateSeq) -> bool {
        let after = self.updates.newest().0.wrapping_sub(moved.0) as usize;
        let settled = self.updates.in_flight() <= after;
        if settled {
            self.moved = None;
        }
        settled
    }
}
