//! `Pace`: whether reads wait for the tick, and how long before it they begin. PROTOCOL section 5.1 is what they feed.
//!
//! Owns the decision and its measurements; the selector and the timer are `harvest.rs`. Pure: moments come in as
//! arguments. Invariant: the decision follows from how much was read, never from who sent it.
//!
//! An input waits for its tick anyway, so a thread need not wake for each one: it reads all live sessions in one pass
//! shortly before the tick they feed, as a network card moderates its interrupts.

use std::time::Duration;

use tickwire_netcode::time::Time;

use super::limits::{COALESCE_FROM, HARVEST_MARGIN, HARVEST_SHARE_MAX, PASS_STEP, WAKE_BELOW, WINDOW_TICKS};
use crate::tick_grid::TickGrid;

/// How a thread learns that live sessions have sent something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum ReadMode {
    /// Each edge wakes it.
    #[default]
    Waking,
    /// It looks once per tick.
    Coalescing,
}

/// When to read.
///
/// ```text
///   Waking --COALESCE_FROM messages a tick, over a window--> Coalescing
///      ^-----------fewer than WAKE_BELOW, over a window-----------'
/// ```
#[derive(Debug)]
pub(crate) struct Pace {
    grid: TickGrid,
    mode: ReadMode,
    /// Messages of live sessions since the window began: as many in either mode, unlike reads.
    messages: u64,
    window_ends: Time,
    /// How long nine of ten passes take at most, from the moment they were planned for to their end.
    pass: Duration,
    /// The tick that the next pass is for, while coalescing.
    target: Time,
    /// When live sessions were read before.
    looked: Time,
}

impl Pace {
    pub(crate) fn new(grid: TickGrid, now: Time) -> Self {
        Self {
            grid,
            mode: ReadMode::Waking,
            messages: 0,
            window_ends: now + grid.interval() * WINDOW_TICKS,
            pass: Duration::ZERO,
            target: now,
            looked: now,
        }
    }

    /// How long before its tick a pass begins: as long as it takes, and a margin.
    pub(crate) fn lead(&self) -> Duration {
        (self.pass + self.pass / 4 + HARVEST_MARGIN).min(self.grid.interval() / HARVEST_SHARE_MAX)
    }

    /// When the next pass is to begin, while coalescing.
    pub(crate) fn harvest_at(&self) -> Option<Time> {
        (self.mode == ReadMode::Coalescing).then(|| before(self.target, self.lead()))
    }

    /// Since when what is read now may have waited, if it was read in one pass with others.
    pub(crate) fn looked(&self) -> Time {
        self.looked
    }

    /// More has been read of a pass that found no end.
    pub(crate) fn went_on(&mut self, messages: u64) {
        self.messages += messages;
    }

    /// Live sessions have been read, from `began` to `ended`.
    pub(crate) fn passed(&mut self, messages: u64, began: Time, ended: Time) {
        self.messages += messages;
        self.looked = began;
        if let Some(planned) = self.harvest_at() {
            self.measure(ended.since(planned.min(began)));
            // A pass that came late was for the tick that it missed; never two for one tick.
            self.target = self.grid.after(self.target.max(ended));
        }
    }

    /// The mode for what follows; asked after each turn.
    pub(crate) fn decide(&mut self, now: Time) -> ReadMode {
        if now < self.window_ends {
            return self.mode;
        }
        // A window ends late when nothing wakes the thread.
        let ticks = u64::from(WINDOW_TICKS)
            + (now.since(self.window_ends).as_nanos() / self.grid.interval().as_nanos()) as u64;
        let (messages, mode) = (std::mem::take(&mut self.messages), self.mode);
        self.window_ends = now + self.grid.interval() * WINDOW_TICKS;
        match mode {
            ReadMode::Waking if messages >= COALESCE_FROM * ticks => {
                self.mode = ReadMode::Coalescing;
                self.target = self.grid.after(now + self.lead());
            }
            ReadMode::Coalescing if messages < WAKE_BELOW * ticks => self.mode = ReadMode::Waking,
            ReadMode::Waking | ReadMode::Coalescing => {}
        }
        self.mode
    }

    fn measure(&mut self, length: Duration) {
        // Nine steps up weigh as much as one down, so that it settles where one pass in ten is longer. The few that the
        // scheduler held up do not count by their length: a lead for them would cost every input its latency.
        self.pass = if length > self.pass {
            self.pass + (length - self.pass).min(PASS_STEP)
        } else {
            self.pass - (self.pass - length).min(PASS_STEP / 9)
        };
    }
}

/// `moment` less `span`, not before the clock's start.
fn before(moment: Time, span: Duration) -> Time {
    Time::from_nanos(moment.as_nanos().saturating_sub(span.as_nanos() as u64))
}

#[cfg(test)]
mod tests;
