//! The HTTP/1.1 side of a connection (RFC 6455 section 4, RFC 9112): heads, upgrades and refusals, for both roles.
//!
//! [`HeadBuffer`] finds the head, [`Request`] is the parsed head (of plain HTTP requests as well), [`accept`] checks an
//! upgrade. Nothing a client sent is ever echoed: responses are made of this module's constants and a hash. Bodies,
//! keep-alive and deadlines are the caller's.

mod client;
mod head;
mod request;
#[cfg(test)]
mod tests;
mod upgrade;

pub use client::{ResponseError, TargetError, client_request, client_response};
pub use head::{Head, HeadBuffer, HeadError, Malformed};
pub use request::{FieldError, Request, Version};
pub use upgrade::{Accept, UpgradeError, accept, write_refusal};
