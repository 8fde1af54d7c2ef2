//! `Connection`: one that comes, may join a room, stays for a while without a word, and goes.
//!
//! ```text
//!   Upgrading --101--> Joining --Welcome--> Staying --leave--> Leaving --closed--> gone
//!       |     (without a room: Upgrading --101--> Staying)
//!       `-----------------`--------------------`--refused, ended, broken---------> gone
//! ```

use std::fmt;
use std::io::{Read, Write};

use mio::net::TcpStream;
use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::message::{Hello, Reject};
use tickwire_netcode::session::{ClientConfig, ClientEvent, ClientSession};
use tickwire_netcode::time::Time;

use crate::wire::socket::{Drained, Over, Socket};

/// Which room a connection wants to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) kind: String,
    pub(crate) room: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Upgrading,
    Joining,
    Staying,
    Leaving,
}

/// Why a connection is gone.
#[derive(Debug)]
pub(crate) enum Gone {
    Over(Over),
    /// The server let it know why it may not join.
    Refused(Reject),
    /// The server broke the protocol.
    Broke(ProtocolError),
}

impl Gone {
    /// The end that follows a goodbye.
    pub(crate) fn is_farewell(&self) -> bool {
        matches!(self, Self::Over(Over::Closed(Some(NORMAL) | None)))
    }
}

impl From<Over> for Gone {
    fn from(over: Over) -> Self {
        Self::Over(over)
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over(over) => over.fmt(f),
            // It is the server's text, and this one goes to terminals; quotes do no harm there.
            Self::Refused(reject) => {
                let reason = reject.reason.as_str().escape_debug().to_string();
                write!(f, "refused: {}", reason.replace(r#"\""#, "\"").replace(r"\'", "'"))
            }
            Self::Broke(error) => write!(f, "the server broke the protocol: {error}"),
        }
    }
}

/// The close code of an end on purpose, RFC 6455 section 7.4.1.
const NORMAL: u16 = 1000;

/// Where a thread reads to and writes from.
pub(crate) struct Buffers {
    buffer: Vec<u8>,
    message: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; READ_BYTES], message: Vec::new() }
    }
}

/// Bytes of one read: a Welcome with its schema, or several updates.
const READ_BYTES: usize = 64 * 1024;

pub(crate) struct Connection<S = TcpStream> {
    socket: Socket<S>,
    session: Option<Box<ClientSession>>,
    standing: Standing,
}

impl<S: Read + Write> Connection<S> {
    pub(crate) fn new(socket: Socket<S>, seat: Option<&Seat>) -> Self {
        let session = seat.map(|seat| {
            let hello = Hello {
                sdk: Text::truncated(concat!("tickwire-bench ", env!("CARGO_PKG_VERSION"))),
                kind: Text::truncated(&seat.kind),
                room: Text::truncated(&seat.room),
                ..Hello::default()
            };
            Box::new(ClientSession::new(ClientConfig { hello, cached_schema: None }).headers_only())
        });
        Self { socket, session, standing: Standing::Upgrading }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    /// Reads what has arrived, and answers what cannot wait: pings, and the upgrade with Hello. A server that sends as
    /// fast as it is read does not keep it here: the rest is for the next turn.
    pub(crate) fn on_ready(&mut self, now: Time, buffers: &mut Buffers) -> Result<Drained, Gone> {
        let mut wrong = None;
        let Self { socket, session, .. } = self;
        let read = socket.read_binary(&mut buffers.buffer, now, |message| {
            if let Some(session) = session.as_mut().filter(|_| wrong.is_none()) {
                wrong = session.handle_message(message, now).err();
            }
        });
        // A refusal is a message, and the close that follows it says less.
        let events = self.take_events();
        if let Some(error) = wrong {
            return Err(Gone::Broke(error));
        }
        events?;
        let drained = read?;
        if self.standing == Standing::Upgrading && self.socket.is_open() {
            self.standing = if self.session.is_some() { Standing::Joining } else { Standing::Staying };
            self.queue(now, buffers);
        }
        self.socket.flush()?;
        Ok(drained)
    }

    fn take_events(&mut self) -> Result<(), Gone> {
        let Some(session) = &mut self.session else { return Ok(()) };
        while let Some(event) = session.poll_event() {
            match event {
                ClientEvent::Welcomed if self.standing == Standing::Joining => {
                    self.standing = Standing::Staying;
                }
                ClientEvent::Rejected(reject) => return Err(Gone::Refused(reject)),
                _ => {}
            }
        }
        Ok(())
    }

    /// When an acknowledgement is due, if one is owed.
    pub(crate) fn ack_at(&self) -> Option<Time> {
        self.session.as_ref().and_then(|session| session.next_ack_at())
    }

    /// Acknowledges everything that came.
    pub(crate) fn acknowledge(&mut self, now: Time, buffers: &mut Buffers) -> Result<(), Gone> {
        self.queue(now, buffers);
        Ok(self.socket.flush()?)
    }

    /// Says goodbye: Bye in a room, a close frame elsewhere. The server ends the connection.
    pub(crate) fn leave(&mut self, now: Time, buffers: &mut Buffers) -> Result<(), Gone> {
        self.standing = Standing::Leaving;
        match &mut self.session {
            Some(session) => {
                session.leave(0);
                self.queue(now, buffers);
            }
            None => self.socket.close(NORMAL),
        }
        Ok(self.socket.flush()?)
    }

    fn queue(&mut self, now: Time, buffers: &mut Buffers) {
        let Some(session) = &mut self.session else { return };
        buffers.message.clear();
        while session.poll_transmit(now, &mut buffers.message) {
            self.socket.send(&buffers.message);
            buffers.message.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tickwire_netcode::ws::handshake::{HeadBuffer, Request, accept};

    use super::*;

    /// A server that answers the upgrade, and from then on fills every read with small frames.
    struct Firehose {
        answer: Vec<u8>,
        reads: usize,
    }

    impl Read for Firehose {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if !self.answer.is_empty() {
                let count = self.answer.len();
                buffer[..count].copy_from_slice(&self.answer);
                self.answer.clear();
                return Ok(count);
            }
            self.reads += 1;
            assert!(self.reads < 1000, "it reads on and on");
            // Binary messages without a payload, RFC 6455 section 5.2; two bytes each, so that reads end between two.
            buffer.chunks_exact_mut(2).for_each(|frame| frame.copy_from_slice(&[0x82, 0]));
            Ok(buffer.len())
        }
    }

    impl Write for Firehose {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut head = HeadBuffer::new();
            if let Ok(Some(whole)) = head.push(bytes) {
                let request = Request::parse(whole.bytes).expect("a good request");
                accept(&request).expect("an upgrade").write_response(&mut self.answer);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_refusal_sends_nothing_to_the_terminal_but_text() {
        let refused = |reason: &str| {
            Gone::Refused(Reject { reason: Text::truncated(reason), ..Reject::default() }).to_string()
        };
        assert_eq!(refused("the room is full"), "refused: the room is full");
        assert_eq!(refused("no room kind \"nosuch\", isn't"), "refused: no room kind \"nosuch\", isn't");
        assert_eq!(refused("\u{1b}[2J\r\u{7}\u{9b}1m"), "refused: \\u{1b}[2J\\r\\u{7}\\u{9b}1m");
    }

    #[test]
    fn a_server_that_never_stops_sending_does_not_hold_the_thread() {
        let target = "ws://127.0.0.1:1/ws".parse().expect("a URL");
        let stream = Firehose { answer: Vec::new(), reads: 0 };
        let mut connection = Connection::new(Socket::upgrade(stream, &target).expect("a good target"), None);
        let (now, mut buffers) = (Time::default(), Buffers::new());
        connection.socket.flush().expect("it takes everything");
        assert_eq!(connection.on_ready(now, &mut buffers).expect("an upgrade"), Drained::Yes);
        assert_eq!(connection.standing(), Standing::Staying);
        assert_eq!(connection.on_ready(now, &mut buffers).expect("frames"), Drained::No);
        assert!(connection.socket.stream().reads > 0);
    }
}
