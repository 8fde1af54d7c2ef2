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
    #[arg(long, value_name = "CORE,...", value_delimiter = ',', help_heading = "Machine")]
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
    #[arg(long, value_name = "TIME", default_value = "10s", help_heading = "Load", value_parser = duration)]
    pub(crate) duration: Duration,

    /// Time between the last connection and the measurement.
    #[arg(long, value_name = "TIME", default_value = "2s", help_heading = "Load", value_parser = duration)]
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
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
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
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Args::command().debug_assert();
    }

    /// Each command and each command of a command.
    fn commands() -> Vec<String> {
        fn below(words: &str, command: &clap::Command, all: &mut Vec<String>) {
            for one in command.get_subcommands() {
                let words = format!("{words} {}", one.get_name()).trim().to_owned();
                below(&words, one, all);
                all.push(words);
            }
        }
        let mut all = Vec::new();
        below("", &Args::command(), &mut all);
        all
    }

    fn help(words: &str, flag: &str) -> String {
        let line = ["tickwire-bench"].into_iter().chain(words.split_whitespace()).chain([flag]);
        Args::try_parse_from(line).expect_err("it is help").to_string()
    }

    #[test]
    fn every_command_shows_examples_of_itself_only_and_in_one_form() {
        let commands = commands();
        assert!(commands.iter().any(|words| words == "search arena"), "{commands:?}");
        for words in commands {
            let (help, long) = (help(&words, "-h"), help(&words, "--help"));
            assert_eq!(help, long, "{words}");
            let examples = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{words}: {help}")).1;
            let examples = examples.split("\n\n").next().unwrap_or_default();
            let own = [format!("cargo netbench {words} "), format!("tickwire-bench {words} ")];
            assert!(own.iter().any(|own| examples.contains(own)), "{words}: {examples}");
            // A server to measure, or the scenario that measures one, may stand beside it.
            let is_over = ["search", "slow"].contains(&words.split(' ').next().unwrap_or_default());
            let others = examples.lines().filter(|line| !own.iter().any(|own| line.contains(own))).count();
            assert!(!is_over || others == 0, "{words}: {examples}");
        }
        assert!(help("", "-h").contains("\nExamples:\n  cargo "));
    }

    #[test]
    fn what_is_always_refused_is_not_offered() {
        for words in commands() {
            let help = help(&words, "-h");
            let is_staged = ["echo", "fanout", "arena"].contains(&words.as_str());
            assert_eq!(help.contains("--stages <LIST>"), is_staged, "{words}");
            let is_varied = ["search echo", "search fanout"].contains(&words.as_str());
            assert_eq!(help.contains("--vary <VARY>"), is_varied, "{words}");
        }
    }

    #[test]
    fn times_are_a_count_and_a_unit() {
        let table = [("250ms", 250), ("10s", 10_000), ("2m", 120_000)];
        for (text, millis) in table {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(duration(&typed(Duration::from_millis(millis))), duration(text));
        }
        assert_eq!(
            (typed(Duration::from_secs(90)), typed(Duration::from_millis(1500))),
            ("90s".into(), "1500ms".into())
        );
        for text in
            ["", "10", "s", "0s", "-1s", "1h", "1.5s", "99999999999999999999s", "18446744073709551615m"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    fn is_refused(args: &str) -> bool {
        Args::try_parse_from(["tickwire-bench"].into_iter().chain(args.split_whitespace())).is_err()
    }

    #[test]
    fn every_scenario_takes_its_flags() {
        for good in [
            "arena",
            "arena --url ws://[::1]:1/ws --players 5000 --duration 1ms --pin 0,1 --threads 2",
            "echo --rate 0.5 --bytes 0 --pipeline 1",
            "echo --pipeline 16 --connections 20 --stages 30s:100,60s:1000",
            "echo --stages 30s:10/s,1m:60/s",
            "fanout --stamp-offset 0 --input-bytes 24 --input-rate 60",
            "fanout --stages 1s:60/s",
            "starve --connections 1000 --server-pid 1",
            "search arena --objective p99<50ms --connections 50 --kind any",
            "search echo --objective p99<2ms --objective service.p99<1ms --vary rate --rate 100",
            "slow arena --share 0.2 --stalled --players 20",
            "slow fanout --stamp-offset 0 --read-bytes-per-s 5000",
            "churn --rate 500 --stay 200ms --abrupt 20 --settle 61s --json -",
            "idle --connections 10000 --join empty --ack-every 1s --json -",
            "slow-heads --rate 1 --deadline 5s --players 1",
            "floor echo --listen [::1]:0",
            "peers --cells room-300,echo-20x20 --contestants floor,ours --rounds 1",
            "floor fanout --hz 1000 --bytes 8 --inputs tick",
        ] {
            assert!(!is_refused(good), "{good}");
        }
    }

    #[test]
    fn wrong_values_are_refused_before_anything_runs() {
        for bad in [
            "",
            "fly",
            "arena --players 0",
            "arena --players -1",
            "arena --players 50001",
            "arena --stages 30s",
            "arena --stages 30s:5 --duration 30s",
            "echo --rate 0",
            "echo --rate -1",
            "echo --rate nan",
            "echo --pipeline 0",
            "echo --bytes 16777217",
            "echo --connections 0",
            "echo --url 127.0.0.1:9001",
            "fanout --input-rate 0",
            "fanout --stamp-offset -1",
            "arena --url http://127.0.0.1/",
            "arena --url wss://127.0.0.1/",
            "arena --duration 0s",
            "arena --warmup soon",
            "arena --threads 0",
            "arena --connect-rate 0",
            "arena --pin first",
            "arena --server-pid -1",
            "arena --metrics metrics",
            "starve --connections 0",
            "idle --connections 0",
            "idle --room one",
            "search",
            "search arena",
            "search arena --objective p99",
            "search arena --objective p99<+10%",
            "search echo --objective p99<2ms --vary luck",
            "search echo --objective p99<2ms --max 0",
            "slow",
            "slow arena --share 0",
            "slow arena --share 1",
            "slow arena --read-bytes-per-s 0",
            "slow arena --stalled --read-bytes-per-s 5",
            "churn --rate 0",
            "churn --abrupt 101",
            "churn --stay 0s",
            "slow-heads --rate 0",
            "slow-heads --deadline 0s",
            "floor",
            "floor fanout --hz 0",
            "floor fanout --bytes 7",
            "floor fanout --inputs never",
        ] {
            assert!(is_refused(bad), "{bad}");
        }
    }

    /// What a scenario says before it has connected. No connection leads to all machines, and nobody waits for one.
    fn refusal(line: &str) -> Option<String> {
        let url = ["--url", "ws://255.255.255.255:1/"];
        let words = ["tickwire-bench"].into_iter().chain(line.split_whitespace()).chain(url);
        let run = match Args::try_parse_from(words).expect(line).command {
            Command::Echo(args) => echo::run(&args),
            Command::Fanout(args) => fanout::run(&args),
            Command::Arena(args) => arena::run(&args),
            Command::Churn(args) => churn::run(&args),
            Command::Idle(args) => idle::run(&args),
            Command::Search(args) => search::run(&args),
            Command::Slow(args) => slow::run(&args),
            other => panic!("{other:?} has no report"),
        };
        match run {
            Err(Failure::Usage(why)) => Some(why),
            Err(Failure::Unreachable(_)) => None,
            Err(other) => panic!("{line}: {other}"),
            Ok(_) => panic!("{line}: somebody is there"),
        }
    }

    #[test]
    fn a_flag_that_would_be_ignored_is_refused_by_its_name() {
        for (line, want) in [
            ("echo --rate 5 --stages 1s:60/s", Some("--rate")),
            ("echo --stages 1s:60/s", None),
            ("echo --rate 5 --stages 1s:60", None),
            ("echo --connections 5 --stages 1s:60", Some("--connections")),
            ("echo --connections 5 --stages 1s:60/s", None),
            ("fanout --input-rate 5 --stages 1s:60/s", Some("--input-rate")),
            ("fanout --input-bytes 5", Some("--input-bytes")),
            ("fanout --input-bytes 5 --input-rate 5", None),
            ("fanout --input-bytes 5 --stages 1s:60/s", None),
            ("arena --players 5 --stages 1s:60", Some("--connections")),
            ("arena --stages 1s:60", None),
            ("arena --pin 0,1", Some("--pin")),
            ("arena --pin 0,1 --threads 2", None),
            ("arena --pin 0 --threads 2", None),
            ("churn --pin 0,1", Some("--pin")),
            ("idle --pin 0,1", Some("--pin")),
            ("search fanout --objective p99<1s --input-bytes 5", Some("--input-bytes")),
            ("search fanout --objective p99<1s --input-bytes 5 --vary rate", None),
            ("search echo --objective p99<1s --pin 0,1", Some("--pin")),
            ("slow fanout --stamp-offset 0 --input-bytes 5", Some("--input-bytes")),
            ("slow arena --pin 0,1,2 --threads 2", Some("--pin")),
        ] {
            let refusal = refusal(line);
            let is_named = |why: &String| want.is_some_and(|flag| why.contains(flag));
            assert_eq!(refusal.is_some(), want.is_some(), "{line}: {refusal:?}");
            assert!(refusal.as_ref().is_none_or(is_named), "{line}: {refusal:?}");
        }
    }
}
