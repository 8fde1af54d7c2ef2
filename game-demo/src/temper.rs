//! Bots' characters: how near they like a fight, what they fear, what they want.
//!
//! Owns the numbers in which bots differ. Does not decide: `bot.rs` does.

use tickwire::prelude::*;

use crate::weapon::Weapon;

/// One bot's character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Temper {
    /// 0 (clumsy) to 1 (keen).
    pub(crate) skill: f32,
    /// The distance at which it likes to fight, in units.
    pub(crate) distance: f32,
    /// Below this health it breaks off and looks for repair.
    pub(crate) caution: f32,
    /// How far it goes for a pickup while there is somebody to fight, in units.
    pub(crate) greed: f32,
    /// The weapon it goes further for.
    pub(crate) favourite: Weapon,
}

/// A brawler, a marksman, a hunter and a scavenger.
const KINDS: [Temper; 4] = [
    Temper { skill: 0.5, distance: 150.0, caution: 20.0, greed: 320.0, favourite: Weapon::Scatter },
    Temper { skill: 0.9, distance: 430.0, caution: 45.0, greed: 420.0, favourite: Weapon::Cannon },
    Temper { skill: 0.6, distance: 250.0, caution: 30.0, greed: 380.0, favourite: Weapon::Repeater },
    Temper { skill: 0.3, distance: 280.0, caution: 55.0, greed: 800.0, favourite: Weapon::Repeater },
];

impl Temper {
    /// A character near one of the four kinds.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let kind = KINDS[rng.below(KINDS.len() as u32) as usize];
        Self {
            skill: (kind.skill + rng.range(-0.3..0.3)).clamp(0.0, 1.0),
            distance: kind.distance * rng.range(0.85..1.15),
            caution: kind.caution * rng.range(0.8..1.2),
            greed: kind.greed * rng.range(0.8..1.2),
            favourite: kind.favourite,
        }
    }

    /// Where it wants to be from its prey with this weapon in hand.
    pub(crate) fn distance_with(&self, weapon: Weapon) -> f32 {
        match weapon {
            Weapon::Scatter => self.distance.min(150.0),
            Weapon::Cannon => self.distance.clamp(220.0, 360.0),
            Weapon::Blaster | Weapon::Repeater => self.distance,
        }
    }
}
