//! Bytes and time of bodies at depth 0 and 1, on a world like the arena's: ships that steer, bullets, pilots, walls.
//!
//! `cargo bench -p tickwire-bench --bench deltas`. One thread, no sockets; times are medians of 2,000 bodies.

use std::sync::Arc;
use std::time::Instant;

use tickwire_netcode::Replicate;
use tickwire_netcode::glam::Vec2;
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::{Layout, Replicate as _, Schema};
use tickwire_netcode::snapshot::update::{PartKey, Point, SlotPlan, UpdateHeader, decode_update};
use tickwire_netcode::snapshot::{BodyCache, BodyKey, History, Snapshot, SnapshotBuilder, World};
use tickwire_netcode::time::Tick;

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Pilot {
    #[rep(max = 16, once)]
    name: String,
    alive: bool,
    #[rep(range = 0..=4095)]
    kills: u16,
    #[rep(range = 0..=4095)]
    deaths: u16,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Ship {
    #[rep(range = 0..=1023)]
    pilot: u16,
    #[rep(range = -1024.0..1024.0, step = 0.0625)]
    pos: Vec2,
    #[rep(range = -512.0..512.0, step = 1.0)]
    vel: Vec2,
    #[rep(angle, bits = 10)]
    aim: f32,
    #[rep(range = 0.0..1.0, step = 0.25)]
    throttle: f32,
    #[rep(range = 0..=100)]
    health: u8,
    protected: bool,
    #[rep(owner)]
    ammo: u8,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Bullet {
    #[rep(range = 0..=1023, once)]
    pilot: u16,
    #[rep(range = -1024.0..1024.0, step = 0.0625)]
    pos: Vec2,
    #[rep(range = -1024.0..1024.0, step = 1.0, once)]
    vel: Vec2,
}

#[derive(Replicate)]
#[rep(crate = tickwire_netcode)]
struct Wall {
    #[rep(range = -1024.0..1024.0, step = 0.5, once)]
    pos: Vec2,
    #[rep(range = 0.0..512.0, step = 0.5, once)]
    half: Vec2,
}

const SHIPS: u32 = 60;
const WALLS: u32 = 40;

struct Flying {
    id: u32,
    pilot: u16,
    pos: Vec2,
    vel: Vec2,
    left: u32,
}

/// A world that moves by itself; the same numbers every time.
struct Arena {
    rate_hz: f32,
    tick: u32,
    seed: u64,
    ships: Vec<(Vec2, Vec2, f32, f32)>,
    bullets: Vec<Flying>,
    next_id: u32,
    builder: SnapshotBuilder,
}

impl Arena {
    fn new(rate_hz: f32) -> Self {
        let mut arena = Self {
            rate_hz,
            tick: 0,
            seed: 7,
            ships: Vec::new(),
            bullets: Vec::new(),
            next_id: 1000,
            builder: SnapshotBuilder::new(),
        };
        for _ in 0..SHIPS {
            let pos = Vec2::new(arena.number() * 900.0, arena.number() * 900.0);
            arena.ships.push((pos, Vec2::ZERO, 0.0, 0.0));
        }
        arena
    }

    /// From -1 to 1.
    fn number(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn advance(&mut self) {
        self.tick += 1;
        let dt = 1.0 / self.rate_hz;
        for index in 0..self.ships.len() {
            let turn = self.number();
            let fires = self.number() > 1.0 - 2.0 * dt * 0.7;
            let (pos, vel, aim, push) = &mut self.ships[index];
            *push = (*push + turn * dt * 8.0).clamp(-3.0, 3.0);
            *aim += turn * dt * 12.0;
            *vel = (*vel + Vec2::from_angle(*push) * 400.0 * dt).clamp_length_max(300.0);
            *pos += *vel * dt;
            if pos.abs().max_element() > 1000.0 {
                *vel = -*vel;
                *pos = pos.clamp(Vec2::splat(-1000.0), Vec2::splat(1000.0));
            }
            if fires {
                let (pos, vel) = (*pos, Vec2::from_angle(*aim) * 700.0);
                let left = (1.2 / dt) as u32;
                self.bullets.push(Flying { id: self.next_id, pilot: index as u16, pos, vel, left });
                self.next_id += 1;
            }
        }
        for bullet in &mut self.bullets {
            bullet.pos += bullet.vel * dt;
            bullet.left -= 1;
        }
        self.bullets.retain(|bullet| bullet.left > 0);
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        let mut clamped = 0;
        for id in 1..=WALLS {
            let wall = Wall { pos: Vec2::splat(id as f32 * 20.0), half: Vec2::splat(8.0) };
            self.builder.put(EntityId(id), 3, None, 0, |words| wall.quantize(words, &mut clamped));
        }
        for (index, &(pos, vel, aim, push)) in self.ships.iter().enumerate() {
            let number = index as u32 + 1;
            let name = format!("pilot {number}");
            let kills = (self.tick / 600 + number) as u16;
            let pilot = Pilot { name, alive: true, kills, deaths: kills };
            let owner = Some(PlayerId(number));
            self.builder
                .put(EntityId(100 + number), 0, owner, 0, |words| pilot.quantize(words, &mut clamped));
            let ship = Ship {
                pilot: number as u16,
                pos,
                vel,
                aim,
                throttle: push.abs() / 3.0,
                health: (100 - (self.tick / 40 + number) % 80) as u8,
                protected: false,
                ammo: ((self.tick / 20 + number) % 100) as u8,
            };
            self.builder.put(EntityId(300 + number), 1, owner, 0, |words| ship.quantize(words, &mut clamped));
        }
        for flying in &self.bullets {
            let bullet = Bullet { pilot: flying.pilot, pos: flying.pos, vel: flying.vel };
            self.builder.put(EntityId(flying.id), 2, None, 0, |words| bullet.quantize(words, &mut clamped));
        }
        Arc::new(self.builder.finish(Tick(self.tick), Snapshot::default()))
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench is a driver: it reads the clock")]
fn measure(rate_hz: f32, skip: u32) {
    let schema = Schema::of::<(Pilot, Ship, Bullet, Wall), (), (), ()>().expect("a schema");
    let layout = Layout::new(&schema).expect("a layout");
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
