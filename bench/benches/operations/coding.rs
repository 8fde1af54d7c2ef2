//! State: quantized, encoded into bodies, decoded from updates.

use std::hint::black_box;
use std::sync::Arc;

use tickwire_netcode::snapshot::update::{PartKey, Point, SlotPlan, UpdateHeader, decode_update};
use tickwire_netcode::snapshot::{BodyCache, BodyKey, History, Snapshot, World};

use super::Operation;
use crate::world::{self, Arena};

const KEY: PartKey = PartKey::Everyone;
const RATE_HZ: f32 = 60.0;
/// Ticks before the first that is looked at: bullets fly.
const SETTLED: usize = 300;
/// Updates that are decoded one after the other, before the first follows again.
const UPDATES: usize = 256;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation { name: "quantize_world", per_call: 1, prepare: quantize },
        Operation { name: "update_encode_depth_0", per_call: 1, prepare: || encode(false) },
        Operation { name: "update_encode_depth_1", per_call: 1, prepare: || encode(true) },
        Operation { name: "update_decode_depth_0", per_call: 1, prepare: || decode(false) },
        Operation { name: "update_decode_depth_1", per_call: 1, prepare: || decode(true) },
    ]
}

fn settled() -> Arena {
    let mut arena = Arena::new(RATE_HZ);
    (0..SETTLED).for_each(|_| arena.advance());
    arena
}

/// All entities of one tick into columns.
fn quantize() -> Box<dyn FnMut()> {
    let mut arena = settled();
    Box::new(move || {
        black_box(arena.snapshot());
    })
}

fn point(snapshot: &Snapshot) -> Point {
    Point { key: KEY, tick: snapshot.tick() }
}

fn body_key(now: &Snapshot, base: Option<&Snapshot>) -> BodyKey {
    let full = BodyKey::full(point(now));
    match base {
        Some(base) => BodyKey { depth: 1, points: [Some(point(base)), None, None], ..full },
        None => full,
    }
}

/// The body of one tick, in full or against the one before.
fn encode(is_delta: bool) -> Box<dyn FnMut()> {
    let (layout, mut arena, mut history) = (world::layout(), settled(), History::default());
    let base = arena.snapshot();
    arena.advance();
    let now = arena.snapshot();
    history.push(Arc::clone(&base));
    history.push(Arc::clone(&now));
    let key = body_key(&now, is_delta.then_some(&*base));
    let mut bodies = BodyCache::default();
    Box::new(move || {
        bodies.clear();
        let coded = bodies.body(&layout, &history, &key);
        black_box(bodies.bytes(&coded));
    })
}

/// An update with its header and hash, decoded, checked and merged.
fn decode(is_delta: bool) -> Box<dyn FnMut()> {
    let (layout, updates) = (world::layout(), updates(is_delta));
    let (mut world, mut at) = (World::new(), 0);
    Box::new(move || {
        if at == 0 {
            world.clear();
        }
        let update = decode_update(&updates[at]).expect("an update");
        world.apply(&layout, &update).expect("it decodes and has its hash");
        at = (at + 1) % updates.len();
    })
}

/// Updates of consecutive ticks, the first one in full.
fn updates(are_deltas: bool) -> Vec<Vec<u8>> {
    let (layout, mut arena, mut history) = (world::layout(), settled(), History::default());
    let (mut bodies, mut base, mut out) = (BodyCache::default(), None, Vec::new());
    for _ in 0..UPDATES {
        arena.advance();
        let now = arena.snapshot();
        history.push(Arc::clone(&now));
        let body = body_key(&now, base.as_deref().filter(|_| are_deltas));
        bodies.clear();
        let coded = bodies.body(&layout, &history, &body);
        let hash = Some(bodies.hash(&layout, &history, &body));
        let mut message = Vec::new();
        UpdateHeader { tick_delta: 1, ..UpdateHeader::default() }.encode(&mut message);
        SlotPlan { body, same: coded.same, hash, bytes: bodies.bytes(&coded) }.encode(false, &mut message);
        out.push(message);
        base = Some(now);
    }
    out
}
