//! The README's quick start, done as a new user would do it: a crate of one's own, a page, a browser.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tickwire_tests::guide::block;
use tickwire_tests::process::{Server, run};
use tickwire_tests::repository;
use tickwire_tests::tools::{Tool, ready};

const BUILD_LIMIT: Duration = Duration::from_secs(600);
const LIMIT: Duration = Duration::from_secs(120);

/// Writes the crate that the README describes. Two things differ: the path of the checkout, and the port.
fn write_crate() -> PathBuf {
    let readme = std::fs::read_to_string(repository::path("README.md")).expect("a README");
    let game = block(&readme, "rust", "`src/main.rs`").expect("the README shows src/main.rs");
    let page = block(&readme, "html", "`web/index.html`").expect("the README shows web/index.html");
    let fixed = "\"127.0.0.1:7777\"";
    assert!(game.contains(fixed), "the README's game listens somewhere else");
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("garden");
    for part in ["src", "web"] {
        std::fs::create_dir_all(directory.join(part)).expect("the target directory can be written");
    }
    let engine = repository::path("engine");
    let manifest = format!(
        "[package]\nname = \"garden\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ntickwire = {{ path = {engine:?} }}\n\n[workspace]\n"
    );
    let write =
        |name: &str, text: &str| std::fs::write(directory.join(name), text).expect("it can be written");
    write("Cargo.toml", &manifest);
    write("src/main.rs", &game.replace(fixed, "\"127.0.0.1:0\""));
    write("web/index.html", &page);
    // The versions that the workspace was tested with; cargo drops what this crate does not need.
    std::fs::copy(repository::path("Cargo.lock"), directory.join("Cargo.lock")).expect("a lock file");
    directory
}

#[test]
fn the_quick_start_gives_a_moving_thing_on_a_page() {
    let Some([node, chromium]) = ready("quick start", [Tool::Node, Tool::Chromium]) else { return };
    let directory = write_crate();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    let target = directory.join("target");
    build.arg("build").arg("--target-dir").arg(&target).current_dir(&directory);
    let out = run(&mut build, BUILD_LIMIT);
    assert!(out.status.success(), "the quick start does not build:\n{}", out.stderr);

    let mut command = Command::new(target.join("debug/garden"));
    let server = Server::start(command.current_dir(&directory), "garden");
    let script = repository::path("tests/browser/quick-start.mjs");
    let shots = repository::artifacts("quick-start");
    let out = run(Command::new(node).arg(script).arg(chromium).arg(server.http("/")).arg(shots), LIMIT);
    assert!(out.status.success(), "{}\n{}", out.stdout, out.stderr);
}
