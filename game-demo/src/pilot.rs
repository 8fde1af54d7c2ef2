//! Who plays: a seat in the arena with its name, its score and, while alive, its ship.
//!
//! Owns life and death of a pilot's ships over time. Does not fly them.

use tickwire::prelude::*;

use crate::bot::Bot;
use crate::chat::Allowance;
use crate::limits::NAME_BYTES_MAX;
use crate::ship::{HEALTH_MAX, Ship};
use crate::wire;

/// Seconds between a ship's end and the next one.
/// Long enough to see who it was and what they do next, short enough to want to go on.
pub(crate) const RESPAWN_AFTER: f32 = 3.0;
/// Colours that the page's palette has for others than oneself.
const COLOUR_COUNT: u16 = 10;
/// Health that a kill gives back: who attacks goes on attacking.
const KILL_REPAIR: f32 = 25.0;

/// Who decides a pilot's controls.
#[derive(Clone, Debug)]
pub(crate) enum Seat {
    Player(PlayerId),
    Bot(Bot),
}

/// What a pilot does at present.
///
///   Waiting --time is up--> Flying --shot down--> Waiting
#[derive(Clone, Debug)]
pub(crate) enum State {
    Flying(Ship),
    /// Seconds until the next ship.
    Waiting {
        left: f32,
    },
}

/// One pilot.
#[derive(Clone, Debug)]
pub(crate) struct Pilot {
    pub(crate) id: EntityId,
    pub(crate) number: u16,
    pub(crate) name: String,
    pub(crate) seat: Seat,
    pub(crate) state: State,
    pub(crate) kills: u16,
    pub(crate) deaths: u16,
    pub(crate) allowance: Allowance,
}

impl Pilot {
    /// A pilot whose first ship appears at the next tick.
    pub(crate) fn new(id: EntityId, number: u16, name: &str, seat: Seat) -> Self {
        let state = State::Waiting { left: 0.0 };
        let name = fit_name(name, number);
        Self { id, number, name, seat, state, kills: 0, deaths: 0, allowance: Allowance::default() }
    }

    pub(crate) fn ship(&self) -> Option<&Ship> {
        match &self.state {
            State::Flying(ship) => Some(ship),
            State::Waiting { .. } => None,
        }
    }

    pub(crate) fn ship_mut(&mut self) -> Option<&mut Ship> {
        match &mut self.state {
            State::Flying(ship) => Some(ship),
            State::Waiting { .. } => None,
        }
    }

    pub(crate) fn player(&self) -> Option<PlayerId> {
        match self.seat {
            Seat::Player(player) => Some(player),
            Seat::Bot(_) => None,
        }
    }

    /// Runs the time until the next ship; true when it is due.
    pub(crate) fn is_due(&mut self, dt: f32) -> bool {
        match &mut self.state {
            State::Flying(_) => false,
            State::Waiting { left } => {
                *left = (*left - dt).max(0.0);
                *left <= 0.0
            }
        }
    }

    /// The ship is gone.
    pub(crate) fn fell(&mut self) {
        self.deaths = self.deaths.saturating_add(1);
        self.state = State::Waiting { left: RESPAWN_AFTER };
    }

    /// This pilot shot somebody down.
    pub(crate) fn scored(&mut self) {
        self.kills = self.kills.saturating_add(1);
        if let Some(ship) = self.ship_mut() {
            ship.health = (ship.health + KILL_REPAIR).min(HEALTH_MAX);
        }
    }

    pub(crate) fn show(&self) -> wire::Pilot {
        let left = match self.state {
            State::Flying(_) => 0.0,
            State::Waiting { left } => left,
        };
        wire::Pilot {
            number: self.number,
            name: self.name.clone(),
            colour: (self.number % COLOUR_COUNT) as u8,
            bot: matches!(self.seat, Seat::Bot(_)),
            alive: self.ship().is_some(),
            kills: self.kills,
            deaths: self.deaths,
            respawn_in: (left * 10.0).ceil() as u8,
        }
    }

    pub(crate) fn show_ship(&self, ship: &Ship) -> wire::Ship {
        wire::Ship {
            pilot: self.number,
            pos: ship.at,
            vel: ship.velocity,
            aim: ship.aim,
            throttle: ship.throttle,
            // A ship that lives shows at least 1.
            health: ship.health.ceil() as u8,
            shield: ship.shield.ceil() as u8,
            weapon: ship.weapon,
            rounds: ship.rounds,
            protected: ship.is_protected(),
        }
    }
}

/// Cuts a name to what the wire takes, at a character; a name of nothing visible becomes "Pilot 7".
fn fit_name(name: &str, number: u16) -> String {
    let name = name.trim();
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let fitting = name[..end].trim_end();
    if fitting.is_empty() { format!("Pilot {}", number + 1) } else { fitting.to_owned() }
}
