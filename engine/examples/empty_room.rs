//! A room in which nothing is and nothing happens, with seats for a whole process: what does a session cost?
//!
//! `cargo netbench idle --join empty` fills it. Nobody is an entity, so that every Update is a header.

use std::process::ExitCode;

use clap::Parser;
use tickwire::prelude::*;

/// A server of one empty room.
#[derive(Parser, Debug)]
#[command(after_help = "Example:\n  empty_room --listen 127.0.0.1:9003 --hz 10")]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9003")]
    listen: String,
    /// Ticks per second.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=240))]
    hz: u32,
    /// Number of I/O threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    io_threads: u8,
}

/// As many as a room may have.
const SEATS: usize = 65_536;

struct Nothing;

impl Game for Nothing {
    type Entities = ();
    type Input = ();
    type Event = ();
    type Command = ();

    fn join(&mut self, _: PlayerId, _: &mut Cx<'_, Self>) {}
    fn leave(&mut self, _: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {}
    fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}
    fn replicate(&self, _: &mut Scene<'_>) {}
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("empty_room: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let room = RoomOptions::new("empty", || Nothing).capacity(SEATS);
    let server = Server::new().room_with(room).tick_rate(arguments.hz).connections(SEATS);
    server.io_threads(usize::from(arguments.io_threads)).listen(&arguments.listen)?.run()?;
    Ok(())
}
