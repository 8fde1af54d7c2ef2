//! The I/O threads' side: listener, event loop, connections, HTTP, timers. `mio` types stay in here.
//!
//! [`Service`](service::Service) is the seam: the loop moves bytes and keeps deadlines, a service says what they mean.
//! `driver.rs` is the logic without sockets, `event_loop.rs` gives it a Poll, `server::io_threads` gives it threads.
//!
//! One turn of the loop: wait; run the tick if the thread was woken for one; read on where the last turn's budgets
//! ended; handle the new edges; read the live sessions if it is time; timers; end of the read pass. The clock is read
//! once per turn, and again after a pass before a tick.
//!
//! Live sessions (those the service calls settled) are in a selector of their own: under load it is read once per tick
//! (`pace.rs` decides, `harvest.rs` reads), and everything else still wakes the thread at once (`watch.rs`).

mod acceptor;
pub(crate) mod admission;
mod backlog;
pub(crate) mod connection;
pub mod connections;
mod direct;
pub(crate) mod driver;
pub(crate) mod event_loop;
#[cfg(target_os = "linux")]
mod harvest;
#[cfg(not(target_os = "linux"))]
#[path = "harvest_elsewhere.rs"]
mod harvest;
pub mod http;
pub(crate) mod limits;
pub mod listener;
pub(crate) mod log_budget;
pub(crate) mod moving;
pub mod outbox;
mod pace;
pub mod service;
mod spread;
mod table;
#[cfg(test)]
mod tests;
mod timers;
pub mod transport;
mod upgrade;
pub mod wake;
mod watch;
