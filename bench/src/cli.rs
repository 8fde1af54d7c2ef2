//! The command line: flags, and what of a value alone can be told wrong.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tickwire_client::Target;

/// One thread drives all players: beyond this it measures itself. Chosen, not measured.
const PLAYERS_MAX: i64 = 5000;

/// Load generator and latency reports for Tickwire.
#[derive(Parser, Debug)]
#[command(version, about)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Players in a room of the arena, each giving one input per tick.
    Arena(Arena),
}

const EXAMPLES: &str = "\
Examples:
  cargo arena --listen 127.0.0.1:7777 &
  cargo netbench arena --players 50 --duration 10s
  cargo netbench arena --url ws://127.0.0.1:7777/ws --players 200 --duration 1m";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arena {
    /// Where the server is.
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7777/ws", value_parser = url)]
    pub(crate) url: String,

    /// How many players join.
    #[arg(long, value_name = "N", default_value_t = 10, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=PLAYERS_MAX))]
    pub(crate) players: u32,

    /// How long is measured, from the moment that all have joined: 500ms, 10s, 2m.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) duration: Duration,

    /// Id of the room; any room of the kind without it.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) room: String,
}

/// The arguments without a `--` in front, which the cargo alias has put there already: `cargo netbench -- --help` works too.
pub(crate) fn without_separator(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut args = args.into_iter();
    let program = args.next();
    let mut args = args.peekable();
    args.next_if(|first| first == "--");
    program.into_iter().chain(args)
}

fn url(text: &str) -> Result<String, String> {
    text.parse::<Target>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// A count and `ms`, `s` or `m`; above zero.
fn duration(text: &str) -> Result<Duration, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_count_and_a_unit() {
        let table = [("250ms", 250), ("10s", 10_000), ("2m", 120_000)];
        for (text, millis) in table {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["", "10", "s", "0s", "-1s", "1h", "1.5s", "99999999999999999999s", "18446744073709551615m"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_values_are_refused_before_anything_runs() {
        let refused =
            |args: &[&str]| Args::try_parse_from([&["tickwire-bench", "arena"], args].concat()).is_err();
        assert!(!refused(&[]));
        assert!(!refused(&["--url", "ws://[::1]:1/ws", "--players", "5000", "--duration", "1ms"]));
        assert!(refused(&["--players", "0"]));
        assert!(refused(&["--players", "-1"]));
        assert!(refused(&["--players", "5001"]));
        assert!(refused(&["--url", "http://127.0.0.1/"]));
        assert!(refused(&["--url", "wss://127.0.0.1/"]));
        assert!(refused(&["--duration", "0s"]));
    }
}
