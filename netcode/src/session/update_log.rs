//! `UpdateLog`: the Updates of one session that are on their way. PROTOCOL sections 5.1 and 6.
//!
//! Owns the update number and what is known of each Update that is not acknowledged. The gate reads it.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::ids::UpdateSeq;
use crate::limits;
use crate::time::Time;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UpdateLog {
    newest: UpdateSeq,
    /// When each Update after the last acknowledged one was written, oldest first.
    written: VecDeque<Time>,
}

/// What an acknowledgement said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acked {
    /// Nothing new.
    Again,
    /// Updates up to one that was written so long ago have arrived.
    After(Duration),
    /// It is beyond what was sent, or behind the last one.
    Strike,
}

impl UpdateLog {
    pub(super) fn new() -> Self {
        Self { newest: UpdateSeq(0), written: VecDeque::with_capacity(limits::UPDATES_IN_FLIGHT_MAX) }
    }

    /// The number of the newest Update that was written.
    pub(super) fn newest(&self) -> UpdateSeq {
        self.newest
    }

    pub(super) fn in_flight(&self) -> usize {
        self.written.len()
    }

    pub(super) fn oldest_written(&self) -> Option<Time> {
        self.written.front().copied()
    }

    pub(super) fn on_written(&mut self, now: Time) {
        self.newest = self.newest.next();
        self.written.push_back(now);
    }

    /// Takes the low bits of an acknowledged number.
    pub(super) fn ack(&mut self, low: u16, now: Time) -> Acked {
        let seq = UpdateSeq::from_low16(low, self.newest);
        let still_in_flight = self.newest.0.wrapping_sub(seq.0);
        // Numbers beyond the newest wrap to large ones, so that one comparison covers both strikes.
        let Some(arrived) = self.written.len().checked_sub(still_in_flight as usize) else {
            return Acked::Strike;
        };
        let last = self.written.drain(..arrived).next_back();
        last.map_or(Acked::Again, |written| Acked::After(now.since(written)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(newest: u32, in_flight: u64) -> UpdateLog {
        UpdateLog { newest: UpdateSeq(newest), written: (0..in_flight).map(Time::from_nanos).collect() }
    }

    #[test]
    fn n4_acks_beyond_or_behind_are_strikes_and_change_nothing() {
        let before = log(10, 4); // 7, 8, 9 and 10 are on their way.
        for low in [5, 11, 12, 0x8000, 0xFFFF] {
            let mut log = before.clone();
            assert_eq!(log.ack(low, Time::from_nanos(9)), Acked::Strike, "low bits {low}");
            assert_eq!(log, before);
        }
        let mut log = before;
        assert_eq!(log.ack(6, Time::from_nanos(9)), Acked::Again);
        assert_eq!(log.ack(9, Time::from_nanos(9)), Acked::After(Duration::from_nanos(7)));
        assert_eq!(log.in_flight(), 1);
    }

    proptest! {
        #[test]
        fn n4_every_update_in_flight_is_told_by_its_low_bits(
            base in prop_oneof![Just(0u32), Just(1 << 15), Just(1 << 16), Just(u32::MAX), any::<u32>()],
            ahead in 0u32..100, in_flight in 0u64..=64, back in 0u64..=64,
        ) {
            let newest = base.wrapping_add(ahead);
            let back = back.min(in_flight);
            let mut log = log(newest, in_flight);
            let acked = log.ack(newest.wrapping_sub(back as u32) as u16, Time::from_nanos(100));
            prop_assert_ne!(acked, Acked::Strike);
            prop_assert_eq!(log.in_flight() as u64, back);
        }
    }
}
