//! Who joins, leaves and talks.

use tickwire::prelude::*;

use super::{Rehearsal, ada_fires, duel, face_off, still};
use crate::limits::CHAT_BURST;
use crate::melee::Melee;
use crate::pilot::{Pilot, Seat, State};
use crate::roster::Crew;
use crate::wire::Fact;

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
fn a_waiting_pilot_shows_how_long_it_waits() {
    let mut pilot = Pilot::new(EntityId(1), 0, "Ada", Seat::Player(PlayerId(1)));
    for (left, want) in [(2.0, 20), (1.01, 11), (0.05, 1), (0.0, 0)] {
        pilot.state = State::Waiting { left };
        assert_eq!(pilot.show().respawn_in, want, "{left}");
    }
}

#[test]
fn bots_make_room_for_players_and_come_back() {
    let table = [(3, false, [3, 2, 1, 0, 0]), (3, true, [3, 3, 3, 3, 3]), (0, false, [0; 5])];
    for (count, stay, want) in table {
        let mut host = Rehearsal::new(1);
        let mut melee = Melee::default();
        let bot_count = |melee: &Melee| melee.pilots.iter().filter(|pilot| pilot.player().is_none()).count();
        melee.start(Crew { bots: count, stay }, &mut host);
        for (players, want) in want.into_iter().enumerate() {
            assert_eq!(bot_count(&melee), want, "{count} bots, {players} players");
            melee.join(PlayerId(players as u32 + 1), "Ada", &mut host);
            melee.advance(still, &mut host);
        }
        for player in 1..=5 {
            melee.leave(PlayerId(player), &mut host);
        }
        assert_eq!(bot_count(&melee), count as usize);
        let mut numbers: Vec<u16> = melee.pilots.iter().map(|pilot| pilot.number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), count as usize, "numbers are unique");
    }
}

#[test]
fn what_is_said_is_heard_by_all_until_it_is_too_much() {
    let (mut melee, mut host) = duel();
    melee.say(PlayerId(1), "  <b>hi</b>\n all ", &mut host);
    let said = Fact::Said { pilot: 0, name: "Ada".to_owned(), text: "<b>hi</b> all".to_owned() };
    assert_eq!(host.facts, [said]);
    melee.say(PlayerId(1), " \u{200b} ", &mut host);
    melee.say(PlayerId(99), "nobody", &mut host);
    assert_eq!(host.facts.len(), 1, "nothing is not said, and nobody says nothing");
    for _ in 0..10 {
        melee.say(PlayerId(1), "spam", &mut host);
    }
    assert_eq!(host.facts.len(), CHAT_BURST as usize);
    assert_eq!(host.whispers.len(), 11 - CHAT_BURST as usize);
    assert!(host.whispers.iter().all(|(to, fact)| *to == PlayerId(1) && matches!(fact, Fact::Hushed { .. })));
    melee.say(PlayerId(2), "Bob may still talk", &mut host);
    (0..120).for_each(|_| melee.advance(still, &mut host));
    host.facts.clear();
    melee.say(PlayerId(1), "later", &mut host);
    assert_eq!(host.facts.len(), 1);
}
