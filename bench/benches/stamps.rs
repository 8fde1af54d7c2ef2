//! What the server's measuring costs: nanoseconds per input and update, times their rate, as a share of one core.
//!
//! `cargo bench -p tickwire-bench --bench stamps`. One thread, no sockets. Each number is the median of 31 rounds that look like
//! send passes: as many inputs as there are players, then one hand-over.

use std::hint::black_box;
use std::time::Duration;

use tickwire::clock::Clock;
use tickwire::metrics::{InputStamps, StageRecorder, Stages};
use tickwire_netcode::time::Time;

const PLAYERS: u32 = 500;
const RATE_HZ: u32 = 60;
/// Updates of a pass whose moments are taken, as in the engine.
const TAKEN_PER_PASS: u32 = 128;
/// Rounds of each measurement, and send passes in each.
const ROUNDS: usize = 31;
const PASSES: u32 = 120;

/// The moments of one input of a busy room: all but those of the send are the same for many players, as in a real tick.
struct Script {
    now_ns: u64,
    noise: u64,
}

impl Script {
    fn noise(&mut self, below: u64) -> u64 {
        self.noise =
            self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.noise >> 33) % below
    }

    fn pass(&mut self) -> Vec<(InputStamps, Time, Time)> {
        let at = Time::from_nanos;
        self.now_ns += 1_000_000_000 / u64::from(RATE_HZ);
        let began = self.now_ns + self.noise(20_000);
        let ended = began + 400_000 + self.noise(100_000);
        let mut sent = ended + 50_000;
        let mut pass = Vec::new();
        for _ in 0..PLAYERS {
            let read = self.now_ns - 1_000_000 - self.noise(15_000_000);
            let buffered = self.now_ns - 16_666_667 * self.noise(3) + 5_000;
            let encoded = sent + 700 + self.noise(800);
            sent = encoded + 2_500 + self.noise(4_000);
            let stamps = InputStamps {
                read: at(read.min(buffered)),
                buffered: at(buffered),
                began: at(began),
                ended: at(ended),
            };
            pass.push((stamps, at(encoded), at(sent)));
        }
        pass
    }
}

/// The median of many rounds, per call; `calls` in each round.
fn median_ns(calls: u32, mut round: impl FnMut() -> Duration) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round().as_nanos() as f64 / f64::from(calls)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn clock_ns() -> f64 {
    median_ns(100_000, || {
        let begin = Clock::now();
        for _ in 0..100_000 {
            black_box(Clock::now());
        }
        Clock::now().since(begin)
    })
}

/// Nanoseconds per input recorded, and per hand-over of a pass (on average: one in ten hands over a histogram).
fn recording_ns() -> (f64, f64) {
    let (stages, mut recorder) = (Stages::default(), StageRecorder::default());
    let mut script = Script { now_ns: 1 << 50, noise: 7 };
    let mut handing_over = Vec::new();
    let record = median_ns(PASSES * PLAYERS, || {
        let passes: Vec<_> = (0..PASSES).map(|_| script.pass()).collect();
        let (mut recorded, mut handed) = (Duration::ZERO, Duration::ZERO);
        for pass in &passes {
            let begin = Clock::now();
            for (stamps, encoded, written) in pass {
                recorder.record(black_box(*stamps), *encoded, *written);
            }
            let between = Clock::now();
            recorder.publish(pass[0].2, &stages);
            recorded += between.since(begin);
            handed += Clock::now().since(between);
        }
        handing_over.push(handed.as_nanos() as f64 / f64::from(PASSES));
        recorded
    });
    handing_over.sort_by(f64::total_cmp);
    (record, handing_over[ROUNDS / 2])
}

/// Nanoseconds for an input's moments to be noted in a tick, handed over and found again by the send pass: two copies.
fn carrying_ns() -> f64 {
    let mut script = Script { now_ns: 1 << 50, noise: 9 };
    let pass = script.pass();
    let mut noted: Vec<(usize, u32, InputStamps)> = Vec::new();
    let mut handed: Vec<(u32, InputStamps)> = Vec::new();
    median_ns(PASSES * PLAYERS, || {
        let begin = Clock::now();
        for _ in 0..PASSES {
            noted.clear();
            handed.clear();
            for (player, (stamps, ..)) in (0_u32..).zip(&pass) {
                noted.push((0, player, *stamps));
            }
            handed.extend(
                noted
                    .iter()
                    .filter(|(io, ..)| *io == black_box(0))
                    .map(|(_, player, stamps)| (*player, *stamps)),
            );
            black_box(handed.iter().filter(|(player, _)| *player > black_box(0)).count());
        }
        Clock::now().since(begin)
    })
}

fn main() {
    let (clock, (record, hand_over), carry) = (clock_ns(), recording_ns(), carrying_ns());
    println!("Measuring the way of inputs (medians of {ROUNDS} rounds, one thread)\n");
    println!("  two readings of the clock, per update measured     {:>7.1} ns", 2.0 * clock);
    println!("  five stages and the whole, per update measured     {record:>7.1} ns");
    println!("  the moments on their way, per input                {carry:>7.1} ns");
    println!("  hand-over to readers, per send pass                {hand_over:>7.1} ns\n");
    let (inputs, passes) = (f64::from(PLAYERS * RATE_HZ), f64::from(RATE_HZ));
    let taken = f64::from(PLAYERS.div_ceil(PLAYERS.div_ceil(TAKEN_PER_PASS)) * RATE_HZ);
    let ns_per_s = inputs * carry + taken * (2.0 * clock + record) + passes * hand_over;
    println!(
        "{PLAYERS} players at {RATE_HZ} Hz: {inputs} inputs/s, {taken} of them measured, {passes} passes/s"
    );
    println!("  = {:.2} ms/s = {:.3} % of one core", ns_per_s / 1e6, ns_per_s / 1e7);
    println!("  = {:.1} ns per player and tick", ns_per_s / inputs);
}
