//! The simulation of one thread: its rooms, and the order of one tick.
//!
//! [`Simulation`] is driven by argument (drain, advance), so that tests run it on a virtual clock; [`run`] is the loop that a
//! thread adds. Does not own threads, channels' policies or the choice of a room (`directory`). Invariant: between two ticks everything that has arrived is
//! drained first, so an input that was handed over before a tick began is seen by it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::session::Waited;
use tickwire_netcode::time::Time;

use super::hosted::{Fate, Hosted, Witnesses, panic_text};
use super::input_meter::InputMeter;
use super::kind::{Kind, RoomTimes};
use super::record::RecordSink;
use super::room_log::{RoomLine, RoomLog};
use super::room_table::RoomTable;
use super::tick_clock::TickClock;
use super::tick_meter::TickMeter;
use super::tick_timing::{QuantizedInput, TickTiming};
use crate::bridge::{Inbound, InboundEntry, JoinRequest, Refused, RoomId, SimEnd};
use crate::clock::Clock;
use crate::directory::{Directory, RoomPlan};
use crate::limits;
use crate::metrics::sim::SimMetrics;
use crate::net::wake::Wake;
use crate::tick_grid::Due;

/// What a simulation is made with.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) kinds: Arc<[Kind]>,
    pub(crate) times: RoomTimes,
    pub(crate) seed: u64,
    pub(crate) record: Option<Arc<RecordSink>>,
    pub(crate) directory: Arc<Directory>,
    /// What the time is, for measuring only: rooms never see it.
    pub(crate) clock: fn() -> Time,
}

/// Rooms and the channels to the I/O threads.
pub(crate) struct Simulation {
    setup: Setup,
    rooms: RoomTable,
    /// By I/O thread.
    links: Vec<SimEnd>,
    interval: Duration,
    /// When the next tick begins.
    next: Time,
    /// Scratch of `advance`.
    ended: Vec<(RoomId, Fate)>,
    /// Scratch of `advance`: rooms by kind.
    room_counts: Vec<u64>,
    metrics: Arc<SimMetrics>,
    meter: InputMeter,
    log: RoomLog,
}

impl Simulation {
    pub(crate) fn new(setup: Setup, links: Vec<SimEnd>) -> Self {
        let interval = Duration::from_nanos(1_000_000_000 / u64::from(setup.times.tick_rate_hz));
        let metrics = Arc::<SimMetrics>::default();
        Self {
            room_counts: vec![0; setup.kinds.len()],
            setup,
            rooms: RoomTable::default(),
            links,
            interval,
            next: Time::default(),
            ended: Vec::new(),
            meter: InputMeter::new(Arc::clone(&metrics)),
            log: RoomLog::new(Arc::clone(&metrics)),
            metrics,
        }
    }

    /// Counts into these instead of counters of its own.
    pub(crate) fn with_metrics(mut self, metrics: Arc<SimMetrics>) -> Self {
        self.meter = InputMeter::new(Arc::clone(&metrics));
        self.log = RoomLog::new(Arc::clone(&metrics));
        self.metrics = metrics;
        self
    }

    /// Takes in everything that the I/O threads have handed over, before the tick that begins at `next`.
    pub(crate) fn drain(&mut self, next: Time) {
        self.next = next;
        self.rooms.iter_mut().for_each(|room| room.expect(next));
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
        let buffered = (self.setup.clock)();
        for entry in batch.entries.drain(..) {
            match entry {
                InboundEntry::Join(request) => self.join(io, *request),
                InboundEntry::Input { seat, number, tick, view_tick_q4, arrived, read, words } => {
                    if let Some(room) = self.room(seat.room) {
                        let (words, waited) = (&batch.words[words], Waited { read, buffered });
                        let verdict = room.input(
                            seat.player,
                            QuantizedInput { number, tick, view_tick_q4, arrived, waited, words },
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
                InboundEntry::Stayed { seat, why } => {
                    if let Some(room) = self.room(seat.room) {
                        room.stay(seat.player, why);
                    }
                }
            }
        }
    }

    /// The room of this id, unless it has ended.
    fn room(&mut self, id: RoomId) -> Option<&mut Hosted> {
        self.rooms.find(id)
    }

    fn join(&mut self, io: usize, request: JoinRequest) {
        let connection = request.connection;
        let plan = Arc::clone(request.permit.plan());
        let timing = self.timing(self.next, false);
        let now = self.next;
        match self.rooms.entry(&plan, || make(&self.setup, &plan, &self.metrics, &mut self.log, now)) {
            Ok(room) => {
                let player = room.seat(io, request, timing);
                tracing::debug!(conn = connection.index, room = %plan.name, player = player.0, "a player takes a seat");
            }
            Err(code) => {
                self.metrics.joins_refused.add(1);
                self.links[io].refuse(Refused { connection, code });
            }
        }
    }

    /// Takes a room out, unless somebody was promised a seat while it was about to end for lack of players.
    fn end(&mut self, id: RoomId, fate: Fate) {
        let Some(room) = self.rooms.find(id) else { return };
        if fate == Fate::Failed {
            self.metrics.room_panics.add(1);
            self.setup.directory.remove(&room.plan);
        } else if !self.setup.directory.dispose(&room.plan) {
            return;
        }
        let kind = &self.setup.kinds[room.plan.kind].wire.name;
        if let Some(suppressed) = self.log.take(RoomLine::Ended, self.next) {
            tracing::info!(room = %room.plan.name, %kind, reason = ?fate, suppressed, "a room has ended");
        }
        if let Some(room) = self.rooms.remove(id) {
            drop_room(room);
        }
    }

    fn timing(&self, started: Time, reanchor: bool) -> TickTiming {
        TickTiming { started, interval: self.interval, reanchor }
    }

    /// Runs what is due at a deadline: as many ticks as are to be caught up, of which the last tells clients of dropped time.
    /// `ticked` is called after each with the moment it was due at.
    pub(crate) fn run_due(&mut self, due: Due, mut woken: impl FnMut(usize), mut ticked: impl FnMut(Time)) {
        self.drain(due.deadline);
        for nth in 0..due.ticks {
            // From the last of them on, ticks and time stand in a new relation.
            let reanchor = due.dropped > 0 && nth + 1 == due.ticks;
            let started = due.deadline + self.interval * nth;
            self.advance(started, reanchor, &mut woken);
            ticked(started);
        }
    }

    /// Runs one tick of every room and hands the outcomes over; `woken` is called per I/O thread that has something to fetch.
    pub(crate) fn advance(&mut self, started: Time, reanchor: bool, mut woken: impl FnMut(usize)) {
        let timing = self.timing(started, reanchor);
        let Self { setup, rooms, links, ended, meter, log, .. } = self;
        let mut witnesses = Witnesses { record: setup.record.as_deref(), clock: setup.clock, meter, log };
        let mut has_wishes = false;
        for room in rooms.iter_mut() {
            let kind = &setup.kinds[room.plan.kind];
            match room.advance(timing, kind, links, &mut witnesses) {
                Fate::Alive => has_wishes |= room.has_wishes(),
                fate => ended.push((room.id(), fate)),
            }
        }
        // The directory's lock is taken from here on, after every room has had its tick.
        while let Some((id, fate)) = self.ended.pop() {
            self.end(id, fate);
        }
        if has_wishes {
            let Self { setup, rooms, links, .. } = self;
            for room in rooms.iter_mut().filter(|room| room.has_wishes()) {
                room.transfer(&setup.directory, links, started);
            }
        }
        for (io, link) in self.links.iter_mut().enumerate() {
            if link.publish() {
                woken(io);
            }
        }
        self.metrics.count_outbound(self.links.iter().map(SimEnd::pending_outputs));
        self.count_rooms();
        self.meter.publish(started);
    }

    fn count_rooms(&mut self) {
        self.room_counts.fill(0);
        let mut players = 0;
        for room in self.rooms.iter_mut() {
            self.room_counts[room.plan.kind] += 1;
            players += room.seats_taken();
        }
        self.metrics.count_rooms(&self.room_counts, players);
    }
}

/// Makes a room, and runs the game's `start`.
fn make(
    setup: &Setup,
    plan: &Arc<RoomPlan>,
    metrics: &SimMetrics,
    log: &mut RoomLog,
    now: Time,
) -> Result<Hosted, CloseCode> {
    let kind = &setup.kinds[plan.kind];
    let RoomId { serial, .. } = plan.id;
    let seed = room_seed(setup.seed, serial);
    match catch_unwind(AssertUnwindSafe(|| kind.make(seed, setup.times))) {
        Ok(room) => {
            if let Some(suppressed) = log.take(RoomLine::Made, now) {
                tracing::info!(room = %plan.name, kind = %kind.wire.name, serial, suppressed, "a room is made");
            }
            metrics.rooms_made.add(1);
            plan.set_made();
            Ok(Hosted::new(Arc::clone(plan), seed, room))
        }
        Err(panic) => {
            metrics.room_panics.add(1);
            let reason = panic_text(&*panic);
            if let Some(suppressed) = log.take(RoomLine::PanickedAtStart, now) {
                let kind = &kind.wire.name;
                tracing::error!(room = %plan.name, %kind, reason, suppressed, "the game panicked at its start");
            }
            setup.directory.remove(plan);
            Err(CloseCode::RoomFailed)
        }
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
        let due = if simulation.rooms.is_watched() { clock.wait() } else { clock.sleep() };
        let mut began = Clock::now();
        meter.dropped(due.dropped, due.deadline, !simulation.rooms.is_empty());
        // Bit by I/O thread, of which there are at most 64: one wake each, however many ticks are caught up.
        let mut woken = 0u64;
        simulation.run_due(
            due,
            |io| woken |= 1 << io,
            |started| {
                let ended = Clock::now();
                meter.ticked(started, began, ended);
                began = ended;
            },
        );
        for (io, wake) in wakes.iter().enumerate() {
            if woken & (1 << io) != 0 {
                wake.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests;
