//! The acceptor on a scripted backlog: no sockets, no clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::{Acceptor, Verdict, judge};
use crate::metrics::causes::{AcceptFailure, HandshakeFailure};
use crate::metrics::io::IoMetrics;
use crate::metrics::label::Label;
use crate::net::admission::{Capacity, Ticket};
use crate::net::backlog::Backlog;
use crate::net::limits::{ACCEPT_RETRY, ACCEPTS_PER_TURN, DRAINS_PER_TURN};

/// What the kernel would hold: connections that wait, and descriptors that are left.
#[derive(Debug, Default)]
struct Kernel {
    waiting: usize,
    /// Taken before `waiting`.
    errors: VecDeque<io::Error>,
    descriptors: usize,
    accepts: usize,
    turned_away: Vec<Vec<u8>>,
}

type Shared = Rc<RefCell<Kernel>>;

#[derive(Debug, Clone)]
struct Script(Shared);

/// Holds a descriptor.
#[derive(Debug)]
struct Descriptor(Shared);

impl Drop for Descriptor {
    fn drop(&mut self) {
        self.0.borrow_mut().descriptors += 1;
    }
}

impl Script {
    fn open(&self) -> io::Result<Descriptor> {
        let mut kernel = self.0.borrow_mut();
        if kernel.descriptors == 0 {
            return Err(emfile());
        }
        kernel.descriptors -= 1;
        Ok(Descriptor(Rc::clone(&self.0)))
    }
}

impl Backlog for Script {
    type Socket = Descriptor;
    type Reserve = Descriptor;

    fn accept(&mut self) -> io::Result<(Descriptor, SocketAddr)> {
        self.0.borrow_mut().accepts += 1;
        if let Some(error) = self.0.borrow_mut().errors.pop_front() {
            return Err(error);
        }
        // As accept(2) has it: without a descriptor the backlog is not even looked at.
        let descriptor = self.open()?;
        if self.0.borrow().waiting == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.borrow_mut().waiting -= 1;
        Ok((descriptor, SocketAddr::from(([192, 0, 2, 1], 1))))
    }

    fn reserve(&mut self) -> io::Result<Descriptor> {
        self.open()
    }

    fn turn_away(&mut self, socket: Descriptor, response: &[u8]) {
        self.0.borrow_mut().turned_away.push(response.to_vec());
        drop(socket);
    }
}

fn emfile() -> io::Error {
    #[cfg(target_os = "linux")]
    return rustix::io::Errno::MFILE.into();
    #[cfg(not(target_os = "linux"))]
    io::Error::from_raw_os_error(24)
}

struct Bench {
    kernel: Shared,
    acceptor: Acceptor<Script>,
    metrics: IoMetrics,
    now: Time,
    taken: Vec<(Descriptor, Ticket)>,
}

impl Bench {
    /// `descriptors` are for connections: one more is there for the reserve.
    fn new(descriptors: usize, connections_max: usize) -> Self {
        let kernel: Shared = Rc::default();
        kernel.borrow_mut().descriptors = descriptors + 1;
        let capacity = Capacity { connections_max, limit_loopback: false };
        let acceptor = Acceptor::new(Script(Rc::clone(&kernel)), capacity);
        Self { kernel, acceptor, metrics: IoMetrics::default(), now: Time::default(), taken: Vec::new() }
    }

    /// `count` connections come; the listener's edge.
    fn arrive(&mut self, count: usize) {
        self.kernel.borrow_mut().waiting += count;
        self.acceptor.is_ready = true;
    }

    /// One turn of the loop; whether it accepted.
    fn turn(&mut self, is_freed: bool) -> bool {
        if !self.acceptor.is_due(self.now, is_freed) {
            return false;
        }
        let Self { acceptor, metrics, taken, .. } = self;
        acceptor.accept(self.now, metrics, |socket, mut ticket| {
            ticket.settle();
            taken.push((socket, ticket));
        });
        true
    }

    fn failures(&self, reason: HandshakeFailure) -> u64 {
        self.metrics.handshake_failures.value(reason)
    }
}

#[test]
fn r1_without_descriptors_everybody_who_waits_gets_an_answer_in_bounded_turns() {
    let mut bench = Bench::new(0, 1_000);
    bench.arrive(150);
    let mut answered = Vec::new();
    for _ in 0..3 {
        assert!(bench.turn(false));
        answered.push(bench.kernel.borrow().turned_away.len());
        assert!(!bench.turn(false), "no second attempt before the pause is over");
        bench.now = bench.now + ACCEPT_RETRY;
    }
    assert_eq!(answered, [DRAINS_PER_TURN, 2 * DRAINS_PER_TURN, 150]);
    assert!(bench.kernel.borrow().turned_away.iter().all(|answer| answer.starts_with(b"HTTP/1.1 503 ")));
    assert_eq!(bench.failures(HandshakeFailure::Descriptors), 150);
    assert_eq!((bench.taken.len(), bench.acceptor.retry_at), (0, None), "nothing is left to try again for");
    assert_eq!(bench.metrics.accept_failures.value(AcceptFailure::ProcessDescriptors), 3);
    // The reserve is held again.
    assert_eq!(bench.kernel.borrow().descriptors, 0);
}

#[test]
fn r1_a_descriptor_that_is_given_back_is_used_at_once() {
    let mut bench = Bench::new(2, 1_000);
    bench.arrive(3);
    assert!(bench.turn(false));
    assert_eq!((bench.taken.len(), bench.kernel.borrow().turned_away.len()), (2, 1));
    // Another thread held the last one when the reserve was to be opened again.
    bench.acceptor.reserve = None;
    bench.kernel.borrow_mut().descriptors = 0;
    bench.arrive(1);
    assert!(bench.turn(false));
    assert_eq!(bench.kernel.borrow().waiting, 1);
    assert!(!bench.turn(false));
    bench.taken.pop();
    assert!(bench.turn(true), "a close is a reason to try before the pause is over");
    assert_eq!((bench.taken.len(), bench.kernel.borrow().waiting), (2, 0));
}

#[test]
fn r1_a_pause_costs_one_call_per_retry() {
    let mut bench = Bench::new(0, 1_000);
    bench.acceptor.reserve = None;
    bench.kernel.borrow_mut().descriptors = 0;
    bench.arrive(10);
    let mut turns = 0;
    for _ in 0..100 {
        turns += usize::from(bench.turn(false));
        bench.now = bench.now + Duration::from_millis(1);
    }
    assert_eq!((turns, bench.kernel.borrow().accepts), (10, 10));
    assert_eq!(bench.kernel.borrow().waiting, 10, "nobody is lost either");
}

#[test]
fn a_burst_is_taken_in_batches_and_the_rest_without_a_new_edge() {
    let mut bench = Bench::new(1_000, 10_000);
    // Of one address only so many at once; this is about batches.
    bench.arrive(2 * ACCEPTS_PER_TURN + 1);
    let mut turns = 0;
    while bench.turn(false) {
        turns += 1;
    }
    assert_eq!((turns, bench.kernel.borrow().waiting), (3, 0));
}

#[test]
fn refused_addresses_get_429_and_full_servers_503() {
    let mut bench = Bench::new(10_000, 10_000);
    bench.arrive(100);
    bench.turn(false);
    assert_eq!((bench.taken.len(), bench.failures(HandshakeFailure::AddressConnections)), (64, 36));
    assert!(bench.kernel.borrow().turned_away.iter().all(|answer| answer.starts_with(b"HTTP/1.1 429 ")));
    bench.taken.clear();
    bench.arrive(1);
    bench.turn(false);
    assert_eq!(bench.failures(HandshakeFailure::AddressRate), 1);

    let mut bench = Bench::new(10_000, 4);
    bench.arrive(1);
    let Bench { acceptor, metrics, .. } = &mut bench;
    let mut held = Vec::new();
    acceptor.accept(Time::default(), metrics, |socket, ticket| held.push((socket, ticket)));
    bench.arrive(1);
    bench.turn(false);
    assert_eq!(bench.failures(HandshakeFailure::Pending), 1);
    assert!(bench.kernel.borrow().turned_away[0].starts_with(b"HTTP/1.1 503 "));
}

#[cfg(target_os = "linux")]
#[test]
fn r2_every_error_of_accept_pauses_skips_or_ends_the_batch_and_is_counted() {
    use rustix::io::Errno;
    for (errno, want, failure) in [
        (Errno::INTR, Verdict::Next, AcceptFailure::Interrupted),
        (Errno::CONNABORTED, Verdict::Next, AcceptFailure::Aborted),
        (Errno::PROTO, Verdict::Next, AcceptFailure::Network),
        (Errno::NOPROTOOPT, Verdict::Next, AcceptFailure::Network),
        (Errno::OPNOTSUPP, Verdict::Next, AcceptFailure::Network),
        (Errno::NETDOWN, Verdict::Next, AcceptFailure::Network),
        (Errno::NETUNREACH, Verdict::Next, AcceptFailure::Network),
        (Errno::HOSTDOWN, Verdict::Next, AcceptFailure::Network),
        (Errno::NONET, Verdict::Next, AcceptFailure::Network),
        (Errno::HOSTUNREACH, Verdict::Next, AcceptFailure::Network),
        (Errno::TIMEDOUT, Verdict::Next, AcceptFailure::Network),
        (Errno::PERM, Verdict::Next, AcceptFailure::Network),
        (Errno::NFILE, Verdict::Pause, AcceptFailure::SystemDescriptors),
        (Errno::MFILE, Verdict::Pause, AcceptFailure::ProcessDescriptors),
        (Errno::NOBUFS, Verdict::Pause, AcceptFailure::Memory),
        (Errno::NOMEM, Verdict::Pause, AcceptFailure::Memory),
        (Errno::IO, Verdict::Pause, AcceptFailure::Other),
    ] {
        assert_eq!(judge(&errno.into()), (want, failure), "{errno:?}");
        let mut bench = Bench::new(100, 1_000);
        bench.arrive(2);
        bench.kernel.borrow_mut().errors.push_back(errno.into());
        assert!(bench.turn(false));
        for &other in AcceptFailure::ALL {
            let count = bench.metrics.accept_failures.value(other);
            assert_eq!(count, u64::from(other == failure), "{errno:?}: {other:?}");
        }
        match want {
            Verdict::Next => assert_eq!(bench.taken.len(), 2, "{errno:?}"),
            Verdict::Pause
                if failure == AcceptFailure::SystemDescriptors
                    || failure == AcceptFailure::ProcessDescriptors =>
            {
                assert_eq!(bench.kernel.borrow().turned_away.len(), 2, "{errno:?}");
            }
            _ => {
                assert_eq!((bench.taken.len(), bench.kernel.borrow().accepts), (0, 1), "{errno:?}");
                bench.now = bench.now + ACCEPT_RETRY;
                assert!(bench.turn(false));
                assert_eq!(bench.taken.len(), 2, "{errno:?}: not deaf");
            }
        }
    }
    assert_eq!(judge(&Errno::AGAIN.into()).0, Verdict::Drained);
}

#[cfg(target_os = "linux")]
#[test]
fn r2_a_batch_of_nothing_but_errors_is_bounded() {
    let mut bench = Bench::new(100, 1_000);
    let aborted = || io::Error::from(rustix::io::Errno::CONNABORTED);
    bench.kernel.borrow_mut().errors.extend((0..10_000).map(|_| aborted()));
    bench.arrive(1);
    bench.turn(false);
    assert_eq!(bench.kernel.borrow().accepts, ACCEPTS_PER_TURN);
    assert!(bench.acceptor.is_due(bench.now, false), "the rest follows in the next turn");
}
