//! The Tickwire arena: a top-down shooter in the browser, and an example of a whole game on the public API.
//!
//! Owns the wiring: flags to server, errors to exit codes (2: usage, 1: could not run). The game begins in `arena.rs`,
//! what crosses the wire is in `wire.rs`, the page is in `web/`.

mod arena;
mod bot;
mod bullet;
mod cli;
mod melee;
mod page;
mod pilot;
mod ship;
#[cfg(test)]
mod tests;
mod wire;
mod world;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use tickwire::prelude::*;
use tracing_subscriber::EnvFilter;

use crate::arena::Arena;
use crate::cli::Args;

/// Seats of a room. Chosen, not measured: more ships than this would touch each other.
const SEATS: usize = 64;

fn main() -> ExitCode {
    let args = Args::parse_from(cli::without_separator(std::env::args_os()));
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&args.log))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<(), ServeError> {
    server(args).listen(&args.listen)?.run()
}

fn server(args: &Args) -> Server {
    let bots = args.bots;
    let server = Server::new()
        .room("arena", move || Arena::new(bots))
        .tick_rate(args.tick_rate)
        .io_threads(usize::from(args.io_threads))
        .capacity(SEATS);
    let server = match &args.web_root {
        Some(directory) => server.page(directory.as_path()),
        None => server.page(Page::embedded(&page::FILES)),
    };
    match args.seed {
        Some(seed) => server.seed(seed),
        None => server,
    }
}
