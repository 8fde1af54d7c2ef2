//! `Schedule`: when one connection's messages are due, whatever happens meanwhile.
//!
//! Due times are absolute: message `n` of a connection is due at `origin + (n + phase) / rate`. Neither a slow answer
//! nor a late send moves the next one, which is what keeps coordinated omission out. Phases spread the connections
//! evenly over the period, so that a server does not get all of them at once and then nothing.

use std::time::Duration;

use tickwire_netcode::time::Time;

/// Rates by time: one, or one for each stage.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rates {
    /// Since when, and how much in a second. Ascending; the first one holds before its time, too.
    steps: Vec<(Time, f64)>,
}

impl Rates {
    pub(crate) fn constant(rate_hz: f64) -> Self {
        Self { steps: vec![(Time::default(), rate_hz)] }
    }

    /// `rates_hz` from `begin` on, each from its offset.
    pub(crate) fn stepped(begin: Time, offsets: impl Iterator<Item = Duration>, rates_hz: &[f64]) -> Self {
        Self { steps: offsets.zip(rates_hz).map(|(offset, &rate)| (begin + offset, rate)).collect() }
    }

    fn at(&self, at: Time) -> f64 {
        let held = self.steps.iter().rev().find(|(since, _)| *since <= at);
        held.or(self.steps.first()).map_or(1.0, |(_, rate)| *rate)
    }

    /// When the rate changes next.
    fn change_after(&self, at: Time) -> Option<Time> {
        // The first one holds from ever.
        self.steps.iter().skip(1).map(|(since, _)| *since).find(|since| *since > at)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// From when the messages of this rate count.
    origin: Time,
    rate_hz: f64,
    /// Share of a period, 0 to 1.
    phase: f64,
    /// Of the next message, since `origin`.
    number: u64,
}

impl Schedule {
    /// On the grid that begins at `origin`, from its first moment that is not before `now`.
    pub(crate) fn new(rates: &Rates, phase: f64, origin: Time, now: Time) -> Self {
        let rate_hz = rates.at(now);
        let passed = now.since(origin).as_secs_f64() * rate_hz - phase;
        Self { origin, rate_hz, phase, number: passed.ceil().max(0.0) as u64 }
    }

    /// When the next message is due.
    pub(crate) fn due(&self) -> Time {
        // 2^53 ns are 104 days: exact to the nanosecond for any run.
        let seconds = (self.number as f64 + self.phase) / self.rate_hz;
        self.origin + Duration::from_nanos((seconds * 1e9).round() as u64)
    }

    /// Goes on to the message after this one, at the rate of its time.
    pub(crate) fn advance(&mut self, rates: &Rates) {
        let due = self.due();
        self.number += 1;
        if let Some(change) = rates.change_after(due)
            && self.due() >= change
        {
            (self.origin, self.rate_hz, self.number) = (change, rates.at(change), 0);
        }
    }

    /// How many messages are due before `end` from here on.
    pub(crate) fn count_until(&self, end: Time, rates: &Rates) -> u64 {
        let mut rest = self.clone();
        let mut count = 0;
        while rest.due() < end {
            count += 1;
            rest.advance(rates);
        }
        count
    }
}

/// Where in its period a connection's messages are due: evenly spread for any count, and other for another seed.
pub(crate) fn phase(number: u32, seed: u64) -> f64 {
    // Multiples of the golden ratio leave no large gap, however many there are (Weyl, Knuth volume 3 section 6.4).
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let start = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64;
    (start + f64::from(number) * GOLDEN).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn due_times_are_absolute_and_do_not_drift() {
        let rates = Rates::constant(60.0);
        let mut schedule = Schedule::new(&rates, 0.5, ms(100), ms(100));
        for number in 0..1_000_000_u64 {
            if number % 60 == 0 {
                let want = 100_000_000 + number / 60 * 1_000_000_000 + 8_333_333;
                assert_eq!(schedule.due(), Time::from_nanos(want), "message {number}");
            }
            schedule.advance(&rates);
        }
    }

    #[test]
    fn a_late_comer_is_on_the_same_grid() {
        let rates = Rates::constant(10.0);
        for (phase, now, due) in
            [(0.0, 0, 0), (0.0, 1, 100), (0.25, 100, 125), (0.25, 125, 125), (0.25, 126, 225)]
        {
            assert_eq!(Schedule::new(&rates, phase, ms(0), ms(now)).due(), ms(due), "{phase} at {now}");
        }
    }

    #[test]
    fn the_rate_changes_at_its_moment() {
        let offsets = [0, 1000, 2000].into_iter().map(Duration::from_millis);
        let rates = Rates::stepped(ms(5000), offsets, &[2.0, 4.0, 1.0]);
        let mut schedule = Schedule::new(&rates, 0.0, ms(4000), ms(4000));
        let mut due = Vec::new();
        while schedule.due() < ms(9000) {
            due.push(schedule.due().as_nanos() / 1_000_000);
            schedule.advance(&rates);
        }
        assert_eq!(due, [4000, 4500, 5000, 5500, 6000, 6250, 6500, 6750, 7000, 8000]);
        assert_eq!(Schedule::new(&rates, 0.0, ms(4000), ms(6000)).count_until(ms(9000), &rates), 6);
    }

    #[test]
    fn phases_are_spread_and_seeded() {
        for count in [2, 10, 100, 1000] {
            let mut phases: Vec<f64> = (0..count).map(|number| phase(number, 7)).collect();
            phases.sort_by(f64::total_cmp);
            assert!(phases.iter().all(|phase| (0.0..1.0).contains(phase)));
            let gaps = phases.windows(2).map(|pair| pair[1] - pair[0]);
            let widest = gaps.fold(phases[0] + 1.0 - phases[phases.len() - 1], f64::max);
            assert!(widest < 2.7 / f64::from(count), "{count}: {widest}");
        }
        assert_ne!(phase(0, 1), phase(0, 2));
    }
}
