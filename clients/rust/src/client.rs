//! [`Client`]: a session driven over a socket by `poll`.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_netcode::error::ProtocolError;
use tickwire_netcode::ids::PlayerId;
use tickwire_netcode::message::bounded::{Bytes, Text};
use tickwire_netcode::message::{Hello, Reject, Welcome};
use tickwire_netcode::schema::Schema;
use tickwire_netcode::session::{ClientConfig, ClientEvent, ClientSession, ClientStats, GameEvent};
use tickwire_netcode::snapshot::World;
use tickwire_netcode::time::{Tick, Time};
use tickwire_netcode::ws::{Closed, MessageKind};

use crate::error::ClientError;
use crate::target::Target;
use crate::transport::{Arrived, Transport};
use crate::typed::Checked;

/// What to join, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kind of room, at most 32 bytes.
    pub kind: String,
    /// Room id, at most 32 bytes; empty for any room of that kind.
    pub room: String,
    /// The player's name, at most 32 bytes; may be empty.
    pub name: String,
    /// For the server's authenticator, at most 512 bytes; may be empty.
    pub token: Vec<u8>,
    /// A schema of an earlier session, which the server then need not send again.
    pub schema: Option<Schema>,
}

impl Options {
    /// Any room of `kind`, under `name`.
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.into(), name: name.into(), ..Self::default() }
    }

    fn hello(&self) -> Result<Hello, ClientError> {
        let text =
            |what, text: &str| Text::new(text).map_err(|error| ClientError::TooLong { what, max: error.max });
        let token = Bytes::new(&self.token)
            .map_err(|error| ClientError::TooLong { what: "token", max: error.max })?;
        Ok(Hello {
            sdk: Text::truncated(concat!("tickwire-rust ", env!("CARGO_PKG_VERSION"))),
            kind: text("kind", &self.kind)?,
            room: text("room", &self.room)?,
            name: text("name", &self.name)?,
            token,
            ..Hello::default()
        })
    }
}

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The seat is granted.
    Joined,
    /// The player is in another room now, see [`Client::welcome`]: the schema may be another one, the world is empty.
    Moved,
    /// The seat is refused; Closed follows.
    Rejected(Reject),
    /// The world is the state of this tick.
    Updated {
        /// The tick.
        tick: Tick,
    },
    /// Something happened in the game: see [`Client::decode_event`].
    Game(GameEvent),
    /// The connection is over; nothing follows.
    Closed {
        /// The close code, if one was on the wire: PROTOCOL section 8.
        code: Option<u16>,
        /// Both sides said so.
        clean: bool,
    },
}

/// One player's connection to a room.
///
/// Nothing happens outside of its calls: [`Client::poll`] it at least once a tick.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    pub(crate) session: ClientSession,
    pub(crate) checked: Checked,
    events: VecDeque<Event>,
    closed: bool,
    /// When the input was due that a wait has returned for last.
    woken_for: Option<Time>,
    /// Reused for messages that are sent.
    message: Vec<u8>,
}

impl Client {
    /// Connects to `ws://HOST:PORT/PATH`, and asks to join.
    ///
    /// Resolves the name and opens the TCP connection before it returns, which may block for some seconds; all the
    /// rest happens in [`Client::poll`].
    ///
    /// # Errors
    /// The URL, an option, or that nobody answers there.
    pub fn connect(url: &str, options: &Options) -> Result<Self, ClientError> {
        let target: Target = url.parse()?;
        let config = ClientConfig { hello: options.hello()?, cached_schema: options.schema.clone() };
        Ok(Self {
            transport: Transport::connect(&target)?,
            session: ClientSession::new(config),
            checked: Checked::default(),
            events: VecDeque::new(),
            closed: false,
            woken_for: None,
            message: Vec::new(),
        })
    }

    /// Reads what has arrived, and writes what is due. Never blocks.
    ///
    /// # Errors
    /// The upgrade was refused, the connection broke, or the server broke the protocol: the client is over.
    pub fn poll(&mut self, now: Time) -> Result<(), ClientError> {
        let polled = self.read(now).and_then(|()| self.write(now));
        if polled.is_err() {
            self.closed = true;
            self.transport.shutdown();
        }
        polled
    }

    fn read(&mut self, now: Time) -> Result<(), ClientError> {
        let Self { transport, session, .. } = self;
        let mut ended: Option<Closed> = None;
        let mut wrong: Option<ProtocolError> = None;
        transport.read(now, |arrived| {
            match arrived {
                Arrived::Message(MessageKind::Binary, message) => {
                    wrong = session.handle_message(message, now).err();
                }
                Arrived::Message(MessageKind::Text, _) => wrong = Some(ProtocolError::NotBinary),
                Arrived::Closed(closed) => ended = Some(closed),
            }
            wrong.is_none()
        })?;
        while let Some(event) = session.poll_event() {
            self.events.push_back(match event {
                ClientEvent::Welcomed => Event::Joined,
                ClientEvent::Moved => {
                    self.checked = Checked::default();
                    Event::Moved
                }
                ClientEvent::Rejected(reject) => Event::Rejected(reject),
                ClientEvent::Updated { tick } => Event::Updated { tick },
                ClientEvent::Game(event) => Event::Game(event),
            });
        }
        if let Some(error) = wrong {
            transport.close(error.close_code().code(), "");
            transport.flush()?;
            return Err(ClientError::Protocol(error));
        }
        if let Some(Closed { code, clean, .. }) = ended {
            self.events.push_back(Event::Closed { code, clean });
            self.closed = true;
            // The answer to the server's close frame.
            transport.flush()?;
            transport.shutdown();
        }
        Ok(())
    }

    fn write(&mut self, now: Time) -> Result<(), ClientError> {
        if self.transport.is_open() {
            self.message.clear();
            while self.session.poll_transmit(now, &mut self.message) {
                self.transport.send(&self.message);
                self.message.clear();
            }
        }
        self.transport.flush()
    }

    /// The next event, in order.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Blocks until something arrives, an ack or an input is due, or `timeout` has passed; then poll.
    ///
    /// Returns once for each input that is due, whether or not it is given: a spectator may sleep as well.
    ///
    /// Sleeps in the kernel (a read with a timeout, whose grain is that of the system's timers: about 1 ms), so that
    /// an idle bot costs no CPU. It serves one client: a program with many polls all of them and sleeps by itself.
    ///
    /// # Errors
    /// The socket refuses to change its mode.
    pub fn wait(&mut self, now: Time, timeout: Duration) -> Result<(), ClientError> {
        let time = self.wait_time(now, timeout);
        self.transport.wait(time)
    }

    pub(crate) fn wait_time(&mut self, now: Time, timeout: Duration) -> Duration {
        let input = self.session.next_input_at().filter(|&at| self.woken_for != Some(at));
        if let Some(due) = input.filter(|&at| at <= now) {
            self.woken_for = Some(due);
        }
        let due = [input, self.session.next_ack_at()].into_iter().flatten().min();
        due.map_or(timeout, |due| due.since(now).min(timeout))
    }

    /// Leaves on purpose. Go on polling until [`Event::Closed`], or drop the client.
    pub fn leave(&mut self) {
        self.session.leave(0);
    }

    /// The connection is over.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Every update is being applied.
    pub fn is_live(&self) -> bool {
        self.session.is_live() && !self.closed
    }

    /// One's own player id, once joined.
    pub fn player(&self) -> Option<PlayerId> {
        self.session.player()
    }

    /// What Welcome said, once joined.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.session.welcome()
    }

    /// The schema of the room, once joined.
    pub fn schema(&self) -> Option<&Schema> {
        self.session.schema()
    }

    /// The newest good state, in words; its public and own hash are those of the server.
    pub fn world(&self) -> &World {
        self.session.world()
    }

    /// The tick of [`Client::world`]; meaningless before the first [`Event::Updated`].
    pub fn tick(&self) -> Tick {
        self.session.world_tick()
    }

    /// Counters and measurements.
    pub fn stats(&self) -> ClientStats {
        self.session.stats()
    }
}
