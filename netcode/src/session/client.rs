//! `ClientSession`: the client's side of a session. PROTOCOL section 3.6.
//!
//! Owns the states, the decoded world, what has to be sent and when, and the measurements. It draws nothing and predicts
//! nothing. Invariant: the world is always the state of one Update whose hash was right.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::input_clock::InputClock;
use super::outbox::Outbox;
use super::rtt::RttWindow;
use crate::bits::bytes::Reader;
use crate::error::ProtocolError;
use crate::ids::{CommandSeq, EventSeq, InputSeq, PlayerId, UpdateSeq};
use crate::message::{EventsMessage, Hello, PROTOCOL_MAX, Pong, Reject, ServerMessage, Welcome, codec, kind};
use crate::schema::{Layout, Schema, SchemaHash, hash};
use crate::snapshot::World;
use crate::snapshot::update::{UpdateHeader, decode_update};
use crate::time::{Stamp, Tick, Time};

/// Round trips above this are a stamp of another life.
const RTT_MAX: Duration = Duration::from_secs(60);

/// What a client says first.
#[derive(Clone, Debug, Default)]
pub struct ClientConfig {
    /// `protocol`, `stamp` and `schema_hash` are filled in.
    pub hello: Hello,
    /// A schema from an earlier session, which the server then need not send again.
    pub cached_schema: Option<Schema>,
}

/// Something that happened in the game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameEvent {
    /// Its number.
    pub number: EventSeq,
    /// The tick in which it happened.
    pub tick: Tick,
    /// Index into the schema's events.
    pub class: u8,
    /// Low bits of the number of the input that caused it.
    pub cause: Option<u16>,
    /// The quantized fields.
    pub words: Vec<u32>,
}

/// What a client session reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The seat is granted: see [`ClientSession::welcome`].
    Welcomed,
    /// The player is in another room now: see [`ClientSession::welcome`]. Schema and player are those of that room, the world
    /// is empty until its first Update.
    Moved,
    /// The seat is refused; the server closes.
    Rejected(Reject),
    /// The world is the state of this tick. Reported once for all Updates since the last report.
    Updated {
        /// The tick.
        tick: Tick,
    },
    /// Something happened in the game; in order.
    Game(GameEvent),
}

/// Why an input or a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRefused {
    /// There was no Welcome yet, or the session is over.
    NotJoined,
    /// No input is due: ask [`ClientSession::input_due`] first.
    NotDue,
    /// The words are not those of the record.
    WrongWords {
        /// How many were given.
        given: usize,
        /// How many the record has.
        expected: usize,
    },
    /// The schema has no such command.
    NoSuchCommand,
}

/// Counters and measurements of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientStats {
    /// Least round trip of the last 10 s.
    pub rtt: Option<Duration>,
    /// Messages received.
    pub messages: u64,
    /// Bytes of messages received.
    pub bytes: u64,
    /// Updates applied.
    pub updates: u64,
    /// Updates discarded while waiting for a full one.
    pub updates_discarded: u64,
    /// Updates that could not be applied.
    pub updates_failed: u64,
    /// Resyncs asked for.
    pub resyncs: u64,
    /// Events received.
    pub events: u64,
    /// The newest input that the server used.
    pub input_applied: InputSeq,
    /// Margin of that input, in 1/16 tick.
    pub input_margin_q4: i16,
}

/// ```text
///  AwaitWelcome --Welcome--> AwaitFull --full Update applied--> Live
///        |                       ^                               |
///        Reject, close           `--- decode error or hash mismatch: send one Resync, keep the last good state
///                                 `--- Moved: another room, the state is empty
/// ```
#[derive(Debug)]
enum State {
    /// Hello is due or sent.
    AwaitWelcome(Box<ClientConfig>),
    /// Joined; Updates are discarded until a full one.
    AwaitFull,
    /// Every Update is applied.
    Live,
    /// Rejected, left, or broken: nothing is taken or sent any more.
    Over,
}

/// What Welcome said.
#[derive(Debug)]
struct Joined {
    welcome: Welcome,
    schema: Schema,
    layout: Layout,
}

/// The client's side of a session: a state machine without a socket.
#[derive(Debug)]
pub struct ClientSession {
    state: State,
    joined: Option<Box<Joined>>,
    world: World,
    world_tick: Tick,
    /// Number and tick of the newest Update received.
    update: UpdateSeq,
    tick: Tick,
    event: EventSeq,
    commands_run: CommandSeq,
    clock: InputClock,
    out: Outbox,
    events: VecDeque<ClientEvent>,
    rtt: RttWindow,
    stats: ClientStats,
    headers_only: bool,
}

impl ClientSession {
    /// A session of a connection whose upgrade is done, or soon will be.
    pub fn new(config: ClientConfig) -> Self {
        Self {
            state: State::AwaitWelcome(Box::new(config)),
            joined: None,
            world: World::new(),
            world_tick: Tick(0),
            update: UpdateSeq(0),
            tick: Tick(0),
            event: EventSeq(0),
            commands_run: CommandSeq(0),
            clock: InputClock::new(1),
            out: Outbox::default(),
            events: VecDeque::new(),
            rtt: RttWindow::default(),
            stats: ClientStats::default(),
            headers_only: false,
        }
    }

    /// Reads of Updates and Events only what the session itself needs: numbers, ticks, acks and clocks go on, bodies are
    /// not decoded, the world stays empty and events are counted but not reported. For load generators, which hold many
    /// sessions and check the bodies in a few.
    #[must_use]
    pub fn headers_only(mut self) -> Self {
        self.headers_only = true;
        self
    }

    /// Takes one binary message.
    ///
    /// # Errors
    /// What the server did wrong: close with its code. An Update that merely cannot be applied is no error: it is
    /// counted, the world stays, and a Resync is sent.
    pub fn handle_message(&mut self, message: &[u8], now: Time) -> Result<(), ProtocolError> {
        self.stats.messages += 1;
        self.stats.bytes += message.len() as u64;
        let taken = match &self.state {
            State::Over => Ok(()),
            State::AwaitWelcome(_) => self.on_first(message),
            State::AwaitFull | State::Live => self.on_message(message, now),
        };
        if taken.is_err() {
            self.state = State::Over;
        }
        taken
    }

    fn on_first(&mut self, message: &[u8]) -> Result<(), ProtocolError> {
        if message.first() == Some(&kind::REJECT) {
            let reject = Reject::decode(message)?;
            self.state = State::Over;
            self.events.push_back(ClientEvent::Rejected(reject));
            return Ok(());
        }
        let mut welcome = Welcome::decode(message)?;
        let cached = match &mut self.state {
            State::AwaitWelcome(config) => config.cached_schema.take(),
            _ => None,
        };
        let schema = known_schema(&mut welcome, cached)?;
        let layout = Layout::new(&schema).map_err(|_| ProtocolError::BadSchema)?;
        self.tick = Tick(welcome.base_tick);
        self.clock = InputClock::new(welcome.tick_rate_hz);
        self.joined = Some(Box::new(Joined { welcome, schema, layout }));
        self.state = State::AwaitFull;
        self.events.push_back(ClientEvent::Welcomed);
        Ok(())
    }

    fn on_message(&mut self, message: &[u8], now: Time) -> Result<(), ProtocolError> {
        match ServerMessage::decode(message)? {
            ServerMessage::Update(update) => self.on_update(update, now),
            ServerMessage::Events(events) => self.on_events(events, now),
            ServerMessage::Pong(Pong { stamp, .. }) => {
                self.on_rtt(stamp, Duration::ZERO, now);
                Ok(())
            }
            ServerMessage::Moved(welcome) => self.on_moved(*welcome),
        }
    }

    /// Moved counts as an Update, so that its ack tells the server from where on everything is meant for the new room.
    fn on_moved(&mut self, mut welcome: Welcome) -> Result<(), ProtocolError> {
        let held = self.joined.take().map(|joined| joined.schema);
        let schema = known_schema(&mut welcome, held)?;
        let layout = Layout::new(&schema).map_err(|_| ProtocolError::BadSchema)?;
        self.update = self.update.next();
        self.tick = Tick(welcome.base_tick);
        self.clock = InputClock::new(welcome.tick_rate_hz);
        self.out.on_moved();
        self.world = World::new();
        self.joined = Some(Box::new(Joined { welcome, schema, layout }));
        self.state = State::AwaitFull;
        self.events.push_back(ClientEvent::Moved);
        Ok(())
    }

    /// The header counts whether or not the slots can be applied: numbers and ticks go on from it. So an error in the
    /// header ends the session, and one behind it is answered with Resync.
    fn on_update(&mut self, message: &[u8], now: Time) -> Result<(), ProtocolError> {
        let header = UpdateHeader::decode(&mut Reader::new(message))?;
        let seq = self.update.next();
        self.update = seq;
        self.tick = self.tick + header.tick_delta;
        self.out.ack_within(now);
        self.on_header(&header, now);
        match self.check_turn(&header).and_then(|()| self.apply(message)) {
            Ok(true) => {
                self.stats.updates += 1;
                self.world_tick = self.tick;
                self.state = State::Live;
                self.report_update();
            }
            Ok(false) => self.stats.updates_discarded += 1,
            Err(_) => {
                self.stats.updates_failed += 1;
                self.stats.resyncs += 1;
                self.state = State::AwaitFull;
                self.out.resync(seq);
            }
        }
        Ok(())
    }

    fn check_turn(&self, header: &UpdateHeader) -> Result<(), ProtocolError> {
        let (number, expected) = (u32::from(header.seq), u32::from(self.update.low8()));
        if number == expected { Ok(()) } else { Err(ProtocolError::SequenceGap { number, expected }) }
    }

    /// False: it was discarded, because a full one is awaited.
    fn apply(&mut self, message: &[u8]) -> Result<bool, ProtocolError> {
        let Some(joined) = &self.joined else {
            return Ok(false);
        };
        let update = decode_update(message)?;
        if matches!(self.state, State::AwaitFull) && !update.is_full() {
            return Ok(false);
        }
        if !self.headers_only {
            self.world.apply(&joined.layout, &update)?;
        }
        Ok(true)
    }

    fn on_header(&mut self, header: &UpdateHeader, now: Time) {
        if let Some(echo) = header.echo {
            self.on_rtt(echo.stamp, Duration::from_micros(u64::from(echo.hold_us)), now);
        }
        if let Some(command) = header.command_ack {
            self.commands_run = command;
        }
        let next_input = self.out.newest_input().next();
        if let Some(input) = header.input {
            let applied = InputSeq::from_low16(input.applied, self.out.newest_input());
            self.stats.input_applied = applied;
            self.stats.input_margin_q4 = input.margin_q4;
            self.clock.on_margin(applied, input.margin_q4, next_input);
        }
        if header.reanchor {
            self.clock.reset();
        }
        self.clock.anchor(self.tick, self.rtt.least().unwrap_or_default(), next_input, now);
    }

    fn on_rtt(&mut self, stamp: Stamp, hold: Duration, now: Time) {
        if let Some(rtt) = Stamp::from(now).since(stamp).checked_sub(hold).filter(|&rtt| rtt < RTT_MAX) {
            self.rtt.push(rtt, now);
        }
    }

    fn report_update(&mut self) {
        let tick = self.world_tick;
        // A driver that asks seldom gets the newest state once, not a history of ticks.
        match self.events.back_mut() {
            Some(ClientEvent::Updated { tick: reported }) => *reported = tick,
            _ => self.events.push_back(ClientEvent::Updated { tick }),
        }
    }

    fn on_events(&mut self, mut message: EventsMessage<'_>, now: Time) -> Result<(), ProtocolError> {
        let Some(joined) = &self.joined else {
            return Ok(());
        };
        let base = Tick::from_low16(message.base_tick, self.tick);
        if base.delta(self.tick) > 0 {
            return Err(ProtocolError::OutOfPlace { kind: kind::EVENTS });
        }
        let mut number = message.before;
        if number > self.event {
            return Err(ProtocolError::SequenceGap { number: number.0, expected: self.event.0 });
        }
        let mut words = Vec::new();
        while let Some(head) = message.next(&joined.layout, &mut words)? {
            let next = number.0.checked_add(head.gap);
            number = EventSeq(next.ok_or(ProtocolError::BadVarint)?);
            if number <= self.event {
                continue; // Sent again after a resume.
            }
            self.event = number;
            self.stats.events += 1;
            if self.headers_only {
                continue;
            }
            self.events.push_back(ClientEvent::Game(GameEvent {
                number,
                tick: Tick(base.0.wrapping_sub(head.age)),
                class: head.class,
                cause: head.cause,
                words: core::mem::take(&mut words),
            }));
        }
        self.out.ack_within(now);
        Ok(())
    }

    /// The next report, in order.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// Appends one message to `out`, without a frame; false when there is nothing to send now. Call until it is false.
    pub fn poll_transmit(&mut self, now: Time, out: &mut Vec<u8>) -> bool {
        match &self.state {
            State::Over => self.out.poll_bye(out),
            State::AwaitWelcome(config) => {
                if !self.out.take_hello() {
                    return false;
                }
                let mut hello = config.hello.clone();
                hello.protocol = PROTOCOL_MAX;
                hello.stamp = Stamp::from(now).0;
                hello.schema_hash = config.cached_schema.as_ref().map(schema_hash);
                hello.encode(out);
                true
            }
            State::AwaitFull | State::Live => match &self.joined {
                Some(joined) => self.out.poll(&joined.layout, self.update, self.event, now, out),
                None => false,
            },
        }
    }

    /// When [`ClientSession::poll_transmit`] or [`ClientSession::input_due`] has something next, if nothing arrives.
    pub fn poll_timeout(&self) -> Option<Time> {
        [self.out.ack_due(), self.clock.poll_timeout()].into_iter().flatten().min()
    }

    /// When an ack has to go out, if one is owed.
    pub fn next_ack_at(&self) -> Option<Time> {
        self.out.ack_due()
    }

    /// When the next input is due, by this client's clock: in the past, if the driver is late. `None` while the clock has
    /// nothing to count from.
    pub fn next_input_at(&self) -> Option<Time> {
        self.clock.poll_timeout()
    }

    /// The tick that an input is due for now; asks the player for one if so. The same until
    /// [`ClientSession::push_input`].
    pub fn input_due(&mut self, now: Time) -> Option<Tick> {
        match self.state {
            State::AwaitFull | State::Live => self.out.input_due(&mut self.clock, now),
            State::AwaitWelcome(_) | State::Over => None,
        }
    }

    /// Gives the input of the tick that is due: one message, sent by the next [`ClientSession::poll_transmit`].
    /// `words` are the quantized fields of the schema's input.
    ///
    /// # Errors
    /// [`InputRefused`]: nothing was taken.
    pub fn push_input(&mut self, words: &[u32], now: Time) -> Result<InputSeq, InputRefused> {
        let joined = self.joined.as_ref().ok_or(InputRefused::NotJoined)?;
        let expected = joined.layout.input().words();
        if words.len() != expected {
            return Err(InputRefused::WrongWords { given: words.len(), expected });
        }
        let tick = self.input_due(now).ok_or(InputRefused::NotDue)?;
        Ok(self.out.push_input(tick, self.world_tick.0.wrapping_mul(16), words))
    }

    /// Sends a command. `words` are the quantized fields of the record that `index` names.
    ///
    /// # Errors
    /// [`InputRefused`]: nothing was taken.
    pub fn push_command(&mut self, index: u8, words: &[u32]) -> Result<CommandSeq, InputRefused> {
        let joined = self.joined.as_ref().filter(|_| !matches!(self.state, State::Over));
        let layout = &joined.ok_or(InputRefused::NotJoined)?.layout;
        let record = layout.commands().record(index).ok_or(InputRefused::NoSuchCommand)?;
        if words.len() != record.words() {
            return Err(InputRefused::WrongWords { given: words.len(), expected: record.words() });
        }
        Ok(self.out.push_command(layout, index, words))
    }

    /// Measures the round trip by a Ping, for when nothing else flows.
    pub fn ping(&mut self) {
        self.out.ping();
    }

    /// Leaves on purpose: a Bye goes out, and nothing else after it.
    pub fn leave(&mut self, reason: u8) {
        if matches!(self.state, State::AwaitFull | State::Live) {
            self.out.leave(reason);
        }
        self.state = State::Over;
    }

    /// What Welcome said, once there was one. Its schema is in [`ClientSession::schema`].
    pub fn welcome(&self) -> Option<&Welcome> {
        self.joined.as_ref().map(|joined| &joined.welcome)
    }

    /// The schema of the room.
    pub fn schema(&self) -> Option<&Schema> {
        self.joined.as_ref().map(|joined| &joined.schema)
    }

    /// One's own player id.
    pub fn player(&self) -> Option<PlayerId> {
        self.welcome().map(|welcome| PlayerId(welcome.player))
    }

    /// The newest good state.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The tick of [`ClientSession::world`]; meaningless before the first [`ClientEvent::Updated`].
    pub fn world_tick(&self) -> Tick {
        self.world_tick
    }

    /// Every Update is applied.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Live)
    }

    /// Rejected, left or broken.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Number of the newest command that the room has run.
    pub fn commands_run(&self) -> CommandSeq {
        self.commands_run
    }

    /// Counters and measurements.
    pub fn stats(&self) -> ClientStats {
        ClientStats { rtt: self.rtt.least(), ..self.stats }
    }
}

fn schema_hash(schema: &Schema) -> SchemaHash {
    let mut encoded = Vec::new();
    codec::encode(schema, &mut encoded);
    hash(&encoded)
}

/// The schema that Welcome brings, or the cached one that it names.
fn known_schema(welcome: &mut Welcome, cached: Option<Schema>) -> Result<Schema, ProtocolError> {
    let sent = welcome.schema.take();
    let missing = if sent.is_some() { ProtocolError::BadSchema } else { ProtocolError::UnknownSchema };
    sent.or(cached).filter(|schema| schema_hash(schema) == welcome.schema_hash).ok_or(missing)
}
