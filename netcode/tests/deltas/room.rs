//! A room whose entities come, move, change hands and go, and the send pass over its players.

use std::sync::Arc;

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::message::codec;
use tickwire_netcode::schema::{
    Field, FieldKind, Flags, Interpolation, Layout, Record, Schema, SchemaHash, hash,
};
use tickwire_netcode::snapshot::{BodyCache, History, Snapshot, SnapshotBuilder};
use tickwire_netcode::time::{Tick, Time};

use crate::model::{CLASSES, Dice, State, Thing};
use crate::player::Player;

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
    }

    pub(crate) fn is_rich(self) -> bool {
        let Self { full, deltas, same, hashes, refused, skipped, damaged, compared, joins, shared } = self;
        [full, deltas, same, hashes, refused, skipped, damaged, compared, joins, shared]
            .into_iter()
            .all(|count| count > 100)
    }
}

/// What all players of the room share.
pub(crate) struct Shared {
    pub(crate) layout: Layout,
    pub(crate) schema_bytes: Vec<u8>,
    pub(crate) schema_hash: SchemaHash,
    pub(crate) history: History,
    pub(crate) tick: Tick,
    pub(crate) now: Time,
    /// The hash goes with every body.
    pub(crate) hash_always: bool,
    /// Every state so far, by tick.
    pub(crate) states: Vec<State>,
}

pub(crate) struct Room {
    dice: Dice,
    builder: SnapshotBuilder,
    bodies: BodyCache,
    shared: Shared,
    players: Vec<Player>,
    next_id: u32,
    next_player: u32,
    /// One in so many entities changes in a tick.
    calm: u64,
    pub(crate) counts: Counts,
}

fn schema() -> Schema {
    let field = |index: usize, &(owner, once, span): &(bool, bool, u32)| Field {
        name: format!("f{index}"),
        kind: if span == 1 { FieldKind::Flag } else { FieldKind::Integer { min: 0, span } },
        flags: [(owner, Flags::OWNER), (once, Flags::ONCE)]
            .into_iter()
            .filter(|(set, _)| *set)
            .fold(Flags::NONE, |flags, (_, flag)| flags.with(flag)),
        interpolation: Interpolation::NONE,
        snap: 0.0,
        edge_with: None,
        velocity_of: None,
        tolerance: 0,
    };
    let record = |name: String, words: &[(bool, bool, u32)]| Record {
        name,
        fields: words.iter().enumerate().map(|(index, word)| field(index, word)).collect(),
    };
    Schema {
        classes: CLASSES
            .iter()
            .enumerate()
            .map(|(index, words)| record(format!("C{index}"), words))
            .collect(),
        input: record("Input".into(), &[]),
        events: vec![],
        commands: vec![],
    }
}

impl Room {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let schema = schema();
        let mut schema_bytes = Vec::new();
        codec::encode(&schema, &mut schema_bytes);
        let bytes_max = if dice.one_in(4) { 2_000 } else { usize::MAX };
        let shared = Shared {
            layout: Layout::new(&schema).unwrap(),
            schema_hash: hash(&schema_bytes),
            schema_bytes,
            history: History::new(1 + dice.roll(12) as usize, bytes_max),
            tick: Tick(0),
            now: Time::default(),
            hash_always: dice.one_in(2),
            states: vec![State::new()],
        };
        let calm = 1 << dice.roll(7);
        Self {
            dice,
            builder: SnapshotBuilder::new(),
            bodies: BodyCache::default(),
            shared,
            players: Vec::new(),
            next_id: 1,
            next_player: 1,
            calm,
            counts: Counts::default(),
        }
    }

    /// One tick of the room, its players' messages, and a send pass.
    pub(crate) fn tick(&mut self) {
        self.shared.tick = self.shared.tick + 1;
        self.shared.now = Time::from_nanos(u64::from(self.shared.tick.0) * 500_000_000);
        let state = self.advance();
        self.snapshot(&state);
        self.shared.states.push(state);
        self.come_and_go();
        for player in &mut self.players {
            player.exchange(&self.shared);
        }
        self.bodies.clear();
        let encoded = self.bodies.encoded();
        let mut asked = 0;
        for player in &mut self.players {
            asked += player.send(&mut self.shared, &mut self.bodies, &mut self.dice, &mut self.counts);
        }
        self.counts.shared += asked - (self.bodies.encoded() - encoded);
        for player in &mut self.players {
            player.exchange(&self.shared);
            player.check(&self.shared, &mut self.counts);
        }
    }

    fn advance(&mut self) -> State {
        let mut state = self.shared.states.last().cloned().unwrap_or_default();
        let ids: Vec<u32> = state.keys().copied().collect();
        for id in ids {
            if !self.dice.one_in(self.calm) {
                continue;
            }
            match self.dice.roll(12) {
                0 => drop(state.remove(&id)),
                // Another class under the same id: it leaves and enters.
                1 => drop(state.insert(id, thing(&mut self.dice))),
                2 => state.get_mut(&id).expect("it was there").owner = self.dice.roll(4) as u32,
                _ => change(state.get_mut(&id).expect("it was there"), &mut self.dice),
            }
        }
        let births = if self.dice.one_in(self.calm) { self.dice.roll(5) } else { 0 };
        for _ in 0..births {
            // Now and then below others, as when a view moves.
            let id = if self.dice.one_in(4) { self.dice.roll(60) as u32 + 1 } else { self.next_id };
            self.next_id = self.next_id.max(id) + 1 + self.dice.roll(3) as u32;
            state.entry(id).or_insert_with(|| thing(&mut self.dice));
        }
        state
    }

    fn snapshot(&mut self, state: &State) {
        for (&id, thing) in state.iter().rev() {
            let owner = (thing.owner != 0).then_some(PlayerId(thing.owner));
            self.builder.put(EntityId(id), thing.class, owner, 0, |words| words.extend(&thing.words));
        }
        self.shared.history.push(Arc::new(self.builder.finish(self.shared.tick, Snapshot::default())));
    }

    fn come_and_go(&mut self) {
        if self.players.len() < 3 && self.dice.one_in(3) {
            self.players.push(Player::join(PlayerId(self.next_player % 3 + 1), &self.shared));
            self.next_player += 1;
            self.counts.joins += 1;
        }
        if !self.players.is_empty() && self.dice.one_in(25) {
            let index = self.dice.roll(self.players.len() as u64) as usize;
            self.players.swap_remove(index);
        }
    }
}

fn thing(dice: &mut Dice) -> Thing {
    let class = dice.roll(CLASSES.len() as u64) as u8;
    let words = CLASSES[usize::from(class)].iter().map(|&(.., max)| dice.word(max)).collect();
    Thing { class, owner: dice.roll(4) as u32, words }
}

fn change(thing: &mut Thing, dice: &mut Dice) {
    for (word, &(_, once, max)) in thing.words.iter_mut().zip(CLASSES[usize::from(thing.class)]) {
        match dice.roll(if once { 40 } else { 4 }) {
            0 => *word = dice.near(*word, max),
            1 => *word = dice.word(max),
            _ => {}
        }
    }
}
