//! The table that is printed, with what each number means.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::player::Received;

pub(crate) struct Report {
    pub(crate) url: String,
    pub(crate) players: u32,
    pub(crate) tick_rate_hz: u16,
    pub(crate) elapsed: Duration,
    pub(crate) received: Received,
    pub(crate) inputs: u64,
    pub(crate) unacknowledged: u64,
    /// Why each player that did not stay went.
    pub(crate) lost: Vec<String>,
    pub(crate) round_trip_us: Histogram<u64>,
    pub(crate) turn_us: Histogram<u64>,
}

impl Report {
    /// Everybody stayed, and every update decoded to the state that the server had.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.received.failed == 0 && self.received.updates > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { players, received: Received { updates, bytes, failed }, .. } = self;
        let seconds = self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let each = |count: u64| count as f64 / seconds / f64::from(*players);
        let mean_bytes = *bytes as f64 / (*updates).max(1) as f64;
        writeln!(
            f,
            "arena at {}: {players} players for {seconds:.1} s, {} ticks/s",
            self.url, self.tick_rate_hz
        )?;
        writeln!(f)?;
        writeln!(f, "updates         {updates} received, {:.1} per player and second", each(*updates))?;
        writeln!(
            f,
            "bytes           {mean_bytes:.0} per update (all messages), {:.0} per player and second",
            each(*bytes)
        )?;
        writeln!(f, "inputs          {} given, {:.1} per player and second", self.inputs, each(self.inputs))?;
        writeln!(f, "input to ack    {}", quantiles(&self.round_trip_us))?;
        writeln!(f, "never acked     {}", self.unacknowledged)?;
        writeln!(f, "hash mismatches {failed} (updates that did not decode or had another hash)")?;
        writeln!(f, "players lost    {}{}", self.lost.len(), first(&self.lost))?;
        writeln!(f, "generator       {}", quantiles(&self.turn_us))?;
        writeln!(f)?;
        writeln!(
            f,
            "input to ack: from the moment an input was due by its client's own clock, whether or not it was sent then, to the\n\
             moment its client had decoded an update that says it was used. It holds the lead by which clients run ahead of\n\
             their tick (about one tick), the wait for the tick, and the way there and back.\n\
             generator: time between two looks at the same socket, the precision of the line above. One thread drives all\n\
             players; if it shares cores with the server, both are in these numbers."
        )
    }
}

fn first(lost: &[String]) -> String {
    lost.first().map_or(String::new(), |why| format!(" (first: {why})"))
}

fn quantiles(histogram: &Histogram<u64>) -> String {
    if histogram.is_empty() {
        return "count 0".to_owned();
    }
    let ms = |us: u64| us as f64 / 1000.0;
    format!(
        "p50 {:.2} ms  p99 {:.2} ms  max {:.2} ms  count {}",
        ms(histogram.value_at_quantile(0.5)),
        ms(histogram.value_at_quantile(0.99)),
        ms(histogram.max()),
        histogram.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut round_trip_us = Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds");
        for us in [1000, 2000, 3000] {
            round_trip_us.saturating_record(us);
        }
        let turn_us = Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds");
        let received = Received { updates: 100, bytes: 20_000, failed: 0 };
        Report {
            url: "ws://h/ws".into(),
            players: 2,
            tick_rate_hz: 60,
            elapsed: Duration::from_secs(10),
            received,
            inputs: 3,
            unacknowledged: 0,
            lost: vec![],
            round_trip_us,
            turn_us,
        }
    }

    #[test]
    fn every_distribution_comes_with_its_count() {
        let text = report().to_string();
        assert!(text.contains("input to ack    p50 2.00 ms  p99 3.00 ms  max 3.00 ms  count 3"), "{text}");
        assert!(text.contains("generator       count 0"), "{text}");
        assert!(text.contains("updates         100 received, 5.0 per player and second"), "{text}");
        assert!(text.contains("bytes           200 per update"), "{text}");
    }

    #[test]
    fn a_run_is_clean_when_all_stayed_and_all_decoded() {
        assert!(report().is_clean());
        let table: [fn(&mut Report); 3] = [
            |report| report.received.failed = 1,
            |report| report.received.updates = 0,
            |report| report.lost.push("closed with 4007".into()),
        ];
        for spoil in table {
            let mut spoiled = report();
            spoil(&mut spoiled);
            assert!(!spoiled.is_clean());
        }
    }
}
