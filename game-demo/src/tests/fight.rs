//! Shooting, being hit, dying and coming back.

use tickwire::prelude::*;

use super::{DT, ada_fires, duel, face_off, fly, ship_at, still};
use crate::bullet::{Bullet, Flight};
use crate::pilot::RESPAWN_AFTER;
use crate::ship::{Controls, HEALTH_MAX, Harm, REPAIR_MAX, SHIELD_MAX, Ship};
use crate::weapon::Weapon;
use crate::wire::Fact;
use crate::world::World;

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
    let ticks_per_shot = (Weapon::Blaster.gun().cooldown / DT).ceil() as usize;
    assert_eq!(shots, 60_usize.div_ceil(ticks_per_shot));
}

#[test]
fn a_click_just_before_the_gun_is_ready_still_shoots() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    let click = Controls { trigger: true, ..Controls::default() };
    ship.advance(&click, &world, DT);
    assert!(ship.shoot(&click).is_some());
    fly(&mut ship, &Controls::default(), &world, Weapon::Blaster.gun().cooldown - 0.05);
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
        let mut bullet = Bullet::new(EntityId(1), 0, Weapon::Blaster, Vec2::ZERO, Vec2::X);
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
    let mut bullet = Bullet::new(EntityId(1), 0, Weapon::Blaster, Vec2::new(-280.0, 0.0), -Vec2::X);
    let behind = [(1, Vec2::new(-380.0, 0.0))];
    let end = (0..200).map(|_| bullet.advance(behind.into_iter(), &world, DT)).find(|end| *end != Flight::On);
    assert_eq!(end, Some(Flight::Spent));
    assert!((bullet.at.x + 314.0).abs() < 1.0, "ends at the wall's face, {}", bullet.at);
}

#[test]
fn a_bullet_that_meets_nothing_ends_with_its_life() {
    let world = World::default();
    let mut bullet = Bullet::new(EntityId(1), 0, Weapon::Blaster, Vec2::new(-600.0, 0.0), Vec2::X);
    let ticks =
        (0..200).take_while(|_| bullet.advance(core::iter::empty(), &world, DT) == Flight::On).count();
    assert!((ticks as f32 * DT - Weapon::Blaster.gun().lifetime).abs() < 1.5 * DT, "{ticks} ticks");
}

#[test]
fn enough_hits_destroy_a_ship_and_count_for_the_shooter() {
    let (mut melee, mut host) = duel();
    face_off(&mut melee);
    while melee.pilots[1].ship().is_some() {
        melee.advance(ada_fires, &mut host);
        // Each hit pushes: the target is held in place.
        if let Some(ship) = melee.pilots[1].ship_mut() {
            ship.at = Vec2::new(50.0, 120.0);
        }
        if let Some(ship) = melee.pilots[0].ship_mut() {
            ship.at = Vec2::new(-50.0, 120.0);
        }
    }
    let hits =
        host.facts.iter().filter(|fact| matches!(fact, Fact::Hit { victim: 1, shooter: 0, .. })).count();
    assert_eq!(hits, (HEALTH_MAX / Weapon::Blaster.gun().damage).ceil() as usize);
    assert!(matches!(host.facts.last(), Some(Fact::Destroyed { victim: 1, killer: 0, .. })));
    assert_eq!((melee.pilots[0].kills, melee.pilots[0].deaths), (1, 0));
    assert_eq!((melee.pilots[1].kills, melee.pilots[1].deaths), (0, 1));
}

#[test]
fn the_destroyed_come_back_after_three_seconds_with_a_new_protected_ship() {
    let (mut melee, mut host) = duel();
    let before = melee.pilots[1].ship().expect("flying").id;
    melee.pilots[1].fell();
    assert!(melee.pilots[1].show().respawn_in == 30 && !melee.pilots[1].show().alive);
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
    assert_eq!(ship.hurt(1000.0), Harm::None);
    assert_eq!(ship.health, HEALTH_MAX);
    let fire = Controls { fire: true, ..Controls::default() };
    assert!(ship.shoot(&fire).is_some());
    assert_eq!(ship.hurt(1000.0), Harm::Fatal);
}

#[test]
fn a_ship_left_in_peace_repairs_itself_in_part() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    ship.hurt(60.0);
    fly(&mut ship, &Controls::default(), &world, 3.5);
    assert_eq!(ship.health, 40.0);
    fly(&mut ship, &Controls::default(), &world, 10.0);
    assert_eq!(ship.health, REPAIR_MAX);
}

#[test]
fn a_shield_takes_damage_first_and_does_not_come_back() {
    let world = World::default();
    let mut ship = ship_at(0.0, 0.0);
    ship.shield = SHIELD_MAX;
    assert_eq!(ship.hurt(40.0), Harm::Shield);
    assert_eq!(ship.hurt(30.0), Harm::Hull);
    assert_eq!((ship.shield, ship.health), (0.0, 80.0));
    fly(&mut ship, &Controls::default(), &world, 12.0);
    assert_eq!((ship.shield, ship.health), (0.0, 80.0), "more than the repair would give is kept");
    assert_eq!(ship.hurt(80.0), Harm::Fatal);
}

#[test]
fn every_weapon_ends_an_unshielded_ship_within_seconds_of_perfect_aim() {
    for weapon in Weapon::ALL {
        let gun = weapon.gun();
        let shots = (HEALTH_MAX / (gun.damage * f32::from(gun.pellets))).ceil();
        let seconds = (shots - 1.0) * gun.cooldown;
        assert!((0.5..3.0).contains(&seconds), "{weapon:?} needs {seconds} s");
        assert!(
            gun.rounds.is_none_or(|rounds| f32::from(rounds) >= 2.0 * shots),
            "{weapon:?} is worth the way"
        );
        assert!(
            gun.speed > 480.0 && gun.speed <= 1000.0,
            "faster than any ship, and within the wire's range"
        );
    }
}

#[test]
fn weapons_shoot_what_they_say_and_fall_back_when_empty() {
    for weapon in [Weapon::Scatter, Weapon::Cannon, Weapon::Repeater] {
        let (mut melee, mut host) = duel();
        face_off(&mut melee);
        let kind =
            crate::layout::pads().find_map(|(_, kind)| (kind.weapon() == Some(weapon)).then_some(kind));
        let ship = melee.pilots[0].ship_mut().expect("flying");
        assert!(ship.take(kind.expect("there is a pad of each weapon")));
        let rounds = ship.rounds;
        melee.advance(ada_fires, &mut host);
        assert_eq!(melee.bullets.len(), usize::from(weapon.gun().pellets), "{weapon:?}");
        assert!(melee.bullets.iter().all(|bullet| bullet.weapon == weapon));
        let ship = melee.pilots[0].ship_mut().expect("flying");
        assert_eq!(ship.rounds, rounds - 1);
        ship.rounds = 1;
        melee.bullets.clear();
        let ticks = (weapon.gun().cooldown / DT) as u32 + 2;
        (0..ticks).for_each(|_| melee.advance(ada_fires, &mut host));
        assert_eq!(melee.pilots[0].ship().expect("flying").weapon, Weapon::Blaster, "{weapon:?}");
    }
}

#[test]
fn pellets_spread_over_the_whole_cone_and_no_further() {
    let mut rng = Rng::new(5);
    let gun = Weapon::Scatter.gun();
    for _ in 0..200 {
        let angles: Vec<f32> =
            (0..gun.pellets).map(|pellet| gun.angle(pellet, 1.0, &mut rng) - 1.0).collect();
        assert!(angles.iter().all(|angle| angle.abs() <= gun.spread + 1e-6), "{angles:?}");
        assert!(
            angles[0] < -gun.spread / 2.0 && *angles.last().expect("five") > gun.spread / 2.0,
            "{angles:?}"
        );
    }
    assert_eq!(Weapon::Cannon.gun().angle(0, 2.5, &mut rng), 2.5);
}
