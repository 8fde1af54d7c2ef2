//! Fifty bots in a room for twenty seconds of its time; then the room again, headless.

use std::time::Duration;

use tickwire::sim::replay;
use tickwire_tests::bots::{Bot, Crowd};
use tickwire_tests::meadow::{self, KIND, Meadow, Stick, Wish};
use tickwire_tests::recording::{Recording, Room};

const BOTS: usize = 50;
const TICK_RATE_HZ: u32 = 60;
/// Twenty seconds.
const TICKS: usize = 20 * TICK_RATE_HZ as usize;
/// Chosen: three times what the run takes when no tick is dropped.
const LIMIT: Duration = Duration::from_secs(90);

/// Turns, fires and talks by its number and the count of its inputs, so that no two bots do the same.
fn play(bot: &mut Bot, now: tickwire_client::netcode::time::Time) {
    let phase = bot.inputs / 20 + bot.number as u32;
    let stick = Stick {
        x: (phase % 3) as i8 - 1,
        y: (phase / 3 % 3) as i8 - 1,
        fire: (bot.inputs + bot.number as u32).is_multiple_of(25),
    };
    bot.client.input(&stick, now).expect("an input was due");
    if bot.inputs % 200 == 100 {
        let words = format!("bot {} here", bot.number);
        let wish = if bot.number.is_multiple_of(2) { Wish::Say { words } } else { Wish::Dance };
        bot.client.command(&wish).expect("it has joined");
    }
    bot.inputs += 1;
}

#[track_caller]
fn saw_what_the_server_had(bot: &Bot, room: &Room) {
    let (number, stats) = (bot.number, bot.stats());
    assert_eq!(
        stats.updates_failed, 0,
        "bot {number}: an update did not decode or had another hash: {stats:?}"
    );
    assert_eq!(stats.updates_discarded, 0, "bot {number}: {stats:?}");
    assert_eq!(stats.resyncs, 0, "bot {number}: {stats:?}");
    // Enough to mean something; how many come is a matter of the machine.
    assert!(bot.states.len() > TICKS / 10, "bot {number} saw only {} states", bot.states.len());
    for &(tick, hash) in &bot.states {
        assert_eq!(Some(hash), room.hash_at(tick.0), "bot {number}, tick {}", tick.0);
    }
}

#[test]
fn every_bot_sees_every_state_as_the_server_had_it_and_the_room_replays() {
    let recording = Recording::default();
    let server = meadow::server().tick_rate(TICK_RATE_HZ).record(recording.sink());
    let running = meadow::run(server);
    let mut crowd = Crowd::join(running.addr(), KIND, BOTS, LIMIT);
    crowd.play_until("twenty seconds of room time", LIMIT, play, |_| recording.ticks() >= TICKS);

    let rooms = recording.rooms();
    assert_eq!(rooms.len(), 1, "all bots are in one room");
    let room = &rooms[0];
    for bot in crowd.bots() {
        saw_what_the_server_had(bot, room);
        assert!(!bot.events.is_empty(), "bot {} was told nothing", bot.number);
    }
    crowd.leave(LIMIT);
    drop(running);

    // The whole recording, with the leaving of all.
    let room = &recording.rooms()[0];
    let again = replay(Meadow::default, room.seed, TICK_RATE_HZ, &room.ticks).expect("a schema");
    assert_eq!(first_difference(&again, &room.hashes), None);
    assert!(room.hashes.windows(2).filter(|pair| pair[0] != pair[1]).count() > TICKS / 2, "nothing happened");

    // And it is the inputs that made it: without those of one tick another room comes out.
    let mut other = room.ticks.clone();
    let middle = TICKS / 2;
    assert_eq!(other[middle].inputs.len(), BOTS, "all bots had sent inputs by then");
    other[middle].inputs.clear();
    let another = replay(Meadow::default, room.seed, TICK_RATE_HZ, &other).expect("a schema");
    assert_eq!(first_difference(&another, &room.hashes), Some(middle));
}

/// The first tick at which two rooms differ; a missing end is a difference.
fn first_difference(left: &[u32], right: &[u32]) -> Option<usize> {
    let shorter = left.len().min(right.len());
    let differs = (0..shorter).find(|&tick| left[tick] != right[tick]);
    differs.or((left.len() != right.len()).then_some(shorter))
}
