//! Server programs of this workspace as child processes: built once, started on port 0, ended by their own pid.
//!
//! Owns building, the first line of stdout, collected output, signals and the end of the process. Does not own what
//! is spoken with it. A dropped [`Server`] is dead: it is killed and waited for.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::repository;

/// How long a server may take from start to its first line. Chosen: a loaded two-core machine needs far less.
pub const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a server may take to end after a signal. The protocol allows closing sessions two seconds.
pub const END_LIMIT: Duration = Duration::from_secs(20);

/// The packages whose programs are tested.
const PACKAGES: [&str; 3] = ["tickwire", "game-demo", "tickwire-bench"];

/// Something that cargo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// A binary of the package of this name.
    Package(&'static str),
    /// An example of the crate `tickwire`.
    Example(&'static str),
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package(name) => write!(f, "{name}"),
            Self::Example(name) => write!(f, "example {name}"),
        }
    }
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Package(name) | Self::Example(name) => name,
        }
    }

    /// The executable, built in release the first time anybody asks for any of them.
    ///
    /// # Panics
    /// When the build fails; the compiler's words are in the message.
    #[must_use]
    pub fn build(self) -> PathBuf {
        static BUILT: OnceLock<HashMap<(String, bool), PathBuf>> = OnceLock::new();
        let is_example = matches!(self, Self::Example(_));
        let found = BUILT.get_or_init(build_all).get(&(self.name().to_owned(), is_example));
        found.unwrap_or_else(|| panic!("cargo built no {self}")).clone()
    }

    /// A command for it with `args`, not started yet.
    #[must_use]
    pub fn command(self, args: &[&str]) -> Command {
        let mut command = Command::new(self.build());
        command.args(args).stdin(Stdio::null());
        command
    }

    /// Starts it with `--listen 127.0.0.1:0` and `args`, and waits until it listens.
    ///
    /// # Panics
    /// When it does not print `listening on http://HOST:PORT` as its first line in time.
    #[must_use]
    pub fn start(self, args: &[&str]) -> Server {
        let mut command = self.command(&["--listen", "127.0.0.1:0"]);
        Server::start(command.args(args), self.name())
    }
}

/// Builds the servers and the load generator: executables by name, and whether they are examples.
///
/// In one call of cargo, because the features of what is built together are united: in calls of their own each would
/// compile the engine once more.
fn build_all() -> HashMap<(String, bool), PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--bins", "--examples", "--message-format=json-render-diagnostics"]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    let out = command.current_dir(repository::root()).stdin(Stdio::null()).output().expect("cargo runs");
    assert!(out.status.success(), "building {PACKAGES:?} failed:\n{}", String::from_utf8_lossy(&out.stderr));
    // One JSON value a line; those of programs carry a path.
    let lines = String::from_utf8_lossy(&out.stdout);
    let executable = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let path = value["executable"].as_str()?.into();
        let target = &value["target"];
        Some(((target["name"].as_str()?.to_owned(), target["kind"][0] == "example"), path))
    };
    lines.lines().filter_map(executable).collect()
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    name: String,
    child: Child,
    address: SocketAddr,
    first_line: String,
    stdout: Output,
    stderr: Output,
}

impl Server {
    /// Starts a command, called `name` in messages, and waits until it listens.
    ///
    /// # Panics
    /// When it does not print `listening on http://HOST:PORT` as its first line in time.
    #[must_use]
    pub fn start(command: &mut Command, name: &str) -> Self {
        let command = command.stdin(Stdio::null());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was just built");
        let (lines, first) = channel();
        let stdout = Output::collect(child.stdout.take().expect("piped"), Some(lines));
        let stderr = Output::collect(child.stderr.take().expect("piped"), None);
        let first_line = first.recv_timeout(START_LIMIT);
        let address = first_line.as_deref().ok().and_then(listening_on);
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{name} did not say where it listens but {first_line:?}; stderr:\n{}", stderr.text());
        };
        let first_line = first_line.expect("it was parsed");
        Self { name: name.to_owned(), child, address, first_line, stdout, stderr }
    }

    /// Its pid.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://HOST:PORT` and `path`.
    #[must_use]
    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `ws://HOST:PORT` and `path`.
    #[must_use]
    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// What it printed first.
    #[must_use]
    pub fn first_line(&self) -> &str {
        &self.first_line
    }

    /// What it has printed on stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends `signal` to its pid.
    ///
    /// # Panics
    /// When it has ended already.
    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let sent = rustix::process::kill_process(pid.expect("a child's pid"), signal);
        sent.unwrap_or_else(|error| panic!("{} cannot be signalled: {error}", self.name));
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When it has not within [`END_LIMIT`].
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        // A pipe closes when the process ends, so its end can be waited for with a limit.
        let deadline = Deadline::after(END_LIMIT);
        for output in [&self.stdout, &self.stderr] {
            let ended = output.wait_end(deadline.left());
            assert!(ended, "{} did not end within {END_LIMIT:?}; stderr:\n{}", self.name, self.stderr.text());
        }
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- stderr of {}\n{}", self.name, self.stderr.text());
        }
    }
}

/// The address in `listening on http://HOST:PORT`.
fn listening_on(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on http://")?.trim_end().parse().ok()
}

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Everything it printed on stdout.
    pub stdout: String,
    /// Everything it printed on stderr.
    pub stderr: String,
}

/// Runs a command to its end.
///
/// # Panics
/// When it cannot start, or has not ended within `limit`: it is killed then, and what it printed is in the message.
#[track_caller]
pub fn run(command: &mut Command, limit: Duration) -> Finished {
    let name = command.get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let stdout = Output::collect(child.stdout.take().expect("piped"), None);
    let stderr = Output::collect(child.stderr.take().expect("piped"), None);
    let deadline = Deadline::after(limit);
    if !(stdout.wait_end(deadline.left()) && stderr.wait_end(deadline.left())) {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{name} did not end within {limit:?}; it printed\n{}\n{}", stdout.text(), stderr.text());
    }
    let status = child.wait().expect("it is our child");
    Finished { status, stdout: stdout.text(), stderr: stderr.text() }
}

/// One pipe of a child, read by a thread until it closes.
#[derive(Debug)]
struct Output {
    text: Arc<Mutex<String>>,
    /// Disconnected when the pipe has closed. In a mutex only because a `Receiver` is not `Sync`.
    end: Mutex<Receiver<()>>,
}

impl Output {
    fn collect(pipe: impl Read + Send + 'static, mut first: Option<Sender<String>>) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let (alive, end) = channel();
        let sink = Arc::clone(&text);
        let read = move || {
            let _alive: Sender<()> = alive;
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                let decoded = String::from_utf8_lossy(&line).into_owned();
                sink.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_str(&decoded);
                if let Some(first) = first.take() {
                    let _ = first.send(decoded.trim_end().to_owned());
                }
                line.clear();
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a pipe that nobody reads stops the child")]
        std::thread::spawn(read);
        Self { text, end: Mutex::new(end) }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn wait_end(&self, limit: Duration) -> bool {
        let end = self.end.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        end.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_address() {
        assert_eq!(listening_on("listening on http://127.0.0.1:7777"), Some(([127, 0, 0, 1], 7777).into()));
        assert_eq!(listening_on("listening on http://[::1]:80\r"), "[::1]:80".parse().ok());
        assert_eq!(listening_on("listening on 127.0.0.1:7777"), None);
        assert_eq!(listening_on("hello"), None);
    }
}
