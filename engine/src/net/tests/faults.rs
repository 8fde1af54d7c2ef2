//! Faults of the network and of the process: churn, resets, writes that fail at any byte, series, logs.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::script::{Bench, HANG_UP, READABLE, UPGRADE, WRITABLE};
use crate::metrics::Metrics;
use crate::metrics::causes::{CloseReason, HandshakeFailure};
use crate::net::limits::{CLOSE_TIMEOUT, LOG_BURST};

#[test]
fn r6_ten_thousand_connections_that_come_and_go_leave_an_empty_table_and_balanced_counters() {
    let mut bench = Bench::<false>::new();
    let mut peers = Vec::new();
    for n in 0..10_000_u32 {
        let mut peer = bench.accept();
        match n % 7 {
            0 => {}
            1 => peer.push(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"),
            2 => peer.push(b"nonsense \r\n\r\n"),
            3 => peer.push(&UPGRADE[..n as usize % UPGRADE.len()]),
            4 => peer.push(UPGRADE),
            5 => {
                peer.push(UPGRADE);
                peer.say(b"bye");
            }
            _ => {
                peer.push(UPGRADE);
                peer.push(b"\x82\x01x");
            }
        }
        bench.edge(&peer, READABLE);
        let end = if n % 2 == 0 { Ok(()) } else { Err(io::ErrorKind::ConnectionReset) };
        peer.wire.borrow_mut().end = Some(end);
        peers.push(peer);
        if n % 64 == 63 {
            for peer in peers.drain(..) {
                bench.edge(&peer, HANG_UP);
            }
            bench.settle();
            assert!(bench.driver.connection_count() == 0, "after {n}");
        }
    }
    for peer in peers.drain(..) {
        bench.edge(&peer, HANG_UP);
    }
    bench.pass(CLOSE_TIMEOUT + Duration::from_millis(100));
    assert_eq!(bench.metrics().opened.value(), 10_000);
    bench.assert_balanced();
    assert!(bench.driver.table.slots.capacity() <= 256, "places are used again");
}

#[test]
fn x1_a_reset_at_any_byte_of_a_connection_ends_it_once_and_harms_nobody() {
    let mut stream = UPGRADE.to_vec();
    stream.extend(b"\x02\x83\x00\x00\x00\x00abc\x89\x80\x00\x00\x00\x00\x80\x83\x00\x00\x00\x00def");
    let mut bench = Bench::<false>::new();
    let mut other = bench.join();
    for cut in 0..=stream.len() {
        let peer = bench.accept();
        peer.push(&stream[..cut]);
        peer.wire.borrow_mut().end = Some(Err(io::ErrorKind::ConnectionReset));
        bench.edge(&peer, HANG_UP);
        bench.settle();
        assert!(peer.is_gone(), "cut {cut}");
        // The same edge once more, as a kernel may repeat it.
        bench.edge(&peer, HANG_UP);
    }
    assert_eq!(bench.metrics().closed.value(CloseReason::Reset), stream.len() as u64 + 1);
    other.say(b"still here");
    bench.edge(&other, READABLE);
    assert_eq!(other.events(), ["still here"]);
    other.wire.borrow_mut().end = Some(Ok(()));
    bench.edge(&other, READABLE);
    bench.assert_balanced();
}

#[test]
fn w5_a_write_that_fails_after_any_number_of_bytes_ends_the_connection_once() {
    for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset] {
        for room in 0..=7 {
            let mut bench = Bench::<true>::new();
            let mut peer = bench.join();
            peer.room(room);
            peer.say(b"hello");
            bench.edge(&peer, READABLE);
            peer.wire.borrow_mut().write_error = Some(kind);
            bench.edge(&peer, WRITABLE);
            // With the whole reply taken nothing is left to write: then the next reply meets the error.
            peer.say(b"hello");
            bench.edge(&peer, READABLE);
            assert!(peer.is_gone(), "{kind:?} after {room}");
            assert_eq!(bench.metrics().closed.value(CloseReason::Reset), 1);
            bench.assert_balanced();
        }
    }
}

#[test]
fn w5_bytes_and_partial_writes_are_counted_as_the_kernel_took_them() {
    let mut bench = Bench::<true>::new();
    let mut peer = bench.join();
    let before = bench.metrics().sent_bytes.value();
    peer.say(&[1; 100]);
    peer.room(30);
    bench.edge(&peer, READABLE);
    let metrics = bench.metrics();
    assert_eq!((metrics.sent_bytes.value() - before, metrics.partial_writes.value()), (30, 1));
    assert_eq!(metrics.send_queue_bytes_max.value(), 72);
    peer.room(usize::MAX);
    bench.edge(&peer, WRITABLE);
    assert_eq!(metrics.sent_bytes.value() - before, 102);
}

/// The names and labels of all series, without their values.
fn series(metrics: &Metrics) -> Vec<String> {
    let text = metrics.render();
    let named = text.lines().filter(|line| !line.starts_with('#'));
    named.map(|line| line.rsplit_once(' ').expect("a value").0.to_owned()).collect()
}

#[test]
fn r11_no_peer_can_make_a_series() {
    let metrics = Metrics::new(1, 1);
    let mut bench = Bench::<false>::new();
    bench.driver.table.metrics = metrics.io(0);
    let before = series(&metrics);
    for n in 0..200_u32 {
        let peer = bench.accept();
        peer.push(
            format!("GET /path-{n}?query={n} HTTP/1.1\r\nHost: host-{n}\r\nName-{n}: x\r\n\r\n").as_bytes(),
        );
        bench.edge(&peer, READABLE);
        let peer = bench.join();
        peer.push(&[0x88, 0x82, 0, 0, 0, 0, (n >> 8) as u8, n as u8]);
        bench.edge(&peer, READABLE);
    }
    assert!(metrics.io(0).closed.sum() >= 400);
    assert_eq!(series(&metrics), before);
}

/// Everything that is logged while `run` runs, as the usual subscriber writes it.
fn logged(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic while writing").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let bytes = lines.0.lock().expect("no panic while writing").clone();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn r10_a_flood_of_bad_peers_writes_a_bounded_number_of_lines_without_their_bytes() {
    let mut bench = Bench::<false>::new();
    let text = logged(|| {
        for _ in 0..1_000 {
            let peer = bench.accept();
            peer.push(b"GET /\x1b[31mevil HTTP/1.1\r\nHost: evil\r\n\r\n");
            bench.edge(&peer, READABLE);
            let peer = bench.join();
            peer.push(b"\x82\x04evil");
            bench.edge(&peer, READABLE);
            // Who leaves without a word has broken no rule.
            let peer = bench.join();
            peer.wire.borrow_mut().end = Some(Ok(()));
            bench.edge(&peer, READABLE);
        }
    });
    assert_eq!(text.lines().count(), 2 * LOG_BURST as usize, "{text}");
    assert!(!text.contains("evil") && !text.contains('\x1b'), "{text}");
    for field in ["conn=", "peer=", "reason=\"malformed\"", "reason=\"unmasked\""] {
        assert!(text.contains(field), "{field} in {text}");
    }
    let metrics = bench.metrics();
    assert_eq!(metrics.log_suppressed.value(), 2_000 - 2 * u64::from(LOG_BURST));
    assert_eq!(metrics.handshake_failures.value(HandshakeFailure::Malformed), 1_000);
    assert_eq!(metrics.closed.value(CloseReason::Unmasked), 1_000);
}
