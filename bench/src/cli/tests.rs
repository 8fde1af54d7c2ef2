//! What the command line takes, refuses, and says of itself.

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
    for text in ["", "10", "s", "0s", "-1s", "1h", "1.5s", "99999999999999999999s", "18446744073709551615m"] {
        assert!(duration(text).is_err(), "{text}");
    }
}

#[test]
fn a_wrong_value_is_told_with_a_right_one() {
    for (line, words) in [
        ("echo --duration -5s", "'-5s' for '--duration <TIME>': write a time above zero, such as 500ms, 10s"),
        ("churn --stay -1s", "'-1s' for '--stay <TIME>': write a time above zero"),
        ("arena --pin x", "'x' for '--pin <CORE,...>': write numbers of cores from 0 on"),
        ("arena --pin 0,-1 --threads 2", "'-1' for '--pin <CORE,...>': write numbers of cores from 0 on"),
        (
            "floor echo --listen 127.0.0.1:99999",
            "'127.0.0.1:99999' for '--listen <HOST:PORT>': write HOST:PORT",
        ),
        ("floor fanout --listen 9002", "'9002' for '--listen <HOST:PORT>': write HOST:PORT"),
        ("floor echo --listen :9001", "':9001' for '--listen <HOST:PORT>': write HOST:PORT"),
    ] {
        let words = format!("error: invalid value {words}");
        let args = ["tickwire-bench"].into_iter().chain(line.split_whitespace());
        let error = Args::try_parse_from(args).expect_err(line).to_string();
        assert!(error.starts_with(&words), "{line}: {error}");
    }
}

#[test]
fn a_scenario_looks_for_the_server_that_its_examples_start() {
    for (words, url) in [
        ("arena", "ws://127.0.0.1:7777/ws"),
        ("echo", "ws://127.0.0.1:9001/"),
        ("fanout", "ws://127.0.0.1:9002/"),
        ("search arena", "ws://127.0.0.1:7777/ws"),
        ("search echo", "ws://127.0.0.1:9001/"),
        ("search fanout", "ws://127.0.0.1:9002/"),
        ("slow arena", "ws://127.0.0.1:7777/ws"),
        ("slow fanout", "ws://127.0.0.1:9002/"),
    ] {
        let help = help(words, "-h");
        assert!(help.contains(&format!("Where the server is [default: {url}]\n")), "{words}: {help}");
    }
    for (words, address) in [("floor echo", "127.0.0.1:9001"), ("floor fanout", "127.0.0.1:9002")] {
        assert!(help(words, "-h").contains(&format!("[default: {address}]")), "{words}");
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
