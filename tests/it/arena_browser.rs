//! The arena as people meet it: `cargo arena`, two pages in a browser, bots.

use std::process::Command;
use std::time::Duration;

use tickwire_tests::process::{Program, run};
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};

/// For a run in a browser, or a release build by cargo on a machine that has none yet.
const LIMIT: Duration = Duration::from_secs(600);
const BOTS: &str = "20";

#[test]
fn two_pages_fly_and_shoot_among_bots_and_one_leaving_disappears() {
    let Some([node, chromium]) = ready("arena in a browser", [Tool::Node, Tool::Chromium]) else { return };
    let server = Program::Package("game-demo").start(&["--bots", BOTS]);
    let mut command = Command::new(node);
    command.arg(repository::path("tests/browser/arena.mjs")).arg(chromium);
    command.args([&server.http("/"), BOTS]).arg(repository::artifacts("arena"));
    let out = run(&mut command, LIMIT);
    assert!(out.status.success(), "{}\n{}\n{}", out.stdout, out.stderr, server.stderr());
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
}

#[test]
fn the_aliases_take_flags_with_and_without_a_separator() {
    let (plain, separated) = (&["--help"][..], &["--", "--help"][..]);
    for (alias, program, flags) in [
        ("arena", "game-demo", plain),
        ("arena", "game-demo", separated),
        ("netbench", "tickwire-bench", plain),
        ("netbench", "tickwire-bench", separated),
    ] {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(repository::root()).arg(alias).args(flags);
        let out = run(&mut command, LIMIT);
        assert!(out.status.success(), "cargo {alias} {flags:?}: {}", out.stderr);
        assert!(
            out.stdout.contains(&format!("Usage: {program}")),
            "not the program's own help: {}",
            out.stdout
        );
    }
}
