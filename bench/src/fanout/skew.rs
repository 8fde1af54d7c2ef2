//! `Ticks`: when the first and the last connection got each frame, by the moment that stands in it.

use hdrhistogram::Histogram;
use tickwire_netcode::time::Time;

use crate::limits::TICKS_MAX;
use crate::load::recorder::nanos;
use crate::quantiles::nanoseconds;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tick {
    /// What tells it from others.
    stamp: u64,
    first: Time,
    last: Time,
    /// Connections that got it.
    count: u32,
}

/// In the order of their stamps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticks(Vec<Tick>);

/// How far apart.
pub(crate) struct Spread {
    /// Of the ticks that everybody got.
    pub(crate) histogram: Histogram<u64>,
    pub(crate) ticks: usize,
    pub(crate) incomplete: usize,
}

impl Ticks {
    /// A connection got the frame of `stamp`.
    pub(crate) fn note(&mut self, stamp: u64, now: Time) {
        let tick = Tick { stamp, first: now, last: now, count: 1 };
        // Nearly always the newest one.
        let place = self.0.iter().rposition(|tick| tick.stamp <= stamp);
        match place {
            Some(place) if self.0[place].stamp == stamp => self.0[place].join(&tick),
            _ if self.0.len() >= TICKS_MAX => {}
            Some(place) => self.0.insert(place + 1, tick),
            None => self.0.insert(0, tick),
        }
    }

    /// Adds what another thread's connections got.
    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(|tick| tick.stamp);
        self.0.dedup_by(|next, tick| {
            let is_same = next.stamp == tick.stamp;
            if is_same {
                tick.join(next);
            }
            is_same
        });
    }

    /// Of the ticks that `connections` got.
    pub(crate) fn spread(&self, connections: usize) -> Spread {
        let mut histogram = nanoseconds();
        let is_complete = |tick: &&Tick| tick.count as usize >= connections;
        for tick in self.0.iter().filter(is_complete) {
            histogram.saturating_record(nanos(tick.last.since(tick.first)));
        }
        let incomplete = self.0.len() - histogram.len() as usize;
        Spread { histogram, ticks: self.0.len(), incomplete }
    }
}

impl Tick {
    fn join(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(us: u64) -> Time {
        Time::from_nanos(us * 1000)
    }

    #[test]
    fn the_skew_of_a_tick_is_from_the_first_connection_to_the_last_over_all_threads() {
        let (mut left, mut right) = (Ticks::default(), Ticks::default());
        for (ticks, stamp, at) in [
            (0, 10, 100),
            (0, 10, 140),
            (1, 10, 260),
            (1, 20, 300),
            (0, 20, 300),
            (1, 30, 400),
            (0, 5, 50),
            (0, 20, 301),
        ] {
            [&mut left, &mut right][ticks].note(stamp, us(at));
        }
        left.add(right);
        let spread = left.spread(3);
        assert_eq!((spread.ticks, spread.incomplete, spread.histogram.len()), (4, 2, 2));
        assert!(spread.histogram.max().abs_diff(160_000) < 1000, "{}", spread.histogram.max());
    }
}
