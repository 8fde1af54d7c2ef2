//! Pickups: what lies on the pads, who may take it, and when it comes back.
//!
//! Owns the pads and their timers. What a pickup does to a ship is the ship's business.
//! Invariant: pads never move or change their kind, which is why clients get both once.

use tickwire::prelude::*;

use crate::ship::{self, Ship};
use crate::weapon::Weapon;
use crate::wire;

/// Distance at which a ship's hull takes what lies on a pad, beyond its own radius.
const REACH: f32 = 16.0;

/// What a pad gives.
#[derive(Replicate, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Health,
    Shield,
    Scatter,
    Cannon,
    Repeater,
}

impl Kind {
    /// Seconds until it lies there again. A shield is worth the longest way, a repair is never far off.
    pub(crate) const fn returns_after(self) -> f32 {
        match self {
            Self::Health => 12.0,
            Self::Shield => 22.0,
            Self::Scatter | Self::Repeater => 14.0,
            Self::Cannon => 18.0,
        }
    }

    pub(crate) const fn weapon(self) -> Option<Weapon> {
        match self {
            Self::Health | Self::Shield => None,
            Self::Scatter => Some(Weapon::Scatter),
            Self::Cannon => Some(Weapon::Cannon),
            Self::Repeater => Some(Weapon::Repeater),
        }
    }
}

/// A pad and what lies on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pickup {
    pub(crate) id: EntityId,
    pub(crate) at: Vec2,
    pub(crate) kind: Kind,
    /// Seconds until it is there again; 0 while it is.
    away: f32,
}

impl Pickup {
    pub(crate) const fn new(id: EntityId, at: Vec2, kind: Kind) -> Self {
        Self { id, at, kind, away: 0.0 }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.away <= 0.0
    }

    pub(crate) fn advance(&mut self, dt: f32) {
        self.away = (self.away - dt).max(0.0);
    }

    /// Gives the pickup to a ship that touches the pad and can use it; true when it is taken.
    pub(crate) fn offer(&mut self, ship: &mut Ship) -> bool {
        let touches = ship.at.distance(self.at) <= ship::RADIUS + REACH;
        let taken = self.is_ready() && touches && ship.take(self.kind);
        if taken {
            self.away = self.kind.returns_after();
        }
        taken
    }

    pub(crate) fn show(&self) -> wire::Pickup {
        wire::Pickup { pos: self.at, kind: self.kind, ready: self.is_ready() }
    }
}
