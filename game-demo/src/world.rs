//! The arena's ground: its bounds, the walls that stand in it, and the geometry that everything else asks about.
//!
//! Owns where things are solid. Does not know ships or bullets: it answers in points, radii and segments. Units are world
//! units (a ship is 28 across), x to the right and y down as on a screen, the origin in the middle.
//! Invariant: walls never move after [`World::build`], which is why clients get them once.

use tickwire::prelude::*;

use crate::layout;
pub(crate) use crate::layout::HALF;

/// Asteroids come in pairs, mirrored through the middle, so that neither side of the arena is the better one.
const ASTEROID_PAIRS: u32 = 10;
/// Free space around an asteroid: two ships (28 each) can pass side by side.
const ASTEROID_GAP: f32 = 70.0;
/// Attempts to place one pair. Chosen, not measured: the layout leaves room for far more than four pairs.
const PLACEMENTS_MAX: u32 = 64;

/// A solid thing: a box of half size `half`, grown by `radius` on all sides. A `half` of zero is a round asteroid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wall {
    pub(crate) at: Vec2,
    pub(crate) half: Vec2,
    pub(crate) radius: f32,
}

/// Where a moving circle touches something solid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Contact {
    /// Unit vector away from the solid thing.
    pub(crate) normal: Vec2,
    /// How deep the circle is in it, in units.
    pub(crate) depth: f32,
}

impl Wall {
    /// Distance from the wall's surface, negative inside.
    pub(crate) fn distance(&self, point: Vec2) -> f32 {
        let outside = (point - self.at).abs() - self.half;
        outside.max(Vec2::ZERO).length() + outside.max_element().min(0.0) - self.radius
    }

    /// How a circle touches this wall, if it does.
    fn contact(&self, at: Vec2, radius: f32) -> Option<Contact> {
        let depth = radius - self.distance(at);
        if depth <= 0.0 {
            return None;
        }
        let offset = at - self.at;
        let core = offset.clamp(-self.half, self.half);
        // In the core of the wall there is no surface to point away from: the short way out is taken.
        let normal = (offset - core).try_normalize().unwrap_or_else(|| self.short_way_out(offset));
        Some(Contact { normal, depth })
    }

    fn short_way_out(&self, offset: Vec2) -> Vec2 {
        let room = self.half - offset.abs();
        if room.x < room.y {
            Vec2::new(1.0_f32.copysign(offset.x), 0.0)
        } else {
            Vec2::new(0.0, 1.0_f32.copysign(offset.y))
        }
    }

    /// The smallest circle around the wall.
    fn reach(&self) -> f32 {
        self.half.length() + self.radius
    }
}

/// The ground of one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    walls: Vec<Wall>,
}

impl World {
    /// The arena's plan, and asteroids placed by `rng`.
    pub(crate) fn build(rng: &mut Rng) -> Self {
        let mut world = Self { walls: layout::bars().collect() };
        for _ in 0..ASTEROID_PAIRS {
            world.place_pair(rng);
        }
        world
    }

    fn place_pair(&mut self, rng: &mut Rng) {
        for _ in 0..PLACEMENTS_MAX {
            let radius = rng.range(30.0..82.0);
            let edge = HALF - Vec2::splat(radius + ASTEROID_GAP);
            let at = Vec2::new(rng.range(-edge.x..edge.x), rng.range(-edge.y..0.0));
            let apart = at.length() > radius + 2.0 * ASTEROID_GAP;
            let apart = apart && layout::pads().all(|(pad, _)| pad.distance(at) > radius + ASTEROID_GAP);
            if apart && self.clearance(at) > radius + ASTEROID_GAP {
                self.walls.push(Wall { at, half: Vec2::ZERO, radius });
                self.walls.push(Wall { at: -at, half: Vec2::ZERO, radius });
                return;
            }
        }
    }

    /// Everything that stands in the arena, in the order in which it was placed.
    pub(crate) fn walls(&self) -> &[Wall] {
        &self.walls
    }

    /// Distance from `point` to the nearest wall or edge of the arena; negative when it is inside of one.
    pub(crate) fn clearance(&self, point: Vec2) -> f32 {
        let edge = (HALF - point.abs()).min_element();
        self.walls.iter().map(|wall| wall.distance(point)).fold(edge, f32::min)
    }

    /// The deepest contact of a circle with a wall or an edge.
    pub(crate) fn contact(&self, at: Vec2, radius: f32) -> Option<Contact> {
        let walls = self.walls.iter().filter_map(|wall| wall.contact(at, radius));
        walls.chain(edge_contacts(at, radius)).max_by(|a, b| a.depth.total_cmp(&b.depth))
    }

    /// Whether a bullet could fly from `from` to `to`.
    pub(crate) fn is_clear(&self, from: Vec2, to: Vec2) -> bool {
        self.first_hit(from, to).is_none()
    }

    /// Whether a ship could fly straight from `from` to `to` and stay `margin` away from everything.
    pub(crate) fn is_open(&self, from: Vec2, to: Vec2, margin: f32) -> bool {
        let length = from.distance(to);
        let Some(direction) = (to - from).try_normalize() else { return true };
        let middle = from.midpoint(to);
        let near = |wall: &&Wall| wall.at.distance(middle) <= wall.reach() + margin + length / 2.0;
        let grown = |wall: &Wall| Wall { radius: wall.radius + margin, ..*wall };
        !self.walls.iter().filter(near).any(|wall| march(&grown(wall), from, direction, length).is_some())
    }

    /// How far along the segment (0 to 1) it first meets a wall or leaves the arena.
    pub(crate) fn first_hit(&self, from: Vec2, to: Vec2) -> Option<f32> {
        let length = from.distance(to);
        let direction = (to - from).try_normalize()?;
        let middle = from.midpoint(to);
        let near = |wall: &&Wall| wall.at.distance(middle) <= wall.reach() + length / 2.0;
        let walls = self.walls.iter().filter(near).filter_map(|wall| march(wall, from, direction, length));
        let edge = exit(from, to).map(|share| share * length);
        walls.chain(edge).reduce(f32::min).map(|distance| distance / length)
    }

    /// A free point, as far as it can be found from all of `others`.
    pub(crate) fn spawn_point(&self, others: &(impl Iterator<Item = Vec2> + Clone), rng: &mut Rng) -> Vec2 {
        // Twelve candidates: enough to avoid a fight, few enough that the place cannot be foretold.
        let candidate = |rng: &mut Rng| {
            let at = Vec2::new(rng.range(-HALF.x..HALF.x), rng.range(-HALF.y..HALF.y)) * 0.92;
            let lonely = others.clone().map(|other| other.distance(at)).fold(700.0, f32::min);
            let free = if self.clearance(at) > 40.0 { 1000.0 } else { 0.0 };
            (at, lonely + free)
        };
        let mut best = candidate(rng);
        for _ in 1..12 {
            let next = candidate(rng);
            if next.1 > best.1 {
                best = next;
            }
        }
        best.0
    }
}

/// Sphere tracing: the distance to the surface is always a safe step.
fn march(wall: &Wall, from: Vec2, direction: Vec2, length: f32) -> Option<f32> {
    let mut travelled = 0.0;
    // A grazing ray converges slowly; what is not decided after 24 steps passes.
    for _ in 0..24 {
        let distance = wall.distance(from + direction * travelled);
        if distance < 0.05 {
            return Some(travelled);
        }
        travelled += distance;
        if travelled > length {
            return None;
        }
    }
    None
}

/// How far along the segment (0 to 1) it leaves the arena.
fn exit(from: Vec2, to: Vec2) -> Option<f32> {
    let axis = |from: f32, to: f32, half: f32| {
        (to.abs() > half).then(|| ((half.copysign(to) - from) / (to - from)).clamp(0.0, 1.0))
    };
    [axis(from.x, to.x, HALF.x), axis(from.y, to.y, HALF.y)].into_iter().flatten().reduce(f32::min)
}

fn edge_contacts(at: Vec2, radius: f32) -> impl Iterator<Item = Contact> {
    let depth = at.abs() + Vec2::splat(radius) - HALF;
    let x = Contact { normal: Vec2::new(-at.x.signum(), 0.0), depth: depth.x };
    let y = Contact { normal: Vec2::new(0.0, -at.y.signum()), depth: depth.y };
    [x, y].into_iter().filter(|contact| contact.depth > 0.0)
}
