//! A room's recording in memory: what entered each tick, and the hash at its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tickwire::sim::{Recorded, Resolved};

/// One recorded room.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// The seed that it was made with.
    pub seed: u64,
    /// What entered each tick, from the first.
    pub ticks: Vec<Resolved>,
    /// The hash of the public state at the end of each.
    pub hashes: Vec<u32>,
    /// The number of the first tick.
    pub first: u32,
}

impl Room {
    /// The hash at the end of tick `number`, if that was recorded.
    #[must_use]
    pub fn hash_at(&self, number: u32) -> Option<u32> {
        self.hashes.get(number.checked_sub(self.first)? as usize).copied()
    }
}

/// Recordings of all rooms of a server; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Recording(Arc<Mutex<HashMap<u32, Room>>>);

impl Recording {
    /// The function for [`tickwire::prelude::Server::record`].
    pub fn sink(&self) -> impl FnMut(&Recorded<'_>) + Send + 'static {
        let rooms = Arc::clone(&self.0);
        move |recorded| {
            let mut rooms = rooms.lock().unwrap_or_else(PoisonError::into_inner);
            let room = rooms.entry(recorded.serial).or_default();
            if room.ticks.is_empty() {
                room.seed = recorded.seed;
                room.first = recorded.tick.0;
            }
            room.ticks.push(recorded.resolved.clone());
            room.hashes.push(recorded.state_hash);
        }
    }

    /// How many ticks the room with the most of them has.
    #[must_use]
    pub fn ticks(&self) -> usize {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.values().map(|room| room.ticks.len()).max().unwrap_or(0)
    }

    /// The rooms, in the order in which they were made.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut numbered: Vec<(u32, Room)> =
            rooms.iter().map(|(serial, room)| (*serial, room.clone())).collect();
        numbered.sort_by_key(|(serial, _)| *serial);
        numbered.into_iter().map(|(_, room)| room).collect()
    }
}
