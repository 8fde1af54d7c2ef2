//! `Active`: the server's session inside a room. PROTOCOL sections 5 to 7.
//!
//! Owns the numbers of inputs, commands, updates and events, the chains of the slots, and the commit rule: writing an Update reads this state,
//! and only [`Active::commit`] changes it.

use alloc::vec::Vec;
use core::time::Duration;

use super::event_lane::{EventLane, EventRecord, Written};
use super::resync::ResyncPolicy;
use super::rtt::RttWindow;
use super::server::{CommandRecord, InputRecord, ServerSink, ServerStats};
use super::update_log::{Acked, UpdateLog};
use crate::error::ProtocolError;
use crate::ids::{CommandSeq, InputSeq, UpdateSeq};
use crate::limits;
use crate::message::{Ack, ClientMessage, Command, InputMessage, Resync};
use crate::schema::{Layout, SchemaHash};
use crate::snapshot::update::{Echo, InputReport, PartKey, Point, SlotPlan, UpdateHeader};
use crate::snapshot::{BodyKey, Chain, History};
use crate::time::{Stamp, Tick, Time};

/// What the room says about the Update that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct UpdatePlan<'a> {
    /// The tick of the state.
    pub tick: Tick,
    /// Time was dropped: the client forgets its clock.
    pub reanchor: bool,
    /// Number of the newest input used, and how long before the start of its tick it arrived in 1/16 tick.
    pub input: Option<(InputSeq, i16)>,
    /// Number of the newest command that was run.
    pub commands_run: CommandSeq,
    /// The slots in their lasting order: 1 to 4, each with a key of [`super::ServerSession::body_key`].
    pub slots: &'a [SlotPlan<'a>],
}

/// What a slot's chain becomes when the Update is committed.
#[derive(Clone, Copy, Debug)]
struct Carried {
    body: BodyKey,
    hashed: bool,
}

/// An Update that was encoded and not yet accepted by the transport. Drop it, and nothing has happened.
#[derive(Debug)]
#[must_use = "an Update that was sent has to be committed"]
pub struct Pending {
    seq: UpdateSeq,
    tick: Tick,
    input: Option<(InputSeq, i16)>,
    commands_run: CommandSeq,
    echoed: Stamp,
    slots: [Option<Carried>; limits::SLOTS_MAX],
    events: Written,
}

impl Pending {
    /// The number that the Update carries.
    pub fn seq(&self) -> UpdateSeq {
        self.seq
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) updates: UpdateLog,
    /// Tick of the newest Update; what low bits of ticks are near to. It never falls far behind the room's tick: an
    /// Update that stays unacknowledged for 25 s ends the session.
    pub(super) tick: Tick,
    pub(super) resync: ResyncPolicy,
    /// What the client's decoder holds, by slot.
    pub(super) chains: [Chain; limits::SLOTS_MAX],
    pub(super) events: EventLane,
    /// Number of the newest input received.
    input: InputSeq,
    /// The input part of the newest Update.
    pub(super) input_told: Option<(InputSeq, i16)>,
    /// Number of the newest command received.
    pub(super) command: CommandSeq,
    /// The command part of the newest Update.
    commands_told: CommandSeq,
    /// Newest client stamp, and when it came.
    stamp: Stamp,
    stamp_at: Time,
    /// The stamp that was echoed last.
    echoed: Option<Stamp>,
    /// Reused for the words of inputs and commands.
    words: Vec<u32>,
    /// What the client holds of the room's schema.
    pub(super) schema: SchemaHash,
    /// The number of the newest Moved, until the client has acknowledged it.
    pub(super) moved: Option<UpdateSeq>,
    /// From the write of an Update to its ack.
    rtt: RttWindow,
    /// A second has begun since the round trip was asked for.
    rtt_due: bool,
}

impl Active {
    pub(super) fn new(base_tick: Tick, schema: SchemaHash, stamp: Stamp, stamp_at: Time) -> Self {
        Self {
            updates: UpdateLog::new(),
            tick: base_tick,
            resync: ResyncPolicy::default(),
            chains: [Chain::default(); limits::SLOTS_MAX],
            events: EventLane::new(),
            input: InputSeq(0),
            input_told: None,
            command: CommandSeq(0),
            commands_told: CommandSeq(0),
            stamp,
            stamp_at,
            echoed: None,
            words: Vec::new(),
            schema,
            moved: None,
            rtt: RttWindow::default(),
            rtt_due: false,
        }
    }

    /// Takes a message, and gives back those that are the same in every state.
    pub(super) fn take_message(
        &mut self,
        message: &[u8],
        now: Time,
        layout: Option<&Layout>,
        sink: &mut impl ServerSink,
        stats: &mut ServerStats,
    ) -> Result<Option<ClientMessage>, ProtocolError> {
        if self.take_stale(message, now, stats)? {
            return Ok(None);
        }
        match ClientMessage::decode(message, layout, &mut self.words)? {
            ClientMessage::Input(input) => {
                self.on_ack(input.ack, now, stats);
                self.on_inputs(&input, now, sink);
            }
            ClientMessage::Ack(ack) => self.on_ack(ack, now, stats),
            ClientMessage::Command(command) => self.on_command(command, sink, stats)?,
            ClientMessage::Resync(resync) => self.on_resync(resync, now, sink, stats)?,
            control @ (ClientMessage::Ping(_) | ClientMessage::Bye(_)) => return Ok(Some(control)),
        }
        Ok(None)
    }

    pub(super) fn on_ack(&mut self, ack: Ack, now: Time, stats: &mut ServerStats) {
        self.stamp = ack.stamp;
        self.stamp_at = now;
        let acked = self.updates.ack(ack.update, now);
        // An ack is read in a pass whose moment may lie before the write: then it says nothing.
        if let Acked::After(rtt) = acked
            && !rtt.is_zero()
        {
            self.rtt_due |= self.rtt.push(rtt, now);
        }
        let update_ok = acked != Acked::Strike;
        let event_ok = self.events.ack(ack.event);
        stats.ack_strikes += u64::from(!update_ok) + u64::from(!event_ok);
    }

    fn on_inputs(&mut self, message: &InputMessage, now: Time, sink: &mut impl ServerSink) {
        let first = InputSeq::from_low16(message.number, self.input.next());
        let base = Tick::from_low16(message.tick, self.tick);
        let words_each = self.words.len() / message.inputs().len();
        let mut number = first;
        for (i, time) in message.inputs().iter().enumerate() {
            let words = &self.words[i * words_each..][..words_each];
            let view_tick_q4 = nearest_view_tick(time.view_tick, self.tick);
            let tick = base + time.tick_offset;
            sink.input(InputRecord { number, tick, view_tick_q4, arrived: now, words });
            if number.0.wrapping_sub(self.input.0).cast_signed() > 0 {
                self.input = number;
            }
            number = number.next();
        }
    }

    fn on_command(
        &mut self,
        command: Command,
        sink: &mut impl ServerSink,
        stats: &mut ServerStats,
    ) -> Result<(), ProtocolError> {
        let Command { number, index } = command;
        let expected = self.command.next();
        if number < expected {
            stats.commands_duplicate += 1;
            return Ok(());
        }
        if number != expected {
            return Err(ProtocolError::SequenceGap { number: number.0, expected: expected.0 });
        }
        self.command = number;
        sink.command(CommandRecord { number, index, words: &self.words });
        Ok(())
    }

    fn on_resync(
        &mut self,
        resync: Resync,
        now: Time,
        sink: &mut impl ServerSink,
        stats: &mut ServerStats,
    ) -> Result<(), ProtocolError> {
        stats.resyncs += 1;
        let seq = UpdateSeq::from_low16(resync.seq, self.updates.newest());
        sink.resync(seq);
        self.resync.request(seq, now)
    }

    pub(super) fn push_event(&mut self, event: &EventRecord<'_>) -> Result<bool, ProtocolError> {
        self.events.push(event)
    }

    pub(super) fn gate_open(&self) -> bool {
        self.updates.in_flight() < limits::UPDATES_IN_FLIGHT_MAX
    }

    /// A Resync is to be answered: as if all chains were empty.
    fn full_due(&self, now: Time) -> bool {
        self.resync.full_due(now)
    }

    pub(super) fn body_key(
        &self,
        place: usize,
        key: PartKey,
        tick: Tick,
        history: &History,
        now: Time,
    ) -> BodyKey {
        if self.full_due(now) {
            return BodyKey::full(Point { key, tick });
        }
        self.chains[place].body_key(key, tick, history)
    }

    pub(super) fn hash_due(&self, place: usize, body: &BodyKey) -> bool {
        self.chains[place].hash_due(body)
    }

    pub(super) fn begin_update(
        &self,
        plan: &UpdatePlan<'_>,
        now: Time,
        out: &mut Vec<u8>,
    ) -> Option<Pending> {
        let tick_delta = u32::try_from(plan.tick.delta(self.tick)).ok().filter(|&delta| delta > 0)?;
        let seq = self.updates.newest().next();
        let echo = (self.echoed != Some(self.stamp)).then(|| {
            let hold_us = now.since(self.stamp_at).as_micros();
            Echo { stamp: self.stamp, hold_us: u32::try_from(hold_us).unwrap_or(u32::MAX) }
        });
        let header = UpdateHeader {
            seq: seq.low8(),
            reanchor: plan.reanchor,
            gate_level: 0,
            tick_delta,
            server_stamp: now.into(),
            input: plan
                .input
                .filter(|_| plan.input != self.input_told)
                .map(|(number, margin_q4)| InputReport { applied: number.low16(), margin_q4 }),
            // A room that was just joined has run none; what the one before has run stays run.
            command_ack: (plan.commands_run > self.commands_told).then_some(plan.commands_run),
            echo,
        };
        header.encode(out);
        let mut slots = [None; limits::SLOTS_MAX];
        for (place, slot) in plan.slots.iter().enumerate() {
            slot.encode(place + 1 < plan.slots.len(), out);
            slots[place] = Some(Carried { body: slot.body, hashed: slot.hash.is_some() });
        }
        Some(Pending {
            seq,
            tick: plan.tick,
            input: plan.input,
            commands_run: plan.commands_run,
            echoed: self.stamp,
            slots,
            events: self.events.written(),
        })
    }

    pub(super) fn append_events(&self, pending: &mut Pending, out: &mut Vec<u8>) -> bool {
        self.events.append(&mut pending.events, pending.tick, out)
    }

    /// Returns the number of events that were written.
    pub(super) fn commit(&mut self, pending: &Pending, now: Time) -> u64 {
        let Pending { seq, tick, input, commands_run, echoed, slots, events } = *pending;
        assert_eq!(seq, self.updates.newest().next(), "an Update is committed right after it was begun");
        self.updates.on_written(now);
        self.tick = tick;
        self.input_told = input;
        self.commands_told = commands_run.max(self.commands_told);
        self.echoed = Some(echoed);
        if slots.iter().flatten().all(|slot| slot.body.depth == 0) {
            self.resync.on_full(seq, now);
        }
        for (chain, slot) in self.chains.iter_mut().zip(&slots) {
            if let Some(Carried { body, hashed }) = slot {
                chain.push(body, *hashed);
            }
        }
        self.events.commit(events)
    }

    /// When the oldest Update in flight has been unacknowledged for too long.
    pub(super) fn ack_deadline(&self) -> Option<Time> {
        self.updates.oldest_written().map(|written| written + limits::SILENCE_END)
    }

    /// The least round trip of the last ten seconds; once a second, else `None`.
    pub(super) fn take_rtt(&mut self) -> Option<Duration> {
        core::mem::take(&mut self.rtt_due).then(|| self.rtt.least()).flatten()
    }

    pub(super) fn updates_in_flight(&self) -> usize {
        self.updates.in_flight()
    }

    pub(super) fn events_unacked(&self) -> usize {
        self.events.len()
    }
}

/// The view tick with these low 20 bits, in 1/16 tick, that is nearest to the start of `tick`.
fn nearest_view_tick(low: u32, tick: Tick) -> u32 {
    let near = tick.0.wrapping_mul(16);
    // The difference of the low bits, sign-extended from 20 bits.
    let offset = (low.wrapping_sub(near) << 12).cast_signed() >> 12;
    near.wrapping_add_signed(offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn view_ticks_survive_their_low_bits(
            base in prop_oneof![Just(0u32), Just(1 << 15), Just(1 << 16), Just(u32::MAX / 16), Just(u32::MAX), any::<u32>()],
            offset in -(1i32 << 19)..(1 << 19),
        ) {
            let view_tick = base.wrapping_mul(16).wrapping_add_signed(offset);
            prop_assert_eq!(nearest_view_tick(view_tick & 0xF_FFFF, Tick(base)), view_tick);
        }
    }
}
