//! Steering: turns the direction that a bot wants into a push, around walls, bullets and other ships.
//!
//! Owns the reflexes of the next half second. Where to go and why is the bot's business, which way round is the chart's.

use tickwire::prelude::*;

use crate::sight::Sight;

/// What bots want to fly at, in units per second.
const CRUISE: f32 = 310.0;
/// How near to a wall a bot steers away from it, in units.
pub(crate) const WALL_MARGIN: f32 = 60.0;
/// How early a bot sees a bullet coming, in seconds.
const DODGE_SECONDS: f32 = 0.5;

/// Turns a wish into a push: away from walls, out of the way of bullets, against the drift. `nimble` is 0 to 1.
pub(crate) fn steer(sight: &Sight<'_>, course: Vec2, nimble: f32) -> Vec2 {
    let dodging = dodge(sight) * (0.35 + 0.65 * nimble);
    let wish = course.clamp_length_max(1.0) + shun_walls(sight, course) + dodging + keep_apart(sight);
    let velocity = wish.clamp_length_max(1.0) * CRUISE;
    ((velocity - sight.me.velocity) / 90.0).clamp_length_max(1.0)
}

fn shun_walls(sight: &Sight<'_>, course: Vec2) -> Vec2 {
    // Where the ship will be in a third of a second: that is how long it takes to turn its momentum.
    let soon = sight.me.at + sight.me.velocity * 0.33;
    let clearance = sight.world.clearance(soon);
    if clearance > WALL_MARGIN {
        return Vec2::ZERO;
    }
    let slope = |step: Vec2| sight.world.clearance(soon + step) - sight.world.clearance(soon - step);
    let away = Vec2::new(slope(Vec2::X * 4.0), slope(Vec2::Y * 4.0)).normalize_or_zero();
    let push = (2.2 * (1.0 - clearance / WALL_MARGIN)).clamp(0.0, 3.0);
    // A course along the wall, or through a gate, is meant: only what leads into the wall is taken out of it.
    let into = (-course.normalize_or_zero().dot(away)).max(0.0);
    away * push * (0.35 + 0.65 * into)
}

fn dodge(sight: &Sight<'_>) -> Vec2 {
    let mut away = Vec2::ZERO;
    for bullet in sight.bullets.iter().filter(|bullet| bullet.shooter != sight.number) {
        let offset = sight.me.at - bullet.at;
        let relative = bullet.velocity - sight.me.velocity;
        let when = offset.dot(relative) / relative.length_squared().max(1.0);
        let miss = offset - relative * when;
        let berth = 32.0 + bullet.weapon.gun().radius;
        if (0.0..DODGE_SECONDS).contains(&when) && miss.length() < berth {
            away += miss.normalize_or(relative.perp().normalize_or_zero()) * 1.1;
        }
    }
    away.clamp_length_max(1.1)
}

fn keep_apart(sight: &Sight<'_>) -> Vec2 {
    let near = sight.others().map(|ship| sight.me.at - ship.at).filter(|offset| offset.length() < 70.0);
    near.map(|offset| offset.normalize_or_zero() * 0.6).sum()
}
