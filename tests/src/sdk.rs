//! Whether the committed `dist/` of the TypeScript client is what its `src/` gives, told without node.
//!
//! Owns the check of `clients/typescript/dist/manifest.txt`: its first line is the exact compiler, each other line
//! `<sha1 in hex>  <path>` of a file. That a rebuild gives the same bytes is `npm run check:dist`.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

use sha1::{Digest, Sha1};

/// Why `dist/` cannot be trusted.
#[derive(Debug)]
pub enum Stale {
    /// A file could not be read.
    Unreadable(String, io::Error),
    /// The manifest's first line is not the compiler that `package.json` pins.
    Compiler(String),
    /// A line of the manifest is no hash and path.
    Line(String),
    /// A file is other than, missing from, or not in the manifest.
    Files(Vec<String>),
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "{path} cannot be read: {error}"),
            Self::Compiler(line) => {
                write!(f, "dist/ was built by '{line}', package.json pins another compiler")
            }
            Self::Line(line) => write!(f, "dist/manifest.txt has the line '{line}'"),
            Self::Files(paths) => write!(f, "these changed since dist/ was built: {}", paths.join(", ")),
        }?;
        write!(f, " (run `npm ci && npm run build` in clients/typescript and commit dist/)")
    }
}

/// Checks the package in `package` against the manifest in its `dist/`.
///
/// # Errors
/// [`Stale`] says what differs; the cure is in its text.
pub fn check_dist(package: &Path) -> Result<(), Stale> {
    let manifest = read(package, "dist/manifest.txt")?;
    let (compiler, lines) = manifest.split_once('\n').unwrap_or((&manifest, ""));
    let pinned = match compiler.split_once(' ') {
        Some((name, version)) => format!("\"{name}\": \"{version}\""),
        None => return Err(Stale::Compiler(compiler.into())),
    };
    if !read(package, "package.json")?.contains(&pinned) {
        return Err(Stale::Compiler(compiler.into()));
    }
    let want = parse(lines)?;
    let have = hashes(package)?;
    let mut paths: Vec<_> =
        want.keys().chain(have.keys()).filter(|path| want.get(*path) != have.get(*path)).collect();
    paths.sort();
    paths.dedup();
    if paths.is_empty() { Ok(()) } else { Err(Stale::Files(paths.into_iter().cloned().collect())) }
}

fn read(package: &Path, path: &str) -> Result<String, Stale> {
    fs::read_to_string(package.join(path)).map_err(|error| Stale::Unreadable(path.into(), error))
}

fn parse(lines: &str) -> Result<BTreeMap<String, String>, Stale> {
    let pair = |line: &str| line.split_once("  ").map(|(hash, path)| (path.to_owned(), hash.to_owned()));
    lines.lines().map(|line| pair(line).ok_or_else(|| Stale::Line(line.into()))).collect()
}

/// Hashes of what the manifest covers: `tsconfig.json`, all of `src/`, and all of `dist/` but itself.
fn hashes(package: &Path) -> Result<BTreeMap<String, String>, Stale> {
    let mut paths = vec!["tsconfig.json".to_owned()];
    for directory in ["dist", "src"] {
        let unreadable = |error| Stale::Unreadable(directory.into(), error);
        for entry in fs::read_dir(package.join(directory)).map_err(unreadable)? {
            paths.push(format!("{directory}/{}", entry.map_err(unreadable)?.file_name().to_string_lossy()));
        }
    }
    paths.retain(|path| path != "dist/manifest.txt");
    paths
        .into_iter()
        .map(|path| {
            let bytes =
                fs::read(package.join(&path)).map_err(|error| Stale::Unreadable(path.clone(), error))?;
            let hash = Sha1::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            Ok((path, hash))
        })
        .collect()
}
