//! [`BodyCache`]: the bodies of one room in one send pass, each encoded once. PROTOCOL section 6.1.
//!
//! Server side; one per I/O thread, cleared for each room and pass. Only its buffers last. Invariant: what it returns is
//! what encoding without it would give.

use super::body::{View, encode_delta, encode_full};
use super::chain::BodyKey;
use super::history::History;
use super::point::{PartKey, slot_hash};
use crate::schema::Layout;
use crate::time::Tick;
use alloc::vec::Vec;
use core::ops::Range;

/// An encoded body; its bytes are in the cache until the next one of an own slot, or the end of the pass.
#[derive(Clone, Debug)]
pub struct Coded {
    /// Equal to the baseline: there are no bytes.
    pub same: bool,
    own: bool,
    range: Range<usize>,
}

#[derive(Debug)]
struct Entry {
    key: BodyKey,
    coded: Coded,
}

/// The bodies of one room in one send pass.
#[derive(Debug, Default)]
pub struct BodyCache {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    /// The hash of each shared key; there is one tick in a pass.
    hashes: Vec<(PartKey, u32)>,
    /// Own slots belong to one player each: not kept.
    own: Vec<u8>,
    enters: Vec<u32>,
    encoded: u64,
}

impl BodyCache {
    /// Forgets everything but the buffers: another room or pass begins.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        self.hashes.clear();
    }

    /// The body of a key, encoded now if it was not yet. Allocates only while buffers grow.
    ///
    /// # Panics
    /// If a tick of the key is not in `history`, or its snapshots are not of `layout`: a `BodyKey` comes from a chain and
    /// the history that it is given with.
    pub fn body(&mut self, layout: &Layout, history: &History, key: &BodyKey) -> Coded {
        if let PartKey::Own(_) = key.now.key {
            self.own.clear();
            let same = encode(layout, history, key, &mut self.enters, &mut self.own);
            self.encoded += 1;
            return Coded { same, own: true, range: 0..self.own.len() };
        }
        // Few: most players are coded against the tick before, and no two ticks of the ring are more than it holds.
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == *key) {
            return entry.coded.clone();
        }
        let start = self.bytes.len();
        let same = encode(layout, history, key, &mut self.enters, &mut self.bytes);
        self.encoded += 1;
        let coded = Coded { same, own: false, range: start..self.bytes.len() };
        self.entries.push(Entry { key: *key, coded: coded.clone() });
        coded
    }

    /// The bytes of a body.
    pub fn bytes(&self, coded: &Coded) -> &[u8] {
        if coded.own { &self.own[coded.range.clone()] } else { &self.bytes[coded.range.clone()] }
    }

    /// The hash of the state that a key leads to, computed now if it was not yet.
    ///
    /// # Panics
    /// As [`Self::body`].
    pub fn hash(&mut self, layout: &Layout, history: &History, key: &BodyKey) -> u32 {
        let part = key.now.key;
        if let Some((_, hash)) = self.hashes.iter().find(|(known, _)| *known == part) {
            return *hash;
        }
        let hash = slot_hash(layout, view(history, key.now.tick, part).snapshot, part);
        if part == PartKey::Everyone {
            self.hashes.push((part, hash));
        }
        hash
    }

    /// Bodies encoded since the cache was made.
    pub fn encoded(&self) -> u64 {
        self.encoded
    }
}

fn view(history: &History, tick: Tick, key: PartKey) -> View<'_> {
    View { key, snapshot: history.at(tick).expect("a body key names ticks of the ring") }
}

/// Whether the body is the same as its baseline, and nothing was appended.
fn encode(
    layout: &Layout,
    history: &History,
    key: &BodyKey,
    enters: &mut Vec<u32>,
    out: &mut Vec<u8>,
) -> bool {
    let now = view(history, key.now.tick, key.now.key);
    match key.baseline() {
        None => {
            encode_full(layout, now.snapshot, now.key, out);
            false
        }
        Some(base) => !encode_delta(layout, view(history, base.tick, base.key), now, enters, out),
    }
}
