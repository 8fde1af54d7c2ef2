//! Random rooms, from snapshots through both sessions to what a client holds: joins, leaves, skipped and refused sends,
//! damage with its Resync, a ring that overflows.
//!
//! The oracle is `model`: it keeps every state of the room and shares no code with encoder or decoder.
//! `TICKWIRE_DELTA_SEEDS=100000 cargo test --release -p tickwire-netcode --test deltas` runs more seeds than the few
//! hundred of every day; `TICKWIRE_DELTA_FIRST` is the first of them. A failure prints its seed.

mod model;
mod player;
mod room;

use room::{Counts, Room};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn a_client_holds_what_the_room_was_at_the_tick_of_its_update() {
    let first = setting("TICKWIRE_DELTA_FIRST").unwrap_or(0);
    let count = setting("TICKWIRE_DELTA_SEEDS").unwrap_or(300);
    let mut counts = Counts::default();
    for seed in first..first + count {
        let run = std::panic::catch_unwind(|| {
            let mut room = Room::new(seed);
            for _ in 0..60 {
                room.tick();
            }
            room.counts
        });
        match run {
            Ok(run) => counts.add(run),
            Err(failure) => {
                eprintln!("seed {seed} fails: TICKWIRE_DELTA_FIRST={seed} TICKWIRE_DELTA_SEEDS=1");
                std::panic::resume_unwind(failure);
            }
        }
    }
    eprintln!("seeds {first}..{}: {counts:?}", first + count);
    if count >= 300 {
        assert!(counts.is_rich(), "the rooms do not exercise everything: {counts:?}");
    }
}
