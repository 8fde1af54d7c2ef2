//! The simulation: rooms, their tick, and the thread that runs them.
//!
//! No I/O and no clock inside a tick: time comes in as an argument, inputs and outcomes travel over `bridge`. Invariant: a room
//! is a pure function (state, resolved inputs of the tick, seed) -> (state, snapshot); see [`replay`].

mod any_room;
mod cx;
mod event_batch;
mod hearing;
mod hosted;
#[cfg(test)]
pub(crate) mod inn;
mod input_meter;
mod inputs;
mod kind;
mod near;
mod oversights;
mod record;
mod replay;
mod resolved;
mod rng;
mod room;
mod room_log;
mod room_table;
mod scene;
mod simulation;
#[cfg(test)]
pub(crate) mod skirmish;
mod snapshot_pool;
mod tick_clock;
mod tick_meter;
mod tick_timing;

pub use cx::{Cx, Emit, Set};
pub use inputs::Inputs;
pub use record::Recorded;
pub use replay::replay;
pub use resolved::{Arrival, Resolved, ResolvedInput};
pub use rng::Rng;
pub use scene::Scene;
pub use tick_clock::TickClock;

pub(crate) use hearing::Hearing;
pub(crate) use kind::{Kind, KindWire, RoomTimes};
pub(crate) use near::Places;
pub(crate) use record::RecordSink;
pub(crate) use room::Room;
pub(crate) use simulation::{Setup, Simulation, run};
