//! Where an input's time goes, on a clock that moves on by a step with each reading: sums are known to the nanosecond.

use super::world::{TICK, World};
use crate::clock::scripted::STEP;
use crate::limits;
use crate::metrics::label::Label;
use crate::metrics::stages::{Stage, StageSums};

fn sums(world: &World) -> StageSums {
    world.metrics.io(0).stages.sums()
}

/// What was recorded since.
fn since(before: StageSums, after: StageSums) -> StageSums {
    let stages_ns = std::array::from_fn(|stage| after.stages_ns[stage] - before.stages_ns[stage]);
    StageSums { count: after.count - before.count, stages_ns, whole_ns: after.whole_ns - before.whole_ns }
}

/// Inputs that ticks have used.
fn applied(world: &World) -> u64 {
    world.metrics.simulation(0).input_wait.buckets().count
}

#[track_caller]
fn assert_adds_up(sums: StageSums) {
    assert_eq!(sums.stages_ns.iter().sum::<u64>(), sums.whole_ns, "{sums:?}");
}

#[test]
fn each_stage_of_each_applied_input_is_measured_and_they_add_up_to_the_whole() {
    let mut world = World::new(8);
    let [_, _, _] = [world.join("a"), world.join("a"), world.join("b")];
    world.ticks(10);
    let (before, applied_before) = (sums(&world), applied(&world));
    world.ticks(20);
    let sums = since(before, sums(&world));
    assert_eq!(sums.count, 60, "an input of each of three players in each of twenty ticks");
    assert_eq!(applied(&world) - applied_before, 60);
    assert_adds_up(sums);
    let step = STEP.as_nanos() as u64;
    let ns = |stage: Stage| sums.stages_ns[stage.index()];
    // One reading when the batch is taken, two a room, two a player: in this order.
    assert_eq!(ns(Stage::ReadToBuffered), 60 * step);
    assert_eq!(ns(Stage::TickStartToTickEnd), 60 * step);
    assert_eq!(ns(Stage::EncodedToWritten), 60 * step);
    // After the tick of the first room come two readings of the second, then the players one after the other, and between the
    // rooms the end of the first.
    assert_eq!(ns(Stage::TickEndToEncoded), 20 * (3 + 5 + 6) * step);
    // Buffered in one tick, used whole ticks later, by the first room one reading after that, by the second three.
    let (ahead, tick) = (ns(Stage::BufferedToTickStart) - 20 * (1 + 1 + 3) * step, TICK.as_nanos() as u64);
    assert!(ahead.is_multiple_of(tick) && ahead >= 60 * tick, "{ahead}");
    assert_eq!(world.series("tickwire_inputs_unwritten_total"), 0);
}

#[test]
fn the_way_of_an_input_ends_with_the_next_update_when_the_one_of_its_tick_is_skipped() {
    let mut world = World::new(8);
    let (slow, _) = (world.join("a"), world.join("a"));
    world.ticks(10);
    let before = sums(&world);
    world.players[slow].set_room(0);
    world.ticks(5);
    assert_eq!(since(before, sums(&world)).count, 5, "the healthy one's");
    world.players[slow].set_room(usize::MAX);
    let before = sums(&world);
    world.ticks(1);
    let sums = since(before, sums(&world));
    assert_eq!(sums.count, 1 + 6, "the five that waited, and one of each");
    let waited_ns = (5 + 4 + 3 + 2 + 1) * TICK.as_nanos() as u64;
    let encode_ns = sums.stages_ns[Stage::TickEndToEncoded.index()];
    assert!((waited_ns..waited_ns + 1_000_000).contains(&encode_ns), "{encode_ns}");
    assert_adds_up(sums);
    assert_eq!(world.series("tickwire_inputs_unwritten_total"), 0);
}

#[test]
fn ticks_that_an_io_thread_took_at_once_keep_all_their_inputs() {
    let mut world = World::new(8);
    world.join("a");
    world.ticks(10);
    let (before, applied_before) = (sums(&world), applied(&world));
    let ticks = 2 * limits::OUTBOUND_BATCHES_MAX;
    for _ in 0..ticks {
        world.exchange();
        world.simulate(false);
        world.now = world.now + TICK;
    }
    let used = applied(&world) - applied_before;
    assert!(used >= ticks as u64 - 2, "{used} of {ticks}: the client's clock runs on by itself");
    // The outbound channel holds eight of them, the rest were merged.
    world.send_pass();
    world.send_pass();
    world.simulate(false);
    world.send_pass();
    assert_eq!(since(before, sums(&world)).count, applied(&world) - applied_before);
    assert_adds_up(sums(&world));
}

#[test]
fn inputs_of_who_leaves_before_being_sent_their_effect_are_counted_apart() {
    let mut world = World::new(8);
    let (gone, _) = (world.join("a"), world.join("a"));
    let alone = world.join("b");
    world.ticks(10);
    let applied_before = applied(&world);
    let before = sums(&world);
    for player in [gone, alone] {
        world.players[player].set_room(0);
    }
    world.ticks(4);
    for player in [gone, alone] {
        world.players[player].hang_up();
    }
    world.ticks(2);
    let unwritten = world.series("tickwire_inputs_unwritten_total");
    assert!(unwritten >= 8, "{unwritten}");
    assert_eq!(since(before, sums(&world)).count + unwritten, applied(&world) - applied_before);
}

#[test]
fn what_the_send_pass_measures_is_on_the_page() {
    let mut world = World::new(8);
    let [_, _] = [world.join("a"), world.join("a")];
    let passes = world.metrics.io(0).send_skew.buckets();
    world.ticks(200);
    let after = world.metrics.io(0).send_skew.buckets();
    assert_eq!(after.count - passes.count, 200);
    // From the write to the first player: the encoding and the write of the second, and the end of the pass.
    assert_eq!(after.sum_ns - passes.sum_ns, 200 * 3 * STEP.as_nanos() as u64);
    let rtt = world.metrics.io(0).rtt.summary();
    // Once a second for each of the two, from their first ack on; the last second is not handed over yet.
    assert!((8..=10).contains(&rtt.count), "{rtt:?}");
    assert!(
        rtt.max_ns <= TICK.as_nanos() as u64 * 1001 / 1000,
        "acks ride in the inputs of the next tick: {rtt:?}"
    );

    let kinds = |kind: &str| world.series(&format!("tickwire_messages_sent_total{{kind=\"{kind}\"}}"));
    assert_eq!((kinds("welcome"), kinds("reject"), kinds("moved"), kinds("other")), (2, 0, 0, 0));
    assert!(kinds("update") > 400);
}
