//! The events of one tick as quantized words, with who is to hear them.
//!
//! One flat list, so that emitting allocates nothing once the lists have grown. Invariant: each record's words are a range
//! of `words`, in the order emitted.

use core::ops::Range;

use glam::Vec2;
use tickwire_netcode::ids::PlayerId;

use super::cx::Set;

/// Who hears an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Audience {
    Room,
    Player(PlayerId),
    Near { at: Vec2, radius: f32 },
    Set(Set),
}

/// One emitted event.
#[derive(Clone, Debug)]
pub(crate) struct EventEntry {
    /// Index into the schema's `events`.
    pub(crate) class: u8,
    pub(crate) audience: Audience,
    pub(crate) droppable: bool,
    pub(crate) words: Range<usize>,
}

/// The events of one tick.
#[derive(Debug, Default)]
pub(crate) struct EventBatch {
    entries: Vec<EventEntry>,
    words: Vec<u32>,
    /// Events refused over the limit since the room started.
    pub(crate) dropped: u64,
    /// Values that were out of their range since the room started.
    pub(crate) clamped: u32,
}

impl EventBatch {
    pub(crate) fn push(&mut self, quantize: impl FnOnce(&mut Vec<u32>, &mut u32) -> u8) {
        let start = self.words.len();
        let class = quantize(&mut self.words, &mut self.clamped);
        let words = start..self.words.len();
        self.entries.push(EventEntry { class, audience: Audience::Room, droppable: false, words });
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.words.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut EventEntry> {
        self.entries.last_mut()
    }

    /// Each event with its words, in the order emitted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&EventEntry, &[u32])> {
        self.entries.iter().map(|entry| (entry, &self.words[entry.words.clone()]))
    }
}
