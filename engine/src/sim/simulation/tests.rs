//! Rooms on a virtual clock: the test plays the I/O threads.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tickwire_netcode::ids::{CommandSeq, InputSeq, PlayerId};
use tickwire_netcode::schema::Input as _;
use tickwire_netcode::time::Tick;

use super::*;
use crate::bridge::{self, IoEnd, PlayerLine, Recipients, SeatId, Seated, TickOutput};
use crate::clock::scripted;
use crate::directory::{Asker, KindEntry};
use crate::game::Leave;
use crate::net::limits::LOG_BURST;
use crate::net::service::ConnectionId;
use crate::sim::skirmish::{Ask, Skirmish, Stick, words};
use crate::sim::{Resolved, replay};
use crate::tick_grid::TickGrid;

const RATE_HZ: u32 = 50;
const TICK_NS: u64 = 20_000_000;

/// One recorded tick.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    room: String,
    serial: u32,
    seed: u64,
    resolved: Resolved,
    hash: u32,
}

/// What an I/O thread got in one tick.
#[derive(Debug, Default)]
struct Got {
    outputs: Vec<TickOutput>,
    refused: Vec<Refused>,
}

struct Bench {
    simulation: Simulation,
    directory: Arc<Directory>,
    io: Vec<IoEnd>,
    /// What the directory refused, by I/O thread.
    turned_away: [Vec<Refused>; 2],
    /// The next tick begins then.
    next: u64,
    told: Arc<Mutex<Vec<Told>>>,
    inputs: u32,
    commands: u32,
}

impl Bench {
    fn new(seed: u64, capacity: usize) -> Self {
        Self::with_snapshots(seed, capacity, 1)
    }

    fn with_snapshots(seed: u64, capacity: usize, snapshot_every: u8) -> Self {
        Self::build(seed, capacity, snapshot_every, limits::EMPTY_ROOM_MAX)
    }

    fn keeping(keep_empty: Duration) -> Self {
        Self::build(1, 8, 1, keep_empty)
    }

    fn build(seed: u64, capacity: usize, snapshot_every: u8, keep_empty: Duration) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let mut kinds = [
            Kind::of("skirmish", Skirmish::default).expect("a valid schema"),
            Kind::of("broken", || -> Skirmish { panic!("no such luck") }).expect("a valid schema"),
            Kind::of("touchy", || Touchy).expect("a valid schema"),
        ];
        kinds[0].keep_empty = keep_empty;
        let record: RecordSink = parking_lot::Mutex::new(Some(Box::new(move |tick| {
            sink.lock().expect("no panic while held").push(Told {
                room: tick.room.to_owned(),
                serial: tick.serial,
                seed: tick.seed,
                resolved: tick.resolved.clone(),
                hash: tick.state_hash,
            });
        })));
        let entry = |kind: &Kind| KindEntry {
            name: Arc::clone(&kind.wire.name),
            capacity: capacity as u32,
            private: false,
        };
        let directory = Arc::new(Directory::new(kinds.iter().map(entry).collect(), 1, 2));
        let setup = Setup {
            kinds: kinds.into(),
            times: RoomTimes { tick_rate_hz: RATE_HZ, snapshot_every },
            seed,
            record: Some(Arc::new(record)),
            directory: Arc::clone(&directory),
            clock: scripted::now,
        };
        let (sim, io): (Vec<_>, Vec<_>) = (0..2).map(|_| bridge::link()).unzip();
        let simulation = Simulation::new(setup, sim);
        let turned_away = Default::default();
        Self { simulation, directory, io, turned_away, next: TICK_NS, told, inputs: 0, commands: 0 }
    }

    fn tick(&mut self) -> [Got; 2] {
        for io in &mut self.io {
            io.publish();
        }
        let started = Time::from_nanos(self.next);
        self.next += TICK_NS;
        self.simulation.drain(started);
        self.simulation.advance(started, false, |_| {});
        [0, 1].map(|io| {
            let mut got = Got { refused: std::mem::take(&mut self.turned_away[io]), ..Got::default() };
            while let Some(batch) = self.io[io].poll_outbound() {
                got.outputs.extend(batch.outputs);
                got.refused.extend(batch.refused);
            }
            got
        })
    }

    fn ask_seat(&mut self, io: usize, index: u32, kind: usize, room: &str, name: &str) {
        let connection = ConnectionId { index, generation: 0 };
        match self.directory.join(kind, room, Asker::Peer, Time::from_nanos(self.next)) {
            Ok(permit) => {
                let request = JoinRequest { connection, permit, name: name.to_owned() };
                self.io[io].batch.entries.push(InboundEntry::Join(Box::new(request)));
            }
            Err(code) => self.turned_away[io].push(Refused { connection, code }),
        }
    }

    /// Joins the room of this id and runs the tick that grants the seat.
    fn join(&mut self, io: usize, room: &str) -> SeatId {
        self.ask_seat(io, 0, 0, room, "ann");
        let got = self.tick();
        let output = got[io].outputs.iter().find(|o| !o.seated.is_empty()).expect("a seat");
        SeatId { room: output.room, player: output.seated[0].player }
    }

    fn command(&mut self, io: usize, seat: SeatId, ask: &Ask) {
        self.commands += 1;
        let (index, words) = words(ask);
        let batch = &mut self.io[io].batch;
        let words = batch.push_words(&words);
        batch.entries.push(InboundEntry::Command { seat, number: CommandSeq(self.commands), index, words });
    }

    /// An input that arrives `early_ns` before the next tick begins.
    fn input(&mut self, seat: SeatId, number: u32, tick: u32, stick: Stick, early_ns: u64) {
        let mut quantized = Vec::new();
        stick.quantize(&mut quantized, &mut 0);
        let batch = &mut self.io[0].batch;
        let words = batch.push_words(&quantized);
        batch.entries.push(InboundEntry::Input {
            seat,
            number: InputSeq(number),
            tick: Tick(tick),
            view_tick_q4: tick * 16,
            arrived: Time::from_nanos(self.next - early_ns),
            read: Time::from_nanos(self.next - early_ns),
            words,
        });
        self.inputs += 1;
    }

    fn leave(&mut self, io: usize, seat: SeatId, why: Leave) {
        self.io[io].batch.entries.push(InboundEntry::Leave { seat, why });
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().expect("no panic while held").clone()
    }
}

fn only(got: &Got) -> &TickOutput {
    assert_eq!(got.outputs.len(), 1);
    &got.outputs[0]
}

/// The numbers of the `Heard` events that a player gets in an output.
fn heard(output: &TickOutput, player: PlayerId) -> Vec<u32> {
    let events = &output.events;
    let for_player = |recipients: &Recipients| match recipients {
        Recipients::Everyone => true,
        Recipients::Listed(range) => events.players[range.clone()].contains(&player),
    };
    let mine = events.list.iter().filter(|event| event.class == 0 && for_player(&event.recipients));
    mine.map(|event| events.words[event.words.start]).collect()
}

/// The word of `fired` in the only entity's row: after hp and the two of the place.
fn fired(output: &TickOutput) -> u32 {
    output.snapshot.as_ref().expect("a snapshot").row(0)[3]
}

#[test]
fn a_join_is_seated_by_the_next_tick_and_told_to_its_own_io_thread_only() {
    let mut bench = Bench::new(1, 8);
    bench.ask_seat(1, 5, 0, "den", "ann");
    let got = bench.tick();
    assert!(got[0].outputs.is_empty());
    let output = only(&got[1]);
    let Seated { connection, player, room_name, kind } = &output.seated[0];
    assert_eq!((connection.index, player.0, &**room_name, *kind), (5, 1, "den", 0));
    let snapshot = output.snapshot.as_ref().expect("a snapshot");
    assert_eq!((snapshot.tick(), snapshot.len(), snapshot.owner(0)), (Tick(1), 1, Some(PlayerId(1))));
    assert!(only(&bench.tick()[1]).seated.is_empty(), "told once");
}

#[test]
fn rooms_are_joined_or_made_by_id_and_have_a_capacity() {
    let mut bench = Bench::new(1, 2);
    for (index, room) in ["a", "a", "a", "b", "", "", ""].into_iter().enumerate() {
        bench.ask_seat(0, index as u32, 0, room, "ann");
    }
    let got = bench.tick();
    let seated: Vec<(u32, String)> = got[0]
        .outputs
        .iter()
        .flat_map(|output| output.seated.iter().map(|s| (s.connection.index, s.room_name.to_string())))
        .collect();
    let want = [(0, "a"), (1, "a"), (3, "b"), (4, "1"), (5, "1"), (6, "2")];
    assert_eq!(seated, want.map(|(index, room)| (index, room.to_owned())));
    let refused = Refused { connection: ConnectionId { index: 2, generation: 0 }, code: CloseCode::Full };
    assert_eq!(got[0].refused, [refused]);
}

#[test]
fn a_seat_that_was_left_is_free_again() {
    let mut bench = Bench::new(1, 1);
    let seat = bench.join(0, "a");
    bench.leave(0, seat, Leave::Left);
    bench.tick();
    let again = bench.join(0, "a");
    assert_eq!(again.room, seat.room);
    assert_eq!(again.player, PlayerId(2), "player ids are not used again");
    bench.leave(0, seat, Leave::Left);
    assert_eq!(only(&bench.tick()[0]).lines.len(), 1, "a stale leave is ignored");
}

#[test]
fn a_room_without_players_ends_after_a_while_and_is_made_anew() {
    let mut bench = Bench::new(1, 8);
    let (seat, witness) = (bench.join(0, "a"), bench.join(0, "b"));
    bench.leave(0, seat, Leave::Left);
    let minute = limits::EMPTY_ROOM_MAX.as_secs() as u32 * RATE_HZ;
    for _ in 0..minute {
        bench.tick();
    }
    let again = bench.join(0, "a");
    assert_eq!((again.room, again.player), (seat.room, PlayerId(2)), "a player in time keeps the room alive");
    bench.leave(0, again, Leave::Left);
    for _ in 0..=minute {
        bench.tick();
    }
    let anew = bench.join(0, "a");
    assert_ne!(anew.room, seat.room);
    assert_eq!(anew.player, PlayerId(1));
    assert_eq!(bench.join(0, "b").room, witness.room, "a room with a player goes on");
}

#[test]
fn a_room_that_is_not_kept_ends_with_the_tick_its_last_player_leaves_in() {
    let mut bench = Bench::keeping(Duration::ZERO);
    let seat = bench.join(0, "a");
    bench.tick();
    bench.leave(0, seat, Leave::Left);
    // Somebody who was promised a seat before the room ended keeps it alive.
    bench.ask_seat(0, 9, 0, "a", "bob");
    let kept = bench.tick();
    assert_eq!(only(&kept[0]).seated[0].player, PlayerId(2));
    bench.leave(0, SeatId { player: PlayerId(2), ..seat }, Leave::Left);
    bench.tick();
    let anew = bench.join(0, "a");
    assert_ne!(anew.room, seat.room);
    let told = bench.told();
    let last = told.iter().rfind(|told| told.serial == seat.room.serial).expect("ticks");
    assert!(!last.resolved.arrivals.is_empty(), "the game heard of the last player's leave");
}

#[test]
fn i1_inputs_are_applied_at_their_tick_once_and_late_edges_at_the_next() {
    let fire = Stick { x: 0, fire: true };
    // (number, tick) of each input before tick 2, and what is fired in total after ticks 2 to 5.
    for (inputs, want) in [
        (&[(1, 2)][..], [1, 1, 1, 1]),
        (&[(1, 4)], [0, 0, 1, 1]),
        (&[(1, 1)], [1, 1, 1, 1]),
        (&[(1, 2), (1, 3)], [1, 1, 1, 1]),
        (&[(1, 2), (2, 3), (3, 4)], [1, 2, 3, 3]),
        (&[(1, 0), (2, 1), (3, 2)], [1, 2, 3, 3]),
        (&[(1, 10)], [0, 0, 0, 0]),
    ] {
        let mut bench = Bench::new(1, 8);
        let seat = bench.join(0, "a");
        for &(number, tick) in inputs {
            bench.input(seat, number, tick, fire, 1_000_000);
        }
        let total = [(); 4].map(|()| fired(only(&bench.tick()[0])));
        assert_eq!(total, want, "{inputs:?}");
    }
}

#[test]
fn the_header_line_tells_number_margin_and_command() {
    let mut bench = Bench::new(1, 8);
    let seat = bench.join(0, "a");
    // 5 ms of a tick of 20 ms are 4/16.
    bench.input(seat, 7, 2, Stick::default(), 5_000_000);
    bench.command(0, seat, &Ask::ToAll { number: 1 });
    let line = only(&bench.tick()[0]).lines[0];
    let want = PlayerLine {
        player: seat.player,
        input_applied: InputSeq(7),
        input_margin_q4: 4,
        command_ack: CommandSeq(1),
    };
    assert_eq!(line, want);
}

#[test]
fn after_dropped_ticks_the_margin_counts_to_the_tick_that_runs() {
    let mut bench = Bench::new(1, 8);
    let seat = bench.join(0, "a");
    bench.next += 50 * TICK_NS;
    bench.input(seat, 1, 2, Stick::default(), 5_000_000);
    assert_eq!(only(&bench.tick()[0]).lines[0].input_margin_q4, 4);
}

#[test]
fn events_reach_their_audience_on_every_io_thread() {
    let mut bench = Bench::new(1, 8);
    let seats = [bench.join(0, "a"), bench.join(0, "a"), bench.join(1, "a")];
    bench.command(0, seats[1], &Ask::MoveAway);
    bench.command(0, seats[1], &Ask::EnterTeam);
    bench.command(1, seats[2], &Ask::EnterTeam);
    bench.tick();
    for (ask, want) in [
        (Ask::ToAll { number: 1 }, [&[1][..], &[1], &[1]]),
        (Ask::ToMe { number: 2 }, [&[2], &[], &[]]),
        (Ask::Near { number: 3 }, [&[3], &[], &[3]]),
        (Ask::ToTeam { number: 4 }, [&[], &[4], &[4]]),
    ] {
        bench.command(0, seats[0], &ask);
        let got = bench.tick();
        let per_player = [0, 1, 2].map(|i| heard(only(&got[usize::from(i == 2)]), seats[i].player));
        assert_eq!(per_player, want.map(<[u32]>::to_vec));
        // Nothing of it comes again.
        assert!(only(&bench.tick()[0]).events.list.is_empty());
    }
}

#[test]
fn events_over_the_limit_of_a_tick_are_dropped() {
    let mut bench = Bench::new(1, 8);
    let seat = bench.join(0, "a");
    bench.command(0, seat, &Ask::Flood);
    assert_eq!(only(&bench.tick()[0]).events.list.len(), limits::EVENTS_PER_TICK_MAX);
}

#[test]
fn what_a_game_shows_in_vain_is_told_to_its_author() {
    for (ask, is_told) in [(Ask::ToAll { number: 1 }, false), (Ask::ShowTwice, true), (Ask::Flood, true)] {
        let mut bench = Bench::new(1, 8);
        let seat = bench.join(0, "a");
        bench.command(0, seat, &ask);
        bench.tick();
        let room = bench.simulation.rooms.find(seat.room).expect("the room lives");
        assert_eq!(room.has_complained(), is_told);
    }
}

#[test]
fn a_kick_takes_the_seat_and_the_game_hears_of_it_at_the_next_tick() {
    let mut bench = Bench::new(1, 8);
    let (ann, bob) = (bench.join(0, "a"), bench.join(0, "a"));
    bench.command(0, bob, &Ask::KickMe);
    let got = bench.tick();
    assert_eq!(only(&got[0]).kicked, [(bob.player, "asked for it".to_owned())]);
    let got = bench.tick();
    let output = only(&got[0]);
    assert!(output.kicked.is_empty(), "told once");
    assert_eq!(output.lines.iter().map(|line| line.player).collect::<Vec<_>>(), [ann.player]);
    let left = &output.events.list[0];
    assert_eq!(output.events.words[left.words.clone()], [bob.player.0, 1], "left, kicked");
    assert_eq!(output.snapshot.as_ref().expect("a snapshot").len(), 1);
}

#[test]
fn p1_of_a_hundred_rooms_one_panics_and_the_other_99_go_on_as_without_it() {
    let (undisturbed, disturbed) = (a_hundred_rooms(false), a_hundred_rooms(true));
    assert_eq!(undisturbed.len(), 99 * 29);
    assert!(undisturbed == disturbed, "seeds, inputs and hashes of every tick of the 99 rooms");
}

/// 29 ticks of a hundred rooms, of which number 37 may panic in tick 10; what the others were told and did.
fn a_hundred_rooms(panics: bool) -> Vec<Told> {
    let mut bench = Bench::new(4, 8);
    for n in 0..100 {
        bench.ask_seat(n % 2, n as u32, 0, &format!("r{n}"), "ann");
    }
    let got = bench.tick();
    let seats: Vec<(usize, SeatId)> = (0..2)
        .flat_map(|io| got[io].outputs.iter().map(move |output| (io, output)))
        .map(|(io, output)| (io, SeatId { room: output.room, player: output.seated[0].player }))
        .collect();
    assert_eq!(seats.len(), 100);
    let mut ended = Vec::new();
    for tick in 2..30u32 {
        for (n, &(io, seat)) in seats.iter().enumerate() {
            if (tick + n as u32).is_multiple_of(5) {
                bench.command(io, seat, &Ask::ToAll { number: tick as u16 });
            }
            if io == 0 {
                let stick = Stick { x: (n % 3) as i8 - 1, fire: tick.is_multiple_of(4) };
                bench.input(seat, tick, tick, stick, 1);
            }
        }
        if tick == 10 && panics {
            let (io, seat) = seats[37];
            bench.command(io, seat, &Ask::Panic);
        }
        for got in bench.tick() {
            ended.extend(got.outputs.iter().filter_map(|output| output.ended));
        }
    }
    let (want, ticks) = if panics { (&[CloseCode::RoomFailed][..], 9) } else { (&[][..], 29) };
    assert_eq!(ended, want);
    let doomed = seats[37].1.room.serial;
    let (of_doomed, others): (Vec<_>, Vec<_>) =
        bench.told().into_iter().partition(|told| told.serial == doomed);
    assert_eq!(of_doomed.len(), ticks);
    others
}

#[test]
fn p4_after_a_stall_a_bounded_number_of_ticks_runs_and_the_rest_is_dropped_counted_and_announced() {
    for (stall_ticks, runs, dropped) in [(1, 1, 0), (3, 3, 0), (4, 4, 0), (5, 4, 1), (500, 4, 496)] {
        let mut bench = Bench::new(1, 8);
        bench.join(0, "a");
        let ticks = bench.told().len();
        let mut grid = TickGrid::new(Time::from_nanos(bench.next), RATE_HZ);
        let now = Time::from_nanos(bench.next + (stall_ticks - 1) * TICK_NS);
        let due = grid.due(now).expect("due");
        bench.simulation.run_due(due, |_| {}, |_| {});
        assert_eq!(bench.told().len() - ticks, runs, "stall of {stall_ticks}");
        assert_eq!(due.dropped, dropped);
        let mut announced = Vec::new();
        while let Some(batch) = bench.io[0].poll_outbound() {
            announced.extend(batch.outputs.iter().map(|output| output.reanchor));
        }
        assert_eq!(announced.len(), runs);
        assert_eq!(announced.iter().filter(|said| **said).count(), usize::from(dropped > 0));
        assert_eq!(announced.last(), Some(&(dropped > 0)), "with the last, after which ticks are on time");
        assert_eq!(grid.due(now), None, "no debt is left");
    }
}

#[test]
fn with_fewer_snapshots_events_and_inputs_keep_their_tick_and_states_come_at_multiples() {
    let mut bench = Bench::with_snapshots(3, 8, 3);
    let seat = bench.join(0, "a");
    let (mut seen, mut stamped) = (Vec::new(), Vec::new());
    for tick in 2..=13u32 {
        if tick == 8 {
            bench.command(0, seat, &Ask::ToAll { number: 8 });
        }
        bench.input(seat, tick, tick, Stick { x: 0, fire: true }, 1);
        let got = bench.tick();
        for output in &got[0].outputs {
            let snapshot = output.snapshot.as_ref().map(|snapshot| (snapshot.tick().0, fired(output)));
            seen.push((tick, snapshot, output.lines.len(), output.events.list.len()));
            stamped.extend(
                output.stamped.iter().map(|input| (tick, input.stamps.read.as_nanos() / TICK_NS + 1)),
            );
        }
    }
    // (tick, snapshot's tick and what was fired by then, lines, events): nothing else is sent between them.
    let want = [
        (3, Some((3, 2)), 1, 0),
        (6, Some((6, 5)), 1, 0),
        (8, None, 0, 1),
        (9, Some((9, 8)), 1, 0),
        (12, Some((12, 11)), 1, 0),
    ];
    assert_eq!(seen, want);
    // Each input goes with the first snapshot that shows its effect; 13 waits for its own.
    let shown: Vec<(u32, u64)> = (2..=12_u32).map(|tick| (tick.div_ceil(3) * 3, u64::from(tick))).collect();
    assert_eq!(stamped, shown);
    // A replay, which takes a snapshot each tick, agrees where there is one.
    let told = bench.told();
    let replayed = replay(Skirmish::default, told[0].seed, RATE_HZ, told.iter().map(|tick| &tick.resolved));
    let replayed = replayed.expect("a valid schema");
    for nth in [2, 5, 8, 11] {
        assert_eq!(told[nth].hash, replayed[nth], "tick {}", nth + 1);
    }
}

#[test]
fn p1_a_panic_ends_its_room_and_no_other() {
    let run = |ask: Option<Ask>| {
        let mut bench = Bench::new(9, 8);
        let (calm, doomed) = (bench.join(0, "calm"), bench.join(1, "doomed"));
        if let Some(ask) = &ask {
            bench.command(1, doomed, ask);
        }
        let got = bench.tick();
        assert_eq!(only(&got[1]).ended, ask.is_some().then_some(CloseCode::RoomFailed));
        for tick in 4..20 {
            bench.input(calm, tick, tick, Stick { x: 1, fire: tick % 3 == 0 }, 1);
            let got = bench.tick();
            assert!(only(&got[0]).ended.is_none());
            assert_eq!(got[1].outputs.len(), usize::from(ask.is_none()), "the failed room is gone");
        }
        if ask.is_some() {
            let again = bench.join(1, "doomed");
            assert_ne!(again.room, doomed.room, "a later join makes a new room");
            assert_eq!(again.player, PlayerId(1));
        } else {
            bench.tick();
        }
        bench.told().into_iter().filter(|told| told.room == "calm").collect::<Vec<_>>()
    };
    let undisturbed = run(None);
    assert_eq!(undisturbed.len(), 20);
    assert_eq!(run(Some(Ask::Panic)), undisturbed);
    assert_eq!(run(Some(Ask::ShowUndeclared)), undisturbed);
}

#[test]
fn what_comes_for_a_room_that_has_ended_does_not_reach_its_successor() {
    let mut bench = Bench::new(1, 8);
    let old = bench.join(0, "a");
    bench.command(0, old, &Ask::Panic);
    bench.tick();
    let new = bench.join(0, "a");
    assert_eq!((new.room.index, new.player), (old.room.index, old.player), "same place, same number");
    bench.command(0, old, &Ask::ToAll { number: 1 });
    bench.input(old, 1, 2, Stick { x: 0, fire: true }, 1);
    bench.leave(0, old, Leave::Left);
    let got = bench.tick();
    let output = only(&got[0]);
    assert_eq!((output.events.list.len(), output.lines.len(), fired(output)), (0, 1, 0));
}

#[test]
fn p1_who_joins_in_the_tick_of_a_panic_is_told_as_well() {
    let mut bench = Bench::new(1, 8);
    bench.join(0, "a");
    bench.ask_seat(1, 3, 0, "a", "trouble");
    let got = bench.tick();
    assert_eq!(only(&got[0]).ended, Some(CloseCode::RoomFailed));
    assert_eq!(only(&got[1]).ended, Some(CloseCode::RoomFailed));
    assert_eq!(only(&got[1]).seated[0].connection.index, 3);
}

#[test]
fn p1_a_game_that_panics_at_its_start_is_a_refusal() {
    let mut bench = Bench::new(1, 8);
    bench.ask_seat(0, 4, 1, "", "ann");
    let got = bench.tick();
    let connection = ConnectionId { index: 4, generation: 0 };
    assert_eq!(got[0].refused, [Refused { connection, code: CloseCode::RoomFailed }]);
}

#[derive(tickwire_netcode::Input, Clone, Copy)]
#[rep(crate = crate::netcode)]
struct Twitch {
    on: bool,
}

std::thread_local! {
    static DEFAULTS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl Default for Twitch {
    fn default() -> Self {
        // The room's own at its start; then that of the first buffer.
        assert!(DEFAULTS.replace(DEFAULTS.get() + 1) == 0, "no more defaults");
        Self { on: false }
    }
}

/// Its input panics as soon as somebody gets a buffer.
struct Touchy;

impl crate::game::Game for Touchy {
    type Entities = (crate::sim::skirmish::Body, crate::sim::skirmish::Banner);
    type Input = Twitch;
    type Event = crate::sim::skirmish::Fact;
    type Command = Ask;

    fn join(&mut self, _: PlayerId, _: &mut crate::game::Cx<'_, Self>) {}
    fn leave(&mut self, _: PlayerId, _: Leave, _: &mut crate::game::Cx<'_, Self>) {}
    fn tick(&mut self, _: &crate::game::Inputs<Twitch>, _: &mut crate::game::Cx<'_, Self>) {}
    fn replicate(&self, _: &mut crate::game::Scene<'_>) {}
}

#[test]
fn an_input_type_that_panics_ends_its_room_and_no_other() {
    let mut bench = Bench::new(1, 8);
    bench.join(0, "calm");
    for connection in [4, 5] {
        bench.ask_seat(1, connection, 2, "a", "ann");
    }
    let got = bench.tick();
    let failed = only(&got[1]);
    assert_eq!(failed.ended, Some(CloseCode::RoomFailed));
    let told: Vec<u32> = failed.seated.iter().map(|seated| seated.connection.index).collect();
    assert_eq!(told, [4, 5], "who came after the panic is told as well");
    assert_eq!(only(&got[0]).ended, None);
    assert!(bench.tick()[1].outputs.is_empty(), "the failed room is gone");
}

#[test]
fn a_recording_that_panics_ends_and_the_rooms_go_on() {
    let mut bench = Bench::new(1, 8);
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let sink: RecordSink = parking_lot::Mutex::new(Some(Box::new(move |_| {
        *seen.lock().expect("no panic while held") += 1;
        panic!("the disk is full");
    })));
    bench.simulation.setup.record = Some(Arc::new(sink));
    bench.join(0, "a");
    for _ in 0..3 {
        assert_eq!(only(&bench.tick()[0]).ended, None);
    }
    assert_eq!(*calls.lock().expect("no panic while held"), 1);
}

/// One thing that players do, by number, so that proptest can shrink it.
fn play(bench: &mut Bench, seats: &mut Vec<SeatId>, step: u32) {
    let seat = seats.get(step as usize % seats.len().max(1)).copied();
    match (step / 7 % 8, seat) {
        (0, _) if seats.len() < 8 => seats.push(bench.join(0, "a")),
        (1, Some(seat)) => {
            bench.leave(0, seat, Leave::Lost);
            seats.retain(|other| *other != seat);
        }
        (2, Some(seat)) => bench.command(0, seat, &Ask::MoveAway),
        (3, Some(seat)) => bench.command(0, seat, &Ask::ToAll { number: 1 }),
        (_, Some(seat)) => {
            let (number, tick) = (bench.inputs + 1, (bench.next / TICK_NS) as u32 + step % 3);
            let stick = Stick { x: (step % 3) as i8 - 1, fire: step.is_multiple_of(5) };
            bench.input(seat, number, tick - 1, stick, u64::from(step % 40_000_000).min(bench.next));
        }
        _ => {}
    }
}

fn hashes(seed: u64, steps: &[u32]) -> Vec<Told> {
    // One more than play at once: a seat that was left is free only after the next tick.
    let mut bench = Bench::new(seed, 9);
    let mut seats = vec![bench.join(0, "a")];
    for &step in steps {
        play(&mut bench, &mut seats, step);
        if step % 3 == 0 {
            bench.tick();
        }
    }
    bench.tick();
    bench.told()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_replay_of_what_was_recorded_gives_the_same_hashes(
        seed: u64,
        steps in proptest::collection::vec(any::<u32>(), 1..60),
    ) {
        let told = hashes(seed, &steps);
        prop_assert_eq!(&told, &hashes(seed, &steps), "two runs");
        let ticks = told.iter().map(|tick| &tick.resolved);
        let replayed = replay(Skirmish::default, told[0].seed, RATE_HZ, ticks).expect("a valid schema");
        prop_assert_eq!(replayed, told.iter().map(|tick| tick.hash).collect::<Vec<_>>());
    }
}

#[test]
fn another_seed_gives_another_room() {
    let steps: Vec<u32> = (0..30).collect();
    assert_ne!(hashes(1, &steps).last().map(|t| t.hash), hashes(2, &steps).last().map(|t| t.hash));
    let mut bench = Bench::new(1, 8);
    bench.join(0, "a");
    bench.join(0, "b");
    let seeds: Vec<u64> = bench.told().iter().map(|told| told.seed).collect();
    assert_ne!(seeds[0], seeds[2], "rooms of one server differ");
}

#[test]
fn rooms_that_come_and_go_write_few_lines_and_count_the_others() {
    let mut bench = Bench::keeping(Duration::from_secs(1));
    let rooms = 20;
    for room in 0..rooms {
        bench.ask_seat(0, room, 0, &format!("room-{room}"), "ann");
    }
    let got = bench.tick();
    let left_out = |bench: &Bench| bench.simulation.metrics.log_suppressed.value();
    assert_eq!(left_out(&bench), u64::from(rooms - LOG_BURST), "rooms made");
    for output in &got[0].outputs {
        bench.leave(0, SeatId { room: output.room, player: output.seated[0].player }, Leave::Left);
    }
    for _ in 0..=RATE_HZ + 1 {
        bench.tick();
    }
    assert_eq!(left_out(&bench), 2 * u64::from(rooms - LOG_BURST), "and ended");
}
