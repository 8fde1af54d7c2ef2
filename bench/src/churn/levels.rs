//! `Levels`: how much of everything a server holds, and whether it holds more once all visitors are gone.
//!
//! What is counted (connections, sessions, players, descriptors) must be back to where it was. Rooms may stay empty for
//! a while before they end. Memory is not given back to the byte, so growth is judged by the number of visits.

use crate::machine::memory::Memory;
use crate::metrics::Scrape;
use crate::report::Unit;

/// A server keeps an empty room for a minute unless it is told otherwise: before that has passed, rooms say nothing.
pub(super) const ROOMS_KEPT_S: u64 = 60;
/// Growth of memory that is not judged: allocators keep what bursts needed. Chosen, not measured.
const GROWTH_BYTES: f64 = 1024.0 * 1024.0;
/// The same for each visit: below a tenth of what the leanest connection takes.
const GROWTH_BYTES_PER_VISIT: f64 = 32.0;

/// A thing that servers hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Connections,
    Sessions,
    Players,
    Rooms,
    Descriptors,
    Memory,
}

impl Thing {
    const ALL: [Self; 6] =
        [Self::Connections, Self::Sessions, Self::Players, Self::Rooms, Self::Descriptors, Self::Memory];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Sessions => "sessions",
            Self::Players => "players",
            Self::Rooms => "rooms",
            Self::Descriptors => "descriptors",
            Self::Memory => "memory",
        }
    }

    pub(super) fn unit(self) -> Unit {
        if self == Self::Memory { Unit::Bytes } else { Unit::Count }
    }

    /// The series of a server's metrics that tells.
    fn series(self) -> &'static str {
        match self {
            Self::Connections => "tickwire_connections",
            Self::Sessions => "tickwire_sessions",
            Self::Players => "tickwire_players",
            Self::Rooms => "tickwire_rooms",
            Self::Descriptors => "process_open_fds",
            Self::Memory => "process_resident_memory_bytes",
        }
    }
}

/// One reading, as far as anything is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Levels([Option<f64>; Thing::ALL.len()]);

impl Levels {
    /// By the server's metrics, or else by its `/proc`, which also knows memory better.
    pub(super) fn read(scrape: Option<&Scrape>, memory: Option<Memory>) -> Self {
        let by_process = |thing| match thing {
            Thing::Memory => memory.map(|memory| memory.anonymous_bytes as f64),
            Thing::Descriptors => memory.and_then(|memory| memory.descriptors).map(|count| count as f64),
            _ => None,
        };
        Self(Thing::ALL.map(|thing| by_process(thing).or_else(|| scrape?.sum(thing.series()))))
    }

    pub(super) fn is_known(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    pub(super) fn of(&self, thing: Thing) -> Option<f64> {
        self.0[thing as usize]
    }

    /// Every thing with what was held `before` and is now, as far as both are known.
    pub(super) fn changes(&self, before: &Self, visits: u64, waited_s: u64) -> Vec<Change> {
        let change = |thing| {
            let (before, after) = (before.of(thing)?, self.of(thing)?);
            Some(Change { thing, before, after, fate: judge(thing, after - before, visits, waited_s) })
        };
        Thing::ALL.into_iter().filter_map(change).collect()
    }

    /// Nothing that is counted is above what it was.
    pub(super) fn is_back(&self, before: &Self) -> bool {
        let counted = Thing::ALL.into_iter().filter(|&thing| thing != Thing::Memory);
        let mut pairs = counted.filter_map(|thing| before.of(thing).zip(self.of(thing)));
        pairs.all(|(before, after)| after <= before)
    }
}

/// What is to be thought of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Back,
    Leaked,
    /// It may be kept on purpose, and was not waited for.
    Unjudged,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) thing: Thing,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) fate: Fate,
}

fn judge(thing: Thing, growth: f64, visits: u64, waited_s: u64) -> Fate {
    let allowed = match thing {
        Thing::Memory => GROWTH_BYTES + GROWTH_BYTES_PER_VISIT * visits as f64,
        _ => 0.0,
    };
    if growth <= allowed {
        Fate::Back
    } else if thing == Thing::Rooms && waited_s <= ROOMS_KEPT_S {
        Fate::Unjudged
    } else {
        Fate::Leaked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(of: [f64; 6]) -> Levels {
        Levels(of.map(Some))
    }

    #[test]
    fn whatever_is_counted_must_be_back_and_memory_nearly() {
        let before = levels([2.0, 1.0, 1.0, 1.0, 20.0, 5e6]);
        let table = [
            ([2.0, 1.0, 1.0, 1.0, 20.0, 5e6], 10, vec![]),
            ([1.0, 0.0, 0.0, 0.0, 19.0, 4e6], 10, vec![]),
            ([3.0, 1.0, 1.0, 1.0, 21.0, 5e6], 10, vec![Thing::Connections, Thing::Descriptors]),
            ([2.0, 2.0, 2.0, 1.0, 20.0, 5e6], 10, vec![Thing::Sessions, Thing::Players]),
            ([2.0, 1.0, 1.0, 1.0, 20.0, 6e6], 10, vec![]),
            ([2.0, 1.0, 1.0, 1.0, 20.0, 6.1e6], 10, vec![Thing::Memory]),
            // 10,000 connections of 278 bytes each that are never given back.
            ([2.0, 1.0, 1.0, 1.0, 20.0, 7.78e6], 10_000, vec![Thing::Memory]),
            ([2.0, 1.0, 1.0, 1.0, 20.0, 6.3e6], 10_000, vec![]),
        ];
        for (after, visits, want) in table {
            let after = levels(after);
            let changes = after.changes(&before, visits, 5);
            let leaked = changes.iter().filter(|change| change.fate == Fate::Leaked);
            assert_eq!(leaked.map(|change| change.thing).collect::<Vec<_>>(), want, "{after:?}");
            assert_eq!(changes.len(), 6);
        }
    }

    #[test]
    fn rooms_are_judged_once_an_empty_one_would_have_ended() {
        let before = levels([0.0; 6]);
        let mut after = [0.0; 6];
        after[Thing::Rooms as usize] = 1.0;
        for (waited_s, want) in [(5, Fate::Unjudged), (60, Fate::Unjudged), (61, Fate::Leaked)] {
            let rooms = levels(after).changes(&before, 1, waited_s)[Thing::Rooms as usize];
            assert_eq!(rooms.fate, want, "{waited_s}");
        }
        assert!(!levels(after).is_back(&before) && levels([0.0; 6]).is_back(&before));
    }

    #[test]
    fn what_neither_metrics_nor_the_process_tell_is_not_compared() {
        let nothing = Levels::read(None, None);
        assert!(!nothing.is_known() && nothing.is_back(&nothing));
        let memory = Memory { anonymous_bytes: 100, resident_bytes: 900, descriptors: Some(7) };
        let process = Levels::read(None, Some(memory));
        assert_eq!((process.of(Thing::Memory), process.of(Thing::Descriptors)), (Some(100.0), Some(7.0)));
        assert_eq!((process.of(Thing::Sessions), process.changes(&nothing, 1, 1)), (None, vec![]));
        let scrape =
            Scrape::parse("tickwire_rooms{kind=\"a\"} 2\ntickwire_rooms{kind=\"b\"} 1\nprocess_open_fds 9\n");
        let both = Levels::read(Some(&scrape), Some(memory));
        assert_eq!((both.of(Thing::Rooms), both.of(Thing::Descriptors)), (Some(3.0), Some(7.0)));
    }
}
