//! The roster: who takes a seat in the melee, who leaves it, what is said, and how many bots fill it up.
//!
//! Owns joining, leaving and talking. Does not know what a pilot does between the two.
//! Invariant: numbers and bots' names are unique among the seated; a number that was freed may be given again.

use tickwire::prelude::*;

use crate::bot::Bot;
use crate::bot_name;
use crate::chat;
use crate::melee::{Host, Melee};
use crate::pilot::{Pilot, Seat};
use crate::wire::Fact;

/// How many bots fill a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    /// Bots in a room without players.
    pub(crate) bots: u32,
    /// They stay when players come; otherwise one leaves for each player.
    pub(crate) stay: bool,
}

impl Crew {
    /// A crew of this size that stays.
    #[cfg(test)]
    pub(crate) const fn fixed(bots: u32) -> Self {
        Self { bots, stay: true }
    }

    const fn wanted(self, players: u32) -> u32 {
        if self.stay { self.bots } else { self.bots.saturating_sub(players) }
    }
}

impl Melee {
    pub(crate) fn join(&mut self, player: PlayerId, name: &str, host: &mut impl Host) {
        let pilot = Pilot::new(host.spawn_id(), free_number(&self.pilots), name, Seat::Player(player));
        let name = pilot.name.clone();
        self.pilots.push(pilot);
        self.muster_bots(host);
        host.tell(Fact::Joined { name });
    }

    pub(crate) fn leave(&mut self, player: PlayerId, host: &mut impl Host) {
        let Some(index) = self.pilots.iter().position(|pilot| pilot.player() == Some(player)) else { return };
        let pilot = self.unseat(index);
        self.muster_bots(host);
        host.tell(Fact::Left { name: pilot.name });
    }

    /// Says a line to everybody; who talks too much is told so instead.
    pub(crate) fn say(&mut self, player: PlayerId, typed: &str, host: &mut impl Host) {
        let Some(pilot) = self.pilots.iter_mut().find(|pilot| pilot.player() == Some(player)) else { return };
        let Some(text) = chat::tidy(typed) else { return };
        match pilot.allowance.spend() {
            Ok(()) => host.tell(Fact::Said { pilot: pilot.number, name: pilot.name.clone(), text }),
            Err(seconds) => host.whisper(player, Fact::Hushed { wait: (seconds * 10.0).ceil() as u8 }),
        }
    }

    /// Seats or unseats bots until there are as many as the crew wants.
    pub(crate) fn muster_bots(&mut self, host: &mut impl Host) {
        let players = self.pilots.iter().filter(|pilot| pilot.player().is_some()).count() as u32;
        let wanted = self.crew.wanted(players) as usize;
        while self.bot_count() < wanted {
            let name = bot_name::free(&self.pilots.iter().map(|pilot| pilot.name.as_str()));
            let bot = Bot::new(host.rng());
            self.pilots.push(Pilot::new(host.spawn_id(), free_number(&self.pilots), &name, Seat::Bot(bot)));
        }
        while self.bot_count() > wanted {
            // Of those who wait for a ship, or else of all, the one with the lowest score: nobody misses it.
            let bots = self.pilots.iter().enumerate().filter(|(_, pilot)| pilot.player().is_none());
            let least = bots.min_by_key(|(_, pilot)| (pilot.ship().is_some(), pilot.kills));
            let Some((index, _)) = least else { return };
            self.unseat(index);
        }
    }

    fn bot_count(&self) -> usize {
        self.pilots.iter().filter(|pilot| pilot.player().is_none()).count()
    }

    fn unseat(&mut self, index: usize) -> Pilot {
        let pilot = self.pilots.remove(index);
        // The number may soon be somebody else's: no bullet may score for them.
        self.bullets.retain(|bullet| bullet.shooter != pilot.number);
        pilot
    }
}

/// The lowest number that nobody has.
fn free_number(pilots: &[Pilot]) -> u16 {
    (0..u16::MAX).find(|number| pilots.iter().all(|pilot| pilot.number != *number)).unwrap_or(u16::MAX)
}
