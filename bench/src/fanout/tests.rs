//! The scenario against a simulated server that answers each input: frames with and without a moment in them.

use std::sync::Arc;
use std::time::Duration;

use tickwire_client::Target;
use tickwire_netcode::time::Time;

use super::client::Fanout;
use super::{FanoutPlan, report};
use crate::load::simulated::{World, run};
use crate::load::{Outcome, Plan};
use crate::watch;
use crate::wire::route::Route;

/// The simulated server sends back what it gets, so that its frames are the inputs: 24 bytes of 0x5A.
fn plan(stamp_offset: Option<usize>) -> FanoutPlan {
    FanoutPlan { stamp_offset, input_bytes: 24, input_rate: Some(50.0) }
}

#[test]
fn frames_and_gaps_are_counted_per_connection() {
    let done = run(World::default(), Fanout::new(plan(None), 1, || None), 4, (1000, 3000), None);
    assert_eq!(done.scenario.frames, [100; 4]);
    let gap = &done.scenario.gap;
    assert_eq!(gap.len(), 400);
    assert!(gap.min() > 19_900_000 && gap.max() < 20_100_000, "{} to {}", gap.min(), gap.max());
    assert_eq!((done.recorder.sends, done.recorder.unanswered, done.scenario.unstamped), (400, 0, 0));
}

#[test]
fn the_moment_in_a_frame_gives_its_delivery_time() {
    // 0x5A5A... ns is the moment that every frame tells, and the run begins a second before it.
    let epoch = || Some(0x5A5A_5A5A_5A5A_5A5A - 1_000_000_000);
    let done = run(World::default(), Fanout::new(plan(Some(8)), 1, epoch), 2, (900, 2000), None);
    let scenario = done.scenario;
    assert!(!scenario.delivery.is_empty() && scenario.unstamped > 0, "frames of before that moment");
    let longest = Duration::from_nanos(scenario.delivery.max());
    assert!(longest > Duration::from_millis(950) && longest < Duration::from_millis(1005), "{longest:?}");
    let spread = scenario.ticks.spread(2);
    assert_eq!((spread.ticks, spread.incomplete), (1, 0), "all frames tell the same moment");
}

#[test]
fn a_frame_too_short_for_a_moment_is_counted_as_such() {
    let done = run(World::default(), Fanout::new(plan(Some(17)), 1, || Some(0)), 2, (900, 2000), None);
    assert_eq!(done.scenario.unstamped, 110);
    assert!(done.scenario.delivery.is_empty());
}

#[test]
fn a_generator_that_is_never_done_with_reading_is_saturated_though_it_sends_nothing() {
    for (cost_us, want) in [(0, false), (100, false), (2000, true)] {
        let world = World { read_cost: Duration::from_micros(cost_us), ..World::default() };
        // The echoes of a closed loop stand for frames that nobody asked for.
        let mut recorder = run(world, Fanout::new(plan(None), 1, || None), 20, (1000, 3000), None).recorder;
        (recorder.sends, recorder.late, recorder.left_out) = (0, 0, 0);
        assert_eq!(recorder.is_saturated(), want, "{cost_us} us");
    }
}

#[test]
fn a_generator_that_is_late_in_reading_tells_by_how_much() {
    // Twenty connections whose frames all come when the stall ends, each read a tenth of a millisecond after the other;
    // else one frame a millisecond, which is twice as often as the last one can read: turns of sixteen sockets.
    for (stall_ms, cost_us, longest_us, want) in
        [(0, 0, 0, 0.0), (0, 100, 100, 0.0), (500, 100, 2000, 0.007), (0, 2000, 32_000, 1.0)]
    {
        let stall = Time::from_nanos(1_500_000_000)..Time::from_nanos((1500 + stall_ms) * 1_000_000);
        let world = World { read_cost: Duration::from_micros(cost_us), stall, ..World::default() };
        let recorder = run(world, Fanout::new(plan(None), 1, || None), 20, (1000, 3000), None).recorder;
        let longest = Duration::from_nanos(recorder.read_lag.max());
        let slack = Duration::from_micros(longest_us / 50 + 2);
        assert!(
            longest.abs_diff(Duration::from_micros(longest_us)) <= slack,
            "{longest:?} of {longest_us} us"
        );
        let share = recorder.late_reads_share();
        assert!((share - want).abs() < 0.002, "{share} at {cost_us} us, {stall_ms} ms");
    }
}

#[test]
fn a_gap_that_no_frame_ends_is_in_the_gaps() {
    let never = Time::from_nanos(60_000_000_000);
    for (stall_ms, want_ms) in [(2000, 1000), (0, 2000)] {
        let world =
            World { stall: Time::from_nanos(stall_ms * 1_000_000 + 10_000_000)..never, ..World::default() };
        let done = run(world, Fanout::new(plan(None), 1, || None), 4, (1000, 3000), None);
        let longest = Duration::from_nanos(done.scenario.gap.max());
        assert!(longest.abs_diff(Duration::from_millis(want_ms)) < Duration::from_millis(25), "{longest:?}");
        let told = done.recorder.seconds[1].max();
        assert!(told.abs_diff(done.scenario.gap.max()) < 25_000_000, "the headline has it, too: {told}");
    }
}

#[test]
fn where_stages_change_the_connections_nothing_is_told_by_connection() {
    for (connections, want) in [(Some(2), true), (None, false)] {
        let done = run(World::default(), Fanout::new(plan(Some(8)), 1, || Some(0)), 2, (900, 2000), None);
        let outcome = Outcome {
            scenario: done.scenario,
            recorder: done.recorder,
            window: watch::Window::default(),
            losses: done.losses,
            connections,
            asked: Duration::from_millis(1100),
            measured: Duration::from_millis(1100),
            is_interrupted: false,
        };
        let target: Target = "ws://simulated/".parse().expect("a URL");
        let load = Plan {
            route: Route { target, address: ([127, 0, 0, 1], 0).into(), paths: Arc::default() },
            connections: 2,
            connect_rate: 1000,
            threads: 1,
            pin: Vec::new(),
            seed: 1,
            warmup: Duration::ZERO,
            duration: outcome.asked,
            stages: None,
        };
        let told = report(&load, &plan(Some(8)), &outcome);
        assert_eq!(told.figures.iter().any(|figure| figure.name == "per_connection"), want);
        assert_eq!(told.distributions.iter().any(|distribution| distribution.name == "skew"), want);
    }
}
