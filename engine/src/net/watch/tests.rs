//! The selectors with real sockets: whatever a move falls upon, its edge is announced where the socket is afterwards.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Poll, Token};

use super::{Registries, Watch};
use crate::net::harvest::Harvest;
use crate::net::limits::{COALESCE_FROM, WINDOW_TICKS};
use crate::net::pace::ReadMode;
use crate::tick_grid::TickGrid;
use tickwire_netcode::time::Time;

const SOCKET: Token = Token(5);
const HARVEST: Token = Token(6);

/// Long enough for loopback; reached by a failing test only.
const PATIENCE: Duration = Duration::from_secs(10);

/// Our end, and the peer's.
fn pair() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let peer = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("listening");
    let (ours, _) = listener.accept().expect("it has connected");
    ours.set_nonblocking(true).expect("a socket");
    (TcpStream::from_std(ours), peer)
}

/// Whether the selector announces this token, and for reading, within `limit`.
fn announced(poll: &mut Poll, token: Token, limit: Duration) -> Option<bool> {
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(limit)).expect("a selector");
    let event = events.iter().find(|event| event.token() == token)?;
    Some(event.is_readable())
}

#[test]
fn bytes_that_came_before_a_move_are_announced_after_it() {
    let ways = [
        (Watch::Control, Watch::Live),
        (Watch::Control, Watch::LiveWithTail),
        (Watch::Live, Watch::Control),
        (Watch::LiveWithTail, Watch::Control),
    ];
    for (from, to) in ways {
        let (mut control, mut live) = (Poll::new().expect("one"), Poll::new().expect("one"));
        let (mut ours, mut peer) = pair();
        {
            let registries = Registries { control: control.registry(), live: live.registry() };
            registries.enter(&mut ours, SOCKET, from).expect("registered");
        }
        peer.write_all(b"here").expect("connected");
        // The edge is taken where the socket was, and its bytes are not read.
        let before = if from == Watch::Control { &mut control } else { &mut live };
        while announced(before, SOCKET, PATIENCE) != Some(true) {}
        let registries = Registries { control: control.registry(), live: live.registry() };
        registries.change(&mut ours, SOCKET, from, to).expect("moved");
        let after = if to == Watch::Control { &mut control } else { &mut live };
        assert_eq!(announced(after, SOCKET, PATIENCE), Some(true), "{from:?} to {to:?}");
    }
}

#[test]
fn the_rest_of_a_write_is_announced_by_the_control_selector_wherever_its_socket_came_from() {
    for from in [Watch::Control, Watch::Live] {
        let (mut control, live) = (Poll::new().expect("one"), Poll::new().expect("one"));
        let (mut ours, mut peer) = pair();
        {
            let registries = Registries { control: control.registry(), live: live.registry() };
            registries.enter(&mut ours, SOCKET, from).expect("registered");
        }
        while announced(&mut control, SOCKET, Duration::ZERO).is_some() {}
        let block = vec![0; 1 << 20];
        while ours.write(&block).is_ok() {}
        let registries = Registries { control: control.registry(), live: live.registry() };
        registries.change(&mut ours, SOCKET, from, Watch::LiveWithTail).expect("moved");
        assert_eq!(announced(&mut control, SOCKET, Duration::ZERO), None, "there is no room yet");
        let mut sink = vec![0; 1 << 20];
        peer.set_read_timeout(Some(PATIENCE)).expect("a socket");
        while announced(&mut control, SOCKET, Duration::ZERO).is_none() {
            assert_ne!(peer.read(&mut sink).expect("what was written"), 0);
        }
        let registries = Registries { control: control.registry(), live: live.registry() };
        registries.change(&mut ours, SOCKET, Watch::LiveWithTail, Watch::Live).expect("moved");
        while announced(&mut control, SOCKET, Duration::ZERO).is_some() {}
    }
}

#[test]
fn bytes_that_came_before_a_change_of_the_mode_are_announced_after_it() {
    let grid = TickGrid::new(Time::from_nanos(0), 100);
    let now = Time::from_nanos(1_000_000_000);
    let mut control = Poll::new().expect("a selector");
    let harvest = Harvest::new(control.registry(), HARVEST, grid, now).expect("descriptors");
    let mut harvest = harvest.expect("on this system there is one");
    let (mut ours, mut peer) = pair();
    let registries = Registries { control: control.registry(), live: harvest.registry() };
    registries.enter(&mut ours, SOCKET, Watch::Live).expect("registered");

    // While waking, an edge of the socket wakes the thread.
    peer.write_all(b"one").expect("connected");
    while announced(&mut control, HARVEST, PATIENCE).is_none() {}
    let mut taken = 0;
    harvest.pass(1, |_| taken += 1).expect("a selector");
    assert_eq!(taken, 1);

    // A window of load, at a time whose timer lies far ahead of the real clock.
    let window = grid.interval() * WINDOW_TICKS;
    let later = now + Duration::from_secs(1_000_000_000);
    harvest.passed(u64::MAX / 2, now, now);
    harvest.settle(control.registry(), now + window).expect("a selector");
    assert_eq!(harvest.mode(), ReadMode::Coalescing, "{COALESCE_FROM} messages a tick are enough");
    harvest.passed(COALESCE_FROM * u64::from(WINDOW_TICKS) * 1_000, later, later);
    harvest.settle(control.registry(), now + window).expect("a selector");
    while announced(&mut control, HARVEST, Duration::ZERO).is_some() {}
    peer.write_all(b"two").expect("connected");
    // Seen by the harvested selector, and by it alone.
    let mut probe = [0; 8];
    while ours.peek(&mut probe).map_or(true, |count| count < 6) {}
    assert_eq!(announced(&mut control, HARVEST, Duration::ZERO), None);

    harvest.settle(control.registry(), later + window * 1_000_000).expect("a selector");
    assert_eq!(harvest.mode(), ReadMode::Waking);
    while announced(&mut control, HARVEST, PATIENCE).is_none() {}
    harvest.pass(1, |_| taken += 1).expect("a selector");
    assert_eq!(taken, 2);
}
