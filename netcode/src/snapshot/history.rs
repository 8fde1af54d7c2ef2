//! [`History`]: the newest snapshots of a room, by tick: what bodies are encoded from and against.
//!
//! Only what was latched for sending is in it, so only such ticks can be points. Invariant: ticks ascend, the newest
//! snapshot is always there, and all others together are within the bounds.

use super::Snapshot;
use crate::limits;
use crate::time::Tick;
use alloc::collections::VecDeque;
use alloc::sync::Arc;

/// The newest snapshots of a room. Shares them; memory goes back to its owner when they are dropped.
#[derive(Clone, Debug)]
pub struct History {
    snapshots: VecDeque<Arc<Snapshot>>,
    size_bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

impl Default for History {
    fn default() -> Self {
        Self::new(limits::HISTORY_SNAPSHOTS_MAX, limits::HISTORY_BYTES_MAX)
    }
}

impl History {
    /// A history of at most `count_max` snapshots and `bytes_max` bytes, but always of the newest one.
    pub fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { snapshots: VecDeque::new(), size_bytes: 0, count_max: count_max.max(1), bytes_max }
    }

    /// Adds the newest snapshot; one that is not newer than the last is ignored. The oldest go until the bounds hold.
    /// Allocates only until the ring has grown to its count.
    pub fn push(&mut self, snapshot: Arc<Snapshot>) {
        if self.newest().is_some_and(|newest| snapshot.tick().delta(newest.tick()) <= 0) {
            return;
        }
        self.size_bytes += snapshot.size_bytes();
        let over = |this: &Self| this.snapshots.len() >= this.count_max || this.size_bytes > this.bytes_max;
        while over(self)
            && let Some(oldest) = self.snapshots.pop_front()
        {
            self.size_bytes -= oldest.size_bytes();
        }
        self.snapshots.push_back(snapshot);
    }

    /// The newest snapshot.
    pub fn newest(&self) -> Option<&Arc<Snapshot>> {
        self.snapshots.back()
    }

    /// The snapshot of a tick, while it is in the ring.
    #[inline]
    pub fn at(&self, tick: Tick) -> Option<&Arc<Snapshot>> {
        let newest = self.newest()?.tick();
        // Nearly always one of the last few: the players of a room are coded against the tick before.
        let age = usize::try_from(newest.delta(tick)).ok()?;
        self.snapshots.iter().rev().take(age + 1).find(|snapshot| snapshot.tick() == tick)
    }

    /// How many snapshots there are.
    pub fn len(&self) -> usize {
        self.snapshots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.snapshots.is_empty()
    }

    /// The size of all snapshots in it.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Forgets all snapshots.
    pub fn clear(&mut self) {
        self.snapshots.clear();
        self.size_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;
    use crate::snapshot::SnapshotBuilder;
    use alloc::vec::Vec;

    fn snapshot(tick: u32, words: usize) -> Arc<Snapshot> {
        let mut builder = SnapshotBuilder::new();
        builder.put(EntityId(1), 0, None, 0, |row| row.resize(words, tick));
        Arc::new(builder.finish(Tick(tick), Snapshot::default()))
    }

    fn held(history: &History, ticks: core::ops::Range<u32>) -> Vec<u32> {
        ticks.filter(|&tick| history.at(Tick(tick)).is_some_and(|held| held.tick() == Tick(tick))).collect()
    }

    #[test]
    fn the_oldest_leave_when_the_count_is_reached() {
        let mut history = History::new(3, usize::MAX);
        for tick in [1, 2, 5, 6, 9] {
            history.push(snapshot(tick, 1));
        }
        assert_eq!(held(&history, 0..12), [5, 6, 9]);
        history.push(snapshot(9, 2));
        history.push(snapshot(8, 2));
        assert_eq!(held(&history, 0..12), [5, 6, 9], "an older one changes nothing");
    }

    #[test]
    fn the_oldest_leave_when_the_bytes_are_reached_but_the_newest_stays() {
        let one = snapshot(1, 10).size_bytes();
        let mut history = History::new(64, 2 * one);
        for tick in 1..=4 {
            history.push(snapshot(tick, 10));
        }
        assert_eq!(held(&history, 0..9), [3, 4]);
        assert_eq!(history.size_bytes(), 2 * one);
        history.push(snapshot(5, 1000));
        assert_eq!(held(&history, 0..9), [5]);
        history.push(snapshot(6, 10));
        assert_eq!(held(&history, 0..9), [6]);
        history.clear();
        assert_eq!((history.len(), history.size_bytes()), (0, 0));
    }

    #[test]
    fn ticks_may_wrap() {
        let mut history = History::new(4, usize::MAX);
        for tick in [u32::MAX - 1, u32::MAX, 0, 1] {
            history.push(snapshot(tick, 1));
        }
        assert!(history.at(Tick(u32::MAX)).is_some() && history.at(Tick(1)).is_some());
        assert!(history.at(Tick(2)).is_none() && history.at(Tick(u32::MAX - 2)).is_none());
    }
}
