//! The arena.
fn main() {}
