//! A world like the arena's: ships that steer, bullets, pilots, walls. It moves by itself, by the same numbers every time.

use std::sync::Arc;

use tickwire_netcode::Replicate;
use tickwire_netcode::glam::Vec2;
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::schema::{Layout, Replicate as _, Schema};
use tickwire_netcode::snapshot::{Snapshot, SnapshotBuilder};
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

/// The world and what snapshots of it are made with.
pub(crate) struct Arena {
    rate_hz: f32,
    tick: u32,
    seed: u64,
    ships: Vec<(Vec2, Vec2, f32, f32)>,
    bullets: Vec<Flying>,
    next_id: u32,
    builder: SnapshotBuilder,
}

impl Arena {
    pub(crate) fn new(rate_hz: f32) -> Self {
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

    pub(crate) fn advance(&mut self) {
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

    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
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

/// How the classes of the world are coded.
pub(crate) fn layout() -> Layout {
    let schema = Schema::of::<(Pilot, Ship, Bullet, Wall), (), (), ()>().expect("a schema");
    Layout::new(&schema).expect("a layout")
}
