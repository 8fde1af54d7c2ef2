//! `InputBuffer`: one player's inputs on their way to the ticks that they are meant for. PROTOCOL section 5.1.
//!
//! Owns the verdict on each input, the held state, and the edges that came too late for their tick. Server side, in the
//! simulation. Invariant: an edge that a client sent once is applied in exactly one tick, unless more than
//! [`limits::LATE_EDGES_MAX`] wait; and what a tick gets depends on the order of arrival and the moments given only.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::ids::InputSeq;
use crate::limits;
use crate::schema::Input;
use crate::time::{Tick, Time};

const WINDOW: usize = limits::INPUT_WINDOW_TICKS as usize;

/// One input of the player, as the session reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrivedInput<I> {
    /// Its number.
    pub number: InputSeq,
    /// The tick that it is meant for.
    pub tick: Tick,
    /// The tick that the client was drawing, in 1/16 tick, wrapping.
    pub view_tick_q4: u32,
    /// When it came, by the best estimate: its margin counts from then.
    pub arrived: Time,
    /// No verdict depends on it; [`Applied::waited`] gives it back.
    pub waited: Waited,
    /// What the player wants.
    pub input: I,
}

/// The way of an input to the tick that it was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// When it was read.
    pub read: Time,
    /// When it reached the buffer.
    pub buffered: Time,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits for its tick.
    Buffered,
    /// Its tick has run: the held state is dropped, its edges are kept for the next tick.
    Late,
    /// Its tick is too far ahead: dropped.
    Early,
    /// Its number is not newer than the last: dropped.
    Duplicate,
}

/// Counters of one player's inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputStats {
    /// Inputs that came in time.
    pub buffered: u64,
    /// Inputs whose tick had run.
    pub late: u64,
    /// Inputs too far ahead.
    pub early: u64,
    /// Inputs whose number was not newer.
    pub duplicate: u64,
    /// Ticks that had no input and repeated the held state.
    pub held: u64,
    /// Edges dropped because too many waited.
    pub edges_dropped: u64,
}

/// What one tick gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied<I> {
    /// The input: held state and the edges of this tick.
    pub input: I,
    /// Number of the newest input that a tick up to this one has used, or that came too early for any; 0 before the
    /// first.
    pub applied: InputSeq,
    /// How long before the start of its tick that input arrived, in 1/16 tick; negative = late.
    pub margin_q4: i16,
    /// The tick that the client was drawing when it gave this input or its edges, in 1/16 tick.
    pub view_tick_q4: u32,
    /// How the input of this tick came; `None` when there was none and the held state was repeated.
    pub waited: Option<Waited>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting<I> {
    number: InputSeq,
    margin_q4: i16,
    view_tick_q4: u32,
    waited: Waited,
    input: I,
}

/// The inputs of one player.
#[derive(Clone, Debug)]
pub struct InputBuffer<I> {
    tick_period: Duration,
    /// The tick that runs next, and when it starts.
    next: Tick,
    next_starts: Time,
    /// Inputs for the ticks from `next` on: that of tick t is at `t % WINDOW`. Empty before the first: who only looks on
    /// has none.
    window: Vec<Option<Waiting<I>>>,
    /// Edges whose tick had run, or was taken by older ones; oldest first, with the view tick at which they were given.
    edges: VecDeque<(I, u32)>,
    held: I,
    newest: InputSeq,
    applied: InputSeq,
    margin_q4: i16,
    view_tick_q4: u32,
    stats: InputStats,
}

impl<I: Input> InputBuffer<I> {
    /// A buffer whose first tick is `next`, which starts at `next_starts`. Does not allocate: who only looks on never does.
    pub fn new(next: Tick, next_starts: Time, tick_period: Duration) -> Self {
        Self {
            tick_period,
            next,
            next_starts,
            window: Vec::new(),
            edges: VecDeque::new(),
            held: I::default(),
            newest: InputSeq(0),
            applied: InputSeq(0),
            margin_q4: 0,
            view_tick_q4: next.0.wrapping_mul(16),
            stats: InputStats::default(),
        }
    }

    /// The next tick starts then, and not one period after the last one: time was dropped in between.
    pub fn expect(&mut self, next_starts: Time) {
        self.next_starts = next_starts;
    }

    /// Takes an input. Every verdict is counted and none is an error. Allocates for the first input, and for the first late
    /// edge; not after that.
    pub fn push(&mut self, arrived: ArrivedInput<I>) -> Verdict {
        let ArrivedInput { number, tick, view_tick_q4, input, arrived, waited } = arrived;
        if number.0.wrapping_sub(self.newest.0).cast_signed() <= 0 {
            self.stats.duplicate += 1;
            return Verdict::Duplicate;
        }
        self.newest = number;
        let ahead = tick.delta(self.next);
        let margin_q4 = self.margin_q4(ahead, arrived);
        if ahead >= WINDOW as i32 {
            self.stats.early += 1;
            // Reported as well: a client whose clock runs too far ahead has nothing else to find it out by.
            self.on_used(number, margin_q4);
            return Verdict::Early;
        }
        if ahead < 0 {
            self.stats.late += 1;
            self.on_used(number, margin_q4);
            self.queue_edges(input, view_tick_q4);
            return Verdict::Late;
        }
        self.stats.buffered += 1;
        if self.window.is_empty() {
            self.window = vec![None; WINDOW];
        }
        let place = &mut self.window[tick.0 as usize % WINDOW];
        // Two inputs for one tick: the newer state counts, and the edges of both, one after the other.
        let replaced = place.replace(Waiting { number, margin_q4, view_tick_q4, waited, input });
        if let Some(older) = replaced {
            self.queue_edges(older.input, older.view_tick_q4);
        }
        Verdict::Buffered
    }

    /// The input for `tick`, which starts at `starts`. Ticks are taken in order; those left out are lost, their edges
    /// are not. Allocates like `push` for the first late edge.
    pub fn take(&mut self, tick: Tick, starts: Time) -> Applied<I> {
        // At most one lap: what was buffered lies within the window after `next`.
        for skipped in 0..tick.delta(self.next).clamp(0, WINDOW as i32) {
            if let Some(waiting) = self.take_waiting(self.next + skipped.unsigned_abs()) {
                self.on_used(waiting.number, waiting.margin_q4);
                self.queue_edges(waiting.input, waiting.view_tick_q4);
            }
        }
        let (mut input, mut waited) = (self.held, None);
        match self.take_waiting(tick) {
            Some(waiting) => {
                input = waiting.input;
                waited = Some(waiting.waited);
                self.view_tick_q4 = waiting.view_tick_q4;
                self.on_used(waiting.number, waiting.margin_q4);
            }
            None => {
                // The client goes on drawing while its input is on the way.
                self.view_tick_q4 = self.view_tick_q4.wrapping_add(16);
                self.stats.held += 1;
            }
        }
        self.held = input;
        self.held.clear_edges();
        let mut view_tick_q4 = self.view_tick_q4;
        if let Some((edges, edges_view_tick_q4)) = self.edges.pop_front() {
            // Older edges go first, one a tick: merged into one, two presses would be one shot.
            self.queue_edges(input, view_tick_q4);
            input = self.held;
            input.merge_edges(&edges);
            view_tick_q4 = edges_view_tick_q4;
        }
        self.next = tick + 1;
        self.next_starts = starts + self.tick_period;
        Applied { input, applied: self.applied, margin_q4: self.margin_q4, view_tick_q4, waited }
    }

    /// Counters since the player joined.
    pub fn stats(&self) -> InputStats {
        self.stats
    }

    fn take_waiting(&mut self, tick: Tick) -> Option<Waiting<I>> {
        self.window.get_mut(tick.0 as usize % WINDOW)?.take()
    }

    fn queue_edges(&mut self, input: I, view_tick_q4: u32) {
        if !input.edges() {
            return;
        }
        if self.edges.len() == limits::LATE_EDGES_MAX {
            self.stats.edges_dropped += 1;
            return;
        }
        // At the first one, for all.
        self.edges.reserve_exact(limits::LATE_EDGES_MAX - self.edges.len());
        self.edges.push_back((input, view_tick_q4));
    }

    fn on_used(&mut self, number: InputSeq, margin_q4: i16) {
        if number.0.wrapping_sub(self.applied.0).cast_signed() > 0 {
            self.applied = number;
            self.margin_q4 = margin_q4;
        }
    }

    /// Time from `arrived` to the start of the tick that is `ahead` of the next one, in 1/16 tick.
    fn margin_q4(&self, ahead: i32, arrived: Time) -> i16 {
        let period_ns = self.tick_period.as_nanos().max(1) as i128;
        let starts_ns = i128::from(self.next_starts.as_nanos()) + i128::from(ahead) * period_ns;
        let margin_ns = starts_ns - i128::from(arrived.as_nanos());
        (margin_ns * 16 / period_ns).clamp(i128::from(i16::MIN), i128::from(i16::MAX)) as i16
    }
}

#[cfg(test)]
mod tests;
