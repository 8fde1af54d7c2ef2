//! Flying and bouncing.

use tickwire::prelude::*;

use super::{DT, fly, ship_at, thrust};
use crate::ship::{self, Controls, RADIUS};
use crate::world::{HALF, Wall, World};

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
