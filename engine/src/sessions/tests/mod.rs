//! Sessions from upgrade to close over scripted transports, with netcode's own client at the other end: it checks each
//! hash that comes.

mod footprint;
mod rows;
mod stamps;
mod transfers;
mod world;

use std::time::Duration;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::limits::HISTORY_SNAPSHOTS_MAX;
use tickwire_netcode::ws::MessageKind;

use crate::limits;
use crate::sim::skirmish::Ask;
use world::World;

#[test]
fn players_of_a_room_see_each_other_and_know_their_own() {
    let mut world = World::new(8);
    let (ann, bob) = (world.join("a"), world.join("a"));
    let elsewhere = world.join("b");
    world.ticks(10);
    for (player, entities) in [(ann, 2), (bob, 2), (elsewhere, 1)] {
        let session = &world.players[player].session;
        assert_eq!(session.world().len(), entities);
        assert_eq!(session.world().entities().filter(|entity| entity.own).count(), 1);
        assert_eq!((session.stats().updates_failed, session.stats().resyncs), (0, 0));
    }
    assert_eq!(world.players[ann].session.welcome().map(|w| w.room.as_str()), Some("a"));
    assert_eq!(world.tick_of(ann), world.tick_of(bob));
    let margin = world.players[bob].session.stats().input_margin_q4;
    assert!(margin > 0, "inputs arrive before their tick: {margin}/16");
}

#[test]
fn who_cannot_join_is_told_why_before_the_close() {
    let mut world = World::new(1);
    world.join("a");
    for (kind, room, code, reason) in [
        ("skirmish", "a", CloseCode::Full, "the room is full"),
        (
            "chess\n",
            "",
            CloseCode::NoSuchRoom,
            "no room kind \"chess\"; this server has: skirmish, inn, gallery",
        ),
        ("", "", CloseCode::NoSuchRoom, "no room kind \"\"; this server has: skirmish, inn, gallery"),
    ] {
        let refused = world.connect_as(kind, room, None);
        world.ticks(2);
        let player = &world.players[refused];
        let reject = player.rejected.as_ref().expect("a Reject");
        assert_eq!((reject.code, player.close_code), (code.code(), Some(code.code())), "{kind}/{room}");
        assert_eq!((reject.reason.as_str(), player.session.is_live()), (reason, false));
    }
}

#[test]
fn n1_what_breaks_the_protocol_closes_one_session_and_nobody_else_notices() {
    for (kind, payload, in_room, code) in [
        (MessageKind::Text, &b"hi"[..], true, CloseCode::BinaryOnly),
        (MessageKind::Text, b"hi", false, CloseCode::BinaryOnly),
        (MessageKind::Binary, b"", true, CloseCode::BadMessage),
        (MessageKind::Binary, b"", false, CloseCode::HelloExpected),
        (MessageKind::Binary, &[0x02, 0, 0], false, CloseCode::HelloExpected),
        (MessageKind::Binary, &[0x01, 9, 0], false, CloseCode::Version),
        (MessageKind::Binary, &[0x01, 1, 200], false, CloseCode::BadMessage),
        (MessageKind::Binary, &[0x02, 0, 0], true, CloseCode::BadMessage),
        (MessageKind::Binary, &[0x01, 1], true, CloseCode::BadMessage),
        (MessageKind::Binary, &[0x04, 9, 0], true, CloseCode::BadMessage),
        (MessageKind::Binary, &[0x41], true, CloseCode::BadMessage),
        (MessageKind::Binary, &[0xff; 40], true, CloseCode::BadMessage),
    ] {
        let mut world = World::new(8);
        let witness = world.join("a");
        let bad = if in_room { world.join("a") } else { world.connect_as("skirmish", "a", None) };
        world.players[bad].mute = true;
        world.exchange();
        world.players[bad].send_raw(kind, payload);
        world.ticks(5);
        assert_eq!(world.players[bad].close_code, Some(code.code()), "{kind:?} {payload:?}");
        let session = &world.players[witness].session;
        assert!(session.is_live() && session.stats().updates_failed == 0);
        assert_eq!(session.world().len(), 1, "the other has left the room");
    }
}

#[test]
fn a_goodbye_frees_the_seat_and_closes_normally() {
    let mut world = World::new(1);
    let ann = world.join("a");
    world.players[ann].session.leave(0);
    world.ticks(2);
    assert_eq!(world.players[ann].close_code, Some(1000));
    world.join("a");
}

#[test]
fn a_lost_connection_frees_the_seat_and_the_others_are_told() {
    let mut world = World::new(2);
    let (ann, bob) = (world.join("a"), world.join("a"));
    world.players[bob].hang_up();
    world.ticks(3);
    let left: Vec<_> = world.players[ann].events.iter().map(|event| event.words.clone()).collect();
    assert_eq!(left, [[2, 0]], "player 2 left, not kicked");
    assert_eq!(world.players[ann].session.world().len(), 1);
    world.join("a");
}

#[test]
fn a_client_that_goes_while_its_seat_is_granted_gives_it_back() {
    let mut world = World::new(1);
    let gone = world.connect_as("skirmish", "a", None);
    world.exchange();
    world.exchange();
    world.simulate(false);
    world.players[gone].hang_up();
    world.exchange();
    world.send_pass();
    world.ticks(1);
    assert!(world.players[gone].session.welcome().is_none());
    world.join("a");
}

#[test]
fn a_kick_closes_with_its_reason() {
    let mut world = World::new(8);
    let (ann, bob) = (world.join("a"), world.join("a"));
    world.players[bob].command(&Ask::KickMe);
    world.ticks(3);
    assert_eq!(world.players[bob].close_code, Some(CloseCode::Policy.code()));
    assert!(world.players[bob].received.ends_with(b"asked for it"));
    assert_eq!(world.players[ann].session.world().len(), 1);
}

#[test]
fn p1_a_panicking_room_closes_its_sessions_and_no_others() {
    let mut world = World::new(8);
    let (ann, bob, calm) = (world.join("a"), world.join("a"), world.join("b"));
    world.players[ann].command(&Ask::Panic);
    // Joins in the tick of the panic.
    let late = world.connect_as("skirmish", "a", None);
    world.ticks(2);
    for player in [ann, bob, late] {
        assert_eq!(world.players[player].close_code, Some(CloseCode::RoomFailed.code()));
    }
    let before = world.tick_of(calm);
    world.join("a");
    assert!(world.tick_of(calm) > before && world.players[calm].session.is_live());
}

#[test]
fn a_state_that_no_client_takes_ends_the_sessions_of_its_room_and_no_others() {
    let mut world = World::new(8);
    let (ann, bob, calm) = (world.join("a"), world.join("a"), world.join("b"));
    world.players[ann].command(&Ask::ShowTooMuch);
    world.ticks(3);
    for player in [ann, bob] {
        assert_eq!(world.players[player].close_code, Some(CloseCode::Internal.code()));
        assert_eq!(world.players[player].session.stats().updates_failed, 0, "it was not sent");
    }
    assert!(world.players[calm].session.is_live());
}

#[test]
fn events_come_with_the_state_of_their_tick_once_and_in_order() {
    let mut world = World::new(8);
    let (ann, bob) = (world.join("a"), world.join("a"));
    for number in 1..=300 {
        world.players[ann].command(&Ask::ToAll { number });
        if number % 100 == 0 {
            world.ticks(2);
        }
    }
    world.players[bob].command(&Ask::ToMe { number: 1000 });
    world.ticks(4);
    assert_eq!(world.players[ann].heard(), (1..=300).collect::<Vec<_>>());
    let mut want: Vec<u32> = (1..=300).collect();
    want.push(1000);
    assert_eq!(world.players[bob].heard(), want);
    assert_eq!(world.players[ann].session.commands_run().0, 300);
}

#[test]
fn a_stalled_client_gets_the_newest_state_and_every_event_afterwards() {
    let mut world = World::new(8);
    let (slow, quick) = (world.join("a"), world.join("a"));
    // Nothing fits; and the kernel takes some bytes of one update, so that a tail is left.
    for room in [0, 5, 15] {
        world.players[slow].set_room(room);
        let stuck = world.tick_of(slow);
        for number in 0..20 {
            world.players[quick].command(&Ask::ToAll { number });
            world.ticks(1);
        }
        assert_eq!(world.tick_of(slow), stuck, "no whole update fits");
        let heard = world.players[slow].heard().len();
        let bytes = world.players[slow].received.len();
        world.players[slow].set_room(usize::MAX);
        world.ticks(3);
        assert_eq!(world.tick_of(slow), world.tick_of(quick), "the newest");
        assert_eq!(world.players[slow].heard().len(), heard + 20, "room {room}");
        assert!(world.players[slow].received.len() - bytes < 2_000, "no queue of old states was sent");
        let stats = world.players[slow].session.stats();
        assert_eq!((stats.updates_failed, stats.resyncs), (0, 0));
    }
    assert_eq!(world.players[slow].heard(), world.players[quick].heard());
}

#[test]
fn who_stalls_for_longer_than_the_history_is_sent_the_whole_state() {
    let mut world = World::new(8);
    let (slow, quick) = (world.join("a"), world.join("a"));
    world.ticks(10);
    let cost = |world: &mut World| {
        let before = world.players[slow].received.len();
        world.players[slow].set_room(usize::MAX);
        world.ticks(1);
        assert_eq!(world.tick_of(slow), world.tick_of(quick));
        world.players[slow].received.len() - before
    };
    let mut costs = [0; 2];
    for (ticks, cost_bytes) in
        [HISTORY_SNAPSHOTS_MAX - 2, HISTORY_SNAPSHOTS_MAX - 1].into_iter().zip(&mut costs)
    {
        world.players[slow].set_room(0);
        world.ticks(ticks);
        *cost_bytes = cost(&mut world);
    }
    // In full both slots bring their hashes, and the public one its entities.
    assert!(costs[0] + 8 < costs[1], "{costs:?} bytes: a delta, then in full");
    let stats = world.players[slow].session.stats();
    assert_eq!((stats.updates_failed, stats.resyncs), (0, 0));
}

#[test]
fn a_welcome_that_the_kernel_does_not_take_is_sent_later() {
    let mut world = World::new(8);
    let player = world.connect_as("skirmish", "a", None);
    world.exchange();
    world.exchange();
    world.players[player].set_room(0);
    world.ticks(5);
    assert!(world.players[player].session.welcome().is_none());
    world.players[player].set_room(usize::MAX);
    world.ticks(2);
    assert!(world.players[player].session.is_live());
}

#[test]
fn r13_ticks_that_the_io_thread_missed_arrive_as_one() {
    let mut world = World::new(8);
    let (ann, bob) = (world.join("a"), world.join("a"));
    let before = world.players[ann].session.stats().updates;
    for number in 0..30 {
        world.players[bob].command(&Ask::ToAll { number });
        world.exchange();
        world.simulate(false);
    }
    world.send_pass();
    world.exchange();
    // What found the channel full comes with the next tick.
    world.ticks(2);
    assert_eq!(world.players[ann].heard(), (0..30).collect::<Vec<_>>());
    assert_eq!(world.tick_of(ann), world.tick_of(bob));
    assert!(world.players[ann].session.stats().updates - before <= 3, "states in between are not sent");
}

#[test]
fn a_seat_granted_to_who_has_gone_is_given_back_when_the_io_thread_was_too_slow_for_the_room() {
    let mut world = World::new(2);
    let ann = world.join("a");
    // As many ticks as the bridge holds: those after them are merged.
    for _ in 0..limits::OUTBOUND_BATCHES_MAX {
        world.simulate(false);
    }
    let bob = world.connect_as("skirmish", "a", None);
    world.exchange();
    world.exchange();
    for _ in 0..=limits::OUTBOUND_EVENTS_MAX / limits::EVENTS_PER_TICK_MAX {
        world.players[ann].command(&Ask::Flood);
        world.exchange();
        world.simulate(false);
    }
    world.players[bob].hang_up();
    world.exchange();
    world.ticks(3);
    assert_eq!(world.players[ann].close_code, Some(CloseCode::Busy.code()));
    assert!(world.players[bob].session.welcome().is_none());
    // Both seats are free.
    world.join("a");
}

#[test]
fn r12_who_would_join_a_simulation_that_takes_nothing_is_told_to_come_back() {
    let mut world = World::held_up(8);
    let early = world.connect_as("skirmish", "a", None);
    world.exchange();
    world.exchange();
    world.exchange();
    assert_eq!(world.players[early].close_code, Some(CloseCode::Busy.code()));
    assert_eq!(world.players[early].rejected.as_ref().map(|reject| reject.retry_after_ms), Some(2_000));
    world.ticks(1);
    world.join("a");
}

#[test]
fn k2_dropped_time_is_announced_once_when_an_update_gets_through() {
    let mut world = World::new(8);
    let (slow, quick) = (world.join("a"), world.join("a"));
    world.players[slow].set_room(0);
    world.exchange();
    world.simulate(true);
    world.send_pass();
    world.ticks(3);
    assert_eq!([slow, quick].map(|player| world.players[player].reanchors), [0, 1]);
    world.players[slow].set_room(usize::MAX);
    world.ticks(3);
    assert_eq!([slow, quick].map(|player| world.players[player].reanchors), [1, 1]);
}

#[test]
fn an_origin_that_is_not_allowed_gets_no_socket() {
    for (origin, status) in [
        (None, "101"),
        (Some("http://h"), "101"),
        (Some("https://friend.example"), "101"),
        (Some("https://evil.example"), "403"),
        (Some("null"), "403"),
    ] {
        let mut world = World::new(8);
        let player = world.connect_as("skirmish", "", origin);
        world.ticks(2);
        assert!(
            world.players[player].status.contains(status),
            "{origin:?}: {}",
            world.players[player].status
        );
    }
}

#[test]
fn s1_silence_ends_a_session_before_and_after_its_hello() {
    let mut world = World::new(8);
    let (witness, silent) = (world.join("a"), world.join("a"));
    world.players[silent].mute = true;
    let hesitant = world.connect_as("skirmish", "a", None);
    world.players[hesitant].mute = true;
    world.ticks(200);
    assert_eq!(world.players[hesitant].close_code, Some(CloseCode::HelloExpected.code()));
    assert_eq!(world.players[silent].close_code, None);
    let deadline = world.now + Duration::from_secs(25);
    while world.now < deadline {
        world.ticks(1);
    }
    // A WebSocket layer that answers pings is not silent, but it does not acknowledge updates either.
    assert_eq!(world.players[silent].close_code, Some(CloseCode::SlowClient.code()));
    assert!(world.players[witness].session.is_live());
    assert_eq!(world.players[witness].session.world().len(), 1);
}

#[test]
fn in_steady_state_a_tick_allocates_nothing() {
    let mut world = World::new(8);
    let players = [world.join("a"), world.join("a"), world.join("b")];
    let mut allocations = 0;
    // The rings of batches and snapshots fill while it warms up.
    for tick in 0..1_200 {
        for player in players {
            world.players[player].command(&Ask::ToAll { number: tick });
        }
        let count = world.tick_counting_allocations().count_total;
        allocations += if tick < 200 { 0 } else { count };
    }
    assert_eq!(world.players[players[2]].heard().len(), 1_200, "inputs and events flowed");
    assert_eq!(allocations, 0, "in 1,000 ticks of two rooms with three players");
}
