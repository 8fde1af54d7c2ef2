//! Bots: they fight, find their way and look after themselves.

use tickwire::prelude::*;

use super::{Rehearsal, bots, still};
use crate::bot::intercept;
use crate::melee::Melee;
use crate::pickup::Kind;
use crate::pilot::Pilot;
use crate::roster::Crew;
use crate::ship::RADIUS;
use crate::weapon::Weapon;
use crate::wire::Fact;

#[test]
fn leading_a_target_meets_it() {
    let mut rng = Rng::new(11);
    for _ in 0..300 {
        let offset = rng.unit_vec() * rng.range(30.0..600.0);
        let velocity = rng.unit_vec() * rng.range(0.0..400.0);
        let aim = intercept(offset, velocity, Weapon::Blaster.gun().speed);
        let time = aim.length() / Weapon::Blaster.gun().speed;
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
    melee.start(Crew::fixed(8), &mut host);
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

/// A room of one bot that sees one ship, which does not move and cannot be hurt.
fn hunt(from: Vec2, prey: Vec2) -> (Melee, Rehearsal) {
    let (mut melee, mut host) = bots(21, 1, 2);
    melee.join(PlayerId(1), "Prey", &mut host);
    melee.advance(still, &mut host);
    melee.pickups.clear();
    for (pilot, at) in melee.pilots.iter_mut().zip([from, prey]) {
        let ship = pilot.ship_mut().expect("flying");
        (ship.at, ship.velocity, ship.protection) = (at, Vec2::ZERO, 0.0);
    }
    (melee, host)
}

#[test]
fn a_bot_finds_its_way_round_a_long_bar() {
    let table = [
        // Across the long bar at x = -330, out of a fort's corner, round the ring.
        (Vec2::new(-480.0, -660.0), Vec2::new(-230.0, -660.0)),
        (Vec2::new(-900.0, -260.0), Vec2::new(-1060.0, -260.0)),
        (Vec2::new(-420.0, 0.0), Vec2::new(-250.0, 0.0)),
    ];
    for (from, prey) in table {
        let (mut melee, mut host) = hunt(from, prey);
        let seen = (0..60 * 6).find(|_| {
            melee.advance(still, &mut host);
            if let Some(ship) = melee.pilots[1].ship_mut() {
                (ship.at, ship.velocity) = (prey, Vec2::ZERO);
            }
            melee.pilots[0].ship().is_some_and(|ship| melee.world.is_clear(ship.at, prey))
        });
        assert!(seen.is_some(), "{from} to {prey}: six seconds and not round the wall");
    }
}

#[test]
fn a_hurt_bot_looks_for_repair() {
    let mut repaired = 0;
    for seed in 0..10 {
        let (mut melee, mut host) = bots(seed, 1, 2);
        let pad = melee.pickups.iter().find(|pad| pad.kind == Kind::Health).expect("a pad").at;
        let ship = melee.pilots[0].ship_mut().expect("flying");
        (ship.at, ship.health) = (pad + Vec2::new(260.0, 20.0), 8.0);
        repaired += u32::from((0..60 * 4).any(|_| {
            melee.advance(still, &mut host);
            melee.pilots[0].ship().is_some_and(|ship| ship.health > 55.0)
        }));
    }
    assert!(repaired >= 9, "{repaired} of 10");
}

#[test]
fn bots_take_pickups_and_use_all_weapons() {
    let (_, host) = bots(5, 12, 60 * 100);
    for kind in [Kind::Health, Kind::Shield, Kind::Scatter, Kind::Cannon, Kind::Repeater] {
        let took = host.facts.iter().any(|fact| matches!(fact, Fact::Took { kind: its, .. } if *its == kind));
        assert!(took, "{kind:?} was left lying");
    }
    for weapon in Weapon::ALL {
        let killed = host
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Destroyed { weapon: its, .. } if *its == weapon));
        assert!(killed, "nobody was shot down with {weapon:?}");
    }
}

#[test]
fn bots_neither_stand_still_nor_bounce_about() {
    let (mut melee, mut host) = bots(8, 10, 60);
    let (mut idle, mut flying) = (0, 0);
    for _ in 0..30 {
        let before: Vec<_> =
            melee.pilots.iter().map(|pilot| pilot.ship().map(|ship| (ship.id, ship.at))).collect();
        (0..90).for_each(|_| melee.advance(still, &mut host));
        for (pilot, before) in melee.pilots.iter().zip(before) {
            let (Some(ship), Some((id, at))) = (pilot.ship(), before) else { continue };
            if ship.id == id {
                flying += 1;
                idle += u32::from(ship.at.distance(at) < 25.0);
            }
        }
    }
    assert!(idle * 10 < flying, "{idle} of {flying} looks, 1.5 s apart, found a bot where it was");
}
