//! `Reactor`: waits for sockets and for a moment, whichever comes first.
//!
//! The moment is a timer's descriptor in the same poll: the poll's own timeout is in whole milliseconds, which is as
//! much as a send may be late. Elsewhere than on Linux it is that timeout.

use std::io;
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Token};
use tickwire_client::Clock;
use tickwire_netcode::time::Time;

/// Readiness taken in one turn; the rest comes with the next one.
const EVENTS_MAX: usize = 1024;
/// Waits are at least this long unless something is due already, so that sends that are due within it share a wake-up.
/// A wake-up costs as much (chosen, not measured); a fiftieth of what counts as late.
const GRAIN: Duration = Duration::from_micros(20);
const ALARM: Token = Token(usize::MAX);

/// One thread's poll and clock.
pub(crate) struct Reactor {
    clock: Clock,
    poll: Poll,
    events: Events,
    alarm: alarm::Alarm,
    /// When the alarm rings, if it has not.
    armed: Option<Time>,
}

impl Reactor {
    pub(crate) fn new(clock: Clock) -> io::Result<Self> {
        let poll = Poll::new()?;
        let alarm = alarm::Alarm::new(&poll)?;
        Ok(Self { clock, poll, events: Events::with_capacity(EVENTS_MAX), alarm, armed: None })
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// From now on `source` wakes this reactor, as `index`, whenever it becomes readable or writable.
    pub(crate) fn register(&self, source: &mut impl Source, index: usize) -> io::Result<()> {
        self.poll.registry().register(source, Token(index), Interest::READABLE | Interest::WRITABLE)
    }

    /// Waits until sockets are ready or `until` has come, and appends the indices of the ready ones.
    pub(crate) fn wait(&mut self, until: Time, ready: &mut Vec<usize>) -> io::Result<()> {
        let timeout = self.timeout(until)?;
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        ready.extend(
            self.events
                .iter()
                .map(mio::event::Event::token)
                .filter(|&token| token != ALARM)
                .map(|token| token.0),
        );
        Ok(())
    }

    /// As [`Reactor::wait`], but the sockets of `backlog` are ready whatever the poll says, and there is no wait for them.
    /// Each is in `ready` once, and `backlog` is empty then.
    pub(crate) fn wait_with(
        &mut self,
        backlog: &mut Vec<usize>,
        until: Time,
        ready: &mut Vec<usize>,
    ) -> io::Result<()> {
        if backlog.is_empty() {
            return self.wait(until, ready);
        }
        ready.append(backlog);
        self.wait(Time::default(), ready)?;
        ready.sort_unstable();
        ready.dedup();
        Ok(())
    }

    /// Sets the alarm for `until`, or leaves it if it rings before: an early wake-up is cheaper than a system call for
    /// every turn.
    fn timeout(&mut self, until: Time) -> io::Result<Option<Duration>> {
        let now = self.clock.now();
        if until <= now {
            return Ok(Some(Duration::ZERO));
        }
        if alarm::STAYS_SET && self.armed.is_some_and(|at| now < at && at <= until) {
            return Ok(None);
        }
        let left = until.since(now).max(GRAIN);
        self.armed = Some(now + left);
        self.alarm.arm(left)
    }
}

#[cfg(target_os = "linux")]
mod alarm {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::time::Duration;

    use mio::unix::SourceFd;
    use mio::{Interest, Poll};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    pub(super) const STAYS_SET: bool = true;

    pub(super) struct Alarm(OwnedFd);

    impl Alarm {
        pub(super) fn new(poll: &Poll) -> io::Result<Self> {
            let timer =
                timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), super::ALARM, Interest::READABLE)?;
            Ok(Self(timer))
        }

        /// Rings once, after `left`; what was set before is forgotten. The poll itself needs no timeout.
        pub(super) fn arm(&mut self, left: Duration) -> io::Result<Option<Duration>> {
            let it_value = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            // Setting it anew also takes back that it has rung, so that it never has to be read.
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value })?;
            Ok(None)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod alarm {
    use std::io;
    use std::time::Duration;

    use mio::Poll;

    /// The timeout of one poll is not that of the next.
    pub(super) const STAYS_SET: bool = false;

    pub(super) struct Alarm;

    impl Alarm {
        pub(super) fn new(_: &Poll) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn arm(&mut self, left: Duration) -> io::Result<Option<Duration>> {
            Ok(Some(left))
        }
    }
}
