//! `Reasons`: why connections or visits failed, and how many for each reason.
//!
//! Servers choose the words of a refusal, so only so many are kept apart; all are counted.

use std::collections::BTreeMap;

use crate::limits::REASONS_MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons {
    /// Those that came first.
    told: BTreeMap<String, u64>,
    others: u64,
}

impl Reasons {
    pub(crate) fn add(&mut self, why: String) {
        self.add_many(why, 1);
    }

    fn add_many(&mut self, why: String, count: u64) {
        if let Some(told) = self.told.get_mut(&why) {
            *told += count;
        } else if self.told.len() < REASONS_MAX {
            self.told.insert(why, count);
        } else {
            self.others += count;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.told.values().sum::<u64>() + self.others
    }

    /// The commonest of those that are kept apart.
    pub(crate) fn most(&self) -> Option<&str> {
        self.told.iter().max_by_key(|(_, count)| **count).map(|(why, _)| why.as_str())
    }

    /// Each with its count; those that are not kept apart are the last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        let others = (self.others > 0).then_some(("other reasons", self.others));
        self.told.iter().map(|(why, count)| (why.as_str(), *count)).chain(others)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, u64); N]> for Reasons {
    fn from(reasons: [(&str, u64); N]) -> Self {
        let mut all = Self::default();
        for (why, count) in reasons {
            all.add_many(why.to_owned(), count);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_new_reason_each_time_is_counted_and_not_kept() {
        let mut reasons = Reasons::default();
        for number in 0..100_000 {
            reasons.add(format!("refused: {}", number % 50_000));
        }
        let told: Vec<(&str, u64)> = reasons.iter().collect();
        assert_eq!((told.len(), reasons.count()), (REASONS_MAX + 1, 100_000));
        assert_eq!(told[0], ("refused: 0", 2));
        assert_eq!(told[REASONS_MAX], ("other reasons", 100_000 - 2 * REASONS_MAX as u64));
    }

    #[test]
    fn the_commonest_is_named_and_none_if_there_is_none() {
        assert_eq!(Reasons::default().most(), None);
        assert_eq!(Reasons::from([("a", 3), ("b", 7), ("c", 1)]).most(), Some("b"));
    }
}
