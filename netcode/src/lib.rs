//! Sans-io protocol core of Tickwire: WebSocket, replication and sessions; no sockets, threads, clock or files.
#![no_std]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod time;
pub mod ws;
