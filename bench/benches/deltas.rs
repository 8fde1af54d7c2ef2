//! Bytes and time of bodies at depth 0 and 1, on a world like the arena's: ships that steer, bullets, pilots, walls.
//!
//! `cargo bench -p tickwire-bench --bench deltas`. One thread, no sockets; times are medians of 2,000 bodies.

mod world;

use std::sync::Arc;
use std::time::Instant;

use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::snapshot::update::{PartKey, Point, SlotPlan, UpdateHeader, decode_update};
use tickwire_netcode::snapshot::{BodyCache, BodyKey, History, World};
use world::Arena;

#[expect(clippy::disallowed_methods, reason = "a bench is a driver: it reads the clock")]
fn measure(rate_hz: f32, skip: u32) {
    let layout = world::layout();
    let mut arena = Arena::new(rate_hz);
    for _ in 0..300 {
        arena.advance();
    }
    let (mut world, mut bodies, mut history) = (World::new(), BodyCache::default(), History::default());
    let mut base = None;
    let (mut bytes, mut entities, mut own, mut updates) = ([0usize; 2], 0, 0, 0);
    let (mut encode_ns, mut decode_ns) = ([Vec::new(), Vec::new()], Vec::new());
    let key = PartKey::Everyone;
    for _ in 0..2000 {
        for _ in 0..skip {
            arena.advance();
        }
        let snapshot = arena.snapshot();
        entities += snapshot.len();
        history.push(Arc::clone(&snapshot));
        let now = Point { key, tick: snapshot.tick() };
        let full = BodyKey::full(now);
        let delta = BodyKey { depth: u8::from(base.is_some()), points: [base, None, None], ..full };
        bodies.clear();
        let mut sent = Vec::new();
        for (depth, body) in [full, delta].into_iter().enumerate() {
            bodies.clear();
            let start = Instant::now();
            let coded = bodies.body(&layout, &history, &body);
            encode_ns[depth].push(start.elapsed().as_nanos());
            bytes[depth] += bodies.bytes(&coded).len();
            let hash = Some(bodies.hash(&layout, &history, &body));
            sent.clear();
            UpdateHeader { tick_delta: 1, ..UpdateHeader::default() }.encode(&mut sent);
            SlotPlan { body, same: coded.same, hash, bytes: bodies.bytes(&coded) }.encode(false, &mut sent);
        }
        let own_key = PartKey::Own(PlayerId(3));
        let own_now = Point { key: own_key, tick: now.tick };
        let own_base = base.map(|base| Point { key: own_key, ..base });
        let own_body =
            BodyKey { depth: delta.depth, points: [own_base, None, None], ..BodyKey::full(own_now) };
        let coded = bodies.body(&layout, &history, &own_body);
        own += 1 + if coded.same { 0 } else { 1 + bodies.bytes(&coded).len() };
        let update = decode_update(&sent).expect("an update");
        let start = Instant::now();
        world.apply(&layout, &update).expect("it decodes and has its hash");
        decode_ns.push(start.elapsed().as_nanos());
        base = Some(now);
        updates += 1;
    }
    let per = |total: usize| total as f64 / f64::from(updates);
    let [full_ns, delta_ns] = encode_ns.map(median);
    let entity = |body_ns: f64| body_ns / per(entities);
    println!(
        "{rate_hz:>3} Hz, gap {skip}: {:.0} entities; depth 0 {:.0} bytes ({:.1} bits per entity, {:.0} ns); depth 1 {:.0} bytes \
         ({:.1} bits per entity, {:.0} ns, {:.1} us per body); own slot {:.1} bytes; decode, hash and merge {:.0} ns per entity",
        per(entities),
        per(bytes[0]),
        bytes[0] as f64 * 8.0 / entities as f64,
        entity(full_ns),
        per(bytes[1]),
        bytes[1] as f64 * 8.0 / entities as f64,
        entity(delta_ns),
        delta_ns / 1000.0,
        per(own),
        entity(median(decode_ns)),
    );
}

/// Of times of bodies; a mean would measure what else the machine does.
fn median(mut times_ns: Vec<u128>) -> f64 {
    times_ns.sort_unstable();
    times_ns[times_ns.len() / 2] as f64
}

fn main() {
    for (rate_hz, skip) in [(60.0, 1), (60.0, 2), (30.0, 1), (60.0, 20)] {
        measure(rate_hz, skip);
    }
}
