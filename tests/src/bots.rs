//! Bots: Rust clients that are driven together, by one thread, over real sockets.
//!
//! Owns joining, polling and what each bot has seen. What a bot does is the caller's. Every update is decoded and its
//! hash checked by the client itself; the state hashes are kept, to be compared with the server's own.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_client::netcode::time::{Tick, Time};
use tickwire_client::{Client, ClientStats, Clock, Event, GameEvent, Options};

use crate::deadline::Deadline;

/// The place of the public slot in every update.
const PUBLIC: usize = 0;
/// How long one wait on a socket may take: short enough to find the next input due.
const NAP: Duration = Duration::from_millis(2);

/// One bot.
#[derive(Debug)]
pub struct Bot {
    /// Its connection.
    pub client: Client,
    /// Its place among its fellows, from 0.
    pub number: usize,
    /// Inputs given so far.
    pub inputs: u32,
    /// Tick and public hash of each state it has held.
    pub states: Vec<(Tick, u32)>,
    /// What happened in the game, in order.
    pub events: Vec<GameEvent>,
    joined: bool,
}

impl Bot {
    /// Counters of its session.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        self.client.stats()
    }

    #[track_caller]
    fn poll(&mut self, now: Time) {
        let number = self.number;
        self.client.poll(now).unwrap_or_else(|error| panic!("bot {number}: {error}"));
        let mut updated = false;
        while let Some(event) = self.client.next_event() {
            match event {
                Event::Joined => self.joined = true,
                Event::Updated { .. } => updated = true,
                Event::Game(event) => self.events.push(event),
                other @ (Event::Rejected(_) | Event::Moved | Event::Closed { .. }) => {
                    panic!("bot {number}: {other:?}")
                }
            }
        }
        // Several updates may have come; the world is the state of the newest.
        if updated {
            let hash = self.client.world().slot_hash(PUBLIC).expect("there is a state");
            self.states.push((self.client.tick(), hash));
        }
    }
}

/// Bots in one room.
#[derive(Debug)]
pub struct Crowd {
    clock: Clock,
    bots: Vec<Bot>,
}

impl Crowd {
    /// Connects `count` bots to rooms of `kind` and waits until all of them have joined and have a state.
    ///
    /// # Panics
    /// When one cannot.
    #[must_use]
    #[track_caller]
    pub fn join(address: SocketAddr, kind: &str, count: usize, limit: Duration) -> Self {
        let url = format!("ws://{address}/ws");
        let connect = |number| {
            let options = Options::new(kind, &format!("bot {number}"));
            let client = Client::connect(&url, &options).unwrap_or_else(|error| panic!("{error}"));
            Bot { client, number, inputs: 0, states: Vec::new(), events: Vec::new(), joined: false }
        };
        let mut crowd = Self { clock: Clock::new(), bots: (0..count).map(connect).collect() };
        let ready = |bots: &[Bot]| bots.iter().all(|bot| bot.joined && !bot.states.is_empty());
        crowd.play_until("all bots have joined", limit, |_, _| {}, ready);
        crowd
    }

    /// The bots.
    #[must_use]
    pub fn bots(&self) -> &[Bot] {
        &self.bots
    }

    /// Drives all bots until `done`. `play` is called for a bot whenever an input is due, and gives it.
    ///
    /// # Panics
    /// When a session ends, or `limit` has passed; the message says `what` was waited for.
    #[track_caller]
    pub fn play_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut play: impl FnMut(&mut Bot, Time),
        done: impl Fn(&[Bot]) -> bool,
    ) {
        let deadline = Deadline::after(limit);
        while !done(&self.bots) {
            assert!(!deadline.passed(), "{what}: not within {limit:?}");
            for bot in &mut self.bots {
                let now = self.clock.now();
                bot.poll(now);
                while bot.client.input_due(now) {
                    let before = bot.inputs;
                    play(bot, now);
                    if bot.inputs == before {
                        break;
                    }
                }
            }
            if let Some(bot) = self.bots.first_mut() {
                // All bots hear of a tick at about the same moment, so one of them is waited for.
                let _ = bot.client.wait(self.clock.now(), NAP);
            }
        }
    }

    /// All say goodbye; returns when the server has closed every session.
    ///
    /// # Panics
    /// When one is not closed with 1000 within `limit`.
    #[track_caller]
    pub fn leave(mut self, limit: Duration) {
        let deadline = Deadline::after(limit);
        self.bots.iter_mut().for_each(|bot| bot.client.leave());
        for bot in &mut self.bots {
            loop {
                assert!(!deadline.passed(), "bot {} is not let go", bot.number);
                let now = self.clock.now();
                bot.client.poll(now).unwrap_or_else(|error| panic!("bot {}: {error}", bot.number));
                let events = std::iter::from_fn(|| bot.client.next_event());
                if let Some(code) = events.filter_map(|event| closed(&event)).last() {
                    assert_eq!(code, Some(1000), "bot {}", bot.number);
                    break;
                }
                let _ = bot.client.wait(now, NAP);
            }
        }
    }
}

fn closed(event: &Event) -> Option<Option<u16>> {
    if let Event::Closed { code, .. } = event { Some(*code) } else { None }
}
