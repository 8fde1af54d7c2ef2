//! How many frames of the cheap kinds a peer sent in the current second.

use core::time::Duration;

use super::error::ProtocolError;
use super::limits::Limits;
use crate::time::Time;

/// Counters over a window of one second that starts at the first counted frame after the last window.
///
/// Two full windows can meet: a burst of twice the limit passes once. That is within what the limits allow for.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    window_began: Time,
    control: u32,
    empty: u32,
}

impl Rates {
    pub(crate) fn on_control(&mut self, now: Time, limits: &Limits) -> Result<(), ProtocolError> {
        self.roll(now);
        self.control = self.control.saturating_add(1);
        let max = limits.control_frames_per_s_max;
        if self.control > max { Err(ProtocolError::TooManyControlFrames(max)) } else { Ok(()) }
    }

    pub(crate) fn on_empty(&mut self, now: Time, limits: &Limits) -> Result<(), ProtocolError> {
        self.roll(now);
        self.empty = self.empty.saturating_add(1);
        let max = limits.empty_frames_per_s_max;
        if self.empty > max { Err(ProtocolError::TooManyEmptyFrames(max)) } else { Ok(()) }
    }

    fn roll(&mut self, now: Time) {
        if now.since(self.window_began) >= Duration::from_secs(1) {
            *self = Self { window_began: now, control: 0, empty: 0 };
        }
    }
}
