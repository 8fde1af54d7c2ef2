//! Everything that enters one tick of one room, as a value.
//!
//! Inputs, commands, arrivals and departures reach a room in this form only, live and in a replay alike: words as they came
//! from the wire, no times, no connections. Invariant: a room's future is a function of its state, its seed and these.

use core::ops::Range;

use tickwire_netcode::ids::PlayerId;

use crate::game::{Leave, TransferError};

/// One thing that happened since the last tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A player took a seat.
    Joined {
        /// The new player; ids ascend and are never used again in a room.
        player: PlayerId,
        /// Display name, without control characters.
        name: String,
    },
    /// A player left.
    Left {
        /// Who left.
        player: PlayerId,
        /// Why.
        why: Leave,
    },
    /// A player whom the game wanted in another room is still here.
    Stayed {
        /// Who stays.
        player: PlayerId,
        /// Why.
        why: TransferError,
    },
    /// A player sent a command.
    Commanded {
        /// Who sent it.
        player: PlayerId,
        /// Index into the schema's `commands`.
        index: u8,
        /// Where its words are in [`Resolved::words`].
        words: Range<usize>,
    },
}

/// The input that one player's tick uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedInput {
    /// Whose input it is.
    pub player: PlayerId,
    /// Where its words are in [`Resolved::words`].
    pub words: Range<usize>,
}

/// What enters one tick of one room.
///
/// Order matters: arrivals are run in the order in which they came, then the tick sees the inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Joins, leaves and commands in order of arrival.
    pub arrivals: Vec<Arrival>,
    /// One per seated player, in ascending order of players: the held or default one for who has sent none.
    pub inputs: Vec<ResolvedInput>,
    /// The quantized words of the commands and inputs.
    pub words: Vec<u32>,
}

impl Resolved {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.arrivals.clear();
        self.inputs.clear();
        self.words.clear();
    }

    pub(crate) fn push_command(&mut self, player: PlayerId, index: u8, words: &[u32]) {
        let start = self.words.len();
        self.words.extend_from_slice(words);
        self.arrivals.push(Arrival::Commanded { player, index, words: start..self.words.len() });
    }

    pub(crate) fn push_input(&mut self, player: PlayerId, quantize: impl FnOnce(&mut Vec<u32>)) {
        let start = self.words.len();
        quantize(&mut self.words);
        self.inputs.push(ResolvedInput { player, words: start..self.words.len() });
    }

    /// The words of a range; empty when the range is not of this value.
    pub(crate) fn slice(&self, words: &Range<usize>) -> &[u32] {
        self.words.get(words.clone()).unwrap_or(&[])
    }
}
