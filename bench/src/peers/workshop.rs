//! `Workshop`: where the contestants' programs are, and building them when they are asked for.
//!
//! Nothing of this is built by anything else: peers have lock files of their own, and what is built of them lies below
//! `peers` in cargo's target directory.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::contestant::{Contestant, Need};
use super::error::{NotBuilt, PeersError};
use crate::failure::Failure;

const EXAMPLES: [&str; 3] = ["ws_echo", "fanout", "swarm"];
const SCRIPTS: [&str; 6] =
    ["package.json", "package-lock.json", ".npmrc", "arguments.mjs", "ws.mjs", "colyseus.mjs"];

pub(super) struct Workshop {
    repository: PathBuf,
    /// Cargo's target directory.
    target: PathBuf,
    own_program: PathBuf,
    /// Of our own servers.
    profile: String,
}

impl Workshop {
    /// Of the checkout that this program was built from, unless `repository` is another.
    ///
    /// # Errors
    /// There is no such checkout.
    pub(super) fn new(repository: Option<&Path>, profile: &str) -> Result<Self, Failure> {
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let repository = repository.or(built_from).unwrap_or(Path::new(".")).to_owned();
        if !repository.join("bench/peers/rust/Cargo.toml").is_file() {
            return Err(PeersError::NoCheckout(repository).into());
        }
        let own_program = env::current_exe()?;
        // Cargo puts its programs below it and this file into it.
        let beside = own_program.ancestors().find(|path| path.join("CACHEDIR.TAG").is_file());
        let target = beside.map_or_else(|| repository.join("target"), Path::to_owned);
        Ok(Self { repository, target, own_program, profile: profile.to_owned() })
    }

    pub(super) fn own_program(&self) -> PathBuf {
        self.own_program.clone()
    }

    pub(super) fn example(&self, name: &str) -> PathBuf {
        // Cargo's own profiles share two directories.
        let directory = match self.profile.as_str() {
            "dev" | "test" => "debug",
            "bench" => "release",
            other => other,
        };
        self.target.join(directory).join("examples").join(name)
    }

    pub(super) fn rust_peers(&self) -> PathBuf {
        self.target.join("peers/rust/release/tickwire-peers")
    }

    pub(super) fn script(&self, name: &str) -> String {
        self.target.join("peers/node").join(name).to_string_lossy().into_owned()
    }

    /// A word of a command with the target directory written as `target`.
    pub(super) fn shown(&self, word: &str) -> String {
        let target = self.target.to_string_lossy();
        word.strip_prefix(target.as_ref()).map_or_else(|| word.to_owned(), |rest| format!("target{rest}"))
    }

    /// Names and versions of the libraries that contestants are made of, as their lock files have them.
    pub(super) fn versions(&self, contestants: &[Contestant]) -> Vec<String> {
        let read = |path: &str| fs::read_to_string(self.repository.join(path)).unwrap_or_default();
        let (cargo, npm) = (read("bench/peers/rust/Cargo.lock"), read("bench/peers/node/package.json"));
        let libraries: BTreeSet<&str> = contestants.iter().flat_map(|one| one.libraries()).copied().collect();
        let version = |library: &&str| version_in(&cargo, library).or_else(|| dependency_in(&npm, library));
        libraries.iter().filter_map(|library| Some(format!("{library} {}", version(library)?))).collect()
    }

    /// Builds or fetches what is needed, if it is not there yet.
    ///
    /// # Errors
    /// A tool or the network is missing, or a build fails: its own words are on stderr.
    pub(super) fn prepare(&self, need: Need) -> Result<(), Failure> {
        match need {
            Need::Nothing => Ok(()),
            Need::Engine => {
                let mut cargo = self.cargo();
                cargo.args(["build", "--profile", &self.profile, "--package", "tickwire"]);
                cargo.args(EXAMPLES.iter().flat_map(|example| ["--example", example]));
                cargo.arg("--target-dir").arg(&self.target);
                run(&mut cargo, "building the examples", "cargo")
            }
            Need::Rust => {
                let mut cargo = self.cargo();
                cargo.args([
                    "build",
                    "--release",
                    "--locked",
                    "--manifest-path",
                    "bench/peers/rust/Cargo.toml",
                ]);
                cargo.arg("--target-dir").arg(self.target.join("peers/rust"));
                run(&mut cargo, "building bench/peers/rust (--contestants leaves it out)", "cargo")
            }
            Need::Node => self.install(),
        }
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.repository);
        cargo
    }

    /// Copies the scripts and fetches their packages, unless those are there already.
    fn install(&self) -> Result<(), Failure> {
        let (from, to) = (self.repository.join("bench/peers/node"), self.target.join("peers/node"));
        let lock = "package-lock.json";
        let is_installed = to.join("node_modules").is_dir() && same(&from.join(lock), &to.join(lock));
        fs::create_dir_all(&to)?;
        for name in SCRIPTS {
            fs::copy(from.join(name), to.join(name))?;
        }
        run(Command::new("node").arg("--version"), "looking for node (--contestants leaves it out)", "node")?;
        if is_installed {
            return Ok(());
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-progress", "--ignore-scripts", "--loglevel=error"]).current_dir(&to);
        run(&mut npm, "fetching bench/peers/node (--contestants leaves it out)", "npm").inspect_err(|_| {
            // Half a directory is not taken for a whole one the next time.
            let _ = fs::remove_dir_all(to.join("node_modules"));
        })
    }
}

/// Of a crate in a `Cargo.lock`.
fn version_in(lock: &str, name: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// Of a package in a `package.json` that pins what it depends on.
fn dependency_in(package: &str, name: &str) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(package).ok()?;
    Some(package["dependencies"][name].as_str()?.to_owned())
}

fn same(one: &Path, other: &Path) -> bool {
    fs::read(one).ok().zip(fs::read(other).ok()).is_some_and(|(one, other)| one == other)
}

/// Runs it to its end, with its words on our stderr: our stdout is the report's.
fn run(command: &mut Command, what: &'static str, program: &'static str) -> Result<(), Failure> {
    let why = match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => return Ok(()),
        Ok(_) => NotBuilt::Unsuccessful(program),
        Err(error) if error.kind() == io::ErrorKind::NotFound => NotBuilt::NotInstalled(program),
        Err(error) => NotBuilt::Io(error),
    };
    Err(PeersError::NotBuilt { what, why }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_lock_files() {
        let lock = "[[package]]\nname = \"mio\"\nversion = \"1.2.5\"\nsource = \"x\"\n";
        assert_eq!(version_in(lock, "mio").as_deref(), Some("1.2.5"));
        assert_eq!(version_in(lock, "io"), None);
        let package = r#"{"dependencies":{"ws":"8.23.0"}}"#;
        assert_eq!(dependency_in(package, "ws").as_deref(), Some("8.23.0"));
        assert_eq!(dependency_in(package, "w"), None);
    }

    #[test]
    fn what_is_missing_is_told_in_one_line() {
        let missing = run(&mut Command::new("no-such-program"), "doing it", "npm");
        assert_eq!(
            missing.map_err(|failure| failure.to_string()),
            Err("doing it failed: npm is not installed, or not in PATH".to_owned())
        );
        let failing = run(&mut Command::new("false"), "doing it", "cargo").expect_err("it fails");
        assert!(failing.to_string().starts_with("doing it failed: see what cargo says above"), "{failing}");
        let nowhere = Workshop::new(Some(Path::new("/nonexistent")), "dist").err().expect("no checkout");
        assert!(nowhere.to_string().contains("--repository"), "{nowhere}");
    }
}
