//! The three clocks of the protocol: `Time` (a moment), `Stamp` (what of it goes on the wire) and `Tick` (the simulation's count).
//!
//! Owns the newtypes and their arithmetic only. Nothing in this crate reads a clock: moments come in as arguments.
//! Stamps and ticks wrap; their differences are taken modulo 2^32 (PROTOCOL section 1).

use core::ops::Add;
use core::time::Duration;

/// A moment in nanoseconds on the caller's monotonic clock; the origin is the caller's choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(u64);

impl Time {
    /// The moment `nanos` nanoseconds after the clock's origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates at the end of the clock (584 years).
    fn add(self, rhs: Duration) -> Self {
        let nanos = u64::try_from(rhs.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// Microseconds of the sender's own monotonic clock, wrapping after 71.6 minutes (`stamp` of PROTOCOL section 1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Stamp(pub u32);

impl Stamp {
    /// Time passed since `earlier`, modulo 2^32 microseconds.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.wrapping_sub(earlier.0) as u64)
    }
}

impl From<Time> for Stamp {
    fn from(time: Time) -> Self {
        // Truncation is the wrap.
        Self((time.as_nanos() / 1000) as u32)
    }
}

/// The number of one fixed step of a room's simulation, wrapping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tick(pub u32);

impl Tick {
    /// Ticks from `earlier` to `self`, modulo 2^32; negative when `earlier` is in fact later.
    pub const fn delta(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// The low 16 bits, as inputs and events carry them.
    pub const fn low16(self) -> u16 {
        self.0 as u16
    }

    /// The tick with these low bits that is nearest to `near`: from 32768 before to 32767 after it.
    pub const fn from_low16(low: u16, near: Self) -> Self {
        Self(crate::ids::nearest(low, near.0))
    }
}

impl Add<u32> for Tick {
    type Output = Self;

    fn add(self, rhs: u32) -> Self {
        Self(self.0.wrapping_add(rhs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_stamps_wrap_and_their_difference_does_not() {
        let before = Stamp::from(Time::from_nanos((u64::from(u32::MAX) - 4) * 1000));
        let after = Stamp::from(Time::from_nanos((u64::from(u32::MAX) + 6) * 1000));
        assert_eq!((before.0, after.0), (u32::MAX - 4, 5));
        assert_eq!(after.since(before), Duration::from_micros(10));
    }

    #[test]
    fn k3_tick_deltas_cross_the_wrap_in_both_directions() {
        let (early, late) = (Tick(u32::MAX - 1), Tick(u32::MAX - 1) + 5);
        assert_eq!((late.delta(early), early.delta(late)), (5, -5));
    }

    #[test]
    fn low_bits_stand_for_the_nearest_tick() {
        for (low, near, want) in [
            (5, 3, 5),
            (0xFFFF, 0x1_0002, 0xFFFF),
            (2, 0xFFFF, 0x1_0002),
            (0x8000, 0x2_0000, 0x1_8000),
            (0x7FFF, 0x2_0000, 0x2_7FFF),
            (3, u32::MAX, 3),
        ] {
            assert_eq!(Tick::from_low16(low, Tick(near)), Tick(want), "low {low:#x} near {near:#x}");
        }
    }
}
