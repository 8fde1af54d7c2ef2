//! `Tally`: what one thread of the generator counted in the window, and how those of all threads add up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_netcode::snapshot::update::{Content, Update};
use tickwire_netcode::time::{Tick, Time};

use crate::quantiles::histogram;

/// A send that is later than this is late.
const LATE: Duration = Duration::from_millis(1);
/// Share of late sends, in per cent, above which a run measures its generator.
const LATE_PERCENT_MAX: f64 = 1.0;
/// Ticks whose hashes are kept: decoding clients differ by a few.
const HASHES: usize = 64;
/// Depths of a body.
const DEPTHS: usize = 4;

/// Slots of one depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) count: u64,
    /// Of bodies, without what frames them.
    pub(crate) bytes: u64,
}

/// Hashes of the public state by tick: every decoding client of a room must have the same.
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    /// By room and tick modulo the length.
    hashes: BTreeMap<String, [Option<(Tick, u32)>; HASHES]>,
    pub(crate) compared: u64,
    pub(crate) different: u64,
}

impl Agreement {
    fn new() -> Self {
        Self { hashes: BTreeMap::new(), compared: 0, different: 0 }
    }

    pub(crate) fn check(&mut self, room: &str, tick: Tick, hash: u32) {
        if !self.hashes.contains_key(room) {
            self.hashes.insert(room.to_owned(), [None; HASHES]);
        }
        let place = self.hashes.get_mut(room).map(|hashes| &mut hashes[tick.0 as usize % HASHES]);
        let Some(place) = place else { return };
        match place {
            Some((known, other)) if *known == tick => {
                self.compared += 1;
                self.different += u64::from(*other != hash);
            }
            _ => *place = Some((tick, hash)),
        }
    }
}

/// Sizes of the same updates, as they came and in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) count: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) full_bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// From the moment an input was due to the moment that an update said that it was used.
    pub(crate) to_state_us: Histogram<u64>,
    /// The same from the moment it was sent.
    pub(crate) service_us: Histogram<u64>,
    /// From due to sent.
    pub(crate) send_lag_us: Histogram<u64>,
    pub(crate) late: u64,
    /// Inputs that were so late that the client's clock left them out.
    pub(crate) skipped: u64,
    pub(crate) inputs: u64,
    pub(crate) unacknowledged: u64,
    /// Bytes of each update's message.
    pub(crate) update_bytes: Histogram<u64>,
    /// Bytes of all messages.
    pub(crate) bytes: u64,
    pub(crate) decoded: u64,
    pub(crate) headers_read: u64,
    /// Updates that did not decode, had another hash, or were discarded while a full one was awaited.
    pub(crate) failed: u64,
    pub(crate) depths: [Slots; DEPTHS],
    /// Slots without a body.
    pub(crate) same: u64,
    pub(crate) sizes: Sizes,
    pub(crate) agreement: Agreement,
    pub(crate) rooms: BTreeSet<String>,
    pub(crate) tick_rate_hz: u16,
    /// Why each player that did not stay went.
    pub(crate) lost: Vec<String>,
    /// Until when there was anybody to measure.
    pub(crate) ended: Option<Time>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            to_state_us: histogram(),
            service_us: histogram(),
            send_lag_us: histogram(),
            late: 0,
            skipped: 0,
            inputs: 0,
            unacknowledged: 0,
            update_bytes: histogram(),
            bytes: 0,
            decoded: 0,
            headers_read: 0,
            failed: 0,
            depths: [Slots::default(); DEPTHS],
            same: 0,
            sizes: Sizes::default(),
            agreement: Agreement::new(),
            rooms: BTreeSet::new(),
            tick_rate_hz: 0,
            lost: Vec::new(),
            ended: None,
        }
    }

    /// The window begins: forgets what was counted, and keeps what is known of the players.
    pub(crate) fn begin(&mut self) {
        let fresh = Self::new();
        let before = std::mem::replace(self, fresh);
        self.rooms = before.rooms;
        self.tick_rate_hz = before.tick_rate_hz;
        self.lost = before.lost;
    }

    pub(crate) fn sent(&mut self, due: Time, sent: Time, skipped: u64) {
        let lag = sent.since(due);
        self.inputs += 1;
        self.skipped += skipped;
        self.late += u64::from(lag > LATE) + skipped;
        self.send_lag_us.saturating_record(micros(lag));
    }

    pub(crate) fn acknowledged(&mut self, due: Time, sent: Time, now: Time) {
        self.to_state_us.saturating_record(micros(now.since(due)));
        self.service_us.saturating_record(micros(now.since(sent)));
    }

    pub(crate) fn update(&mut self, update: &Update<'_>, bytes: usize) {
        self.update_bytes.saturating_record(bytes as u64);
        for slot in update.slots() {
            match slot.content {
                Content::Body { depth, bytes, .. } => {
                    let slots = &mut self.depths[usize::from(depth) % DEPTHS];
                    slots.count += 1;
                    slots.bytes += bytes.len() as u64;
                }
                Content::Same | Content::Omitted => self.same += 1,
            }
        }
    }

    pub(crate) fn compare(&mut self, sent_bytes: usize, full_bytes: usize) {
        self.sizes.count += 1;
        self.sizes.sent_bytes += sent_bytes as u64;
        self.sizes.full_bytes += full_bytes as u64;
    }

    pub(crate) fn updates(&self) -> u64 {
        self.update_bytes.len()
    }

    /// Share of sends that were late, in per cent.
    pub(crate) fn late_percent(&self) -> f64 {
        self.late as f64 / (self.inputs + self.skipped).max(1) as f64 * 100.0
    }

    /// The generator was too late too often to say anything about the server.
    pub(crate) fn is_saturated(&self) -> bool {
        self.late_percent() > LATE_PERCENT_MAX
    }

    /// Adds another thread's.
    pub(crate) fn add(&mut self, other: Self) {
        for (histogram, others) in [
            (&mut self.to_state_us, &other.to_state_us),
            (&mut self.service_us, &other.service_us),
            (&mut self.send_lag_us, &other.send_lag_us),
            (&mut self.update_bytes, &other.update_bytes),
        ] {
            histogram.add(others).expect("all histograms have the same bounds");
        }
        for (slots, others) in self.depths.iter_mut().zip(other.depths) {
            slots.count += others.count;
            slots.bytes += others.bytes;
        }
        for (count, others) in [
            (&mut self.late, other.late),
            (&mut self.skipped, other.skipped),
            (&mut self.inputs, other.inputs),
            (&mut self.unacknowledged, other.unacknowledged),
            (&mut self.bytes, other.bytes),
            (&mut self.decoded, other.decoded),
            (&mut self.headers_read, other.headers_read),
            (&mut self.failed, other.failed),
            (&mut self.same, other.same),
            (&mut self.sizes.count, other.sizes.count),
            (&mut self.sizes.sent_bytes, other.sizes.sent_bytes),
            (&mut self.sizes.full_bytes, other.sizes.full_bytes),
            (&mut self.agreement.compared, other.agreement.compared),
            (&mut self.agreement.different, other.agreement.different),
        ] {
            *count += others;
        }
        self.rooms.extend(other.rooms);
        self.tick_rate_hz = self.tick_rate_hz.max(other.tick_rate_hz);
        self.lost.extend(other.lost);
        self.ended = self.ended.max(other.ended);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(us: u64) -> Time {
        Time::from_nanos(us * 1000)
    }

    #[test]
    fn a_stall_of_the_server_is_in_the_latency_and_not_in_the_lag() {
        let mut tally = Tally::new();
        // One input per 10 ms; the server answers after 1 ms, but nothing between 0.1 s and 1.1 s.
        for due_ms in (0..1200).step_by(10) {
            let answered_ms = if (100..1100).contains(&due_ms) { 1101 } else { due_ms + 1 };
            tally.sent(us(due_ms * 1000), us(due_ms * 1000 + 50), 0);
            tally.acknowledged(us(due_ms * 1000), us(due_ms * 1000 + 50), us(answered_ms * 1000));
        }
        assert!(tally.to_state_us.value_at_quantile(0.5) > 400_000 && tally.to_state_us.max() >= 1_000_000);
        assert!(tally.send_lag_us.max() <= 50 && !tally.is_saturated());
    }

    #[test]
    fn a_generator_that_sends_late_is_saturated_above_one_per_cent() {
        for (late, skipped, want) in [(0, 0, false), (10, 0, false), (11, 0, true), (5, 6, true)] {
            let mut tally = Tally::new();
            for number in 0..1000 {
                let lag = if number < late { 1001 } else { 1000 };
                tally.sent(us(0), us(lag), if number == 0 { skipped } else { 0 });
            }
            assert_eq!(
                tally.is_saturated(),
                want,
                "{late} late, {skipped} skipped: {}",
                tally.late_percent()
            );
        }
    }

    #[test]
    fn clients_of_one_room_agree_by_tick() {
        let mut agreement = Agreement::new();
        for (room, tick, hash) in [
            ("a", 1, 7),
            ("a", 1, 7),
            ("b", 1, 9),
            ("a", 2, 8),
            ("a", 1, 6),
            ("a", 1 + HASHES as u32, 5),
            ("a", 2, 8),
        ] {
            agreement.check(room, Tick(tick), hash);
        }
        assert_eq!((agreement.compared, agreement.different), (3, 1));
    }

    #[test]
    fn threads_add_up() {
        let mut left = Tally::new();
        let mut right = Tally::new();
        right.sent(us(0), us(9), 0);
        right.acknowledged(us(0), us(9), us(20));
        right.lost.push("closed with 4007".into());
        right.rooms.insert("one".into());
        left.sent(us(0), us(2000), 0);
        left.add(right);
        assert_eq!((left.inputs, left.late, left.to_state_us.len(), left.lost.len()), (2, 1, 1, 1));
        left.begin();
        assert_eq!((left.inputs, left.lost.len(), left.rooms.len()), (0, 1, 1));
    }
}
