//! What one bot sees at one tick: the same that a player sees.

use tickwire::prelude::*;

use crate::bullet::Bullet;
use crate::pickup::Pickup;
use crate::ship::Ship;
use crate::world::World;

/// Another ship, as everybody can see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) number: u16,
    pub(crate) at: Vec2,
    pub(crate) velocity: Vec2,
    /// Health and shield together.
    pub(crate) strength: f32,
    pub(crate) protected: bool,
}

/// What one bot sees at one tick.
pub(crate) struct Sight<'a> {
    /// The bot's own number, which is among `ships` as well.
    pub(crate) number: u16,
    pub(crate) me: &'a Ship,
    pub(crate) ships: &'a [Seen],
    pub(crate) bullets: &'a [Bullet],
    pub(crate) pickups: &'a [Pickup],
    pub(crate) world: &'a World,
}

impl Sight<'_> {
    /// All ships but the bot's own.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Seen> {
        self.ships.iter().filter(|ship| ship.number != self.number)
    }

    pub(crate) fn strength(&self) -> f32 {
        self.me.health + self.me.shield
    }
}
