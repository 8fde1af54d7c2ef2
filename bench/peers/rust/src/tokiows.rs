//! tokio-websockets on tokio.
//!
//! Echo: a task per connection; what one read brought is fed and flushed together, which batches pipelined messages.
//! Fan-out: one task owns all sinks and sends one after another; the payload is shared, the library writes the header.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;

use futures_util::stream::SplitSink;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_websockets::{Error, Message, ServerBuilder, WebSocketStream};

use crate::asynchronous::accept;
use crate::tick::Ticker;

type Ws = WebSocketStream<TcpStream>;

pub async fn echo(listener: TcpListener) -> io::Result<()> {
    accept(listener, |stream| async { drop(speak(stream).await) }).await
}

async fn speak(stream: TcpStream) -> Result<(), Error> {
    let (_, mut ws) = ServerBuilder::new().accept(stream).await?;
    let mut batch = Vec::new();
    while let Some(message) = ws.next().await {
        batch.push(message?);
        // Taken out before anything is fed: the library flushes what is pending whenever it is asked for a message.
        while let Some(Some(message)) = ws.next().now_or_never() {
            batch.push(message?);
        }
        for message in batch.drain(..) {
            if message.is_text() || message.is_binary() {
                ws.feed(message).await?;
            }
        }
        ws.flush().await?;
    }
    Ok(())
}

struct Client {
    sink: SplitSink<Ws, Message>,
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
                if client.sink.send(Message::binary(payload.clone())).await.is_err() {
                    client.is_gone.set(true);
                }
            }
        }
    });
    accept(listener, move |stream| listen(stream, Rc::clone(&all))).await
}

async fn listen(stream: TcpStream, arrived: Rc<RefCell<Vec<Client>>>) {
    let Ok((_, ws)) = ServerBuilder::new().accept(stream).await else { return };
    let (sink, mut read) = ws.split();
    let is_gone = Rc::new(Cell::new(false));
    arrived.borrow_mut().push(Client { sink, is_gone: Rc::clone(&is_gone) });
    while let Some(Ok(_)) = read.next().await {}
    is_gone.set(true);
}
