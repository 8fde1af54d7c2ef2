//! One ship: how it moves, bounces, shoots, takes things, heals and dies.
//!
//! Owns the numbers that make flying feel as it does. Does not know who flies it, nor the score: `pilot.rs` does.
//! Invariant: `at` and `velocity` are finite and within what `wire.rs` can express, whatever the controls say.

use tickwire::prelude::*;

use crate::pickup::Kind;
use crate::weapon::{Gun, Weapon};
use crate::world::World;

/// Radius of the circle that bounces and is hit, in units.
pub(crate) const RADIUS: f32 = 14.0;
pub(crate) const HEALTH_MAX: f32 = 100.0;
/// A shield takes damage before the hull does and never repairs itself.
pub(crate) const SHIELD_MAX: f32 = 50.0;
/// Health that a pickup gives.
const HEALTH_GIVEN: f32 = 50.0;
/// Units per second squared. With [`DRAG`] it gives a top speed of 340 units/s, reached in about a second: quick to answer, but it drifts.
const THRUST: f32 = 820.0;
/// Share of the speed lost per second.
const DRAG: f32 = 2.4;
/// No push can make a ship faster, in units per second: all bullets stay faster.
const SPEED_MAX: f32 = 480.0;
/// How much of the speed into a wall comes back.
const BOUNCE: f32 = 0.6;
/// A click this many seconds before the gun is ready still counts.
const TRIGGER_MEMORY: f32 = 0.12;
/// Seconds without damage before a ship repairs itself, health per second from then on, and where that ends: enough to come
/// back into the fight, not enough to ignore the pads.
const REPAIR_AFTER: f32 = 4.0;
const REPAIR_RATE: f32 = 10.0;
pub(crate) const REPAIR_MAX: f32 = 60.0;
/// Seconds of protection after a spawn; a shot ends it.
pub(crate) const PROTECTION: f32 = 1.5;

/// What whoever flies a ship wants of it in one tick: a player's input, or a bot's thought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Controls {
    /// Direction and strength; a length above 1 counts as 1.
    pub(crate) thrust: Vec2,
    /// Radians, 0 to the right, growing clockwise on screen.
    pub(crate) aim: f32,
    /// The trigger is held.
    pub(crate) fire: bool,
    /// The trigger was pulled since the tick before, however briefly.
    pub(crate) trigger: bool,
}

/// What a bullet did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The ship is protected.
    None,
    /// The shield took all of it.
    Shield,
    /// The hull was hurt.
    Hull,
    /// The ship is gone.
    Fatal,
}

/// The state of one life of a ship.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ship {
    pub(crate) id: EntityId,
    pub(crate) at: Vec2,
    pub(crate) velocity: Vec2,
    pub(crate) aim: f32,
    /// The engine's push, 0 to 1: for the flame.
    pub(crate) throttle: f32,
    pub(crate) health: f32,
    pub(crate) shield: f32,
    pub(crate) weapon: Weapon,
    /// Rounds left; 0 for the weapon that never runs out.
    pub(crate) rounds: u8,
    /// Seconds of protection left.
    pub(crate) protection: f32,
    cooldown: f32,
    trigger: f32,
    unhurt: f32,
}

impl Ship {
    pub(crate) fn new(id: EntityId, at: Vec2) -> Self {
        Self {
            id,
            at,
            velocity: Vec2::ZERO,
            aim: (-at).to_angle(),
            throttle: 0.0,
            health: HEALTH_MAX,
            shield: 0.0,
            weapon: Weapon::default(),
            rounds: 0,
            protection: PROTECTION,
            cooldown: 0.0,
            trigger: 0.0,
            unhurt: 0.0,
        }
    }

    /// Moves the ship by `dt` seconds and runs its timers.
    pub(crate) fn advance(&mut self, controls: &Controls, world: &World, dt: f32) {
        let thrust =
            if controls.thrust.is_finite() { controls.thrust.clamp_length_max(1.0) } else { Vec2::ZERO };
        if controls.aim.is_finite() {
            self.aim = controls.aim;
        }
        self.throttle = thrust.length();
        self.velocity += thrust * THRUST * dt;
        self.velocity *= 1.0 / (1.0 + DRAG * dt);
        self.velocity = self.velocity.clamp_length_max(SPEED_MAX);
        self.at += self.velocity * dt;
        self.collide(world);
        self.run_timers(controls, dt);
    }

    fn collide(&mut self, world: &World) {
        // Twice: the push out of a wall may end in an edge.
        for _ in 0..2 {
            let Some(contact) = world.contact(self.at, RADIUS) else { return };
            self.at += contact.normal * contact.depth;
            let into = self.velocity.dot(contact.normal);
            if into < 0.0 {
                self.velocity -= contact.normal * into * (1.0 + BOUNCE);
            }
        }
    }

    fn run_timers(&mut self, controls: &Controls, dt: f32) {
        self.cooldown = (self.cooldown - dt).max(0.0);
        self.protection = (self.protection - dt).max(0.0);
        self.trigger = if controls.trigger { TRIGGER_MEMORY } else { (self.trigger - dt).max(0.0) };
        self.unhurt += dt;
        if self.unhurt > REPAIR_AFTER && self.health < REPAIR_MAX {
            self.health = (self.health + REPAIR_RATE * dt).min(REPAIR_MAX);
        }
    }

    /// Shoots if the trigger and the gun allow it: where the bullets start and the weapon they come from.
    pub(crate) fn shoot(&mut self, controls: &Controls) -> Option<(Vec2, Weapon)> {
        if self.cooldown > 0.0 || !(controls.fire || self.trigger > 0.0) {
            return None;
        }
        let weapon = self.weapon;
        let Gun { cooldown, recoil, .. } = *weapon.gun();
        let direction = Vec2::from_angle(self.aim);
        self.cooldown = cooldown;
        self.trigger = 0.0;
        self.protection = 0.0;
        self.velocity -= direction * recoil;
        self.spend_round();
        Some((self.at + direction * RADIUS, weapon))
    }

    fn spend_round(&mut self) {
        if self.weapon == Weapon::default() {
            return;
        }
        self.rounds = self.rounds.saturating_sub(1);
        if self.rounds == 0 {
            self.weapon = Weapon::default();
        }
    }

    /// Uses what lies on a pad; false when it would be of no use.
    pub(crate) fn take(&mut self, kind: Kind) -> bool {
        match kind {
            Kind::Health if self.health < HEALTH_MAX => {
                self.health = (self.health + HEALTH_GIVEN).min(HEALTH_MAX);
                true
            }
            Kind::Shield if self.shield < SHIELD_MAX => {
                self.shield = SHIELD_MAX;
                true
            }
            Kind::Health | Kind::Shield => false,
            Kind::Scatter | Kind::Cannon | Kind::Repeater => self.arm(kind.weapon().unwrap_or_default()),
        }
    }

    fn arm(&mut self, weapon: Weapon) -> bool {
        let rounds = weapon.gun().rounds.unwrap_or(0);
        if self.weapon == weapon && self.rounds == rounds {
            return false;
        }
        self.weapon = weapon;
        self.rounds = rounds;
        // The new weapon is ready at once: taking one in a fight must be worth it.
        self.cooldown = 0.0;
        true
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.protection > 0.0
    }

    /// Takes damage: the shield first, then the hull.
    pub(crate) fn hurt(&mut self, damage: f32) -> Harm {
        if self.is_protected() || self.health <= 0.0 {
            return Harm::None;
        }
        self.unhurt = 0.0;
        let absorbed = damage.min(self.shield);
        self.shield -= absorbed;
        self.health -= damage - absorbed;
        match self.health {
            health if health <= 0.0 => Harm::Fatal,
            _ if absorbed == damage => Harm::Shield,
            _ => Harm::Hull,
        }
    }
}

/// Two ships of equal mass bounce off each other.
pub(crate) fn bump(a: &mut Ship, b: &mut Ship) {
    let between = b.at - a.at;
    let depth = 2.0 * RADIUS - between.length();
    if depth <= 0.0 {
        return;
    }
    let normal = between.try_normalize().unwrap_or(Vec2::X);
    a.at -= normal * depth / 2.0;
    b.at += normal * depth / 2.0;
    let closing = (a.velocity - b.velocity).dot(normal);
    if closing > 0.0 {
        let push = normal * closing * (1.0 + BOUNCE) / 2.0;
        a.velocity -= push;
        b.velocity += push;
    }
}
