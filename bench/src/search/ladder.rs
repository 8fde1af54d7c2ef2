//! `Ladder`: which load is tried next. Doubling until one fails, then halving the gap.
//!
//! Owns no measurement: it is told what came of each load. Invariant: loads that hold are below loads that fail, and the
//! ladder ends after a number of steps that grows with the logarithm of the largest load.

/// Where to look, and how closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Tried first; at least 1.
    pub(super) start: u32,
    /// Not gone beyond.
    pub(super) most: u32,
    /// The gap between what holds and what fails, of what holds, at which the search is over.
    pub(super) precision_percent: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ladder {
    bounds: Bounds,
    /// The highest that held.
    pub(super) holds: Option<u32>,
    /// The lowest that failed.
    pub(super) fails: Option<u32>,
}

impl Ladder {
    pub(super) fn new(bounds: Bounds) -> Self {
        let start = bounds.start.clamp(1, bounds.most.max(1));
        Self { bounds: Bounds { start, ..bounds }, holds: None, fails: None }
    }

    /// The load to try; `None` = the search is over.
    pub(super) fn next(&self) -> Option<u32> {
        let Bounds { start, most, precision_percent } = self.bounds;
        match (self.holds, self.fails) {
            (None, None) => Some(start),
            (Some(holds), None) => (holds < most).then(|| holds.saturating_mul(2).min(most)),
            (None, Some(fails)) => (fails > 1).then_some(fails / 2),
            (Some(holds), Some(fails)) => {
                let gap = fails.saturating_sub(holds);
                let allowed = u64::from(holds) * u64::from(precision_percent) / 100;
                (u64::from(gap) > allowed.max(1)).then_some(holds + gap / 2)
            }
        }
    }

    /// What came of `load`. One that contradicts what is known (a load that fails below one that held) is believed for
    /// what is above it only.
    pub(super) fn note(&mut self, load: u32, is_held: bool) {
        if is_held {
            self.holds = Some(self.holds.map_or(load, |holds| holds.max(load)));
        } else {
            self.fails = Some(self.fails.map_or(load, |fails| fails.min(load)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the search on a server that holds up to `limit`; also tells every load that was tried.
    fn climb(bounds: Bounds, limit: u32) -> (Ladder, Vec<u32>) {
        let (mut ladder, mut tried) = (Ladder::new(bounds), Vec::new());
        while let Some(load) = ladder.next() {
            tried.push(load);
            assert!(tried.len() < 100, "it does not end: {tried:?}");
            ladder.note(load, load <= limit);
        }
        (ladder, tried)
    }

    #[test]
    fn the_limit_is_found_by_doubling_and_halving() {
        let bounds = Bounds { start: 100, most: 5000, precision_percent: 0 };
        let (ladder, tried) = climb(bounds, 730);
        assert_eq!((ladder.holds, ladder.fails), (Some(730), Some(731)));
        assert_eq!(tried[..6], [100, 200, 400, 800, 600, 700]);
        assert!(tried.len() <= 14, "{tried:?}");
    }

    #[test]
    fn the_search_ends_when_the_gap_is_small_enough() {
        let bounds = Bounds { start: 100, most: 5000, precision_percent: 5 };
        for limit in [1, 2, 3, 99, 100, 101, 730, 1600, 4999] {
            let (ladder, tried) = climb(bounds, limit);
            let (holds, fails) = (ladder.holds.expect("1 holds"), ladder.fails.expect("5000 fails"));
            assert!(holds <= limit && limit < fails, "{limit}: {tried:?}");
            assert!(fails - holds <= (holds / 20).max(1), "{limit}: {tried:?}");
            assert!(tried.len() <= 15, "{limit}: {tried:?}");
        }
    }

    #[test]
    fn a_server_that_holds_everything_or_nothing_is_found_out_quickly() {
        let bounds = Bounds { start: 300, most: 1000, precision_percent: 5 };
        let (ladder, tried) = climb(bounds, u32::MAX);
        assert_eq!((ladder.holds, ladder.fails, tried), (Some(1000), None, vec![300, 600, 1000]));
        let (ladder, tried) = climb(bounds, 0);
        assert_eq!((ladder.holds, ladder.fails), (None, Some(1)));
        assert_eq!(tried, [300, 150, 75, 37, 18, 9, 4, 2, 1]);
        let (ladder, tried) = climb(Bounds { start: 9, most: 5, precision_percent: 0 }, 7);
        assert_eq!((ladder.holds, tried), (Some(5), vec![5]));
    }

    #[test]
    fn a_disturbed_answer_does_not_keep_the_search_from_ending() {
        let mut ladder = Ladder::new(Bounds { start: 8, most: 100, precision_percent: 0 });
        for (load, is_held) in [(8, true), (16, false), (12, true), (10, false)] {
            ladder.note(load, is_held);
        }
        assert_eq!(ladder.next(), None, "10 fails below 12, which held: {ladder:?}");
    }
}
