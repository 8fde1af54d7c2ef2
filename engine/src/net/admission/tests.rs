//! Who is taken, who is refused, and that everything is given back.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::{Admission, Capacity, Decision, Ticket};
use crate::metrics::causes::HandshakeFailure;
use crate::net::limits::{ADDRESS_BURST, ADDRESS_CONNECTIONS_MAX, ADDRESSES_MAX, BUSY_ANSWERS_MAX};

fn at(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

fn peer(text: &str) -> SocketAddr {
    format!("{text}:1").parse().expect("an address")
}

fn admission(connections_max: usize) -> Admission {
    Admission::new(Capacity { connections_max, limit_loopback: false })
}

#[track_caller]
fn taken(decision: Decision) -> Ticket {
    match decision {
        Decision::Take(ticket) => ticket,
        Decision::Refuse(reason) => panic!("refused: {reason:?}"),
    }
}

#[track_caller]
fn refused(decision: Decision) -> HandshakeFailure {
    match decision {
        Decision::Take(ticket) => panic!("taken: {ticket:?}"),
        Decision::Refuse(reason) => reason,
    }
}

#[test]
fn h1_connections_without_a_session_have_a_quarter_of_the_slots() {
    let mut admission = admission(16);
    let mut tickets: Vec<_> = (0..4).map(|_| taken(admission.admit(peer("127.0.0.1"), at(0)))).collect();
    assert_eq!(refused(admission.admit(peer("127.0.0.1"), at(0))), HandshakeFailure::Pending);
    tickets[2].settle();
    let next = taken(admission.admit(peer("127.0.0.1"), at(0)));
    assert_eq!(refused(admission.admit(peer("127.0.0.1"), at(0))), HandshakeFailure::Pending);
    drop(next);
    taken(admission.admit(peer("127.0.0.1"), at(0)));
    assert_eq!(admission.connections(), 4);
    drop(tickets);
    assert_eq!(admission.connections(), 0);
}

#[test]
fn r3_who_comes_when_all_slots_are_taken_is_turned_away_with_an_answer_and_then_without() {
    let mut admission = admission(2);
    let mut tickets = Vec::new();
    for want in [false, false, true] {
        let mut ticket = taken(admission.admit(peer("127.0.0.1"), at(0)));
        assert_eq!(ticket.is_turned_away, want);
        ticket.settle();
        tickets.push(ticket);
    }
    while tickets.len() < 2 + BUSY_ANSWERS_MAX {
        tickets.push(taken(admission.admit(peer("127.0.0.1"), at(0))));
    }
    assert_eq!(refused(admission.admit(peer("127.0.0.1"), at(0))), HandshakeFailure::Full);
    tickets.remove(0);
    assert!(!taken(admission.admit(peer("127.0.0.1"), at(0))).is_turned_away);
}

#[test]
fn one_address_has_at_most_64_connections_and_a_v6_network_counts_as_one() {
    for (one, same, other) in [
        ("192.0.2.1", "[::ffff:192.0.2.1]", "192.0.2.2"),
        ("[2001:db8::1]", "[2001:db8::ffff:1]", "[2001:db8:0:1::1]"),
    ] {
        let mut admission = admission(10_000);
        let mut tickets: Vec<_> =
            (0..ADDRESS_CONNECTIONS_MAX).map(|_| taken(admission.admit(peer(one), at(0)))).collect();
        let late = at(60_000);
        assert_eq!(refused(admission.admit(peer(same), late)), HandshakeFailure::AddressConnections);
        taken(admission.admit(peer(other), late));
        tickets.pop();
        taken(admission.admit(peer(same), late));
    }
}

#[test]
fn one_address_connects_at_most_20_times_a_second_after_a_burst() {
    let mut admission = admission(10_000);
    let mut at_once = || {
        let mut count = 0;
        while matches!(admission.admit(peer("192.0.2.1"), at(0)), Decision::Take(_)) {
            count += 1;
        }
        count
    };
    assert_eq!(at_once(), ADDRESS_BURST);
    let mut later = 0;
    for ms in 1..=2_000 {
        later += u32::from(matches!(admission.admit(peer("192.0.2.1"), at(ms)), Decision::Take(_)));
    }
    assert_eq!(later, 40);
    assert_eq!(refused(admission.admit(peer("192.0.2.1"), at(2_000))), HandshakeFailure::AddressRate);
}

#[test]
fn loopback_is_exempt_unless_told_otherwise() {
    for (limit_loopback, want) in [(false, 200), (true, ADDRESS_CONNECTIONS_MAX)] {
        for address in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.9]"] {
            let mut admission = Admission::new(Capacity { connections_max: 10_000, limit_loopback });
            let tickets: Vec<_> = (0..200)
                .map(|_| admission.admit(peer(address), at(0)))
                .filter(|decision| matches!(decision, Decision::Take(_)))
                .collect();
            assert_eq!(tickets.len(), want, "{address}");
        }
    }
}

#[test]
fn addresses_are_forgotten_when_they_owe_nothing_and_never_exceed_their_bound() {
    let mut admission = admission(1 << 20);
    let nth = |n: u32| SocketAddr::from((std::net::Ipv4Addr::from_bits(0x0a00_0000 + n), 1));
    let kept = taken(admission.admit(nth(0), at(0)));
    for n in 1..ADDRESSES_MAX as u32 {
        drop(taken(admission.admit(nth(n), at(0))));
    }
    assert_eq!(refused(admission.admit(nth(u32::from(u16::MAX) + 9), at(0))), HandshakeFailure::Addresses);
    taken(admission.admit(nth(0), at(0)));
    // A second later all but the connected one are paid for.
    let later = at(0) + Duration::from_secs(2);
    taken(admission.admit(nth(u32::from(u16::MAX) + 9), later));
    assert_eq!(admission.networks.len(), 2);
    drop(kept);
}
