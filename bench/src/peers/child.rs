//! `Child`: a contestant as a process, from its first line to its end. Nobody else's process is touched.

use std::io::{self, ErrorKind, Read as _};
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tickwire_client::{Clock, Target};
use tickwire_netcode::time::Time;

use super::contestant::Start;
use super::error::PeersError;
use crate::failure::Failure;
use crate::limits::FIRST_LINE_BYTES_MAX;
use crate::machine::affinity;

/// From its start to its first line: node with a cold cache takes two seconds.
const START_LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Child {
    process: Process,
    /// Where it listens.
    pub(super) url: Target,
}

/// Ends with its value.
struct Process(process::Child);

impl Child {
    /// Starts it on a core and waits until it says where it listens. The calling thread ends up on core `load`.
    pub(super) fn start(
        name: &str,
        start: &Start,
        server_core: usize,
        load_core: usize,
    ) -> Result<Self, Failure> {
        let pin = |core| affinity::pin(core).map_err(|error| Failure::Pin { core, error });
        let mut command = Command::new(&start.program);
        command.args(&start.args).stdin(Stdio::null()).stdout(Stdio::piped());
        // What a thread starts begins on its cores, every thread of it.
        pin(server_core)?;
        let spawned = command.spawn();
        pin(load_core)?;
        let failed = |why| PeersError::NotStarted { name: name.to_owned(), why };
        // Where it lies is this machine's business: what is wrong with a contestant is published.
        let program = || start.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let spawned = spawned.map_err(|error| failed(NoStart::NotSpawned { program: program(), error }))?;
        let mut process = Process(spawned);
        let line = process.first_line().map_err(|why| failed(NoStart::NoLine(why)))?;
        let url = listening_on(&line).ok_or_else(|| failed(NoStart::NoAddress(line)))?;
        process.drain();
        Ok(Self { process, url })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

/// Why a contestant does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoStart {
    #[error("{program}: {error}")]
    NotSpawned { program: String, error: io::Error },
    #[error(transparent)]
    NoLine(NoLine),
    #[error("it says {0:?} first")]
    NoAddress(String),
}

/// Why a process did not say where it listens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLine {
    #[error("it has no output")]
    NoOutput,
    #[error("it says nothing for {} s", START_LIMIT.as_secs())]
    Silent,
    #[error("it ends at once")]
    Ended,
    #[error("its first line does not end")]
    Endless,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Process {
    fn first_line(&mut self) -> Result<String, NoLine> {
        let out = self.0.stdout.as_mut().ok_or(NoLine::NoOutput)?;
        let clock = Clock::new();
        let until = Time::default() + START_LIMIT;
        let mut line = Vec::new();
        loop {
            let left = until.since(clock.now());
            let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
            match poll(&mut [PollFd::new(out, PollFlags::IN)], Some(&timeout)) {
                Ok(0) => return Err(NoLine::Silent),
                // A read would wait as long as it likes.
                Err(Errno::INTR) => continue,
                Err(error) => return Err(io::Error::from(error).into()),
                Ok(_) => {}
            }
            let mut byte = [0];
            match out.read(&mut byte) {
                Ok(0) => return Err(NoLine::Ended),
                Ok(_) if byte[0] == b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                Ok(_) if line.len() < FIRST_LINE_BYTES_MAX => line.push(byte[0]),
                Ok(_) => return Err(NoLine::Endless),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads what else it says until it ends: one that fills its pipe would stop in the middle of a measurement.
    #[expect(
        clippy::disallowed_methods,
        reason = "the output of a process, which no server of ours is here to serve"
    )]
    fn drain(&mut self) {
        if let Some(mut out) = self.0.stdout.take() {
            // It ends with the pipe, and costs nothing while nothing is said.
            let reader = thread::Builder::new().name("drain".to_owned());
            // Without it the child runs as well, as long as it says little.
            let _ = reader.spawn(move || io::copy(&mut out, &mut io::sink()));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address in `listening on http://HOST:PORT`.
fn listening_on(line: &str) -> Option<Target> {
    let address: std::net::SocketAddr = line.strip_prefix("listening on http://")?.trim_end().parse().ok()?;
    format!("ws://{address}/ws").parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_first_line_names_the_address() {
        let authority = |line| listening_on(line).map(|target| target.authority());
        assert_eq!(authority("listening on http://127.0.0.1:7777").as_deref(), Some("127.0.0.1:7777"));
        assert_eq!(authority("listening on http://[::1]:80\r").as_deref(), Some("[::1]:80"));
        assert_eq!(authority("listening on port 80"), None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a wait with a limit")]
    fn one_that_says_more_than_a_pipe_holds_goes_on() {
        let script = "echo listening on http://127.0.0.1:1; head -c 1000000 /dev/zero; exit 7";
        let start = Start { program: "sh".into(), args: vec!["-c".to_owned(), script.to_owned()] };
        let mut child = Child::start("it", &start, 0, 0).expect("it says where it listens");
        let (ended, end) = mpsc::channel();
        let waiting = move || ended.send(child.process.0.wait().ok().and_then(|status| status.code()));
        thread::Builder::new().spawn(waiting).expect("a thread");
        assert_eq!(end.recv_timeout(START_LIMIT), Ok(Some(7)));
    }

    #[test]
    fn a_program_that_is_not_there_or_says_something_else_is_told_in_one_line() {
        let start = |program: &str, args: &[&str]| {
            let start =
                Start { program: program.into(), args: args.iter().map(|&arg| arg.to_owned()).collect() };
            let failure = Child::start("it", &start, 0, 0).err().expect("no server");
            failure.to_string()
        };
        assert!(start("no-such-program", &[]).starts_with("it does not start: no-such-program: "));
        assert_eq!(start("echo", &["hello"]), "it does not start: it says \"hello\" first");
        assert_eq!(start("true", &[]), "it does not start: it ends at once");
    }
}
