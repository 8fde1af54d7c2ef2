//! Weapons: what each one shoots, how often, and how it feels.
//!
//! Owns the numbers. Does not fly bullets (`bullet.rs`) nor count rounds (`ship.rs`).
//! Balance: every weapon ends a ship of 100 health in one to three seconds of good aim; what differs is where it does.

use tickwire::prelude::*;

/// What a ship can shoot with.
#[derive(Replicate, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weapon {
    /// What everybody has: no end of rounds, good at all distances, best at none.
    #[default]
    Blaster,
    /// Five short-lived pellets in a cone: deadly at arm's length, nothing at a distance.
    Scatter,
    /// A big slow bolt: two hits end a ship, and who is hit is thrown about. Easy to dodge from afar.
    Cannon,
    /// A stream of weak, fast, slightly wild rounds: the easiest way to hit what moves.
    Repeater,
}

/// The numbers of a weapon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gun {
    /// Seconds between two shots.
    pub(crate) cooldown: f32,
    /// Units per second. A ship flies 340: all but the cannon's bolts are more than twice as fast.
    pub(crate) speed: f32,
    /// Seconds; with `speed` it is the range.
    pub(crate) lifetime: f32,
    /// Health per bullet.
    pub(crate) damage: f32,
    /// Bullets per shot.
    pub(crate) pellets: u8,
    /// Half of the cone that the bullets go into, in radians.
    pub(crate) spread: f32,
    /// Radius of a bullet, in units: in favour of who aims.
    pub(crate) radius: f32,
    /// Share of the bullet's velocity that its victim gets.
    pub(crate) push: f32,
    /// Push back on the shooter, in units per second.
    pub(crate) recoil: f32,
    /// Rounds that a pickup gives; `None` is without end.
    pub(crate) rounds: Option<u8>,
}

const BLASTER: Gun = Gun {
    cooldown: 0.17,
    speed: 760.0,
    lifetime: 1.05,
    damage: 16.0,
    pellets: 1,
    spread: 0.0,
    radius: 3.0,
    push: 0.05,
    recoil: 9.0,
    rounds: None,
};
const SCATTER: Gun = Gun {
    cooldown: 0.6,
    speed: 820.0,
    lifetime: 0.42,
    damage: 10.0,
    pellets: 5,
    spread: 0.2,
    radius: 3.0,
    push: 0.05,
    recoil: 55.0,
    rounds: Some(18),
};
const CANNON: Gun = Gun {
    cooldown: 0.95,
    speed: 560.0,
    lifetime: 1.8,
    damage: 60.0,
    pellets: 1,
    spread: 0.0,
    radius: 9.0,
    push: 0.45,
    recoil: 110.0,
    rounds: Some(10),
};
const REPEATER: Gun = Gun {
    cooldown: 0.08,
    speed: 900.0,
    lifetime: 0.8,
    damage: 7.0,
    pellets: 1,
    spread: 0.07,
    radius: 3.0,
    push: 0.03,
    recoil: 5.0,
    rounds: Some(90),
};

impl Weapon {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Blaster, Self::Scatter, Self::Cannon, Self::Repeater];

    pub(crate) const fn gun(self) -> &'static Gun {
        match self {
            Self::Blaster => &BLASTER,
            Self::Scatter => &SCATTER,
            Self::Cannon => &CANNON,
            Self::Repeater => &REPEATER,
        }
    }
}

impl Gun {
    /// How far a bullet flies, in units.
    pub(crate) const fn range(&self) -> f32 {
        self.speed * self.lifetime
    }

    /// The direction of one pellet of a shot towards `aim`, in radians.
    pub(crate) fn angle(&self, pellet: u8, aim: f32, rng: &mut Rng) -> f32 {
        if self.spread == 0.0 {
            return aim;
        }
        // Pellets share the cone evenly and then err a little, so that no shot has a hole where the target happens to be.
        let slice = 2.0 * self.spread / f32::from(self.pellets);
        aim - self.spread + slice * (f32::from(pellet) + rng.unit())
    }
}
