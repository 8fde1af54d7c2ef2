//! The melee: everything that is in one arena, and the order of things within a tick.
//!
//! Owns pilots, bullets, pickups and walls. The rules of each thing are in its own file, who comes and goes in `roster.rs`. Does
//! not know the engine's room: what it needs of one is [`Host`], so that tests can run a melee by itself.
//! Invariant: all that changes comes from the controls and the host, so that a recorded room replays exactly.

use tickwire::prelude::*;

use crate::bullet::{Bullet, Flight};
use crate::chart::Chart;
use crate::layout;
use crate::pickup::Pickup;
use crate::pilot::{Pilot, Seat, State};
use crate::roster::Crew;
use crate::ship::{self, Controls, Harm, Ship};
use crate::sight::{Seen, Sight};
use crate::weapon::Weapon;
use crate::wire::Fact;
use crate::world::World;

/// What a melee needs of the room it runs in.
pub(crate) trait Host {
    /// Seconds per tick.
    fn dt(&self) -> f32;
    fn rng(&mut self) -> &mut Rng;
    fn spawn_id(&mut self) -> EntityId;
    /// Tells everybody whom it concerns.
    fn tell(&mut self, fact: Fact);
    /// Tells one player.
    fn whisper(&mut self, player: PlayerId, fact: Fact);
}

/// All that fights in one arena.
#[derive(Default)]
pub(crate) struct Melee {
    pub(crate) world: World,
    /// In the order of `world.walls()`.
    pub(crate) wall_ids: Vec<EntityId>,
    pub(crate) pilots: Vec<Pilot>,
    pub(crate) bullets: Vec<Bullet>,
    pub(crate) pickups: Vec<Pickup>,
    pub(crate) crew: Crew,
    chart: Chart,
    /// Every flying ship at the start of this tick: what bots decide by. Kept to reuse its memory.
    seen: Vec<Seen>,
}

impl Melee {
    /// Builds the arena and seats its bots.
    pub(crate) fn start(&mut self, crew: Crew, host: &mut impl Host) {
        self.world = World::build(host.rng());
        self.chart = Chart::draw(&self.world);
        self.wall_ids = self.world.walls().iter().map(|_| host.spawn_id()).collect();
        self.pickups = layout::pads().map(|(at, kind)| Pickup::new(host.spawn_id(), at, kind)).collect();
        self.crew = crew;
        self.muster_bots(host);
    }

    /// Advances everything by one tick; `controls` says what each player wants.
    pub(crate) fn advance(&mut self, controls: impl Fn(PlayerId) -> Controls, host: &mut impl Host) {
        self.look_around();
        self.fly_ships(controls, host);
        self.bump_ships();
        self.take_pickups(host);
        self.fly_bullets(host);
        self.launch_ships(host);
    }

    fn look_around(&mut self) {
        self.seen.clear();
        self.seen.extend(self.pilots.iter().filter_map(|pilot| {
            pilot.ship().map(|ship| Seen {
                number: pilot.number,
                at: ship.at,
                velocity: ship.velocity,
                strength: ship.health + ship.shield,
                protected: ship.is_protected(),
            })
        }));
    }

    fn fly_ships(&mut self, controls: impl Fn(PlayerId) -> Controls, host: &mut impl Host) {
        let dt = host.dt();
        for pilot in &mut self.pilots {
            pilot.allowance.advance(dt);
            let State::Flying(ship) = &mut pilot.state else { continue };
            let controls = match &mut pilot.seat {
                Seat::Player(player) => controls(*player),
                Seat::Bot(bot) => {
                    let sight = Sight {
                        number: pilot.number,
                        me: ship,
                        ships: &self.seen,
                        bullets: &self.bullets,
                        pickups: &self.pickups,
                        world: &self.world,
                    };
                    bot.think(&sight, &mut self.chart, host.rng(), dt)
                }
            };
            ship.advance(&controls, &self.world, dt);
            if let Some((at, weapon)) = ship.shoot(&controls) {
                shoot(&mut self.bullets, pilot.number, weapon, at, ship.aim, host);
            }
        }
    }

    fn take_pickups(&mut self, host: &mut impl Host) {
        let dt = host.dt();
        for pickup in &mut self.pickups {
            pickup.advance(dt);
            if !pickup.is_ready() {
                continue;
            }
            for pilot in &mut self.pilots {
                let number = pilot.number;
                if pilot.ship_mut().is_some_and(|ship| pickup.offer(ship)) {
                    host.tell(Fact::Took { pilot: number, pos: pickup.at, kind: pickup.kind });
                    break;
                }
            }
        }
    }

    fn bump_ships(&mut self) {
        for index in 1..self.pilots.len() {
            let (before, from) = self.pilots.split_at_mut(index);
            let Some(ship) = from[0].ship_mut() else { continue };
            for other in before.iter_mut().filter_map(Pilot::ship_mut) {
                ship::bump(other, ship);
            }
        }
    }

    fn fly_bullets(&mut self, host: &mut impl Host) {
        let mut bullets = std::mem::take(&mut self.bullets);
        bullets.retain_mut(|bullet| self.fly_bullet(bullet, host));
        self.bullets = bullets;
    }

    /// Moves one bullet; false when it is spent.
    fn fly_bullet(&mut self, bullet: &mut Bullet, host: &mut impl Host) -> bool {
        let shooter = bullet.shooter;
        let others = self.pilots.iter().enumerate().filter(|(_, pilot)| pilot.number != shooter);
        let targets = others.filter_map(|(index, pilot)| Some((index, pilot.ship()?.at)));
        match bullet.advance(targets, &self.world, host.dt()) {
            Flight::On => true,
            Flight::Spent => false,
            Flight::Hit(index) => {
                self.hit(index, bullet, host);
                false
            }
        }
    }

    fn hit(&mut self, index: usize, bullet: &Bullet, host: &mut impl Host) {
        let victim = &mut self.pilots[index];
        let number = victim.number;
        let Some(ship) = victim.ship_mut() else { return };
        let gun = bullet.weapon.gun();
        let harm = ship.hurt(gun.damage);
        if harm == Harm::None {
            return;
        }
        let (pos, vel) = (ship.at, ship.velocity);
        ship.velocity += bullet.velocity * gun.push;
        let shielded = harm == Harm::Shield;
        let way = bullet.velocity.to_angle();
        host.tell(Fact::Hit { victim: number, shooter: bullet.shooter, pos: bullet.at, way, shielded });
        if harm != Harm::Fatal {
            return;
        }
        victim.fell();
        let Bullet { shooter: killer, weapon, .. } = *bullet;
        host.tell(Fact::Destroyed { victim: number, killer, weapon, pos, vel });
        if let Some(killer) = self.pilots.iter_mut().find(|pilot| pilot.number == killer) {
            killer.scored();
        }
    }

    fn launch_ships(&mut self, host: &mut impl Host) {
        let dt = host.dt();
        for index in 0..self.pilots.len() {
            if !self.pilots[index].is_due(dt) {
                continue;
            }
            let others = self.pilots.iter().filter_map(Pilot::ship).map(|ship| ship.at);
            let at = self.world.spawn_point(&others, host.rng());
            let pilot = &mut self.pilots[index];
            pilot.state = State::Flying(Ship::new(host.spawn_id(), at));
            host.tell(Fact::Spawned { pilot: pilot.number, pos: at });
        }
    }
}

fn shoot(bullets: &mut Vec<Bullet>, shooter: u16, weapon: Weapon, at: Vec2, aim: f32, host: &mut impl Host) {
    for pellet in 0..weapon.gun().pellets {
        let angle = weapon.gun().angle(pellet, aim, host.rng());
        bullets.push(Bullet::new(host.spawn_id(), shooter, weapon, at, Vec2::from_angle(angle)));
    }
}
