//! One player of the load: a session over a socket, its inputs that are under way, and what it measures.
//!
//! Open loop: an input's moment comes from the client's clock, which goes on whatever the server or this program does,
//! and its latency counts from that moment. An input that is sent late is not a shorter wait, it is a longer one.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_netcode::ids::{InputSeq, PlayerId};
use tickwire_netcode::message::bounded::Text;
use tickwire_netcode::message::{Hello, kind};
use tickwire_netcode::schema::Layout;
use tickwire_netcode::session::{ClientConfig, ClientEvent, ClientSession};
use tickwire_netcode::snapshot::update::decode_update;
use tickwire_netcode::time::Time;

use super::full_size::FullSize;
use super::hands::Hands;
use super::tally::Tally;
use crate::wire::socket::{Over, Socket};

/// Ticks that a session's clock catches up; it leaves those before out.
const CATCH_UP_TICKS: u64 = 8;
/// One decoded update in so many is encoded again in full. No divisor of 16, the interval of hashes, and cheap enough.
const FULL_SIZE_EVERY: u64 = 7;

/// Where a player stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Waits for Welcome and the first state.
    Joining,
    /// In the room.
    Playing,
    /// Refused, closed or broken.
    Gone,
}

/// What Welcome brought.
struct Room {
    id: String,
    layout: Layout,
    hands: Hands,
    player: PlayerId,
    period: Duration,
}

/// An input that the server has not reported as used.
struct UnderWay {
    number: InputSeq,
    due: Time,
    sent: Time,
}

/// What a thread's players share.
pub(crate) struct Desk {
    pub(crate) tally: Tally,
    pub(crate) buffer: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) full_size: FullSize,
    /// The window is open: what arrives is counted.
    pub(crate) is_measuring: bool,
}

pub(crate) struct Player {
    number: u32,
    socket: Socket,
    session: ClientSession,
    decodes: bool,
    /// Share of a tick by which this player's inputs are later than the updates it gets: people do not move as one.
    phase: Duration,
    phase_of_tick: f64,
    standing: Standing,
    room: Option<Box<Room>>,
    under_way: VecDeque<UnderWay>,
    updates: u64,
}

/// Who joins what, and how.
pub(crate) struct Seat<'a> {
    pub(crate) kind: &'a str,
    pub(crate) room: &'a str,
    pub(crate) number: u32,
    pub(crate) decodes: bool,
    /// 0 to 1: see `Player::phase`.
    pub(crate) phase: f64,
}

impl Player {
    pub(crate) fn new(socket: Socket, seat: &Seat<'_>) -> Self {
        let hello = Hello {
            sdk: Text::truncated(concat!("tickwire-bench ", env!("CARGO_PKG_VERSION"))),
            kind: Text::truncated(seat.kind),
            room: Text::truncated(seat.room),
            name: Text::truncated(&format!("load {}", seat.number)),
            ..Hello::default()
        };
        let session = ClientSession::new(ClientConfig { hello, cached_schema: None });
        Self {
            number: seat.number,
            socket,
            session: if seat.decodes { session } else { session.headers_only() },
            decodes: seat.decodes,
            phase: Duration::ZERO,
            phase_of_tick: seat.phase,
            standing: Standing::Joining,
            room: None,
            under_way: VecDeque::new(),
            updates: 0,
        }
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Inputs that are not acknowledged yet, unless nobody is left to do so.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The window begins: inputs of before it are not measured.
    pub(crate) fn begin(&mut self) {
        self.under_way.clear();
    }

    /// When its next input is due, if it plays.
    pub(crate) fn input_at(&self) -> Option<Time> {
        if self.standing != Standing::Playing {
            return None;
        }
        self.session.next_input_at().map(|due| due + self.phase)
    }

    /// Reads what has arrived and answers it.
    pub(crate) fn on_ready(&mut self, now: impl Fn() -> Time, desk: &mut Desk) {
        if self.standing == Standing::Gone {
            return;
        }
        let mut buffer = std::mem::take(&mut desk.buffer);
        let mut wrong = None;
        let Self { socket, session, room, updates, decodes, under_way, .. } = self;
        let read = socket.read(&mut buffer, now(), |message| {
            if wrong.is_none() {
                wrong = session.handle_message(message, now()).err();
                if wrong.is_none() {
                    on_update(message, *decodes, session, room.as_deref(), updates, desk);
                    settle(session.stats().input_applied, under_way, &now, desk);
                }
            }
        });
        desk.buffer = buffer;
        self.take_events(desk);
        if let Some(error) = wrong {
            self.end(format!("the server broke the protocol: {error}"), desk);
        } else if let Err(over) = read {
            self.end(over.to_string(), desk);
        } else {
            self.transmit(now(), desk);
        }
    }

    fn take_events(&mut self, desk: &mut Desk) {
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::Welcomed | ClientEvent::Moved => self.on_welcome(desk),
                ClientEvent::Rejected(reject) => {
                    self.end(format!("refused: {}", reject.reason.as_str()), desk);
                }
                ClientEvent::Updated { .. } if self.standing == Standing::Joining => {
                    self.standing = Standing::Playing;
                }
                ClientEvent::Updated { .. } | ClientEvent::Game(_) => {}
            }
        }
    }

    fn on_welcome(&mut self, desk: &mut Desk) {
        let (Some(welcome), Some(schema)) = (self.session.welcome(), self.session.schema()) else { return };
        // The session has compiled it already, so it is good.
        let Ok(layout) = Layout::new(schema) else { return };
        let period = Duration::from_secs(1) / u32::from(welcome.tick_rate_hz.max(1));
        desk.tally.rooms.insert(welcome.room.as_str().to_owned());
        desk.tally.tick_rate_hz = welcome.tick_rate_hz;
        self.phase = period.mul_f64(self.phase_of_tick);
        self.room = Some(Box::new(Room {
            id: welcome.room.as_str().to_owned(),
            hands: Hands::new(schema, layout.input().words(), self.number),
            layout,
            player: PlayerId(welcome.player),
            period,
        }));
    }

    /// Gives the inputs that are due, and sends them.
    pub(crate) fn give(&mut self, now: impl Fn() -> Time, desk: &mut Desk) {
        let Some(room) = &mut self.room else { return };
        let first = self.under_way.len();
        let mut skipped = 0;
        while let Some(due) = self.session.next_input_at() {
            // The session's clock is this player's phase behind.
            let at = Time::default() + now().since(Time::default() + self.phase);
            if self.session.input_due(at).is_none() {
                break;
            }
            let behind = (at.since(due).as_nanos() / room.period.as_nanos()) as u64;
            let left_out = if behind > CATCH_UP_TICKS { behind } else { 0 };
            skipped += left_out;
            let Ok(number) = self.session.push_input(room.hands.next(), at) else { break };
            let due = due + self.phase + room.period * u32::try_from(left_out).unwrap_or(u32::MAX);
            self.under_way.push_back(UnderWay { number, due, sent: due });
        }
        if self.under_way.len() == first {
            return;
        }
        self.transmit(now(), desk);
        let sent = now();
        for input in self.under_way.iter_mut().skip(first) {
            input.sent = sent;
            if desk.is_measuring {
                desk.tally.sent(input.due, sent, std::mem::take(&mut skipped));
            }
        }
    }

    fn transmit(&mut self, now: Time, desk: &mut Desk) {
        if !self.socket.is_open() {
            // The request for the upgrade may be unsent yet.
            if let Err(over) = self.socket.flush() {
                self.end(over.to_string(), desk);
            }
            return;
        }
        desk.message.clear();
        while self.session.poll_transmit(now, &mut desk.message) {
            self.socket.send(&desk.message);
            desk.message.clear();
        }
        if let Err(over) = self.socket.flush() {
            self.end(over.to_string(), desk);
        }
    }

    pub(crate) fn end(&mut self, why: String, desk: &mut Desk) {
        if self.standing != Standing::Gone {
            self.standing = Standing::Gone;
            desk.tally.unacknowledged += self.under_way.len() as u64;
            self.under_way.clear();
            desk.tally.lost.push(why);
            self.socket.shutdown();
        }
    }

    /// Says goodbye.
    pub(crate) fn leave(&mut self, now: Time, desk: &mut Desk) {
        if self.standing != Standing::Gone {
            self.session.leave(0);
            self.transmit(now, desk);
        }
    }
}

/// A player that could not even begin to connect.
pub(crate) fn lost(over: &Over, desk: &mut Desk) {
    desk.tally.lost.push(over.to_string());
}

/// Counts an update that the session has just taken.
fn on_update(
    message: &[u8],
    decodes: bool,
    session: &ClientSession,
    room: Option<&Room>,
    updates: &mut u64,
    desk: &mut Desk,
) {
    if !desk.is_measuring {
        return;
    }
    let tally = &mut desk.tally;
    tally.bytes += message.len() as u64;
    let (Some(&kind::UPDATE), Some(room)) = (message.first(), room) else { return };
    // One that does not decode is in the session's own count, and here in none but `failed`.
    let Ok(update) = decode_update(message) else {
        tally.failed += 1;
        return;
    };
    tally.update(&update, message.len());
    if !session.is_live() {
        tally.failed += 1;
    } else if !decodes {
        tally.headers_read += 1;
    } else {
        tally.decoded += 1;
        if let Some(hash) = session.world().slot_hash(0) {
            tally.agreement.check(&room.id, session.world_tick(), hash);
        }
        *updates += 1;
        if updates.is_multiple_of(FULL_SIZE_EVERY) {
            let full = desk.full_size.of(&room.layout, session.world(), room.player, &update);
            tally.compare(message.len(), full);
        }
    }
}

/// Takes the samples of all inputs that the server has used, or passed over for newer ones.
fn settle(applied: InputSeq, under_way: &mut VecDeque<UnderWay>, now: &impl Fn() -> Time, desk: &mut Desk) {
    while let Some(input) = under_way.pop_front() {
        if input.number > applied {
            under_way.push_front(input);
            return;
        }
        desk.tally.acknowledged(input.due, input.sent, now());
    }
}
