//! The oracle: the state of a room, as a map from id to entity, and what one player should see of it.

use std::collections::BTreeMap;

/// An entity as the game has it. `words` are those of all fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Thing {
    pub(crate) class: u8,
    pub(crate) owner: u32,
    pub(crate) words: Vec<u32>,
}

/// The words of each class: whether only the owner sees it, whether it never changes, and its largest value.
pub(crate) type Classes = &'static [&'static [(bool, bool, u32)]];

/// The worlds that a room can have. Their words differ in number and in size, so that the bytes of one are nonsense in the other.
pub(crate) const WORLDS: [Classes; 2] = [
    &[
        &[
            (false, false, 20_480),
            (false, false, 20_480),
            (false, false, 1023),
            (true, false, 255),
            (false, false, 1),
            (false, true, 7),
            (true, false, u32::MAX),
            (true, true, 3),
        ],
        &[(false, false, u32::MAX)],
        &[],
    ],
    &[
        &[(false, false, 300), (true, false, 1)],
        &[(false, true, 65_535), (false, false, 9), (false, false, 90_000)],
    ],
];

/// What everybody sees at one tick.
pub(crate) type State = BTreeMap<u32, Thing>;

/// What a player sees: id, class, whether it is its own, and all words, those of others' secrets 0.
pub(crate) type Rows = Vec<(u32, u8, bool, Vec<u32>)>;

pub(crate) fn seen(classes: Classes, state: &State, player: u32) -> Rows {
    let one = |(&id, thing): (&u32, &Thing)| {
        let own = thing.owner == player;
        let declared = classes[usize::from(thing.class)];
        let words = thing.words.iter().zip(declared).map(
            |(&word, &(secret, ..))| {
                if secret && !own { 0 } else { word }
            },
        );
        (id, thing.class, own, words.collect())
    };
    state.iter().map(one).collect()
}

/// The same numbers for the same seed (a multiplication and a shift, by Sebastiano Vigna's splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }

    /// A word up to `max`, often at an end.
    pub(crate) fn word(&mut self, max: u32) -> u32 {
        match self.roll(6) {
            0 => 0,
            1 => max,
            _ => self.roll(u64::from(max) + 1) as u32,
        }
    }

    /// A word near another one, as things that move have it.
    pub(crate) fn near(&mut self, word: u32, max: u32) -> u32 {
        let reach = 1 << self.roll(9);
        let moved = i64::from(word) + self.roll(2 * reach + 1) as i64 - reach as i64;
        moved.clamp(0, i64::from(max)) as u32
    }
}
