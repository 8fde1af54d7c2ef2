//! What lies on the pads.

use tickwire::prelude::*;

use super::{DT, duel, ship_at, still};
use crate::layout;
use crate::pickup::{Kind, Pickup};
use crate::ship::{HEALTH_MAX, RADIUS, SHIELD_MAX};
use crate::weapon::Weapon;
use crate::wire::Fact;
use crate::world::World;

#[test]
fn a_pickup_is_taken_by_who_touches_it_and_can_use_it() {
    let table = [
        // Distance, health, shield, what lies there, whether it is taken.
        (0.0, 50.0, 0.0, Kind::Health, true),
        (RADIUS + 15.0, 50.0, 0.0, Kind::Health, true),
        (RADIUS + 17.0, 50.0, 0.0, Kind::Health, false),
        (0.0, HEALTH_MAX, 0.0, Kind::Health, false),
        (0.0, HEALTH_MAX, 0.0, Kind::Shield, true),
        (0.0, 1.0, SHIELD_MAX, Kind::Shield, false),
        (0.0, HEALTH_MAX, SHIELD_MAX, Kind::Cannon, true),
    ];
    for (distance, health, shield, kind, taken) in table {
        let mut ship = ship_at(distance, 0.0);
        (ship.health, ship.shield) = (health, shield);
        let mut pickup = Pickup::new(EntityId(2), Vec2::ZERO, kind);
        assert_eq!(pickup.offer(&mut ship), taken, "{kind:?} at {distance}");
        assert_eq!(pickup.is_ready(), !taken);
        assert!(ship.health <= HEALTH_MAX && ship.shield <= SHIELD_MAX);
    }
}

#[test]
fn a_full_weapon_is_not_taken_twice_and_a_used_one_is_filled() {
    let mut ship = ship_at(0.0, 0.0);
    assert!(ship.take(Kind::Repeater) && !ship.take(Kind::Repeater));
    ship.rounds -= 1;
    assert!(ship.take(Kind::Repeater));
    assert_eq!(ship.rounds, Weapon::Repeater.gun().rounds.expect("it has an end"));
    assert!(ship.take(Kind::Scatter), "another weapon replaces it");
    assert_eq!(ship.weapon, Weapon::Scatter);
}

#[test]
fn a_pickup_comes_back_after_its_time() {
    for kind in [Kind::Health, Kind::Shield, Kind::Scatter, Kind::Cannon, Kind::Repeater] {
        let mut ship = ship_at(0.0, 0.0);
        ship.health = 10.0;
        let mut pickup = Pickup::new(EntityId(2), Vec2::ZERO, kind);
        assert!(pickup.offer(&mut ship) && !pickup.show().ready);
        let ticks = (1..).find(|_| {
            pickup.advance(DT);
            pickup.is_ready()
        });
        let seconds = ticks.expect("comes back") as f32 * DT;
        assert!((seconds - kind.returns_after()).abs() < 2.0 * DT, "{kind:?} after {seconds} s");
    }
}

#[test]
fn one_ship_takes_it_and_everybody_is_told() {
    let (mut melee, mut host) = duel();
    let pad = melee.pickups.iter().position(|pickup| pickup.kind == Kind::Health).expect("a pad");
    let at = melee.pickups[pad].at;
    for pilot in &mut melee.pilots {
        let aside = Vec2::X * f32::from(pilot.number) * 2.0;
        let ship = pilot.ship_mut().expect("flying");
        ship.at = at + aside;
        ship.health = 30.0;
    }
    melee.advance(still, &mut host);
    let took = host.facts.iter().filter(|fact| matches!(fact, Fact::Took { kind: Kind::Health, .. })).count();
    assert_eq!(took, 1);
    let healed =
        melee.pilots.iter().filter(|pilot| pilot.ship().is_some_and(|ship| ship.health > 70.0)).count();
    assert_eq!(healed, 1);
}

#[test]
fn pads_lie_mirrored_and_free_of_walls() {
    for seed in 0..20 {
        let world = World::build(&mut Rng::new(seed));
        for (at, kind) in layout::pads() {
            assert!(world.clearance(at) > 2.0 * RADIUS, "seed {seed}: {kind:?} at {at}");
            assert!(layout::pads().any(|(other, its)| other == -at && its == kind), "{kind:?} at {at}");
        }
    }
}
