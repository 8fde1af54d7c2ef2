//! The arena as the engine sees it: a [`Melee`] in a room, and what players are shown of it.
//!
//! Owns the meeting of engine and game, nothing else.

use tickwire::prelude::*;

use crate::melee::{Host, Melee};
use crate::pilot::Pilot;
use crate::roster::Crew;
use crate::ship::Controls;
use crate::wire::{self, Fact, Request, Stick};

/// How far from a ship anything small is told about, in units: a little more than a screen and the look ahead.
const EARSHOT: f32 = 1300.0;

/// One room of the arena.
pub(crate) struct Arena {
    crew: Crew,
    melee: Melee,
}

impl Arena {
    /// An arena in which these bots play from the start.
    pub(crate) fn new(crew: Crew) -> Self {
        Self { crew, melee: Melee::default() }
    }
}

impl Game for Arena {
    type Entities = (wire::Pilot, wire::Ship, wire::Bullet, wire::Wall, wire::Pickup);
    type Input = Stick;
    type Event = Fact;
    type Command = Request;

    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        self.melee.start(self.crew, cx);
    }

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let name = cx.name(player).to_owned();
        self.melee.join(player, &name, cx);
    }

    fn leave(&mut self, player: PlayerId, _why: Leave, cx: &mut Cx<'_, Self>) {
        self.melee.leave(player, cx);
    }

    fn command(&mut self, player: PlayerId, request: Request, cx: &mut Cx<'_, Self>) {
        match request {
            Request::Say { text } => self.melee.say(player, &text, cx),
        }
    }

    fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        self.melee.advance(|player| Controls::from(inputs.get(player)), cx);
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        let melee = &self.melee;
        for (id, wall) in melee.wall_ids.iter().zip(melee.world.walls()) {
            scene.put(*id, &wire::Wall { pos: wall.at, half: wall.half, radius: wall.radius });
        }
        for pickup in &melee.pickups {
            scene.put(pickup.id, &pickup.show());
        }
        for pilot in &melee.pilots {
            put(scene, pilot.id, pilot.player(), &pilot.show());
            if let Some(ship) = pilot.ship() {
                put(scene, ship.id, pilot.player(), &pilot.show_ship(ship));
            }
        }
        for bullet in &melee.bullets {
            // A player's own bullets are drawn without the delay of other things, as the own ship is.
            let shooter = melee.pilots.iter().find(|pilot| pilot.number == bullet.shooter);
            put(scene, bullet.id, shooter.and_then(Pilot::player), &bullet.show());
        }
    }
}

fn put<T: Replicate + 'static>(scene: &mut Scene<'_>, id: EntityId, owner: Option<PlayerId>, entity: &T) {
    match owner {
        Some(player) => scene.put_owned(id, player, entity),
        None => scene.put(id, entity),
    }
}

impl Host for Cx<'_, Arena> {
    fn dt(&self) -> f32 {
        Cx::dt(self)
    }

    fn rng(&mut self) -> &mut Rng {
        Cx::rng(self)
    }

    fn spawn_id(&mut self) -> EntityId {
        Cx::spawn_id(self)
    }

    fn tell(&mut self, fact: Fact) {
        match fact {
            // Sparks are not worth waiting for, and nobody sees them from afar.
            Fact::Hit { pos, .. } => {
                self.emit(fact).near(pos, EARSHOT).droppable();
            }
            Fact::Took { pos, .. } | Fact::Spawned { pos, .. } => {
                self.emit(fact).near(pos, EARSHOT);
            }
            _ => {
                self.emit(fact);
            }
        }
    }

    fn whisper(&mut self, player: PlayerId, fact: Fact) {
        self.emit(fact).to(player);
    }
}

impl From<&Stick> for Controls {
    fn from(stick: &Stick) -> Self {
        Self { thrust: stick.thrust, aim: stick.aim, fire: stick.fire, trigger: stick.trigger }
    }
}
