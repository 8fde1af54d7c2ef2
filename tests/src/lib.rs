//! Harness of the whole-system tests: which tools are here, servers as child processes, bounded waits.
//!
//! The tests themselves are one binary, `tests/it/main.rs`. Nothing in here sleeps or names a port: servers take
//! port 0 and say which one they got, and every wait is on a condition with a limit.

pub mod autobahn;
pub mod bots;
pub mod deadline;
pub mod guide;
pub mod meadow;
pub mod observer;
pub mod peer;
pub mod process;
pub mod recording;
pub mod repository;
pub mod sdk;
pub mod tools;
pub mod visitor;
