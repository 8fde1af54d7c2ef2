//! The arena as the engine sees it: who is in, what happens in a tick, what players are shown.
//!
//! Owns the order of things within a tick. The rules of each thing are in its own file.
//! Invariant: all that changes comes from the inputs and from `Cx`, so that a recorded room replays exactly.

use tickwire::prelude::*;

use crate::bot::{self, Bot, Seen, Sight};
use crate::bullet::{self, Bullet, Flight};
use crate::pilot::{Pilot, Seat, State};
use crate::ship::{self, Controls, Ship};
use crate::wire::{self, Fact, Stick};
use crate::world::World;

/// One room of the arena.
pub(crate) struct Arena {
    bot_count: u32,
    world: World,
    wall_ids: Vec<EntityId>,
    pilots: Vec<Pilot>,
    bullets: Vec<Bullet>,
    /// Every flying ship at the start of this tick: what bots decide by. Kept to reuse its memory.
    seen: Vec<Seen>,
}

impl Arena {
    /// An arena in which `bot_count` bots play from the start.
    pub(crate) fn new(bot_count: u32) -> Self {
        Self {
            bot_count,
            world: World::default(),
            wall_ids: Vec::new(),
            pilots: Vec::new(),
            bullets: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn seat(&mut self, name: &str, seat: Seat, cx: &mut Cx<'_, Self>) {
        let number = free_number(&self.pilots);
        self.pilots.push(Pilot::new(cx.spawn_id(), number, name, seat));
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

    fn fly_ships(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        let dt = cx.dt();
        for pilot in &mut self.pilots {
            let State::Flying(ship) = &mut pilot.state else { continue };
            let controls = match &mut pilot.seat {
                Seat::Player(player) => Controls::from(inputs.get(*player)),
                Seat::Bot(bot) => {
                    let sight = Sight {
                        number: pilot.number,
                        me: ship,
                        ships: &self.seen,
                        bullets: &self.bullets,
                        world: &self.world,
                    };
                    bot.think(&sight, cx.rng(), dt)
                }
            };
            ship.advance(&controls, &self.world, dt);
            if let Some((at, direction)) = ship.shoot(&controls) {
                self.bullets.push(Bullet::new(cx.spawn_id(), pilot.number, at, direction));
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

    fn fly_bullets(&mut self, cx: &mut Cx<'_, Self>) {
        let mut bullets = std::mem::take(&mut self.bullets);
        bullets.retain_mut(|bullet| self.fly_bullet(bullet, cx));
        self.bullets = bullets;
    }

    /// Moves one bullet; false when it is spent.
    fn fly_bullet(&mut self, bullet: &mut Bullet, cx: &mut Cx<'_, Self>) -> bool {
        let others = self.pilots.iter().enumerate().filter(|(_, pilot)| pilot.number != bullet.shooter);
        let targets = others.filter_map(|(index, pilot)| Some((index, pilot.ship()?.at)));
        match bullet.advance(targets, &self.world, cx.dt()) {
            Flight::On => true,
            Flight::Spent => false,
            Flight::Hit(index) => {
                self.hit(index, bullet, cx);
                false
            }
        }
    }

    fn hit(&mut self, index: usize, bullet: &Bullet, cx: &mut Cx<'_, Self>) {
        let victim = &mut self.pilots[index];
        let number = victim.number;
        let Some(ship) = victim.ship_mut() else { return };
        if ship.is_protected() {
            return;
        }
        let destroyed = ship.hurt(bullet::DAMAGE);
        let (pos, vel) = (ship.at, ship.velocity);
        ship.velocity += bullet.velocity * 0.05;
        cx.emit(Fact::Hit { victim: number, shooter: bullet.shooter, pos: bullet.at }).droppable();
        if !destroyed {
            return;
        }
        victim.fell();
        cx.emit(Fact::Destroyed { victim: number, killer: bullet.shooter, pos, vel });
        if let Some(killer) = self.pilots.iter_mut().find(|pilot| pilot.number == bullet.shooter) {
            killer.scored();
        }
    }

    fn launch_ships(&mut self, cx: &mut Cx<'_, Self>) {
        let dt = cx.dt();
        for index in 0..self.pilots.len() {
            if !self.pilots[index].is_due(dt) {
                continue;
            }
            let others = self.pilots.iter().filter_map(Pilot::ship).map(|ship| ship.at);
            let at = self.world.spawn_point(others, cx.rng());
            let pilot = &mut self.pilots[index];
            pilot.state = State::Flying(Ship::new(cx.spawn_id(), at));
            cx.emit(Fact::Spawned { pilot: pilot.number, pos: at });
        }
    }
}

impl Game for Arena {
    type Entities = (wire::Pilot, wire::Ship, wire::Bullet, wire::Wall);
    type Input = Stick;
    type Event = Fact;
    type Command = ();

    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        self.world = World::build(cx.rng());
        self.wall_ids = self.world.walls().iter().map(|_| cx.spawn_id()).collect();
        for index in 0..self.bot_count {
            let bot = Bot::new(cx.rng());
            self.seat(&bot::name(index), Seat::Bot(bot), cx);
        }
    }

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let name = cx.name(player).to_owned();
        self.seat(&name, Seat::Player(player), cx);
        let name = self.pilots.last().map_or(name, |pilot| pilot.name.clone());
        cx.emit(Fact::Joined { name });
    }

    fn leave(&mut self, player: PlayerId, _why: Leave, cx: &mut Cx<'_, Self>) {
        let Some(index) = self.pilots.iter().position(|pilot| pilot.player() == Some(player)) else { return };
        let pilot = self.pilots.remove(index);
        // The number may soon be somebody else's: no bullet may score for them.
        self.bullets.retain(|bullet| bullet.shooter != pilot.number);
        cx.emit(Fact::Left { name: pilot.name });
    }

    fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        self.look_around();
        self.fly_ships(inputs, cx);
        self.bump_ships();
        self.fly_bullets(cx);
        self.launch_ships(cx);
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        for (id, wall) in self.wall_ids.iter().zip(self.world.walls()) {
            scene.put(*id, &wire::Wall { pos: wall.at, half: wall.half, radius: wall.radius });
        }
        for pilot in &self.pilots {
            show_pilot(pilot, scene);
        }
        for bullet in &self.bullets {
            scene.put(bullet.id, &wire::Bullet { pilot: bullet.shooter, pos: bullet.at, vel: bullet.velocity });
        }
    }
}

/// What a player's own pilot and ship are is told by their owner; the page needs no other way to find itself.
fn show_pilot(pilot: &Pilot, scene: &mut Scene<'_>) {
    let shown = pilot.show();
    let ship = pilot.ship().map(|ship| (ship.id, pilot.show_ship(ship)));
    match pilot.player() {
        Some(player) => {
            scene.put_owned(pilot.id, player, &shown);
            if let Some((id, ship)) = ship {
                scene.put_owned(id, player, &ship);
            }
        }
        None => {
            scene.put(pilot.id, &shown);
            if let Some((id, ship)) = ship {
                scene.put(id, &ship);
            }
        }
    }
}

/// The lowest number that nobody has.
fn free_number(pilots: &[Pilot]) -> u16 {
    (0..u16::MAX).find(|number| pilots.iter().all(|pilot| pilot.number != *number)).unwrap_or(u16::MAX)
}

impl From<&Stick> for Controls {
    fn from(stick: &Stick) -> Self {
        Self { thrust: stick.thrust, aim: stick.aim, fire: stick.fire, trigger: stick.trigger }
    }
}
