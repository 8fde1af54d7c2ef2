//! A bot's mind: whom it hunts, how it aims, how it moves.
//!
//! A bot sees what a player sees ([`Sight`]) and answers with the same [`Controls`]; it obeys the same rules as everybody and
//! turns no faster than a wrist. Does not know the room: randomness comes in as an argument, so that rooms replay.

use tickwire::prelude::*;

use crate::bullet::{self, Bullet};
use crate::ship::{Controls, Ship};
use crate::world::World;

/// How fast a bot can turn its aim, in radians per second.
const TURN_RATE: f32 = 7.0;
/// The distance at which bots like to fight, in units.
const DUEL_RANGE: f32 = 230.0;
/// Beyond this bots hold their fire: a dodge is easy, and the walls take the rest.
const FIRE_RANGE: f32 = 560.0;
/// Below this health bots break off.
const SHY_HEALTH: f32 = 36.0;
/// What bots want to fly at, in units per second.
const CRUISE: f32 = 300.0;
/// How near to a wall a bot steers away from it, in units.
const WALL_MARGIN: f32 = 64.0;

/// Names that bots go by, in order; the twenty-fifth bot is "Altair 2".
const NAMES: [&str; 24] = [
    "Altair",
    "Vega",
    "Rigel",
    "Mira",
    "Sirius",
    "Castor",
    "Lyra",
    "Orion",
    "Antares",
    "Deneb",
    "Pollux",
    "Nova",
    "Spica",
    "Atlas",
    "Electra",
    "Hadar",
    "Maia",
    "Procyon",
    "Bellatrix",
    "Arcturus",
    "Capella",
    "Regulus",
    "Thuban",
    "Alcor",
];

/// The name of the bot with this index.
pub(crate) fn name(index: u32) -> String {
    let count = NAMES.len() as u32;
    let base = NAMES[(index % count) as usize];
    if index < count { base.to_owned() } else { format!("{base} {}", index / count + 1) }
}

/// Another ship, as everybody can see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) number: u16,
    pub(crate) at: Vec2,
    pub(crate) velocity: Vec2,
    pub(crate) health: f32,
    pub(crate) protected: bool,
}

/// What one bot sees at one tick.
pub(crate) struct Sight<'a> {
    /// The bot's own number, which is among `ships` as well.
    pub(crate) number: u16,
    pub(crate) me: &'a Ship,
    pub(crate) ships: &'a [Seen],
    pub(crate) bullets: &'a [Bullet],
    pub(crate) world: &'a World,
}

/// One bot's character and train of thought.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bot {
    /// 0 (clumsy) to 1 (keen).
    skill: f32,
    target: Option<u16>,
    /// Seconds until the next look around.
    look: f32,
    /// Error of the aim at present, in radians.
    error: f32,
    /// Side step: direction and strength, -1 to 1, and the seconds it lasts.
    jink: f32,
    jink_left: f32,
    /// Seconds of a burst left; a pause while negative.
    burst: f32,
    /// Where to drift when there is nobody to hunt.
    roam: Vec2,
}

impl Bot {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            skill: rng.unit(),
            target: None,
            look: 0.0,
            error: 0.0,
            jink: 1.0,
            jink_left: 0.0,
            burst: 0.0,
            roam: Vec2::ZERO,
        }
    }

    /// Decides one tick's controls.
    pub(crate) fn think(&mut self, sight: &Sight<'_>, rng: &mut Rng, dt: f32) -> Controls {
        self.run_timers(sight, rng, dt);
        let target = self.target.and_then(|number| sight.ships.iter().find(|ship| ship.number == number));
        let Some(target) = target else {
            let course = (self.roam - sight.me.at).normalize_or_zero() * 0.7;
            return Controls { thrust: steer(sight, course), aim: sight.me.aim, ..Controls::default() };
        };
        let clear = sight.world.is_clear(sight.me.at, target.at);
        let lead =
            intercept(target.at - sight.me.at, target.velocity * (0.6 + 0.4 * self.skill), bullet::SPEED);
        let want = lead.to_angle() + self.error;
        let aim = turn(sight.me.aim, want, TURN_RATE * dt);
        let on_target = angle_between(aim, want).abs() < 0.09 && lead.length() < FIRE_RANGE;
        let fire = clear && on_target && self.burst > 0.0 && !target.protected;
        Controls { thrust: steer(sight, self.course(sight, target, clear)), aim, fire, trigger: false }
    }

    fn run_timers(&mut self, sight: &Sight<'_>, rng: &mut Rng, dt: f32) {
        self.look -= dt;
        if self.look <= 0.0 {
            self.look = rng.range(0.25..0.55);
            self.target = choose(sight, self.target);
            self.error = rng.range(-1.0..1.0) * (0.2 - 0.13 * self.skill);
        }
        self.jink_left -= dt;
        if self.jink_left <= 0.0 {
            self.jink_left = rng.range(0.35..1.3);
            self.jink = rng.range(0.5..1.0) * if rng.chance(0.5) { 1.0 } else { -1.0 };
        }
        self.burst -= dt;
        // Keen bots pause less between bursts.
        if self.burst < -1.2 + 0.7 * self.skill {
            self.burst = rng.range(0.4..1.1);
        }
        if sight.me.at.distance(self.roam) < 80.0 || sight.world.clearance(self.roam) < WALL_MARGIN {
            self.roam = sight.world.spawn_point(&core::iter::empty(), rng);
        }
    }

    /// The direction to fly in, before walls and bullets are considered. Length up to about 1.4.
    fn course(&self, sight: &Sight<'_>, target: &Seen, clear: bool) -> Vec2 {
        let offset = target.at - sight.me.at;
        let ahead = offset.normalize_or(Vec2::X);
        let closing = if sight.me.health < SHY_HEALTH && target.health > sight.me.health {
            -0.9
        } else if clear {
            ((offset.length() - DUEL_RANGE) / 120.0).clamp(-1.0, 1.0)
        } else {
            0.7
        };
        ahead * closing + ahead.perp() * self.jink
    }
}

/// Turns a wish into a push: away from walls, out of the way of bullets, against the drift.
fn steer(sight: &Sight<'_>, course: Vec2) -> Vec2 {
    let wish = course.clamp_length_max(1.0) + shun_walls(sight) + dodge(sight) + keep_apart(sight);
    let velocity = wish.clamp_length_max(1.0) * CRUISE;
    ((velocity - sight.me.velocity) / 90.0).clamp_length_max(1.0)
}

fn shun_walls(sight: &Sight<'_>) -> Vec2 {
    // Where the ship will be in a third of a second: that is how long it takes to turn its momentum.
    let soon = sight.me.at + sight.me.velocity * 0.33;
    let clearance = sight.world.clearance(soon);
    if clearance > WALL_MARGIN {
        return Vec2::ZERO;
    }
    let slope = |step: Vec2| sight.world.clearance(soon + step) - sight.world.clearance(soon - step);
    let away = Vec2::new(slope(Vec2::X * 4.0), slope(Vec2::Y * 4.0)).normalize_or_zero();
    away * (2.2 * (1.0 - clearance / WALL_MARGIN)).clamp(0.0, 3.0)
}

fn dodge(sight: &Sight<'_>) -> Vec2 {
    let mut away = Vec2::ZERO;
    for bullet in sight.bullets.iter().filter(|bullet| bullet.shooter != sight.number) {
        let offset = sight.me.at - bullet.at;
        let relative = bullet.velocity - sight.me.velocity;
        let when = offset.dot(relative) / relative.length_squared().max(1.0);
        let miss = offset - relative * when;
        if (0.0..0.55).contains(&when) && miss.length() < 36.0 {
            away += miss.normalize_or(relative.perp().normalize_or_zero()) * 1.1;
        }
    }
    away.clamp_length_max(1.1)
}

fn keep_apart(sight: &Sight<'_>) -> Vec2 {
    let others = sight.ships.iter().filter(|ship| ship.number != sight.number);
    let near = others.map(|ship| sight.me.at - ship.at).filter(|offset| offset.length() < 70.0);
    near.map(|offset| offset.normalize_or_zero() * 0.6).sum()
}

/// The easiest prey: near, weak, in sight, and rather the one already hunted.
fn choose(sight: &Sight<'_>, current: Option<u16>) -> Option<u16> {
    let effort = |ship: &Seen| {
        let distance = ship.at.distance(sight.me.at);
        let hidden = if sight.world.is_clear(sight.me.at, ship.at) { 0.0 } else { 250.0 };
        let protected = if ship.protected { 400.0 } else { 0.0 };
        let habit = if current == Some(ship.number) { -120.0 } else { 0.0 };
        distance + ship.health * 1.5 + hidden + protected + habit
    };
    let others = sight.ships.iter().filter(|ship| ship.number != sight.number);
    others.min_by(|a, b| effort(a).total_cmp(&effort(b))).map(|ship| ship.number)
}

/// Where to shoot, relative to the shooter, to meet a target at `offset` that moves on with `velocity`.
pub(crate) fn intercept(offset: Vec2, velocity: Vec2, speed: f32) -> Vec2 {
    // |offset + velocity t| = speed t, solved for the smaller positive t; targets are slower than bullets, so there is one.
    let a = speed * speed - velocity.length_squared();
    let b = offset.dot(velocity);
    let c = offset.length_squared();
    if a <= 0.0 {
        return offset;
    }
    let time = (b + (b * b + a * c).sqrt()) / a;
    offset + velocity * time
}

/// From angle `a` to angle `b` the shorter way, in radians.
fn angle_between(a: f32, b: f32) -> f32 {
    Vec2::from_angle(a).angle_to(Vec2::from_angle(b))
}

fn turn(from: f32, to: f32, most: f32) -> f32 {
    from + angle_between(from, to).clamp(-most, most)
}
