//! The bare fan-out: at each tick one send of one frame that was framed before, to each connection.
//!
//! Payload bytes 0..8 are the monotonic clock right before the first send (nanoseconds, u64, little-endian), the rest stays
//! the same. What clients send is read and dropped without a look, so that a close frame is not answered: the end of the
//! TCP connection is the end. A connection that does not take a frame whole misses the next ones until it has.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tickwire_netcode::ws::{MessageKind, frame};

use super::Inputs;
use super::frames::HEADER_BYTES_MAX;
use super::hall::{Guest, Hall, Over, Tail, read};

const NANOS_PER_S: u64 = 1_000_000_000;
/// No connection has it: no process has so many descriptors.
const ALARM: EventData = EventData::new_u64(u64::MAX);

pub(super) struct Fanout {
    hall: Hall<Listener>,
    frame: Vec<u8>,
    stamp_at: usize,
    /// When the first tick was due; the others lie on a grid from there.
    base_ns: u64,
    interval_index: u64,
    hz: u32,
    waiting: Waiting,
}

/// How the loop waits for its tick.
enum Waiting {
    /// In epoll, with a timer beside the sockets.
    Wake { timer: OwnedFd },
    /// Asleep; the sockets are looked at when it is over.
    Tick,
}

impl Fanout {
    pub(super) fn new(hall: Hall<Listener>, hz: u32, bytes: u32, inputs: Inputs) -> io::Result<Self> {
        let mut frame = frame::header(MessageKind::Binary, bytes as usize).to_vec();
        let stamp_at = frame.len();
        frame.resize(stamp_at + bytes as usize, 0x5a);
        let waiting = match inputs {
            Inputs::Tick => Waiting::Tick,
            Inputs::Wake => {
                let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
                let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
                epoll::add(hall.epoll(), &timer, ALARM, EventFlags::IN | EventFlags::ET)?;
                Waiting::Wake { timer }
            }
        };
        Ok(Self { hall, frame, stamp_at, base_ns: monotonic_ns(), interval_index: 0, hz, waiting })
    }

    /// Waits for the next tick and sends it. Ticks that a stall took away are not made up for.
    pub(super) fn tick(&mut self) -> io::Result<()> {
        let passed =
            u128::from(monotonic_ns() - self.base_ns) * u128::from(self.hz) / u128::from(NANOS_PER_S);
        self.interval_index = (self.interval_index + 1).max(passed as u64);
        let due_ns = self.base_ns
            + (u128::from(self.interval_index) * u128::from(NANOS_PER_S) / u128::from(self.hz)) as u64;
        self.wait(due_ns)?;
        self.send();
        Ok(())
    }

    fn wait(&mut self, due_ns: u64) -> io::Result<()> {
        let due = Timespec { tv_sec: (due_ns / NANOS_PER_S) as i64, tv_nsec: (due_ns % NANOS_PER_S) as i64 };
        match &self.waiting {
            Waiting::Tick => {
                while let Err(error) = clock_nanosleep_absolute(ClockId::Monotonic, &due) {
                    if error != Errno::INTR {
                        return Err(error.into());
                    }
                }
                self.hall.harvest()
            }
            Waiting::Wake { timer } => {
                let alarm = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: due };
                timerfd_settime(timer, TimerfdTimerFlags::ABSTIME, &alarm)?;
                while monotonic_ns() < due_ns {
                    self.hall.turn(None)?;
                }
                Ok(())
            }
        }
    }

    fn send(&mut self) {
        let stamp = self.stamp_at..self.stamp_at + size_of::<u64>();
        self.frame[stamp].copy_from_slice(&monotonic_ns().to_le_bytes());
        let frame = &self.frame;
        self.hall.each(|socket, listener| listener.send(socket, frame));
    }
}

/// Nanoseconds of `CLOCK_MONOTONIC`, which all processes of a machine share.
fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * NANOS_PER_S + now.tv_nsec.unsigned_abs()
}

#[derive(Default)]
pub(super) struct Listener {
    tail: Tail,
}

impl Listener {
    fn send(&mut self, socket: &OwnedFd, frame: &[u8]) -> Result<(), Over> {
        if self.tail.is_empty() { self.tail.send(socket, frame) } else { Ok(()) }
    }
}

impl Guest for Listener {
    fn ready(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<(), Over> {
        if !self.tail.is_empty() {
            self.tail.flush(socket)?;
        }
        let room = &mut buffer[HEADER_BYTES_MAX..];
        while read(socket, room)? == Some(room.len()) {}
        Ok(())
    }

    fn early(&mut self, _: &OwnedFd, _: &mut [u8]) -> Result<(), Over> {
        Ok(())
    }
}
