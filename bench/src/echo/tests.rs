//! The generator against a simulated server on a virtual clock: what it sees of a stall, and of its own overload.

use std::time::Duration;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::EchoPlan;
use super::client::Echo;
use crate::load::simulated::{Alone, World, run};
use crate::load::{Flow, Scenario as _};

const OPEN: EchoPlan = EchoPlan { bytes: 20, rate: Some(100.0), pipeline: None };
const CLOSED: EchoPlan = EchoPlan { bytes: 20, rate: None, pipeline: Some(1) };

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

/// Stalls for one second in the ten that are measured.
fn stalling() -> World {
    World { stall: ms(5000)..ms(6000), ..World::default() }
}

fn echo(plan: EchoPlan) -> Echo {
    Echo::new(plan, 1)
}

const TEN_S: (u64, u64) = (1000, 11_000);

/// Near `want`, to three digits.
#[track_caller]
fn assert_near(got_ns: u64, want_ms: f64) {
    let got_ms = got_ns as f64 / 1e6;
    assert!((got_ms - want_ms).abs() <= want_ms * 0.01 + 0.02, "{got_ms} ms instead of {want_ms} ms");
}

#[test]
fn a_stall_of_one_second_in_ten_is_in_the_corrected_p99() {
    let done = run(stalling(), echo(OPEN), 10, TEN_S, None);
    let recorder = done.recorder;
    assert_eq!((recorder.sends, recorder.latency.len(), recorder.unanswered), (10_000, 10_000, 0));
    // A tenth of all messages are due in the stall and wait for its end: 0 to 1 s, evenly.
    assert_near(recorder.latency.value_at_quantile(0.5), 1.0);
    assert_near(recorder.latency.value_at_quantile(0.95), 501.0);
    assert_near(recorder.latency.value_at_quantile(0.99), 901.0);
    assert_near(recorder.latency.max(), 1001.0);
    assert!(!recorder.is_saturated() && recorder.late == 0, "the server was late, not the generator");
    let by_second: Vec<f64> = recorder.seconds.iter().map(|second| second.max() as f64 / 1e6).collect();
    assert!(by_second[3] < 2.0 && by_second[5] > 990.0 && by_second[6] < 2.0, "{by_second:?}");
}

#[test]
fn a_closed_loop_does_not_see_the_stall_in_its_p99() {
    let recorder = run(stalling(), echo(CLOSED), 10, TEN_S, None).recorder;
    // Nine seconds of a message each millisecond on ten connections; one each was in the stall.
    assert!(recorder.service.len() > 80_000, "{}", recorder.service.len());
    assert_near(recorder.service.value_at_quantile(0.99), 1.0);
    assert_near(recorder.service.max(), 1001.0);
    assert!(recorder.latency.is_empty(), "a closed loop has no latency");
}

#[test]
fn where_messages_wait_for_answers_latency_shows_the_stall_and_service_time_hides_it() {
    let plan = EchoPlan { pipeline: Some(1), ..OPEN };
    let recorder = run(stalling(), echo(plan), 10, TEN_S, None).recorder;
    assert!(recorder.latency.value_at_quantile(0.99) > 800_000_000);
    assert_near(recorder.service.value_at_quantile(0.99), 1.0);
    assert!(recorder.lag.value_at_quantile(0.99) > 800_000_000, "the difference is in the lag");
    assert!(!recorder.is_saturated(), "it was held back on purpose: {}", recorder.late_share());
}

#[test]
fn an_overloaded_generator_says_that_it_is_saturated() {
    // 10 connections send 100 messages of 26 bytes a second each: at 38 us for a byte they would fill the second.
    for (cost_us, want) in [(0, false), (4, false), (46, true), (200, true)] {
        let world = World { byte_cost: Duration::from_micros(cost_us), ..World::default() };
        let recorder = run(world, echo(OPEN), 10, TEN_S, None).recorder;
        assert_eq!(recorder.is_saturated(), want, "{cost_us} us: {} late", recorder.late_share());
        assert_eq!(recorder.sends + recorder.left_out, 10_000, "what was due is sent or told: {cost_us} us");
        assert_eq!(recorder.left_out > 0, want, "{cost_us} us");
    }
}

#[test]
fn what_a_late_generator_sends_counts_from_when_it_was_due() {
    let world = World { byte_cost: Duration::from_micros(46), ..World::default() };
    let recorder = run(world, echo(OPEN), 10, TEN_S, None).recorder;
    // A fifth too slow for ten seconds: the last ones are nearly two seconds late.
    assert!(recorder.latency.max() > 1_500_000_000 && recorder.lag.max() > 1_500_000_000);
    assert!(recorder.service.mean() < recorder.latency.mean() / 2.0, "from sending it looks much better");
}

#[test]
fn an_answer_has_come_when_its_read_returns() {
    let world = World { read_cost: Duration::from_millis(3), ..World::default() };
    let plan = EchoPlan { rate: Some(10.0), ..OPEN };
    let recorder = run(world, echo(plan), 1, TEN_S, None).recorder;
    assert_near(recorder.latency.min(), 4.0);
    assert_near(recorder.service.min(), 4.0);
}

#[test]
fn a_server_that_dies_ends_the_run_and_what_came_before_is_kept() {
    let world = World { death: Some(ms(4000)), ..World::default() };
    let done = run(world, echo(OPEN), 10, TEN_S, None);
    assert_eq!((done.losses.count, done.ended), (10, ms(4000)));
    assert!(done.recorder.latency.len() >= 2990, "{}", done.recorder.latency.len());
    assert!(done.losses.reasons[0].starts_with("the connection broke"), "{:?}", done.losses.reasons);
}

#[test]
fn an_answer_that_is_not_what_was_sent_ends_its_connection() {
    for bytes in [1, 20, 300] {
        let world = World { cuts: true, ..World::default() };
        let done = run(world, echo(EchoPlan { bytes, ..OPEN }), 3, TEN_S, None);
        assert_eq!((done.losses.count, done.recorder.latency.len()), (3, 0));
        assert!(done.losses.reasons[0].starts_with("no echo"), "{:?}", done.losses.reasons);
    }
}

#[test]
fn messages_of_any_size_are_matched() {
    for bytes in [0, 1, 7, 8, 125, 126, 70_000] {
        let done = run(World::default(), echo(EchoPlan { bytes, ..OPEN }), 2, (100, 1100), None);
        assert_eq!((done.recorder.latency.len(), done.losses.count), (200, 0), "{bytes}");
    }
}

#[test]
fn a_pipeline_is_kept_full_and_sent_in_one_write() {
    // A write costs as much as an answer takes: with sixteen in each there are sixteen times as many messages.
    let world = World { write_cost: Duration::from_millis(1), ..World::default() };
    let count = |pipeline| {
        let plan = EchoPlan { pipeline: Some(pipeline), ..CLOSED };
        run(world.clone(), echo(plan), 1, (100, 1100), None).recorder.received
    };
    let one = count(1);
    assert!((490..=510).contains(&one), "{one}");
    assert!(count(16).abs_diff(one * 16) <= 32);
}

#[test]
fn a_message_there_and_back_allocates_nothing() {
    let mut alone = Alone::new(100.0);
    let mut echo = echo(OPEN);
    let mut client = alone.call(ms(0), |cx| echo.opened(cx));
    let mut round = |tenth: u64| {
        let now = ms(10 * tenth + 10);
        assert_eq!(alone.call(now, |cx| echo.due(&mut client, cx)), Flow::Stay);
        assert_eq!(alone.unsent.len(), 26, "one message");
        alone.unsent.clear();
        let mut answer = [0x17; 20];
        answer[..8].copy_from_slice(&tenth.to_le_bytes());
        let flow = alone.call(now, |cx| echo.message(&mut client, MessageKind::Binary, &answer, cx));
        assert_eq!(flow, Flow::Stay);
    };
    (0..90).for_each(&mut round);
    // All in the second that has begun: each second has a histogram of its own.
    let counted = allocation_counter::measure(|| (90..98).for_each(&mut round));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

#[test]
fn stages_change_the_rate_or_the_connections() {
    let stages = |text: &str| Some(text.parse().expect("stages"));
    let recorder =
        run(World::default(), echo(OPEN), 5, (1000, 4000), stages("1s:100/s,1s:10/s,1s:200/s")).recorder;
    let counts: Vec<u64> = recorder.stages.iter().map(|stage| stage.len()).collect();
    assert_eq!(counts, [500, 50, 1000]);
    let done = run(World::default(), echo(OPEN), 5, (1000, 4000), stages("1s:5,1s:20,1s:2"));
    let counts: Vec<u64> = done.recorder.stages.iter().map(|stage| stage.len()).collect();
    assert_eq!((counts[0], counts[2], done.losses.count), (500, 200, 0));
    // They come one after the other, a millisecond apart.
    assert!((1950..=2000).contains(&counts[1]), "{counts:?}");
}

#[test]
fn a_stall_to_the_end_of_the_window_is_in_the_latency_whether_or_not_it_ends_soon_after() {
    let pipelined = EchoPlan { pipeline: Some(1), ..OPEN };
    // The run waits for two seconds: to the thirteenth.
    for (plan, stall_end_ms, held_back, unanswered) in
        [(pipelined, 60_000, 4990, 10), (pipelined, 12_000, 4990, 0), (OPEN, 60_000, 0, 5000)]
    {
        let world = World { stall: ms(6000)..ms(stall_end_ms), ..World::default() };
        let recorder = run(world, echo(plan), 10, TEN_S, None).recorder;
        assert_eq!((recorder.held_back, recorder.unanswered), (held_back, unanswered), "{stall_end_ms}");
        assert_eq!(recorder.sends + recorder.left_out + recorder.held_back, 10_000, "all that was due");
        assert_eq!(recorder.latency.len(), 10_000, "and all of it has a latency");
        let p99 = recorder.latency.value_at_quantile(0.99);
        assert!(p99 > 5_800_000_000, "{p99} ns");
        assert!(!recorder.is_saturated(), "the server's doing");
    }
}

#[test]
fn who_is_told_to_leave_while_it_connects_does_not_play() {
    let stages = Some("200ms:1,50ms:10,1s:1".parse().expect("stages"));
    let world = World { service: Duration::from_millis(100), ..World::default() };
    let done = run(world, echo(OPEN), 1, (1000, 2250), stages);
    let counts: Vec<u64> = done.recorder.stages.iter().map(|stage| stage.len()).collect();
    assert_eq!((counts, done.losses.count), (vec![20, 5, 100], 0));
}

#[test]
fn what_is_under_way_stays_below_what_a_connection_keeps() {
    for (bytes, pipeline, want) in [
        (16 << 20, Some(1), true),
        (16 << 20, Some(2), false),
        (20, Some(10_000), true),
        (16 << 20, None, true),
    ] {
        let plan = EchoPlan { bytes, rate: None, pipeline };
        assert_eq!(plan.refuse_too_much().is_ok(), want, "{bytes} {pipeline:?}");
    }
}
