//! The command line: flags, and what of a value alone can be told wrong.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, Parser, Subcommand};
use tickwire_client::Target;

use crate::failure::Failure;
use crate::load::stages::{CONNECTIONS_MAX, Stages};
use crate::machine::affinity;
use crate::report::Outputs;
use crate::report::compare::Compare;
use crate::report::gallery::Gallery;
use crate::watch::Watch;
use crate::wire::route::{self, Route};
use crate::{arena, churn, echo, fanout, idle, search, slow, slow_heads, starve};

const THREADS_MAX: i64 = 64;
const CONNECTIONS_DEFAULT: u32 = 100;

const EXAMPLES: &str = "\
Examples:
  cargo arena --listen 127.0.0.1:7777 &
  cargo netbench arena --players 50 --duration 10s --server-pid \"$(pgrep -n game-demo)\" --json arena.json
  cargo netbench search arena --objective 'p99<50ms' --connections 50 --server-pid \"$(pgrep -n game-demo)\"
  cargo netbench html arena.json -o arena.html

Each command has examples of its own: cargo netbench echo --help. How to measure, and what the tables mean: docs/MEASURING.md.";

/// Load generator and latency reports for Tickwire.
#[derive(Parser, Debug)]
#[command(version, about, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Messages to any WebSocket echo server, and how soon they are back.
    Echo(echo::Args),
    /// Frames of any server that broadcasts: how many, how even, how soon on each connection.
    Fanout(fanout::Args),
    /// Players in a room, each giving one input per tick.
    Arena(arena::Args),
    /// Visitors that come, stay and go: how soon are they let in, and does the server forget them?
    Churn(churn::Args),
    /// Connections that say nothing: what does each cost in memory?
    Idle(idle::Args),
    /// Connections that read too slowly, beside others: how old is what they see, and do the others notice?
    Slow(slow::Args),
    /// The highest load that still holds an objective.
    Search(search::Args),
    /// More connections than the server has descriptors: does it spin, does it go deaf?
    Starve(starve::Args),
    /// Connections that send their request head too slowly, beside players.
    SlowHeads(slow_heads::Args),
    /// A bare echo or fan-out server: the least that this kernel takes for the work.
    #[cfg(target_os = "linux")]
    Floor(crate::floor::Floor),
    /// Other servers beside ours and the floor, in turn, and the ratios.
    #[cfg(target_os = "linux")]
    Peers(crate::peers::Args),
    /// Reports laid over each other on one page with pictures.
    Html(Gallery),
    /// What changed between reports; exit code 1 if it is too much.
    Compare(Compare),
}

/// Where the server is, and what of it and of this machine is watched.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Server {
    /// Where the server is.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7777/ws", help_heading = "Server", value_parser = route::parse)]
    pub(crate) url: Target,

    /// Pid of the server, on this machine: its processor time and memory are reported too.
    #[arg(long, value_name = "PID", help_heading = "Server")]
    pub(crate) server_pid: Option<u32>,

    /// Path of the server's metrics [default: /metrics, if the server answers there].
    #[arg(long, value_name = "PATH", value_parser = path, help_heading = "Server")]
    pub(crate) metrics: Option<String>,

    /// Cores to pin the generator's threads to, the first thread to the first one, and so on round.
    #[arg(long, value_name = "CORE,...", value_delimiter = ',', allow_hyphen_values = true, help_heading = "Machine", value_parser = core)]
    pub(crate) pin: Vec<usize>,
}

/// What every load has.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) server: Server,

    /// How many connections there are [default: 100].
    #[arg(long, visible_alias = "players", value_name = "N", allow_negative_numbers = true, help_heading = "Load", value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub(crate) connections: Option<u32>,

    /// Connections that begin in each second.
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true, help_heading = "Load", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connect_rate: u32,

    /// How long is measured: 500ms, 10s, 2m.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "10s", help_heading = "Load", value_parser = duration)]
    pub(crate) duration: Duration,

    /// Time between the last connection and the measurement.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2s", help_heading = "Load", value_parser = duration)]
    pub(crate) warmup: Duration,

    /// Load in steps, DURATION:CONNECTIONS,... or DURATION:RATE/s,... of each connection: 30s:100,60s:1000 or
    /// 30s:10/s,60s:60/s. All of it is measured, and each step told apart.
    #[arg(long, value_name = "LIST", help_heading = "Load", conflicts_with = "duration")]
    pub(crate) stages: Option<Stages>,

    /// Threads that drive the connections, each with its own share and poll.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, help_heading = "Load", value_parser = clap::value_parser!(u32).range(1..=THREADS_MAX))]
    pub(crate) threads: u32,

    /// Decides where in its period each connection sends.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Load")]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

impl Server {
    /// Refuses cores that none of so many threads would run on.
    ///
    /// # Errors
    /// There are more of them than threads.
    pub(crate) fn refuse_idle_cores(&self, threads: u32) -> Result<(), Failure> {
        let cores = self.pin.len();
        if cores <= threads as usize {
            return Ok(());
        }
        let threads = if threads == 1 { "one thread".to_owned() } else { format!("{threads} threads") };
        Err(Failure::Usage(format!("--pin names {cores} cores for {threads}: leave the others out")))
    }

    /// Finds the server and what of it can be watched, for a scenario that drives all on this thread, which is pinned.
    ///
    /// # Errors
    /// There is no such core, no such server, or not what was to be watched of it.
    pub(crate) fn find(&self) -> Result<(Route, Watch), Failure> {
        if let Some(&core) = self.pin.first() {
            affinity::pin(core).map_err(|error| Failure::Pin { core, error })?;
        }
        let route = Route::wait_for(&self.url)?;
        let watch = self.watch(&route)?;
        Ok((route, watch))
    }

    /// What can be watched of a server that was found.
    ///
    /// # Errors
    /// A process or metrics that were asked for by name are not there.
    pub(crate) fn watch(&self, route: &Route) -> Result<Watch, Failure> {
        Watch::new(route, self.server_pid, self.metrics.as_deref())
    }
}

impl Common {
    pub(crate) fn connections(&self) -> u32 {
        self.connections.unwrap_or(CONNECTIONS_DEFAULT)
    }

    /// Refuses what stages or a lack of threads would make of no effect, without a word.
    ///
    /// # Errors
    /// There is such a flag; it is named.
    pub(crate) fn refuse_ignored(&self) -> Result<(), Failure> {
        self.server.refuse_idle_cores(self.threads)?;
        match self.stages.as_ref().and_then(Stages::connections) {
            Some(_) if self.connections.is_some() => Err(Failure::Usage(
                "--stages sets how many connections there are: leave --connections out".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a rate beside stages that set one, in the same way.
    ///
    /// # Errors
    /// Both are given.
    pub(crate) fn refuse_two_rates(&self, flag: &str, rate: Option<f64>) -> Result<(), Failure> {
        match self.stages.as_ref().and_then(Stages::rates) {
            Some(_) if rate.is_some() => {
                Err(Failure::Usage(format!("--stages sets the rate of each connection: leave {flag} out")))
            }
            _ => Ok(()),
        }
    }
}

/// Players beside what another scenario does, and how they come.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Players")]
pub(crate) struct Players {
    #[command(flatten)]
    pub(crate) room: arena::Room,

    /// Players that connect in each second.
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connect_rate: u32,

    /// Threads that drive them, each with its own share.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=THREADS_MAX))]
    pub(crate) threads: u32,

    /// Time between the last join and the measurement.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2s", value_parser = duration)]
    pub(crate) warmup: Duration,
}

/// The arguments without a `--` in front, which the cargo alias has put there already: `cargo netbench -- --help` works too.
pub(crate) fn without_separator(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut args = args.into_iter();
    let program = args.next();
    let mut args = args.peekable();
    args.next_if(|first| first == "--");
    program.into_iter().chain(args)
}

fn path(text: &str) -> Result<String, String> {
    let visible = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible { Ok(text.to_owned()) } else { Err("write a path on the server, such as /metrics".to_owned()) }
}

fn core(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write numbers of cores from 0 on, joined by commas, such as 0,1".to_owned())
}

/// For a flag of another scenario that is refused here: it is not offered, and still refused by its name.
pub(crate) fn hidden(arg: Arg) -> Arg {
    arg.hide(true)
}

/// A count and `ms`, `s` or `m`; above zero.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(unit_at);
    let millis: Option<u64> = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        _ => None,
    };
    let whole = count.parse::<u64>().ok().zip(millis).and_then(|(count, unit)| count.checked_mul(unit));
    match whole {
        Some(0) | None => Err("write a time above zero, such as 500ms, 10s or 2m".to_owned()),
        Some(millis) => Ok(Duration::from_millis(millis)),
    }
}

/// A time as it can be typed.
pub(crate) fn typed(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1000 == 0 => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests;
