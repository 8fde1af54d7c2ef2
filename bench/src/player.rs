//! One player of the load: a client, its inputs that are under way, and what it measured.
//!
//! Open loop: an input's moment comes from the client's clock, which goes on whatever the server or this program does,
//! and its sample counts from that moment. An input that is given late is not a shorter wait, it is a longer one.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_client::netcode::glam::Vec2;
use tickwire_client::netcode::ids::InputSeq;
use tickwire_client::netcode::time::Time;
use tickwire_client::netcode::{self, Input};
use tickwire_client::{Client, ClientError, ClientStats, Event, Options};

/// The arena's input; the client refuses to send it when the server's has other fields.
#[derive(Input, Clone, Copy, Default)]
#[rep(crate = netcode)]
struct Stick {
    #[rep(range = -1.0..1.0, step = 0.125)]
    thrust: Vec2,
    #[rep(angle, bits = 10)]
    aim: f32,
    fire: bool,
    #[rep(edge)]
    trigger: bool,
}

/// Where a player stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Waits for Welcome and the first state.
    Joining,
    /// In the room.
    Playing,
    /// Refused, closed or broken: why.
    Gone(String),
}

pub(crate) struct Player {
    client: Client,
    number: u32,
    standing: Standing,
    given: u32,
    /// Inputs that the server has not reported as used, and when each was due.
    under_way: VecDeque<(InputSeq, Time)>,
    /// The counters when the measurement began.
    before: ClientStats,
}

impl Player {
    pub(crate) fn connect(url: &str, room: &str, number: u32) -> Result<Self, ClientError> {
        let options = Options { room: room.to_owned(), ..Options::new("arena", &format!("load {number}")) };
        let client = Client::connect(url, &options)?;
        let standing = Standing::Joining;
        Ok(Self {
            client,
            number,
            standing,
            given: 0,
            under_way: VecDeque::new(),
            before: ClientStats::default(),
        })
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(crate) fn tick_rate_hz(&self) -> Option<u16> {
        self.client.welcome().map(|welcome| welcome.tick_rate_hz)
    }

    /// Forgets what was measured so far.
    pub(crate) fn begin(&mut self) {
        self.before = self.client.stats();
        self.under_way.clear();
    }

    /// Receives and sends. `give`: inputs are given when they are due.
    pub(crate) fn poll(&mut self, now: impl Fn() -> Time, give: bool, round_trip_us: &mut Histogram<u64>) {
        if matches!(self.standing, Standing::Gone(_)) {
            return;
        }
        if let Err(error) = self.client.poll(now()) {
            self.standing = Standing::Gone(error.to_string());
            return;
        }
        while let Some(event) = self.client.next_event() {
            match event {
                Event::Rejected(reject) => {
                    self.standing = Standing::Gone(format!("refused: {}", reject.reason.as_str()));
                }
                Event::Closed { code, .. } if !matches!(self.standing, Standing::Gone(_)) => {
                    self.standing = Standing::Gone(match code {
                        Some(code) => format!("closed with {code}"),
                        None => "closed without a code".to_owned(),
                    });
                }
                Event::Updated { .. } if self.standing == Standing::Joining => {
                    self.standing = Standing::Playing;
                }
                Event::Joined
                | Event::Moved
                | Event::Updated { .. }
                | Event::Game(_)
                | Event::Closed { .. } => {}
            }
        }
        self.settle(now(), round_trip_us);
        if let Err(error) = self.give(now(), give) {
            self.standing = Standing::Gone(error.to_string());
        }
    }

    /// Takes the samples of all inputs that the server has used, or passed over for newer ones.
    fn settle(&mut self, now: Time, round_trip_us: &mut Histogram<u64>) {
        let applied = self.client.stats().input_applied;
        while let Some(&(_, due)) = self.under_way.front().filter(|(number, _)| *number <= applied) {
            round_trip_us.saturating_record(micros(now.since(due)));
            self.under_way.pop_front();
        }
    }

    fn give(&mut self, now: Time, give: bool) -> Result<(), ClientError> {
        while give && self.standing == Standing::Playing {
            let due = self.client.next_input_at();
            if !self.client.input_due(now) {
                break;
            }
            let number = self.client.input(&self.stick(), now)?;
            self.under_way.push_back((number, due.unwrap_or(now)));
            self.given += 1;
        }
        Ok(())
    }

    /// Flies about and fires now and then, each by its own number.
    fn stick(&self) -> Stick {
        let turn = (self.given / 30 + self.number * 7) as f32 * 0.7;
        let fire = (self.given / 15 + self.number).is_multiple_of(4);
        Stick {
            thrust: Vec2::from_angle(turn),
            aim: turn.rem_euclid(std::f32::consts::TAU),
            fire,
            trigger: fire,
        }
    }

    pub(crate) fn under_way(&self) -> u64 {
        self.under_way.len() as u64
    }

    pub(crate) fn given(&self) -> u32 {
        self.given
    }

    /// The counters since [`Player::begin`]: updates, bytes, updates that did not decode or had another hash.
    pub(crate) fn received(&self) -> Received {
        let stats = self.client.stats();
        Received {
            updates: stats.updates - self.before.updates,
            bytes: stats.bytes - self.before.bytes,
            failed: stats.updates_failed - self.before.updates_failed,
        }
    }

    pub(crate) fn leave(&mut self, now: Time) {
        self.client.leave();
        let _ = self.client.poll(now);
    }
}

/// What a player received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) updates: u64,
    pub(crate) bytes: u64,
    pub(crate) failed: u64,
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
