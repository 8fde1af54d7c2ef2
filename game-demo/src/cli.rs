//! The command line: flags, their environment variables, and the words of the help text.
//!
//! Owns what a user can set. Invariant: whatever can be told wrong from the value alone is refused here, with exit code 2.

use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::ValueParser;

/// More bots than this only make a crowd: the arena has room for some two hundred ships.
const BOTS_MAX: i64 = 200;
/// Together with all bots, what the numbers of pilots on the wire can tell apart (1024).
const SEATS_MAX: i64 = 800;

const EXAMPLES: &str = "\
Examples:
  cargo arena                                  play at http://127.0.0.1:7777 against twelve bots
  cargo arena --listen 0.0.0.0:7777            let friends on the same network in; the address for them is printed
  cargo arena --bots 20 --listen 127.0.0.1:0   a crowd, on any free port
  cargo arena --bots 4 --bots-stay             the same four bots, however many people come
  cargo arena --web-root game-demo/web         edit the page and reload it
Outside of the repository the program is called game-demo.

Ctrl-C ends the server.";

/// The Tickwire arena: a top-down shooter in the browser.
#[derive(Parser, Clone, Debug, PartialEq)]
#[command(version, about, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one, 0.0.0.0 lets other machines in.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7777", env = "TICKWIRE_LISTEN", value_parser = ValueParser::new(address))]
    pub(crate) listen: String,

    /// Bots in each room while it is empty: one makes room for each player who joins, and comes back later.
    #[arg(long, value_name = "N", default_value_t = 12, env = "TICKWIRE_BOTS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=BOTS_MAX))]
    pub(crate) bots: u32,

    /// Bots stay however many players join.
    #[arg(long, env = "TICKWIRE_BOTS_STAY")]
    pub(crate) bots_stay: bool,

    /// Players that fit into one room; whoever comes next gets another.
    #[arg(long, value_name = "N", default_value_t = 64, env = "TICKWIRE_SEATS", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=SEATS_MAX))]
    pub(crate) seats: u16,

    /// Ticks per second.
    #[arg(long, value_name = "HZ", default_value_t = 60, env = "TICKWIRE_TICK_RATE", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(10..=240))]
    pub(crate) tick_rate: u32,

    /// Threads that serve connections; one is enough for thousands of players.
    #[arg(long, value_name = "N", default_value_t = 1, env = "TICKWIRE_IO_THREADS", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) io_threads: u16,

    /// Threads that simulate; each room lives on one of them.
    #[arg(long, value_name = "N", default_value_t = 1, env = "TICKWIRE_SIM_THREADS", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) sim_threads: u16,

    /// Wake for each player's input, instead of reading all of them once per tick when there are many: to measure the difference.
    #[arg(long, env = "TICKWIRE_WAKE_FOR_READS")]
    pub(crate) wake_for_reads: bool,

    /// Seconds that players may go on after SIGTERM, while nobody new is let in.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, env = "TICKWIRE_DRAIN", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) drain: u64,

    /// Serve the page from this directory instead of from the program, so that edits show on reload.
    #[arg(long, value_name = "DIR", env = "TICKWIRE_WEB_ROOT", value_parser = ValueParser::new(web_root))]
    pub(crate) web_root: Option<PathBuf>,

    /// Seed of the randomness, to see the same bots in the same arena again; each start has its own otherwise.
    #[arg(long, value_name = "NUMBER", env = "TICKWIRE_SEED", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,

    /// What is logged to stderr: error, warn, info, debug, trace, or directives such as "warn,tickwire=debug".
    #[arg(long, value_name = "LEVEL", default_value = "info", env = "TICKWIRE_LOG", value_parser = ValueParser::new(log))]
    pub(crate) log: String,

    /// How log lines are written: for people, or a JSON object each.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Human, env = "TICKWIRE_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogFormat {
    Human,
    Json,
}

/// The arguments without a `--` in front, which the cargo alias has put there already: `cargo arena -- --help` works too.
pub(crate) fn without_separator(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut args = args.into_iter();
    let program = args.next();
    let mut args = args.peekable();
    args.next_if(|first| first == "--");
    program.into_iter().chain(args)
}

fn address(text: &str) -> Result<String, String> {
    match text.to_socket_addrs().map(|mut found| found.next()) {
        Ok(Some(_)) => Ok(text.to_owned()),
        _ => Err("write an address and a port, such as 127.0.0.1:7777 or 0.0.0.0:7777".to_owned()),
    }
}

fn web_root(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.join("index.html").is_file() {
        Ok(path)
    } else {
        Err("give a directory that holds an index.html, such as game-demo/web".to_owned())
    }
}

fn log(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; write a level such as info, or target=level pairs")),
    }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;
    use clap::{CommandFactory, Parser};

    use super::Args;

    #[test]
    fn the_flags_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_flags_twelve_bots_play_on_port_7777_at_60_hz() {
        let args = Args::try_parse_from(["game-demo"]).expect("no flag is needed");
        assert_eq!((args.listen.as_str(), args.bots, args.tick_rate), ("127.0.0.1:7777", 12, 60));
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_refused_by_name() {
        let web = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let table = [
            (["--bots", "many"], "--bots"),
            (["--bots", "-1"], "--bots"),
            (["--bots", "100000"], "--bots"),
            (["--seats", "0"], "--seats"),
            (["--tick-rate", "0"], "--tick-rate"),
            (["--io-threads", "-1"], "--io-threads"),
            (["--listen", "nowhere"], "127.0.0.1:7777"),
            (["--listen", "127.0.0.1"], "127.0.0.1:7777"),
            (["--web-root", web], "index.html"),
            (["--seed", "lucky"], "--seed"),
            (["--log", "tickwire=loud"], "--log"),
            (["--log-format", "xml"], "--log-format"),
            (["--sim-threads", "0"], "--sim-threads"),
            (["--drain", "soon"], "--drain"),
        ];
        for (args, named) in table {
            let error = Args::try_parse_from(["game-demo"].into_iter().chain(args)).expect_err(args[1]);
            assert_eq!(error.exit_code(), 2, "{args:?}");
            assert!(error.to_string().contains(named), "{args:?}: {error}");
        }
    }

    #[test]
    fn the_help_shows_every_environment_variable_and_examples() {
        let error = Args::try_parse_from(["game-demo", "--help"]).expect_err("help is told as an error");
        assert_eq!(error.kind(), ErrorKind::DisplayHelp);
        let help = error.to_string();
        for word in [
            "LISTEN",
            "BOTS",
            "BOTS_STAY",
            "SEATS",
            "TICK_RATE",
            "IO_THREADS",
            "SIM_THREADS",
            "WAKE_FOR_READS",
            "DRAIN",
            "WEB_ROOT",
            "SEED",
            "LOG",
            "LOG_FORMAT",
        ] {
            assert!(help.contains(&format!("TICKWIRE_{word}")), "{word}");
        }
        assert!(help.contains("Examples:") && help.contains("--web-root game-demo/web"));
    }
}
