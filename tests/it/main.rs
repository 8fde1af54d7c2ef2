//! The whole-system tests: real processes, real sockets, real peers.

mod arena_browser;
mod autobahn;
mod bad_input;
mod examples;
mod fifty_bots;
mod hello;
mod hygiene;
mod interruption;
mod netbench;
mod operator;
mod peers;
mod quick_start;
mod reports;
mod requirements;
mod rooms;
mod sdk_dist;
mod signals;
mod threats;
mod transcripts;
