//! `Timers`: one deadline per connection index, on a hashed wheel of intrusive lists.
//!
//! Owns which index is due when; what is due then is the driver's to know. Arming, moving and disarming are O(1) and
//! allocate only when an index is larger than any before. Never early, late by up to one granule (67 ms) plus the
//! turn. Deadlines beyond one revolution (34 s) are correct and are looked at once per revolution.

use std::time::Duration;

use tickwire_netcode::time::Time;

/// log2 of a granule in nanoseconds: 67 ms. The finest deadline here is 2 s, and a coarse wheel wakes an idle thread
/// less often.
const GRANULE_SHIFT: u32 = 26;
/// Slots of one revolution: 34 s, above the longest deadline in use (30 s).
const SLOTS: usize = 512;
/// End of a list.
const NIL: u32 = u32::MAX;
/// `due` of an index that is not armed.
const UNARMED: u64 = u64::MAX;

#[derive(Clone, Copy, Debug)]
struct Node {
    previous: u32,
    next: u32,
    /// Granule number.
    due: u64,
}

const UNARMED_NODE: Node = Node { previous: NIL, next: NIL, due: UNARMED };

/// Deadlines by connection index.
#[derive(Debug)]
pub(crate) struct Timers {
    heads: Box<[u32; SLOTS]>,
    /// One bit per slot that has a list.
    occupied: [u64; SLOTS / 64],
    nodes: Vec<Node>,
    /// First granule that has not been expired yet.
    cursor: u64,
}

impl Timers {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            heads: Box::new([NIL; SLOTS]),
            occupied: [0; SLOTS / 64],
            nodes: Vec::new(),
            cursor: now.as_nanos() >> GRANULE_SHIFT,
        }
    }

    /// Makes `index` due at `deadline`, whatever it was before.
    pub(crate) fn arm(&mut self, index: u32, deadline: Time) {
        let due = self.granule(deadline);
        self.grow(index);
        self.relink(index, due);
    }

    /// Makes `index` due at `deadline` unless it is due earlier already.
    ///
    /// A deadline that only ever moves back (silence) costs a comparison per call: the early expiry looks at the true
    /// deadline and arms again.
    pub(crate) fn arm_by(&mut self, index: u32, deadline: Time) {
        let due = self.granule(deadline);
        self.grow(index);
        if self.nodes[index as usize].due > due {
            self.relink(index, due);
        }
    }

    /// Forgets the deadline of `index`, if it has one.
    pub(crate) fn disarm(&mut self, index: u32) {
        if self.nodes.get(index as usize).is_some_and(|node| node.due != UNARMED) {
            self.unlink(index);
        }
    }

    /// Appends up to `max` indices that are due, disarmed, to `expired`; whether more are due already.
    pub(crate) fn expire(&mut self, now: Time, max: usize, expired: &mut Vec<u32>) -> bool {
        let end = (now.as_nanos() >> GRANULE_SHIFT) + 1;
        let limit = expired.len() + max;
        // After a sleep longer than a revolution each slot is looked at once.
        let mut granule = self.cursor.max(end.saturating_sub(SLOTS as u64));
        while granule < end {
            let slot = slot_of(granule);
            if self.occupied[slot / 64] & (1 << (slot % 64)) != 0 {
                self.expire_slot(slot, end, limit, expired);
                if expired.len() >= limit {
                    self.cursor = granule;
                    return true;
                }
            }
            granule += 1;
        }
        self.cursor = self.cursor.max(end);
        false
    }

    /// How long after `now` [`expire`](Self::expire) is to be called again, if any index is armed.
    pub(crate) fn poll_timeout(&self, now: Time) -> Option<Duration> {
        let start = slot_of(self.cursor);
        // The start word is looked at twice: its upper bits first, its lower bits at the end of the revolution.
        for step in 0..=self.occupied.len() {
            let word = (start / 64 + step) % self.occupied.len();
            let mut bits = self.occupied[word];
            if step == 0 {
                bits &= u64::MAX << (start % 64);
            } else if step == self.occupied.len() {
                bits &= !(u64::MAX << (start % 64));
            }
            if bits != 0 {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                let ahead = (slot + SLOTS - start) % SLOTS;
                let due = Time::from_nanos((self.cursor + ahead as u64) << GRANULE_SHIFT);
                return Some(due.since(now));
            }
        }
        None
    }

    fn granule(&self, deadline: Time) -> u64 {
        deadline.as_nanos().div_ceil(1 << GRANULE_SHIFT).max(self.cursor)
    }

    fn grow(&mut self, index: u32) {
        if self.nodes.len() <= index as usize {
            self.nodes.resize(index as usize + 1, UNARMED_NODE);
        }
    }

    fn expire_slot(&mut self, slot: usize, end: u64, limit: usize, expired: &mut Vec<u32>) {
        let mut index = self.heads[slot];
        while index != NIL && expired.len() < limit {
            let node = self.nodes[index as usize];
            if node.due < end {
                self.unlink(index);
                expired.push(index);
            }
            index = node.next;
        }
    }

    fn relink(&mut self, index: u32, due: u64) {
        if self.nodes[index as usize].due != UNARMED {
            self.unlink(index);
        }
        let slot = slot_of(due);
        let head = self.heads[slot];
        self.nodes[index as usize] = Node { previous: NIL, next: head, due };
        if head != NIL {
            self.nodes[head as usize].previous = index;
        }
        self.heads[slot] = index;
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }

    fn unlink(&mut self, index: u32) {
        let Node { previous, next, due } = std::mem::replace(&mut self.nodes[index as usize], UNARMED_NODE);
        let slot = slot_of(due);
        if next != NIL {
            self.nodes[next as usize].previous = previous;
        }
        if previous != NIL {
            self.nodes[previous as usize].next = next;
        } else {
            self.heads[slot] = next;
            if next == NIL {
                self.occupied[slot / 64] &= !(1 << (slot % 64));
            }
        }
    }
}

fn slot_of(granule: u64) -> usize {
    (granule % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::Timers;

    const GRANULE: Duration = Duration::from_nanos(1 << super::GRANULE_SHIFT);

    fn at(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    fn expired(timers: &mut Timers, now: Time) -> Vec<u32> {
        let mut out = Vec::new();
        assert!(!timers.expire(now, usize::MAX / 2, &mut out));
        out.sort_unstable();
        out
    }

    #[test]
    fn k4_a_deadline_is_never_early_and_at_most_a_granule_late() {
        for start in [0, 1, 66, 67, 68, 34_359, 1_000_000] {
            for after in [0, 1, 66, 67, 68, 2_000, 5_000, 34_000, 34_359, 34_360, 34_500, 100_000] {
                let mut timers = Timers::new(at(start));
                let deadline = at(start + after);
                timers.arm(7, deadline);
                let mut now = at(start);
                while expired(&mut timers, now).is_empty() {
                    let wait = timers.poll_timeout(now).expect("armed");
                    assert!(now < deadline + GRANULE, "late: start {start} after {after}");
                    now = now + wait.max(Duration::from_nanos(1));
                }
                assert!(now >= deadline, "early: start {start} after {after}");
                assert_eq!(timers.poll_timeout(now), None);
            }
        }
    }

    #[test]
    fn arm_by_keeps_the_earlier_deadline_and_arm_replaces_it() {
        let mut timers = Timers::new(at(0));
        timers.arm(0, at(1_000));
        timers.arm_by(0, at(5_000));
        assert_eq!(expired(&mut timers, at(1_100)), [0]);
        timers.arm(0, at(2_000));
        timers.arm(0, at(9_000));
        assert!(expired(&mut timers, at(8_000)).is_empty());
        timers.arm_by(0, at(8_500));
        assert_eq!(expired(&mut timers, at(8_700)), [0]);
    }

    #[test]
    fn k4_a_turn_handles_a_bounded_number_and_the_rest_follows() {
        let mut timers = Timers::new(at(0));
        for index in 0..100 {
            timers.arm(index, at(1_000 + u64::from(index)));
        }
        let (mut all, mut turns) = (Vec::new(), 0);
        loop {
            let before = all.len();
            let more = timers.expire(at(40_000), 30, &mut all);
            assert!(all.len() - before <= 30);
            turns += 1;
            if !more {
                break;
            }
            assert_eq!(timers.poll_timeout(at(40_000)), Some(Duration::ZERO));
        }
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(turns, 4);
    }

    #[test]
    fn a_random_history_equals_a_sorted_map() {
        let mut seed = 0x9e37_79b9_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut timers = Timers::new(at(0));
        let mut model: BTreeMap<u32, Time> = BTreeMap::new();
        let mut now = at(0);
        for _ in 0..20_000 {
            let index = random(64) as u32;
            match random(4) {
                0 | 1 => {
                    let deadline = now + Duration::from_millis(random(80_000));
                    timers.arm(index, deadline);
                    model.insert(index, deadline);
                }
                2 => {
                    timers.disarm(index);
                    model.remove(&index);
                }
                _ => now = now + Duration::from_millis(random(3_000)),
            }
            for index in expired(&mut timers, now) {
                let deadline = model.remove(&index).expect("was armed");
                assert!(deadline <= now);
            }
            assert!(model.values().all(|deadline| *deadline + GRANULE > now), "one was forgotten");
        }
    }
}
