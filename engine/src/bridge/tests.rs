//! What the channels do when nobody takes from them, and that batches travel in a circle.

use super::*;

const ROOM: RoomId = RoomId { thread: 0, index: 3, serial: 9 };

fn event(output: &mut TickOutput, tick: u32, player: Option<u32>) {
    let events = &mut output.events;
    let words = events.words.len();
    events.words.extend([tick, tick * 10]);
    let recipients = match player {
        None => Recipients::Everyone,
        Some(player) => {
            events.players.push(PlayerId(player));
            Recipients::Listed(events.players.len() - 1..events.players.len())
        }
    };
    let tick = Tick(tick);
    events.list.push(OutboundEvent { tick, class: 0, droppable: false, recipients, words: words..words + 2 });
}

fn push_tick(sim: &mut SimEnd, room: RoomId, tick: u32) {
    sim.push(room, |output| {
        output.tick = Tick(tick);
        output.snapshot = Some(Arc::default());
        event(output, tick, tick.is_multiple_of(2).then_some(tick));
    });
}

fn leave(io: &mut IoEnd, player: u32) {
    let seat = SeatId { room: ROOM, player: PlayerId(player) };
    io.batch.entries.push(InboundEntry::Leave { seat, why: Leave::Lost });
}

fn leavers(batch: &Inbound) -> Vec<u32> {
    let player = |entry: &InboundEntry| match entry {
        InboundEntry::Leave { seat, .. } => seat.player.0,
        other => panic!("{other:?}"),
    };
    batch.entries.iter().map(player).collect()
}

#[test]
fn r13_ticks_that_find_the_channel_full_merge_into_one_and_lose_nothing() {
    let (mut sim, mut io) = link();
    let full = limits::OUTBOUND_BATCHES_MAX as u32;
    for tick in 1..=full + 5 {
        push_tick(&mut sim, ROOM, tick);
        assert!(sim.publish(), "there is something to fetch");
    }
    let mut seen = Vec::new();
    for tick in 1..=full {
        let batch = io.poll_outbound().expect("a batch per tick");
        assert_eq!(batch.outputs[0].tick, Tick(tick));
        seen.extend(batch.outputs[0].events.list.iter().map(|event| event.tick.0));
        io.recycle(batch);
    }
    assert!(io.poll_outbound().is_none(), "the rest waits for the next tick");
    push_tick(&mut sim, ROOM, full + 6);
    sim.publish();
    let batch = io.poll_outbound().expect("the merged batch");
    let output = &batch.outputs[0];
    assert_eq!((batch.outputs.len(), output.tick), (1, Tick(full + 6)), "the newest state");
    for event in &output.events.list {
        assert_eq!(output.events.words[event.words.clone()], [event.tick.0, event.tick.0 * 10]);
        let to: Option<Vec<u32>> = match &event.recipients {
            Recipients::Everyone => None,
            Recipients::Listed(range) => {
                Some(output.events.players[range.clone()].iter().map(|player| player.0).collect())
            }
        };
        assert_eq!(to, event.tick.0.is_multiple_of(2).then(|| vec![event.tick.0]));
    }
    seen.extend(output.events.list.iter().map(|event| event.tick.0));
    assert_eq!(seen, (1..=full + 6).collect::<Vec<_>>(), "every event once, in order");
}

#[test]
fn r13_between_two_snapshots_a_merge_keeps_the_snapshot_and_the_lines_that_belong_to_it() {
    let (mut sim, mut io) = link();
    let line = |applied| PlayerLine {
        player: PlayerId(1),
        input_applied: InputSeq(applied),
        input_margin_q4: 0,
        command_ack: CommandSeq(0),
    };
    for tick in 1..=limits::OUTBOUND_BATCHES_MAX as u32 + 6 {
        sim.push(ROOM, |output| {
            output.tick = Tick(tick);
            if tick.is_multiple_of(4) {
                output.snapshot = Some(Arc::default());
                output.lines.push(line(tick));
            }
        });
        sim.publish();
    }
    for _ in 0..limits::OUTBOUND_BATCHES_MAX {
        io.poll_outbound().expect("a batch");
    }
    sim.publish();
    let merged = io.poll_outbound().expect("the merged batch").outputs.remove(0);
    assert_eq!((merged.tick, merged.snapshot.is_some()), (Tick(14), true));
    assert_eq!(merged.lines, [line(12)], "what the snapshot of tick 12 has used");
}

#[test]
fn rooms_merge_each_with_itself() {
    let (mut sim, mut io) = link();
    let other = RoomId { thread: 0, index: 0, serial: 10 };
    // The place of a room that has ended is taken by another one.
    let successor = RoomId { thread: 0, index: ROOM.index, serial: 11 };
    for tick in 1..=limits::OUTBOUND_BATCHES_MAX as u32 + 3 {
        push_tick(&mut sim, ROOM, tick);
        push_tick(&mut sim, other, tick);
        sim.publish();
    }
    push_tick(&mut sim, successor, 1);
    for _ in 0..limits::OUTBOUND_BATCHES_MAX {
        io.poll_outbound().expect("a batch");
    }
    sim.publish();
    let merged = io.poll_outbound().expect("the merged batch");
    let summary: Vec<_> = merged.outputs.iter().map(|o| (o.room, o.events.list.len())).collect();
    assert_eq!(summary, [(ROOM, 3), (other, 3), (successor, 1)]);
}

#[test]
fn r13_pending_events_over_their_bound_close_the_rooms_players_there_as_busy() {
    let (mut sim, mut io) = link();
    for tick in 1..=limits::OUTBOUND_BATCHES_MAX as u32 + 2 {
        sim.push(ROOM, |output| (0..limits::EVENTS_PER_TICK_MAX).for_each(|_| event(output, tick, None)));
        sim.publish();
    }
    for _ in 0..4 {
        sim.push(ROOM, |output| (0..limits::EVENTS_PER_TICK_MAX).for_each(|_| event(output, 1, None)));
        sim.publish();
    }
    while let Some(batch) = io.poll_outbound() {
        assert_eq!(batch.outputs[0].ended, None);
    }
    sim.publish();
    let output = io.poll_outbound().expect("the merged batch").outputs.remove(0);
    assert_eq!(output.ended, Some(CloseCode::Busy));
    assert!(output.events.list.len() <= limits::OUTBOUND_EVENTS_MAX);
}

#[test]
fn r12_a_read_pass_that_finds_the_channel_full_goes_with_a_later_one_in_order() {
    let (mut sim, mut io) = link();
    let full = limits::INBOUND_BATCHES_MAX as u32;
    for player in 1..=full + 3 {
        leave(&mut io, player);
        io.publish();
    }
    let mut seen = Vec::new();
    while let Some(batch) = sim.poll_inbound() {
        seen.extend(leavers(&batch));
        sim.recycle(batch);
    }
    assert_eq!(seen, (1..=full).collect::<Vec<_>>());
    io.publish();
    let batch = sim.poll_inbound().expect("what was kept");
    assert_eq!(leavers(&batch), [full + 1, full + 2, full + 3]);
    io.publish();
    assert!(sim.poll_inbound().is_none(), "nothing to say, nothing sent");
}

#[test]
fn r12_a_batch_that_is_never_taken_stops_growing() {
    let (_sim, mut io) = link();
    for player in 0..limits::INBOUND_BATCHES_MAX as u32 {
        leave(&mut io, player);
        io.publish();
    }
    let mut taken = 0;
    while io.batch.has_room() {
        leave(&mut io, 1);
        io.publish();
        taken += 1;
    }
    assert_eq!(taken, limits::INBOUND_ENTRIES_MAX);
}

#[test]
fn batches_come_back_with_their_memory_and_without_a_snapshot() {
    let (mut sim, mut io) = link();
    let snapshot = Arc::new(Snapshot::default());
    for _ in 0..3 {
        leave(&mut io, 1);
        io.batch.words.reserve(1000);
        io.publish();
        let batch = sim.poll_inbound().expect("a batch");
        sim.recycle(batch);
        sim.push(ROOM, |output| {
            output.snapshot = Some(Arc::clone(&snapshot));
            output.lines.reserve(1000);
        });
        sim.publish();
        let batch = io.poll_outbound().expect("a batch");
        io.recycle(batch);
        assert_eq!(Arc::strong_count(&snapshot), 1, "the room may write it again");
    }
    leave(&mut io, 1);
    io.publish();
    assert!(io.batch.words.capacity() >= 1000 && io.batch.entries.is_empty());
    sim.push(ROOM, |output| assert!(output.lines.capacity() >= 1000 && output.lines.is_empty()));
}

#[test]
fn a_thread_that_has_ended_is_not_woken() {
    let (mut sim, io) = link();
    drop(io);
    push_tick(&mut sim, ROOM, 1);
    assert!(!sim.publish());
    let (sim, mut io) = link();
    drop(sim);
    leave(&mut io, 1);
    io.publish();
}
