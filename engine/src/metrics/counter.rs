//! `Counter`, `Gauge` and `Counters`: numbers that one thread writes and any thread reads.
//!
//! Owns how they are stored: relaxed atomics without a locked instruction, since the writer is alone. Invariant: one
//! writer; two would lose counts, never tear them.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use super::label::Label;

/// Only goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0.store(self.value().wrapping_add(count), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number as it is now.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Keeps the largest value seen.
    #[inline]
    pub(crate) fn raise(&self, value: u64) {
        if value > self.value() {
            self.set(value);
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One counter per member of a closed set; `N` is the size of the set.
#[derive(Debug)]
pub(crate) struct Counters<L, const N: usize> {
    each: [Counter; N],
    label: PhantomData<L>,
}

impl<L: Label, const N: usize> Default for Counters<L, N> {
    fn default() -> Self {
        const { assert!(N == L::ALL.len(), "one counter per label") };
        Self { each: std::array::from_fn(|_| Counter::default()), label: PhantomData }
    }
}

impl<L: Label, const N: usize> Counters<L, N> {
    #[inline]
    pub(crate) fn add(&self, label: L, count: u64) {
        self.each[label.index()].add(count);
    }

    pub(crate) fn value(&self, label: L) -> u64 {
        self.each[label.index()].value()
    }

    /// Over all labels.
    #[cfg(test)]
    pub(crate) fn sum(&self) -> u64 {
        self.each.iter().map(Counter::value).fold(0, u64::wrapping_add)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Counters, Gauge};
    use crate::metrics::label::{Label, labels};

    labels!(Cause { One = "one", Two = "two", });

    #[test]
    fn counts_are_kept_by_label() {
        let counters = Counters::<Cause, { Cause::COUNT }>::default();
        counters.add(Cause::Two, 3);
        counters.add(Cause::Two, 4);
        assert_eq!((counters.value(Cause::One), counters.value(Cause::Two), counters.sum()), (0, 7, 7));
        assert_eq!(Cause::ALL.iter().map(|cause| cause.text()).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn a_counter_wraps_and_a_gauge_keeps_what_it_is_told() {
        let counter = Counter::default();
        counter.add(u64::MAX);
        counter.add(2);
        assert_eq!(counter.value(), 1);
        let gauge = Gauge::default();
        for value in [3, 9, 4] {
            gauge.raise(value);
        }
        assert_eq!(gauge.value(), 9);
        gauge.set(1);
        assert_eq!(gauge.value(), 1);
    }
}
