//! A peer that shares no code with the server: tungstenite, and protocol messages written by hand from PROTOCOL.md.
//!
//! Owns the bytes of a Hello and a blocking socket with limits. It knows message types and close codes, nothing of a game.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tungstenite::client::IntoClientRequest as _;
use tungstenite::error::ProtocolError;
use tungstenite::{Error, Message, WebSocket};

/// No reply takes this long. Chosen: the longest wait that the protocol allows is three seconds.
const REPLY_LIMIT: Duration = Duration::from_secs(20);

/// Message types of PROTOCOL section 2.
pub mod types {
    /// Client: Hello.
    pub const HELLO: u8 = 0x01;
    /// Client: Input.
    pub const INPUT: u8 = 0x02;
    /// Client: Ack.
    pub const ACK: u8 = 0x03;
    /// Client: Command.
    pub const COMMAND: u8 = 0x04;
    /// Client: Resync.
    pub const RESYNC: u8 = 0x05;
    /// Client: Ping.
    pub const PING: u8 = 0x08;
    /// Client: Bye.
    pub const BYE: u8 = 0x09;
    /// Server: Welcome.
    pub const WELCOME: u8 = 0x41;
    /// Server: Reject.
    pub const REJECT: u8 = 0x42;
    /// Server: Update.
    pub const UPDATE: u8 = 0x43;
    /// Server: Pong.
    pub const PONG: u8 = 0x48;
}

/// A Hello of protocol version 1 for any room of `kind`, byte by byte as in PROTOCOL section 3.1.
#[must_use]
pub fn hello(kind: &str, name: &str) -> Vec<u8> {
    let mut bytes = vec![types::HELLO];
    bytes.push(1); // protocol
    text(&mut bytes, "by hand 1"); // sdk
    bytes.push(0); // capabilities
    bytes.push(7); // stamp
    text(&mut bytes, kind);
    text(&mut bytes, ""); // room: any
    text(&mut bytes, name);
    bytes.push(0); // token: empty
    bytes.push(0); // resume: none
    bytes.push(0); // schema_hash: none
    bytes
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    // A bincode length below 251 is one byte.
    bytes.push(u8::try_from(text.len()).ok().filter(|length| *length < 251).expect("a short text"));
    bytes.extend_from_slice(text.as_bytes());
}

/// What came from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A binary message.
    Binary(Vec<u8>),
    /// A text message.
    Text(String),
    /// The close frame's code; `None` for one without, or an end without a close frame.
    Closed(Option<u16>),
}

/// A connected WebSocket client.
#[derive(Debug)]
pub struct Peer {
    socket: WebSocket<TcpStream>,
}

impl Peer {
    /// Connects and upgrades at `path`.
    ///
    /// # Panics
    /// When the server refuses.
    #[must_use]
    #[track_caller]
    pub fn connect(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect_timeout(&address, REPLY_LIMIT).expect("the server listens");
        stream.set_read_timeout(Some(REPLY_LIMIT)).expect("a limit above zero");
        stream.set_write_timeout(Some(REPLY_LIMIT)).expect("a limit above zero");
        stream.set_nodelay(true).expect("a TCP option");
        let request = format!("ws://{address}{path}").into_client_request().expect("a good URL");
        let (socket, _response) = tungstenite::client(request, stream).expect("the server upgrades");
        Self { socket }
    }

    /// Connects to `/ws`, says Hello and waits for Welcome.
    ///
    /// # Panics
    /// When something else than Welcome comes.
    #[must_use]
    #[track_caller]
    pub fn join(address: SocketAddr, kind: &str) -> Self {
        let mut peer = Self::connect(address, "/ws");
        peer.send(&hello(kind, "by hand"));
        let first = peer.hear();
        assert!(
            matches!(&first, Heard::Binary(bytes) if bytes.first() == Some(&types::WELCOME)),
            "{first:?}"
        );
        peer
    }

    /// Sends one binary message. A server that has closed already is no error here: [`Peer::hear`] tells.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.send(Message::binary(bytes.to_vec()));
    }

    /// Sends one text message.
    pub fn send_text(&mut self, text: &str) {
        let _ = self.socket.send(Message::text(text));
    }

    /// Writes bytes past the WebSocket layer: frames that tungstenite would not write.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.socket.get_mut().write_all(bytes);
    }

    /// Starts the close handshake.
    pub fn close(&mut self, code: u16) {
        let frame = tungstenite::protocol::CloseFrame { code: code.into(), reason: "".into() };
        let _ = self.socket.close(Some(frame));
    }

    /// The next message or the end; pings are answered on the way.
    ///
    /// # Panics
    /// When nothing comes in time.
    #[track_caller]
    pub fn hear(&mut self) -> Heard {
        loop {
            return match self.socket.read() {
                Ok(Message::Binary(bytes)) => Heard::Binary(bytes.to_vec()),
                Ok(Message::Text(text)) => Heard::Text(text.to_string()),
                Ok(Message::Close(frame)) => {
                    let _ = self.socket.flush();
                    Heard::Closed(frame.map(|frame| frame.code.into()))
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => Heard::Closed(None),
                Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Heard::Closed(None),
                Err(Error::Io(error)) if is_end(error.kind()) => Heard::Closed(None),
                Err(error) => panic!("no reply: {error}"),
            };
        }
    }

    /// Hears until a binary message of type `wanted`.
    ///
    /// # Panics
    /// When the connection closes before.
    #[track_caller]
    pub fn hear_type(&mut self, wanted: u8) -> Vec<u8> {
        loop {
            match self.hear() {
                Heard::Binary(bytes) if bytes.first() == Some(&wanted) => return bytes,
                Heard::Binary(_) => {}
                other => panic!("{other:?} instead of a message of type {wanted:#x}"),
            }
        }
    }

    /// Hears until the end; the close code, and the types of the messages before it.
    #[track_caller]
    pub fn hear_close(&mut self) -> (Option<u16>, Vec<u8>) {
        let mut before = Vec::new();
        loop {
            match self.hear() {
                Heard::Binary(bytes) => before.extend(bytes.first()),
                Heard::Text(_) => before.push(0),
                Heard::Closed(code) => return (code, before),
            }
        }
    }
}

fn is_end(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_by_hand_is_these_bytes() {
        let want = b"\x01\x01\x09by hand 1\x00\x07\x04duel\x00\x03Ada\x00\x00\x00";
        assert_eq!(hello("duel", "Ada"), want);
    }
}
