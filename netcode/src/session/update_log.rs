//! `UpdateLog`: the Updates of one session that are on their way. PROTOCOL sections 5.1 and 6.
//!
//! Owns the update number and what is known of each Update that is not acknowledged. The gate reads it.

use core::time::Duration;

use crate::ids::UpdateSeq;
use crate::limits;
use crate::time::{Stamp, Time};

/// Inline and of microseconds, since every player has one: a quarter of what a queue of moments takes. Their wrap after 71
/// minutes does not matter: a session that leaves an Update unacknowledged for 25 s ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UpdateLog {
    newest: UpdateSeq,
    /// Updates after the last acknowledged one; not above [`limits::UPDATES_IN_FLIGHT_MAX`], which the gate sees to.
    in_flight: u32,
    /// When the newest was written.
    newest_at: Time,
    /// When each Update was written, at its number modulo the length.
    written: [Stamp; limits::UPDATES_IN_FLIGHT_MAX],
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
        Self {
            newest: UpdateSeq(0),
            in_flight: 0,
            newest_at: Time::default(),
            written: [Stamp(0); limits::UPDATES_IN_FLIGHT_MAX],
        }
    }

    /// The number of the newest Update that was written.
    pub(super) fn newest(&self) -> UpdateSeq {
        self.newest
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight as usize
    }

    /// When the oldest Update in flight was written, exact to a microsecond.
    pub(super) fn oldest_written(&self) -> Option<Time> {
        let younger = self.in_flight.checked_sub(1)?;
        let age = Stamp::from(self.newest_at).since(self.written_at(younger));
        Some(Time::from_nanos(self.newest_at.as_nanos().saturating_sub(age.as_nanos() as u64)))
    }

    /// Beyond the gate's bound the oldest is forgotten: an ack of it is a strike then.
    pub(super) fn on_written(&mut self, now: Time) {
        self.newest = self.newest.next();
        self.newest_at = now;
        self.in_flight = (self.in_flight + 1).min(self.written.len() as u32);
        self.written[place(self.newest.0)] = now.into();
    }

    /// Takes the low bits of an acknowledged number.
    pub(super) fn ack(&mut self, low: u16, now: Time) -> Acked {
        let seq = UpdateSeq::from_low16(low, self.newest);
        let still_in_flight = self.newest.0.wrapping_sub(seq.0);
        // Numbers beyond the newest wrap to large ones, so that one comparison covers both strikes.
        if still_in_flight > self.in_flight {
            return Acked::Strike;
        }
        if still_in_flight == self.in_flight {
            return Acked::Again;
        }
        self.in_flight = still_in_flight;
        // An input that is taken to have come before the write has waited for no time.
        let us = Stamp::from(now).0.wrapping_sub(self.written_at(still_in_flight).0).cast_signed();
        Acked::After(Duration::from_micros(us.max(0).unsigned_abs().into()))
    }

    /// When the Update was written that is so many before the newest.
    fn written_at(&self, before_newest: u32) -> Stamp {
        self.written[place(self.newest.0.wrapping_sub(before_newest))]
    }
}

// A power of two: places go on where numbers wrap.
const _: () = assert!(limits::UPDATES_IN_FLIGHT_MAX.is_power_of_two());

fn place(seq: u32) -> usize {
    seq as usize % limits::UPDATES_IN_FLIGHT_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(us: u64) -> Time {
        Time::from_nanos(us * 1000)
    }

    fn log(newest: u32, in_flight: u64) -> UpdateLog {
        let mut log =
            UpdateLog { newest: UpdateSeq(newest.wrapping_sub(in_flight as u32)), ..UpdateLog::new() };
        (0..in_flight).for_each(|n| log.on_written(at(n)));
        log
    }

    #[test]
    fn n4_acks_beyond_or_behind_are_strikes_and_change_nothing() {
        let before = log(10, 4); // 7, 8, 9 and 10 are on their way.
        for low in [5, 11, 12, 0x8000, 0xFFFF] {
            let mut log = before.clone();
            assert_eq!(log.ack(low, at(9)), Acked::Strike, "low bits {low}");
            assert_eq!(log, before);
        }
        let mut log = before;
        assert_eq!(log.ack(6, at(9)), Acked::Again);
        assert_eq!(log.ack(9, at(9)), Acked::After(Duration::from_micros(7)));
        assert_eq!(log.in_flight(), 1);
    }

    #[test]
    fn the_log_holds_as_many_updates_as_the_gate_lets_out() {
        let max = limits::UPDATES_IN_FLIGHT_MAX as u64;
        let log = log(5, max + 3);
        assert_eq!(log.in_flight() as u64, max);
        assert_eq!(log.oldest_written(), Some(at(3)));
    }

    #[test]
    fn an_ack_that_came_before_the_write_took_no_time() {
        let mut log = UpdateLog::new();
        log.on_written(at(9));
        assert_eq!(log.ack(1, at(5)), Acked::After(Duration::ZERO));
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
            let acked = log.ack(newest.wrapping_sub(back as u32) as u16, at(100));
            prop_assert_ne!(acked, Acked::Strike);
            prop_assert_eq!(log.in_flight() as u64, back);
            prop_assert_eq!(log.oldest_written(), (back > 0).then(|| at(in_flight - back)));
        }
    }
}
