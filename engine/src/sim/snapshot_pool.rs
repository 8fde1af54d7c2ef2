//! The memory of a room's snapshots, used again once nobody reads it.
//!
//! Invariant: a snapshot that was handed out is never written to; only one whose every other holder has gone is reused. In
//! steady state the pool holds as many as the I/O threads keep as history and are in flight, and allocates nothing.

use std::sync::Arc;

use tickwire_netcode::snapshot::Snapshot;

#[derive(Debug, Default)]
pub(crate) struct SnapshotPool {
    slots: Vec<Arc<Snapshot>>,
    /// The slot after the one that was filled last: snapshots come back in the order in which they went out.
    next: usize,
}

impl SnapshotPool {
    /// Fills a free snapshot and hands out a share of it.
    pub(crate) fn publish(&mut self, fill: impl FnOnce(Snapshot) -> Snapshot) -> Arc<Snapshot> {
        let count = self.slots.len();
        let is_free = |slots: &mut [Arc<Snapshot>], index: usize| Arc::get_mut(&mut slots[index]).is_some();
        let in_order = (self.next..count).chain(0..self.next.min(count));
        let index = in_order.into_iter().find(|&index| is_free(&mut self.slots, index)).unwrap_or(count);
        if index == count {
            self.slots.push(Arc::default());
        }
        self.next = (index + 1) % self.slots.len();
        let slot = &mut self.slots[index];
        if let Some(spare) = Arc::get_mut(slot) {
            *spare = fill(core::mem::take(spare));
        }
        Arc::clone(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_only_when_nobody_reads_it() {
        let mut pool = SnapshotPool::default();
        let first = pool.publish(|s| s);
        let second = pool.publish(|s| s);
        assert!(!Arc::ptr_eq(&first, &second));
        let address = Arc::as_ptr(&first);
        drop(first);
        assert_eq!(Arc::as_ptr(&pool.publish(|s| s)), address);
        assert_eq!(pool.slots.len(), 2);
    }
}
