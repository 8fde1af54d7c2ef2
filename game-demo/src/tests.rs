//! The rules, played without an engine: flying, shooting, dying, bots, and what reaches the wire.

use tickwire::netcode::schema::Input as _;
use tickwire::prelude::*;
use tickwire::sim::{Arrival, Resolved, ResolvedInput, replay};

use crate::arena::Arena;
use crate::bot::intercept;
use crate::bullet::{self, Bullet, Flight};
use crate::melee::{Host, Melee};
use crate::pilot::{Pilot, RESPAWN_AFTER, Seat, State};
use crate::ship::{self, COOLDOWN, Controls, HEALTH_MAX, PROTECTION, RADIUS, Ship};
use crate::wire::{Fact, Stick};
use crate::world::{HALF, Wall, World};

const DT: f32 = 1.0 / 60.0;

/// A room that remembers what was told.
struct Rehearsal {
    dt: f32,
    rng: Rng,
    ids: u32,
    facts: Vec<Fact>,
}

impl Rehearsal {
    fn new(seed: u64) -> Self {
        Self { dt: DT, rng: Rng::new(seed), ids: 0, facts: Vec::new() }
    }
}

impl Host for Rehearsal {
    fn dt(&self) -> f32 {
        self.dt
    }
    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }
    fn spawn_id(&mut self) -> EntityId {
        self.ids += 1;
        EntityId(self.ids)
    }
    fn tell(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
}

fn still(_: PlayerId) -> Controls {
    Controls::default()
}

fn ship_at(x: f32, y: f32) -> Ship {
    let mut ship = Ship::new(EntityId(1), Vec2::new(x, y));
    ship.protection = 0.0;
    ship
}

fn fly(ship: &mut Ship, controls: &Controls, world: &World, seconds: f32) {
    for _ in 0..(seconds / DT).round() as u32 {
        ship.advance(controls, world, DT);
    }
}

fn thrust(x: f32, y: f32) -> Controls {
    Controls { thrust: Vec2::new(x, y), ..Controls::default() }
}

/// A melee of two players, both flying, ten ticks old, the protection over.
fn duel() -> (Melee, Rehearsal) {
    let mut host = Rehearsal::new(7);
    let mut melee = Melee::default();
    melee.start(0, &mut host);
    for (player, name) in [(1, "Ada"), (2, "Bob")] {
        melee.join(PlayerId(player), name, &mut host);
    }
    for _ in 0..=(PROTECTION / DT) as u32 {
        melee.advance(still, &mut host);
    }
    host.facts.clear();
    (melee, host)
}

/// Puts both ships of a duel on the empty top left of the bars, Bob 100 units to the right of Ada.
fn face_off(melee: &mut Melee) {
    for (pilot, x) in melee.pilots.iter_mut().zip([-50.0, 50.0]) {
        let ship = pilot.ship_mut().expect("flying");
        ship.at = Vec2::new(x, 0.0);
        ship.velocity = Vec2::ZERO;
    }
}

/// Ada holds the trigger towards Bob.
fn ada_fires(player: PlayerId) -> Controls {
    Controls { fire: player == PlayerId(1), ..Controls::default() }
}

fn bots(seed: u64, count: u32, ticks: u32) -> (Melee, Rehearsal) {
    let mut host = Rehearsal::new(seed);
    let mut melee = Melee::default();
    melee.start(count, &mut host);
    for _ in 0..ticks {
        melee.advance(still, &mut host);
    }
    (melee, host)
}

#[test]
fn a_ship_gains_speed_under_thrust_and_keeps_drifting_without() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    fly(&mut ship, &thrust(1.0, 0.0), &world, 1.0);
    let top = ship.velocity.x;
    assert!((280.0..345.0).contains(&top), "{top}");
    fly(&mut ship, &thrust(0.0, 0.0), &world, 0.25);
    assert!(
        ship.velocity.x > top * 0.5 && ship.velocity.x < top,
        "momentum decays gently, now {}",
        ship.velocity.x
    );
}

#[test]
fn flight_hardly_depends_on_the_tick_rate() {
    let world = World::default();
    let end = |hz: u32| {
        let mut ship = ship_at(-300.0, 0.0);
        (0..hz).for_each(|_| ship.advance(&thrust(1.0, 0.0), &world, 1.0 / hz as f32));
        ship.at.x
    };
    assert!((end(30) - end(120)).abs() < 10.0, "{} {}", end(30), end(120));
}

#[test]
fn a_push_longer_than_one_or_not_a_number_gives_no_advantage() {
    let world = World::default();
    let mut honest = ship_at(0.0, 0.0);
    let mut greedy = honest.clone();
    fly(&mut honest, &thrust(1.0, 0.0), &world, 0.5);
    fly(&mut greedy, &thrust(1000.0, 0.0), &world, 0.5);
    assert_eq!(honest, greedy);
    greedy.advance(&Controls { aim: f32::NAN, ..thrust(f32::NAN, f32::INFINITY) }, &world, DT);
    assert!(greedy.at.is_finite() && greedy.aim.is_finite());
}

#[test]
fn ships_bounce_off_the_edges_of_the_arena() {
    let world = World::default();
    for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0)] {
        let mut ship = ship_at(0.0, 0.0);
        let mut bounced = false;
        for _ in 0..600 {
            ship.advance(&thrust(x, y), &world, DT);
            bounced |= ship.velocity.dot(Vec2::new(x, y)) < 0.0;
            assert!(ship.at.abs().cmple(HALF - Vec2::splat(RADIUS - 0.01)).all(), "{}", ship.at);
        }
        assert!(bounced, "never came back from {x} {y}");
    }
}

#[test]
fn ships_bounce_off_walls_and_never_stay_inside() {
    let world = World::build(&mut Rng::new(3));
    let mut rng = Rng::new(4);
    for _ in 0..40 {
        let mut ship = ship_at(0.0, 0.0);
        let way = rng.unit_vec();
        for _ in 0..400 {
            ship.advance(&thrust(way.x, way.y), &world, DT);
            let clearance = world.clearance(ship.at);
            assert!(clearance > RADIUS - 1.0, "{clearance} at {}", ship.at);
        }
    }
}

#[test]
fn a_ship_that_starts_inside_a_wall_is_pushed_out() {
    let world = World::build(&mut Rng::new(3));
    for wall in world.walls() {
        let mut ship = ship_at(wall.at.x, wall.at.y);
        fly(&mut ship, &Controls::default(), &world, 0.5);
        assert!(world.clearance(ship.at) > RADIUS - 1.0, "{wall:?}");
    }
}

#[test]
fn two_ships_that_meet_bounce_apart_and_keep_their_momentum() {
    let (mut a, mut b) = (ship_at(0.0, 0.0), ship_at(20.0, 0.0));
    a.velocity = Vec2::new(200.0, 0.0);
    b.velocity = Vec2::new(-100.0, 0.0);
    ship::bump(&mut a, &mut b);
    assert!(a.velocity.x < b.velocity.x, "they part");
    assert!((a.velocity.x + b.velocity.x - 100.0).abs() < 0.01, "momentum is kept");
    assert!(a.at.distance(b.at) >= 2.0 * RADIUS - 0.01);
}

#[test]
fn walls_are_mirrored_and_leave_room_to_pass() {
    for seed in 0..50 {
        let world = World::build(&mut Rng::new(seed));
        for (index, wall) in world.walls().iter().enumerate() {
            let mirrored = Wall { at: -wall.at, ..*wall };
            assert!(
                world.walls().iter().any(|other| other.at.distance(mirrored.at) < 0.01),
                "seed {seed} {wall:?}"
            );
            for other in &world.walls()[..index] {
                let gap = other.distance(wall.at) - wall.half.length() - wall.radius;
                assert!(gap > 2.0 * RADIUS || wall.half != Vec2::ZERO, "seed {seed} {wall:?} {other:?}");
            }
        }
    }
}

#[test]
fn a_held_trigger_shoots_once_per_cooldown() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    let controls = Controls { fire: true, ..Controls::default() };
    let shots = (0..60)
        .filter(|_| {
            ship.advance(&controls, &world, DT);
            ship.shoot(&controls).is_some()
        })
        .count();
    let ticks_per_shot = (COOLDOWN / DT).ceil() as usize;
    assert_eq!(shots, 60_usize.div_ceil(ticks_per_shot));
}

#[test]
fn a_click_just_before_the_gun_is_ready_still_shoots() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    let click = Controls { trigger: true, ..Controls::default() };
    ship.advance(&click, &world, DT);
    assert!(ship.shoot(&click).is_some());
    fly(&mut ship, &Controls::default(), &world, COOLDOWN - 0.05);
    ship.advance(&click, &world, DT);
    assert!(ship.shoot(&click).is_none(), "the gun cools");
    let fired = (0..6).any(|_| {
        ship.advance(&Controls::default(), &world, DT);
        ship.shoot(&Controls::default()).is_some()
    });
    assert!(fired);
}

#[test]
fn a_bullet_hits_the_first_ship_in_its_way_at_any_tick_rate() {
    for hz in [10.0, 60.0, 240.0] {
        let world = World::default();
        let mut bullet = Bullet::new(EntityId(1), 0, Vec2::ZERO, Vec2::X);
        let targets = [(5, Vec2::new(260.0, 8.0)), (3, Vec2::new(200.0, -8.0)), (9, Vec2::new(100.0, 40.0))];
        let end = (0..500)
            .map(|_| bullet.advance(targets.into_iter(), &world, 1.0 / hz))
            .find(|end| *end != Flight::On);
        assert_eq!(end, Some(Flight::Hit(3)), "{hz} Hz");
    }
}

#[test]
fn a_wall_shields_what_is_behind_it() {
    let world = World::build(&mut Rng::new(3));
    let mut bullet = Bullet::new(EntityId(1), 0, Vec2::new(-280.0, 0.0), -Vec2::X);
    let behind = [(1, Vec2::new(-380.0, 0.0))];
    let end = (0..200).map(|_| bullet.advance(behind.into_iter(), &world, DT)).find(|end| *end != Flight::On);
    assert_eq!(end, Some(Flight::Spent));
    assert!((bullet.at.x + 314.0).abs() < 1.0, "ends at the wall's face, {}", bullet.at);
}

#[test]
fn a_bullet_that_meets_nothing_ends_with_its_life() {
    let world = World::default();
    let mut bullet = Bullet::new(EntityId(1), 0, Vec2::new(-600.0, 0.0), Vec2::X);
    let ticks =
        (0..200).take_while(|_| bullet.advance(core::iter::empty(), &world, DT) == Flight::On).count();
    assert!((ticks as f32 * DT - bullet::LIFETIME).abs() < 1.5 * DT, "{ticks} ticks");
}

#[test]
fn five_hits_destroy_a_ship_and_count_for_the_shooter() {
    let (mut melee, mut host) = duel();
    face_off(&mut melee);
    while melee.pilots[1].ship().is_some() {
        melee.advance(ada_fires, &mut host);
        // Each hit pushes: the target is held in place.
        if let Some(ship) = melee.pilots[1].ship_mut() {
            ship.at = Vec2::new(50.0, 0.0);
        }
        if let Some(ship) = melee.pilots[0].ship_mut() {
            ship.at = Vec2::new(-50.0, 0.0);
        }
    }
    let hits =
        host.facts.iter().filter(|fact| matches!(fact, Fact::Hit { victim: 1, shooter: 0, .. })).count();
    assert_eq!(hits, (HEALTH_MAX / bullet::DAMAGE) as usize);
    assert!(matches!(host.facts.last(), Some(Fact::Destroyed { victim: 1, killer: 0, .. })));
    assert_eq!((melee.pilots[0].kills, melee.pilots[0].deaths), (1, 0));
    assert_eq!((melee.pilots[1].kills, melee.pilots[1].deaths), (0, 1));
}

#[test]
fn the_destroyed_come_back_after_two_seconds_with_a_new_protected_ship() {
    let (mut melee, mut host) = duel();
    let before = melee.pilots[1].ship().expect("flying").id;
    melee.pilots[1].fell();
    assert!(melee.pilots[1].show().respawn_in == 20 && !melee.pilots[1].show().alive);
    let ticks = (1..).find(|_| {
        melee.advance(still, &mut host);
        melee.pilots[1].ship().is_some()
    });
    let seconds = ticks.expect("comes back") as f32 * DT;
    assert!((seconds - RESPAWN_AFTER).abs() < 2.0 * DT, "{seconds}");
    let ship = melee.pilots[1].ship().expect("flying");
    assert!(ship.is_protected() && ship.id != before && ship.health == HEALTH_MAX);
    assert!(matches!(host.facts.last(), Some(Fact::Spawned { pilot: 1, .. })));
}

#[test]
fn a_protected_ship_takes_no_damage_until_it_shoots() {
    let mut ship = Ship::new(EntityId(1), Vec2::ZERO);
    assert!(!ship.hurt(1000.0));
    assert_eq!(ship.health, HEALTH_MAX);
    let fire = Controls { fire: true, ..Controls::default() };
    assert!(ship.shoot(&fire).is_some());
    assert!(ship.hurt(1000.0));
}

#[test]
fn a_ship_left_in_peace_repairs_itself() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    ship.hurt(60.0);
    fly(&mut ship, &Controls::default(), &world, 3.5);
    assert_eq!(ship.health, 40.0);
    fly(&mut ship, &Controls::default(), &world, 10.0);
    assert_eq!(ship.health, HEALTH_MAX);
}

#[test]
fn bullets_of_a_player_who_left_score_for_nobody() {
    let (mut melee, mut host) = duel();
    face_off(&mut melee);
    melee.advance(ada_fires, &mut host);
    assert_eq!(melee.bullets.len(), 1);
    melee.leave(PlayerId(1), &mut host);
    assert!(melee.bullets.is_empty());
    assert_eq!(host.facts.last(), Some(&Fact::Left { name: "Ada".to_owned() }));
    melee.join(PlayerId(3), "Cleo", &mut host);
    assert_eq!(
        melee.pilots.last().map(|pilot| pilot.number),
        Some(0),
        "the lowest free number is given again"
    );
}

#[test]
fn names_are_cut_to_fit_at_a_character() {
    let table = [
        ("Ada", "Ada"),
        ("  Ada  ", "Ada"),
        ("", "Pilot 5"),
        ("   ", "Pilot 5"),
        ("0123456789abcdefgh", "0123456789abcdef"),
        ("ééééééééé", "éééééééé"),
        ("012345678901234é", "012345678901234"),
    ];
    for (given, want) in table {
        assert_eq!(Pilot::new(EntityId(1), 4, given, Seat::Player(PlayerId(1))).name, want, "{given:?}");
    }
}

#[test]
fn leading_a_target_meets_it() {
    let mut rng = Rng::new(11);
    for _ in 0..300 {
        let offset = rng.unit_vec() * rng.range(30.0..600.0);
        let velocity = rng.unit_vec() * rng.range(0.0..400.0);
        let aim = intercept(offset, velocity, bullet::SPEED);
        let time = aim.length() / bullet::SPEED;
        assert!((offset + velocity * time).distance(aim) < 0.5, "{offset} {velocity}");
    }
}

#[test]
fn bots_shoot_each_other_down() {
    let (melee, host) = bots(1, 6, 60 * 30);
    let destroyed = host.facts.iter().filter(|fact| matches!(fact, Fact::Destroyed { .. })).count();
    assert!(destroyed >= 6, "only {destroyed} in half a minute");
    let kills: u16 = melee.pilots.iter().map(|pilot| pilot.kills).sum();
    let deaths: u16 = melee.pilots.iter().map(|pilot| pilot.deaths).sum();
    assert_eq!((usize::from(kills), usize::from(deaths)), (destroyed, destroyed));
}

#[test]
fn bots_hunt_a_player_who_does_not_move() {
    let (mut melee, mut host) = bots(5, 3, 1);
    melee.join(PlayerId(1), "Prey", &mut host);
    let deaths = (0..60 * 60).any(|_| {
        melee.advance(still, &mut host);
        melee.pilots[3].deaths > 0
    });
    assert!(deaths, "a minute without a hit");
}

#[test]
fn bots_keep_away_from_walls_most_of_the_time() {
    let mut host = Rehearsal::new(2);
    let mut melee = Melee::default();
    melee.start(8, &mut host);
    let (mut touching, mut flying) = (0, 0);
    for _ in 0..60 * 20 {
        melee.advance(still, &mut host);
        for ship in melee.pilots.iter().filter_map(Pilot::ship) {
            flying += 1;
            touching += u32::from(melee.world.clearance(ship.at) < RADIUS + 1.0);
        }
    }
    assert!(touching * 20 < flying, "{touching} of {flying}");
}

#[test]
fn the_same_seed_plays_the_same_melee_and_another_does_not() {
    let play = |seed| {
        let (melee, host) = bots(seed, 6, 800);
        let ships: Vec<_> = melee.pilots.iter().map(|pilot| pilot.ship().cloned()).collect();
        (ships, melee.bullets, host.facts)
    };
    assert_eq!(play(9), play(9));
    assert_ne!(play(9), play(10));
}

/// How often a value had to be clamped on its way to the wire.
fn clamped(melee: &Melee) -> u32 {
    fn count(entity: &impl Replicate, clamped: &mut u32) {
        entity.quantize(&mut Vec::new(), clamped);
    }
    let mut clamped = 0;
    for pilot in &melee.pilots {
        count(&pilot.show(), &mut clamped);
        if let Some(ship) = pilot.ship() {
            count(&pilot.show_ship(ship), &mut clamped);
        }
    }
    melee.bullets.iter().for_each(|bullet| count(&bullet.show(), &mut clamped));
    clamped
}

#[test]
fn wild_inputs_panic_nothing_and_stay_in_the_ranges_of_the_wire() {
    for seed in 0..6 {
        let mut host = Rehearsal::new(seed);
        host.dt = [DT, 0.1, 1.0 / 240.0][seed as usize % 3];
        let mut melee = Melee::default();
        melee.start(4, &mut host);
        let mut wild = Rng::new(seed + 100);
        for tick in 0..600 {
            if wild.chance(0.02) {
                melee.join(PlayerId(tick), "Wild", &mut host);
            }
            if wild.chance(0.015) {
                melee.leave(PlayerId(wild.below(tick + 1)), &mut host);
            }
            let controls = Controls {
                thrust: Vec2::new(wild.range(-1.0..1.0), wild.range(-1.0..1.0)),
                aim: wild.range(0.0..6.3),
                fire: wild.chance(0.6),
                trigger: wild.chance(0.2),
            };
            melee.advance(|_| controls, &mut host);
            assert_eq!(clamped(&melee), 0, "seed {seed} tick {tick}");
            for ship in melee.pilots.iter().filter_map(Pilot::ship) {
                assert!(ship.health > 0.0 && ship.health <= HEALTH_MAX);
            }
        }
    }
}

#[test]
fn a_waiting_pilot_shows_how_long_it_waits() {
    let mut pilot = Pilot::new(EntityId(1), 0, "Ada", Seat::Player(PlayerId(1)));
    for (left, want) in [(2.0, 20), (1.01, 11), (0.05, 1), (0.0, 0)] {
        pilot.state = State::Waiting { left };
        assert_eq!(pilot.show().respawn_in, want, "{left}");
    }
}

/// Four players who come and go and press everything, as the engine records it.
fn wild_recording(seed: u64, ticks: u32) -> Vec<Resolved> {
    let mut wild = Rng::new(seed);
    let mut present = Vec::new();
    let mut recorded = Vec::new();
    for tick in 1..=ticks {
        let mut resolved = Resolved::default();
        if present.len() < 4 && wild.chance(0.05) {
            present.push(PlayerId(tick));
            resolved.arrivals.push(Arrival::Joined { player: PlayerId(tick), name: format!("Wild {tick}") });
        } else if !present.is_empty() && wild.chance(0.005) {
            resolved.arrivals.push(Arrival::Left { player: present.remove(0), why: Leave::Lost });
        }
        for player in &present {
            let stick = Stick {
                thrust: Vec2::new(wild.range(-1.0..1.0), wild.range(-1.0..1.0)),
                aim: wild.range(0.0..6.3),
                fire: wild.chance(0.5),
                trigger: wild.chance(0.1),
            };
            let start = resolved.words.len();
            stick.quantize(&mut resolved.words, &mut 0);
            resolved.inputs.push(ResolvedInput { player: *player, words: start..resolved.words.len() });
        }
        recorded.push(resolved);
    }
    recorded
}

#[test]
fn a_room_of_bots_alone_plays_thousands_of_ticks() {
    let idle = vec![Resolved::default(); 3000];
    let hashes = replay(|| Arena::new(8), 1, 60, &idle).expect("a schema");
    assert_eq!(hashes.len(), 3000);
    assert!(
        hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() < 10,
        "something moves in every tick"
    );
}

#[test]
fn a_recorded_room_replays_to_the_same_hashes_and_another_seed_does_not() {
    let recorded = wild_recording(3, 800);
    let play = |seed| replay(|| Arena::new(5), seed, 60, &recorded).expect("a schema");
    assert_eq!(play(42), play(42));
    assert_ne!(play(42), play(43));
}
