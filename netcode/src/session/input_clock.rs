//! `InputClock`: which tick a client gives its next input for, and when.
//!
//! The server's tick is the only timeline. The client runs ahead of it by as much as its inputs take to arrive; the
//! server reports with what margin they did, and this clock trims its own step until the margin is in its band. Owns
//! that rule and nothing else: what an input is, and how it is sent, the session knows.

use core::time::Duration;

use crate::ids::InputSeq;
use crate::time::{Tick, Time};

/// The margin that is aimed at, in 1/16 tick: one tick.
const MARGIN_AIM_Q4: i32 = 16;
/// The band outside of which a correction begins, in 1/16 tick: 0.5 to 2 ticks. It ends at the aim, not at the band's edge:
/// a clock that rested there would let every input wait for a tick more than it needs.
const MARGIN_BAND_Q4: core::ops::RangeInclusive<i32> = 8..=32;
/// Beyond this the clock jumps, in 1/16 tick: 8 ticks. Trimming away more takes longer than a player likes to wait.
const JUMP_Q4: i32 = 8 * 16;
/// Largest change of the step, per cent: a player does not see it, and the error of 8 ticks is gone after 160.
const TRIM_PERCENT: u64 = 5;
/// Ticks of room that the first anchor leaves for jitter: margins that follow take it back.
const ANCHOR_SPARE_TICKS: u64 = 2;
/// Ticks that may be due at once after the client slept; those before are left out.
const CATCH_UP_TICKS_MAX: u64 = 8;

/// The client's tick clock.
#[derive(Clone, Debug)]
pub struct InputClock {
    period_ns: u64,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Waits for an Update to count from.
    Unanchored,
    Running {
        /// The tick of the next input, and when it is due.
        next: Tick,
        due: Time,
        /// Smoothed lower envelope of the reported margins, in 1/16 tick; `None` before the first.
        low_q4: Option<i32>,
        /// Which way the step is trimmed.
        trim: Trim,
        /// The last 64 steps, the newest in bit 0: whether they were shorter, and whether they were longer.
        shorter: u64,
        longer: u64,
        /// Margins of inputs before this one speak of the clock before its last jump.
        trust_from: InputSeq,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trim {
    None,
    /// Shorter steps: the clock runs further ahead.
    Ahead,
    /// Longer steps: it falls back.
    Back,
}

impl Trim {
    /// What follows for a margin of `low_q4`.
    fn next(self, low_q4: i32) -> Self {
        match self {
            _ if low_q4 < *MARGIN_BAND_Q4.start() => Self::Ahead,
            _ if low_q4 > *MARGIN_BAND_Q4.end() => Self::Back,
            Self::Ahead if low_q4 < MARGIN_AIM_Q4 => Self::Ahead,
            Self::Back if low_q4 > MARGIN_AIM_Q4 => Self::Back,
            Self::None | Self::Ahead | Self::Back => Self::None,
        }
    }
}

impl InputClock {
    /// A clock that stands still until [`InputClock::anchor`]. `tick_rate_hz` is Welcome's, from 1.
    pub fn new(tick_rate_hz: u16) -> Self {
        Self { period_ns: 1_000_000_000 / u64::from(tick_rate_hz.max(1)), state: State::Unanchored }
    }

    /// Forgets the timeline: the next anchor sets it anew.
    pub fn reset(&mut self) {
        self.state = State::Unanchored;
    }

    /// It runs.
    pub fn is_anchored(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// Sets the timeline by an Update of tick `server` that has just arrived, if there is none yet. `next_input` is the
    /// number that the next input will have.
    ///
    /// What is sent now arrives half a round trip later, and the Update left half a round trip ago.
    pub fn anchor(&mut self, server: Tick, rtt: Duration, next_input: InputSeq, now: Time) {
        if self.is_anchored() {
            return;
        }
        let rtt_ticks = (rtt.as_nanos() as u64).div_ceil(self.period_ns);
        // Nobody plays over a round trip of a minute; the clamp keeps the number small.
        let lead = rtt_ticks.min(60_000) + ANCHOR_SPARE_TICKS;
        self.state = State::Running {
            next: server + lead as u32,
            due: now,
            low_q4: None,
            trim: Trim::None,
            shorter: 0,
            longer: 0,
            trust_from: next_input,
        };
    }

    /// The tick to give an input for now, if one is due; call again until it is `None`. Each call that returns a tick
    /// moves on to the next one.
    pub fn due(&mut self, now: Time) -> Option<Tick> {
        let period_ns = self.period_ns;
        let step = Duration::from_nanos(self.step_ns());
        let State::Running { next, due, trim, shorter, longer, .. } = &mut self.state else {
            return None;
        };
        if now < *due {
            return None;
        }
        let behind = now.since(*due).as_nanos() as u64 / period_ns;
        if behind > CATCH_UP_TICKS_MAX {
            // The server has moved on as well: skip the ticks, not the time.
            *next = *next + (behind.min(u64::from(u32::MAX)) as u32);
            *due = *due + Duration::from_nanos(behind * period_ns);
        }
        let tick = *next;
        *next = *next + 1;
        *due = *due + step;
        *shorter = *shorter << 1 | u64::from(*trim == Trim::Ahead);
        *longer = *longer << 1 | u64::from(*trim == Trim::Back);
        Some(tick)
    }

    /// When [`InputClock::due`] has a tick next.
    pub fn poll_timeout(&self) -> Option<Time> {
        match self.state {
            State::Running { due, .. } => Some(due),
            State::Unanchored => None,
        }
    }

    /// The server used input `applied`, which came `margin_q4` sixteenths of a tick before the start of its tick.
    /// `next_input` is the number that the next input will have.
    pub fn on_margin(&mut self, applied: InputSeq, margin_q4: i16, next_input: InputSeq) {
        let State::Running { next, low_q4, trim, shorter, longer, trust_from, .. } = &mut self.state else {
            return;
        };
        if applied.0.wrapping_sub(trust_from.0).cast_signed() < 0 {
            return;
        }
        let margin_q4 = i32::from(margin_q4);
        // The low envelope: a late input counts at once, good ones are believed slowly.
        let low = match *low_q4 {
            Some(low) if margin_q4 > low => low + (margin_q4 - low + 7) / 8,
            _ => margin_q4,
        };
        *low_q4 = Some(low);
        // The report is of an input of one round trip ago, and what was trimmed since is not in it yet: without that a
        // long way would make the clock swing.
        let since = next_input.0.wrapping_sub(applied.0).saturating_sub(1);
        let mask = 1_u64.checked_shl(since).map_or(u64::MAX, |bit| bit - 1);
        let steps = (*shorter & mask).count_ones() as i32 - (*longer & mask).count_ones() as i32;
        *trim = trim.next(low + steps * 16 * TRIM_PERCENT as i32 / 100);
        let error_q4 = MARGIN_AIM_Q4 - low;
        if error_q4.abs() > JUMP_Q4 {
            *next = Tick(next.0.wrapping_add_signed(error_q4 / 16));
            *low_q4 = None;
            *trim = Trim::None;
            *trust_from = next_input;
        }
    }

    /// Nanoseconds from this input to the next: shorter to run ahead, longer to fall back.
    fn step_ns(&self) -> u64 {
        let State::Running { trim, .. } = self.state else {
            return self.period_ns;
        };
        let part = self.period_ns * TRIM_PERCENT / 100;
        match trim {
            Trim::None => self.period_ns,
            Trim::Ahead => self.period_ns - part,
            Trim::Back => self.period_ns + part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    /// 100 Hz, anchored at 1 s by tick 50 with a round trip of `rtt_ms`.
    fn anchored(rtt_ms: u64) -> InputClock {
        let mut clock = InputClock::new(100);
        clock.anchor(Tick(50), Duration::from_millis(rtt_ms), InputSeq(1), ms(1000));
        clock
    }

    fn due(clock: &mut InputClock, now_ms: u64) -> alloc::vec::Vec<u32> {
        core::iter::from_fn(|| clock.due(ms(now_ms)).map(|tick| tick.0)).collect()
    }

    #[test]
    fn nothing_is_due_before_the_first_update() {
        let mut clock = InputClock::new(100);
        assert_eq!((clock.due(ms(0)), clock.poll_timeout()), (None, None));
    }

    #[test]
    fn the_first_tick_leads_by_the_round_trip_and_two_ticks() {
        assert_eq!(due(&mut anchored(0), 1000), [52]);
        assert_eq!(due(&mut anchored(31), 1000), [56]);
        let mut clock = anchored(0);
        clock.anchor(Tick(90), Duration::ZERO, InputSeq(1), ms(1005));
        assert_eq!(due(&mut clock, 1005), [52], "an anchor holds until it is reset");
        clock.reset();
        clock.anchor(Tick(90), Duration::ZERO, InputSeq(1), ms(1006));
        assert_eq!(due(&mut clock, 1006), [92]);
    }

    #[test]
    fn one_tick_is_due_each_period_and_a_short_sleep_is_caught_up() {
        let mut clock = anchored(0);
        assert_eq!(due(&mut clock, 1000), [52]);
        assert_eq!(due(&mut clock, 1009), []);
        assert_eq!(clock.poll_timeout(), Some(ms(1010)));
        assert_eq!(due(&mut clock, 1035), [53, 54, 55]);
        // 4.965 s later, the ticks of the sleep are not given any more.
        assert_eq!(due(&mut clock, 6000), [552]);
    }

    #[test]
    fn the_step_is_trimmed_outside_of_the_band_only() {
        for (margin_q4, want_ms) in [(7, 9.5), (-100, 9.5), (8, 10.0), (16, 10.0), (32, 10.0), (33, 10.5)] {
            let mut clock = anchored(0);
            assert_eq!(due(&mut clock, 1000), [52]);
            clock.on_margin(InputSeq(1), margin_q4, InputSeq(2));
            assert_eq!(due(&mut clock, 1010), [53]);
            let next = clock.poll_timeout().map(|due| due.as_nanos() as f64 / 1e6 - 1010.0);
            assert_eq!(next, Some(want_ms), "margin {margin_q4}");
        }
    }

    #[test]
    fn a_correction_that_has_begun_goes_on_to_the_aim() {
        // Above the band, inside it, at the aim, inside it again; then the same from below.
        for (margins_q4, want_ms) in [
            ([40, 24, 17, 16, 24], [10.5, 10.5, 10.5, 10.0, 10.0]),
            ([7, 8, 15, 24, 8], [9.5, 9.5, 9.5, 10.0, 10.0]),
        ] {
            let mut clock = anchored(0);
            for (margin_q4, want_ms) in margins_q4.into_iter().zip(want_ms) {
                // Good margins are believed slowly: the same one until the envelope is there.
                for _ in 0..100 {
                    clock.on_margin(InputSeq(1), margin_q4, InputSeq(2));
                }
                let step_ms = clock.step_ns() as f64 / 1e6;
                assert!((step_ms - want_ms).abs() < 1e-9, "margin {margin_q4}: {step_ms}");
            }
        }
    }

    #[test]
    fn a_late_input_counts_at_once_and_good_ones_slowly() {
        let mut clock = anchored(0);
        for margin_q4 in [20, 20, -10] {
            clock.on_margin(InputSeq(1), margin_q4, InputSeq(2));
        }
        let mut good = 0;
        while clock.step_ns() < 10_000_000 {
            clock.on_margin(InputSeq(1), 24, InputSeq(2));
            good += 1;
        }
        assert!((3..20).contains(&good), "{good}");
    }

    #[test]
    fn beyond_eight_ticks_it_jumps_once_and_waits_for_inputs_after_the_jump() {
        let mut clock = anchored(0);
        assert_eq!(due(&mut clock, 1000), [52]);
        clock.on_margin(InputSeq(1), -160, InputSeq(9));
        clock.on_margin(InputSeq(2), -160, InputSeq(9));
        clock.on_margin(InputSeq(8), -160, InputSeq(9));
        assert_eq!(due(&mut clock, 1010), [64], "11 ticks ahead: 10 of lateness and one of margin");
        clock.on_margin(InputSeq(9), 16 * 20, InputSeq(10));
        assert_eq!(due(&mut clock, 1020), [46]);
    }
}
