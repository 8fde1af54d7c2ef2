//! `ResyncPolicy`: which Resyncs are answered, and when. PROTOCOL section 5.3.

use crate::error::ProtocolError;
use crate::ids::UpdateSeq;
use crate::limits;
use crate::time::Time;

/// Decides when the next Update has to be a full one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResyncPolicy {
    /// Number of the newest full Update that was committed.
    full_seq: UpdateSeq,
    /// When a full Update is owed.
    due: Option<Time>,
    /// When the last one that was owed became due.
    answered: Option<Time>,
    /// The last Resyncs, newest first.
    recent: [Option<Time>; limits::RESYNCS_MAX as usize],
}

impl ResyncPolicy {
    /// Takes one Resync for the Update `seq`, which was sent.
    ///
    /// # Errors
    /// One more than a client that works ever needs: 4018.
    pub(super) fn request(&mut self, seq: UpdateSeq, now: Time) -> Result<(), ProtocolError> {
        self.recent.rotate_right(1);
        self.recent[0] = Some(now);
        let oldest = self.recent[self.recent.len() - 1];
        if oldest.is_some_and(|oldest| now < oldest + limits::RESYNC_WINDOW) {
            return Err(ProtocolError::TooManyResyncs);
        }
        let answered = self.full_seq.0.wrapping_sub(seq.0).cast_signed() > 0;
        if answered || self.due.is_some() {
            return Ok(()); // Answered already, or about to be.
        }
        let earliest = self.answered.map_or(now, |answered| answered + limits::RESYNC_INTERVAL);
        self.due = Some(earliest.max(now));
        Ok(())
    }

    /// The next Update has to be a full one.
    pub(super) fn full_due(&self, now: Time) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// An Update was committed in which every slot has depth 0.
    pub(super) fn on_full(&mut self, seq: UpdateSeq, now: Time) {
        self.full_seq = seq;
        if let Some(due) = self.due.take() {
            self.answered = Some(due.min(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn the_first_is_answered_at_once_and_the_second_is_deferred() {
        let mut policy = ResyncPolicy::default();
        assert!(!policy.full_due(ms(0)));
        policy.request(UpdateSeq(4), ms(1000)).unwrap();
        assert!(policy.full_due(ms(1000)));
        policy.on_full(UpdateSeq(5), ms(1000));
        assert!(!policy.full_due(ms(1000)));
        policy.request(UpdateSeq(5), ms(1500)).unwrap();
        assert!(!policy.full_due(ms(2999)));
        assert!(policy.full_due(ms(3000)));
    }

    #[test]
    fn one_that_a_full_update_already_answered_is_ignored() {
        let mut policy = ResyncPolicy::default();
        policy.on_full(UpdateSeq(9), ms(0));
        policy.request(UpdateSeq(8), ms(10)).unwrap();
        assert!(!policy.full_due(ms(60_000)));
        policy.request(UpdateSeq(9), ms(20)).unwrap();
        assert!(policy.full_due(ms(20)));
    }

    #[test]
    fn the_fourth_within_a_minute_ends_the_session_and_slower_ones_do_not() {
        let mut policy = ResyncPolicy::default();
        for i in 0..10 {
            assert_eq!(policy.request(UpdateSeq(1), ms(i * 20_000)), Ok(()), "every 20 s");
        }
        let mut policy = ResyncPolicy::default();
        for i in 0..3 {
            assert_eq!(policy.request(UpdateSeq(1), ms(i * 19_000)), Ok(()));
        }
        assert_eq!(policy.request(UpdateSeq(1), ms(57_000)), Err(ProtocolError::TooManyResyncs));
    }
}
