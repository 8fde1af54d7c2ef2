//! The ticks of a fan-out: when they are due and what is sent.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

/// An absolute grid of ticks.
pub struct Ticker {
    base: Instant,
    hz: u32,
    number: u64,
    payload_bytes: usize,
}

impl Ticker {
    pub fn new(hz: u32, bytes: u32) -> Self {
        Self { base: Instant::now(), hz, number: 0, payload_bytes: bytes as usize }
    }

    /// When the next tick is due.
    pub fn deadline(&self) -> Instant {
        self.base
            + Duration::from_nanos((u128::from(self.number) * 1_000_000_000 / u128::from(self.hz)) as u64)
    }

    /// Takes the next tick; those that are over are left out.
    pub fn advance(&mut self, now: Instant) {
        let passed = (now - self.base).as_nanos() * u128::from(self.hz) / 1_000_000_000;
        self.number = (self.number + 1).max(passed as u64);
    }

    /// Bytes 0..8: the monotonic clock now, in nanoseconds.
    pub fn payload(&self) -> Bytes {
        let now = clock_gettime(ClockId::Monotonic);
        let stamp = now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64;
        let mut payload = vec![0x5a; self.payload_bytes];
        payload[..8].copy_from_slice(&stamp.to_le_bytes());
        payload.into()
    }
}
