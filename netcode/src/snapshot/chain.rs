//! [`Chain`]: the points of one slot that a client's decoder holds, and [`BodyKey`]: what a body is a function of.
//!
//! Server side, one chain per slot and session. Invariant: the client holds every point of the chain when it reads the
//! next update, because the chain changes only by what the transport has taken. PROTOCOL section 6.1.

use super::history::History;
use super::point::{PartKey, Point};
use crate::limits;
use crate::time::Tick;

/// Everything that the bytes of a body depend on, within one room: players with equal keys share them.
///
/// The model is not in it: there is but model 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BodyKey {
    /// The state that the body leads to.
    pub now: Point,
    /// How many points it is coded against: 0 is in full.
    pub depth: u8,
    /// The points, newest first; `None` from `depth` on.
    pub points: [Option<Point>; limits::POINTS_MAX],
}

impl BodyKey {
    /// A body in full.
    pub const fn full(now: Point) -> Self {
        Self { now, depth: 0, points: [None; limits::POINTS_MAX] }
    }

    /// The newest point that the body is coded against; `None` is in full.
    pub const fn baseline(&self) -> Option<Point> {
        self.points[0]
    }
}

/// The at most three points of the last committed updates that carried a slot, newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Chain {
    points: [Option<Point>; limits::POINTS_MAX],
    /// Updates that carried the slot since its hash was sent.
    unhashed: u8,
}

impl Chain {
    /// The key of the next body: cut at the first point that left the ring, and at the depth that this version produces.
    #[inline]
    pub fn body_key(&self, key: PartKey, tick: Tick, history: &History) -> BodyKey {
        let mut body = BodyKey::full(Point { key, tick });
        let points = self.points.iter().take(usize::from(limits::DEPTH_PRODUCED));
        for point in points.map_while(|point| point.filter(|point| history.at(point.tick).is_some())) {
            body.points[usize::from(body.depth)] = Some(point);
            body.depth += 1;
        }
        body
    }

    /// Whether the hash goes with this body: in full, at a change of key, and with each 16th carried update.
    #[inline]
    pub fn hash_due(&self, body: &BodyKey) -> bool {
        body.baseline().is_none_or(|baseline| baseline.key != body.now.key)
            || self.unhashed + 1 >= limits::HASH_EVERY
    }

    /// An update with this body was committed. One in full begins the chain anew, at both ends.
    pub fn push(&mut self, body: &BodyKey, hashed: bool) {
        if body.depth == 0 {
            self.points = [None; limits::POINTS_MAX];
        }
        self.points.rotate_right(1);
        self.points[0] = Some(body.now);
        self.unhashed = if hashed { 0 } else { self.unhashed.saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;
    use crate::snapshot::SnapshotBuilder;
    use alloc::sync::Arc;

    fn history(ticks: &[u32]) -> History {
        let mut history = History::default();
        for &tick in ticks {
            history.push(Arc::new(SnapshotBuilder::new().finish(Tick(tick), Snapshot::default())));
        }
        history
    }

    const KEY: PartKey = PartKey::Everyone;

    fn after(ticks: &[u32]) -> Chain {
        let mut chain = Chain::default();
        let all = history(ticks);
        for &tick in ticks {
            let body = chain.body_key(KEY, Tick(tick), &all);
            chain.push(&body, true);
        }
        chain
    }

    #[test]
    fn the_next_body_is_coded_against_the_newest_point_while_it_is_in_the_ring() {
        let chain = after(&[3, 5, 6]);
        let body = chain.body_key(KEY, Tick(9), &history(&[5, 6, 9]));
        assert_eq!((body.depth, body.baseline()), (1, Some(Point { key: KEY, tick: Tick(6) })));
        let body = chain.body_key(KEY, Tick(9), &history(&[3, 5, 9]));
        assert_eq!(body, BodyKey::full(Point { key: KEY, tick: Tick(9) }), "older points do not help");
    }

    #[test]
    fn players_who_skipped_alike_share_their_key() {
        let ring = history(&[5, 6, 9]);
        let keys = [after(&[1, 6]), after(&[2, 5, 6])].map(|chain| chain.body_key(KEY, Tick(9), &ring));
        assert_eq!(keys[0], keys[1]);
        assert_ne!(keys[0], after(&[5]).body_key(KEY, Tick(9), &ring));
    }

    #[test]
    fn the_hash_goes_with_the_first_and_each_sixteenth_update_and_a_change_of_key() {
        let ring = history(&(1..=40).collect::<alloc::vec::Vec<_>>());
        let mut chain = Chain::default();
        let mut hashed = alloc::vec::Vec::new();
        for tick in 1..=40 {
            let body = chain.body_key(KEY, Tick(tick), &ring);
            let due = chain.hash_due(&body);
            chain.push(&body, due);
            hashed.extend(due.then_some(tick));
        }
        assert_eq!(hashed, [1, 17, 33]);
        let other = chain.body_key(PartKey::Own(crate::ids::PlayerId(1)), Tick(41), &ring);
        assert!(other.depth == 1 && chain.hash_due(&other));
    }
}
