//! The loop's logic on scripted transports and virtual time: no sockets, no clock.

mod faults;
mod framing;
mod handshake;
mod moving;
mod script;
mod watch;

use std::io;
use std::time::Duration;

use script::{Bench, HANG_UP, Peer, READABLE, UPGRADE, WRITABLE};
use tickwire_netcode::ws::{Limits, MessageKind, Role, WebSocket};

use super::connection::Connection;
use super::driver::Edge;
use super::limits::{
    CLOSE_TIMEOUT, DIRECT_BYTES_MIN, HEAD_TIMEOUT, READ_BYTES_PER_TURN, SHUTDOWN_TIMEOUT,
    TAIL_REPLY_BYTES_MAX,
};
use super::service::{Closed, Sent};

#[test]
fn r4_an_idle_connection_is_small() {
    let bytes = size_of::<Connection<mio::net::TcpStream, ()>>();
    // The slab's own tag and the timer node come on top: 8 and 16 bytes.
    assert!(bytes <= 256, "{bytes} bytes");
}

#[test]
fn ten_thousand_idle_connections_take_at_most_512_bytes_each() {
    const COUNT: i64 = 10_000;
    let mut bench = Bench::<false>::new();
    let mut bytes = 0;
    for _ in 0..COUNT {
        let peer = bench.accept();
        peer.push(UPGRADE);
        // The script's own memory is not the server's.
        peer.wire.borrow_mut().outbound.reserve(1 << 10);
        bytes += allocation_counter::measure(|| bench.edge(&peer, READABLE)).bytes_current;
        assert!(peer.take().starts_with(b"HTTP/1.1 101 "));
    }
    // Filled beside the counted calls; with all that the tables have grown ahead.
    let table =
        bench.driver.table.slots.capacity() * (size_of::<Connection<mio::net::TcpStream, ()>>() + 8 + 16);
    let each = (bytes + table as i64) / COUNT;
    assert!((256..=512).contains(&each), "{each} bytes");
}

#[test]
fn the_replies_of_a_pass_leave_with_one_write_after_one_read() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    for n in 0..16 {
        peer.say(format!("m{n}").as_bytes());
    }
    let before = (peer.wire.borrow().reads, peer.wire.borrow().writes);
    bench.edge(&peer, READABLE);
    bench.driver.end_turn(bench.now);
    assert_eq!(peer.events(), (0..16).map(|n| format!("m{n}")).collect::<Vec<_>>());
    assert_eq!((peer.wire.borrow().reads, peer.wire.borrow().writes), (before.0 + 1, before.1 + 1));
    assert_eq!(bench.spy.borrow().passes, 1);
    assert_eq!(bench.driver.poll_timeout(bench.now), None);
}

#[test]
fn h9_frames_that_came_with_the_upgrade_are_answered_in_the_same_write() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.accept();
    peer.push(UPGRADE);
    peer.say(b"early");
    bench.edge(&peer, READABLE);
    assert_eq!(peer.wire.borrow().writes, 1);
    let answer = peer.take();
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    assert_eq!(&answer[head..], b"\x82\x05early");
}

#[test]
fn f16_a_stream_cut_anywhere_gives_the_same_answers() {
    let mut whole = UPGRADE.to_vec();
    let mut ws = WebSocket::new(Role::Client, Limits::LIFTED, 7);
    ws.send(MessageKind::Text, b"one", &mut whole);
    ws.ping(b"p", &mut whole);
    ws.send(MessageKind::Binary, &[5; 300], &mut whole);
    ws.close(1000, "", &mut whole);
    let answer = |cut: usize| {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        for part in [&whole[..cut], &whole[cut..]] {
            peer.push(part);
            bench.edge(&peer, READABLE);
            bench.settle();
        }
        assert_eq!(bench.closed(), [Closed::Peer(Some(1000))], "cut {cut}");
        assert!(peer.wire.borrow().is_shut && !peer.is_gone(), "cut {cut}");
        peer.take()
    };
    let want = answer(whole.len());
    for cut in 0..whole.len() {
        assert_eq!(answer(cut), want, "cut {cut}");
    }
}

#[test]
fn w5_a_reply_taken_in_any_two_parts_arrives_whole_and_in_order() {
    for room in 0..=12 {
        let mut bench = Bench::<false>::new();
        let mut peer = bench.join();
        peer.say(b"first");
        peer.say(b"2nd");
        peer.room(room);
        bench.edge(&peer, READABLE);
        peer.say(b"third");
        bench.edge(&peer, READABLE);
        peer.room(usize::MAX);
        bench.edge(&peer, WRITABLE);
        bench.settle();
        assert_eq!(peer.events(), ["first", "2nd", "third"], "room {room}");
    }
}

#[test]
fn a_large_reply_leaves_at_once_with_what_was_before_it() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    let large = "L".repeat(DIRECT_BYTES_MIN);
    let small = "s".repeat(DIRECT_BYTES_MIN - 1);
    for message in ["before", &large, "between", &small, "after"] {
        peer.say(message.as_bytes());
    }
    let before = peer.wire.borrow().writes;
    bench.edge(&peer, READABLE);
    assert_eq!(peer.wire.borrow().writes, before + 2, "one with the large one, one with the rest");
    assert!(peer.take() == framed(&["before", &large, "between", &small, "after"]));
}

#[test]
fn large_and_small_replies_arrive_whole_and_in_order_however_they_are_taken() {
    let large = |name: &str| name.repeat(DIRECT_BYTES_MIN / name.len());
    let messages = ["1".to_owned(), large("2"), large("3 "), "4".to_owned(), large("5")];
    let header = 4;
    let edge = 3 + header + DIRECT_BYTES_MIN;
    let rooms =
        [0, 1, 2, 3, 5, 7, 8, 100, edge - 1, edge, edge + 1, edge + 4, edge + 5, 2 * edge, usize::MAX];
    for (room, is_piecemeal) in rooms.iter().flat_map(|&room| [(room, false), (room, true)]) {
        let mut bench = Bench::<true>::new();
        let mut peer = bench.join();
        peer.wire.borrow_mut().is_piecemeal = is_piecemeal;
        let (first, second) = messages.split_at(3);
        first.iter().for_each(|message| peer.say(message.as_bytes()));
        peer.room(room);
        bench.edge(&peer, READABLE);
        second.iter().for_each(|message| peer.say(message.as_bytes()));
        bench.edge(&peer, READABLE);
        peer.room(usize::MAX);
        bench.edge(&peer, WRITABLE);
        bench.settle();
        assert!(peer.take() == framed(&messages), "room {room}, piecemeal {is_piecemeal}");
    }
}

/// What a server sends for these messages.
fn framed(messages: &[impl AsRef<str>]) -> Vec<u8> {
    let mut ws = WebSocket::new(Role::Server, Limits::LIFTED, 7);
    let mut out = Vec::new();
    for message in messages {
        ws.send(MessageKind::Binary, message.as_ref().as_bytes(), &mut out);
    }
    out
}

#[test]
fn a_large_reply_to_a_transport_that_fails_ends_the_connection() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(&[b'x'; DIRECT_BYTES_MIN]);
    peer.wire.borrow_mut().write_error = Some(io::ErrorKind::BrokenPipe);
    bench.edge(&peer, READABLE);
    assert_eq!(bench.closed(), [Closed::Lost(io::ErrorKind::BrokenPipe)]);
    assert!(peer.is_gone());
}

#[test]
fn while_a_tail_is_pending_an_echo_is_not_read_and_later_is() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"a");
    peer.room(1);
    bench.edge(&peer, READABLE);
    let reads = peer.wire.borrow().reads;
    for _ in 0..100 {
        peer.say(b"more");
        bench.edge(&peer, READABLE);
    }
    bench.settle();
    assert_eq!(peer.wire.borrow().reads, reads, "backpressure: nothing is read");
    assert_eq!(bench.driver.poll_timeout(bench.now), None, "a paused connection does not spin");
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    bench.settle();
    assert_eq!(peer.events().len(), 101);
}

#[test]
fn a_service_that_reads_while_blocked_has_a_bounded_tail() {
    let mut bench = Bench::<true>::new();
    let mut peer = bench.join();
    peer.room(1);
    let payload = vec![1; 1 << 10];
    let mut sent = 0;
    while !peer.is_gone() {
        peer.say(&payload);
        bench.edge(&peer, READABLE);
        sent += payload.len();
        assert!(sent <= TAIL_REPLY_BYTES_MAX + (4 << 10));
    }
    assert_eq!(bench.closed(), [Closed::Slow]);
    assert!(sent >= TAIL_REPLY_BYTES_MAX);
}

#[test]
fn replies_behind_the_rest_of_a_large_update_are_counted_for_themselves() {
    let mut bench = Bench::<true>::new();
    let mut peer = bench.join();
    let update = vec![5; 2 * TAIL_REPLY_BYTES_MAX];
    bench.spy.borrow_mut().update = update.clone();
    peer.room(10);
    bench.driver.tick(bench.now);
    let payload = vec![1; 1 << 10];
    for _ in 0..100 {
        peer.say(&payload);
        bench.edge(&peer, READABLE);
    }
    assert!(bench.closed().is_empty());
    // The update is out and some replies are not: only those count.
    peer.room(update.len() + 50 * (payload.len() + 4));
    bench.edge(&peer, WRITABLE);
    for _ in 0..60 {
        peer.say(&payload);
        bench.edge(&peer, READABLE);
    }
    assert!(bench.closed().is_empty());
    for _ in 0..20 {
        peer.say(&payload);
        bench.edge(&peer, READABLE);
    }
    assert_eq!(bench.closed(), [Closed::Slow]);
}

#[test]
fn f18_a_read_that_fills_the_buffer_is_continued_without_a_new_edge_and_in_turn() {
    let mut bench = Bench::<false>::new();
    let (mut busy, mut other) = (bench.join(), bench.join());
    let payload = vec![7; 1000];
    let count = 5 * READ_BYTES_PER_TURN / payload.len();
    for _ in 0..count {
        busy.say(&payload);
    }
    other.say(b"me too");
    bench.edge(&busy, READABLE);
    bench.edge(&other, READABLE);
    assert!(busy.take().len() < 2 * READ_BYTES_PER_TURN, "one budget per turn");
    assert_eq!(other.events(), ["me too"]);
    assert_eq!(bench.driver.poll_timeout(bench.now), Some(Duration::ZERO));
    bench.settle();
    let left = busy.wire.borrow().inbound.len();
    assert_eq!(left, 0, "what was not re-queued would hang");
}

#[test]
fn x7_data_and_end_in_one_edge_are_both_seen() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"last words");
    peer.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&peer, HANG_UP);
    bench.settle();
    assert_eq!(peer.events(), ["last words"]);
    assert_eq!(bench.closed(), [Closed::Eof]);
    assert!(peer.is_gone());
}

#[test]
fn x1_every_way_to_lose_a_transport_ends_its_session_once_and_no_other() {
    type Break = fn(&mut Peer);
    let breaks: [(Break, Edge, Closed); 4] = [
        (|peer| peer.wire.borrow_mut().end = Some(Ok(())), READABLE, Closed::Eof),
        (
            |peer| {
                // Half a message, then the end.
                peer.say(&[1; 100]);
                let mut wire = peer.wire.borrow_mut();
                wire.inbound.truncate(50);
                wire.end = Some(Ok(()));
            },
            HANG_UP,
            Closed::Eof,
        ),
        (
            |peer| peer.wire.borrow_mut().end = Some(Err(io::ErrorKind::ConnectionReset)),
            HANG_UP,
            Closed::Lost(io::ErrorKind::ConnectionReset),
        ),
        (
            |peer| {
                peer.say(b"x");
                peer.wire.borrow_mut().write_error = Some(io::ErrorKind::BrokenPipe);
            },
            READABLE,
            Closed::Lost(io::ErrorKind::BrokenPipe),
        ),
    ];
    for (break_it, edge, why) in breaks {
        let mut bench = Bench::<false>::new();
        let (mut victim, mut other) = (bench.join(), bench.join());
        break_it(&mut victim);
        bench.edge(&victim, edge);
        bench.settle();
        assert!(victim.is_gone(), "{why:?}");
        assert_eq!(bench.spy.borrow().closed, [(victim.id, why)]);
        bench.edge(&victim, READABLE);
        other.say(b"still here");
        bench.edge(&other, READABLE);
        assert_eq!(other.events(), ["still here"]);
    }
}

#[test]
fn x7_a_stale_edge_does_not_reach_the_next_connection_in_the_same_place() {
    let mut bench = Bench::<false>::new();
    let old = bench.join();
    old.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&old, READABLE);
    let new = bench.accept();
    assert_eq!(old.id.index, new.id.index);
    assert_ne!(old.id, new.id);
    new.push(UPGRADE);
    bench.edge(&old, READABLE);
    assert_eq!(new.wire.borrow().reads, 0);
}

#[test]
fn a_close_by_the_service_waits_for_the_peer_and_then_lingers() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"before");
    peer.say(b"bye");
    peer.say(b"after");
    bench.edge(&peer, READABLE);
    assert_eq!(peer.events(), ["before", "close Some(4000)"]);
    assert_eq!(bench.closed(), [Closed::Local(4000)]);
    assert!(!peer.wire.borrow().is_shut, "the peer's close frame is awaited");
    // `events` has put the peer's answer into the inbound bytes.
    bench.edge(&peer, READABLE);
    assert!(peer.wire.borrow().is_shut && !peer.is_gone());
    peer.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&peer, HANG_UP);
    bench.settle();
    assert!(peer.is_gone());
    assert_eq!(bench.spy.borrow().closed.len(), 1);
}

#[test]
fn f15_a_peer_that_does_not_answer_a_close_is_dropped_after_the_deadline() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"bye");
    bench.edge(&peer, READABLE);
    bench.pass(CLOSE_TIMEOUT - Duration::from_millis(1));
    assert!(!peer.is_gone());
    bench.pass(Duration::from_millis(100));
    assert!(peer.is_gone());
}

#[test]
fn a_protocol_error_flushes_earlier_replies_then_its_close_code() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"good");
    peer.push(b"\x82\x01x"); // Not masked.
    bench.edge(&peer, READABLE);
    assert_eq!(peer.events(), ["good", "close Some(1002)"]);
    assert!(matches!(bench.closed()[..], [Closed::Protocol(_)]));
    assert!(peer.wire.borrow().is_shut);
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    assert!(peer.is_gone(), "a peer that does not hang up is dropped");
}

#[test]
fn h1_a_head_that_drips_is_refused_after_its_absolute_deadline() {
    let mut bench = Bench::<false>::new();
    let peer = bench.accept();
    let mut drips = UPGRADE.iter();
    for _ in 0..49 {
        peer.push(&[*drips.next().expect("a long head")]);
        bench.edge(&peer, READABLE);
        bench.pass(HEAD_TIMEOUT / 50);
    }
    assert!(peer.take().is_empty());
    bench.pass(HEAD_TIMEOUT / 50 + Duration::from_millis(100));
    assert!(peer.take().starts_with(b"HTTP/1.1 408 "));
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    assert!(peer.is_gone());
    assert!(bench.spy.borrow().opened.is_empty() && bench.spy.borrow().closed.is_empty());
}

#[test]
fn heads_are_answered_by_kind() {
    let no_key = String::from_utf8_lossy(UPGRADE).replace("Sec-WebSocket-Key", "X");
    let long = format!("GET /ws HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(9_000));
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("GET /none HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        ("POST /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n", 426),
        (&no_key, 400),
        ("\x16\x03\x01", 400),
        (&long, 431),
    ] {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        peer.push(head.as_bytes());
        bench.edge(&peer, READABLE);
        let answer = String::from_utf8(peer.take()).expect("text");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
        assert!(peer.wire.borrow().is_shut, "{head}");
        bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
        assert!(peer.is_gone(), "{head}");
    }
}

#[test]
fn a_response_survives_a_slow_reader_and_a_half_closed_one() {
    for room in [0, 1, 10, 50] {
        let mut bench = Bench::<false>::new();
        let peer = bench.accept();
        peer.push(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
        peer.wire.borrow_mut().end = Some(Ok(()));
        peer.room(room);
        bench.edge(&peer, HANG_UP);
        bench.settle();
        while !peer.is_gone() {
            peer.room(7);
            bench.edge(&peer, WRITABLE);
            bench.settle();
        }
        assert!(peer.take().ends_with(b"\r\n\r\nok"), "room {room}");
    }
}

#[test]
fn w5_an_update_that_is_not_taken_leaves_no_trace_and_one_partly_taken_arrives_whole() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    bench.spy.borrow_mut().update = b"state".to_vec();
    for (room, want) in [(0, Sent::Nothing), (7, Sent::All), (3, Sent::Partly), (7, Sent::Blocked)] {
        peer.room(room);
        bench.driver.tick(bench.now);
        assert_eq!(bench.spy.borrow_mut().sent.pop(), Some(want), "room {room}");
    }
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert_eq!(peer.events(), ["state", "state"]);
    bench.driver.tick(bench.now);
    assert_eq!(bench.spy.borrow_mut().sent.pop(), Some(Sent::All));
    peer.wire.borrow_mut().write_error = Some(io::ErrorKind::ConnectionReset);
    bench.driver.tick(bench.now);
    assert_eq!(bench.spy.borrow_mut().sent.pop(), Some(Sent::Gone));
    assert_eq!(bench.closed(), [Closed::Lost(io::ErrorKind::ConnectionReset)]);
    assert!(peer.is_gone());
}

#[test]
fn a_close_in_a_tick_reaches_the_peer_behind_a_pending_tail() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    bench.spy.borrow_mut().update = b"state".to_vec();
    peer.room(3);
    bench.driver.tick(bench.now);
    bench.spy.borrow_mut().close_at_tick = true;
    bench.driver.tick(bench.now);
    assert_eq!(bench.closed(), [Closed::Local(1013)]);
    bench.driver.tick(bench.now); // Nobody is left to close.
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert_eq!(peer.events(), ["state", "close Some(1013)"]);
}

#[test]
fn a_service_deadline_fires_once_and_its_ping_is_sent() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"stall");
    bench.edge(&peer, READABLE);
    bench.pass(Duration::from_millis(999));
    assert_eq!(bench.spy.borrow().timed_out, 0);
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.spy.borrow().timed_out, 1);
    assert_eq!(peer.events(), ["ping"]);
    let heard = bench.spy.borrow().heard;
    bench.edge(&peer, READABLE);
    assert_eq!(bench.spy.borrow().heard, heard + 1, "a pong is heard");
}

#[test]
fn a_stop_says_goodbye_to_sessions_and_drops_what_is_no_session() {
    let mut bench = Bench::<false>::new();
    let (mut session, head) = (bench.join(), bench.accept());
    bench.driver.stop(1001, "server interrupted", bench.now);
    assert!(head.is_gone());
    assert_eq!(session.events(), ["close Some(1001)"]);
    assert_eq!(bench.closed(), [Closed::Local(1001)]);
    bench.edge(&session, READABLE);
    session.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&session, HANG_UP);
    bench.settle();
    assert_eq!(bench.driver.connection_count(), 0);
    bench.driver.drop_all(1001, bench.now);
    assert_eq!(bench.spy.borrow().closed.len(), 1);
    bench.assert_balanced();
}

#[test]
fn a_goodbye_has_one_deadline_however_slowly_each_part_of_it_goes_and_a_shutdown_outlasts_it() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.room(0);
    let began = bench.now;
    bench.driver.stop(1012, "", bench.now);
    // The peer's close frame comes late, then room for ours; the peer's FIN never does.
    bench.pass(CLOSE_TIMEOUT / 2);
    let mut close = Vec::new();
    peer.ws.close(1000, "", &mut close);
    peer.push(&close);
    bench.edge(&peer, READABLE);
    bench.pass(CLOSE_TIMEOUT / 4);
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert!(peer.wire.borrow().is_shut && !peer.is_gone());
    while !peer.is_gone() {
        bench.pass(Duration::from_millis(50));
    }
    let took = bench.now.since(began);
    assert!((CLOSE_TIMEOUT..CLOSE_TIMEOUT + Duration::from_millis(150)).contains(&took), "{took:?}");
    assert!(took < SHUTDOWN_TIMEOUT);
    assert_eq!(bench.closed(), [Closed::Local(1012)]);
}

#[test]
fn a_huge_reply_gives_its_memory_to_the_tail_and_arrives_in_order() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(&vec![9; 3 << 20]);
    peer.room(100_000);
    bench.edge(&peer, READABLE);
    bench.settle();
    for _ in 0..100 {
        peer.room(100_000);
        bench.edge(&peer, WRITABLE);
        bench.settle();
    }
    assert_eq!(peer.events(), [format!("{} bytes", 3 << 20)]);
}

#[test]
fn w5_replies_behind_a_partly_flushed_tail_arrive_in_order() {
    for first in 1..=10 {
        let mut bench = Bench::<true>::new();
        let mut peer = bench.join();
        peer.say(b"one-two-three");
        peer.room(first);
        bench.edge(&peer, READABLE);
        peer.room(2);
        bench.edge(&peer, WRITABLE);
        peer.say(b"four");
        bench.edge(&peer, READABLE);
        peer.room(usize::MAX);
        bench.edge(&peer, WRITABLE);
        assert_eq!(peer.events(), ["one-two-three", "four"], "first {first}");
    }
}

#[test]
fn a_peer_that_closes_in_the_same_input_does_not_hide_who_began() {
    let mut bench = Bench::<false>::new();
    let mut peer = bench.join();
    peer.say(b"bye");
    let mut close = Vec::new();
    peer.ws.close(1000, "", &mut close);
    peer.push(&close);
    bench.edge(&peer, READABLE);
    assert_eq!(bench.closed(), [Closed::Local(4000)]);
    assert!(peer.wire.borrow().is_shut, "both close frames are exchanged");
}

#[test]
fn a_connection_that_is_gone_leaves_no_timer() {
    let mut bench = Bench::<false>::new();
    for _ in 0..3 {
        let peer = bench.accept();
        assert!(bench.driver.poll_timeout(bench.now).is_some());
        peer.wire.borrow_mut().end = Some(Ok(()));
        bench.edge(&peer, READABLE);
        assert!(peer.is_gone());
        assert_eq!(bench.driver.poll_timeout(bench.now), None);
    }
}

/// Bytes and room come in random pieces; edges come only where a kernel gives them: new bytes, or room after a write
/// that was cut short.
#[test]
fn random_schedules_lose_nothing_and_keep_the_order() {
    for seed in 1..=300_u64 {
        let mut state = seed;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut bench = Bench::<false>::new();
        let mut peers: Vec<_> = (0..3).map(|_| bench.join()).collect();
        let mut streams: Vec<Vec<u8>> = Vec::new();
        let mut want = Vec::new();
        for peer in &mut peers {
            let (mut stream, mut messages) = (Vec::new(), Vec::new());
            for n in 0..1 + random(12) {
                let text = format!("{n}").repeat(1 + random(30));
                peer.ws.send(MessageKind::Text, text.as_bytes(), &mut stream);
                messages.push(text);
            }
            peer.room(0);
            streams.push(stream);
            want.push(messages);
        }
        while streams.iter().any(|stream| !stream.is_empty()) {
            let which = random(peers.len());
            if random(2) == 0 {
                let stream = &mut streams[which];
                let piece: Vec<u8> = stream.drain(..random(stream.len() + 1)).collect();
                if !piece.is_empty() {
                    peers[which].push(&piece);
                    bench.edge(&peers[which], READABLE);
                }
            } else {
                let was_full = peers[which].wire.borrow().room == 0;
                peers[which].wire.borrow_mut().room += random(40);
                if was_full {
                    bench.edge(&peers[which], WRITABLE);
                }
            }
            if random(3) == 0 {
                bench.settle();
            }
        }
        for (peer, want) in peers.iter_mut().zip(want) {
            peer.room(usize::MAX);
            bench.edge(peer, WRITABLE);
            bench.settle();
            assert_eq!(peer.events(), want, "seed {seed}");
        }
        assert!(bench.closed().is_empty(), "seed {seed}");
    }
}
