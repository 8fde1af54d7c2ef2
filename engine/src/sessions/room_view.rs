//! What an I/O thread knows of the rooms that its players are in: the newest snapshots and who receives them.
//!
//! Invariant: a view exists while it has players; players ascend.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_netcode::ids::{CommandSeq, InputSeq, PlayerId};
use tickwire_netcode::snapshot::{History, Snapshot};
use tickwire_netcode::time::Tick;

use super::unwritten::Unwritten;
use crate::bridge::{PlayerLine, RoomId};
use crate::net::service::ConnectionId;

/// A player of this I/O thread in a room.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomPlayer {
    pub(super) connection: ConnectionId,
    pub(super) line: PlayerLine,
    /// The tick before the first that this player sees.
    pub(super) base_tick: Tick,
}

impl RoomPlayer {
    pub(super) fn new(player: PlayerId, connection: ConnectionId, base_tick: Tick) -> Self {
        let line =
            PlayerLine { player, input_applied: InputSeq(0), input_margin_q4: 0, command_ack: CommandSeq(0) };
        Self { connection, line, base_tick }
    }

    pub(super) fn player(&self) -> PlayerId {
        self.line.player
    }
}

/// A room as seen from one I/O thread.
#[derive(Debug)]
pub(super) struct RoomView {
    /// Index of the room's kind.
    pub(super) kind: usize,
    /// The id that players see.
    pub(super) name: Arc<str>,
    pub(super) players: Vec<RoomPlayer>,
    /// What was latched: the newest is what is sent, the others are what players may hold.
    pub(super) history: History,
    /// What the players have not been sent the effect of.
    pub(super) unwritten: Unwritten,
    /// A snapshot was latched since the last send pass.
    pub(super) fresh: bool,
}

impl RoomView {
    pub(super) fn latch(&mut self, snapshot: Arc<Snapshot>) {
        self.history.push(snapshot);
        self.fresh = true;
    }

    /// Notes what the tick used of each player's inputs and commands. Both lists ascend.
    pub(super) fn take_lines(&mut self, lines: &[PlayerLine]) {
        let mut lines = lines.iter().peekable();
        for player in &mut self.players {
            while lines.next_if(|line| line.player < player.player()).is_some() {}
            if let Some(line) = lines.next_if(|line| line.player == player.player()) {
                player.line = *line;
            }
        }
    }

    pub(super) fn player(&self, player: PlayerId) -> Option<RoomPlayer> {
        let index = self.players.binary_search_by_key(&player, RoomPlayer::player).ok()?;
        Some(self.players[index])
    }

    pub(super) fn remove(&mut self, player: PlayerId) {
        self.players.retain(|seated| seated.player() != player);
    }
}

/// The rooms of one I/O thread, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct RoomViews(BTreeMap<RoomId, RoomView>);

impl RoomViews {
    pub(super) fn find(&mut self, room: RoomId) -> Option<&mut RoomView> {
        self.0.get_mut(&room)
    }

    /// The view of a room, made if there is none.
    pub(super) fn entry(&mut self, room: RoomId, kind: usize, name: &Arc<str>) -> &mut RoomView {
        self.0.entry(room).or_insert_with(|| RoomView {
            kind,
            name: Arc::clone(name),
            players: Vec::new(),
            history: History::default(),
            unwritten: Unwritten::default(),
            fresh: false,
        })
    }

    /// Forgets a room without players; gives the number of inputs that nobody is left to be told of.
    pub(super) fn drop_if_empty(&mut self, room: RoomId) -> u64 {
        if self.find(room).is_none_or(|view| !view.players.is_empty()) {
            return 0;
        }
        self.0.remove(&room).map_or(0, |view| view.unwritten.len() as u64)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut RoomView> {
        self.0.values_mut()
    }
}
