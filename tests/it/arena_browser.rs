//! The arena as people meet it: `cargo arena`, two pages in a browser, bots.

use std::process::Command;
use std::time::Duration;

use tickwire_tests::process::{Program, run};
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};

const LIMIT: Duration = Duration::from_secs(300);
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
fn the_alias_of_the_readme_starts_what_is_tested_here() {
    let config = std::fs::read_to_string(repository::path(".cargo/config.toml")).expect("aliases");
    assert!(config.contains("arena = \"run --release -p game-demo\""), "{config}");
    assert!(config.contains("netbench = \"run --release -p tickwire-bench\""), "{config}");
}
