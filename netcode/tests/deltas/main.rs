//! Random rooms, from snapshots through both sessions to what a client holds: joins, leaves, skipped and refused sends,
//! damage with its Resync, a ring that overflows, players who go on in another room.
//!
//! The oracle is `model` and what `player` expects of each message: it holds states in full and shares no code with encoder or decoder.
//! `TICKWIRE_DELTA_SEEDS=100000 cargo test --release -p tickwire-netcode --test deltas` runs more seeds than the few
//! hundred of every day; `TICKWIRE_DELTA_FIRST` is the first of them. A failure prints its seed.
//! `TICKWIRE_DELTA_TRANSCRIPTS=FILE` writes what the clients read, which `node tests/browser/transcripts.mjs FILE` reads
//! with the TypeScript session.

mod house;
mod model;
mod player;
mod room;
mod transcript;

use std::io::Write as _;

use house::{Counts, House};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn a_client_holds_what_the_room_was_at_the_tick_of_its_update() {
    let first = setting("TICKWIRE_DELTA_FIRST").unwrap_or(0);
    let count = setting("TICKWIRE_DELTA_SEEDS").unwrap_or(300);
    let mut transcripts =
        std::env::var_os("TICKWIRE_DELTA_TRANSCRIPTS").map(|path| std::fs::File::create(path).unwrap());
    let mut counts = Counts::default();
    for seed in first..first + count {
        let run = std::panic::catch_unwind(|| House::lived(seed));
        match run {
            Ok(house) => {
                counts.add(house.counts);
                if let Some(file) = &mut transcripts {
                    house.transcripts().for_each(|lines| file.write_all(lines.as_bytes()).unwrap());
                }
            }
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
