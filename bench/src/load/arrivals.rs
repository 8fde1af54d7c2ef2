//! `Arrivals`: which connections of one thread begin when, and which leave when a stage wants fewer.

use std::ops::Range;
use std::time::Duration;

use tickwire_netcode::time::Time;

/// Connections that begin one after the other.
#[derive(Clone, Debug)]
struct Group {
    /// When the first of them begins; `None` until the window's beginning is known.
    at: Option<Time>,
    numbers: Range<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    thread: u32,
    threads: u32,
    apart: Duration,
    groups: Vec<Group>,
    /// Of the stages, with how many connections there are then.
    levels: Vec<(Duration, u32)>,
    /// From when on only numbers below this one stay.
    departures: Vec<(Time, u32)>,
    group: usize,
    /// The next one of this thread, in the current group.
    next: u32,
}

impl Arrivals {
    /// This thread's share of `first` connections, of which the whole run's first begins at `first_at` and the others
    /// `apart` from each other; `levels` are the stages' offsets and connections, if they set any.
    pub(crate) fn new(
        (thread, threads): (u32, u32),
        first: u32,
        first_at: Time,
        apart: Duration,
        levels: Vec<(Duration, u32)>,
    ) -> Self {
        let groups = vec![Group { at: Some(first_at), numbers: 0..first }];
        Self { thread, threads, apart, groups, levels, departures: Vec::new(), group: 0, next: thread }
    }

    /// The window begins at `begin`: from now on it is known when the stages do.
    pub(crate) fn set_begin(&mut self, begin: Time) {
        for pair in self.levels.windows(2) {
            let ((_, before), (offset, now)) = (pair[0], pair[1]);
            if now > before {
                self.groups.push(Group { at: Some(begin + offset), numbers: before..now });
            } else if now < before {
                self.departures.push((begin + offset, now));
            }
        }
        self.levels.clear();
        self.settle();
    }

    /// Who begins next, and when.
    pub(crate) fn next(&self) -> Option<(Time, u32)> {
        let group = self.groups.get(self.group)?;
        let place = self.next - group.numbers.start;
        group.numbers.contains(&self.next).then_some(())?;
        Some((group.at? + self.apart * place, self.next))
    }

    /// Nobody comes any more, in no stage.
    pub(crate) fn is_done(&self) -> bool {
        self.levels.is_empty() && self.next().is_none()
    }

    pub(crate) fn advance(&mut self) {
        self.next = self.next.saturating_add(self.threads);
        self.settle();
    }

    /// The next departure whose time has come: numbers from the given one on leave, and those that have not come yet
    /// stay away.
    pub(crate) fn depart(&mut self, now: Time) -> Option<u32> {
        let (at, stay) = *self.departures.first().filter(|(at, _)| *at <= now)?;
        self.departures.remove(0);
        for group in self.groups.iter_mut().filter(|group| group.at.is_some_and(|began| began < at)) {
            group.numbers.end = group.numbers.end.min(stay).max(group.numbers.start);
        }
        self.settle();
        Some(stay)
    }

    /// Goes on to the next group once this one is through.
    fn settle(&mut self) {
        while let Some(group) = self.groups.get(self.group)
            && self.next >= group.numbers.end
            && self.group + 1 < self.groups.len()
        {
            self.group += 1;
            let start = self.groups[self.group].numbers.start;
            let behind = (self.thread + self.threads - start % self.threads) % self.threads;
            self.next = start.saturating_add(behind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    fn all(arrivals: &mut Arrivals) -> Vec<(u64, u32)> {
        let mut all = Vec::new();
        while let Some((at, number)) = arrivals.next() {
            all.push((at.as_nanos() / 1_000_000, number));
            arrivals.advance();
        }
        all
    }

    #[test]
    fn threads_share_a_ramp() {
        let apart = Duration::from_millis(10);
        let of = |thread| all(&mut Arrivals::new((thread, 2), 5, ms(100), apart, vec![]));
        assert_eq!(of(0), [(100, 0), (120, 2), (140, 4)]);
        assert_eq!(of(1), [(110, 1), (130, 3)]);
        assert_eq!(all(&mut Arrivals::new((3, 4), 3, ms(0), apart, vec![])), []);
    }

    #[test]
    fn stages_add_connections_and_take_them_away() {
        let second = Duration::from_secs(1);
        let levels = vec![(Duration::ZERO, 3), (second, 6), (second * 2, 2), (second * 3, 4)];
        let mut arrivals = Arrivals::new((1, 2), 3, ms(0), Duration::from_millis(10), levels);
        assert_eq!(all(&mut arrivals), [(10, 1)]);
        arrivals.set_begin(ms(5000));
        assert_eq!(all(&mut arrivals), [(6000, 3), (6020, 5), (8010, 3)]);
        assert_eq!(arrivals.depart(ms(6999)), None);
        assert_eq!((arrivals.depart(ms(7000)), arrivals.depart(ms(9000))), (Some(2), None));
    }

    #[test]
    fn a_thread_without_a_connection_at_first_waits_for_the_stages() {
        let levels = vec![(Duration::ZERO, 1), (Duration::from_secs(1), 10)];
        let mut arrivals = Arrivals::new((1, 2), 1, ms(0), Duration::from_millis(10), levels);
        assert!(arrivals.next().is_none() && !arrivals.is_done());
        arrivals.set_begin(ms(1000));
        assert_eq!(all(&mut arrivals).len(), 5);
        assert!(arrivals.is_done());
    }

    #[test]
    fn a_stage_that_shrinks_turns_back_those_on_their_way() {
        let second = Duration::from_secs(1);
        let levels = vec![(Duration::ZERO, 2), (second, 1000), (second * 2, 4), (second * 3, 6)];
        let mut arrivals = Arrivals::new((0, 1), 2, ms(0), Duration::from_millis(10), levels);
        arrivals.set_begin(ms(0));
        while arrivals.next().is_some_and(|(at, _)| at < ms(2000)) {
            arrivals.advance();
        }
        assert_eq!(arrivals.depart(ms(2000)), Some(4));
        assert_eq!(all(&mut arrivals), [(3000, 4), (3010, 5)]);
    }
}
