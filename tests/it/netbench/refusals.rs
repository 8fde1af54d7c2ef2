//! What cannot be done is told in a clear line.

use std::net::TcpListener;
#[cfg(target_os = "linux")]
use std::process::Command;
use std::time::Duration;

use tickwire_client::Clock;
use tickwire_tests::process::Program;

use super::netbench;

#[test]
fn what_is_no_websocket_is_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    for (path, status) in [("/", "200"), ("/nowhere", "404")] {
        let why = format!("no WebSocket at this address: server answered with status {status}");
        let table: [&[&str]; 5] = [
            &["arena"],
            &["echo"],
            &["fanout"],
            &["slow", "arena", "--share", "0.5"],
            &["search", "arena", "--objective", "p50<1s"],
        ];
        for scenario in table {
            let short = ["--url", &server.ws(path), "--connections", "2", "--duration", "1s"];
            let out = netbench(&[scenario, &short[..]].concat());
            assert_eq!((out.status.code(), out.stdout.as_str()), (Some(1), ""), "{}", out.stderr);
            assert!(out.stderr.contains(&why), "{scenario:?} {path}: {}", out.stderr);
        }
        let out = netbench(&["starve", "--url", &server.ws(path), "--connections", "2"]);
        assert!(out.stderr.contains(&why), "{path}: {}", out.stderr);
    }
}

#[test]
fn what_was_asked_for_and_is_not_there_is_a_clear_error() {
    let server = Program::Package("game-demo").start(&["--bots", "0"]);
    let url = server.ws("/ws");
    let table = [
        (["--server-pid", "4294967295"], "--server-pid"),
        (["--metrics", "/nowhere"], "no metrics at /nowhere"),
        (["--pin", "1023"], "core 1023"),
    ];
    for (args, words) in table {
        let out = netbench(&[&["arena", "--url", &url, "--duration", "1s"], &args[..]].concat());
        assert_eq!(out.status.code(), Some(1), "{args:?}: {}", out.stderr);
        assert!(out.stderr.contains(words), "{args:?}: {}", out.stderr);
    }
}

#[test]
fn memory_of_a_server_that_nobody_named_is_not_waited_for() {
    let server = Program::Example("ws_echo").start(&[]);
    let out = netbench(&["idle", "--url", &server.ws("/"), "--connections", "1"]);
    assert_eq!((out.status.code(), out.stdout.as_str()), (Some(2), ""), "{}", out.stderr);
    assert!(out.stderr.contains("give --server-pid") && out.stderr.lines().count() == 1, "{}", out.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_descriptors_are_a_clear_error() {
    let server = Program::Example("ws_echo").start(&[]);
    for scenario in ["echo", "fanout", "arena"] {
        let args = [scenario, "--url", &server.ws("/"), "--connections", "100"];
        let bench = Program::Package("tickwire-bench").command(&args);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\""])
            .arg(bench.get_program())
            .args(bench.get_args());
        let out = tickwire_tests::process::run(&mut limited, super::LIMIT);
        assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
        let why =
            "this needs 132 file descriptors and the hard limit is 100: raise it (ulimit -Hn), or take fewer";
        assert!(out.stderr.contains(why) && out.stderr.lines().count() == 1, "{}", out.stderr);
    }
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    // Bound and closed again: nobody else is given this port soon.
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let url = format!("ws://{nobody}/ws");
    let table: [&[&str]; 5] =
        [&["arena"], &["idle"], &["churn"], &["slow", "arena"], &["search", "echo", "--objective", "p99<1s"]];
    // Each waits for a server that may be starting; together they wait as long as one.
    std::thread::scope(|scope| {
        for scenario in table {
            let (url, nobody) = (&url, nobody.to_string());
            scope.spawn(move || {
                let out = netbench(&[scenario, &["--url", url, "--duration", "1s"]].concat());
                let (status, lines) = (out.status.code(), out.stderr.lines().collect::<Vec<_>>());
                assert_eq!((status, out.stdout.as_str()), (Some(1), ""), "{scenario:?}: {}", out.stderr);
                let [waiting, error] = lines[..] else { panic!("{scenario:?}: {}", out.stderr) };
                assert_eq!(waiting, format!("waiting for {nobody} ..."), "{scenario:?}");
                assert!(error.contains(&nobody) && error.contains("is the server running?"), "{error}");
            });
        }
    });
}

#[test]
fn a_server_that_takes_connections_and_says_nothing_is_given_up() {
    // The kernel takes the connections, and nobody ever looks at them.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", silent.local_addr().expect("it is bound"));
    let pid = std::process::id().to_string();
    let table: [&[&str]; 6] = [
        &["echo", "--connections", "5"],
        &["slow", "arena", "--connections", "5", "--share", "0.5"],
        &["search", "echo", "--connections", "5", "--objective", "p99<1s"],
        &["idle", "--connections", "5", "--warmup", "1ms", "--server-pid", &pid],
        &["churn", "--rate", "1", "--warmup", "1s"],
        &["starve", "--connections", "5"],
    ];
    // Not in the time that is measured.
    let _built = Program::Package("tickwire-bench").build();
    // Each waits 2 s for metrics and 5 s for an upgrade; together they wait as long as one.
    std::thread::scope(|scope| {
        for scenario in table {
            let url = &url;
            scope.spawn(move || {
                let clock = Clock::new();
                let began = clock.now();
                let out = netbench(&[scenario, &["--url", url, "--duration", "1s"]].concat());
                let took = clock.now().since(began);
                assert_eq!((out.status.code(), out.stdout.as_str()), (Some(1), ""), "{scenario:?}");
                let error = out.stderr.lines().last().unwrap_or_default();
                assert!(error.ends_with("is this a WebSocket server?"), "{scenario:?}: {}", out.stderr);
                assert!(took < Duration::from_secs(12), "{scenario:?}: {took:?}");
            });
        }
    });
}

#[test]
fn a_server_of_something_else_is_a_clear_error() {
    let server = Program::Example("hello").start(&[]);
    let out = netbench(&["arena", "--url", &server.ws("/ws"), "--duration", "1s"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
    assert!(out.stderr.contains("of 100 connections got ready: refused: "), "{}", out.stderr);
    // A room says nothing to who does not say Hello.
    let out = netbench(&["echo", "--url", &server.ws("/ws"), "--duration", "1s", "--warmup", "1ms"]);
    assert_eq!(out.status.code(), Some(1), "{}", out.stderr);
}

#[test]
fn no_players_and_no_time_are_usage_errors() {
    let table: [&[&str]; 15] = [
        &["churn", "--rate", "0"],
        &["slow", "arena", "--share", "0"],
        &["search", "echo", "--objective", "p99<+5%"],
        &["idle", "--connections", "0"],
        &["idle", "--connect-rate", "0"],
        &["echo", "--rate", "0"],
        &["echo", "--bytes", "-1"],
        &["fanout", "--url", "http://127.0.0.1/"],
        &["arena", "--connections", "0"],
        &["arena", "--duration", "0s"],
        &["arena", "--url", "wss://127.0.0.1/ws"],
        &["arena", "--bananas"],
        &["arena", "--connect-rate", "0"],
        &["slow-heads", "--rate", "0"],
        &["starve", "--connections", "0"],
    ];
    for args in table {
        let out = netbench(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", out.stderr);
        let flag = args.iter().find(|arg| arg.starts_with("--")).expect("each has one");
        assert!(out.stderr.contains(flag), "{args:?}: {}", out.stderr);
    }
}
