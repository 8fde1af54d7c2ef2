//! The committed build of the TypeScript client belongs to its sources.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use tickwire_tests::sdk::{Stale, check_dist};

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript")
}

/// A copy of what the check reads, which a test may spoil. Removed when dropped.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let copy = env::temp_dir().join(format!("tickwire-sdk-{name}-{}", process::id()));
        for directory in ["dist", "src"] {
            fs::create_dir_all(copy.join(directory)).expect("a directory");
            for entry in fs::read_dir(package().join(directory)).expect("the package") {
                let path = entry.expect("a file").path();
                fs::copy(&path, copy.join(directory).join(path.file_name().expect("a name")))
                    .expect("a copy");
            }
        }
        for file in ["package.json", "tsconfig.json"] {
            fs::copy(package().join(file), copy.join(file)).expect("a copy");
        }
        Self(copy)
    }

    fn append(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, old + text).expect("a write");
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Best effort: a directory that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_committed_dist_is_built_from_the_committed_sources() {
    if let Err(stale) = check_dist(&package()) {
        panic!("{stale}");
    }
}

#[test]
fn a_change_on_either_side_is_noticed() {
    for (name, path) in [
        ("source", "src/room.ts"),
        ("output", "dist/room.js"),
        ("new", "src/extra.ts"),
        ("settings", "tsconfig.json"),
    ] {
        let copy = Copy::new(name);
        copy.append(path, "\n");
        let Err(Stale::Files(paths)) = check_dist(&copy.0) else { panic!("{path} changed unnoticed") };
        assert_eq!(paths, [path]);
    }
}

#[test]
fn a_missing_output_and_another_compiler_are_noticed() {
    let copy = Copy::new("missing");
    fs::remove_file(copy.0.join("dist/index.js")).expect("a file to remove");
    assert!(matches!(check_dist(&copy.0), Err(Stale::Files(paths)) if paths == ["dist/index.js"]));

    let copy = Copy::new("compiler");
    let package = copy.0.join("package.json");
    let other = fs::read_to_string(&package)
        .expect("a manifest")
        .replace("\"typescript\": \"7", "\"typescript\": \"8");
    fs::write(&package, other).expect("a write");
    assert!(matches!(check_dist(&copy.0), Err(Stale::Compiler(_))));
}
