//! The table that is printed, with what each number means.

use std::fmt;
use std::time::Duration;

use super::tally::Tally;
use crate::machine::processor::Usage;
use crate::quantiles::{bytes, milliseconds};
use crate::watch::Window;

pub(crate) struct Report {
    pub(crate) url: String,
    pub(crate) players: u32,
    pub(crate) decoding: u32,
    pub(crate) threads: u32,
    /// How long was to be measured.
    pub(crate) asked: Duration,
    /// How long the players were.
    pub(crate) measured: Duration,
    /// The server's and the machine's side.
    pub(crate) window: Window,
    pub(crate) tally: Tally,
}

impl Report {
    /// Everybody stayed, every update decoded to the state that the server had, and the generator kept its schedule.
    pub(crate) fn is_clean(&self) -> bool {
        let Tally { lost, failed, agreement, .. } = &self.tally;
        lost.is_empty()
            && *failed == 0
            && agreement.different == 0
            && self.tally.updates() > 0
            && !self.tally.is_saturated()
    }

    fn is_partial(&self) -> bool {
        self.measured + Duration::from_millis(500) < self.asked
    }

    fn seconds(&self) -> f64 {
        self.measured.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Player ticks of the window: by the server's count of ticks, or else by its rate.
    fn player_ticks(&self) -> f64 {
        let ticks = match &self.window.ticks {
            Some(ticks) => ticks.ticks,
            None => self.window.elapsed.as_secs_f64() * f64::from(self.tally.tick_rate_hz),
        };
        ticks * f64::from(self.players)
    }

    fn clients(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { inputs, unacknowledged, bytes: all_bytes, decoded, headers_read, lost, .. } = &self.tally;
        let each = |count: u64| count as f64 / self.seconds() / f64::from(self.players);
        let updates = self.tally.updates();
        writeln!(f, "updates         {updates} received, {:.1} per player and second", each(updates))?;
        writeln!(f, "  decoded       {decoded} with all hashes; of {headers_read} the headers were read")?;
        writeln!(f, "  bytes         {}", bytes(&self.tally.update_bytes))?;
        writeln!(f, "received        {:.1} kB/s per player, all messages", each(*all_bytes) / 1000.0)?;
        writeln!(f, "inputs          {inputs} given, {:.1} per player and second", each(*inputs))?;
        writeln!(f, "input to state  {}", milliseconds(&self.tally.to_state_us))?;
        writeln!(f, "  from sending  {}", milliseconds(&self.tally.service_us))?;
        writeln!(f, "never acked     {unacknowledged}")?;
        writeln!(f, "players lost    {}{}", lost.len(), first(lost))
    }

    fn states(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { failed, agreement, depths, same, sizes, .. } = &self.tally;
        writeln!(
            f,
            "hash mismatches {failed} (updates that did not decode, had another hash, or were awaiting a full one)"
        )?;
        writeln!(
            f,
            "state hashes    {} compared between decoding players of a room and tick, {} different",
            agreement.compared, agreement.different
        )?;
        for (depth, slots) in depths.iter().enumerate().filter(|(_, slots)| slots.count > 0) {
            let mean = slots.bytes as f64 / slots.count as f64;
            writeln!(f, "slots, depth {depth}  {} with {mean:.1} B of body each", slots.count)?;
        }
        writeln!(f, "slots, no body  {same}")?;
        if sizes.count > 0 {
            let mean = |bytes: u64| bytes as f64 / sizes.count as f64;
            let ratio = sizes.full_bytes as f64 / sizes.sent_bytes.max(1) as f64;
            writeln!(
                f,
                "as sent / full  {:.0} B / {:.0} B per update, {ratio:.2} times, over {} states encoded both ways",
                mean(sizes.sent_bytes),
                mean(sizes.full_bytes),
                sizes.count
            )?;
        }
        Ok(())
    }

    fn server(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.window.ticks {
            None => writeln!(f, "ticks           unknown: the server has no metrics of ticks")?,
            Some(ticks) => write_ticks(f, ticks)?,
        }
        let Some(usage) = &self.window.usage else {
            return writeln!(f, "processor       unknown: there is no /proc here");
        };
        if let Some(server) = &usage.server {
            let per_tick = |time: Duration| time.as_secs_f64() * 1e6 / self.player_ticks().max(1.0);
            let used = server.used;
            writeln!(
                f,
                "server CPU      {:.2} us per player and tick (user {:.2}, system {:.2}); {} of a core; memory {:.1} MB",
                per_tick(used.total()),
                per_tick(used.user),
                per_tick(used.system),
                self.share(used.total()),
                server.resident_bytes as f64 / 1e6
            )?;
            for (name, used) in server.busy_threads() {
                let (user, system) = (self.share(used.user), self.share(used.system));
                writeln!(f, "  {name:<13} {} (user {user}, system {system})", self.share(used.total()))?;
            }
        } else {
            writeln!(f, "server CPU      unknown: give --server-pid")?;
        }
        self.machine(f, usage)
    }

    fn machine(&self, f: &mut fmt::Formatter<'_>, usage: &Usage) -> fmt::Result {
        writeln!(f, "generator CPU   {} of a core", self.share(usage.own.total()))?;
        let foreign = if usage.server.is_some() { "foreign CPU " } else { "foreign CPU (with the server)" };
        writeln!(
            f,
            "{foreign}    {} of a core; interrupts {}, stolen {}",
            self.share(usage.foreign),
            self.share(usage.interrupts),
            self.share(usage.stolen)
        )
    }

    /// Of one core over the window.
    fn share(&self, time: Duration) -> String {
        format!(
            "{:.1} %",
            time.as_secs_f64() / self.window.elapsed.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0
        )
    }

    fn generator(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { late, skipped, .. } = self.tally;
        writeln!(f, "send lag        {}", milliseconds(&self.tally.send_lag_us))?;
        writeln!(
            f,
            "late sends      {late} ({:.3} %) more than 1 ms after they were due, {skipped} of them left out",
            self.tally.late_percent()
        )
    }
}

fn write_ticks(f: &mut fmt::Formatter<'_>, ticks: &crate::metrics::Ticks) -> fmt::Result {
    writeln!(
        f,
        "ticks           {} run, {} overruns, {} dropped",
        ticks.ticks, ticks.overruns, ticks.dropped
    )?;
    for (name, durations) in [("start jitter", &ticks.start_jitter), ("tick duration", &ticks.duration)] {
        let Some(durations) = durations else { continue };
        writeln!(f, "{name:<15} {}", durations.window())?;
        writeln!(f, "  whole life    {}", durations.life())?;
    }
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { players, decoding, threads, tally, .. } = self;
        writeln!(
            f,
            "arena at {}: {players} players ({decoding} decode) in {} room(s) for {:.1} s, {} ticks/s, {threads} thread(s)",
            self.url,
            tally.rooms.len(),
            self.seconds(),
            tally.tick_rate_hz
        )?;
        if self.is_partial() {
            writeln!(
                f,
                "PARTIAL: nobody was left after {:.1} of {:.1} s",
                self.seconds(),
                self.asked.as_secs_f64()
            )?;
        }
        writeln!(f)?;
        self.clients(f)?;
        writeln!(f)?;
        self.states(f)?;
        writeln!(f)?;
        self.server(f)?;
        writeln!(f)?;
        self.generator(f)?;
        if tally.is_saturated() {
            writeln!(f, "GENERATOR SATURATED: result invalid")?;
        }
        writeln!(f)?;
        f.write_str(LEGEND)
    }
}

const LEGEND: &str = "\
input to state: from the moment an input was due by its client's own clock, whether or not it was sent then, to the
moment its client had an update that says it was used. It holds the lead by which clients run ahead of their tick
(one to two ticks), the wait for the tick, and the way there and back. From sending: the same without this program's delay.
Ticks: counts and bounds are of the window; a bound is that of the server's bucket. Whole life: since the server began,
joins included, to within a second of the window's end. No percentile is printed with fewer than ten samples beyond it.
Foreign CPU is that of all processes but the server and this one; if it is not small, measure again.
";

fn first(lost: &[String]) -> String {
    lost.first().map_or(String::new(), |why| format!(" (first: {why})"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickwire_netcode::time::Time;

    use super::*;

    fn us(us: u64) -> Time {
        Time::from_nanos(us * 1000)
    }

    fn report() -> Report {
        let mut tally = Tally::new();
        for ms in 1..=100 {
            tally.sent(us(0), us(100), 0);
            tally.acknowledged(us(0), us(100), us(ms * 1000));
        }
        (0..100).for_each(|_| tally.update_bytes.saturating_record(200));
        tally.bytes = 22_000;
        tally.rooms.insert("one".into());
        tally.tick_rate_hz = 60;
        Report {
            url: "ws://h/ws".into(),
            players: 2,
            decoding: 1,
            threads: 1,
            asked: Duration::from_secs(10),
            measured: Duration::from_secs(10),
            window: Window { elapsed: Duration::from_secs(10), ..Window::default() },
            tally,
        }
    }

    #[test]
    fn every_distribution_comes_with_its_count_and_maximum() {
        let text = report().to_string();
        for line in [
            "input to state  count 100  mean 50.50  p50 50.02  p90 90.05  max 100.03 ms\n",
            "send lag        count 100  mean 0.10  p50 0.10  p90 0.10  max 0.10 ms\n",
            "  bytes         count 100  mean 200  p50 200  p90 200  max 200 B\n",
            "updates         100 received, 5.0 per player and second\n",
            "received        1.1 kB/s per player, all messages\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        assert!(!text.contains("SATURATED") && !text.contains("PARTIAL"));
    }

    #[test]
    fn a_run_is_clean_when_all_stayed_decoded_agreed_and_the_generator_kept_its_schedule() {
        assert!(report().is_clean());
        let table: [fn(&mut Tally); 5] = [
            |tally| tally.failed = 1,
            |tally| tally.update_bytes.reset(),
            |tally| tally.lost.push("closed with 4007".into()),
            |tally| tally.agreement.different = 1,
            |tally| tally.late = 2,
        ];
        for spoil in table {
            let mut spoiled = report();
            spoil(&mut spoiled.tally);
            assert!(!spoiled.is_clean());
        }
    }

    #[test]
    fn a_late_generator_and_a_short_run_are_said_aloud() {
        let mut report = report();
        report.tally.late = 2;
        report.measured = Duration::from_secs(4);
        let text = report.to_string();
        assert!(text.contains("GENERATOR SATURATED: result invalid\n"), "{text}");
        assert!(text.contains("PARTIAL: nobody was left after 4.0 of 10.0 s\n"), "{text}");
    }
}
