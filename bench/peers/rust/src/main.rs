//! Echo and fan-out servers on other WebSocket libraries: what Tickwire is measured beside.
//!
//! Each is written as its library's own examples and benchmarks are, on one thread, and in the way that is fastest for it
//! where there is a choice; every file says what was chosen. Nothing here bounds what a slow client costs.

mod asynchronous;
mod fastws;
mod tick;
mod tokiows;
mod tungsten;

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// An echo or fan-out server on another WebSocket library.
#[derive(Parser)]
struct Arguments {
    /// On which.
    library: Library,
    #[command(subcommand)]
    work: Work,
}

#[derive(Clone, Copy, ValueEnum)]
enum Library {
    /// tungstenite on mio, with its default buffers of 128 KiB.
    Tungstenite,
    /// tungstenite on mio, with buffers of 4 KiB.
    TungsteniteSmall,
    /// fastwebsockets on tokio, one thread.
    Fastwebsockets,
    /// tokio-websockets on tokio, one thread.
    TokioWebsockets,
}

#[derive(Clone, Copy, Subcommand)]
enum Work {
    /// Sends back what it gets.
    Echo {
        #[command(flatten)]
        listen: Listen,
    },
    /// Sends one frame per tick to every connection.
    Fanout {
        #[command(flatten)]
        listen: Listen,
        /// Frames per second.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
        hz: u32,
        /// Payload size in bytes.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(8..=1 << 20))]
        bytes: u32,
    },
}

#[derive(Clone, Copy, clap::Args)]
struct Listen {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: std::net::SocketAddr,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tickwire-peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let (Work::Echo { listen } | Work::Fanout { listen, .. }) = arguments.work;
    let listener = TcpListener::bind(listen.listen)?;
    listener.set_nonblocking(true)?;
    println!("listening on http://{}", listener.local_addr()?);
    io::stdout().flush()?;
    match (arguments.library, arguments.work) {
        (Library::Tungstenite, work) => tungsten::serve(listener, None, ticker(work)),
        (Library::TungsteniteSmall, work) => tungsten::serve(listener, Some(4 << 10), ticker(work)),
        (Library::Fastwebsockets, Work::Echo { .. }) => asynchronous::run(fastws::echo(listener)),
        (Library::TokioWebsockets, Work::Echo { .. }) => asynchronous::run(tokiows::echo(listener)),
        (Library::Fastwebsockets, Work::Fanout { hz, bytes, .. }) => {
            asynchronous::run(fastws::fanout(listener, tick::Ticker::new(hz, bytes)))
        }
        (Library::TokioWebsockets, Work::Fanout { hz, bytes, .. }) => {
            asynchronous::run(tokiows::fanout(listener, tick::Ticker::new(hz, bytes)))
        }
    }
}

fn ticker(work: Work) -> Option<tick::Ticker> {
    match work {
        Work::Echo { .. } => None,
        Work::Fanout { hz, bytes, .. } => Some(tick::Ticker::new(hz, bytes)),
    }
}
