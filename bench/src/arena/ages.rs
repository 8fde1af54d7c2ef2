//! `TickStarts`: when the ticks of a room began, found out from the stamps of its updates.
//!
//! An update tells when it was encoded, by the server's monotonic clock; on the same machine that is ours. Ticks lie on
//! a grid and no update is encoded before its tick has begun, so the grid's origin is what the promptest update leaves.
//! What it cannot know is how long that one took: the least time of a tick is missing from all ages.

use std::time::Duration;

use tickwire_netcode::time::{Stamp, Tick, Time};

/// A state that is older than this was not stamped by this machine's clock.
const AGE_MAX: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub(crate) struct TickStarts {
    period_ns: f64,
    /// A tick and the moment at which it began, at the latest; in nanoseconds, as it may be before the clock's origin.
    anchor: Option<(Tick, f64)>,
}

impl TickStarts {
    pub(crate) fn new(tick_rate_hz: u16) -> Self {
        Self { period_ns: 1e9 / f64::from(tick_rate_hz.max(1)), anchor: None }
    }

    /// The server has dropped time: ticks lie elsewhere from now on.
    pub(crate) fn reset(&mut self) {
        self.anchor = None;
    }

    /// An update of `tick`, encoded at `stamp`, has arrived at `now`; `epoch_ns` is the machine's monotonic clock at the
    /// origin of `now`'s. How long ago the tick began, unless the stamp is of another clock.
    pub(crate) fn age(&mut self, tick: Tick, stamp: Stamp, now: Time, epoch_ns: u64) -> Option<Duration> {
        let machine_now = Stamp::from(Time::from_nanos(epoch_ns.wrapping_add(now.as_nanos())));
        let way = machine_now.since(stamp);
        if way > AGE_MAX {
            return None;
        }
        let now_ns = now.as_nanos() as f64;
        let encoded_ns = now_ns - way.as_nanos() as f64;
        let begin_of = |(known, at): (Tick, f64)| at + f64::from(tick.delta(known)) * self.period_ns;
        let begin_ns = self.anchor.map_or(encoded_ns, |anchor| begin_of(anchor).min(encoded_ns));
        // Carried on with the newest tick, so that ticks may wrap.
        self.anchor = Some((tick, begin_ns));
        let age = Duration::from_nanos((now_ns - begin_ns).max(0.0) as u64);
        (age <= AGE_MAX).then_some(age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH_NS: u64 = 7_000_000_000_000_000;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    fn stamp(at: Time) -> Stamp {
        Stamp::from(Time::from_nanos(EPOCH_NS + at.as_nanos()))
    }

    #[test]
    fn the_age_of_a_state_counts_from_its_tick() {
        let mut starts = TickStarts::new(100);
        // Tick, when its update was encoded and when it arrived, and the age in ms.
        let table = [
            (5, 1002, 1003, 1),
            (6, 1010, 1011, 1),
            (6, 1010, 1013, 3),
            (7, 1025, 1026, 6),
            (7, 1080, 1085, 65),
        ];
        for (tick, encoded, arrived, age) in table {
            let got = starts.age(Tick(tick), stamp(ms(encoded)), ms(arrived), EPOCH_NS);
            let got = got.expect("stamps of this machine").as_millis();
            assert_eq!(got, age, "tick {tick} encoded at {encoded}");
        }
    }

    #[test]
    fn stamps_of_another_machine_give_no_age() {
        let mut starts = TickStarts::new(60);
        assert_eq!(
            starts.age(Tick(1), Stamp(stamp(ms(5)).0.wrapping_sub(61_000_000)), ms(5), EPOCH_NS),
            None
        );
        assert_eq!(starts.age(Tick(1), Stamp(stamp(ms(5)).0.wrapping_add(1000)), ms(5), EPOCH_NS), None);
    }
}
