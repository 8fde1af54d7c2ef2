//! What came of the players, as a report.

use super::tally::Tally;
use super::{Arena, ArenaPlan};
use crate::load::recorder::UNANSWERED_SHARE_MAX;
use crate::load::{Outcome, Plan, Recorder};
use crate::metrics::Ticks;
use crate::report::{Distribution, Run, Unit};

/// What the numbers mean, a sentence for each line.
const LEGEND: [&str; 3] = [
    "Input to state: from the moment an input was due by its client's own clock, whether or not it was sent then, to the moment its client had decoded an update that says it was used. It holds the lead by which clients run ahead of their tick (one to two ticks), the wait for the tick, and the way there and back. From sending: the same without this program's delay.",
    "Age of state: from the beginning of a state's tick to the moment that a player had it, by the stamps of updates; on the server's machine only.",
    "Hash mismatches: updates that did not decode, had another hash, or were awaiting a full one.",
];

/// The figure of [`tell_cost_of_updates`].
pub(crate) const CPU_PER_UPDATE: &str = "cpu_per_update";

pub(super) fn of(plan: &Plan, arena: &ArenaPlan, outcome: &Outcome<Arena>) -> Run {
    let tally = outcome.scenario.tally();
    let mut run = outcome.report(plan, "arena", "latency");
    run.argument("kind", &arena.kind);
    run.argument("decode", &arena.decode);
    if !arena.room.is_empty() {
        run.argument("room", &arena.room);
    }
    outcome.tell_open_loop(&mut run, "input to state");
    run.distributions.push(Distribution::new("age", "age of state", Unit::Nanoseconds, tally.age.clone()));
    run.distributions.push(Distribution::new(
        "update_bytes",
        "update bytes",
        Unit::Bytes,
        tally.update_bytes.clone(),
    ));
    outcome.tell_stages(plan, &mut run);
    clients(outcome, &mut run);
    states(tally, &mut run);
    if let Some(ticks) = &outcome.window.ticks {
        tell_ticks(ticks, &mut run);
    }
    outcome.tell_connections(&mut run);
    outcome.tell_use(player_ticks(outcome), "player and tick", &mut run);
    tell_cost_of_updates(player_ticks(outcome), tally.updates(), &mut run);
    run.notes.extend(LEGEND.map(str::to_owned));
    judge(tally, &outcome.recorder, &mut run);
    run
}

/// Player ticks of the window: each player got an update of nearly each tick, and where stages change how many there are
/// that is the only count of them; by the server's count of ticks otherwise.
fn player_ticks(outcome: &Outcome<Arena>) -> f64 {
    let players = outcome.players();
    let tally = outcome.scenario.tally();
    let by_rate = outcome.window.elapsed.as_secs_f64() * f64::from(tally.tick_rate_hz);
    match players {
        Some(players) => outcome.window.ticks.as_ref().map_or(by_rate, |ticks| ticks.ticks) * players,
        None => tally.updates() as f64,
    }
}

/// What `peers` compares: a tick whose update was skipped costs less, and nobody knows the ticks of other servers.
fn tell_cost_of_updates(player_ticks: f64, updates: u64, run: &mut Run) {
    let Some(server) = run.server.as_ref().filter(|_| updates > 0) else { return };
    let each = server.cpu_us_per * player_ticks.max(1.0) / updates as f64;
    run.figure("clients", CPU_PER_UPDATE, "server CPU per update", each, Unit::Microseconds);
}

fn clients(outcome: &Outcome<Arena>, run: &mut Run) {
    let tally = outcome.scenario.tally();
    let recorder = &outcome.recorder;
    let player_seconds = outcome.players().unwrap_or(f64::NAN) * outcome.seconds();
    let mut add = |name: &str, label: &str, value: f64, unit| run.figure("clients", name, label, value, unit);
    add("updates", "updates received", tally.updates() as f64, Unit::Count);
    add("updates_per_player", "  per player", tally.updates() as f64 / player_seconds, Unit::PerSecond);
    add("decoded", "  decoded", tally.decoded as f64, Unit::Count);
    add("headers_read", "  headers read", tally.headers_read as f64, Unit::Count);
    let bytes = recorder.received_bytes as f64 / player_seconds;
    add("bytes_per_player", "received per player", bytes, Unit::BytesPerSecond);
    add("inputs", "inputs given", recorder.sends as f64, Unit::Count);
    add("inputs_per_player", "  per player", recorder.sends as f64 / player_seconds, Unit::PerSecond);
    add("unanswered", "  never used", recorder.unanswered as f64, Unit::Count);
    add("rooms", "rooms", tally.rooms.len() as f64, Unit::Count);
    add("tick_rate", "tick rate", f64::from(tally.tick_rate_hz), Unit::PerSecond);
}

fn states(tally: &Tally, run: &mut Run) {
    let Tally { failed, agreement, depths, same, sizes, .. } = tally;
    let mut add = |name: &str, label: &str, value: f64, unit| run.figure("states", name, label, value, unit);
    add("hash_mismatches", "hash mismatches", *failed as f64, Unit::Count);
    add("hashes_compared", "hashes compared between players", agreement.compared as f64, Unit::Count);
    add("hashes_different", "  different", agreement.different as f64, Unit::Count);
    for (depth, slots) in depths.iter().enumerate().filter(|(_, slots)| slots.count > 0) {
        let mean = slots.bytes as f64 / slots.count as f64;
        let (name, label) = (format!("slots_depth_{depth}"), format!("slots of depth {depth}"));
        add(&name, &label, slots.count as f64, Unit::Count);
        add(&format!("{name}_bytes"), "  body of each", mean, Unit::Bytes);
    }
    add("slots_same", "slots without a body", *same as f64, Unit::Count);
    if sizes.count > 0 {
        let mean = |bytes: u64| bytes as f64 / sizes.count as f64;
        add("both_ways", "states encoded both ways", sizes.count as f64, Unit::Count);
        add("bytes_as_sent", "  as sent", mean(sizes.sent_bytes), Unit::Bytes);
        add("bytes_in_full", "  in full", mean(sizes.full_bytes), Unit::Bytes);
        let ratio = sizes.full_bytes as f64 / sizes.sent_bytes.max(1) as f64;
        add("full_ratio", "  full / sent", ratio, Unit::Times);
    }
}

/// The server's own count of the window.
fn tell_ticks(ticks: &Ticks, run: &mut Run) {
    for (name, label, count) in [
        ("ticks", "ticks", ticks.ticks),
        ("overruns", "  overruns", ticks.overruns),
        ("ticks_dropped", "  dropped", ticks.dropped),
    ] {
        run.figure("ticks", name, label, count, Unit::Count);
    }
    let durations = [
        ("Tick start jitter", &ticks.start_jitter),
        ("Tick duration", &ticks.duration),
        ("Skew of a room's updates", &ticks.send_skew),
        ("Least round trips of sessions", &ticks.round_trip),
    ];
    for (name, durations) in durations {
        let Some(durations) = durations else { continue };
        run.notes.push(format!(
            "{name} by the server, bounds of its buckets in the window: {}; its whole life, joins included: {}.",
            durations.window(),
            durations.life()
        ));
    }
}

/// Every update decodes to the state that the server had, and the server uses the inputs that it gets.
fn judge(tally: &Tally, recorder: &Recorder, run: &mut Run) {
    if recorder.unanswered_share() > UNANSWERED_SHARE_MAX {
        run.verdict.failed(format!("{} inputs were never used", recorder.unanswered));
    }
    for (count, what) in [
        (tally.failed, "hash mismatches"),
        (tally.agreement.different, "state hashes differed between players"),
    ] {
        if count > 0 {
            run.verdict.failed(format!("{count} {what}"));
        }
    }
    if tally.updates() == 0 {
        run.verdict.failed("no update came");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ServerUse;

    #[test]
    fn a_server_that_skips_updates_does_not_make_them_cheaper() {
        let cost = |updates| {
            let mut run = Run::new("arena", "ws://h/");
            run.server = Some(ServerUse {
                cpu_us_per: 2.0,
                per: "player and tick".to_owned(),
                user_share: 0.1,
                system_share: 0.1,
                resident_bytes: 0,
                threads: Vec::new(),
            });
            tell_cost_of_updates(6000.0, updates, &mut run);
            run.figures.first().map(|figure| figure.value)
        };
        assert_eq!([cost(6000), cost(3000), cost(0)], [Some(2.0), Some(4.0), None]);
    }

    #[test]
    fn a_run_is_good_when_all_decoded_and_agreed() {
        let good = || {
            let mut tally = Tally::new();
            tally.update_bytes.saturating_record(200);
            tally
        };
        type Spoil = fn(&mut Tally, &mut Recorder);
        let table: [(Spoil, &str); 6] = [
            (|_, _| {}, ""),
            (|_, recorder| (recorder.sends, recorder.unanswered) = (1000, 10), ""),
            (
                |_, recorder| (recorder.sends, recorder.unanswered) = (1000, 11),
                "FAILED: 11 inputs were never used",
            ),
            (|tally, _| tally.failed = 1, "FAILED: 1 hash mismatches"),
            (|tally, _| tally.agreement.different = 2, "FAILED: 2 state hashes differed between players"),
            (|tally, _| tally.update_bytes.reset(), "FAILED: no update came"),
        ];
        for (spoil, want) in table {
            let (mut tally, mut recorder, mut run) = (good(), Recorder::new(), Run::new("arena", "ws://h/"));
            spoil(&mut tally, &mut recorder);
            judge(&tally, &recorder, &mut run);
            let flaws: Vec<String> = run.verdict.flaws().iter().map(ToString::to_string).collect();
            assert_eq!(flaws.join(", "), want);
        }
    }
}
