//! The melee: everything that is in one arena, and the order of things within a tick.
//!
//! Owns pilots, bullets and walls. The rules of each thing are in its own file. Does not know the engine's room: what it
//! needs of one is [`Host`], so that tests can run a melee by itself.
//! Invariant: all that changes comes from the controls and the host, so that a recorded room replays exactly.

use tickwire::prelude::*;

use crate::bot::{self, Bot, Seen, Sight};
use crate::bullet::{self, Bullet, Flight};
use crate::pilot::{Pilot, Seat, State};
use crate::ship::{self, Controls, Ship};
use crate::wire::Fact;
use crate::world::World;

/// What a melee needs of the room it runs in.
pub(crate) trait Host {
    /// Seconds per tick.
    fn dt(&self) -> f32;
    fn rng(&mut self) -> &mut Rng;
    fn spawn_id(&mut self) -> EntityId;
    /// Tells everybody.
    fn tell(&mut self, fact: Fact);
}

/// All that fights in one arena.
#[derive(Default)]
pub(crate) struct Melee {
    pub(crate) world: World,
    /// In the order of `world.walls()`.
    pub(crate) wall_ids: Vec<EntityId>,
    pub(crate) pilots: Vec<Pilot>,
    pub(crate) bullets: Vec<Bullet>,
    /// Every flying ship at the start of this tick: what bots decide by. Kept to reuse its memory.
    seen: Vec<Seen>,
}

impl Melee {
    /// Builds the arena and seats `bot_count` bots.
    pub(crate) fn start(&mut self, bot_count: u32, host: &mut impl Host) {
        self.world = World::build(host.rng());
        self.wall_ids = self.world.walls().iter().map(|_| host.spawn_id()).collect();
        for index in 0..bot_count {
            let bot = Bot::new(host.rng());
            self.seat(&bot::name(index), Seat::Bot(bot), host);
        }
    }

    pub(crate) fn join(&mut self, player: PlayerId, name: &str, host: &mut impl Host) {
        let name = self.seat(name, Seat::Player(player), host);
        host.tell(Fact::Joined { name });
    }

    pub(crate) fn leave(&mut self, player: PlayerId, host: &mut impl Host) {
        let Some(index) = self.pilots.iter().position(|pilot| pilot.player() == Some(player)) else { return };
        let pilot = self.pilots.remove(index);
        // The number may soon be somebody else's: no bullet may score for them.
        self.bullets.retain(|bullet| bullet.shooter != pilot.number);
        host.tell(Fact::Left { name: pilot.name });
    }

    /// Advances everything by one tick; `controls` says what each player wants.
    pub(crate) fn advance(&mut self, controls: impl Fn(PlayerId) -> Controls, host: &mut impl Host) {
        self.look_around();
        self.fly_ships(controls, host);
        self.bump_ships();
        self.fly_bullets(host);
        self.launch_ships(host);
    }

    /// Gives a seat to somebody; the name as it will be shown.
    fn seat(&mut self, name: &str, seat: Seat, host: &mut impl Host) -> String {
        let pilot = Pilot::new(host.spawn_id(), free_number(&self.pilots), name, seat);
        let name = pilot.name.clone();
        self.pilots.push(pilot);
        name
    }

    fn look_around(&mut self) {
        self.seen.clear();
        self.seen.extend(self.pilots.iter().filter_map(|pilot| {
            pilot.ship().map(|ship| Seen {
                number: pilot.number,
                at: ship.at,
                velocity: ship.velocity,
                health: ship.health,
                protected: ship.is_protected(),
            })
        }));
    }

    fn fly_ships(&mut self, controls: impl Fn(PlayerId) -> Controls, host: &mut impl Host) {
        let dt = host.dt();
        for pilot in &mut self.pilots {
            let State::Flying(ship) = &mut pilot.state else { continue };
            let controls = match &mut pilot.seat {
                Seat::Player(player) => controls(*player),
                Seat::Bot(bot) => {
                    let sight = Sight {
                        number: pilot.number,
                        me: ship,
                        ships: &self.seen,
                        bullets: &self.bullets,
                        world: &self.world,
                    };
                    bot.think(&sight, host.rng(), dt)
                }
            };
            ship.advance(&controls, &self.world, dt);
            if let Some((at, direction)) = ship.shoot(&controls) {
                self.bullets.push(Bullet::new(host.spawn_id(), pilot.number, at, direction));
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
        if ship.is_protected() {
            return;
        }
        let destroyed = ship.hurt(bullet::DAMAGE);
        let (pos, vel) = (ship.at, ship.velocity);
        ship.velocity += bullet.velocity * 0.05;
        host.tell(Fact::Hit { victim: number, shooter: bullet.shooter, pos: bullet.at });
        if !destroyed {
            return;
        }
        victim.fell();
        host.tell(Fact::Destroyed { victim: number, killer: bullet.shooter, pos, vel });
        if let Some(killer) = self.pilots.iter_mut().find(|pilot| pilot.number == bullet.shooter) {
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

/// The lowest number that nobody has.
fn free_number(pilots: &[Pilot]) -> u16 {
    (0..u16::MAX).find(|number| pilots.iter().all(|pilot| pilot.number != *number)).unwrap_or(u16::MAX)
}
