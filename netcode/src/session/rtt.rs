//! `RttWindow`: the least round trip of the last ten seconds.
//!
//! Samples carry up to a tick of waiting on both sides, and whatever a queue added; the minimum over a window is the
//! path itself.

use core::time::Duration;

use crate::time::Time;

/// Seconds of the window, each with its own minimum.
const SECONDS: usize = 10;

/// The least of the samples of the last 10 s, to the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RttWindow {
    /// Microseconds; `u32::MAX` = no sample in that second.
    least_us: [u32; SECONDS],
    /// The second that was written last.
    second: u64,
}

impl Default for RttWindow {
    fn default() -> Self {
        Self { least_us: [u32::MAX; SECONDS], second: 0 }
    }
}

impl RttWindow {
    /// Takes a sample; whether it is the first of its second.
    pub fn push(&mut self, rtt: Duration, now: Time) -> bool {
        let second = now.as_nanos() / 1_000_000_000;
        let passed = second.saturating_sub(self.second).min(SECONDS as u64);
        for back in 0..passed {
            self.least_us[((second - back) % SECONDS as u64) as usize] = u32::MAX;
        }
        self.second = self.second.max(second);
        let least = &mut self.least_us[(self.second % SECONDS as u64) as usize];
        *least = (*least).min(u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX));
        passed > 0
    }

    /// The least sample of the ten seconds before the newest one; `None` before the first.
    pub fn least(&self) -> Option<Duration> {
        let least_us = *self.least_us.iter().min()?;
        (least_us != u32::MAX).then(|| Duration::from_micros(u64::from(least_us)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_sample_counts_for_ten_seconds() {
        let mut window = RttWindow::default();
        assert_eq!(window.least(), None);
        let mut least = |second: u64, rtt_ms: u64| {
            window.push(Duration::from_millis(rtt_ms), Time::from_nanos(second * 1_000_000_000));
            window.least().map(|rtt| rtt.as_millis())
        };
        assert_eq!(least(100, 50), Some(50));
        assert_eq!(least(101, 20), Some(20));
        assert_eq!(least(105, 80), Some(20));
        assert_eq!(least(110, 90), Some(20));
        assert_eq!(least(111, 70), Some(70));
        assert_eq!(least(140, 90), Some(90));
    }
}
