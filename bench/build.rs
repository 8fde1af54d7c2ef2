//! The git revision that the program is built from, so that each report says which code measured.

use std::path::Path;
use std::process::Command;

/// Sources whose change makes a clean checkout a changed one.
const SOURCES: [&str; 6] =
    ["src", "Cargo.toml", "../Cargo.lock", "../engine/src", "../netcode/src", "../clients/rust/src"];

fn main() {
    // The log of HEAD grows with each commit and each checkout; a linked worktree has its own. A file that is not there
    // would have this crate built again by every command.
    let paths = ["HEAD", "logs/HEAD"].into_iter().filter_map(|name| git(&["rev-parse", "--git-path", name]));
    for path in paths.filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    for path in SOURCES {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-env=TICKWIRE_REVISION={}", revision());
}

fn revision() -> String {
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if !changes.is_empty() => commit + "+changes",
        _ => commit,
    }
}

/// What git prints; `None` without git, outside a checkout, or when it fails.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
