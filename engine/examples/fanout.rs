//! Sends one binary frame per tick to every connection: the physics of a broadcast, without a game.
//!
//! Each frame is framed once and goes through the write path that updates use: a connection that does not take a frame
//! misses it. Payload bytes 0..8 are the monotonic clock at the tick (nanoseconds, u64, little-endian), the rest is
//! pseudo-random and different at each tick. What clients send is read and dropped. Any path, any Origin.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tickwire::clock::Clock;
use tickwire::metrics::Metrics;
use tickwire::net::connections::Connections;
use tickwire::net::http;
use tickwire::net::listener::Listener;
use tickwire::net::outbox::Outbox;
use tickwire::net::service::{Closed, ConnectionId, Flow, Message, Route, Service};
use tickwire::net::transport::Transport;
use tickwire::net::wake::Wake;
use tickwire::netcode::time::Time;
use tickwire::netcode::ws::handshake::Request;
use tickwire::netcode::ws::{Limits, MessageKind, frame};
use tickwire::server::io_threads::{IoOptions, IoThreads, raise_descriptor_limit};
use tickwire::sim::TickClock;
use tickwire::tick_grid::TickGrid;

/// A server that sends one distinct binary frame per tick to every WebSocket client.
#[derive(Parser, Debug)]
#[command(after_help = "Example:\n  fanout --listen 127.0.0.1:9002 --hz 60 --bytes 200")]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9002")]
    listen: String,
    /// Frames per second.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    hz: u32,
    /// Payload size in bytes, 8 to 1048576.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(8..=1 << 20))]
    bytes: u32,
    /// Read what clients send when it comes, instead of in one pass before each tick once there are many.
    #[arg(long)]
    wake_for_reads: bool,
    /// Number of I/O threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    io_threads: u8,
}

/// The frame of one tick, shared by all I/O threads.
type Frame = Arc<[u8]>;

/// The way to one I/O thread: a place for one frame.
struct Outlet {
    sender: Sender<Frame>,
    /// Takes out what the thread has not.
    stale: Receiver<Frame>,
    wake: Wake,
}

impl Outlet {
    /// Puts the frame in; an older one that a late thread has left there is dropped.
    fn replace(&self, frame: &Frame) {
        while let Err(TrySendError::Full(_)) = self.sender.try_send(Arc::clone(frame)) {
            let _ = self.stale.try_recv();
        }
    }
}

struct Fanout {
    /// For `/metrics`, which tells whether reads wait for the tick.
    metrics: Arc<Metrics>,
    frames: Receiver<Frame>,
    /// Kept for its memory.
    ids: Vec<ConnectionId>,
}

impl Service for Fanout {
    type Session = ();

    // A receiver that has a tail pending is still read: what it sends is dropped anyway.
    const READS_WHILE_BLOCKED: bool = true;

    fn limits(&self) -> Limits {
        Limits::LIFTED
    }

    fn route(&mut self, request: &Request<'_>) -> Route {
        if request.header("upgrade").is_some() {
            Route::Upgrade
        } else {
            Route::Respond(self.metrics.respond(request).unwrap_or_else(|| http::plain(&[], request)))
        }
    }

    fn opened(&mut self, _: ConnectionId, _: Time) {}

    fn message(&mut self, _: ConnectionId, (): &mut (), _: Message<'_>, _: &mut Outbox<'_>, _: Time) -> Flow {
        Flow::Continue
    }

    fn closed(&mut self, _: ConnectionId, (): (), _: Closed) {}

    fn tick<T: Transport>(&mut self, connections: &mut Connections<'_, T, ()>, _: Time) {
        // A pass that took longer than a tick goes on with the newest frame: an older one was replaced.
        let Ok(newest) = self.frames.try_recv() else { return };
        self.ids.clear();
        connections.ids(&mut self.ids);
        for &id in &self.ids {
            connections.send(id, |(), _, buffer| buffer.extend_from_slice(&newest));
        }
    }
}

/// One tick's frame: header, stamp, noise.
fn frame_of(stamp: Time, bytes: u32, tick: u64) -> Frame {
    let mut out = frame::header(MessageKind::Binary, bytes as usize).to_vec();
    let end = out.len() + bytes as usize;
    out.extend_from_slice(&stamp.as_nanos().to_le_bytes());
    let mut state = tick;
    while out.len() < end {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        out.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    out.truncate(end);
    out.into()
}

/// Makes frames until the process ends.
fn tick_forever(grid: TickGrid, bytes: u32, outlets: &[Outlet]) {
    let mut clock = TickClock::new(grid);
    for tick in 0_u64.. {
        clock.sleep();
        let frame = frame_of(Clock::now(), bytes, tick);
        for outlet in outlets {
            outlet.replace(&frame);
            outlet.wake.wake();
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fanout: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    raise_descriptor_limit();
    let listener = Listener::bind(&arguments.listen)?;
    let options =
        IoOptions { threads: usize::from(arguments.io_threads), signals: true, ..IoOptions::default() };
    let grid = TickGrid::new(Clock::now(), arguments.hz);
    let mut threads = IoThreads::prepare(listener, options)?;
    if !arguments.wake_for_reads {
        threads = threads.reading_before(grid)?;
    }
    println!("listening on http://{}", threads.address());
    let outlets: Vec<_> = threads
        .wakes()
        .into_iter()
        .map(|wake| {
            let (sender, stale) = bounded(1);
            Outlet { sender, stale, wake }
        })
        .collect();
    let metrics = threads.metrics();
    let running = threads.spawn(|index| Fanout {
        metrics: Arc::clone(&metrics),
        frames: outlets[index].stale.clone(),
        ids: Vec::new(),
    })?;
    let bytes = arguments.bytes;
    spawn(move || tick_forever(grid, bytes, &outlets));
    running.join()?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the ticks of this example have a thread of their own")]
fn spawn(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}
