//! Threats that need a whole server, row by row: what the peer is told and what is counted.

use std::time::Duration;

use tickwire_netcode::close::CloseCode;
use tickwire_netcode::message::kind;
use tickwire_netcode::ws::MessageKind;

use super::world::World;
use crate::net::connection::Connection;
use crate::sessions::PlayerSession;
use crate::sim::skirmish::Ask;

/// Lets time pass in ticks.
fn pass(world: &mut World, time: Duration) {
    let end = world.now + time;
    while world.now < end {
        world.ticks(1);
    }
}

#[track_caller]
fn closed(world: &World, reason: &str) -> u64 {
    world.series(&format!("tickwire_connections_closed_total{{reason=\"{reason}\"}}"))
}

#[test]
fn s1_a_hello_that_comes_late_or_not_first_closes_with_4001_and_is_counted() {
    let mut world = World::new(8);
    let witness = world.join("a");
    let late = world.connect_as("skirmish", "a", None);
    world.players[late].mute = true;
    pass(&mut world, Duration::from_millis(2_900));
    assert_eq!(world.players[late].close_code, None);
    pass(&mut world, Duration::from_millis(300));
    assert_eq!(world.players[late].close_code, Some(4001));
    assert_eq!(closed(&world, "hello_expected"), 1);
    for first in [kind::INPUT, kind::ACK, kind::COMMAND, kind::RESYNC] {
        let early = world.connect_as("skirmish", "a", None);
        world.players[early].mute = true;
        world.exchange();
        world.players[early].send_raw(MessageKind::Binary, &[first, 0, 0, 0]);
        world.ticks(2);
        assert_eq!(world.players[early].close_code, Some(4001), "{first:#x}");
    }
    assert_eq!(closed(&world, "hello_expected"), 5);
    assert!(world.players[witness].session.is_live());
}

#[test]
fn h1_a_peer_counts_as_a_stranger_until_it_sits_in_a_room() {
    let mut world = World::new(8);
    let stranger = world.connect_as("skirmish", "a", None);
    world.players[stranger].mute = true;
    world.join("a");
    world.ticks(5);
    assert_eq!((world.admission.pending(), world.admission.connections()), (1, 2), "upgraded, but no Hello");
    world.players[stranger].mute = false;
    world.ticks(5);
    assert_eq!((world.admission.pending(), world.admission.connections()), (0, 2));
}

#[test]
fn f12_a_text_message_closes_with_1003() {
    let mut world = World::new(8);
    let player = world.join("a");
    world.players[player].send_raw(MessageKind::Text, b"hello");
    world.ticks(2);
    assert_eq!(world.players[player].close_code, Some(1003));
    assert_eq!(closed(&world, "binary_only"), 1);
}

#[test]
fn w3_a_peer_whose_cable_is_out_is_closed_after_25_seconds_of_silence() {
    let mut world = World::new(8);
    let (witness, gone) = (world.join("a"), world.join("a"));
    // Most of a megabyte fits into the kernels of both ends before a write blocks.
    world.players[gone].set_room(1 << 20);
    world.players[gone].is_cut = true;
    pass(&mut world, Duration::from_millis(24_800));
    assert_eq!(closed(&world, "idle_timeout") + closed(&world, "slow_client"), 0);
    pass(&mut world, Duration::from_millis(400));
    assert_eq!((closed(&world, "idle_timeout"), closed(&world, "slow_client")), (1, 0));
    pass(&mut world, Duration::from_secs(3));
    assert_eq!(world.connection_count(), 1, "the socket does not wait for an answer");
    let session = &world.players[witness].session;
    assert!(session.is_live() && session.world().len() == 1);
}

#[test]
fn n1_bad_messages_are_counted_by_kind_and_by_close() {
    let mut world = World::new(8);
    for payload in [&[0x7f_u8, 1, 2][..], &[], &[kind::INPUT], &[kind::BYE, 0, 0, 0, 0, 0, 0, 0]] {
        let bad = world.join("a");
        world.players[bad].send_raw(MessageKind::Binary, payload);
        world.ticks(2);
        assert_eq!(world.players[bad].close_code, Some(4011), "{payload:02x?}");
    }
    assert_eq!(closed(&world, "bad_message"), 4);
    assert_eq!(world.series("tickwire_messages_received_total{kind=\"other\"}"), 2);
    assert_eq!(world.series("tickwire_messages_received_total{kind=\"hello\"}"), 4);
}

#[test]
fn n4_an_ack_of_an_update_never_sent_is_a_strike_and_nothing_else() {
    let mut world = World::new(8);
    let player = world.join("a");
    world.ticks(5);
    for ahead in [0x7000_u16, 0x4000] {
        let far = ahead.to_le_bytes();
        world.players[player].send_raw(MessageKind::Binary, &[kind::ACK, far[0], far[1], 0, 0, 0, 0, 0]);
        world.ticks(2);
    }
    assert_eq!(world.series("tickwire_ack_strikes_total"), 2);
    let session = &world.players[player].session;
    assert!(session.is_live() && session.stats().updates_failed == 0);
}

#[test]
fn i1_inputs_are_counted_by_what_they_met() {
    let mut world = World::new(8);
    let player = world.join("a");
    world.ticks(50);
    let series = |world: &World, verdict: &str| {
        world.series(&format!("tickwire_inputs_total{{verdict=\"{verdict}\"}}"))
    };
    let before = series(&world, "buffered");
    assert!(before > 30, "{before}");
    // The simulation runs on while the connection stalls: what was under way is late when it arrives.
    world.players[player].mute = true;
    for _ in 0..40 {
        world.simulate(false);
        world.send_pass();
    }
    world.players[player].mute = false;
    world.ticks(2);
    assert!(series(&world, "late") > 0);
    assert!(world.players[player].session.is_live(), "late is an outcome, not a fault");
}

#[test]
fn i3_a_sustained_flood_of_messages_closes_with_4006() {
    let mut world = World::new(8);
    let (witness, flooder) = (world.join("a"), world.join("a"));
    world.players[flooder].mute = true;
    let ping = [kind::PING, 0, 0, 0, 0];
    for _ in 0..20 {
        for _ in 0..100 {
            world.players[flooder].send_raw(MessageKind::Binary, &ping);
        }
        world.ticks(1);
    }
    assert_eq!(world.players[flooder].close_code, Some(CloseCode::Rate.code()));
    assert_eq!(closed(&world, "rate"), 1);
    assert!(world.players[witness].session.is_live());
}

#[test]
fn r12_inputs_that_the_simulation_does_not_take_wait_counted_and_arrive_in_order() {
    let mut world = World::new(8);
    let player = world.join("a");
    for number in 0..200 {
        world.players[player].command(&Ask::ToAll { number });
        world.exchange();
    }
    assert!(world.series("tickwire_channel_full_total{channel=\"inbound\"}") > 0);
    assert!(world.series("tickwire_channel_depth{channel=\"inbound\"}") > 0);
    world.ticks(4);
    assert_eq!(world.players[player].heard(), (0..200).collect::<Vec<_>>());
    assert_eq!(world.series("tickwire_channel_depth{channel=\"inbound\"}"), 0);
}

#[test]
fn r13_ticks_that_an_io_thread_does_not_take_are_merged_and_counted() {
    let mut world = World::new(8);
    let player = world.join("a");
    for _ in 0..30 {
        world.simulate(false);
    }
    assert!(world.series("tickwire_channel_full_total{channel=\"outbound\"}") > 0);
    assert_eq!(world.series("tickwire_channel_depth{channel=\"outbound\"}"), 1, "one output, of the newest");
    world.send_pass();
    world.ticks(2);
    assert_eq!(world.series("tickwire_channel_depth{channel=\"outbound\"}"), 0);
    assert!(world.players[player].session.is_live());
}

#[test]
fn p1_a_panic_is_counted_and_its_room_s_players_get_4009() {
    let mut world = World::new(8);
    let (ann, calm) = (world.join("a"), world.join("b"));
    let rooms_and_players =
        |world: &World| (world.series("tickwire_rooms{kind=\"skirmish\"}"), world.series("tickwire_players"));
    assert_eq!(rooms_and_players(&world), (2, 2));
    world.players[ann].command(&Ask::Panic);
    world.ticks(3);
    assert_eq!(world.players[ann].close_code, Some(4009));
    assert_eq!(world.series("tickwire_room_panics_total"), 1);
    assert_eq!(closed(&world, "room_failed"), 1);
    assert_eq!(rooms_and_players(&world), (1, 1));
    assert_eq!(world.series("tickwire_rooms{kind=\"inn\"}"), 0);
    assert!(world.players[calm].session.is_live());
}

#[test]
fn w5_updates_are_sent_or_skipped_for_a_reason() {
    let mut world = World::new(8);
    let player = world.join("a");
    let skipped = |world: &World, reason: &str| {
        world.series(&format!("tickwire_updates_skipped_total{{reason=\"{reason}\"}}"))
    };
    let sent = world.series("tickwire_messages_sent_total{kind=\"update\"}");
    world.players[player].set_room(0);
    world.ticks(3);
    assert_eq!(skipped(&world, "kernel"), 3);
    world.players[player].set_room(10);
    world.ticks(3);
    assert_eq!((skipped(&world, "kernel"), skipped(&world, "tail")), (3, 2));
    assert_eq!(world.series("tickwire_messages_sent_total{kind=\"update\"}"), sent + 1);
    world.players[player].set_room(usize::MAX);
    world.players[player].is_cut = true;
    world.ticks(70);
    assert!(skipped(&world, "gate") > 0, "64 updates are unacknowledged");
}

#[test]
fn r4_a_connection_with_its_session_takes_at_most_512_bytes_before_hello() {
    let connection = size_of::<Connection<mio::net::TcpStream, Box<PlayerSession>>>();
    // The slab's tag and the timer's node.
    let bytes = connection + size_of::<PlayerSession>() + 8 + 16;
    assert!(bytes <= 512, "{connection} + {} bytes", size_of::<PlayerSession>());
}
