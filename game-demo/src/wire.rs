//! What crosses the wire: the classes that players see, their input, and the events they are told.
//!
//! Owns ranges and steps, and nothing of the rules. The page (`web/`) reads exactly these names.
//! Positions: 1/8 unit is a tenth of a pixel on a full-HD screen and exact in `f32`; the range leaves room around the arena.
//! What never changes is `once`, what only its owner needs is `owner`: neither costs anybody anything in flight.

use tickwire::prelude::*;

use crate::pickup::Kind;
use crate::weapon::Weapon;

/// Somebody who plays, alive or not: as long-lived as the seat, so that the score and the name outlive the ship.
#[derive(Replicate, Clone, Debug, PartialEq)]
pub(crate) struct Pilot {
    /// Small number by which ships, bullets and events name a pilot.
    #[rep(range = 0..=1023, interpolate = "none")]
    pub(crate) number: u16,
    #[rep(max = 16, once)]
    pub(crate) name: String,
    /// Index into the page's palette.
    #[rep(range = 0..=15, once)]
    pub(crate) colour: u8,
    #[rep(once)]
    pub(crate) bot: bool,
    pub(crate) alive: bool,
    #[rep(range = 0..=4095, interpolate = "none")]
    pub(crate) kills: u16,
    #[rep(range = 0..=4095, interpolate = "none")]
    pub(crate) deaths: u16,
    /// Tenths of a second until the next ship; 0 while alive.
    #[rep(range = 0..=31, interpolate = "none")]
    pub(crate) respawn_in: u8,
}

/// One life of a ship. The next life is another entity, so that nothing is ever drawn between two lives.
#[derive(Replicate, Clone, Debug, PartialEq)]
pub(crate) struct Ship {
    #[rep(range = 0..=1023, interpolate = "none")]
    pub(crate) pilot: u16,
    #[rep(range = -2048.0..2048.0, step = 0.125)]
    pub(crate) pos: Vec2,
    /// For looking ahead between updates.
    #[rep(range = -512.0..512.0, step = 1.0)]
    pub(crate) vel: Vec2,
    /// 10 bits: a third of a degree.
    #[rep(angle, bits = 10)]
    pub(crate) aim: f32,
    /// 0 to 1: the size of the flame.
    #[rep(range = 0.0..1.0, step = 0.25, interpolate = "none")]
    pub(crate) throttle: f32,
    #[rep(range = 0..=100, interpolate = "none")]
    pub(crate) health: u8,
    #[rep(range = 0..=50, interpolate = "none")]
    pub(crate) shield: u8,
    pub(crate) weapon: Weapon,
    #[rep(owner, interpolate = "none")]
    pub(crate) rounds: u8,
    pub(crate) protected: bool,
}

/// A bullet in flight.
#[derive(Replicate, Clone, Debug, PartialEq)]
pub(crate) struct Bullet {
    #[rep(range = 0..=1023, once, interpolate = "none")]
    pub(crate) pilot: u16,
    #[rep(once)]
    pub(crate) weapon: Weapon,
    #[rep(range = -2048.0..2048.0, step = 0.125)]
    pub(crate) pos: Vec2,
    #[rep(range = -1024.0..1024.0, step = 1.0, once, interpolate = "none")]
    pub(crate) vel: Vec2,
}

/// A box of half size `half` grown by `radius` on all sides; a `half` of zero is an asteroid.
#[derive(Replicate, Clone, Debug, PartialEq)]
pub(crate) struct Wall {
    #[rep(range = -2048.0..2048.0, step = 0.5, once, interpolate = "none")]
    pub(crate) pos: Vec2,
    #[rep(range = 0.0..512.0, step = 0.5, once, interpolate = "none")]
    pub(crate) half: Vec2,
    #[rep(range = 0.0..128.0, step = 0.5, once, interpolate = "none")]
    pub(crate) radius: f32,
}

/// A pad that a pickup lies on, or will again.
#[derive(Replicate, Clone, Debug, PartialEq)]
pub(crate) struct Pickup {
    #[rep(range = -2048.0..2048.0, step = 0.5, once, interpolate = "none")]
    pub(crate) pos: Vec2,
    #[rep(once)]
    pub(crate) kind: Kind,
    pub(crate) ready: bool,
}

/// One player's intent for one tick.
#[derive(Input, Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stick {
    /// Direction and strength of the push, in screen directions.
    #[rep(range = -1.0..1.0, step = 0.125)]
    pub(crate) thrust: Vec2,
    #[rep(angle, bits = 10)]
    pub(crate) aim: f32,
    /// The trigger is held.
    pub(crate) fire: bool,
    /// The trigger was pulled: a click shorter than a tick still shoots.
    #[rep(edge)]
    pub(crate) trigger: bool,
}

/// Facts, each told once. Pilots are named by number.
#[derive(Event, Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// A new ship appeared.
    Spawned {
        #[rep(range = 0..=1023)]
        pilot: u16,
        #[rep(range = -2048.0..2048.0, step = 0.5)]
        pos: Vec2,
    },
    /// A bullet met a ship.
    Hit {
        #[rep(range = 0..=1023)]
        victim: u16,
        #[rep(range = 0..=1023)]
        shooter: u16,
        #[rep(range = -2048.0..2048.0, step = 0.5)]
        pos: Vec2,
        /// Where the bullet flew to: the page shows where it came from.
        #[rep(angle, bits = 6)]
        way: f32,
        /// The shield took all of it.
        shielded: bool,
    },
    /// A ship is gone.
    Destroyed {
        #[rep(range = 0..=1023)]
        victim: u16,
        #[rep(range = 0..=1023)]
        killer: u16,
        weapon: Weapon,
        #[rep(range = -2048.0..2048.0, step = 0.5)]
        pos: Vec2,
        #[rep(range = -512.0..512.0, step = 2.0)]
        vel: Vec2,
    },
    /// A pilot took what lay on a pad.
    Took {
        #[rep(range = 0..=1023)]
        pilot: u16,
        #[rep(range = -2048.0..2048.0, step = 0.5)]
        pos: Vec2,
        kind: Kind,
    },
    /// Somebody said something; by name, since who spoke may be gone when it is read.
    Said {
        #[rep(range = 0..=1023)]
        pilot: u16,
        #[rep(max = 16)]
        name: String,
        #[rep(max = 120)]
        text: String,
    },
    /// To one player: nobody heard that, it was too much at once.
    Hushed {
        /// Tenths of a second until the next line is heard.
        #[rep(range = 0..=255)]
        wait: u8,
    },
    /// A player took a seat.
    Joined {
        #[rep(max = 16)]
        name: String,
    },
    /// A player left.
    Left {
        #[rep(max = 16)]
        name: String,
    },
}

/// What players ask for besides flying.
#[derive(Command, Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// Say something to everybody in the room.
    Say {
        #[rep(max = 120)]
        text: String,
    },
}
