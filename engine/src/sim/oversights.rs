//! `Oversights`: what a room sees that only the game's author can mend.
//!
//! Owns what is still to be told and what was told already; logs nothing itself, since a room is pure. Invariant: the
//! list is bounded by the number of classes, whatever the game does.

use core::fmt;
use std::time::Duration;

use tickwire_netcode::limits::ENTITIES_MAX;
use tickwire_netcode::schema::{Clamped, Flags, Record};
use tickwire_netcode::snapshot::Refusal;
use tickwire_netcode::time::Time;

use super::event_batch::EventBatch;
use crate::limits::EVENTS_PER_TICK_MAX;

/// Values that are clamped are, as a rule, clamped again at the next tick.
const CLAMPED_QUIET: Duration = Duration::from_secs(10);

/// One thing to tell. Its `Display` says what to change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Oversight {
    Clamped { first: Clamped, count: u32 },
    Unowned { class: String },
    Refused(Refusal),
    EventsDropped,
    CommandUnhandled,
}

/// What is known of one class.
#[derive(Debug)]
struct ClassSeen {
    name: String,
    has_owner_fields: bool,
    owned: bool,
    unowned: bool,
}

/// What a room has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Oversights {
    /// Values out of their range since the room started, without those of events.
    pub(crate) clamped: u32,
    /// One of those clamped since the last was told.
    first: Option<Clamped>,
    quiet_until: Time,
    classes: Vec<ClassSeen>,
    refused: bool,
    dropped: bool,
    unhandled: bool,
    pending: Vec<Oversight>,
}

impl Oversights {
    pub(crate) fn of(classes: Vec<Record>) -> Self {
        let seen = |class: Record| ClassSeen {
            has_owner_fields: class.fields.iter().any(|field| field.flags.contains(Flags::OWNER)),
            name: class.name,
            owned: false,
            unowned: false,
        };
        Self { classes: classes.into_iter().map(seen).collect(), ..Self::default() }
    }

    /// An entity of this class was shown.
    pub(crate) fn shown(&mut self, class: u8, owned: bool) {
        if let Some(seen) = self.classes.get_mut(usize::from(class)) {
            seen.owned |= owned;
            seen.unowned |= !owned;
        }
    }

    /// A value was clamped; `find` looks for it and is called only if it will be told.
    #[cold]
    pub(crate) fn clamped(&mut self, find: impl FnOnce() -> Option<Clamped>) {
        if self.first.is_none() {
            self.first = find();
        }
    }

    /// A command came and the game has no function for it.
    pub(crate) fn command_unhandled(&mut self) {
        if !self.unhandled {
            self.unhandled = true;
            self.pending.push(Oversight::CommandUnhandled);
        }
    }

    /// The tick is over.
    pub(crate) fn settle(&mut self, has_players: bool, refusal: Option<Refusal>, events: &EventBatch) {
        for seen in &mut self.classes {
            // Some may have no owner (bots beside players); that none has is a mistake.
            if has_players && seen.has_owner_fields && seen.unowned && !seen.owned {
                seen.has_owner_fields = false;
                self.pending.push(Oversight::Unowned { class: seen.name.clone() });
            }
        }
        if let Some(refusal) = refusal.filter(|_| !self.refused) {
            self.refused = true;
            self.pending.push(Oversight::Refused(refusal));
        }
        if events.dropped > 0 && !self.dropped {
            self.dropped = true;
            self.pending.push(Oversight::EventsDropped);
        }
    }

    #[cfg(test)]
    pub(crate) fn has_told(&self) -> bool {
        self.refused || self.dropped
    }

    /// Takes what is to be told at `now`.
    pub(crate) fn take_due(&mut self, now: Time, count: u32) -> Vec<Oversight> {
        let mut due = std::mem::take(&mut self.pending);
        if now >= self.quiet_until
            && let Some(first) = self.first.take()
        {
            self.quiet_until = now + CLAMPED_QUIET;
            due.push(Oversight::Clamped { first, count });
        }
        due
    }
}

impl fmt::Display for Oversight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clamped { first, count } => write!(
                f,
                "{first}: values out of their range are clamped ({count} so far); widen the range or keep to it"
            ),
            Self::Unowned { class } => write!(
                f,
                "{class} has fields for its owner, but was shown with `put`: nobody receives them; show it with \
                 `scene.put_owned(id, player, &entity)`"
            ),
            Self::Refused(Refusal::NoId) => {
                write!(f, "an entity was shown with id 0 and left out: take ids from `cx.spawn_id()`")
            }
            Self::Refused(Refusal::Twice(id)) => write!(
                f,
                "entity {} was shown twice in one tick, the second was left out: give each its own `cx.spawn_id()`",
                id.0
            ),
            Self::Refused(Refusal::TooMany) => {
                write!(f, "more than {ENTITIES_MAX} entities were shown, the others are left out")
            }
            Self::EventsDropped => {
                write!(f, "more than {EVENTS_PER_TICK_MAX} events in one tick, the others are dropped")
            }
            Self::CommandUnhandled => write!(
                f,
                "a command came and nothing handles it: write `fn command` of the game, or `type Command = ()`"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
