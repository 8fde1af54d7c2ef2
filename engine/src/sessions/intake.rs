//! Where a session's messages go: inputs and commands into the bridge's batch, replies back to the client.

use std::time::Duration;

use tickwire_netcode::message::Hello;
use tickwire_netcode::session::{CommandRecord, InputRecord, ServerSink};
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use crate::bridge::{Inbound, InboundEntry, SeatId};
use crate::metrics::io::IoMetrics;
use crate::net::outbox::Outbox;

/// The sink of one message.
pub(super) struct Intake<'a, 'o> {
    seat: Option<SeatId>,
    batch: &'a mut Inbound,
    /// How long before they were read inputs have come, by estimate.
    held: Duration,
    out: &'a mut Outbox<'o>,
    metrics: &'a IoMetrics,
    /// The client asks for a seat.
    pub(super) hello: Option<Hello>,
    /// The client says goodbye.
    pub(super) bye: bool,
    /// The batch was at its bound: what this message said is lost.
    pub(super) overflowed: bool,
}

impl<'a, 'o> Intake<'a, 'o> {
    pub(super) fn new(
        seat: Option<SeatId>,
        batch: &'a mut Inbound,
        held: Duration,
        out: &'a mut Outbox<'o>,
        metrics: &'a IoMetrics,
    ) -> Self {
        Self { seat, batch, held, out, metrics, hello: None, bye: false, overflowed: false }
    }

    /// Appends an entry for the seat, if there is one and the batch has room.
    fn push(&mut self, words: &[u32], entry: impl FnOnce(SeatId, std::ops::Range<usize>) -> InboundEntry) {
        let Some(seat) = self.seat else { return };
        if self.batch.has_room() {
            let words = self.batch.push_words(words);
            self.batch.entries.push(entry(seat, words));
        } else {
            self.overflowed = true;
        }
    }
}

impl ServerSink for Intake<'_, '_> {
    fn hello(&mut self, hello: Hello) {
        self.hello = Some(hello);
    }

    fn input(&mut self, input: InputRecord<'_>) {
        let InputRecord { number, tick, view_tick_q4, arrived: read, .. } = input;
        let arrived = Time::from_nanos(read.as_nanos().saturating_sub(self.held.as_nanos() as u64));
        self.push(input.words, |seat, words| InboundEntry::Input {
            seat,
            number,
            tick,
            view_tick_q4,
            arrived,
            read,
            words,
        });
    }

    fn command(&mut self, command: CommandRecord<'_>) {
        let CommandRecord { number, index, .. } = command;
        self.push(command.words, |seat, words| InboundEntry::Command { seat, number, index, words });
    }

    fn bye(&mut self, _reason: u8) {
        self.bye = true;
    }

    fn reply(&mut self, message: &[u8]) {
        self.metrics.count_message(message);
        self.out.send(MessageKind::Binary, message);
    }
}
