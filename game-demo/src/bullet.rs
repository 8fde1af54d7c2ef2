//! Bullets: they fly straight until they meet a wall, a ship or the end of their life.
//!
//! Owns the flight and who was hit. What a hit costs is the ship's business.
//! Invariant: a bullet is swept over the whole tick, so that no tick rate lets it pass through a ship.

use tickwire::prelude::*;

use crate::ship;
use crate::weapon::{Gun, Weapon};
use crate::wire;
use crate::world::World;

/// One bullet in flight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bullet {
    pub(crate) id: EntityId,
    /// Number of the pilot who shot it.
    pub(crate) shooter: u16,
    pub(crate) weapon: Weapon,
    pub(crate) at: Vec2,
    pub(crate) velocity: Vec2,
    life: f32,
}

/// How a bullet's tick ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flight {
    /// It flies on.
    On,
    /// It met a wall, or its life is over.
    Spent,
    /// It met the ship with this index of those given.
    Hit(usize),
}

impl Bullet {
    pub(crate) fn new(id: EntityId, shooter: u16, weapon: Weapon, at: Vec2, direction: Vec2) -> Self {
        let Gun { speed, lifetime, .. } = *weapon.gun();
        Self { id, shooter, weapon, at, velocity: direction * speed, life: lifetime }
    }

    /// Flies for `dt` seconds through `targets` (positions of ships and their index), which do not include the shooter.
    pub(crate) fn advance(
        &mut self,
        targets: impl Iterator<Item = (usize, Vec2)>,
        world: &World,
        dt: f32,
    ) -> Flight {
        let from = self.at;
        let to = from + self.velocity * dt;
        let wall = world.first_hit(from, to);
        let reach = wall.unwrap_or(1.0);
        let size = ship::RADIUS + self.weapon.gun().radius;
        let hit = targets
            .filter_map(|(index, at)| Some((index, meets(from, to, at, size)?)))
            .filter(|(_, share)| *share <= reach)
            .min_by(|a, b| a.1.total_cmp(&b.1));
        self.life -= dt;
        self.at = from.lerp(to, hit.map_or(reach, |(_, share)| share));
        match hit {
            Some((index, _)) => Flight::Hit(index),
            None if wall.is_some() || self.life <= 0.0 => Flight::Spent,
            None => Flight::On,
        }
    }

    pub(crate) fn show(&self) -> wire::Bullet {
        wire::Bullet { pilot: self.shooter, weapon: self.weapon, pos: self.at, vel: self.velocity }
    }
}

/// How far along the segment (0 to 1) a bullet comes within `reach` of a ship's `centre`.
fn meets(from: Vec2, to: Vec2, centre: Vec2, reach: f32) -> Option<f32> {
    let path = to - from;
    let offset = from - centre;
    let a = path.length_squared();
    let b = offset.dot(path);
    let c = offset.length_squared() - reach * reach;
    if c <= 0.0 {
        return Some(0.0);
    }
    let discriminant = b * b - a * c;
    if a <= 0.0 || discriminant < 0.0 {
        return None;
    }
    let share = (-b - discriminant.sqrt()) / a;
    (0.0..=1.0).contains(&share).then_some(share)
}
