//! `Harvest`: the live sessions of one I/O thread, in a selector of their own that is read shortly before each tick.
//!
//! Owns that selector, the timer for the next pass and their place in the thread's control selector. When to read is
//! `Pace`'s; what the edges mean is the driver's. Invariant: while waking, the control selector announces the
//! harvested one; while coalescing, the timer does and nothing that a session sends wakes the thread.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tickwire_netcode::time::Time;

use super::limits::EVENTS_PER_HARVEST;
use super::pace::{Pace, ReadMode};
use crate::tick_grid::TickGrid;

#[derive(Debug)]
pub(crate) struct Harvest {
    poll: Poll,
    events: Events,
    timer: OwnedFd,
    token: Token,
    pace: Pace,
    /// As it was registered last.
    mode: ReadMode,
    /// What the timer is set to.
    armed: Option<Time>,
}

impl Harvest {
    /// A selector without connections; `token` is what `control` announces it and its timer by.
    pub(crate) fn new(
        control: &Registry,
        token: Token,
        grid: TickGrid,
        now: Time,
    ) -> io::Result<Option<Self>> {
        let poll = Poll::new()?;
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        control.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        control.register(&mut SourceFd(&poll.as_raw_fd()), token, Interest::READABLE)?;
        let events = Events::with_capacity(EVENTS_PER_HARVEST);
        let (pace, mode) = (Pace::new(grid, now), ReadMode::Waking);
        Ok(Some(Self { poll, events, timer, token, pace, mode, armed: None }))
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    pub(crate) fn mode(&self) -> ReadMode {
        self.mode
    }

    /// How long before its tick a pass begins.
    pub(crate) fn lead(&self) -> Duration {
        self.pace.lead()
    }

    /// Whether live sessions are to be read in a turn at `now` that has, or has not, been announced.
    pub(crate) fn is_due(&self, announced: bool, now: Time) -> bool {
        match self.pace.harvest_at() {
            None => announced,
            Some(at) => at <= now,
        }
    }

    /// How long what is read at `now` may have waited.
    pub(crate) fn waited(&self, now: Time) -> Duration {
        match self.mode {
            ReadMode::Waking => Duration::ZERO,
            ReadMode::Coalescing => now.since(self.pace.looked()),
        }
    }

    /// Gives every edge of the live sessions to `take`.
    pub(crate) fn pass(&mut self, mut take: impl FnMut(&Event)) -> io::Result<()> {
        loop {
            match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                outcome => outcome?,
            }
            let mut count = 0;
            for event in &self.events {
                take(event);
                count += 1;
            }
            if count < EVENTS_PER_HARVEST {
                return Ok(());
            }
        }
    }

    /// A pass of `reads` calls is over, and what it brought has been handed over; whether that was in time for its tick.
    pub(crate) fn passed(&mut self, reads: u64, began: Time, ended: Time) -> bool {
        let is_in_time = self.pace.harvest_at().is_none_or(|at| ended <= at + self.pace.lead());
        self.pace.passed(reads, began, ended);
        is_in_time
    }

    /// Takes the mode that the load asks for, and sets the timer. Runs at the end of each turn.
    pub(crate) fn settle(&mut self, control: &Registry, now: Time) -> io::Result<()> {
        let mode = self.pace.decide(now);
        if mode != self.mode {
            tracing::debug!(?mode, lead_us = self.lead().as_micros() as u64, "reads change their mode");
            let fd = self.poll.as_raw_fd();
            match mode {
                ReadMode::Coalescing => control.deregister(&mut SourceFd(&fd))?,
                // Registering announces what is there already.
                ReadMode::Waking => control.register(&mut SourceFd(&fd), self.token, Interest::READABLE)?,
            }
            self.mode = mode;
        }
        let at = self.pace.harvest_at();
        if at != self.armed {
            self.arm(at)?;
            self.armed = at;
        }
        Ok(())
    }

    /// A moment in the past fires at once. The descriptor is never read: setting it anew clears it.
    fn arm(&self, at: Option<Time>) -> io::Result<()> {
        // Zero disarms.
        let nanos = at.map_or(0, |at| at.as_nanos().max(1));
        let value =
            Timespec { tv_sec: (nanos / 1_000_000_000).cast_signed(), tv_nsec: (nanos % 1_000_000_000) as _ };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(self.timer.as_fd(), TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }
}
