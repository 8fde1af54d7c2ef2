//! Rust client of the Tickwire protocol.
