//! Embeddable, authoritative multiplayer game state server.
