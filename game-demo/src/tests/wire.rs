//! What reaches the wire, and that a room replays.

use tickwire::netcode::schema::Input as _;
use tickwire::prelude::*;
use tickwire::sim::{Arrival, Resolved, ResolvedInput, replay};

use super::{DT, Rehearsal, bots};
use crate::arena::Arena;
use crate::melee::Melee;
use crate::pilot::Pilot;
use crate::roster::Crew;
use crate::ship::{Controls, HEALTH_MAX};
use crate::wire::Stick;

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
    melee.pickups.iter().for_each(|pickup| count(&pickup.show(), &mut clamped));
    clamped
}

#[test]
fn wild_inputs_panic_nothing_and_stay_in_the_ranges_of_the_wire() {
    for seed in 0..6 {
        let mut host = Rehearsal::new(seed);
        host.dt = [DT, 0.1, 1.0 / 240.0][seed as usize % 3];
        let mut melee = Melee::default();
        melee.start(Crew::fixed(4), &mut host);
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
    let hashes = replay(|| Arena::new(Crew::fixed(8)), 1, 60, &idle).expect("a schema");
    assert_eq!(hashes.len(), 3000);
    assert!(
        hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() < 10,
        "something moves in every tick"
    );
}

#[test]
fn a_recorded_room_replays_to_the_same_hashes_and_another_seed_does_not() {
    let recorded = wild_recording(3, 800);
    let play =
        |seed| replay(|| Arena::new(Crew { bots: 5, stay: false }), seed, 60, &recorded).expect("a schema");
    assert_eq!(play(42), play(42));
    assert_ne!(play(42), play(43));
}
