//! Derive macros of `tickwire-netcode`.
