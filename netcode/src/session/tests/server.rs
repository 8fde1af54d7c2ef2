//! A server session alone: who may say what when, and what it costs to break the rules.

use super::*;

#[test]
fn s1_a_hello_that_does_not_come_in_time_closes_with_4001() {
    let mut server = Server::new();
    assert_eq!(server.session.poll_timeout(), Some(ms(3000)));
    assert_eq!(server.session.handle_timeout(ms(2999)), Ok(Due::Nothing));
    assert_eq!(code(server.session.handle_timeout(ms(3000)).map(drop)), 4001);
    assert!(server.session.is_closing());
    assert_eq!(server.take(3001, &hello("late")), Ok(()), "what comes after the close is not read");
    assert!(server.seen.log.is_empty());
}

#[test]
fn s1_another_message_first_closes_with_4001_and_a_bad_hello_with_4011() {
    for (message, want) in [(ack(0, 0), 4001), (vec![], 4001), (vec![1, 1], 4011), (vec![1; 1025], 4011)] {
        assert_eq!(code(Server::new().take(0, &message)), want, "{message:x?}");
    }
}

#[test]
fn n3_a_foreign_version_is_rejected_with_the_range_that_is_spoken() {
    let mut server = Server::new();
    assert_eq!(code(server.take(0, &[kind::HELLO, 9])), 4010);
    let reject = Reject::decode(&server.seen.replies[0]).unwrap();
    assert_eq!((reject.code, reject.protocol_min, reject.protocol_max), (4010, 1, 1));
}

#[test]
fn while_the_room_decides_only_ping_and_bye_are_taken() {
    let mut server = Server::new();
    server.take(0, &hello("Ada")).unwrap();
    let mut ping = Vec::new();
    Ping { stamp: Stamp(5) }.encode(&mut ping);
    server.take(1, &ping).unwrap();
    assert_eq!(server.seen.replies, [[kind::PONG, 5, 0, 0, 0, 0xE8, 3, 0, 0]]);
    let mut hasty = server.session.clone();
    let taken = hasty.handle_message(&ack(0, 0), ms(2), None, &mut server.seen);
    assert_eq!(code(taken), 4011);

    let mut bye = Vec::new();
    Bye { reason: 0 }.encode(&mut bye);
    server.take(3, &bye).unwrap();
    assert_eq!(server.seen.log, ["hello Ada", "bye 0"]);
    let mut out = Vec::new();
    assert!(!server.welcome(4, &mut out), "the seat is free again");
    assert!(out.is_empty());
}

#[test]
fn a_second_hello_closes_with_4011() {
    let mut joining = Server::new();
    joining.take(0, &hello("Ada")).unwrap();
    assert_eq!(code(joining.take(1, &hello("Ada"))), 4011);
    assert_eq!(code(Server::joined().take(1, &hello("Ada"))), 4011);
}

#[test]
fn a_refused_seat_is_told_by_reject() {
    let mut server = Server::new();
    server.take(0, &hello("Ada")).unwrap();
    let mut out = Vec::new();
    server.session.reject(CloseCode::Full, "the room is full", 500, &mut out);
    let reject = Reject::decode(&out).unwrap();
    assert_eq!((reject.code, reject.retry_after_ms, reject.reason.as_str()), (4013, 500, "the room is full"));
    assert!(server.session.is_closing());
}

#[test]
fn an_input_word_out_of_range_closes_with_4011() {
    let mut server = Server::joined();
    let mut message = input(&server.layout, 1, 1001, &[0]);
    // 3 + 16 + 16 + 20 bits come before the seven of `power`, of which six are in the last byte.
    *message.last_mut().unwrap() = 0x3F;
    let taken = server.take(1, &message);
    assert_eq!(taken, Err(ProtocolError::WordOutOfRange { word: 126, max: 100 }));
    assert_eq!(code(taken), 4011);
    assert_eq!(server.seen.log, ["hello Ada"]);
}

#[test]
fn inputs_arrive_with_their_full_numbers() {
    let mut server = Server::joined();
    server.take(1, &input(&server.layout, 1, 1001, &[10, 11])).unwrap();
    server.take(2, &input(&server.layout, 3, 1003, &[12])).unwrap();
    server.take(3, &input(&server.layout, 3, 1003, &[12])).unwrap();
    let want = ["input 1 tick 1001 [10]", "input 2 tick 1002 [11]", "input 3 tick 1003 [12]"];
    assert_eq!(server.seen.log[1..4], want);
    assert_eq!(server.seen.log[4], want[2], "the input buffer judges duplicates");
}

#[test]
fn i2_a_repeated_command_runs_once_and_a_hole_closes_with_4011() {
    let mut server = Server::joined();
    let buy = |layout: &Layout, number: u32, item: u32| {
        let mut out = Vec::new();
        Command { number: CommandSeq(number), index: 0 }.encode(layout, &[item], &mut out);
        out
    };
    for (number, item) in [(1, 5), (1, 5), (2, 6), (1, 9), (0, 9)] {
        let message = buy(&server.layout, number, item);
        server.take(1, &message).unwrap();
    }
    assert_eq!(server.seen.log[1..], ["command 1 [5]", "command 2 [6]"]);
    assert_eq!(server.session.stats().commands_duplicate, 3);
    let hole = buy(&server.layout, 4, 1);
    assert_eq!(server.take(2, &hole), Err(ProtocolError::SequenceGap { number: 4, expected: 3 }));
}

#[test]
fn n4_acks_of_what_was_not_sent_are_strikes_and_nothing_else() {
    let mut server = Server::joined();
    for tick in 1001..1004 {
        server.update(1, tick, NOTHING, true).unwrap();
    }
    server.take(2, &ack(2, 0)).unwrap();
    assert_eq!((server.session.updates_in_flight(), server.session.stats().ack_strikes), (1, 0));
    for (update, event) in [(4, 0), (1, 0), (0x8000, 0), (2, 1)] {
        server.take(3, &ack(update, event)).unwrap();
        assert_eq!(server.session.updates_in_flight(), 1);
    }
    assert_eq!(server.session.stats().ack_strikes, 4);
}

#[test]
fn a_send_that_accepted_nothing_leaves_the_session_as_if_it_had_not_been_tried() {
    let mut server = Server::joined();
    server.event(1001, 5, false).unwrap();
    server.update(5, 1001, NOTHING, true).unwrap();
    server.event(1002, 6, false).unwrap();
    let before = server.session.clone();
    let told = (Some((InputSeq(1), 3)), 1);
    let tried = server.update(9, 1002, told, false).unwrap();
    assert_eq!(tried.len(), 2, "an Update and its events");
    assert!(server.session == before);
    let again = server.update(9, 1002, told, true).unwrap();
    assert_eq!(again, tried);
    assert!(server.session != before);
}

#[test]
fn an_update_is_never_older_than_the_one_before() {
    let mut server = Server::joined();
    assert!(server.update(1, BASE_TICK, NOTHING, true).is_none());
    assert!(server.update(1, 1005, NOTHING, true).is_some());
    assert!(server.update(1, 1005, NOTHING, true).is_none());
    assert!(server.update(1, 1004, NOTHING, true).is_none());
}

#[test]
fn parts_of_the_header_are_sent_when_there_is_news() {
    let mut server = Server::joined();
    let told = (Some((InputSeq(1), 3)), 1);
    // Hello's stamp is news the first time.
    let flags =
        |server: &mut Server, at_ms, tick, told| server.update(at_ms, tick, told, true).unwrap()[0][2];
    assert_eq!(flags(&mut server, 1, 1001, NOTHING), 0b10_0000);
    assert_eq!(flags(&mut server, 2, 1002, told), 0b01_1000);
    assert_eq!(flags(&mut server, 3, 1003, told), 0);
    let mut stamped = Vec::new();
    Ack { update: 3, event: EventSeq(0), stamp: Stamp(9) }.encode(&mut stamped);
    server.take(4, &stamped).unwrap();
    assert_eq!(flags(&mut server, 5, 1004, told), 0b10_0000);
}

#[test]
fn the_gate_shuts_at_64_updates_in_flight_and_opens_by_an_ack() {
    let mut server = Server::joined();
    for tick in 1001..=1064 {
        assert!(server.session.gate_open());
        server.update(1, tick, NOTHING, true).unwrap();
    }
    assert!(!server.session.gate_open());
    server.take(2, &ack(1, 0)).unwrap();
    assert!(server.session.gate_open());
}

#[test]
fn the_least_round_trip_is_told_once_a_second() {
    let mut server = Server::joined();
    // (written, acknowledged, told) in milliseconds; the fourth ack was read in a pass that began before the write.
    let script: [(u64, u64, Option<u128>); 7] = [
        (1_000, 1_050, Some(50)),
        (1_100, 1_120, None),
        (1_900, 2_000, Some(20)),
        (3_100, 3_090, None),
        (3_100, 3_130, Some(20)),
        (12_500, 12_600, Some(30)),
        (30_000, 30_090, Some(90)),
    ];
    for (update, (written, acked, told)) in (1_u16..).zip(script) {
        server.update(written, BASE_TICK + u32::from(update), NOTHING, true).unwrap();
        server.take(acked, &ack(update, 0)).unwrap();
        assert_eq!(server.session.take_rtt().map(|rtt| rtt.as_millis()), told, "update {update}");
        assert_eq!(server.session.take_rtt(), None);
    }
}

#[test]
fn events_wait_for_an_update_of_their_tick() {
    let mut server = Server::joined();
    for (tick, by) in [(1002, 1), (1003, 2), (1003, 3), (1006, 4)] {
        server.event(tick, by, false).unwrap();
    }
    let written = |server: &mut Server, tick| server.update(1, tick, NOTHING, true).unwrap()[1..].to_vec();
    assert!(written(&mut server, 1001).is_empty());
    assert_eq!(written(&mut server, 1002), [[kind::EVENTS, 0, 0xEA, 3, 1, 1, 0, 0, 1]]);
    let want = [kind::EVENTS, 1, 0xED, 3, 2, 1, 2, 0, 2, 1, 2, 0, 3];
    assert_eq!(written(&mut server, 1005), [want], "age 2 in tick 1005; each is written once");
    assert_eq!(written(&mut server, 1006).len(), 1);
    assert_eq!(server.session.events_unacked(), 4);
    server.take(2, &ack(0, 3)).unwrap();
    assert_eq!(server.session.events_unacked(), 1);
    server.take(2, &ack(0, 5)).unwrap();
    assert_eq!((server.session.events_unacked(), server.session.stats().ack_strikes), (1, 1));
}

#[test]
fn droppable_events_leave_holes_when_the_lane_is_half_full_and_others_close_with_4007() {
    let mut server = Server::joined();
    let half = limits::EVENTS_UNACKED_MAX as u32 / 2;
    for _ in 0..half {
        server.event(1001, 0, true).unwrap();
    }
    for _ in 0..5 {
        server.event(1001, 0, true).unwrap();
    }
    assert_eq!(server.session.stats().events_dropped, 5);
    server.event(1001, 7, false).unwrap();
    let messages = server.update(1, 1001, NOTHING, true).unwrap();
    assert_eq!(messages.len(), 1 + half.div_ceil(255) as usize);
    let last = messages.last().unwrap();
    assert_eq!(last[last.len() - 4..], [6, 0, 0, 7], "a gap of six, of which five were dropped");

    for _ in half + 1..limits::EVENTS_UNACKED_MAX as u32 {
        server.event(1002, 0, false).unwrap();
    }
    assert_eq!(code(server.event(1002, 0, false)), 4007);
    assert!(server.session.is_closing());
}

#[test]
fn large_events_fill_the_lane_by_bytes_and_go_out_in_pieces() {
    let mut server = Server::joined();
    let fields = vec![0; 10_000];
    let record = EventRecord { tick: Tick(1001), class: 0, cause: None, droppable: false, fields: &fields };
    let mut pushed = 0;
    while server.session.push_event(&record).is_ok() {
        pushed += 1;
    }
    assert_eq!(pushed, limits::EVENTS_UNACKED_BYTES_MAX / 10_016);

    let mut server = Server::joined();
    for _ in 0..3 {
        server.session.push_event(&record).unwrap();
    }
    assert_eq!(server.update(1, 1001, NOTHING, true).unwrap().len(), 4);
}

#[test]
fn w3_silence_asks_for_a_ping_at_10_s_and_ends_at_25_s() {
    let mut server = Server::joined();
    assert_eq!(server.session.poll_timeout(), Some(ms(10_000)));
    assert_eq!(server.session.handle_timeout(ms(10_000)), Ok(Due::Ping));
    assert_eq!(server.session.poll_timeout(), Some(ms(25_000)));
    assert_eq!(server.session.handle_timeout(ms(24_999)), Ok(Due::Nothing));
    server.session.heard(ms(24_999));
    assert_eq!(server.session.handle_timeout(ms(34_999)), Ok(Due::Ping));
    assert_eq!(code(server.session.handle_timeout(ms(49_999)).map(drop)), 4014);
}

#[test]
fn updates_that_nobody_acknowledges_for_25_s_close_with_4007() {
    let mut server = Server::joined();
    server.update(4000, 1001, NOTHING, true).unwrap();
    server.session.heard(ms(20_000));
    assert_eq!(server.session.poll_timeout(), Some(ms(29_000)));
    assert_eq!(code(server.session.handle_timeout(ms(29_000)).map(drop)), 4007);
}

#[test]
fn i3_a_flood_of_messages_closes_with_4006() {
    let mut server = Server::joined();
    let mut taken = 0;
    let ended = loop {
        match server.take(5, &ack(0, 0)) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((taken, ended.close_code().code()), (1799, 4006), "Hello was the first of 1800");
}

#[test]
fn the_fourth_resync_within_a_minute_closes_with_4018() {
    let mut server = Server::joined();
    let resync = |seq| {
        let mut out = Vec::new();
        Resync { seq }.encode(&mut out);
        out
    };
    server.update(1, 1001, NOTHING, true).unwrap();
    let depth = |server: &Server| {
        let key = server.session.body_key(0, PartKey::Everyone, Tick(1002), &server.history, ms(2));
        key.unwrap().depth
    };
    assert_eq!(depth(&server), 1);
    server.take(2, &resync(1)).unwrap();
    assert_eq!(depth(&server), 0);
    for _ in 0..2 {
        server.take(3, &resync(1)).unwrap();
    }
    assert_eq!(code(server.take(4, &resync(1))), 4018);
}
