//! The machine's monotonic clock, which all processes of it share: what servers stamp frames with.

use tickwire_netcode::time::Time;

/// Nanoseconds of `CLOCK_MONOTONIC`; the clock that [`tickwire_client::Clock`] counts from a later origin.
#[cfg(target_os = "linux")]
pub(crate) fn now_ns() -> Option<u64> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Seconds since boot and a nanosecond part: neither is negative on this clock.
    Some(now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now_ns() -> Option<u64> {
    None
}

/// Readings of both clocks of which the best is taken: one that is interrupted is not, and five in a row are rare.
const READINGS: u32 = 5;

/// The same at the origin of the clock that `clock` reads.
pub(crate) fn epoch_ns(clock: impl FnMut() -> Time) -> Option<u64> {
    epoch_of(now_ns, clock)
}

/// What `monotonic` said at the origin of `clock`: by the reading of one between two of the other that are least apart,
/// so that a thread that loses its core meanwhile does not shift all that it measures.
pub(crate) fn epoch_of(
    mut monotonic: impl FnMut() -> Option<u64>,
    mut clock: impl FnMut() -> Time,
) -> Option<u64> {
    let mut read = || {
        let before = monotonic()?;
        let now = clock().as_nanos();
        let apart = monotonic()?.saturating_sub(before);
        Some((apart, (before + apart / 2).checked_sub(now)?))
    };
    (0..READINGS).filter_map(|_| read()).min().map(|(_, epoch)| epoch)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_thread_that_loses_its_core_between_two_readings_does_not_shift_the_clocks() {
        // What passes with each reading: the first two lose their core for 5 ms, before the middle one or after it.
        for passes in [[5_000_000, 20, 20, 20, 5_000_000, 20], [20, 5_000_000, 20, 5_000_000, 20, 20]] {
            let (at, count) = (Cell::new(0), Cell::new(0));
            let tick = || {
                at.set(at.get() + passes.get(count.get()).unwrap_or(&20));
                count.set(count.get() + 1);
                at.get()
            };
            let epoch = epoch_of(|| Some(tick() + 1_000_000_000), || Time::from_nanos(tick()));
            let shift = epoch.expect("a clock").abs_diff(1_000_000_000);
            assert!(shift <= 20, "{shift} ns");
        }
        assert_eq!(epoch_of(|| None, Time::default), None);
    }
}
