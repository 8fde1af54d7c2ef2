//! Where things are in the source tree, and the list of its files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the workspace")
}

/// A path below the root of the workspace.
#[must_use]
pub fn path(relative: &str) -> PathBuf {
    root().join(relative)
}

/// Where tests leave what a person may want to look at: screenshots, reports. Ignored by git.
///
/// # Panics
/// When the directory cannot be made.
#[must_use]
pub fn artifacts(name: &str) -> PathBuf {
    let directory = path("tests/artifacts").join(name);
    std::fs::create_dir_all(&directory).expect("tests/artifacts can be written");
    directory
}

/// The files that git knows or would add, relative to the root; `None` outside a git checkout (a source package).
#[must_use]
pub fn files() -> Option<Vec<String>> {
    let out = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()?;
    if !out.status.success() {
        return None;
    }
    let names = String::from_utf8(out.stdout).ok()?;
    Some(names.lines().filter(|name| root().join(name).is_file()).map(str::to_owned).collect())
}
