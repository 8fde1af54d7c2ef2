//! A room whose entities come, move, change hands and go.

use std::sync::Arc;

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::message::{Welcome, codec};
use tickwire_netcode::schema::{
    Field, FieldKind, Flags, Interpolation, Layout, Record, Schema, SchemaHash, hash,
};
use tickwire_netcode::snapshot::{BodyCache, History, Snapshot, SnapshotBuilder};
use tickwire_netcode::time::Tick;

use super::model::{Classes, Dice, Rows, State, Thing, WORLDS, seen};

pub(crate) struct Room {
    classes: Classes,
    pub(crate) layout: Layout,
    pub(crate) schema_bytes: Vec<u8>,
    schema_hash: SchemaHash,
    pub(crate) history: History,
    pub(crate) bodies: BodyCache,
    pub(crate) tick: Tick,
    /// The hash goes with every body.
    pub(crate) hash_always: bool,
    builder: SnapshotBuilder,
    /// What the room is at `tick`.
    state: State,
    next_id: u32,
    next_player: u32,
    /// One in so many entities changes in a tick.
    calm: u64,
}

fn schema(classes: Classes) -> Schema {
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
    // The words of the first class; only entities have an owner.
    let command: Vec<_> = classes[0].iter().map(|&(.., max)| (false, false, max)).collect();
    Schema {
        classes: classes
            .iter()
            .enumerate()
            .map(|(index, words)| record(format!("C{index}"), words))
            .collect(),
        input: record("Input".into(), &[]),
        events: vec![],
        commands: vec![record("Command".into(), &command)],
    }
}

impl Room {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let classes = WORLDS[dice.roll(WORLDS.len() as u64) as usize];
        let schema = schema(classes);
        let mut schema_bytes = Vec::new();
        codec::encode(&schema, &mut schema_bytes);
        let bytes_max = if dice.one_in(4) { 2_000 } else { usize::MAX };
        Self {
            classes,
            layout: Layout::new(&schema).unwrap(),
            schema_hash: hash(&schema_bytes),
            schema_bytes,
            history: History::new(1 + dice.roll(12) as usize, bytes_max),
            bodies: BodyCache::default(),
            // The ticks of two rooms are often the same, so that a point of the one names a state of the other.
            tick: Tick(if dice.one_in(2) { 0 } else { dice.roll(70_000) as u32 }),
            hash_always: dice.one_in(2),
            builder: SnapshotBuilder::new(),
            state: State::new(),
            next_id: 1,
            next_player: 1,
            calm: 1 << dice.roll(7),
        }
    }

    /// Grants a seat.
    pub(crate) fn seat(&mut self) -> Welcome {
        self.next_player += 1;
        Welcome {
            player: self.next_player % 3 + 1,
            base_tick: self.tick.0.wrapping_sub(1),
            tick_rate_hz: 2,
            snapshot_every: 1,
            schema_hash: self.schema_hash,
            ..Welcome::default()
        }
    }

    /// What a player sees now.
    pub(crate) fn seen(&self, player: PlayerId) -> Rows {
        seen(self.classes, &self.state, player.0)
    }

    /// The words of a command that this room's schema declares.
    pub(crate) fn command(&self, dice: &mut Dice) -> Vec<u32> {
        thing(self.classes, 0, dice).words
    }

    pub(crate) fn advance(&mut self, dice: &mut Dice) {
        self.tick = self.tick + 1;
        self.bodies.clear();
        let ids: Vec<u32> = self.state.keys().copied().collect();
        for id in ids {
            if dice.one_in(self.calm) {
                self.change(id, dice);
            }
        }
        let births = if dice.one_in(self.calm) { dice.roll(5) } else { 0 };
        for _ in 0..births {
            // Now and then below others, as when a view moves.
            let id = if dice.one_in(4) { dice.roll(60) as u32 + 1 } else { self.next_id };
            self.next_id = self.next_id.max(id) + 1 + dice.roll(3) as u32;
            self.state.entry(id).or_insert_with(|| any_thing(self.classes, dice));
        }
        for (&id, thing) in self.state.iter().rev() {
            let owner = (thing.owner != 0).then_some(PlayerId(thing.owner));
            self.builder.put(EntityId(id), thing.class, owner, 0, |words| words.extend(&thing.words));
        }
        self.history.push(Arc::new(self.builder.finish(self.tick, Snapshot::default())));
    }

    fn change(&mut self, id: u32, dice: &mut Dice) {
        let classes = self.classes;
        let thing = self.state.get_mut(&id).expect("it was there");
        match dice.roll(12) {
            0 => drop(self.state.remove(&id)),
            // Another class under the same id: it leaves and enters.
            1 => *thing = any_thing(classes, dice),
            2 => thing.owner = dice.roll(4) as u32,
            _ => change(classes, thing, dice),
        }
    }
}

fn any_thing(classes: Classes, dice: &mut Dice) -> Thing {
    let class = dice.roll(classes.len() as u64) as u8;
    thing(classes, class, dice)
}

fn thing(classes: Classes, class: u8, dice: &mut Dice) -> Thing {
    let words = classes[usize::from(class)].iter().map(|&(.., max)| dice.word(max)).collect();
    Thing { class, owner: dice.roll(4) as u32, words }
}

fn change(classes: Classes, thing: &mut Thing, dice: &mut Dice) {
    for (word, &(_, once, max)) in thing.words.iter_mut().zip(classes[usize::from(thing.class)]) {
        match dice.roll(if once { 40 } else { 4 }) {
            0 => *word = dice.near(*word, max),
            1 => *word = dice.word(max),
            _ => {}
        }
    }
}
