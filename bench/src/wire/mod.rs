//! The generator's side of the network: sockets that speak WebSocket, and the loop that waits for them.
//!
//! Owns nothing of what is said: a scenario gives and takes messages.

pub(crate) mod agenda;
pub(crate) mod network;
mod patience;
pub(crate) mod reactor;
pub(crate) mod route;
pub(crate) mod slots;
pub(crate) mod socket;
pub(crate) mod sources;
