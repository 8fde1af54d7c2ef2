//! `Shared`: what the threads of a run and the one that started them tell each other.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Thread;

use tickwire_netcode::time::Time;

use super::recorder::Pulse;

pub(crate) struct Shared {
    /// Nanoseconds of the common clock; `u64::MAX` = not known yet.
    begin: AtomicU64,
    end: AtomicU64,
    open: AtomicUsize,
    ready: AtomicUsize,
    gone: AtomicUsize,
    pulse: Mutex<Pulse>,
    starter: Thread,
}

impl Shared {
    pub(crate) fn new(starter: Thread) -> Self {
        Self {
            begin: AtomicU64::new(u64::MAX),
            end: AtomicU64::new(u64::MAX),
            open: AtomicUsize::new(0),
            ready: AtomicUsize::new(0),
            gone: AtomicUsize::new(0),
            pulse: Mutex::new(Pulse::new()),
            starter,
        }
    }

    /// What is due from then on is measured.
    pub(crate) fn begin_at(&self, begin: Time) {
        self.begin.store(begin.as_nanos(), Ordering::Release);
    }

    /// What is due from then on is neither sent nor measured.
    pub(crate) fn end_at(&self, end: Time) {
        self.end.store(end.as_nanos(), Ordering::Release);
    }

    /// Both moments as far as they are known; the end of time for those that are not.
    pub(super) fn window(&self) -> (Time, Time) {
        let at = |moment: &AtomicU64| Time::from_nanos(moment.load(Ordering::Acquire));
        (at(&self.begin), at(&self.end))
    }

    /// Connections that ever were upgraded.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections that ever were ready, whether or not they stayed.
    pub(crate) fn ready(&self) -> usize {
        self.ready.load(Ordering::Relaxed)
    }

    /// Connections that were lost.
    pub(crate) fn gone(&self) -> usize {
        self.gone.load(Ordering::Relaxed)
    }

    pub(super) fn one_is_open(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.starter.unpark();
    }

    pub(super) fn one_is_ready(&self) {
        self.ready.fetch_add(1, Ordering::Relaxed);
        self.starter.unpark();
    }

    pub(super) fn one_is_gone(&self) {
        self.gone.fetch_add(1, Ordering::Relaxed);
        self.starter.unpark();
    }

    /// What has happened since the last call is handed over.
    pub(super) fn publish(&self, pulse: &mut Pulse) {
        pulse.drain_to(&mut self.pulse.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What the threads handed over since the last call.
    pub(super) fn take_pulse(&self) -> Pulse {
        let mut taken = Pulse::new();
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner).drain_to(&mut taken);
        taken
    }
}
