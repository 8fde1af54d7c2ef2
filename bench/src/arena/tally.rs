//! `Tally`: what one thread's players counted in the window, and how those of all threads add up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_netcode::snapshot::update::{Content, Update};
use tickwire_netcode::time::Tick;

use crate::limits::ROOMS_MAX;
use crate::load::recorder::{add, nanos};
use crate::quantiles::{histogram, nanoseconds};

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
        if !self.hashes.contains_key(room) && self.hashes.len() < ROOMS_MAX {
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
    /// From the beginning of a state's tick to the moment that a player had it.
    pub(crate) age: Histogram<u64>,
    /// Bytes of each update's message.
    pub(crate) update_bytes: Histogram<u64>,
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
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            age: nanoseconds(),
            update_bytes: histogram(),
            decoded: 0,
            headers_read: 0,
            failed: 0,
            depths: [Slots::default(); DEPTHS],
            same: 0,
            sizes: Sizes::default(),
            agreement: Agreement::new(),
            rooms: BTreeSet::new(),
            tick_rate_hz: 0,
        }
    }

    /// A player is in a room of this name.
    pub(crate) fn room(&mut self, name: &str) {
        if self.rooms.len() < ROOMS_MAX {
            self.rooms.insert(name.to_owned());
        }
    }

    pub(crate) fn age(&mut self, age: Duration) {
        self.age.saturating_record(nanos(age));
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

    /// Adds another thread's.
    pub(crate) fn add(&mut self, other: Self) {
        add(&mut self.age, &other.age);
        add(&mut self.update_bytes, &other.update_bytes);
        for (slots, others) in self.depths.iter_mut().zip(other.depths) {
            slots.count += others.count;
            slots.bytes += others.bytes;
        }
        for (count, others) in [
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
        other.rooms.into_iter().for_each(|name| self.room(&name));
        self.tick_rate_hz = self.tick_rate_hz.max(other.tick_rate_hz);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_server_that_names_ever_new_rooms_fills_no_memory() {
        let mut tally = Tally::new();
        for number in 0..ROOMS_MAX + 10 {
            let name = number.to_string();
            tally.room(&name);
            tally.agreement.check(&name, Tick(1), 7);
            tally.agreement.check(&name, Tick(1), 7);
        }
        let mut other = Tally::new();
        other.room("another");
        tally.add(other);
        let most = (ROOMS_MAX, ROOMS_MAX, ROOMS_MAX as u64);
        assert_eq!((tally.rooms.len(), tally.agreement.hashes.len(), tally.agreement.compared), most);
    }

    #[test]
    fn threads_add_up() {
        let (mut left, mut right) = (Tally::new(), Tally::new());
        right.age.saturating_record(1_000_000);
        right.decoded = 2;
        right.rooms.insert("one".into());
        left.compare(100, 200);
        left.rooms.insert("one".into());
        left.add(right);
        let Tally { age, decoded, rooms, sizes, .. } = left;
        assert_eq!((age.len(), decoded, rooms.len(), sizes.full_bytes), (1, 2, 1, 200));
    }
}
