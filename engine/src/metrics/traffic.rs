//! Messages by kind, and what became of each chance to send an update.

use tickwire_netcode::message::kind;
use tickwire_netcode::session::{ServerStats, Verdict};

use super::io::IoMetrics;
use super::label::labels;
use super::sim::SimMetrics;
use crate::net::service::Sent;

labels! {
    /// Client messages by their type byte (PROTOCOL section 2).
    Received {
        Hello = "hello",
        Input = "input",
        Ack = "ack",
        Command = "command",
        Resync = "resync",
        Ping = "ping",
        Bye = "bye",
        Other = "other",
    }
}

impl Received {
    pub(crate) fn of(message: &[u8]) -> Self {
        match message.first() {
            Some(&kind::HELLO) => Self::Hello,
            Some(&kind::INPUT) => Self::Input,
            Some(&kind::ACK) => Self::Ack,
            Some(&kind::COMMAND) => Self::Command,
            Some(&kind::RESYNC) => Self::Resync,
            Some(&kind::PING) => Self::Ping,
            Some(&kind::BYE) => Self::Bye,
            _ => Self::Other,
        }
    }
}

labels! {
    /// Server messages by their type byte.
    Transmitted {
        Welcome = "welcome",
        Reject = "reject",
        Update = "update",
        Events = "events",
        Moved = "moved",
        Pong = "pong",
        Other = "other",
    }
}

impl Transmitted {
    pub(crate) fn of(message: &[u8]) -> Self {
        match message.first() {
            Some(&kind::WELCOME) => Self::Welcome,
            Some(&kind::REJECT) => Self::Reject,
            Some(&kind::UPDATE) => Self::Update,
            Some(&kind::EVENTS) => Self::Events,
            Some(&kind::MOVED) => Self::Moved,
            Some(&kind::PONG) => Self::Pong,
            _ => Self::Other,
        }
    }
}

labels! {
    /// Why a player got no update in a send pass.
    Skip {
        /// Too many updates are unacknowledged.
        Gate = "gate",
        /// The unsent rest of an earlier write is pending.
        Tail = "tail",
        /// The kernel took no byte.
        Kernel = "kernel",
        /// There was nothing newer than what the player has, or no session any more.
        NothingNew = "nothing_new",
    }
}

labels! {
    /// What an input met when it reached its player's buffer.
    InputVerdict {
        Buffered = "buffered",
        Late = "late",
        Early = "early",
        Duplicate = "duplicate",
    }
}

impl From<Verdict> for InputVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Buffered => Self::Buffered,
            Verdict::Late => Self::Late,
            Verdict::Early => Self::Early,
            Verdict::Duplicate => Self::Duplicate,
        }
    }
}

impl SimMetrics {
    /// An input reached its player's buffer; `None` when there was none.
    pub(crate) fn count_input(&self, verdict: Option<Verdict>) {
        if let Some(verdict) = verdict {
            self.inputs.add(verdict.into(), 1);
        }
    }

    /// After a tick's hand-over: what found no place, per I/O thread.
    pub(crate) fn count_outbound(&self, pending: impl Iterator<Item = usize>) {
        let mut depth = 0;
        for left in pending {
            depth += left as u64;
            self.outbound_full.add(u64::from(left > 0));
        }
        self.outbound_depth.set(depth);
    }

    /// How many rooms there are of each kind, and players in all of them.
    pub(crate) fn count_rooms(&self, rooms: &[u64], players: usize) {
        for (gauge, count) in self.rooms.iter().zip(rooms) {
            gauge.set(*count);
        }
        self.players.set(players as u64);
    }
}

impl IoMetrics {
    /// One player's part of a send pass.
    pub(crate) fn count_send(&self, sent: Sent, is_gate_open: bool, has_update: bool) {
        match sent {
            Sent::Blocked => self.updates_skipped.add(Skip::Tail, 1),
            Sent::Nothing => self.updates_skipped.add(Skip::Kernel, 1),
            Sent::Gone => self.updates_skipped.add(Skip::NothingNew, 1),
            Sent::Empty | Sent::Partly | Sent::All if has_update => {}
            Sent::Empty | Sent::Partly | Sent::All if is_gate_open => {
                self.updates_skipped.add(Skip::NothingNew, 1);
            }
            Sent::Empty | Sent::Partly | Sent::All => self.updates_skipped.add(Skip::Gate, 1),
        }
    }

    /// A message that goes to a client.
    pub(crate) fn count_message(&self, message: &[u8]) {
        self.transmitted.add(Transmitted::of(message), 1);
    }

    /// The kernel took an update with this many messages of events after it.
    pub(crate) fn count_update(&self, events: u64) {
        self.transmitted.add(Transmitted::Update, 1);
        self.transmitted.add(Transmitted::Events, events);
    }

    /// What one message changed in its session's own counters.
    pub(crate) fn count_session(&self, before: ServerStats, after: ServerStats) {
        self.ack_strikes.add(after.ack_strikes - before.ack_strikes);
        self.resyncs.add(after.resyncs - before.resyncs);
        self.commands_duplicate.add(after.commands_duplicate - before.commands_duplicate);
    }

    /// After a hand-over: the entries that found the bridge to the simulation full.
    pub(crate) fn count_inbound(&self, left: usize) {
        self.inbound_depth.set(left as u64);
        self.inbound_full.add(u64::from(left > 0));
    }
}
