//! tungstenite on mio: non-blocking sockets, one poll, one thread.
//!
//! Echo: all messages of a readiness are read and written to the library's buffer, then flushed once. Fan-out: one `send` per
//! connection with the payload shared; the library has no way to share the frame's bytes. The handshake is the library's,
//! on the blocking socket: the load sends its request at once.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use crate::tick::Ticker;

const LISTENER: Token = Token(usize::MAX);
/// A peer that asks for nothing must not stop the others for longer.
const HANDSHAKE_LIMIT: Duration = Duration::from_millis(100);

type Ws = WebSocket<TcpStream>;

/// Echoes; with a ticker it fans out instead and drops what it reads.
pub fn serve(
    listener: TcpListener,
    buffer_bytes: Option<usize>,
    mut ticker: Option<Ticker>,
) -> io::Result<()> {
    let mut listener = mio::net::TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut clients: Slab<Ws> = Slab::new();
    loop {
        let timeout =
            ticker.as_ref().map(|ticker| ticker.deadline().saturating_duration_since(Instant::now()));
        match poll.poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            match event.token() {
                LISTENER => accept(&listener, &poll, &mut clients, buffer_bytes)?,
                Token(index) => {
                    let Some(ws) = clients.get_mut(index) else { continue };
                    let alive = if ticker.is_some() { drain(ws) } else { echo(ws) };
                    if !alive {
                        clients.remove(index);
                    }
                }
            }
        }
        if let Some(ticker) = &mut ticker
            && ticker.deadline() <= Instant::now()
        {
            ticker.advance(Instant::now());
            let payload = ticker.payload();
            clients.retain(|_, ws| is_alive(ws.send(Message::Binary(payload.clone()))));
        }
    }
}

fn accept(
    listener: &mio::net::TcpListener,
    poll: &Poll,
    clients: &mut Slab<Ws>,
    buffer_bytes: Option<usize>,
) -> io::Result<()> {
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => std::net::TcpStream::from(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nodelay(true)?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(HANDSHAKE_LIMIT))?;
        let config = buffer_bytes.map_or_else(WebSocketConfig::default, |bytes| {
            WebSocketConfig::default().read_buffer_size(bytes).write_buffer_size(bytes)
        });
        // After the handshake nothing of a frame has been read: a client waits for the answer.
        let Ok(ws) = tungstenite::accept_with_config(stream.try_clone()?, Some(config)) else { continue };
        drop(ws);
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let entry = clients.vacant_entry();
        poll.registry().register(&mut stream, Token(entry.key()), Interest::READABLE | Interest::WRITABLE)?;
        entry.insert(Ws::from_raw_socket(stream, tungstenite::protocol::Role::Server, Some(config)));
    }
}

fn echo(ws: &mut Ws) -> bool {
    loop {
        match ws.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                if !is_alive(ws.write(message)) {
                    return false;
                }
            }
            Ok(_) => {}
            Err(error) if is_pending(&error) => return is_alive(ws.flush()),
            Err(_) => return false,
        }
    }
}

fn drain(ws: &mut Ws) -> bool {
    loop {
        match ws.read() {
            Ok(_) => {}
            Err(error) => return is_pending(&error),
        }
    }
}

fn is_pending(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

/// A full socket is no end: the library keeps what it did not take.
fn is_alive(done: Result<(), Error>) -> bool {
    done.err().is_none_or(|error| is_pending(&error))
}
