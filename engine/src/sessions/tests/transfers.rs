//! Players on their way from room to room, on one simulation thread and between two.

use tickwire_netcode::session::GameEvent;

use super::*;
use crate::game::TransferError;
use crate::sim::inn::Order;

fn to_inn(world: &mut World, player: usize, name: &str) {
    world.players[player].command(&Ask::ToInn { name: name.to_owned() });
    world.ticks(5);
}

/// The newest event's class and first word.
fn newest(events: &[GameEvent]) -> Option<(u8, u32)> {
    events.last().map(|event| (event.class, event.words[0]))
}

#[test]
fn a_player_goes_to_a_room_of_another_kind_and_back_on_one_connection() {
    for sim_threads in [1, 2] {
        let mut world = World::with_threads(8, sim_threads);
        let (ann, bob) = (world.join(""), world.join(""));
        assert_eq!(world.players[ann].session.world().len(), 2);
        to_inn(&mut world, ann, "x");
        assert_eq!(world.players[ann].place(), ("inn", "x"));
        assert!(world.players[ann].session.is_live());
        assert_eq!(world.players[ann].session.world().len(), 1, "alone at the inn");
        assert_eq!(world.players[bob].session.world().len(), 1, "gone from the skirmish");
        assert_eq!(newest(&world.players[bob].events), Some((1, 1)), "Left, player 1");

        world.players[ann].order(&Order::Fight);
        world.ticks(5);
        assert_eq!(world.players[ann].place(), ("skirmish", "1"));
        assert_eq!(world.players[ann].session.world().len(), 2);
        assert_eq!(world.players[ann].session.player().map(|player| player.0), Some(3), "a new seat");
        world.players[ann].command(&Ask::ToAll { number: 77 });
        world.ticks(3);
        assert_eq!(world.players[bob].heard(), [77]);
        assert_eq!(world.players[ann].heard(), [77]);
        let stats = world.players[ann].session.stats();
        assert_eq!((stats.updates_failed, stats.resyncs, world.players[ann].moves), (0, 0, 2));
        assert_eq!(world.players[ann].session.commands_run().0, 3, "numbers go on");
    }
}

#[test]
fn a_player_moves_on_within_its_kind_without_a_schema() {
    let mut world = World::with_threads(8, 2);
    let ann = world.join("");
    to_inn(&mut world, ann, "x");
    let before = world.players[ann].received.len();
    world.players[ann].order(&Order::MoveOn);
    world.ticks(5);
    assert_eq!(world.players[ann].place(), ("inn", "other"));
    assert!(world.players[ann].received.len() - before < 400, "the schema did not come again");
    world.players[ann].order(&Order::MoveOn);
    world.ticks(5);
    assert_eq!(newest(&world.players[ann].events), Some((1, TransferError::SameRoom as u32)));
}

#[test]
fn a_transfer_that_fails_leaves_the_player_where_it_is_and_tells_the_game() {
    let mut world = World::with_threads(2, 2);
    let guests = [world.join(""), world.join("")];
    for guest in guests {
        to_inn(&mut world, guest, "x");
    }
    let ann = world.join("");
    for (ask, why) in [
        (Ask::ToInn { name: "x".to_owned() }, TransferError::Full),
        (Ask::ToNowhere, TransferError::NoSuchKind),
        (Ask::ToBroken, TransferError::RoomFailed),
    ] {
        world.players[ann].command(&ask);
        world.ticks(6);
        assert_eq!(newest(&world.players[ann].events), Some((2, why as u32)), "{why:?}");
        assert_eq!((world.players[ann].place().0, world.players[ann].moves), ("skirmish", 0));
    }
    // Not a word of it reached the room's life: it goes on.
    to_inn(&mut world, ann, "y");
    assert_eq!(world.players[ann].place(), ("inn", "y"));
}

#[test]
fn who_goes_while_on_the_way_leaves_both_rooms() {
    let mut world = World::with_threads(1, 2);
    let ann = world.join("");
    world.players[ann].command(&Ask::ToInn { name: "x".to_owned() });
    world.exchange();
    world.simulate(false);
    world.send_pass();
    // The inn grants the seat in this tick.
    world.simulate(false);
    world.players[ann].hang_up();
    world.exchange();
    world.send_pass();
    world.ticks(3);
    let bob = world.join("");
    assert_eq!(world.players[bob].session.world().len(), 1);
    to_inn(&mut world, bob, "x");
    assert_eq!(world.players[bob].place(), ("inn", "x"), "the only seat is free again");
}

#[test]
fn what_a_client_sent_before_it_read_moved_harms_nobody() {
    let mut world = World::with_threads(8, 1);
    let ann = world.join("");
    world.players[ann].command(&Ask::ToInn { name: "x".to_owned() });
    world.exchange();
    for _ in 0..3 {
        world.simulate(false);
        world.send_pass();
        // Nothing is read; inputs and commands of the old schema keep coming.
        world.players[ann].command(&Ask::ToAll { number: 5 });
        world.transmit_only();
    }
    world.ticks(6);
    assert_eq!(world.players[ann].place(), ("inn", "x"));
    assert!(world.players[ann].session.is_live());
    assert_eq!(world.players[ann].close_code, None);
}

#[test]
fn a_moved_that_the_kernel_does_not_take_is_sent_later() {
    let mut world = World::with_threads(8, 1);
    let ann = world.join("");
    world.players[ann].command(&Ask::ToInn { name: "x".to_owned() });
    world.exchange();
    world.players[ann].set_room(0);
    world.ticks(8);
    assert_eq!(world.players[ann].moves, 0);
    world.players[ann].set_room(usize::MAX);
    world.ticks(3);
    assert_eq!((world.players[ann].moves, world.players[ann].session.is_live()), (1, true));
    assert_eq!(world.players[ann].session.stats().updates_failed, 0);
}
