//! Made-up runs for the tests of the writers.

use super::{Breakdown, Distribution, Run, Second, ServerUse, Stage, ThreadUse, Unit};
use crate::machine::host::Host;
use crate::quantiles;

/// 10,000 samples from 1 to 10,000, each times `step`.
pub(super) fn ramp(step: u64) -> hdrhistogram::Histogram<u64> {
    let mut histogram = quantiles::nanoseconds();
    (1..=10_000).for_each(|value| histogram.saturating_record(value * step));
    histogram
}

fn bytes() -> hdrhistogram::Histogram<u64> {
    let mut histogram = quantiles::histogram();
    (1..=2000).for_each(|value| histogram.saturating_record(value));
    histogram
}

pub(super) fn host() -> Host {
    Host {
        kernel: "Linux 6.12.9".into(),
        cpu: Some("Fast CPU".into()),
        cores: 2,
        governor: Some("performance".into()),
        memory_bytes: Some(24 << 30),
        is_virtual: false,
    }
}

/// A good run of which everything is known: latencies of 2 us to 20 ms.
pub(super) fn arena() -> Run {
    let mut run = Run::new("arena", "ws://127.0.0.1:7777/ws");
    run.machine = host();
    run.command_line = ["tickwire-bench", "arena", "--players", "100"].map(str::to_owned).into();
    run.argument("players", &100);
    run.argument("duration", &"10s");
    (run.asked_s, run.measured_s) = (10.0, 10.1);
    run.mode = Some("coalescing".into());
    run.headline = "latency".into();
    run.distributions = vec![
        Distribution::new("latency", "input to state", Unit::Nanoseconds, ramp(2000)),
        Distribution::new("service", "from sending", Unit::Nanoseconds, ramp(1900)),
        Distribution::new("update_bytes", "update bytes", Unit::Bytes, bytes()),
    ];
    run.figure("clients", "updates", "updates received", 60_000.0, Unit::Count);
    run.figure("clients", "updates_per_player", "per player", 59.98, Unit::PerSecond);
    run.figure("states", "hash_mismatches", "hash mismatches", 0.0, Unit::Count);
    run.figure("generator", "late_share", "late sends", 0.1 + 0.2, Unit::Share);
    run.timeline = (0..10)
        .map(|at| Second { at_s: f64::from(at), length_s: 1.0, load: Some(100.0), histogram: ramp(2000) })
        .collect();
    let stages = vec![
        Stage::new("wait for the tick", 100, 0.8),
        Stage::new("tick", 100, 0.1),
        Stage::new("write", 100, 0.1),
    ];
    let whole = Stage::new("whole", 100, 1.0);
    run.breakdown = Some(Breakdown { label: "input to written update".into(), stages, whole });
    run.server = Some(ServerUse {
        cpu_us_per: 3.72,
        per: "player and tick".into(),
        user_share: 0.02,
        system_share: 0.21,
        resident_bytes: 21 << 20,
        threads: vec![ThreadUse { name: "io-0".into(), user_share: 0.02, system_share: 0.21 }],
    });
    run.foreign_cpu_share = Some(0.013);
    run.notes.push("16 of 100 players decode.".into());
    run
}

/// The same, with everything wrong that can be.
pub(super) fn flawed() -> Run {
    let mut run = arena();
    run.measured_s = 4.0;
    run.verdict.failed("players lost: 3 (bound 0)");
    run.verdict.partial("the server went after 4.0 of 10.0 s");
    run.verdict.saturated();
    run
}
