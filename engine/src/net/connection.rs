//! `Connection`: one entry of the table: its transport, its unsent tail and where it stands.
//!
//! Owns how bytes reach the transport and what happens to those it does not take. Does not know the service or the
//! timers. Invariant: bytes leave in the order they were given; nothing is written past a pending tail.

use std::io;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::WebSocket;
use tickwire_netcode::ws::handshake::HeadBuffer;

use super::admission::Ticket;
use super::limits::{SCRATCH_KEEP_BYTES, TAIL_REPLY_BYTES_MAX};
use super::service::Closed;
use super::transport::{SHORT_CALL_REARMS, Transport};
use super::watch::Watch;
use crate::metrics::io::IoMetrics;

/// Where a connection stands.
///
/// ```text
///   AwaitHead --upgrade--> Open --our close--> AwaitClose --peer's close--> Flushing --drained--> Lingering --> gone
///       |                   `--peer's close, protocol error------------------^                       ^ peer's FIN,
///       `--response, refusal, 408-------------------------------------------'                          deadline
/// ```
/// Any of them is left at once when the transport fails.
#[derive(Debug)]
pub(crate) enum Phase<Session> {
    /// Collecting the request head.
    AwaitHead { head: HeadBuffer, deadline: Time },
    /// Upgraded, with a session.
    Open { ws: WebSocket, session: Session },
    /// Our close frame is on its way; what arrives is dropped up to the peer's.
    AwaitClose { ws: WebSocket, deadline: Time },
    /// The last bytes are in the tail.
    Flushing { deadline: Time },
    /// Our FIN is sent; reads go on so that unread bytes do not turn the goodbye into a reset.
    Lingering { deadline: Time },
}

/// Why a connection cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Lost(io::ErrorKind),
    /// Too many replies wait in the tail.
    Slow,
}

impl From<Fault> for Closed {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lost(kind) => Self::Lost(kind),
            Fault::Slow => Self::Slow,
        }
    }
}

/// What an update's write came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    Nothing,
    Partly,
    All,
}

/// The unsent rest of a write; no allocation while empty.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
    /// Of a write of a turn or a tick: far below 4 GiB.
    sent: u32,
    /// How many bytes at the end are replies; more are taken up to [`TAIL_REPLY_BYTES_MAX`].
    replies: u32,
}

impl Tail {
    pub(crate) fn is_pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent as usize..]
    }

    /// Keeps `scratch[sent..]`; a large one is taken over instead of copied, so that the thread gives its memory up.
    fn keep(&mut self, scratch: &mut Vec<u8>, sent: usize) {
        if scratch.capacity() > SCRATCH_KEEP_BYTES {
            *self = Self { bytes: std::mem::take(scratch), sent: sent as u32, replies: 0 };
        } else {
            *self = Self { bytes: scratch[sent..].to_vec(), sent: 0, replies: 0 };
        }
    }

    /// Appends replies; false when there are too many. The rest of an update before them is not theirs to answer for.
    fn append(&mut self, replies: &[u8]) -> bool {
        let count = self.rest().len().min(self.replies as usize) + replies.len();
        if count > TAIL_REPLY_BYTES_MAX {
            return false;
        }
        self.replies = count as u32;
        self.bytes.drain(..self.sent as usize);
        self.sent = 0;
        self.bytes.extend_from_slice(replies);
        true
    }
}

#[derive(Debug)]
pub(crate) struct Connection<T, Session> {
    pub(crate) transport: T,
    pub(crate) ticket: Ticket,
    pub(crate) generation: u32,
    /// In the ready list.
    pub(crate) queued: bool,
    /// An edge arrived whose bytes have not all been read; no other edge announces them.
    pub(crate) readable: bool,
    /// The peer's FIN or reset was announced: a short read does not mean drained any more.
    pub(crate) peer_ended: bool,
    pub(crate) watch: Watch,
    pub(crate) tail: Tail,
    pub(crate) phase: Phase<Session>,
}

impl<T: Transport, Session> Connection<T, Session> {
    pub(crate) fn new(transport: T, ticket: Ticket, generation: u32, head_deadline: Time) -> Self {
        Self {
            transport,
            ticket,
            generation,
            queued: false,
            readable: false,
            peer_ended: false,
            watch: Watch::Control,
            tail: Tail::default(),
            phase: Phase::AwaitHead { head: HeadBuffer::new(), deadline: head_deadline },
        }
    }

    /// Where its edges should come from, on a thread that harvests.
    pub(crate) fn due_watch(&self) -> Watch {
        match self.phase {
            Phase::Open { .. } if self.ticket.is_pending() => Watch::Control,
            Phase::Open { .. } if self.tail.is_pending() => Watch::LiveWithTail,
            Phase::Open { .. } => Watch::Live,
            _ => Watch::Control,
        }
    }

    /// Whether reading waits for the tail.
    pub(crate) fn is_paused(&self, reads_while_blocked: bool) -> bool {
        self.tail.is_pending()
            && match self.phase {
                Phase::Open { .. } => !reads_while_blocked,
                Phase::Flushing { .. } => true,
                Phase::AwaitHead { .. } | Phase::AwaitClose { .. } | Phase::Lingering { .. } => false,
            }
    }

    /// Reads once into `buffer`.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, io::ErrorKind> {
        loop {
            match self.transport.receive(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.kind()),
            }
        }
    }

    /// Sends replies: what is not taken now waits as the tail. Leaves `scratch` empty.
    pub(crate) fn reply(&mut self, scratch: &mut Vec<u8>, metrics: &IoMetrics) -> Result<(), Fault> {
        if scratch.is_empty() {
            return Ok(());
        }
        let outcome = self.reply_bytes(scratch, metrics);
        clear(scratch);
        outcome
    }

    fn reply_bytes(&mut self, scratch: &mut Vec<u8>, metrics: &IoMetrics) -> Result<(), Fault> {
        if self.tail.is_pending() {
            if !self.tail.append(scratch) {
                return Err(Fault::Slow);
            }
            metrics.send_queue_bytes_max.raise(self.tail.rest().len() as u64);
            return Ok(());
        }
        let sent = write_once(&mut self.transport, scratch, metrics).map_err(Fault::Lost)?;
        if sent < scratch.len() {
            self.keep_tail(scratch, sent, metrics);
            self.tail.replies = self.tail.rest().len() as u32;
        }
        Ok(())
    }

    /// Sends an update: dropped whole when no byte is taken. Leaves `scratch` empty. Requires that no tail is pending.
    pub(crate) fn update(&mut self, scratch: &mut Vec<u8>, metrics: &IoMetrics) -> Result<Written, Fault> {
        debug_assert!(!self.tail.is_pending());
        let outcome = match write_once(&mut self.transport, scratch, metrics) {
            Err(kind) => Err(Fault::Lost(kind)),
            Ok(0) => Ok(Written::Nothing),
            Ok(sent) if sent == scratch.len() => Ok(Written::All),
            Ok(sent) => {
                self.keep_tail(scratch, sent, metrics);
                Ok(Written::Partly)
            }
        };
        clear(scratch);
        outcome
    }

    /// Writes more of the tail; whether it is empty now. Its memory is freed then.
    pub(crate) fn flush(&mut self, metrics: &IoMetrics) -> Result<bool, Fault> {
        if !self.tail.is_pending() {
            return Ok(true);
        }
        self.tail.sent +=
            write_once(&mut self.transport, self.tail.rest(), metrics).map_err(Fault::Lost)? as u32;
        if !self.tail.rest().is_empty() {
            return Ok(false);
        }
        self.tail = Tail::default();
        Ok(true)
    }

    fn keep_tail(&mut self, scratch: &mut Vec<u8>, sent: usize, metrics: &IoMetrics) {
        self.tail.keep(scratch, sent);
        metrics.partial_writes.add(1);
        metrics.send_queue_bytes_max.raise(self.tail.rest().len() as u64);
    }
}

/// How many of `bytes` the transport took, in one call where that is enough for the next writable edge.
fn write_once<T: Transport>(
    transport: &mut T,
    bytes: &[u8],
    metrics: &IoMetrics,
) -> Result<usize, io::ErrorKind> {
    let mut sent = 0;
    while sent < bytes.len() {
        metrics.writes.add(1);
        match transport.transmit(&bytes[sent..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero),
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.kind()),
        }
        if SHORT_CALL_REARMS {
            break;
        }
    }
    metrics.sent_bytes.add(sent as u64);
    Ok(sent)
}

fn clear(scratch: &mut Vec<u8>) {
    scratch.clear();
    if scratch.capacity() > SCRATCH_KEEP_BYTES {
        scratch.shrink_to(SCRATCH_KEEP_BYTES);
    }
}
