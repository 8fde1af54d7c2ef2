//! Rooms side by side: the passes of a tick, and the players who come, move from one to another, and go.

use tickwire_netcode::time::Time;

use super::model::Dice;
use super::player::Player;
use super::room::Room;
use super::transcript::Transcript;

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) full: u64,
    pub(crate) deltas: u64,
    pub(crate) same: u64,
    pub(crate) hashes: u64,
    pub(crate) refused: u64,
    pub(crate) skipped: u64,
    pub(crate) damaged: u64,
    pub(crate) compared: u64,
    pub(crate) joins: u64,
    pub(crate) shared: u64,
    pub(crate) moves: u64,
    pub(crate) commands: u64,
    pub(crate) dropped: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.full += other.full;
        self.deltas += other.deltas;
        self.same += other.same;
        self.hashes += other.hashes;
        self.refused += other.refused;
        self.skipped += other.skipped;
        self.damaged += other.damaged;
        self.compared += other.compared;
        self.joins += other.joins;
        self.shared += other.shared;
        self.moves += other.moves;
        self.commands += other.commands;
        self.dropped += other.dropped;
    }

    pub(crate) fn is_rich(self) -> bool {
        let Self {
            full,
            deltas,
            same,
            hashes,
            refused,
            skipped,
            damaged,
            compared,
            joins,
            shared,
            moves,
            commands,
            dropped,
        } = self;
        [
            full, deltas, same, hashes, refused, skipped, damaged, compared, joins, shared, moves, commands,
            dropped,
        ]
        .into_iter()
        .all(|count| count > 100)
    }
}

pub(crate) struct House {
    dice: Dice,
    rooms: Vec<Room>,
    players: Vec<Player>,
    gone: Vec<Transcript>,
    now: Time,
    pub(crate) counts: Counts,
}

impl House {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let rooms = (0..3).map(|_| Room::new(&mut dice)).collect();
        Self {
            dice,
            rooms,
            players: Vec::new(),
            gone: Vec::new(),
            now: Time::default(),
            counts: Counts::default(),
        }
    }

    /// What each client read, and what came of it.
    pub(crate) fn transcripts(&self) -> impl Iterator<Item = &str> {
        let players = self.players.iter().map(|player| &player.transcript);
        self.gone.iter().chain(players).map(|transcript| transcript.0.as_str())
    }

    /// A run of 60 ticks.
    pub(crate) fn lived(seed: u64) -> Self {
        let mut house = Self::new(seed);
        for _ in 0..60 {
            house.tick();
        }
        house
    }

    /// One tick of the rooms, their players' messages, and a send pass.
    fn tick(&mut self) {
        self.now = Time::from_nanos(self.now.as_nanos() + 500_000_000);
        for room in &mut self.rooms {
            room.advance(&mut self.dice);
        }
        self.come_and_go();
        for player in &mut self.players {
            player.exchange(&self.rooms, self.now, &mut self.dice, &mut self.counts);
        }
        for player in &mut self.players {
            player.send(&mut self.rooms, self.now, &mut self.dice, &mut self.counts);
        }
        for player in &mut self.players {
            player.exchange(&self.rooms, self.now, &mut self.dice, &mut self.counts);
        }
    }

    fn any_room(&mut self) -> usize {
        self.dice.roll(self.rooms.len() as u64) as usize
    }

    fn come_and_go(&mut self) {
        if self.players.len() < 5 && self.dice.one_in(2) {
            // The first room is the one that fills, so that players share bodies.
            let room = if self.dice.one_in(3) { self.any_room() } else { 0 };
            self.players.push(Player::join(room, &mut self.rooms, self.now));
            self.counts.joins += 1;
        }
        if !self.players.is_empty() && self.dice.one_in(25) {
            let index = self.dice.roll(self.players.len() as u64) as usize;
            self.gone.push(self.players.swap_remove(index).transcript);
        }
        for index in 0..self.players.len() {
            if self.dice.one_in(15) {
                let room = self.any_room();
                self.players[index].go(room, &mut self.rooms, self.now);
                self.counts.moves += 1;
            }
        }
    }
}
