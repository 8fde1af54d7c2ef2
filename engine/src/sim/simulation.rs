//! The simulation of one thread: its rooms, who may sit where, and the order of one tick.
//!
//! [`Simulation`] is driven by argument (drain, advance), so that tests run it on a virtual clock; [`run`] is the loop that a
//! thread adds. Does not own threads or channels' policies. Invariant: between two ticks everything that has arrived is
//! drained first, so an input that was handed over before a tick began is seen by it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use slab::Slab;
use tickwire_netcode::close::CloseCode;
use tickwire_netcode::time::Time;

use super::hosted::{Fate, Hosted, panic_text};
use super::kind::Kind;
use super::record::RecordSink;
use super::tick_clock::TickClock;
use super::tick_meter::TickMeter;
use super::tick_timing::{QuantizedInput, TickTiming};
use crate::bridge::{Inbound, InboundEntry, JoinRequest, Refused, RoomId, SimEnd};
use crate::clock::Clock;
use crate::limits;
use crate::metrics::sim::SimMetrics;
use crate::net::wake::Wake;

/// What a simulation is made with.
pub(crate) struct Setup {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) tick_rate_hz: u32,
    /// Seats of each room.
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
    pub(crate) record: Option<RecordSink>,
}

/// Rooms and the channels to the I/O threads.
pub(crate) struct Simulation {
    setup: Setup,
    rooms: Slab<Hosted>,
    /// By I/O thread.
    links: Vec<SimEnd>,
    rooms_made: u32,
    interval: Duration,
    /// When the next tick begins.
    next: Time,
    /// Scratch of `advance`.
    ended: Vec<usize>,
    metrics: Arc<SimMetrics>,
}

impl Simulation {
    pub(crate) fn new(setup: Setup, links: Vec<SimEnd>) -> Self {
        let interval = Duration::from_nanos(1_000_000_000 / u64::from(setup.tick_rate_hz));
        Self {
            setup,
            rooms: Slab::new(),
            links,
            rooms_made: 0,
            interval,
            next: Time::default(),
            ended: Vec::new(),
            metrics: Arc::default(),
        }
    }

    /// Counts into these instead of counters of its own.
    pub(crate) fn with_metrics(mut self, metrics: Arc<SimMetrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// Takes in everything that the I/O threads have handed over, before the tick that begins at `next`.
    pub(crate) fn drain(&mut self, next: Time) {
        self.next = next;
        self.rooms.iter_mut().for_each(|(_, room)| room.expect(next));
        for io in 0..self.links.len() {
            // Bounded, so that I/O threads faster than this loop cannot hold up a tick.
            for _ in 0..2 * limits::INBOUND_BATCHES_MAX {
                let Some(mut batch) = self.links[io].poll_inbound() else { break };
                self.handle_batch(io, &mut batch);
                self.links[io].recycle(batch);
            }
        }
    }

    fn handle_batch(&mut self, io: usize, batch: &mut Inbound) {
        for entry in batch.entries.drain(..) {
            match entry {
                InboundEntry::Join(request) => self.join(io, *request),
                InboundEntry::Input { seat, number, tick, view_tick_q4, arrived, words } => {
                    if let Some(room) = self.room(seat.room) {
                        let words = &batch.words[words];
                        let verdict = room.input(
                            seat.player,
                            QuantizedInput { number, tick, view_tick_q4, arrived, words },
                        );
                        self.metrics.count_input(verdict);
                    }
                }
                InboundEntry::Command { seat, number, index, words } => {
                    if let Some(room) = self.room(seat.room) {
                        room.command(seat.player, number, index, &batch.words[words]);
                    }
                }
                InboundEntry::Leave { seat, why } => {
                    if let Some(room) = self.room(seat.room) {
                        room.unseat(seat.player, why);
                    }
                }
            }
        }
    }

    /// The room of this id, unless it has ended.
    fn room(&mut self, id: RoomId) -> Option<&mut Hosted> {
        self.rooms.get_mut(id.index as usize).filter(|room| room.id == id)
    }

    fn join(&mut self, io: usize, request: JoinRequest) {
        let connection = request.connection;
        match self.find_or_make(request.kind, &request.room) {
            Ok(index) => {
                let timing = self.timing(self.next, false);
                let room = &mut self.rooms[index];
                let player = room.seat(io, connection, request.name, timing);
                tracing::debug!(conn = connection.index, room = %room.name, player = player.0, "a player takes a seat");
            }
            Err(code) => {
                self.metrics.joins_refused.add(1);
                self.links[io].refuse(Refused { connection, code });
            }
        }
    }

    /// The index of a room with a free seat, made if there is none yet.
    fn find_or_make(&mut self, kind: usize, name: &str) -> Result<usize, CloseCode> {
        let capacity = self.setup.capacity;
        let mut of_kind = self.rooms.iter().filter(|(_, room)| room.kind == kind);
        if name.is_empty() {
            let free = of_kind.find(|(_, room)| room.public && room.seats_taken() < capacity);
            return match free {
                Some((index, _)) => Ok(index),
                None => self.make(kind, self.public_name(kind), true),
            };
        }
        match of_kind.find(|(_, room)| &*room.name == name) {
            Some((index, room)) if room.seats_taken() < capacity => Ok(index),
            Some(_) => Err(CloseCode::Full),
            None => self.make(kind, name.into(), false),
        }
    }

    /// The lowest number that no room of the kind has as its name.
    fn public_name(&self, kind: usize) -> Arc<str> {
        let taken = |name: &str| self.rooms.iter().any(|(_, room)| room.kind == kind && &*room.name == name);
        let mut number = 1u32;
        loop {
            let name = number.to_string();
            if !taken(&name) {
                return name.into();
            }
            number += 1;
        }
    }

    fn make(&mut self, kind: usize, name: Arc<str>, public: bool) -> Result<usize, CloseCode> {
        if self.rooms.len() >= limits::ROOMS_MAX {
            return Err(CloseCode::Busy);
        }
        let serial = self.rooms_made;
        self.rooms_made = self.rooms_made.wrapping_add(1);
        let seed = room_seed(self.setup.seed, serial);
        let declared = &self.setup.kinds[kind];
        let rate = self.setup.tick_rate_hz;
        let room = match catch_unwind(AssertUnwindSafe(|| declared.make(seed, rate))) {
            Ok(room) => room,
            Err(panic) => {
                self.metrics.room_panics.add(1);
                let reason = panic_text(&*panic);
                tracing::error!(room = %name, kind = %declared.wire.name, reason, "the game panicked at its start");
                return Err(CloseCode::RoomFailed);
            }
        };
        tracing::info!(room = %name, kind = %declared.wire.name, serial, "a room is made");
        self.metrics.rooms_made.add(1);
        let entry = self.rooms.vacant_entry();
        let index = entry.key();
        let id = RoomId { index: u32::try_from(index).unwrap_or(u32::MAX), serial };
        entry.insert(Hosted::new(id, kind, name, public, seed, room));
        Ok(index)
    }

    fn timing(&self, started: Time, reanchor: bool) -> TickTiming {
        TickTiming { started, interval: self.interval, reanchor }
    }

    /// Runs one tick of every room and hands the outcomes over; `woken` is called per I/O thread that has something to fetch.
    pub(crate) fn advance(&mut self, started: Time, reanchor: bool, mut woken: impl FnMut(usize)) {
        let timing = self.timing(started, reanchor);
        for (index, room) in &mut self.rooms {
            let kind = &self.setup.kinds[room.kind];
            let fate = room.advance(timing, kind, &mut self.links, &mut self.setup.record);
            if fate != Fate::Alive {
                self.metrics.room_panics.add(u64::from(fate == Fate::Failed));
                tracing::info!(room = %room.name, kind = %kind.wire.name, reason = ?fate, "a room has ended");
                self.ended.push(index);
            }
        }
        while let Some(index) = self.ended.pop() {
            drop_room(self.rooms.remove(index));
        }
        for (io, link) in self.links.iter_mut().enumerate() {
            if link.publish() {
                woken(io);
            }
        }
        self.metrics.count_outbound(self.links.iter().map(SimEnd::pending_outputs));
        let players = self.rooms.iter().map(|(_, room)| room.seats_taken()).sum();
        self.metrics.count_rooms(self.rooms.len(), players);
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.rooms.drain().for_each(drop_room);
    }
}

/// A game may panic in its destructor as well.
fn drop_room(room: Hosted) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(room)));
}

/// The seed of a room: SplitMix64 of the server's seed and the room's serial, so that rooms of one server differ.
fn room_seed(server_seed: u64, serial: u32) -> u64 {
    let mut z = server_seed.wrapping_add((u64::from(serial) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The simulation thread: ticks until `stop` is set, looked at once per tick.
pub(crate) fn run(mut simulation: Simulation, mut clock: TickClock, wakes: &[Wake], stop: &AtomicBool) {
    let mut meter = TickMeter::new(Arc::clone(&simulation.metrics), simulation.interval);
    while !stop.load(Ordering::Acquire) {
        let due = clock.wait();
        let mut began = Clock::now();
        simulation.drain(due.deadline);
        meter.dropped(due.dropped, due.deadline, !simulation.rooms.is_empty());
        // Bit by I/O thread, of which there are at most 64.
        let mut woken = 0u64;
        for nth in 0..due.ticks {
            // One wake per I/O thread, however many ticks are caught up.
            let started = due.deadline + simulation.interval * nth;
            // From the last of them on, ticks and time stand in a new relation.
            let reanchor = due.dropped > 0 && nth + 1 == due.ticks;
            simulation.advance(started, reanchor, |io| woken |= 1 << io);
            let ended = Clock::now();
            meter.ticked(started, began, ended);
            began = ended;
        }
        for (io, wake) in wakes.iter().enumerate() {
            if woken & (1 << io) != 0 {
                wake.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests;
