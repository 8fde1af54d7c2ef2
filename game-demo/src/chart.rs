//! A bot's chart of the arena: which way round the walls.
//!
//! Owns a grid of places where a ship fits, built once per room, and the search over it (A*, eight neighbours, whole-number
//! costs). Does not fly: it names the next point that can be flown to in a straight line.
//! Invariant: the answer depends on the walls and the two points alone, so that rooms replay.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tickwire::prelude::*;

use crate::ship::RADIUS;
use crate::world::{HALF, World};

/// Side of a cell, in units: the narrowest passage of the arena (108 between two bars) has a row of cells in it.
const CELL: f32 = 40.0;
/// Space that a ship wants beside it, in units from its middle.
const BERTH: f32 = RADIUS + 8.0;
/// Space without which a straight line is not one; less than a berth, so that a ship in a cell is never stuck.
const SQUEEZE: f32 = RADIUS + 2.0;
/// Costs of a straight and of a diagonal step: 1 to 1.4.
const STRAIGHT: u32 = 5;
const DIAGONAL: u32 = 7;
/// How far from a point the nearest free cell is looked for, in cells.
const NEAREST_MAX: i32 = 3;

/// The grid and what a search needs, kept to reuse its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    columns: i32,
    rows: i32,
    free: Vec<bool>,
    cost: Vec<u32>,
    from: Vec<u32>,
    open: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Chart {
    pub(crate) fn draw(world: &World) -> Self {
        let columns = (2.0 * HALF.x / CELL) as i32;
        let rows = (2.0 * HALF.y / CELL) as i32;
        let mut chart = Self { columns, rows, ..Self::default() };
        let count = (columns * rows) as u32;
        chart.free = (0..count).map(|cell| world.clearance(chart.middle(cell)) > BERTH).collect();
        chart
    }

    /// Where to fly straight to, from `at`, on the way to `goal`. `goal` itself when nothing is between, or no way is known.
    pub(crate) fn next(&mut self, world: &World, at: Vec2, goal: Vec2) -> Vec2 {
        if world.is_open(at, goal, SQUEEZE) {
            return goal;
        }
        let (Some(start), Some(end)) = (self.nearest(at), self.nearest(goal)) else { return goal };
        if !self.search(end, start) {
            return goal;
        }
        // The search ran backwards, so that the way is read from here on.
        let mut cell = start;
        let mut next = self.middle(start);
        while cell != end {
            cell = self.from[cell as usize];
            let middle = self.middle(cell);
            if !world.is_open(at, middle, SQUEEZE) {
                break;
            }
            next = middle;
        }
        next
    }

    fn middle(&self, cell: u32) -> Vec2 {
        let (x, y) = (cell as i32 % self.columns, cell as i32 / self.columns);
        (Vec2::new(x as f32, y as f32) + 0.5) * CELL - HALF
    }

    fn cell(&self, x: i32, y: i32) -> Option<u32> {
        let inside = (0..self.columns).contains(&x) && (0..self.rows).contains(&y);
        let cell = (y * self.columns + x) as u32;
        (inside && self.free[cell as usize]).then_some(cell)
    }

    /// The free cell nearest to a point.
    fn nearest(&self, at: Vec2) -> Option<u32> {
        let place = ((at + HALF) / CELL).floor();
        let (x, y) = (place.x as i32, place.y as i32);
        (0..=NEAREST_MAX).find_map(|ring| {
            let span = -ring..=ring;
            let around = span.clone().flat_map(|dy| span.clone().map(move |dx| (dx, dy)));
            let cells = around.filter_map(|(dx, dy)| self.cell(x + dx, y + dy));
            let distance = |cell: &u32| self.middle(*cell).distance_squared(at);
            cells.min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
    }

    /// Fills `from` with the next cell on the way to `start`, for every cell between; false when there is no way.
    fn search(&mut self, start: u32, end: u32) -> bool {
        self.cost.clear();
        self.cost.resize(self.free.len(), u32::MAX);
        self.from.resize(self.free.len(), 0);
        self.open.clear();
        self.cost[start as usize] = 0;
        self.open.push(Reverse((0, start)));
        while let Some(Reverse((_, cell))) = self.open.pop() {
            if cell == end {
                return true;
            }
            self.expand(cell, end);
        }
        false
    }

    fn expand(&mut self, cell: u32, end: u32) {
        let (x, y) = (cell as i32 % self.columns, cell as i32 / self.columns);
        let so_far = self.cost[cell as usize];
        for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
            let diagonal = dx != 0 && dy != 0;
            // A diagonal step past a corner would scrape it.
            if diagonal && (self.cell(x + dx, y).is_none() || self.cell(x, y + dy).is_none()) {
                continue;
            }
            let Some(next) = self.cell(x + dx, y + dy) else { continue };
            let cost = so_far + if diagonal { DIAGONAL } else { STRAIGHT };
            if cost < self.cost[next as usize] {
                self.cost[next as usize] = cost;
                self.from[next as usize] = cell;
                self.open.push(Reverse((cost + self.estimate(next, end), next)));
            }
        }
    }

    fn estimate(&self, cell: u32, end: u32) -> u32 {
        let columns = self.columns as u32;
        let (dx, dy) = ((cell % columns).abs_diff(end % columns), (cell / columns).abs_diff(end / columns));
        STRAIGHT * dx.abs_diff(dy) + DIAGONAL * dx.min(dy)
    }
}

#[cfg(test)]
mod tests {
    use super::{CELL, Chart};
    use crate::layout;
    use crate::world::{HALF, World};
    use tickwire::prelude::*;

    /// Follows the chart in steps of half a cell; how far it was.
    fn walk(chart: &mut Chart, world: &World, from: Vec2, goal: Vec2) -> Option<f32> {
        let mut at = from;
        let mut length = 0.0;
        for _ in 0..600 {
            if at.distance(goal) < CELL {
                return Some(length);
            }
            let next = chart.next(world, at, goal);
            let step = (next - at).clamp_length_max(CELL / 2.0);
            length += step.length();
            at += step;
            assert!(world.clearance(at) > 10.0, "the way to {goal} leads through a wall at {at}");
        }
        None
    }

    #[test]
    fn every_pad_can_be_reached_from_every_other_in_many_arenas() {
        for seed in 0..6 {
            let world = World::build(&mut Rng::new(seed));
            let mut chart = Chart::draw(&world);
            let pads: Vec<_> = layout::pads().map(|(at, _)| at).collect();
            for (index, from) in pads.iter().enumerate() {
                let goal = pads[(index + 4) % pads.len()];
                assert!(walk(&mut chart, &world, *from, goal).is_some(), "seed {seed}: {from} to {goal}");
            }
        }
    }

    #[test]
    fn the_way_round_a_long_bar_is_short_and_does_not_turn_back() {
        let world = World::build(&mut Rng::new(1));
        let mut chart = Chart::draw(&world);
        let (from, goal) = (Vec2::new(-400.0, -660.0), Vec2::new(-260.0, -660.0));
        let length = walk(&mut chart, &world, from, goal).expect("there is a way");
        assert!(length < 700.0, "{length} units round a bar of 320");
    }

    #[test]
    fn an_open_way_is_flown_straight() {
        let world = World::default();
        let goal = Vec2::new(900.0, -400.0);
        assert_eq!(Chart::draw(&world).next(&world, Vec2::ZERO, goal), goal);
        assert_eq!(Chart::draw(&world).free.len(), (4.0 * HALF.x * HALF.y / CELL / CELL) as usize);
    }
}
