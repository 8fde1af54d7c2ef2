//! Connections between two threads' drivers: nothing is lost, doubled or overtaken, wherever the stream is cut.

use super::script::{Bench, Peer, READABLE, WRITABLE};
use super::*;
use crate::net::connection::Phase;

/// Hands over what leaves the one thread, as the event loops do.
fn carry<const R: bool>(from: &mut Bench<R>, to: &mut Bench<R>, peer: &mut Peer) -> usize {
    let mut carried = 0;
    while let Some((thread, parcel)) = from.driver.poll_departed() {
        assert_eq!(thread, 1);
        let (id, unread) = to.driver.place(parcel, to.now).expect("a free place");
        to.driver.arrive(id, &unread, to.now);
        peer.id = id;
        carried += 1;
    }
    carried
}

#[test]
fn a_stream_cut_anywhere_is_answered_in_order_across_a_move() {
    let mut script = Vec::new();
    let mut ws = WebSocket::new(Role::Client, Limits::LIFTED, 7);
    for payload in [&b"one"[..], b"move 1", b"two", &[b'x'; 300], b"three"] {
        ws.send(MessageKind::Binary, payload, &mut script);
    }
    for cut in 0..=script.len() {
        let (mut here, mut there) = (Bench::<true>::new(), Bench::<true>::new());
        let mut peer = here.join();
        peer.push(&script[..cut]);
        here.edge(&peer, READABLE);
        let moved = carry(&mut here, &mut there, &mut peer);
        peer.push(&script[cut..]);
        let owner = if moved == 1 { &mut there } else { &mut here };
        owner.edge(&peer, READABLE);
        let moved = moved + carry(&mut here, &mut there, &mut peer);
        assert_eq!(moved, 1, "cut {cut}");
        there.settle();
        assert_eq!(peer.events(), ["one", "two", "300 bytes", "three"], "cut {cut}");
        assert_eq!(here.driver.connection_count(), 0);
        assert_eq!(here.spy.borrow().closed, [], "it goes on");
        assert_eq!(there.spy.borrow().arrived, [peer.id]);
    }
}

#[test]
fn the_unsent_rest_of_a_reply_goes_along_and_leaves_first() {
    for room in 0..=12 {
        let (mut here, mut there) = (Bench::<true>::new(), Bench::<true>::new());
        let mut peer = here.join();
        peer.room(room);
        peer.say(b"first");
        peer.say(b"move 1");
        peer.say(b"second");
        here.edge(&peer, READABLE);
        assert_eq!(carry(&mut here, &mut there, &mut peer), 1);
        peer.room(usize::MAX);
        there.edge(&peer, WRITABLE);
        there.settle();
        assert_eq!(peer.events(), ["first", "second"], "room {room}");
    }
}

#[test]
fn bytes_that_no_new_edge_announces_are_read_on_the_other_thread() {
    let (mut here, mut there) = (Bench::<true>::new(), Bench::<true>::new());
    let mut peer = here.join();
    peer.say(b"move 1");
    // More than one turn reads: the edge was used up on the first thread.
    for _ in 0..READ_BYTES_PER_TURN / 1000 + 5 {
        peer.say(&[b'y'; 1000]);
    }
    here.edge(&peer, READABLE);
    assert_eq!(carry(&mut here, &mut there, &mut peer), 1);
    there.settle();
    assert_eq!(peer.events().len(), READ_BYTES_PER_TURN / 1000 + 5);
}

#[test]
fn deadlines_and_the_end_of_a_stream_are_kept_on_the_other_thread() {
    let (mut here, mut there) = (Bench::<true>::new(), Bench::<true>::new());
    let mut peer = here.join();
    peer.say(b"stall");
    peer.say(b"move 1");
    here.edge(&peer, READABLE);
    carry(&mut here, &mut there, &mut peer);
    there.pass(Duration::from_secs(2));
    assert_eq!((here.spy.borrow().timed_out, there.spy.borrow().timed_out), (0, 1));
    assert!(matches!(there.driver.table.find(peer.id).expect("open").phase, Phase::Open { .. }));
    peer.wire.borrow_mut().end = Some(Ok(()));
    there.edge(&peer, HANG_UP);
    there.settle();
    assert_eq!(there.closed(), [Closed::Eof]);
    assert!(peer.is_gone());
}
