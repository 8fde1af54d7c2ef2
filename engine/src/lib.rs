//! Embeddable, authoritative multiplayer game state server.

pub mod clock;
pub mod metrics;
pub mod net;
pub mod page;
pub mod server;
pub mod sim;

pub use tickwire_netcode as netcode;
