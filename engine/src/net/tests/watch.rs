//! Which selector a connection belongs into, on a thread that harvests.

use super::script::{Bench, Peer, READABLE, WRITABLE};
use crate::net::watch::Watch;

/// Where the connection has to go since the last call.
fn moved(bench: &mut Bench<true>, peer: &Peer) -> Vec<(Watch, Watch)> {
    std::iter::from_fn(|| bench.driver.poll_strayed())
        .map(|(id, from, to)| {
            assert_eq!(id, peer.id);
            (from, to)
        })
        .collect()
}

fn live() -> (Bench<true>, Peer) {
    let mut bench = Bench::new();
    bench.driver.separate_live();
    let mut peer = bench.join();
    peer.say(b"here");
    bench.edge(&peer, READABLE);
    (bench, peer)
}

#[test]
fn a_session_is_live_once_it_is_settled() {
    let (mut bench, peer) = live();
    assert_eq!(moved(&mut bench, &peer), [(Watch::Control, Watch::Live)]);
    assert_eq!(moved(&mut bench, &peer), []);
}

#[test]
fn a_tail_is_watched_until_it_is_out() {
    let (mut bench, mut peer) = live();
    moved(&mut bench, &peer);
    peer.room(1);
    peer.say(b"more than a byte");
    bench.edge(&peer, READABLE);
    assert_eq!(moved(&mut bench, &peer), [(Watch::Live, Watch::LiveWithTail)]);
    peer.room(1);
    bench.edge(&peer, WRITABLE);
    assert_eq!(moved(&mut bench, &peer), [], "still not all of it");
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert_eq!(moved(&mut bench, &peer), [(Watch::LiveWithTail, Watch::Live)]);
}

#[test]
fn a_tail_that_came_and_went_between_two_turns_moves_nobody() {
    let (mut bench, mut peer) = live();
    moved(&mut bench, &peer);
    peer.room(1);
    peer.say(b"more than a byte");
    bench.edge(&peer, READABLE);
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert_eq!(moved(&mut bench, &peer), []);
}

#[test]
fn a_goodbye_is_not_left_to_the_next_tick() {
    let (mut bench, mut peer) = live();
    moved(&mut bench, &peer);
    peer.say(b"bye");
    bench.edge(&peer, READABLE);
    assert_eq!(moved(&mut bench, &peer), [(Watch::Live, Watch::Control)]);
}

#[test]
fn without_a_harvest_everybody_stays_where_it_is() {
    let mut bench = Bench::<true>::new();
    let mut peer = bench.join();
    peer.say(b"here");
    bench.edge(&peer, READABLE);
    assert_eq!(moved(&mut bench, &peer), []);
}
