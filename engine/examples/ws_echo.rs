//! Echoes every WebSocket message: for conformance suites, other WebSocket clients and latency measurements.
//!
//! Any path, any Origin, messages up to 16 MiB, no rate limits: not for the open internet.

use std::process::ExitCode;

use clap::Parser;
use tickwire::net::connections::Connections;
use tickwire::net::http;
use tickwire::net::listener::Listener;
use tickwire::net::outbox::Outbox;
use tickwire::net::service::{Closed, ConnectionId, Flow, Message, Route, Service};
use tickwire::net::transport::Transport;
use tickwire::netcode::time::Time;
use tickwire::netcode::ws::Limits;
use tickwire::netcode::ws::handshake::Request;
use tickwire::server::io_threads::{IoOptions, IoThreads, raise_descriptor_limit};

/// A WebSocket echo server.
#[derive(Parser, Debug)]
#[command(after_help = "Example:\n  ws_echo --listen 127.0.0.1:9001 --io-threads 2")]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9001")]
    listen: String,
    /// Number of I/O threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    io_threads: u8,
}

struct Echo;

impl Service for Echo {
    type Session = ();

    fn limits(&self) -> Limits {
        Limits::LIFTED
    }

    fn route(&mut self, request: &Request<'_>) -> Route {
        if request.header("upgrade").is_some() {
            Route::Upgrade
        } else {
            Route::Respond(http::plain(&[], request))
        }
    }

    fn opened(&mut self, _: ConnectionId, _: Time) {}

    fn message(
        &mut self,
        _: ConnectionId,
        (): &mut (),
        message: Message<'_>,
        out: &mut Outbox<'_>,
        _: Time,
    ) -> Flow {
        out.send(message.kind, message.payload);
        Flow::Continue
    }

    fn closed(&mut self, _: ConnectionId, (): (), _: Closed) {}

    fn tick<T: Transport>(&mut self, _: &mut Connections<'_, T, ()>, _: Time) {}
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ws_echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    raise_descriptor_limit();
    let listener = Listener::bind(&arguments.listen)?;
    let options =
        IoOptions { threads: usize::from(arguments.io_threads), signals: true, ..IoOptions::default() };
    let threads = IoThreads::prepare(listener, options)?;
    println!("listening on http://{}", threads.address());
    threads.spawn(|_| Echo)?.join()?;
    Ok(())
}
