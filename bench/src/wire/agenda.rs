//! `Agenda`: which connection has something to do when.
//!
//! Nothing is ever taken out before its time: whoever plans anew remembers which entry counts, and passes over the others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tickwire_netcode::time::Time;

/// By moment, then by index.
#[derive(Debug, Default)]
pub(crate) struct Agenda(BinaryHeap<Reverse<(Time, usize)>>);

impl Agenda {
    pub(crate) fn plan(&mut self, at: Time, index: usize) {
        self.0.push(Reverse((at, index)));
    }

    /// The earliest moment.
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// The earliest entry, if its moment has come.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<(Time, usize)> {
        self.next_at().filter(|&at| at <= now)?;
        self.0.pop().map(|Reverse(entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_the_order_of_their_moments_and_not_before() {
        let mut agenda = Agenda::default();
        let at = Time::from_nanos;
        for (moment, index) in [(30, 1), (10, 2), (20, 3), (10, 4)] {
            agenda.plan(at(moment), index);
        }
        assert_eq!((agenda.next_at(), agenda.pop_due(at(9))), (Some(at(10)), None));
        let due: Vec<usize> = std::iter::from_fn(|| agenda.pop_due(at(20))).map(|(_, index)| index).collect();
        assert_eq!((due, agenda.next_at()), (vec![2, 4, 3], Some(at(30))));
    }
}
