//! The Tickwire arena: a top-down shooter in the browser, and an example of a whole game on the public API.
//!
//! Owns the wiring: flags to server, errors to exit codes (2: usage, 1: could not run). The game begins in `arena.rs`,
//! what crosses the wire is in `wire.rs`, the page is in `web/`.

mod arena;
mod bot;
mod bot_name;
mod bullet;
mod chart;
mod chat;
mod cli;
mod layout;
mod limits;
mod melee;
mod page;
mod pickup;
mod pilot;
mod roster;
mod ship;
mod sight;
mod steering;
mod temper;
#[cfg(test)]
mod tests;
mod weapon;
mod wire;
mod world;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tickwire::prelude::*;
use tracing_subscriber::EnvFilter;

use crate::arena::Arena;
use crate::cli::{Args, LogFormat};
use crate::roster::Crew;

fn main() -> ExitCode {
    let args = Args::parse_from(cli::without_separator(std::env::args_os()));
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&args.log)).with_writer(io::stderr);
    match args.log_format {
        LogFormat::Human => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
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
    let crew = Crew { bots: args.bots, stay: args.bots_stay };
    let server = Server::new()
        .room("arena", move || Arena::new(crew))
        .tick_rate(args.tick_rate)
        .io_threads(usize::from(args.io_threads))
        .sim_threads(usize::from(args.sim_threads))
        .coalesce_reads(!args.wake_for_reads)
        .drain(Duration::from_secs(args.drain))
        .capacity(usize::from(args.seats));
    let server = match &args.web_root {
        Some(directory) => server.page(directory.as_path()),
        None => server.page(Page::embedded(&page::FILES)),
    };
    match args.seed {
        Some(seed) => server.seed(seed),
        None => server,
    }
}
