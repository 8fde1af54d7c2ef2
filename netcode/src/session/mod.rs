//! The session between one client and its room, on both sides. PROTOCOL sections 3, 5, 6 and 7.
//!
//! Owns what lasts from one message to the next: states, sequence numbers and their reconstruction from low bits, acks,
//! limits over time, the event lane, the input buffer and the client's clock. Knows no sockets, no WebSocket frames, no
//! clock and no game: moments come in as arguments, bytes go out into buffers of the caller.

mod active;
mod client;
mod event_lane;
mod input_buffer;
mod input_clock;
mod outbox;
mod rate;
mod relocation;
mod resync;
mod rtt;
mod server;
#[cfg(test)]
mod tests;
mod update_log;

pub use client::{ClientConfig, ClientEvent, ClientSession, ClientStats, GameEvent, InputRefused};
pub use event_lane::EventRecord;
pub use input_buffer::{Applied, ArrivedInput, InputBuffer, InputStats, Verdict, Waited};
pub use input_clock::InputClock;
pub use rtt::RttWindow;
pub use server::{
    CommandRecord, Due, InputRecord, Pending, ServerSession, ServerSink, ServerStats, UpdatePlan,
};
