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
    /// The last pass ended at its bound: no edge announces what is left.
    is_unfinished: bool,
    /// The pass goes on with what the last one left.
    goes_on: bool,
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
        Ok(Some(Self {
            poll,
            events,
            timer,
            token,
            pace,
            mode,
            armed: None,
            is_unfinished: false,
            goes_on: false,
        }))
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
        let is_time = match self.pace.harvest_at() {
            None => announced,
            Some(at) => at <= now,
        };
        is_time || self.is_unfinished
    }

    /// Whether the next turn must not wait.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// How long what is read at `now` may have waited.
    pub(crate) fn waited(&self, now: Time) -> Duration {
        match self.mode {
            ReadMode::Waking => Duration::ZERO,
            ReadMode::Coalescing => now.since(self.pace.looked()),
        }
    }

    /// Gives the edges of up to `sessions` live sessions to `take`, those first that have waited longest.
    ///
    /// As many as there are, so that each is read once and those that never fall silent do not hold up the turn.
    pub(crate) fn pass(&mut self, sessions: usize, mut take: impl FnMut(&Event)) -> io::Result<()> {
        self.goes_on = self.is_unfinished;
        self.is_unfinished = false;
        let mut taken = 0;
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
            taken += count;
            if count < self.events.capacity() {
                return Ok(());
            }
            if taken >= sessions {
                self.is_unfinished = true;
                return Ok(());
            }
        }
    }

    /// A pass is over, and the messages it brought have been handed over; whether that was in time for its tick.
    pub(crate) fn passed(&mut self, messages: u64, began: Time, ended: Time) -> bool {
        if self.goes_on && self.pace.harvest_at().is_some_and(|at| began < at) {
            // The pass that it belongs to has been measured, and the next one is still to come.
            self.pace.went_on(messages);
            return true;
        }
        let is_in_time = self.pace.harvest_at().is_none_or(|at| ended <= at + self.pace.lead());
        self.pace.passed(messages, began, ended);
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

#[cfg(test)]
mod tests {
    use mio::net::UdpSocket;
    use mio::{Events, Interest, Poll, Token};
    use tickwire_netcode::time::Time;

    use super::Harvest;
    use crate::tick_grid::TickGrid;

    #[test]
    fn a_pass_that_finds_no_end_goes_on_in_the_next_turn() {
        let now = Time::from_nanos(1_000_000_000);
        let control = Poll::new().expect("a selector");
        let grid = TickGrid::new(now, 100);
        let harvest = Harvest::new(control.registry(), Token(9), grid, now).expect("descriptors");
        let mut harvest = harvest.expect("on this system there is one");
        harvest.events = Events::with_capacity(2);
        let mut sockets: Vec<UdpSocket> = (0..5)
            .map(|_| UdpSocket::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port"))
            .collect();
        for (index, socket) in sockets.iter_mut().enumerate() {
            harvest.registry().register(socket, Token(index), Interest::WRITABLE).expect("registered");
        }
        let mut seen = Vec::new();
        assert!(!harvest.is_due(false, now));
        harvest.pass(3, |event| seen.push(event.token().0)).expect("a selector");
        assert_eq!(seen.len(), 4, "whole calls, until each of three has had its turn");
        assert!(harvest.is_unfinished() && harvest.is_due(false, now));
        harvest.pass(3, |event| seen.push(event.token().0)).expect("a selector");
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        assert!(!harvest.is_unfinished() && !harvest.is_due(false, now));
    }
}
