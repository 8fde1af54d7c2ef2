//! `LogBudget`: how many lines each cause of a warning may write.
//!
//! A token bucket per member of a closed set, so that an attacker can neither fill a disk nor hide one cause behind
//! another. Invariant: per cause at most [`LOG_BURST`] lines at once and one per second after that.

use std::marker::PhantomData;
use std::time::Duration;

use tickwire_netcode::time::Time;

use super::limits::LOG_BURST;
use crate::metrics::counter::Counter;
use crate::metrics::label::Label;

const REFILL: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: u32,
    refilled_at: Time,
    /// Lines left out since the last one that was written.
    suppressed: u64,
}

/// One bucket per cause.
#[derive(Debug)]
pub(crate) struct LogBudget<L> {
    buckets: Box<[Bucket]>,
    label: PhantomData<L>,
}

impl<L: Label> LogBudget<L> {
    pub(crate) fn new() -> Self {
        let full = Bucket { tokens: LOG_BURST, refilled_at: Time::default(), suppressed: 0 };
        Self { buckets: vec![full; L::ALL.len()].into_boxed_slice(), label: PhantomData }
    }

    /// Whether a line about `cause` may be written: how many were left out since the last one, or `None` for no.
    pub(crate) fn take(&mut self, cause: L, now: Time, suppressed: &Counter) -> Option<u64> {
        let bucket = &mut self.buckets[cause.index()];
        let passed = now.since(bucket.refilled_at).as_secs();
        if passed > 0 {
            let more = u32::try_from(passed).unwrap_or(u32::MAX);
            bucket.tokens = bucket.tokens.saturating_add(more).min(LOG_BURST);
            bucket.refilled_at = bucket.refilled_at + REFILL.saturating_mul(more);
        }
        if bucket.tokens == 0 {
            bucket.suppressed += 1;
            suppressed.add(1);
            return None;
        }
        bucket.tokens -= 1;
        Some(std::mem::take(&mut bucket.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::LogBudget;
    use crate::metrics::causes::AcceptFailure;
    use crate::metrics::counter::Counter;
    use crate::net::limits::LOG_BURST;

    #[test]
    fn r10_a_cause_writes_a_few_lines_then_one_a_second_and_says_how_many_it_left_out() {
        let (mut budget, suppressed) = (LogBudget::<AcceptFailure>::new(), Counter::default());
        let mut now = Time::from_nanos(1 << 50);
        let mut written = Vec::new();
        for _ in 0..10 {
            for _ in 0..1_000 {
                written.extend(budget.take(AcceptFailure::Memory, now, &suppressed));
            }
            now = now + Duration::from_secs(1);
        }
        let mut want = vec![0; LOG_BURST as usize];
        want.push(1_000 - u64::from(LOG_BURST));
        want.extend([999; 8]);
        assert_eq!(written, want);
        assert_eq!(suppressed.value(), 10_000 - written.len() as u64);
        assert_eq!(budget.take(AcceptFailure::Network, now, &suppressed), Some(0), "causes do not share");
    }
}
