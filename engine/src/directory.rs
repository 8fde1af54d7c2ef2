//! The room directory: which rooms there are, on which threads they live, and who may take a seat.
//!
//! One for the whole server, behind a lock that is taken when a player joins or is transferred, a room is made or ends, and rooms
//! are listed: never for an input, in a tick or in a send pass. Seats are counted beside the lock, so that leaving needs none.
//! Does not run rooms (`sim`) and knows no players. Invariant: a room's seats are never promised to more than its capacity;
//! a room that the directory gave up has no seat that anybody holds or was promised, unless its game has failed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use slab::Slab;
use tickwire_netcode::close::CloseCode;
use tickwire_netcode::time::Time;

use crate::bridge::RoomId;
use crate::limits;

/// Ids that begin with this are not listed: a room for those who were given its name.
pub(crate) const PRIVATE_PREFIX: char = '~';

/// What the directory knows of a kind of room.
#[derive(Clone, Debug)]
pub(crate) struct KindEntry {
    pub(crate) name: Arc<str>,
    /// Seats of each room.
    pub(crate) capacity: u32,
    /// No room of it is listed.
    pub(crate) private: bool,
}

/// A room as all threads know it.
#[derive(Debug)]
pub(crate) struct RoomPlan {
    pub(crate) id: RoomId,
    /// Index of its kind.
    pub(crate) kind: usize,
    /// The id that players see.
    pub(crate) name: Arc<str>,
    /// The I/O thread that its players' connections go to.
    pub(crate) home: usize,
    /// Made by its name, so that only who says it gets in.
    named: bool,
    listed: bool,
    /// Taken or promised.
    seats: AtomicU32,
    /// Its thread has made it; until then it is a promise that may be forgotten.
    made: AtomicBool,
}

impl RoomPlan {
    /// Seats that are taken or promised.
    pub(crate) fn seats(&self) -> u32 {
        self.seats.load(Ordering::Acquire)
    }

    /// The I/O thread for a player who has just been given a seat and is connected to the thread `here`.
    pub(crate) fn home_for(&self, here: usize) -> usize {
        if self.seats() <= limits::HOME_SEATS_MAX { self.home } else { here }
    }

    pub(crate) fn set_made(&self) {
        self.made.store(true, Ordering::Release);
    }

    fn is_forgotten(&self) -> bool {
        self.seats() == 0 && !self.made.load(Ordering::Acquire)
    }
}

/// One seat of a room. Dropping it gives the seat back, wherever that happens.
#[derive(Debug)]
pub(crate) struct Permit(Arc<RoomPlan>);

impl Permit {
    /// Takes a seat; called with the directory locked, so that nobody else does between the check and this.
    fn take(plan: &Arc<RoomPlan>, capacity: u32) -> Option<Self> {
        if plan.seats() >= capacity {
            return None;
        }
        plan.seats.fetch_add(1, Ordering::AcqRel);
        Some(Self(Arc::clone(plan)))
    }

    pub(crate) fn plan(&self) -> &Arc<RoomPlan> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.seats.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Who asks for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A client, whose making of rooms is limited in time.
    Peer,
    /// A game that transfers a player out of this room.
    Game(RoomId),
}

#[derive(Debug)]
struct State {
    /// By simulation thread.
    rooms: Vec<Slab<Arc<RoomPlan>>>,
    names: HashMap<(usize, Arc<str>), RoomId>,
    /// Count of rooms made so far.
    serial: u32,
    /// When the rooms that peers have made so far are paid for, at [`limits::ROOM_MADE_EVERY`] each.
    paid_until: Time,
}

#[derive(Debug, Default)]
struct Listing {
    body: Arc<str>,
    /// When it was made.
    at: Option<Time>,
}

/// The rooms of one server.
#[derive(Debug)]
pub(crate) struct Directory {
    kinds: Vec<KindEntry>,
    io_threads: usize,
    state: Mutex<State>,
    listing: Mutex<Listing>,
}

impl Directory {
    pub(crate) fn new(kinds: Vec<KindEntry>, sim_threads: usize, io_threads: usize) -> Self {
        let rooms = (0..sim_threads).map(|_| Slab::new()).collect();
        let state = State { rooms, names: HashMap::new(), serial: 0, paid_until: Time::default() };
        Self { kinds, io_threads, state: Mutex::new(state), listing: Mutex::default() }
    }

    /// The index of a kind.
    pub(crate) fn kind(&self, name: &str) -> Option<usize> {
        self.kinds.iter().position(|kind| *kind.name == *name)
    }

    /// Names of the kinds that anybody may hear of.
    pub(crate) fn public_kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().filter(|kind| !kind.private).map(|kind| &*kind.name)
    }

    /// A seat in the room of this name, or, with an empty name, in the oldest numbered room with a free one; made if need be.
    ///
    /// # Errors
    ///
    /// [`CloseCode::Full`] when the named room is, [`CloseCode::Busy`] when no more rooms are made now.
    pub(crate) fn join(&self, kind: usize, name: &str, asker: Asker, now: Time) -> Result<Permit, CloseCode> {
        let capacity = self.kinds[kind].capacity;
        let mut state = self.state.lock();
        if name.is_empty() {
            let left = match asker {
                Asker::Peer => None,
                Asker::Game(room) => Some(room),
            };
            let free = |plan: &&Arc<RoomPlan>| {
                plan.kind == kind && !plan.named && Some(plan.id) != left && plan.seats() < capacity
            };
            let oldest = state.plans().filter(free).min_by_key(|plan| plan.id.serial).cloned();
            if let Some(permit) = oldest.and_then(|plan| Permit::take(&plan, capacity)) {
                return Ok(permit);
            }
            let name = state.free_number(kind);
            return self.make(&mut state, kind, name, false, asker, now);
        }
        match state.named(kind, name) {
            Some(plan) => Permit::take(&plan, capacity).ok_or(CloseCode::Full),
            None => self.make(&mut state, kind, name.into(), true, asker, now),
        }
    }

    fn make(
        &self,
        state: &mut State,
        kind: usize,
        name: Arc<str>,
        named: bool,
        asker: Asker,
        now: Time,
    ) -> Result<Permit, CloseCode> {
        if state.count() >= limits::ROOMS_MAX {
            state.sweep();
        }
        if state.count() >= limits::ROOMS_MAX || (asker == Asker::Peer && !state.pay(now)) {
            return Err(CloseCode::Busy);
        }
        let KindEntry { capacity, private, .. } = self.kinds[kind];
        let thread = state.least_loaded_thread();
        let home = state.least_loaded_home(self.io_threads);
        let entry = state.rooms[thread].vacant_entry();
        let id = RoomId { thread: thread as u16, index: entry.key() as u32, serial: state.serial };
        let plan = Arc::new(RoomPlan {
            id,
            kind,
            home,
            named,
            listed: !private && !name.starts_with(PRIVATE_PREFIX),
            name: Arc::clone(&name),
            seats: AtomicU32::new(0),
            made: AtomicBool::new(false),
        });
        entry.insert(Arc::clone(&plan));
        state.serial = state.serial.wrapping_add(1);
        state.names.insert((kind, name), id);
        Permit::take(&plan, capacity).ok_or(CloseCode::Full)
    }

    /// Gives up a room that nobody is in. False: somebody was promised a seat, the room goes on.
    pub(crate) fn dispose(&self, plan: &RoomPlan) -> bool {
        let mut state = self.state.lock();
        let is_free = plan.seats() == 0;
        if is_free {
            state.forget(plan);
        }
        is_free
    }

    /// Gives up a room whose game has failed, whoever is in it.
    pub(crate) fn remove(&self, plan: &RoomPlan) {
        self.state.lock().forget(plan);
    }

    /// The public rooms as JSON, fullest first. Made anew at most once in [`limits::LISTING_AGE_MAX`], whoever asks how often.
    pub(crate) fn listing(&self, now: Time) -> Arc<str> {
        let mut listing = self.listing.lock();
        if listing.at.is_none_or(|at| now.since(at) >= limits::LISTING_AGE_MAX) {
            *listing = Listing { body: self.list().into(), at: Some(now) };
        }
        Arc::clone(&listing.body)
    }

    fn list(&self) -> String {
        let mut rooms: Vec<Arc<RoomPlan>> = {
            let state = self.state.lock();
            state.plans().filter(|plan| plan.listed && !plan.is_forgotten()).cloned().collect()
        };
        rooms.sort_by_cached_key(|plan| (std::cmp::Reverse(plan.seats()), plan.id.serial));
        rooms.truncate(limits::ROOMS_LISTED_MAX);
        let mut out = String::from("{\"rooms\":[");
        for (nth, plan) in rooms.iter().enumerate() {
            let KindEntry { name, capacity, .. } = &self.kinds[plan.kind];
            out.push_str(if nth == 0 { "{\"kind\":" } else { ",{\"kind\":" });
            push_json(&mut out, name);
            out.push_str(",\"id\":");
            push_json(&mut out, &plan.name);
            // Writing to a string does not fail.
            let _ = write!(out, ",\"players\":{},\"capacity\":{capacity}}}", plan.seats());
        }
        out.push_str("]}");
        out
    }
}

impl State {
    fn plans(&self) -> impl Iterator<Item = &Arc<RoomPlan>> {
        self.rooms.iter().flat_map(Slab::iter).map(|(_, plan)| plan)
    }

    fn count(&self) -> usize {
        self.rooms.iter().map(Slab::len).sum()
    }

    fn named(&self, kind: usize, name: &str) -> Option<Arc<RoomPlan>> {
        let id = self.names.get(&(kind, Arc::from(name)))?;
        self.rooms[usize::from(id.thread)].get(id.index as usize).cloned()
    }

    /// The lowest number that no room of the kind has as its name.
    fn free_number(&self, kind: usize) -> Arc<str> {
        let mut number = 1u32;
        loop {
            let name: Arc<str> = number.to_string().into();
            if !self.names.contains_key(&(kind, Arc::clone(&name))) {
                return name;
            }
            number += 1;
        }
    }

    /// Whether a peer may make a room now.
    fn pay(&mut self, now: Time) -> bool {
        let burst = limits::ROOM_MADE_EVERY * limits::ROOMS_MADE_BURST;
        let paid_until = self.paid_until.max(now) + limits::ROOM_MADE_EVERY;
        let is_paid = paid_until.since(now) <= burst;
        if is_paid {
            self.paid_until = paid_until;
        }
        is_paid
    }

    /// The simulation thread with the fewest players, then rooms.
    fn least_loaded_thread(&self) -> usize {
        let load = |(_, rooms): &(usize, &Slab<Arc<RoomPlan>>)| {
            (rooms.iter().map(|(_, plan)| u64::from(plan.seats())).sum::<u64>(), rooms.len())
        };
        self.rooms.iter().enumerate().min_by_key(load).map_or(0, |(thread, _)| thread)
    }

    /// The I/O thread whose rooms have the fewest players, then are the fewest.
    fn least_loaded_home(&self, io_threads: usize) -> usize {
        let mut loads = vec![(0u64, 0u32); io_threads.max(1)];
        for plan in self.plans() {
            loads[plan.home].0 += u64::from(plan.seats());
            loads[plan.home].1 += 1;
        }
        loads.iter().enumerate().min_by_key(|(_, load)| **load).map_or(0, |(home, _)| home)
    }

    fn forget(&mut self, plan: &RoomPlan) {
        let rooms = &mut self.rooms[usize::from(plan.id.thread)];
        let index = plan.id.index as usize;
        if rooms.get(index).is_some_and(|known| known.id == plan.id) {
            rooms.remove(index);
            self.names.remove(&(plan.kind, Arc::clone(&plan.name)));
        }
    }

    /// Forgets rooms that were promised to connections which have gone since.
    fn sweep(&mut self) {
        let forgotten: Vec<_> = self.plans().filter(|plan| plan.is_forgotten()).cloned().collect();
        for plan in forgotten {
            self.forget(&plan);
        }
    }
}

/// Appends a JSON string: names come from peers.
fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Beside control characters those that could end a script when a page embeds the list.
            c if c.is_control() || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
