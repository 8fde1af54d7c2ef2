//! `MessageRate`: how many messages a session may send over time. PROTOCOL section 9.

use crate::error::ProtocolError;
use crate::limits;
use crate::time::Time;

/// Nanoseconds that one message costs.
const COST_NS: u64 = 1_000_000_000 / limits::MESSAGES_PER_SECOND_MAX as u64;
/// How far a sender may run ahead of its rate.
const BURST_NS: u64 = COST_NS * limits::MESSAGES_BURST_MAX as u64;

/// A token bucket that is full at first, kept as the moment at which it will be full again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageRate {
    full_at_ns: u64,
}

impl MessageRate {
    pub(super) fn new() -> Self {
        Self { full_at_ns: 0 }
    }

    /// Takes one message.
    pub(super) fn take(&mut self, now: Time) -> Result<(), ProtocolError> {
        let full_at_ns = self.full_at_ns.max(now.as_nanos()).saturating_add(COST_NS);
        if full_at_ns - now.as_nanos() > BURST_NS {
            return Err(ProtocolError::MessageRate);
        }
        self.full_at_ns = full_at_ns;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rate: &mut MessageRate, at_ms: u64, tries: u32) -> u32 {
        let now = Time::from_nanos(at_ms * 1_000_000);
        (0..tries).map(|_| u32::from(rate.take(now).is_ok())).sum()
    }

    #[test]
    fn a_burst_passes_once_and_then_the_rate_holds() {
        let mut rate = MessageRate::new();
        assert_eq!(taken(&mut rate, 5_000, 3000), 1800);
        assert_eq!(taken(&mut rate, 6_000, 3000), 120);
        assert_eq!(taken(&mut rate, 5_000, 1), 0, "a clock that goes back gives nothing");
        assert_eq!(taken(&mut rate, 100_000, 3000), 1800);
    }
}
