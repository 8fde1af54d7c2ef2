//! `EventLane`: the events of one player that are not acknowledged yet. PROTOCOL section 7.
//!
//! Owns their order, numbers and coded bytes. Invariant: it never holds more than its bounds, and an event is written
//! once, after an Update with a tick at or after its own. What was written changes only in [`EventLane::commit`].

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::ProtocolError;
use crate::ids::EventSeq;
use crate::limits;
use crate::message::{EventHead, EventsWriter};
use crate::time::Tick;

/// Bytes after which a message of events is closed and the next one begun: a lane that was held back for long goes out
/// in pieces that a receiver can bound.
const MESSAGE_BYTES: usize = 16 * 1024;

/// Bytes that one event counts for beside its fields: number, tick, class and cause.
const RECORD_BYTES: usize = 16;

/// One event for one player.
#[derive(Clone, Copy, Debug)]
pub struct EventRecord<'a> {
    /// The tick in which it happened.
    pub tick: Tick,
    /// Index into the schema's events.
    pub class: u8,
    /// Low bits of the number of the input that caused it.
    pub cause: Option<u16>,
    /// May be left out when the lane is half full.
    pub droppable: bool,
    /// The coded fields, see [`encode_event_fields`](crate::message::encode_event_fields).
    pub fields: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    number: EventSeq,
    tick: Tick,
    class: u8,
    cause: Option<u16>,
    size: u32,
}

/// The part of a lane that one send writes: no effect until it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Events of the lane, from its front, that are written after this.
    count: usize,
    /// Bytes of their fields.
    bytes: usize,
    /// Number of the last of them.
    last: EventSeq,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventLane {
    /// Unacknowledged events in order.
    kept: VecDeque<Kept>,
    /// Their fields, end to end, from `acked_bytes` on.
    fields: Vec<u8>,
    /// Bytes at the front of `fields` that are acknowledged, until they are worth moving the rest.
    acked_bytes: usize,
    /// Number of the newest event, dropped ones included.
    newest: EventSeq,
    acked: EventSeq,
    written: Written,
}

impl EventLane {
    pub(super) fn new() -> Self {
        let written = Written { count: 0, bytes: 0, last: EventSeq(0) };
        Self {
            kept: VecDeque::new(),
            fields: Vec::new(),
            acked_bytes: 0,
            newest: EventSeq(0),
            acked: EventSeq(0),
            written,
        }
    }

    fn bytes(&self) -> usize {
        self.fields.len() - self.acked_bytes + self.kept.len() * RECORD_BYTES
    }

    /// Appends an event. `Ok(false)`: it was droppable, and was dropped.
    ///
    /// # Errors
    /// The lane is over its bound: 4007.
    pub(super) fn push(&mut self, event: &EventRecord<'_>) -> Result<bool, ProtocolError> {
        let bytes = self.bytes() + event.fields.len() + RECORD_BYTES;
        let count = self.kept.len() + 1;
        let half = bytes * 2 > limits::EVENTS_UNACKED_BYTES_MAX || count * 2 > limits::EVENTS_UNACKED_MAX;
        self.newest = self.newest.next();
        if event.droppable && half {
            return Ok(false);
        }
        if bytes > limits::EVENTS_UNACKED_BYTES_MAX || count > limits::EVENTS_UNACKED_MAX {
            return Err(ProtocolError::Unacknowledged);
        }
        self.fields.extend_from_slice(event.fields);
        let EventRecord { tick, class, cause, .. } = *event;
        let size = event.fields.len() as u32;
        self.kept.push_back(Kept { number: self.newest, tick, class, cause, size });
        Ok(true)
    }

    /// What is written now: the state that [`EventLane::append`] goes on from.
    pub(super) fn written(&self) -> Written {
        self.written
    }

    /// Appends one message with events that follow an Update of tick `tick`, and advances `written`. False: there is
    /// none to write.
    pub(super) fn append(&self, written: &mut Written, tick: Tick, out: &mut Vec<u8>) -> bool {
        let mut bytes = 0;
        let due = self
            .kept
            .iter()
            .skip(written.count)
            .take(limits::EVENTS_PER_MESSAGE_MAX as usize)
            .take_while(|event| tick.delta(event.tick) >= 0)
            .take_while(|event| {
                // The first always fits, so that an event of any size goes out.
                let fits = bytes == 0 || bytes + event.size as usize <= MESSAGE_BYTES;
                bytes += event.size as usize + 1;
                fits
            })
            .count();
        if due == 0 {
            return false;
        }
        let mut writer = EventsWriter::new(out, written.last, tick.low16(), due as u32);
        for event in self.kept.iter().skip(written.count).take(due) {
            let head = EventHead {
                gap: event.number.0.wrapping_sub(written.last.0),
                age: tick.delta(event.tick) as u32,
                class: event.class,
                cause: event.cause,
            };
            let start = self.acked_bytes + written.bytes;
            let end = start + event.size as usize;
            writer.push(head, &self.fields[start..end]);
            written.bytes = end - self.acked_bytes;
            written.last = event.number;
        }
        written.count += due;
        true
    }

    /// What [`EventLane::append`] wrote is on its way. Returns how many events that is.
    pub(super) fn commit(&mut self, written: Written) -> u64 {
        let count = written.count - self.written.count;
        self.written = written;
        count as u64
    }

    /// Drops what was not written: its room is left, and its schema with it. The numbers stay spent.
    pub(super) fn forget_unwritten(&mut self) {
        self.kept.truncate(self.written.count);
        self.fields.truncate(self.acked_bytes + self.written.bytes);
    }

    /// Takes an acknowledgement. False: it names an event that was not written, or goes back.
    pub(super) fn ack(&mut self, number: EventSeq) -> bool {
        let ahead = self.written.last.0.wrapping_sub(number.0).cast_signed();
        let behind = number.0.wrapping_sub(self.acked.0).cast_signed();
        if ahead < 0 || behind < 0 {
            return false;
        }
        self.acked = number;
        while let Some(event) = self.kept.front() {
            if self.written.count == 0 || number.0.wrapping_sub(event.number.0).cast_signed() < 0 {
                break;
            }
            self.acked_bytes += event.size as usize;
            self.written.bytes -= event.size as usize;
            self.written.count -= 1;
            self.kept.pop_front();
        }
        // Moved when at least half is spent: each byte is moved once on average, and nothing is allocated.
        if self.acked_bytes * 2 >= self.fields.len() {
            self.fields.drain(..self.acked_bytes);
            self.acked_bytes = 0;
        }
        true
    }

    /// Unacknowledged events.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}
