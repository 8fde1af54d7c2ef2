//! A game full of mistakes, and what its author is told.

use std::time::Duration;

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::time::Time;
use tickwire_netcode::{Command, Event, Input, Replicate};

use crate::game::{Cx, Game, Inputs, Leave, Scene};
use crate::sim::resolved::{Arrival, Resolved};
use crate::sim::room::Room;

#[derive(Replicate, Default)]
#[rep(crate = crate::netcode)]
struct Bee {
    #[rep(range = 0..=100)]
    health: u8,
    #[rep(owner)]
    honey: u8,
}

#[derive(Input, Clone, Copy, Default)]
#[rep(crate = crate::netcode)]
struct Nothing {}

#[derive(Event)]
#[rep(crate = crate::netcode)]
struct Sting {
    #[rep(range = 0..=9)]
    strength: u8,
}

#[derive(Command)]
#[rep(crate = crate::netcode)]
struct Dance {}

/// What to show: id, owner, health; and the strength of a sting, if any.
#[derive(Default)]
struct Hive {
    shown: Vec<(u32, Option<u32>, u8)>,
    sting: Option<u8>,
}

impl Game for Hive {
    type Entities = Bee;
    type Input = Nothing;
    type Event = Sting;
    type Command = Dance;

    fn join(&mut self, _: PlayerId, _: &mut Cx<'_, Self>) {}
    fn leave(&mut self, _: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {}
    fn tick(&mut self, _: &Inputs<Nothing>, cx: &mut Cx<'_, Self>) {
        if let Some(strength) = self.sting {
            cx.emit(Sting { strength });
        }
    }
    fn replicate(&self, scene: &mut Scene<'_>) {
        for &(id, owner, health) in &self.shown {
            let bee = Bee { health, honey: 0 };
            match owner {
                Some(player) => scene.put_owned(EntityId(id), PlayerId(player), &bee),
                None => scene.put(EntityId(id), &bee),
            }
        }
    }
}

fn joined() -> Resolved {
    let arrival = Arrival::Joined { player: PlayerId(1), name: String::new() };
    Resolved { arrivals: vec![arrival], ..Resolved::default() }
}

/// What is told after each of these ticks, a second apart.
fn told(hive: Hive, ticks: &[&Resolved]) -> Vec<Vec<String>> {
    let mut room = Room::new(hive, 1, 60, 1);
    let told = ticks.iter().enumerate().map(|(second, resolved)| {
        room.advance(resolved);
        let count = room.clamped();
        let now = Time::from_nanos(1 << 40) + Duration::from_secs(second as u64);
        room.oversights().take_due(now, count).iter().map(ToString::to_string).collect()
    });
    told.collect()
}

#[test]
fn the_author_is_told_once_what_to_mend() {
    let idle = Resolved::default();
    let joined = joined();
    for (shown, sting, want) in [
        (vec![(1, Some(1), 100), (2, None, 0)], None, None),
        (vec![(1, None, 1)], None, Some("Bee has fields for its owner, but was shown with `put`")),
        (vec![(7, Some(1), 1), (7, Some(1), 2)], None, Some("entity 7 was shown twice")),
        (vec![(0, Some(1), 1)], None, Some("id 0")),
        (vec![(1, Some(1), 101)], None, Some("Bee.health = 101, range 0..=100: ")),
        (vec![], Some(10), Some("Sting.strength = 10, range 0..=9: ")),
    ] {
        let told = told(Hive { shown, sting }, &[&joined, &idle, &idle]);
        assert_eq!(!told[0].is_empty(), want.is_some(), "{told:?}");
        assert!(told[0].iter().all(|text| text.contains(want.unwrap_or_default())), "{told:?}");
        assert_eq!((told[0].len() <= 1, told[1].len(), told[2].len()), (true, 0, 0), "{told:?}");
    }
}

#[test]
fn clamped_values_are_told_again_after_a_while() {
    let idle = Resolved::default();
    let ticks = vec![&idle; 21];
    let told = told(Hive { shown: vec![(1, Some(1), 101)], sting: None }, &ticks);
    let seconds: Vec<usize> = (0..ticks.len()).filter(|&second| !told[second].is_empty()).collect();
    assert_eq!(seconds, [0, 10, 20]);
    assert!(told[10][0].contains("(11 so far)"), "{told:?}");
}

#[test]
fn nobody_misses_owner_fields_while_nobody_is_there() {
    let told = told(Hive { shown: vec![(1, None, 1)], sting: None }, &[&Resolved::default()]);
    assert!(told[0].is_empty(), "{told:?}");
}

#[test]
fn a_command_that_nothing_handles_is_told_once() {
    let mut commanded = joined();
    for _ in 0..2 {
        commanded.arrivals.push(Arrival::Commanded { player: PlayerId(1), index: 0, words: 0..0 });
    }
    let again = Resolved { arrivals: commanded.arrivals[1..].to_vec(), ..Resolved::default() };
    let told = told(Hive::default(), &[&commanded, &again]);
    assert_eq!((told[0].len(), told[1].len()), (1, 0), "{told:?}");
    assert!(told[0][0].contains("fn command"), "{told:?}");
}
