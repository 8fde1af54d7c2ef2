//! A bot's mind: whom it hunts, what it fetches, when it flees, how it aims.
//!
//! A bot sees what a player sees ([`Sight`]) and answers with the same [`Controls`]; it obeys the same rules as everybody, turns
//! no faster than a wrist and errs like one. Does not know the room: randomness comes in as an argument, so that rooms replay.

use tickwire::prelude::*;

use crate::chart::Chart;
use crate::pickup::{Kind, Pickup};
use crate::ship::{Controls, HEALTH_MAX, SHIELD_MAX};
use crate::sight::{Seen, Sight};
use crate::steering::{WALL_MARGIN, steer};
use crate::temper::Temper;
use crate::weapon::Weapon;

/// How fast a bot can turn its aim, in radians per second.
const TURN_RATE: f32 = 7.0;
/// Beyond this bots do not notice anybody, in units: about what a player has on the screen.
const NOTICE: f32 = 900.0;
/// Beyond this share of a weapon's range bots hold their fire: a dodge is easy.
const RANGE_SHARE: f32 = 0.8;
/// A bot in need of repair goes this far for it, in units.
const REPAIR_TRIP: f32 = 1500.0;

/// What a bot is after.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    /// Nothing in particular: a place to look around at.
    Roam(Vec2),
    /// The pilot of this number.
    Hunt(u16),
    /// A pad.
    Fetch(Vec2),
    /// Away from the pilot of this number.
    Flee(u16),
}

/// One bot's character and train of thought.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bot {
    temper: Temper,
    goal: Goal,
    /// Whom it aims at.
    target: Option<u16>,
    /// The next point on the way to the goal.
    via: Vec2,
    /// Seconds until the next look around.
    look: f32,
    /// Seconds that a new target is safe: nobody shoots at once.
    surprise: f32,
    /// Error of the aim at present, in radians.
    error: f32,
    /// Side step: direction and strength, -1 to 1, and the seconds it lasts.
    jink: f32,
    jink_left: f32,
    /// Seconds of a burst left; a pause while negative.
    burst: f32,
}

impl Bot {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            temper: Temper::new(rng),
            goal: Goal::Roam(Vec2::ZERO),
            target: None,
            via: Vec2::ZERO,
            look: 0.0,
            surprise: 0.0,
            error: 0.0,
            jink: 1.0,
            jink_left: 0.0,
            burst: 0.0,
        }
    }

    /// Decides one tick's controls.
    pub(crate) fn think(&mut self, sight: &Sight<'_>, chart: &mut Chart, rng: &mut Rng, dt: f32) -> Controls {
        self.run_timers(rng, dt);
        if self.look <= 0.0 {
            self.look_around(sight, chart, rng);
        }
        let target = self.target.and_then(|number| sight.others().find(|ship| ship.number == number));
        let clear = target.is_some_and(|target| sight.world.is_clear(sight.me.at, target.at));
        let thrust = steer(sight, self.course(sight, target, clear), self.temper.skill);
        let Some(target) = target.filter(|_| clear) else {
            // Nobody to aim at: eyes on the road.
            let aim = turn(sight.me.aim, (self.via - sight.me.at).to_angle(), 0.6 * TURN_RATE * dt);
            return Controls { thrust, aim, ..Controls::default() };
        };
        let (aim, fire) = self.aim(sight, target, dt);
        Controls { thrust, aim, fire, trigger: false }
    }

    fn run_timers(&mut self, rng: &mut Rng, dt: f32) {
        self.look -= dt;
        self.surprise = (self.surprise - dt).max(0.0);
        self.jink_left -= dt;
        if self.jink_left <= 0.0 {
            self.jink_left = rng.range(0.35..1.3);
            self.jink = rng.range(0.5..1.0) * if rng.chance(0.5) { 1.0 } else { -1.0 };
        }
        self.burst -= dt;
        // Keen bots pause less between bursts.
        if self.burst < -1.2 + 0.7 * self.temper.skill {
            self.burst = rng.range(0.4..1.1);
        }
    }

    fn look_around(&mut self, sight: &Sight<'_>, chart: &mut Chart, rng: &mut Rng) {
        self.look = rng.range(0.25..0.55);
        self.error = rng.range(-1.0..1.0) * (0.2 - 0.13 * self.temper.skill);
        let target = choose(sight, self.target);
        if target != self.target && target.is_some() {
            self.surprise = rng.range(0.15..0.5) * (1.3 - self.temper.skill);
        }
        self.target = target;
        self.goal = self.decide(sight, rng);
        if let Some(place) = self.place(sight) {
            self.via = chart.next(sight.world, sight.me.at, place);
        }
    }

    fn decide(&self, sight: &Sight<'_>, rng: &mut Rng) -> Goal {
        let target = self.target.and_then(|number| sight.others().find(|ship| ship.number == number));
        let weak = sight.strength() < self.temper.caution;
        if let Some(pad) = self.wanted(sight, target.is_some(), weak) {
            return Goal::Fetch(pad.at);
        }
        match (target, self.goal) {
            // Who is weaker still is worth a last bullet.
            (Some(target), _) if weak && target.strength > sight.strength() => Goal::Flee(target.number),
            (Some(target), _) => Goal::Hunt(target.number),
            (None, Goal::Roam(place)) if self.is_worth_going_to(sight, place) => self.goal,
            (None, _) => Goal::Roam(somewhere(sight, rng)),
        }
    }

    fn is_worth_going_to(&self, sight: &Sight<'_>, place: Vec2) -> bool {
        sight.me.at.distance(place) > 90.0 && sight.world.clearance(place) > WALL_MARGIN
    }

    /// The pad that is most worth a detour now.
    fn wanted<'a>(&self, sight: &Sight<'a>, in_fight: bool, weak: bool) -> Option<&'a Pickup> {
        let me = sight.me;
        let reach = if in_fight { self.temper.greed } else { 2.0 * self.temper.greed };
        let worth = |kind: Kind| match kind {
            Kind::Health if weak => REPAIR_TRIP,
            Kind::Health if me.health <= 0.6 * HEALTH_MAX => reach,
            Kind::Shield if me.shield <= 0.4 * SHIELD_MAX => reach,
            Kind::Health | Kind::Shield => 0.0,
            // A weapon in hand is used up first.
            _ if weak || me.weapon != Weapon::Blaster => 0.0,
            kind if kind.weapon() == Some(self.temper.favourite) => 1.6 * reach,
            _ => 0.8 * reach,
        };
        let gain = |pad: &Pickup| worth(pad.kind) - pad.at.distance(me.at);
        let ready = sight.pickups.iter().filter(|pad| pad.is_ready() && gain(pad) > 0.0);
        ready.max_by(|a, b| gain(a).total_cmp(&gain(b)))
    }

    /// Where the goal is.
    fn place(&self, sight: &Sight<'_>) -> Option<Vec2> {
        match self.goal {
            Goal::Roam(place) | Goal::Fetch(place) => Some(place),
            Goal::Hunt(number) => sight.others().find(|ship| ship.number == number).map(|ship| ship.at),
            Goal::Flee(_) => None,
        }
    }

    /// The direction to fly in, before walls and bullets are considered. Length up to about 1.4.
    fn course(&self, sight: &Sight<'_>, target: Option<&Seen>, clear: bool) -> Vec2 {
        let along = |place: Vec2| (place - sight.me.at).normalize_or_zero();
        match (self.goal, target) {
            (Goal::Hunt(_), Some(target)) if clear => {
                let offset = target.at - sight.me.at;
                let ahead = offset.normalize_or(Vec2::X);
                let wanted = self.temper.distance_with(sight.me.weapon);
                let closing = ((offset.length() - wanted) / 120.0).clamp(-1.0, 1.0);
                ahead * closing + ahead.perp() * self.jink
            }
            (Goal::Flee(_), Some(target)) => -along(target.at) + along(target.at).perp() * self.jink * 0.6,
            // In sight of somebody with a gun nobody flies a straight line.
            (Goal::Fetch(_), Some(_)) if clear => along(self.via) + along(self.via).perp() * self.jink * 0.35,
            (Goal::Roam(_), _) => along(self.via) * 0.75,
            _ => along(self.via),
        }
    }

    fn aim(&self, sight: &Sight<'_>, target: &Seen, dt: f32) -> (f32, bool) {
        let gun = sight.me.weapon.gun();
        let guess = target.velocity * (0.6 + 0.4 * self.temper.skill);
        let lead = intercept(target.at - sight.me.at, guess, gun.speed);
        let want = lead.to_angle() + self.error;
        let aim = turn(sight.me.aim, want, TURN_RATE * dt);
        let on_target = angle_between(aim, want).abs() < 0.09 + gun.spread;
        let in_range = lead.length() < gun.range() * RANGE_SHARE;
        let ready = self.burst > 0.0 && self.surprise <= 0.0 && !target.protected;
        (aim, on_target && in_range && ready)
    }
}

/// Somewhere that somebody may be: a pad, or anywhere.
fn somewhere(sight: &Sight<'_>, rng: &mut Rng) -> Vec2 {
    let count = sight.pickups.len() as u32;
    if count > 0 && rng.chance(0.6) {
        return sight.pickups[rng.below(count) as usize].at;
    }
    sight.world.spawn_point(&core::iter::empty(), rng)
}

/// The easiest prey: near, weak, in sight, and rather the one already hunted.
fn choose(sight: &Sight<'_>, current: Option<u16>) -> Option<u16> {
    let effort = |ship: &Seen| {
        let distance = ship.at.distance(sight.me.at);
        let hidden = if sight.world.is_clear(sight.me.at, ship.at) { 0.0 } else { 250.0 };
        let protected = if ship.protected { 400.0 } else { 0.0 };
        let habit = if current == Some(ship.number) { -120.0 } else { 0.0 };
        distance + ship.strength * 1.5 + hidden + protected + habit
    };
    let noticed = sight.others().filter(|ship| ship.at.distance(sight.me.at) < NOTICE);
    noticed.min_by(|a, b| effort(a).total_cmp(&effort(b))).map(|ship| ship.number)
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
