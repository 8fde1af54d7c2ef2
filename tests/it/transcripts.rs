//! Random sessions, with room transfers, through the TypeScript client: the same bytes lead to the same world.

#[path = "../../netcode/tests/deltas/house.rs"]
mod house;
#[path = "../../netcode/tests/deltas/model.rs"]
mod model;
#[path = "../../netcode/tests/deltas/player.rs"]
mod player;
#[path = "../../netcode/tests/deltas/room.rs"]
mod room;
#[path = "../../netcode/tests/deltas/transcript.rs"]
mod transcript;

use std::process::Command;
use std::time::Duration;

use house::{Counts, House};
use tickwire_tests::process::run;
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};

#[test]
fn the_typescript_session_holds_what_the_rust_session_holds() {
    let Some([node]) = ready("transcripts in node", [Tool::Node]) else { return };
    let (mut counts, mut lines) = (Counts::default(), String::new());
    for seed in 0..40 {
        let house = House::lived(seed);
        counts.add(house.counts);
        lines.extend(house.transcripts());
    }
    assert!(counts.is_rich(), "the rooms do not exercise everything: {counts:?}");
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts.jsonl");
    std::fs::write(&file, lines).expect("the target directory can be written");
    let script = repository::path("tests/browser/transcripts.mjs");
    let out = run(Command::new(node).arg(script).arg(file), Duration::from_secs(120));
    assert!(out.status.success(), "{:?}\n{}\n{}", out.status, out.stdout, out.stderr);
    assert!(out.stdout.contains("agree"), "{}", out.stdout);
}
