//! WebSocket (RFC 6455), complete and sans-io, for both roles: bytes in, events and bytes out.
//!
//! [`handshake`] turns a connection's first bytes into an upgrade; [`WebSocket`] is the endpoint after it. Sockets,
//! clocks and buffers are the caller's. Extensions and subprotocols are never negotiated.
//!
//! ```
//! use tickwire_netcode::time::Time;
//! use tickwire_netcode::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};
//!
//! let mut server = WebSocket::new(Role::Server, Limits::default(), 0);
//! let mut client = WebSocket::new(Role::Client, Limits::default(), 42);
//! let (mut wire, mut replies) = (Vec::new(), Vec::new());
//! client.send(MessageKind::Text, b"hello", &mut wire);
//!
//! let mut input = Input::new(&mut wire);
//! let (receiver, sender) = server.split();
//! while let Some(event) = receiver.poll_event(sender, &mut input, Time::default(), &mut replies) {
//!     if let Event::Message { kind, payload } = event {
//!         sender.send(kind, payload, &mut replies);
//!     }
//! }
//! assert_eq!(replies, b"\x81\x05hello");
//! ```

mod close;
mod endpoint;
mod error;
mod event;
pub mod frame;
pub mod handshake;
pub mod limits;
mod mask;
pub mod origin;
mod rates;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;
mod utf8;

pub use close::is_wire_code;
pub use endpoint::WebSocket;
pub use error::ProtocolError;
pub use event::{Cause, Closed, Event, Input, Role, State};
pub use frame::MessageKind;
pub use limits::Limits;
pub use receiver::Receiver;
pub use sender::{Mark, Sender};
