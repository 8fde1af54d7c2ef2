//! Every channel between the I/O threads and the simulation, and what travels in them.
//!
//! | channel | direction | carries | capacity | when full |
//! |---|---|---|---|---|
//! | inbound | I/O thread -> simulation | [`Inbound`]: what one read pass brought | [`limits::INBOUND_BATCHES_MAX`] | the I/O thread keeps the batch and appends the next pass to it; past [`limits::INBOUND_ENTRIES_MAX`] the connections that add to it are closed with 1013 |
//! | inbound, empty | simulation -> I/O thread | the same batches, emptied | as above | the batch is freed |
//! | outbound | simulation -> I/O thread | [`Outbound`]: one [`TickOutput`] per room with players there, per tick | [`limits::OUTBOUND_BATCHES_MAX`] | the simulation keeps the batch and merges the next tick into it: newest snapshot and lines replace, events and joins append; past [`limits::OUTBOUND_EVENTS_MAX`] events a room's players there are closed with 1013 |
//! | outbound, empty | I/O thread -> simulation | the same batches, emptied | as above | the batch is freed |
//!
//! One set of four per pair of I/O thread and simulation thread; each end has one owner. After a tick the simulation wakes each I/O thread for which it has
//! sent something, once. Invariant: nobody blocks on either side, nothing grows without bound, the order of join, input
//! and leave of a player is kept, and batches travel in a circle, so that nothing is allocated in steady state.

use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tickwire_netcode::close::CloseCode;
use tickwire_netcode::ids::{CommandSeq, InputSeq, PlayerId};
use tickwire_netcode::snapshot::Snapshot;
use tickwire_netcode::time::{Tick, Time};

use crate::directory::Permit;
use crate::game::{Leave, TransferError};
use crate::limits;
use crate::metrics::InputStamps;
use crate::net::service::ConnectionId;

/// Names a room of the process; never used again for another room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomId {
    /// The simulation thread that it lives on.
    pub(crate) thread: u16,
    /// Place in that thread's table of rooms.
    pub(crate) index: u32,
    /// Count of rooms made before this one.
    pub(crate) serial: u32,
}

/// A player's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeatId {
    pub(crate) room: RoomId,
    pub(crate) player: PlayerId,
}

/// A player on the way to the seat that the directory has given.
#[derive(Debug)]
pub(crate) struct JoinRequest {
    pub(crate) connection: ConnectionId,
    /// The seat, and the room to make if there is none yet.
    pub(crate) permit: Permit,
    pub(crate) name: String,
}

/// The order to take a player to the seat that the directory has given in another room.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(crate) player: PlayerId,
    pub(crate) permit: Permit,
    pub(crate) name: String,
}

/// One thing an I/O thread tells the simulation.
#[derive(Debug)]
pub(crate) enum InboundEntry {
    /// Boxed: rare, and four times the size of an input.
    Join(Box<JoinRequest>),
    Input {
        seat: SeatId,
        number: InputSeq,
        tick: Tick,
        view_tick_q4: u32,
        /// When it came, by the best estimate.
        arrived: Time,
        /// When it was read.
        read: Time,
        words: Range<usize>,
    },
    Command {
        seat: SeatId,
        number: CommandSeq,
        index: u8,
        words: Range<usize>,
    },
    Leave {
        seat: SeatId,
        why: Leave,
    },
    /// A transfer came to nothing: the player is where it was.
    Stayed {
        seat: SeatId,
        why: TransferError,
    },
}

/// What the read passes since the last hand-over brought, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    pub(crate) entries: Vec<InboundEntry>,
    /// The quantized words of inputs and commands.
    pub(crate) words: Vec<u32>,
}

impl Inbound {
    pub(crate) fn push_words(&mut self, words: &[u32]) -> Range<usize> {
        let start = self.words.len();
        self.words.extend_from_slice(words);
        start..self.words.len()
    }

    /// Whether a connection may still add to the batch. Joins and inputs stop here; leaves always fit, they are bounded by seats.
    pub(crate) fn has_room(&self) -> bool {
        self.entries.len() < limits::INBOUND_ENTRIES_MAX
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.words.clear();
    }
}

/// A seat was granted. The session answers with Welcome.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) connection: ConnectionId,
    pub(crate) player: PlayerId,
    /// The room's id, as told to the player.
    pub(crate) room_name: Arc<str>,
    pub(crate) kind: usize,
}

/// Why a seat was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) connection: ConnectionId,
    pub(crate) code: CloseCode,
}

/// What the header of one player's next update says about its inputs and commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlayerLine {
    pub(crate) player: PlayerId,
    pub(crate) input_applied: InputSeq,
    /// In 1/16 tick; negative = late.
    pub(crate) input_margin_q4: i16,
    pub(crate) command_ack: CommandSeq,
}

/// An input that a tick has used. Only for measuring how long its way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StampedInput {
    pub(crate) player: PlayerId,
    pub(crate) stamps: InputStamps,
}

/// Who of an I/O thread's players in the room hears an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipients {
    Everyone,
    /// A range of [`OutboundEvents::players`].
    Listed(Range<usize>),
}

/// One event on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutboundEvent {
    pub(crate) tick: Tick,
    pub(crate) class: u8,
    pub(crate) droppable: bool,
    pub(crate) recipients: Recipients,
    /// A range of [`OutboundEvents::words`].
    pub(crate) words: Range<usize>,
}

/// Events of one room for one I/O thread, in the order emitted.
#[derive(Debug, Default)]
pub(crate) struct OutboundEvents {
    pub(crate) list: Vec<OutboundEvent>,
    pub(crate) words: Vec<u32>,
    pub(crate) players: Vec<PlayerId>,
}

impl OutboundEvents {
    fn append(&mut self, other: &mut Self) {
        let (words, players) = (self.words.len(), self.players.len());
        self.words.append(&mut other.words);
        self.players.append(&mut other.players);
        self.list.extend(other.list.drain(..).map(|mut event| {
            event.words = event.words.start + words..event.words.end + words;
            if let Recipients::Listed(range) = &mut event.recipients {
                *range = range.start + players..range.end + players;
            }
            event
        }));
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.words.clear();
        self.players.clear();
    }
}

/// What one tick of one room means for the players of one I/O thread. May hold several ticks once merged.
#[derive(Debug)]
pub(crate) struct TickOutput {
    pub(crate) room: RoomId,
    pub(crate) tick: Tick,
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// Time was dropped before this tick: clients are told to forget their clock.
    pub(crate) reanchor: bool,
    pub(crate) seated: Vec<Seated>,
    /// One per player of this I/O thread, ascending.
    pub(crate) lines: Vec<PlayerLine>,
    /// Inputs of these players that the ticks up to the snapshot have used, since the snapshot before.
    pub(crate) stamped: Vec<StampedInput>,
    /// How many more there were than [`limits::STAMPED_INPUTS_MAX`].
    pub(crate) stamps_lost: u64,
    pub(crate) events: OutboundEvents,
    /// Players the game removed, and what to tell them.
    pub(crate) kicked: Vec<(PlayerId, String)>,
    /// Players the game sends to other rooms.
    pub(crate) transfers: Vec<Transfer>,
    /// The room is gone: its sessions close with this code.
    pub(crate) ended: Option<CloseCode>,
}

impl TickOutput {
    fn new(room: RoomId) -> Self {
        Self {
            room,
            tick: Tick(0),
            snapshot: None,
            reanchor: false,
            seated: Vec::new(),
            lines: Vec::new(),
            stamped: Vec::new(),
            stamps_lost: 0,
            events: OutboundEvents::default(),
            kicked: Vec::new(),
            transfers: Vec::new(),
            ended: None,
        }
    }

    /// Takes over a later tick of the same room and leaves `later` empty.
    fn merge(&mut self, later: &mut Self) {
        debug_assert_eq!(self.room, later.room);
        self.tick = later.tick;
        if later.snapshot.is_some() {
            self.snapshot = later.snapshot.take();
            // What a line says was used is in the snapshot beside it.
            std::mem::swap(&mut self.lines, &mut later.lines);
            let room = limits::STAMPED_INPUTS_MAX.saturating_sub(self.stamped.len());
            self.stamps_lost += later.stamped.len().saturating_sub(room) as u64;
            later.stamped.truncate(room);
            self.stamped.append(&mut later.stamped);
        }
        self.stamps_lost += later.stamps_lost;
        self.reanchor |= later.reanchor;
        self.seated.append(&mut later.seated);
        self.events.append(&mut later.events);
        self.kicked.append(&mut later.kicked);
        self.transfers.append(&mut later.transfers);
        self.ended = self.ended.or(later.ended);
        if self.events.list.len() > limits::OUTBOUND_EVENTS_MAX {
            // Reliable events cannot be thinned, so whoever would miss some is told to come back.
            self.events.clear();
            self.ended = self.ended.or(Some(CloseCode::Busy));
        }
    }

    fn reset(&mut self, room: RoomId) {
        self.room = room;
        self.tick = Tick(0);
        self.snapshot = None;
        self.reanchor = false;
        self.seated.clear();
        self.lines.clear();
        self.stamped.clear();
        self.stamps_lost = 0;
        self.events.clear();
        self.kicked.clear();
        self.transfers.clear();
        self.ended = None;
    }
}

/// One tick of all rooms for one I/O thread.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    pub(crate) outputs: Vec<TickOutput>,
    pub(crate) refused: Vec<Refused>,
}

impl Outbound {
    fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.refused.is_empty()
    }
}

/// Makes the channels between one simulation thread and one I/O thread.
pub(crate) fn link() -> (SimEnd, IoEnd) {
    let (inbound_send, inbound) = bounded(limits::INBOUND_BATCHES_MAX);
    let (inbound_empty, inbound_spare) = bounded(limits::INBOUND_BATCHES_MAX);
    let (outbound, outbound_recv) = bounded(limits::OUTBOUND_BATCHES_MAX);
    let (outbound_empty, outbound_spare) = bounded(limits::OUTBOUND_BATCHES_MAX);
    let sim = SimEnd {
        inbound,
        inbound_empty,
        outbound,
        outbound_spare,
        pending: Outbound::default(),
        spare_outputs: Vec::new(),
        places: Vec::new(),
    };
    let io = IoEnd {
        inbound: inbound_send,
        inbound_spare,
        outbound: outbound_recv,
        outbound_empty,
        batch: Inbound::default(),
    };
    (sim, io)
}

/// Makes the channels of every pair of threads: per simulation thread its ends by I/O thread, and the other way round.
pub(crate) fn links(sim_threads: usize, io_threads: usize) -> (Vec<Vec<SimEnd>>, Vec<Vec<IoEnd>>) {
    let mut io_ends: Vec<Vec<IoEnd>> = (0..io_threads).map(|_| Vec::new()).collect();
    let mut ends_of_one = || {
        io_ends
            .iter_mut()
            .map(|io| {
                let (sim_end, io_end) = link();
                io.push(io_end);
                sim_end
            })
            .collect()
    };
    let sim_ends = (0..sim_threads).map(|_| ends_of_one()).collect();
    (sim_ends, io_ends)
}

/// The simulation's end of the channels to one I/O thread.
pub(crate) struct SimEnd {
    inbound: Receiver<Inbound>,
    inbound_empty: Sender<Inbound>,
    outbound: Sender<Outbound>,
    outbound_spare: Receiver<Outbound>,
    pending: Outbound,
    spare_outputs: Vec<TickOutput>,
    /// By room index: where in `pending` the room was put last. A stale place names another room or none, which `push` checks.
    places: Vec<u32>,
}

impl SimEnd {
    /// The next batch, if one waits. Give it back with [`SimEnd::recycle`].
    pub(crate) fn poll_inbound(&mut self) -> Option<Inbound> {
        self.inbound.try_recv().ok()
    }

    pub(crate) fn recycle(&mut self, mut batch: Inbound) {
        batch.clear();
        // Full means that enough spares wait there already.
        let _ = self.inbound_empty.try_send(batch);
    }

    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.pending.refused.push(refused);
    }

    /// Adds one tick of a room to what leaves next; `fill` writes into an empty output.
    pub(crate) fn push(&mut self, room: RoomId, fill: impl FnOnce(&mut TickOutput)) {
        let mut output = match self.spare_outputs.pop() {
            Some(mut spare) => {
                spare.reset(room);
                spare
            }
            None => TickOutput::new(room),
        };
        fill(&mut output);
        let index = room.index as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, 0);
        }
        let place = self.places[index] as usize;
        match self.pending.outputs.get_mut(place).filter(|pending| pending.room == room) {
            Some(pending) => {
                pending.merge(&mut output);
                self.spare_outputs.push(output);
            }
            None => {
                self.places[index] = self.pending.outputs.len() as u32;
                self.pending.outputs.push(output);
            }
        }
    }

    /// Hands over what was pushed. Returns whether the I/O thread has something to wake up for.
    pub(crate) fn publish(&mut self) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        let spare = self.outbound_spare.try_recv().unwrap_or_default();
        let spare = self.emptied(spare);
        let batch = std::mem::replace(&mut self.pending, spare);
        match self.outbound.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(batch)) => {
                // Stays pending; the next tick merges into it.
                self.pending = batch;
            }
            // The I/O thread has ended and the server is about to.
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    /// Outputs that found no place at the last hand-over.
    pub(crate) fn pending_outputs(&self) -> usize {
        self.pending.outputs.len()
    }

    /// Takes the outputs of a returned batch for use in later ticks.
    fn emptied(&mut self, mut spare: Outbound) -> Outbound {
        spare.refused.clear();
        while let Some(mut output) = spare.outputs.pop() {
            // A snapshot held by a spare could not be written again, nor could a seat be taken.
            output.snapshot = None;
            output.transfers.clear();
            self.spare_outputs.push(output);
        }
        spare
    }
}

/// An I/O thread's end of the channels to the simulation.
pub(crate) struct IoEnd {
    inbound: Sender<Inbound>,
    inbound_spare: Receiver<Inbound>,
    outbound: Receiver<Outbound>,
    outbound_empty: Sender<Outbound>,
    /// What this read pass has brought so far, and earlier passes that found the channel full.
    pub(crate) batch: Inbound,
}

impl IoEnd {
    /// Hands over the batch if it holds something and the channel has a place; otherwise keeps it.
    pub(crate) fn publish(&mut self) {
        if self.batch.entries.is_empty() {
            return;
        }
        let spare = self.inbound_spare.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, spare);
        if let Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) =
            self.inbound.try_send(batch)
        {
            self.batch = batch;
        }
    }

    /// The next tick's outputs, if they have come. Give the batch back with [`IoEnd::recycle`].
    pub(crate) fn poll_outbound(&mut self) -> Option<Outbound> {
        self.outbound.try_recv().ok()
    }

    pub(crate) fn recycle(&mut self, mut batch: Outbound) {
        for output in &mut batch.outputs {
            // Dropped here, so that the room can write this memory again.
            output.snapshot = None;
        }
        let _ = self.outbound_empty.try_send(batch);
    }
}

#[cfg(test)]
mod tests;
