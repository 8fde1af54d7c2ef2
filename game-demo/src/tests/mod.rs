//! The rules, played without an engine: flying, shooting, dying, bots, and what reaches the wire.

mod bots;
mod fight;
mod flight;
mod pickups;
mod seats;
mod wire;

use tickwire::prelude::*;

use crate::melee::{Host, Melee};
use crate::roster::Crew;
use crate::ship::{Controls, PROTECTION, Ship};
use crate::wire::Fact;
use crate::world::World;

const DT: f32 = 1.0 / 60.0;

/// A room that remembers what was told.
struct Rehearsal {
    dt: f32,
    rng: Rng,
    ids: u32,
    facts: Vec<Fact>,
    whispers: Vec<(PlayerId, Fact)>,
}

impl Rehearsal {
    fn new(seed: u64) -> Self {
        Self { dt: DT, rng: Rng::new(seed), ids: 0, facts: Vec::new(), whispers: Vec::new() }
    }
}

impl Host for Rehearsal {
    fn dt(&self) -> f32 {
        self.dt
    }
    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }
    fn spawn_id(&mut self) -> EntityId {
        self.ids += 1;
        EntityId(self.ids)
    }
    fn tell(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
    fn whisper(&mut self, player: PlayerId, fact: Fact) {
        self.whispers.push((player, fact));
    }
}

fn still(_: PlayerId) -> Controls {
    Controls::default()
}

fn ship_at(x: f32, y: f32) -> Ship {
    let mut ship = Ship::new(EntityId(1), Vec2::new(x, y));
    ship.protection = 0.0;
    ship
}

fn fly(ship: &mut Ship, controls: &Controls, world: &World, seconds: f32) {
    for _ in 0..(seconds / DT).round() as u32 {
        ship.advance(controls, world, DT);
    }
}

fn thrust(x: f32, y: f32) -> Controls {
    Controls { thrust: Vec2::new(x, y), ..Controls::default() }
}

/// A melee of two players, both flying, ten ticks old, the protection over.
fn duel() -> (Melee, Rehearsal) {
    let mut host = Rehearsal::new(7);
    let mut melee = Melee::default();
    melee.start(Crew::default(), &mut host);
    for (player, name) in [(1, "Ada"), (2, "Bob")] {
        melee.join(PlayerId(player), name, &mut host);
    }
    for _ in 0..=(PROTECTION / DT) as u32 {
        melee.advance(still, &mut host);
    }
    host.facts.clear();
    (melee, host)
}

/// Puts both ships of a duel beside the middle, where no pad is, Bob 100 units to the right of Ada.
fn face_off(melee: &mut Melee) {
    for (pilot, x) in melee.pilots.iter_mut().zip([-50.0, 50.0]) {
        let ship = pilot.ship_mut().expect("flying");
        ship.at = Vec2::new(x, 120.0);
        ship.velocity = Vec2::ZERO;
    }
}

/// Ada holds the trigger towards Bob.
fn ada_fires(player: PlayerId) -> Controls {
    Controls { fire: player == PlayerId(1), ..Controls::default() }
}

fn bots(seed: u64, count: u32, ticks: u32) -> (Melee, Rehearsal) {
    let mut host = Rehearsal::new(seed);
    let mut melee = Melee::default();
    melee.start(Crew::fixed(count), &mut host);
    for _ in 0..ticks {
        melee.advance(still, &mut host);
    }
    (melee, host)
}
