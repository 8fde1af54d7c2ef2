//! Scripts of arrivals and ticks. Tick t starts at t x 10 ms; the first that runs is 10.
//!
//! `in N@T` gives input number N for tick T, at the start of the tick that runs next unless `at MS` follows; `t5` sets
//! the turn, `f` is the edge, `v` the view tick. Its verdict is B(uffered), L(ate), E(arly) or D(uplicate). `run T` takes
//! the input of tick T: turn, `f` if fired, `a` with the number and margin of the newest input used, `v` with the view.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::schema::Record;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stick {
    turn: u32,
    fire: bool,
}

impl Input for Stick {
    const WORDS: usize = 2;
    fn record() -> Record {
        Record { name: "Stick".into(), fields: vec![] }
    }
    fn quantize(&self, out: &mut Vec<u32>, _: &mut u32) {
        out.extend([self.turn, u32::from(self.fire)]);
    }
    fn from_words(words: &[u32]) -> Self {
        Self { turn: words[0], fire: words[1] != 0 }
    }
    fn clear_edges(&mut self) {
        self.fire = false;
    }
    fn edges(&self) -> bool {
        self.fire
    }
    fn merge_edges(&mut self, other: &Self) {
        self.fire |= other.fire;
    }
}

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

/// Where a script does not say how an input came.
const AT_ONCE: Waited = Waited { read: Time::from_nanos(0), buffered: Time::from_nanos(0) };

fn starts(tick: u32) -> Time {
    ms(u64::from(tick) * 10)
}

fn push(buffer: &mut InputBuffer<Stick>, words: &[&str]) -> String {
    let (number, tick) = words[1].split_once('@').unwrap();
    let mut arrived = ArrivedInput {
        number: InputSeq(number.parse().unwrap()),
        tick: Tick(tick.parse().unwrap()),
        view_tick_q4: 0,
        arrived: buffer.next_starts,
        waited: AT_ONCE,
        input: Stick::default(),
    };
    let mut words = words[2..].iter();
    while let Some(&word) = words.next() {
        match word {
            "f" => arrived.input.fire = true,
            "at" => arrived.arrived = ms(words.next().unwrap().parse().unwrap()),
            _ => {
                let value = word[1..].parse().unwrap();
                if word.starts_with('v') { arrived.view_tick_q4 = value } else { arrived.input.turn = value }
            }
        }
    }
    format!("{:?}", buffer.push(arrived))[..1].into()
}

fn run(buffer: &mut InputBuffer<Stick>, tick: u32, with_view: bool) -> String {
    let Applied { input, applied, margin_q4, view_tick_q4, .. } = buffer.take(Tick(tick), starts(tick));
    let fire = if input.fire { "f" } else { "" };
    let view = if with_view { format!("v{view_tick_q4}") } else { String::new() };
    format!("{}{fire}a{}:{margin_q4}{view}", input.turn, applied.0)
}

#[track_caller]
fn check(script: &str, want: &str) -> InputStats {
    let mut buffer = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
    let done: Vec<String> = script
        .split('|')
        .map(|step| {
            let words: Vec<&str> = step.split_whitespace().collect();
            match words[0] {
                "in" => push(&mut buffer, &words),
                _ => run(&mut buffer, words[1].parse().unwrap(), words.len() > 2),
            }
        })
        .collect();
    assert_eq!(done.join(" "), want, "{script}");
    buffer.stats()
}

#[test]
fn an_input_is_applied_in_its_tick_and_held_after_it() {
    let stats = check(
        "run 10 | in 1@11 t5 f | in 2@13 t7 | run 11 | run 12 | run 13 | run 14",
        "0a0:0 B B 5fa1:0 5a1:0 7a2:32 7a2:32",
    );
    assert_eq!((stats.buffered, stats.held), (2, 3));
}

#[test]
fn the_margin_is_counted_in_sixteenths_of_a_tick_before_its_start() {
    check("in 1@10 at 95 | run 10", "B 0a1:8");
    check("in 1@13 at 95 | run 10 | run 11 | run 12 | run 13", "B 0a0:0 0a0:0 0a0:0 0a1:56");
    check("run 10 | run 11 | in 1@10 at 115 | run 12", "0a0:0 0a0:0 L 0a1:-24");
    check("in 1@10 at 999999 | run 10", "B 0a1:-32768");
}

#[test]
fn after_dropped_time_the_margin_counts_to_the_moment_that_is_told() {
    let mut buffer = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
    run(&mut buffer, 10, false);
    // Tick 11 was due at 110 ms and runs at 200.
    buffer.expect(ms(200));
    push(&mut buffer, &["in", "1@11", "at", "195"]);
    assert_eq!(buffer.take(Tick(11), ms(200)).margin_q4, 8);
}

#[test]
fn i1_a_late_input_is_counted_and_dropped_but_its_edges_are_applied_at_the_next_tick() {
    let stats = check("run 10 | in 1@10 t9 f | run 11 | run 12", "0a0:0 L 0fa1:-16 0a1:-16");
    assert_eq!((stats.late, stats.buffered), (1, 0));
}

#[test]
fn i3_late_edges_are_applied_one_a_tick_in_order_before_newer_ones() {
    check(
        "run 10 | run 11 | in 1@10 f v160 | in 2@11 f v176 | in 3@12 t3 f v192 | run 12 v | run 13 v | run 14 v | run 15 v",
        "0a0:0 0a0:0 L L B 3fa3:0v160 3fa3:0v176 3fa3:0v192 3a3:0v240",
    );
}

#[test]
fn i3_at_most_eight_late_edges_wait() {
    let mut script = String::from("run 20");
    for number in 1..=10 {
        script += &format!("| in {number}@10 f");
    }
    for tick in 21..=29 {
        script += &format!("| run {tick}");
    }
    let mut want = vec!["0a0:0"];
    want.extend(["L"; 10]);
    want.extend(["0fa10:-176"; 8]);
    want.push("0a10:-176");
    assert_eq!(check(&script, &want.join(" ")).edges_dropped, 2);
}

#[test]
fn i1_an_input_more_than_eight_ticks_ahead_is_early() {
    let stats = check("in 1@17 | in 2@18 | in 3@4000000000 | run 10 | in 4@18 f", "B E L 0a3:-32768 B");
    assert_eq!((stats.early, stats.buffered), (1, 2));
}

#[test]
fn early_inputs_are_reported_so_that_a_clock_too_far_ahead_can_come_back() {
    check("in 1@110 f | run 10 | in 2@10 | run 11", "E 0a1:1600 L 0a2:-16");
}

#[test]
fn i2_a_number_that_is_not_newer_is_a_duplicate_whatever_its_tick() {
    let stats = check("in 5@10 f | in 5@11 f | in 4@11 f | run 10 | run 11", "B D D 0fa5:0 0a5:0");
    assert_eq!(stats.duplicate, 2);
}

#[test]
fn two_inputs_for_one_tick_keep_the_newer_state_and_both_edges() {
    check("in 1@11 t1 f | in 2@11 t2 f | run 10 | run 11 | run 12", "B B 0fa0:0 2fa2:16 2a2:16");
}

#[test]
fn ticks_that_are_left_out_lose_their_state_but_not_their_edges() {
    check("in 1@10 t1 f | in 2@11 t2 | in 3@15 t3 | run 15 | run 16", "B B B 3fa3:80 3a3:80");
    check("in 1@10 t1 f | run 1000 | run 1001", "B 0fa1:0 0a1:0");
}

#[test]
fn k3_the_window_goes_on_across_the_wrap_of_ticks_and_numbers() {
    let last = u32::MAX;
    let mut buffer = InputBuffer::new(Tick(last), ms(0), Duration::from_millis(10));
    buffer.newest = InputSeq(last - 1);
    buffer.applied = buffer.newest;
    let input = |number, tick, turn| ArrivedInput {
        number: InputSeq(number),
        tick: Tick(tick),
        view_tick_q4: 0,
        arrived: ms(0),
        waited: AT_ONCE,
        input: Stick { turn, fire: false },
    };
    assert_eq!(buffer.push(input(last, last, 1)), Verdict::Buffered);
    assert_eq!(buffer.push(input(0, 0, 2)), Verdict::Buffered);
    assert_eq!(buffer.push(input(last, 1, 3)), Verdict::Duplicate);
    assert_eq!(buffer.take(Tick(last), ms(0)).input.turn, 1);
    let applied = buffer.take(Tick(0), ms(10));
    assert_eq!((applied.input.turn, applied.applied), (2, InputSeq(0)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Inputs go out in order, some ticks run in between, and anything sent before may come again at any time.
    #[test]
    fn i2_inputs_that_come_again_change_nothing_but_their_counter(
        steps in prop::collection::vec((0..4_u32, any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..40)
    ) {
        let mut once = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
        let mut again = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
        let (mut next, mut sent, mut resent) = (10, Vec::new(), 0);
        for (ahead, fire, repeats) in steps {
            let input = ArrivedInput {
                number: InputSeq(sent.len() as u32 + 1),
                tick: Tick(next + ahead),
                view_tick_q4: 0,
                arrived: starts(next),
                waited: AT_ONCE,
                input: Stick { turn: ahead, fire },
            };
            sent.push(input);
            prop_assert_eq!(once.push(input), again.push(input));
            for repeat in repeats {
                resent += 1;
                prop_assert_eq!(again.push(sent[repeat.index(sent.len())]), Verdict::Duplicate);
            }
            if fire {
                let (a, b) = (once.take(Tick(next), starts(next)), again.take(Tick(next), starts(next)));
                prop_assert_eq!(a, b);
                next += 1;
            }
        }
        let want = InputStats { duplicate: resent, ..once.stats() };
        prop_assert_eq!(again.stats(), want);
    }
}

#[derive(tickwire_derive::Input, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[rep(crate = crate)]
struct Bow {
    aim: u8,
    #[rep(edge, with = "aim")]
    shoot: bool,
}

#[test]
fn late_shots_are_applied_one_a_tick_each_with_the_aim_it_was_given_with() {
    let mut buffer = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
    let mut give = |number: u32, tick: u32, aim: u8, shoot: bool| {
        let input = Bow { aim, shoot };
        buffer.push(ArrivedInput {
            number: InputSeq(number),
            tick: Tick(tick),
            view_tick_q4: 0,
            arrived: starts(10),
            waited: AT_ONCE,
            input,
        })
    };
    assert_eq!(give(1, 7, 1, true), Verdict::Late);
    assert_eq!(give(2, 8, 2, true), Verdict::Late);
    assert_eq!(give(2, 8, 2, true), Verdict::Duplicate);
    assert_eq!(give(3, 10, 3, false), Verdict::Buffered);
    assert_eq!(give(4, 11, 4, true), Verdict::Buffered);
    let taken: Vec<(u8, bool)> = (10..15)
        .map(|tick| {
            let input = buffer.take(Tick(tick), starts(tick)).input;
            (input.aim, input.shoot)
        })
        .collect();
    assert_eq!(taken, [(1, true), (2, true), (4, true), (4, false), (4, false)]);
}

#[test]
fn a_tick_says_when_its_own_input_came_and_nothing_of_inputs_that_gave_way() {
    let mut buffer = InputBuffer::new(Tick(10), starts(10), Duration::from_millis(10));
    let mut give = |number: u32, tick: u32| {
        buffer.push(ArrivedInput {
            number: InputSeq(number),
            tick: Tick(tick),
            view_tick_q4: 0,
            arrived: ms(80),
            waited: Waited { read: ms(90 + u64::from(number)), buffered: ms(100 + u64::from(number)) },
            input: Stick::default(),
        })
    };
    // 1 is late, 2 gives way to 3, 4 is for a tick that is left out, 6 is too early.
    let verdicts = [(1, 9), (2, 10), (3, 10), (4, 11), (5, 12), (6, 30)].map(|(n, tick)| give(n, tick));
    assert_eq!(verdicts[1..5], [Verdict::Buffered; 4]);
    let mut waited = |tick| buffer.take(Tick(tick), starts(tick)).waited;
    let came = |number: u64| Some(Waited { read: ms(90 + number), buffered: ms(100 + number) });
    assert_eq!([waited(10), waited(12), waited(13)], [came(3), came(5), None]);
}
