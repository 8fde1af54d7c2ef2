//! A socket on a stream that is made up: what it keeps when the peer does not read, and where it stops reading.

use std::collections::VecDeque;

use tickwire_netcode::ws::handshake::{Request, accept};

use super::*;

/// Takes so many bytes before it says that it takes no more, and gives what the peer has sent.
struct Script {
    incoming: VecDeque<u8>,
    written: Vec<u8>,
    /// Of each write; 0 = what a stream does that is not there any more.
    takes: VecDeque<usize>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.incoming.read(buffer)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let takes = self.takes.pop_front().ok_or(ErrorKind::WouldBlock)?.min(bytes.len());
        self.written.extend_from_slice(&bytes[..takes]);
        Ok(takes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Wants messages up to the one that is as long as `last`.
struct Until {
    last: usize,
    heard: Vec<usize>,
}

impl Listen for Until {
    fn opened(&mut self, _: Time, _: &mut Outgoing<'_>) {}

    fn message(&mut self, _: MessageKind, payload: &[u8], _: Time, _: &mut Outgoing<'_>) -> bool {
        self.heard.push(payload.len());
        payload.len() != self.last
    }
}

fn read(socket: &mut Socket<Script>, room: usize, listen: &mut Until) -> Result<Drained, Over> {
    socket.read(&mut vec![0; room], &Time::default, false, listen)
}

/// An upgraded socket, of which nothing is written any more unless the stream is told to take it.
fn open() -> Socket<Script> {
    let stream = Script { incoming: VecDeque::new(), written: Vec::new(), takes: VecDeque::from([1 << 20]) };
    let target = "ws://made.up/".parse().expect("a URL");
    let mut socket = Socket::upgrade(stream, &target).expect("a request");
    socket.flush().expect("it takes all");
    let request = std::mem::take(&mut socket.stream().written);
    let mut answer = Vec::new();
    accept(&Request::parse(&request).expect("a request")).expect("an upgrade").write_response(&mut answer);
    socket.stream().incoming.extend(answer);
    let mut nothing = Until { last: 0, heard: Vec::new() };
    assert_eq!(read(&mut socket, 4096, &mut nothing).expect("an upgrade"), Drained::Yes);
    socket
}

fn server() -> WebSocket {
    WebSocket::new(Role::Server, Limits::LIFTED, 0)
}

#[test]
fn a_read_stops_at_the_last_message_that_is_wanted_and_the_next_one_is_in_step() {
    let mut socket = open();
    let mut frames = Vec::new();
    for length in [10, 3, 5, 20, 30] {
        server().send(MessageKind::Binary, &vec![7; length], &mut frames);
    }
    socket.stream().incoming.extend(frames);
    // The buffer ends within the message after the next: 12 + 5 + 7 bytes, and 2 of 22.
    let mut until = Until { last: 3, heard: Vec::new() };
    assert_eq!(read(&mut socket, 26, &mut until).expect("no end"), Drained::No);
    assert_eq!(until.heard, [10, 3]);
    until.last = 0;
    assert_eq!(read(&mut socket, 4096, &mut until).expect("in step"), Drained::Yes);
    assert_eq!(until.heard, [10, 3, 20, 30]);
}

#[test]
fn a_server_that_pings_and_does_not_read_is_given_up() {
    let mut socket = open();
    // FIN and ping, 125 bytes.
    let ping: Vec<u8> = [0x89, 125].into_iter().chain([0; 125]).collect();
    let mut until = Until { last: 0, heard: Vec::new() };
    let mut over = None;
    for _ in 0..2 * PONG_BYTES_MAX / 125 {
        socket.stream().incoming.extend(&ping);
        over = over.or(read(&mut socket, 4096, &mut until).err());
        if over.is_some() {
            break;
        }
        socket.flush().expect("it only waits");
    }
    assert!(matches!(over, Some(Over::PongsUnread)), "{over:?}");
    assert!(socket.unsent.len() <= PONG_BYTES_MAX + 200);
}

#[test]
fn what_is_sent_in_parts_is_sent_once_and_in_order() {
    let mut socket = open();
    let mut whole = Vec::new();
    for length in [100, 70, 50] {
        let before = socket.unsent.len() - socket.sent;
        socket.send(&vec![9; length]);
        whole.extend_from_slice(&socket.unsent[socket.sent + before..]);
        socket.stream().takes.extend([11, 29]);
        socket.flush().expect("it takes a part");
        assert_eq!(socket.unsent.len() - socket.sent, whole.len() - socket.stream().written.len());
    }
    socket.stream().takes.push_back(1 << 20);
    socket.flush().expect("it takes the rest");
    assert_eq!((socket.unsent.len() - socket.sent, &socket.stream().written), (0, &whole));
}

#[test]
fn a_stream_that_takes_nothing_is_broken() {
    let mut socket = open();
    socket.send(b"x");
    socket.stream().takes.push_back(0);
    assert!(matches!(socket.flush(), Err(Over::Io(error)) if error.kind() == ErrorKind::WriteZero));
}

#[test]
fn a_server_that_does_not_read_is_given_up() {
    let mut socket = open();
    let message = vec![7; 1 << 20];
    let over = (0..64).find_map(|sent: usize| {
        socket.send(&message);
        socket.flush().err().map(|over| (sent, over))
    });
    assert!(matches!(over, Some((31 | 32, Over::Unread))), "{over:?}");
}
