//! The messages of the protocol, both directions, and how each is coded (PROTOCOL sections 2, 3, 5 and 7).
//!
//! Owns bytes <-> typed message and nothing that lasts from one message to the next: what may arrive when, low-bit
//! reconstruction and limits over time belong to [`crate::session`].

pub mod bounded;
