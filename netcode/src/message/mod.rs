//! The messages of the protocol, both directions, and how each is coded (PROTOCOL sections 2, 3, 5 and 7).
//!
//! Owns bytes <-> typed message and nothing that lasts from one message to the next: what may arrive when, low-bit
//! reconstruction and limits over time belong to [`crate::session`]. Update is coded in [`crate::snapshot`].
//!
//! Every decoder checks the size first, reads in the order of the tables, and refuses trailing bytes. The hot messages
//! (bytes and bits) allocate nothing but what a reused `Vec` of words grows to.

pub mod bounded;
pub mod codec;
mod command;
mod control;
mod events;
mod hello;
mod input;
mod reject;
#[cfg(test)]
mod tests;
mod welcome;

pub use command::Command;
pub use control::{Bye, Ping, Pong, Resync};
pub use events::{EventHead, EventsMessage, EventsWriter, encode_fields as encode_event_fields};
pub use hello::{Hello, Resume};
pub use input::{Ack, InputMessage, InputTime};
pub use reject::Reject;
pub use welcome::Welcome;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bits::bytes::Reader;
use crate::error::ProtocolError;
use crate::ids::CommandSeq;
use crate::limits;
use crate::schema::Layout;

/// Lowest protocol version that this library speaks.
pub const PROTOCOL_MIN: u16 = 1;
/// Highest protocol version that this library speaks.
pub const PROTOCOL_MAX: u16 = 1;

/// The first byte of each message: PROTOCOL section 2. Types that are not here are reserved or unknown, and refused.
pub mod kind {
    /// Client: who wants to join what.
    pub const HELLO: u8 = 0x01;
    /// Client: acks and 1 to 8 inputs.
    pub const INPUT: u8 = 0x02;
    /// Client: acks alone.
    pub const ACK: u8 = 0x03;
    /// Client: one command.
    pub const COMMAND: u8 = 0x04;
    /// Client: an Update could not be applied.
    pub const RESYNC: u8 = 0x05;
    /// Client: a stamp to send back.
    pub const PING: u8 = 0x08;
    /// Client: leaves on purpose.
    pub const BYE: u8 = 0x09;
    /// Server: the join is granted.
    pub const WELCOME: u8 = 0x41;
    /// Server: the join is refused.
    pub const REJECT: u8 = 0x42;
    /// Server: state of a tick.
    pub const UPDATE: u8 = 0x43;
    /// Server: events.
    pub const EVENTS: u8 = 0x44;
    /// Server: the player is in another room now.
    pub const MOVED: u8 = 0x47;
    /// Server: answer to Ping.
    pub const PONG: u8 = 0x48;
}

/// A message of a client that has sent its Hello. The words of inputs and commands are beside it, see
/// [`ClientMessage::decode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Acks and inputs.
    Input(InputMessage),
    /// Acks alone.
    Ack(Ack),
    /// One command.
    Command(Command),
    /// An Update could not be applied.
    Resync(Resync),
    /// A stamp to send back.
    Ping(Ping),
    /// Leaves on purpose.
    Bye(Bye),
}

impl ClientMessage {
    /// Decodes any message that may follow Hello. Checks: size, type, then the fields in order.
    ///
    /// `words` is cleared; it then holds the words of the inputs, one after the other, or of the command. `layout` is
    /// `None` before the client has joined: all but Ping and Bye are out of place.
    ///
    /// # Errors
    /// What the client got wrong; each closes with 4011.
    pub fn decode(
        message: &[u8],
        layout: Option<&Layout>,
        words: &mut Vec<u32>,
    ) -> Result<Self, ProtocolError> {
        words.clear();
        if message.len() > limits::CLIENT_MESSAGE_BYTES_MAX {
            return Err(too_large(message.len(), limits::CLIENT_MESSAGE_BYTES_MAX));
        }
        let Some((&kind, body)) = message.split_first() else {
            return Err(ProtocolError::Truncated);
        };
        match (kind, layout) {
            (kind::PING, _) => Ping::decode_body(body).map(Self::Ping),
            (kind::BYE, _) => Bye::decode_body(body).map(Self::Bye),
            (kind::INPUT, Some(layout)) => InputMessage::decode_body(body, layout, words).map(Self::Input),
            (kind::ACK, Some(_)) => Ack::decode_body(body).map(Self::Ack),
            (kind::COMMAND, Some(layout)) => Command::decode_body(body, layout, words).map(Self::Command),
            (kind::RESYNC, Some(_)) => Resync::decode_body(body).map(Self::Resync),
            (kind::HELLO | kind::INPUT | kind::ACK | kind::COMMAND | kind::RESYNC, _) => {
                Err(ProtocolError::OutOfPlace { kind })
            }
            _ => Err(ProtocolError::UnknownMessage { kind }),
        }
    }
}

/// A message of a server that has sent its Welcome, as far as it decodes without the state of the session.
#[derive(Clone, Debug)]
pub enum ServerMessage<'a> {
    /// State of a tick: the whole message, for [`crate::snapshot`].
    Update(&'a [u8]),
    /// Events, to be read one by one.
    Events(EventsMessage<'a>),
    /// The player is in another room now. Boxed: rare and large.
    Moved(Box<Welcome>),
    /// Answer to Ping.
    Pong(Pong),
}

impl<'a> ServerMessage<'a> {
    /// Decodes any message that may follow Welcome. Checks: size, type, then the fields in order.
    ///
    /// # Errors
    /// What the server got wrong.
    pub fn decode(message: &'a [u8]) -> Result<Self, ProtocolError> {
        if message.len() > limits::SERVER_MESSAGE_BYTES_MAX {
            return Err(too_large(message.len(), limits::SERVER_MESSAGE_BYTES_MAX));
        }
        let Some((&kind, body)) = message.split_first() else {
            return Err(ProtocolError::Truncated);
        };
        match kind {
            kind::UPDATE => Ok(Self::Update(message)),
            kind::EVENTS => EventsMessage::decode_body(body).map(Self::Events),
            kind::PONG => Pong::decode_body(body).map(Self::Pong),
            kind::MOVED => Welcome::decode_moved(message).map(|welcome| Self::Moved(Box::new(welcome))),
            kind::WELCOME | kind::REJECT => Err(ProtocolError::OutOfPlace { kind }),
            _ => Err(ProtocolError::UnknownMessage { kind }),
        }
    }
}

/// What a message says that its sender wrote for the room that it has left: PROTOCOL section 3.4. The rest of it is in the
/// terms of that room's schema and is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleMessage {
    /// The acks of an Input.
    Input(Ack),
    /// The number of a Command.
    Command(CommandSeq),
    /// Another message: it says the same in every room.
    Neither,
}

impl StaleMessage {
    /// Reads the part that is the same in every room. Checks: size, type, then the fields in order.
    ///
    /// # Errors
    /// What the client got wrong.
    pub fn decode(message: &[u8]) -> Result<Self, ProtocolError> {
        if message.len() > limits::CLIENT_MESSAGE_BYTES_MAX {
            return Err(too_large(message.len(), limits::CLIENT_MESSAGE_BYTES_MAX));
        }
        match message.split_first() {
            Some((&kind::INPUT, body)) => Ack::decode_head(body).map(Self::Input),
            Some((&kind::COMMAND, body)) => {
                Reader::new(body).varint().map(|number| Self::Command(CommandSeq(number)))
            }
            _ => Ok(Self::Neither),
        }
    }
}

/// The bytes after the type byte, if it is the expected one.
fn expect_kind(message: &[u8], expected: u8) -> Result<&[u8], ProtocolError> {
    match message.split_first() {
        Some((&kind, body)) if kind == expected => Ok(body),
        Some((&kind, _)) => Err(ProtocolError::OutOfPlace { kind }),
        None => Err(ProtocolError::Truncated),
    }
}

fn too_large(size: usize, max: usize) -> ProtocolError {
    let clamp = |number| u32::try_from(number).unwrap_or(u32::MAX);
    ProtocolError::TooLarge { size: clamp(size), max: clamp(max) }
}
