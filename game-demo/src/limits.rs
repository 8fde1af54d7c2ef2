//! Every bound on what a player can send into a room, with the reason for its value.

/// Longest name on the wire, in bytes; names stand above ships and in narrow tables.
pub(crate) const NAME_BYTES_MAX: usize = 16;

/// Longest chat line, in bytes: two lines of text on a phone. Longer ones are cut.
pub(crate) const CHAT_BYTES_MAX: usize = 120;

/// Lines that somebody who was quiet may say at once: a thought in three lines, and an afterthought.
pub(crate) const CHAT_BURST: f32 = 4.0;

/// Seconds per line after that. Chosen: faster than people type for long, slow enough that one cannot fill a screen.
pub(crate) const CHAT_SECONDS_PER_LINE: f32 = 1.5;
