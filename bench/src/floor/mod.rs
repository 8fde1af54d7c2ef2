//! The floor: servers that do only what the kernel cannot spare anybody, to measure a real one against.
//!
//! Owns two bare loops on epoll, one thread each: [`echo`] and [`fanout`]. They have no limits, no timeouts, no counters
//! and no close handshake of their own, hold nothing back and count nothing: for loopback and a benign load only. What they
//! do on the wire is honest: the frames that a client gets are those that any server would have to send.
//!
//! The opening handshake is that of `netcode` and is not measured.

mod door;
mod echo;
mod fanout;
mod frames;
mod hall;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::machine::descriptors;
use hall::Hall;

const EXAMPLES: &str = "\
Examples:
  taskset -c 0 target/release/tickwire-bench floor echo --listen 127.0.0.1:9001
  taskset -c 0 target/release/tickwire-bench floor fanout --listen 127.0.0.1:9002 --hz 60 --bytes 200 --inputs tick";
const ECHO_EXAMPLES: &str = "\
Examples:
  taskset -c 0 target/release/tickwire-bench floor echo --listen 127.0.0.1:9001 &
  target/release/tickwire-bench echo --url ws://127.0.0.1:9001/ --pin 1 --server-pid $!";
const FANOUT_EXAMPLES: &str = "\
Examples:
  taskset -c 0 target/release/tickwire-bench floor fanout --listen 127.0.0.1:9002 --hz 60 --bytes 200 --inputs tick &
  target/release/tickwire-bench fanout --url ws://127.0.0.1:9002/ --stamp-offset 0 --pin 1 --server-pid $!";

/// Connections the floors make room for: more than any scenario opens.
const CONNECTIONS_MAX: usize = 50_000;

#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Floor {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand, Debug)]
enum Work {
    /// Each readiness: one recv, one send of what it echoes.
    #[command(after_help = ECHO_EXAMPLES)]
    Echo(Listen),
    /// Each tick: one send of the same frame to every connection.
    #[command(after_help = FANOUT_EXAMPLES)]
    Fanout(Fanout),
}

#[derive(Args, Debug)]
struct Listen {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9001", value_parser = place)]
    listen: String,
}

#[derive(Args, Debug)]
#[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:9002")))]
struct Fanout {
    #[command(flatten)]
    listen: Listen,
    /// Frames per second.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    hz: u32,
    /// Payload size in bytes, 8 to 1048576.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(8..=1 << 20))]
    bytes: u32,
    /// When what the clients send is read: wake, as soon as anything is there; tick, once per tick, right before the sends.
    #[arg(long, value_enum, default_value_t = Inputs::Wake, hide_possible_values = true)]
    inputs: Inputs,
}

/// A host and a port; whether there is such a host, the system says.
fn place(text: &str) -> Result<String, String> {
    let is_whole =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    let why = "write HOST:PORT with a port up to 65535, such as 127.0.0.1:9001";
    if is_whole { Ok(text.to_owned()) } else { Err(why.to_owned()) }
}

/// When a server reads.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Inputs {
    /// As soon as anything is there: each input wakes the loop.
    Wake,
    /// Once per tick, right before the sends: nothing wakes the loop but the tick.
    Tick,
}

/// Serves until the process ends.
///
/// # Errors
/// The address cannot be listened on, or the kernel has no more descriptors or memory.
pub(crate) fn run(floor: &Floor) -> Result<(), Failure> {
    // A floor that cannot have all of them serves as many as it can.
    let _ = descriptors::reserve(CONNECTIONS_MAX);
    let listen = |listen: &Listen| -> Result<_, Failure> {
        let failed = |error| Failure::Listen { address: listen.listen.clone(), error };
        door::bind(&listen.listen).map_err(failed)
    };
    match &floor.work {
        Work::Echo(args) => {
            let mut echo = echo::Echo::new(Hall::new(announced(listen(args)?)?)?);
            loop {
                echo.turn()?;
            }
        }
        Work::Fanout(args) => {
            let hall = Hall::new(announced(listen(&args.listen)?)?)?;
            let mut fanout = fanout::Fanout::new(hall, args.hz, args.bytes, args.inputs)?;
            loop {
                fanout.tick()?;
            }
        }
    }
}

/// Says where it listens, as the first line.
fn announced(listener: std::net::TcpListener) -> io::Result<std::net::TcpListener> {
    use std::io::Write as _;
    let address: SocketAddr = listener.local_addr()?;
    let mut out = io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    Ok(listener)
}
