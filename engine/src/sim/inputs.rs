//! The inputs of all players for one tick, as the game sees them.
//!
//! Filled by the room from the resolved inputs; order and content are the same in a replay. Invariant: player ids ascend.

use tickwire_netcode::ids::PlayerId;

/// One input per player in the room, for the tick at hand.
///
/// A player whose input for this tick has not arrived keeps the last one held, with its edges (fire, jump) cleared.
#[derive(Clone, Debug, Default)]
pub struct Inputs<I> {
    players: Vec<PlayerId>,
    values: Vec<I>,
    none: I,
}

impl<I: Copy + Default> Inputs<I> {
    /// The input of `player`; the default one for a player who has sent none or is not in the room.
    pub fn get(&self, player: PlayerId) -> &I {
        match self.players.binary_search(&player) {
            Ok(index) => &self.values[index],
            Err(_) => &self.none,
        }
    }

    /// Every player in the room with its input, in ascending order of player ids.
    pub fn iter(&self) -> impl Iterator<Item = (PlayerId, &I)> {
        self.players.iter().copied().zip(&self.values)
    }

    /// Number of players in the room.
    pub fn len(&self) -> usize {
        self.players.len()
    }

    /// True when the room has no players.
    pub fn is_empty(&self) -> bool {
        self.players.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.players.clear();
        self.values.clear();
    }

    /// Appends; `player` must be greater than those before, which the roster's order gives.
    pub(crate) fn push(&mut self, player: PlayerId, value: I) {
        debug_assert!(self.players.last().is_none_or(|last| *last < player));
        self.players.push(player);
        self.values.push(value);
    }
}
