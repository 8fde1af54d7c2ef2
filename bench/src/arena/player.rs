//! One player of the load: a session, its inputs that are under way, and what it measures.
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
use tickwire_netcode::ws::MessageKind;

use super::ages::TickStarts;
use super::full_size::FullSize;
use super::hands::Hands;
use super::tally::Tally;
use crate::connection::Gone;
use crate::load::{Cx, Flow, Recorder};

/// Ticks that a session's clock catches up; it leaves those before out.
const CATCH_UP_TICKS: u64 = 8;
/// One decoded update in so many is encoded again in full. No divisor of 16, the interval of hashes, and cheap enough.
const FULL_SIZE_EVERY: u64 = 7;

/// What Welcome brought.
struct Room {
    id: String,
    layout: Layout,
    hands: Hands,
    player: PlayerId,
    period: Duration,
    starts: TickStarts,
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
    pub(crate) message: Vec<u8>,
    pub(crate) full_size: FullSize,
    /// The machine's monotonic clock at the beginning of the run's, if there is one.
    pub(crate) epoch_ns: Option<u64>,
}

pub(crate) struct Player {
    number: u32,
    session: ClientSession,
    decodes: bool,
    /// Share of a tick by which this player's inputs are later than the updates it gets: people do not move as one.
    phase: Duration,
    phase_of_tick: f64,
    /// It has a state: it is in the room.
    plays: bool,
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
    pub(crate) fn new(seat: &Seat<'_>) -> Self {
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
            session: if seat.decodes { session } else { session.headers_only() },
            decodes: seat.decodes,
            phase: Duration::ZERO,
            phase_of_tick: seat.phase,
            plays: false,
            room: None,
            under_way: VecDeque::new(),
            updates: 0,
        }
    }

    pub(crate) fn plays(&self) -> bool {
        self.plays
    }

    /// Inputs that are not acknowledged yet.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The run is over: tells of the inputs that the server has not used.
    pub(crate) fn give_up(&self, now: Time, recorder: &mut Recorder) {
        for input in &self.under_way {
            recorder.never_answered(input.due, input.sent, now);
        }
    }

    /// When its next input is due, if it plays.
    pub(crate) fn input_at(&self) -> Option<Time> {
        self.session.next_input_at().filter(|_| self.plays).map(|due| due + self.phase)
    }

    /// How many inputs are due before `end`.
    pub(crate) fn due_before(&self, end: Time) -> u64 {
        let (Some(due), Some(room)) = (self.input_at().filter(|&due| due < end), &self.room) else {
            return 0;
        };
        1 + (end.since(due).as_nanos() / room.period.as_nanos()) as u64
    }

    /// Takes a message that has arrived.
    pub(crate) fn on_message(&mut self, message: &[u8], desk: &mut Desk, cx: &mut Cx<'_>) -> Flow {
        if let Err(error) = self.session.handle_message(message, cx.now()) {
            return Flow::End(format!("the server broke the protocol: {error}"));
        }
        // Decoding is on the player's way to the state.
        let now = cx.fresh_now();
        self.on_update(message, now, desk, cx);
        self.settle(now, cx);
        self.take_events(desk)
    }

    fn take_events(&mut self, desk: &mut Desk) -> Flow {
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::Welcomed | ClientEvent::Moved => self.on_welcome(desk),
                ClientEvent::Rejected(reject) => {
                    return Flow::End(Gone::Refused(reject).to_string());
                }
                ClientEvent::Updated { .. } => self.plays = true,
                ClientEvent::Game(_) => {}
            }
        }
        Flow::Stay
    }

    fn on_welcome(&mut self, desk: &mut Desk) {
        let (Some(welcome), Some(schema)) = (self.session.welcome(), self.session.schema()) else { return };
        // The session has compiled it already, so it is good.
        let Ok(layout) = Layout::new(schema) else { return };
        let period = Duration::from_secs(1) / u32::from(welcome.tick_rate_hz.max(1));
        desk.tally.room(welcome.room.as_str());
        desk.tally.tick_rate_hz = welcome.tick_rate_hz;
        self.phase = period.mul_f64(self.phase_of_tick);
        self.room = Some(Box::new(Room {
            id: welcome.room.as_str().to_owned(),
            hands: Hands::new(schema, layout.input().words(), self.number),
            layout,
            player: PlayerId(welcome.player),
            period,
            starts: TickStarts::new(welcome.tick_rate_hz),
        }));
    }

    /// Gives the inputs that are due.
    pub(crate) fn give(&mut self, desk: &mut Desk, cx: &mut Cx<'_>) {
        let Some(room) = &mut self.room else { return };
        let now = cx.now();
        // The session's clock is this player's phase behind.
        let at = Time::default() + now.since(Time::default() + self.phase);
        while let Some(due) = self.session.next_input_at() {
            if self.session.input_due(at).is_none() {
                break;
            }
            let behind = (at.since(due).as_nanos() / room.period.as_nanos()) as u64;
            let skipped = if behind > CATCH_UP_TICKS { behind } else { 0 };
            let Ok(number) = self.session.push_input(room.hands.next(), at) else { break };
            let due = due + self.phase + room.period * u32::try_from(skipped).unwrap_or(u32::MAX);
            self.under_way.push_back(UnderWay { number, due, sent: now });
            cx.recorder().sent(due, due, now);
            if cx.recorder().is_in_window(due) {
                cx.recorder().left_out(skipped);
            }
        }
        self.transmit(desk, cx);
    }

    /// Sends what the session has to say.
    pub(crate) fn transmit(&mut self, desk: &mut Desk, cx: &mut Cx<'_>) {
        desk.message.clear();
        while self.session.poll_transmit(cx.now(), &mut desk.message) {
            cx.send(MessageKind::Binary, &desk.message);
            desk.message.clear();
        }
    }

    /// Says goodbye.
    pub(crate) fn leave(&mut self, desk: &mut Desk, cx: &mut Cx<'_>) {
        self.session.leave(0);
        self.transmit(desk, cx);
    }

    /// Counts an update that the session has just taken.
    fn on_update(&mut self, message: &[u8], now: Time, desk: &mut Desk, cx: &mut Cx<'_>) {
        let (Some(&kind::UPDATE), Some(room)) = (message.first(), &mut self.room) else { return };
        let arrived = cx.now();
        let is_counted = cx.recorder().is_in_window(arrived);
        let Ok(update) = decode_update(message) else {
            // It is in the session's own count, and here in none but this one.
            desk.tally.failed += u64::from(is_counted);
            return;
        };
        if update.header.reanchor {
            room.starts.reset();
        }
        let (tick, stamp) = (self.session.world_tick(), update.header.server_stamp);
        let age = desk.epoch_ns.and_then(|epoch_ns| room.starts.age(tick, stamp, now, epoch_ns));
        if !is_counted {
            return;
        }
        let tally = &mut desk.tally;
        tally.update(&update, message.len());
        if !self.session.is_live() {
            tally.failed += 1;
            return;
        }
        age.into_iter().for_each(|age| tally.age(age));
        if !self.decodes {
            tally.headers_read += 1;
            return;
        }
        tally.decoded += 1;
        if let Some(hash) = self.session.world().slot_hash(0) {
            tally.agreement.check(&room.id, tick, hash);
        }
        self.updates += 1;
        if self.updates.is_multiple_of(FULL_SIZE_EVERY) {
            let full = desk.full_size.of(&room.layout, self.session.world(), room.player, &update);
            tally.compare(message.len(), full);
        }
    }

    /// Takes the samples of all inputs that the server has used, or passed over for newer ones.
    fn settle(&mut self, now: Time, cx: &mut Cx<'_>) {
        let applied = self.session.stats().input_applied;
        while let Some(input) = self.under_way.pop_front_if(|input| input.number <= applied) {
            cx.recorder().answered(input.due, input.sent, now);
        }
    }
}
