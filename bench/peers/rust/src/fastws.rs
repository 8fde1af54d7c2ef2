//! fastwebsockets on tokio.
//!
//! Echo: a task per connection, without vectored writes, as in its own echo server; the handshake is by hand, so that the
//! stream is a plain `TcpStream` and not hyper's boxed one. Fan-out: one task owns all write halves and writes them one after
//! another, which was found cheaper than a task per client; the payload is shared, the library writes the header.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;

use fastwebsockets::{
    FragmentCollector, Frame, OpCode, Payload, Role, WebSocket, WebSocketError, WebSocketWrite,
    after_handshake_split,
};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::asynchronous::{accept, upgrade};
use crate::tick::Ticker;

pub async fn echo(listener: TcpListener) -> io::Result<()> {
    accept(listener, |stream| async { drop(speak(stream).await) }).await
}

async fn speak(mut stream: TcpStream) -> Result<(), WebSocketError> {
    if upgrade(&mut stream).await.is_none() {
        return Ok(());
    }
    let mut ws = WebSocket::after_handshake(stream, Role::Server);
    ws.set_writev(false);
    let mut ws = FragmentCollector::new(ws);
    loop {
        let frame = ws.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => ws.write_frame(frame).await?,
            _ => {}
        }
    }
}

struct Client {
    write: WebSocketWrite<OwnedWriteHalf>,
    is_gone: Rc<Cell<bool>>,
}

pub async fn fanout(listener: TcpListener, mut ticker: Ticker) -> io::Result<()> {
    let arrived: Rc<RefCell<Vec<Client>>> = Rc::default();
    let all = Rc::clone(&arrived);
    tokio::task::spawn_local(async move {
        let mut clients = Vec::new();
        loop {
            tokio::time::sleep_until(ticker.deadline().into()).await;
            ticker.advance(std::time::Instant::now());
            clients.append(&mut arrived.borrow_mut());
            clients.retain(|client: &Client| !client.is_gone.get());
            let payload = ticker.payload();
            for client in &mut clients {
                let frame = Frame::binary(Payload::Borrowed(&payload));
                if client.write.write_frame(frame).await.is_err() {
                    client.is_gone.set(true);
                }
            }
        }
    });
    accept(listener, move |stream| listen(stream, Rc::clone(&all))).await
}

async fn listen(mut stream: TcpStream, arrived: Rc<RefCell<Vec<Client>>>) {
    if upgrade(&mut stream).await.is_none() {
        return;
    }
    let (read, write) = stream.into_split();
    let (mut read, mut write) = after_handshake_split(read, write, Role::Server);
    write.set_writev(false);
    read.set_auto_pong(false);
    let is_gone = Rc::new(Cell::new(false));
    arrived.borrow_mut().push(Client { write, is_gone: Rc::clone(&is_gone) });
    // Nothing has to be answered but pings, which no load sends.
    let mut answer = |_| async { Ok::<_, WebSocketError>(()) };
    while read.read_frame(&mut answer).await.is_ok_and(|frame| frame.opcode != OpCode::Close) {}
    is_gone.set(true);
}
