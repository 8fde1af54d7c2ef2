//! `Span`: from when to when is measured, and its seconds and stages.

use std::time::Duration;

use tickwire_netcode::time::Time;

/// By default it is not known yet, and nothing is in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Span {
    begin: Time,
    /// Not in it any more.
    end: Time,
    /// When each stage begins; none without stages.
    stages: Vec<Time>,
}

impl Span {
    pub(crate) fn new(begin: Time, end: Time, stage_offsets: &[Duration]) -> Self {
        Self { begin, end, stages: stage_offsets.iter().map(|&offset| begin + offset).collect() }
    }

    pub(crate) fn begin(&self) -> Time {
        self.begin
    }

    pub(crate) fn end(&self) -> Time {
        self.end
    }

    pub(crate) fn contains(&self, at: Time) -> bool {
        self.begin <= at && at < self.end
    }

    /// Which second of the window it is. What is later than the end counts in the last one.
    pub(crate) fn second_of(&self, at: Time) -> Option<usize> {
        let last = Time::from_nanos(self.end.as_nanos().checked_sub(1)?);
        (at >= self.begin).then(|| at.min(last).since(self.begin).as_secs() as usize)
    }

    pub(crate) fn stage_of(&self, at: Time) -> Option<usize> {
        self.stages.iter().rposition(|&begin| begin <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_window_has_seconds_and_stages() {
        let offsets = [0, 500, 1500].map(Duration::from_millis);
        let window = Span::new(ms(1000), ms(3000), &offsets);
        let table = [
            (999, false, None, None),
            (1000, true, Some(0), Some(0)),
            (1500, true, Some(0), Some(1)),
            (2500, true, Some(1), Some(2)),
            (2999, true, Some(1), Some(2)),
            (9000, false, Some(1), Some(2)),
        ];
        for (at, inside, second, stage) in table {
            let got = (window.contains(ms(at)), window.second_of(ms(at)), window.stage_of(ms(at)));
            assert_eq!(got, (inside, second, stage), "{at}");
        }
        assert!(!Span::default().contains(Time::default()));
        assert_eq!(Span::default().second_of(ms(1)), None);
    }
}
