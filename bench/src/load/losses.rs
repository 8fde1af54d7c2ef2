//! `Losses`: connections that went without being told to, and why.

use crate::limits::REASONS_MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) count: usize,
    /// Of the first few.
    pub(crate) reasons: Vec<String>,
}

impl Losses {
    pub(super) fn add(&mut self, reason: String) {
        self.count += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(reason);
        }
    }

    /// Adds another thread's.
    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.reasons.extend(other.reasons);
        self.reasons.truncate(REASONS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_few_explained() {
        let (mut left, mut right) = (Losses::default(), Losses::default());
        for number in 0..REASONS_MAX + 5 {
            left.add(number.to_string());
            right.add("other".into());
        }
        left.append(right);
        assert_eq!((left.count, left.reasons.len()), (2 * (REASONS_MAX + 5), REASONS_MAX));
        assert_eq!((left.reasons[0].as_str(), left.reasons[REASONS_MAX - 1].as_str()), ("0", "15"));
    }
}
