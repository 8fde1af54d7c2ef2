//! A client that a test drives step by step, and several of them together, over real sockets.
//!
//! Owns polling and what was seen; unlike a [`bot`](crate::bots) it may be refused, moved and closed.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_client::netcode::schema::Event as Declared;
use tickwire_client::{Client, Clock, Event, GameEvent, Options};

use crate::deadline::Deadline;

/// How long anything of this kind may take on a loaded machine.
const LIMIT: Duration = Duration::from_secs(30);
const NAP: Duration = Duration::from_millis(2);

/// One client and what it has seen.
#[derive(Debug)]
pub struct Visitor {
    /// Its connection.
    pub client: Client,
    clock: Clock,
    /// What happened in the room it is in, in order.
    pub events: Vec<GameEvent>,
    /// How often it was moved.
    pub moves: usize,
    /// The code that it was closed with, once it was.
    pub closed: Option<Option<u16>>,
}

impl Visitor {
    /// Connects and asks for a room; an empty id is any room of the kind.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    #[track_caller]
    pub fn connect(address: SocketAddr, kind: &str, room: &str, name: &str) -> Self {
        let options = Options { room: room.to_owned(), ..Options::new(kind, name) };
        let client = Client::connect(&format!("ws://{address}/ws"), &options);
        let client = client.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { client, clock: Clock::new(), events: Vec::new(), moves: 0, closed: None }
    }

    /// Kind and id of the room that it is in.
    #[must_use]
    pub fn place(&self) -> Option<(&str, &str)> {
        self.client.welcome().map(|welcome| (welcome.kind.as_str(), welcome.room.as_str()))
    }

    /// The events of the room it is in, as values.
    ///
    /// # Panics
    /// When the server's events are others.
    #[must_use]
    #[track_caller]
    pub fn heard<E: Declared + 'static>(&self) -> Vec<E> {
        let decode = |event| self.client.decode_event::<E>(event).unwrap_or_else(|error| panic!("{error}"));
        self.events.iter().map(decode).collect()
    }

    fn poll(&mut self, act: &mut impl FnMut(&mut Self)) {
        if self.closed.is_some() {
            return;
        }
        let now = self.clock.now();
        self.client.poll(now).unwrap_or_else(|error| panic!("{error}"));
        while let Some(event) = self.client.next_event() {
            match event {
                Event::Game(event) => self.events.push(event),
                Event::Moved => {
                    self.moves += 1;
                    self.events.clear();
                }
                Event::Closed { code, .. } => self.closed = Some(code),
                Event::Joined | Event::Rejected(_) | Event::Updated { .. } => {}
            }
        }
        act(self);
    }

    /// Gives this input if one is due.
    ///
    /// # Panics
    /// When the server's input is another one.
    #[track_caller]
    pub fn give<I: tickwire_client::netcode::schema::Input>(&mut self, input: &I) {
        let now = self.clock.now();
        if self.client.is_live() && self.client.input_due(now) {
            self.client.input(input, now).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// Drives all visitors until `done`; `act` is called for each after each poll.
///
/// # Panics
/// When it takes more than half a minute; the message says `what` was waited for.
#[track_caller]
pub fn drive(
    what: &str,
    visitors: &mut [Visitor],
    mut act: impl FnMut(&mut Visitor),
    done: impl Fn(&[Visitor]) -> bool,
) {
    let deadline = Deadline::after(LIMIT);
    while !done(visitors) {
        assert!(!deadline.passed(), "{what}: not within {LIMIT:?}: {visitors:?}");
        visitors.iter_mut().for_each(|visitor| visitor.poll(&mut act));
        if let Some(visitor) = visitors.iter_mut().find(|visitor| visitor.closed.is_none()) {
            // Others hear at about the same moment.
            let _ = visitor.client.wait(visitor.clock.now(), NAP);
        }
    }
}

/// Drives all visitors until `done`, doing nothing.
///
/// # Panics
/// As [`drive`].
#[track_caller]
pub fn watch(what: &str, visitors: &mut [Visitor], done: impl Fn(&[Visitor]) -> bool) {
    drive(what, visitors, |_| {}, done);
}
