//! `Outbox`: what a joined client has to send.
//!
//! Owns the numbers of inputs and commands, and when acks are due. It holds little: an input for each tick of the last
//! pass, and commands that were just given.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::input_clock::InputClock;
use crate::ids::{CommandSeq, EventSeq, InputSeq, UpdateSeq};
use crate::limits;
use crate::message::{Ack, Bye, Command, InputMessage, InputTime, Ping, Resync};
use crate::schema::Layout;
use crate::time::{Tick, Time};

/// How long an ack waits for an input to ride on: half of what PROTOCOL section 5.1 allows.
const ACK_WITHIN: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
struct WaitingInput {
    number: InputSeq,
    tick: Tick,
    view_tick_q4: u32,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    hello_sent: bool,
    bye: Option<u8>,
    resync: Option<UpdateSeq>,
    ping: bool,
    ack_due: Option<Time>,
    /// An ack goes out before anything else.
    ack_first: bool,
    /// The tick that the clock gave and no input was given for yet.
    due: Option<Tick>,
    inputs: Vec<WaitingInput>,
    /// Words of `inputs`, end to end.
    words: Vec<u32>,
    newest_input: InputSeq,
    /// Encoded commands.
    commands: VecDeque<Vec<u8>>,
    newest_command: CommandSeq,
}

impl Outbox {
    /// True once.
    pub(super) fn take_hello(&mut self) -> bool {
        !core::mem::replace(&mut self.hello_sent, true)
    }

    pub(super) fn newest_input(&self) -> InputSeq {
        self.newest_input
    }

    pub(super) fn ack_due(&self) -> Option<Time> {
        self.ack_due
    }

    /// Something was received that is to be acknowledged.
    pub(super) fn ack_within(&mut self, now: Time) {
        self.ack_due.get_or_insert(now + ACK_WITHIN);
    }

    pub(super) fn resync(&mut self, seq: UpdateSeq) {
        self.resync = Some(seq);
    }

    /// Forgets what is not sent yet: it was meant for the room that is left. Commands give their numbers back, for these have
    /// no holes.
    pub(super) fn on_moved(&mut self) {
        self.resync = None;
        self.due = None;
        self.inputs.clear();
        self.words.clear();
        self.newest_command = CommandSeq(self.newest_command.0.wrapping_sub(self.commands.len() as u32));
        self.commands.clear();
        self.ack_first = true;
    }

    pub(super) fn ping(&mut self) {
        self.ping = true;
    }

    pub(super) fn leave(&mut self, reason: u8) {
        self.bye = Some(reason);
    }

    pub(super) fn input_due(&mut self, clock: &mut InputClock, now: Time) -> Option<Tick> {
        self.due = self.due.or_else(|| clock.due(now));
        self.due
    }

    pub(super) fn push_input(&mut self, tick: Tick, view_tick_q4: u32, words: &[u32]) -> InputSeq {
        self.due = None;
        self.newest_input = self.newest_input.next();
        self.inputs.push(WaitingInput { number: self.newest_input, tick, view_tick_q4 });
        self.words.extend_from_slice(words);
        self.newest_input
    }

    pub(super) fn push_command(&mut self, layout: &Layout, index: u8, words: &[u32]) -> CommandSeq {
        self.newest_command = self.newest_command.next();
        let mut message = Vec::new();
        Command { number: self.newest_command, index }.encode(layout, words, &mut message);
        self.commands.push_back(message);
        self.newest_command
    }

    pub(super) fn poll_bye(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(reason) = self.bye.take() else {
            return false;
        };
        Bye { reason }.encode(out);
        true
    }

    /// Appends one message.
    pub(super) fn poll(
        &mut self,
        layout: &Layout,
        update: UpdateSeq,
        event: EventSeq,
        now: Time,
        out: &mut Vec<u8>,
    ) -> bool {
        let ack = Ack { update: update.low16(), event, stamp: now.into() };
        if core::mem::take(&mut self.ack_first) {
            ack.encode(out);
            self.ack_due = None;
        } else if let Some(seq) = self.resync.take() {
            Resync { seq: seq.low16() }.encode(out);
        } else if let Some(command) = self.commands.pop_front() {
            out.extend_from_slice(&command);
        } else if !self.inputs.is_empty() {
            self.encode_inputs(ack, layout, out);
            self.ack_due = None;
        } else if self.ack_due.is_some_and(|due| due <= now) {
            ack.encode(out);
            self.ack_due = None;
        } else if core::mem::take(&mut self.ping) {
            Ping { stamp: now.into() }.encode(out);
        } else {
            return false;
        }
        true
    }

    /// As many inputs as one message holds: up to 8, as long as their ticks ascend (a clock that jumped back gives some
    /// twice).
    fn encode_inputs(&mut self, ack: Ack, layout: &Layout, out: &mut Vec<u8>) {
        let first = self.inputs[0];
        let mut times = [InputTime::default(); limits::INPUTS_PER_MESSAGE_MAX];
        let mut count = 0;
        let mut offset_before = -1;
        for (time, input) in times.iter_mut().zip(&self.inputs) {
            let offset = input.tick.delta(first.tick);
            if offset <= offset_before {
                break;
            }
            offset_before = offset;
            *time =
                InputTime { tick_offset: offset.unsigned_abs(), view_tick: input.view_tick_q4 & 0xF_FFFF };
            count += 1;
        }
        let message = InputMessage::new(ack, first.number.low16(), first.tick.low16(), &times[..count]);
        let words = count * layout.input().words();
        message.encode(layout, &self.words[..words], out);
        self.inputs.drain(..count);
        self.words.drain(..words);
    }
}
