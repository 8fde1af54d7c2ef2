//! What a server is told before it starts, and the check of it.
//!
//! Owns [`Config`] and the rules each value must keep. Invariant: a `Config` that passed `check` starts no thread that can
//! fail for a reason the developer could have been told earlier.

use std::sync::Arc;
use std::time::Duration;

use super::error::ConfigError;
use super::room_options::RoomOptions;
use crate::directory::KindEntry;
use crate::limits;
use crate::page::Page;
use crate::sim::{Kind, RecordSink, RoomTimes};

/// Everything the builder collects.
pub(super) struct Config {
    pub(super) rooms: Vec<RoomOptions>,
    pub(super) page: Option<Result<Page, ConfigError>>,
    pub(super) tick_rate_hz: u32,
    pub(super) snapshot_every: usize,
    pub(super) io_threads: usize,
    pub(super) sim_threads: usize,
    pub(super) capacity: usize,
    pub(super) keep_empty: Duration,
    pub(super) origins: Vec<String>,
    pub(super) seed: Option<u64>,
    pub(super) record: Option<Arc<RecordSink>>,
    pub(super) connections_max: usize,
    pub(super) limit_loopback: bool,
    pub(super) drain: Duration,
    pub(super) coalesce_reads: bool,
}

/// A configuration in which every rule holds.
pub(super) struct Checked {
    pub(super) kinds: Vec<Kind>,
    /// What the directory is told of each kind, in the same order.
    pub(super) entries: Vec<KindEntry>,
    pub(super) page: Option<Page>,
    pub(super) times: RoomTimes,
    pub(super) io_threads: usize,
    pub(super) sim_threads: usize,
    pub(super) origins: Vec<String>,
    pub(super) seed: Option<u64>,
    pub(super) record: Option<Arc<RecordSink>>,
    pub(super) connections_max: usize,
    pub(super) limit_loopback: bool,
    pub(super) drain: Duration,
    pub(super) coalesce_reads: bool,
}

/// PROTOCOL section 3.2 carries the rate in `u16` and says 1 to 1000.
const TICK_RATE_HZ_MAX: u32 = 1000;
/// More than any machine this is meant for has cores; catches a mistyped flag.
const IO_THREADS_MAX: usize = 64;
/// As many as I/O threads, for the same reason.
const SIM_THREADS_MAX: usize = 64;
/// PROTOCOL section 3.2 carries it in `u8`.
const SNAPSHOT_EVERY_MAX: usize = 255;
/// PROTOCOL section 3.1: `text<32>`.
const KIND_BYTES_MAX: usize = 32;
/// A room is simulated by one thread; chosen as the point where no game could still tick it, not measured.
const CAPACITY_MAX: usize = 65_536;

impl Config {
    /// The defaults, no room yet.
    pub(super) const fn new() -> Self {
        Self {
            rooms: Vec::new(),
            page: None,
            tick_rate_hz: 60,
            snapshot_every: 1,
            io_threads: 1,
            sim_threads: 1,
            capacity: limits::ROOM_SEATS_DEFAULT,
            keep_empty: limits::EMPTY_ROOM_MAX,
            origins: Vec::new(),
            seed: None,
            record: None,
            connections_max: crate::net::limits::CONNECTIONS_DEFAULT,
            limit_loopback: false,
            drain: Duration::ZERO,
            coalesce_reads: true,
        }
    }

    /// Checks every rule.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in words that say what to change.
    pub(super) fn check(self) -> Result<Checked, ConfigError> {
        let (mut kinds, mut entries) = (Vec::new(), Vec::new());
        for room in self.rooms {
            let mut kind = room.kind?;
            let capacity = room.capacity.unwrap_or(self.capacity);
            in_range("capacity", capacity, CAPACITY_MAX)?;
            kind.keep_empty = room.keep_empty.unwrap_or(self.keep_empty);
            let name = Arc::clone(&kind.wire.name);
            entries.push(KindEntry { name, capacity: capacity as u32, private: room.private });
            kinds.push(kind);
        }
        if kinds.is_empty() {
            return Err(ConfigError::NoRoom);
        }
        for (index, kind) in kinds.iter().enumerate() {
            if !is_name(kind.name()) {
                return Err(ConfigError::KindName { kind: kind.name().to_owned() });
            }
            if kinds[..index].iter().any(|earlier| earlier.name() == kind.name()) {
                return Err(ConfigError::KindTwice { kind: kind.name().to_owned() });
            }
        }
        in_range("tick_rate", self.tick_rate_hz as usize, TICK_RATE_HZ_MAX as usize)?;
        in_range("snapshot_every", self.snapshot_every, SNAPSHOT_EVERY_MAX)?;
        in_range("io_threads", self.io_threads, IO_THREADS_MAX)?;
        in_range("sim_threads", self.sim_threads, SIM_THREADS_MAX)?;
        in_range("connections", self.connections_max, crate::net::limits::CONNECTIONS_MAX)?;
        for origin in &self.origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                return Err(ConfigError::Origin { origin: origin.clone() });
            }
        }
        Ok(Checked {
            kinds,
            entries,
            page: self.page.transpose()?,
            times: RoomTimes { tick_rate_hz: self.tick_rate_hz, snapshot_every: self.snapshot_every as u8 },
            io_threads: self.io_threads,
            sim_threads: self.sim_threads,
            origins: self.origins,
            seed: self.seed,
            record: self.record,
            connections_max: self.connections_max,
            limit_loopback: self.limit_loopback,
            drain: self.drain,
            coalesce_reads: self.coalesce_reads,
        })
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=KIND_BYTES_MAX).contains(&text.len()) && text.chars().all(fits)
}

fn in_range(name: &'static str, value: usize, max: usize) -> Result<(), ConfigError> {
    if (1..=max).contains(&value) { Ok(()) } else { Err(ConfigError::Range { name, value, max }) }
}
