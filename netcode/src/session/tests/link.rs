//! A server session and a client session, connected by queues of messages with delay. The transport is reliable and
//! ordered, so what can go wrong is time, and what a peer sends.

use super::*;
use crate::ws::{Event, Input, Limits, MessageKind, Role, WebSocket};

/// Both ends with a delay between them, and any message can be changed on its way to the client.
struct Link {
    server: Server,
    client: ClientSession,
    delay_ms: u64,
    now_ms: u64,
    down: VecDeque<(u64, Vec<u8>)>,
    up: VecDeque<(u64, Vec<u8>)>,
    reported: Vec<ClientEvent>,
    buffer: InputBuffer<Power>,
    applied: Applied<Power>,
    commands_run: u32,
}

/// The schema's input, as the derive would implement it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Power(u32);

impl crate::schema::Input for Power {
    const WORDS: usize = 1;
    fn record() -> Record {
        schema().input
    }
    fn quantize(&self, out: &mut Vec<u32>, _: &mut u32) {
        out.push(self.0);
    }
    fn from_words(words: &[u32]) -> Self {
        Self(words[0])
    }
    fn clear_edges(&mut self) {}
    fn edges(&self) -> bool {
        false
    }
    fn merge_edges(&mut self, _: &Self) {}
}

/// The tick rate of the scripts is 100 Hz: tick t starts at this moment.
fn starts(tick: u32) -> Time {
    ms(u64::from(tick - BASE_TICK) * 10)
}

impl Link {
    fn new(delay_ms: u64) -> Self {
        let buffer = InputBuffer::new(Tick(BASE_TICK + 1), starts(BASE_TICK + 1), Duration::from_millis(10));
        let mut hello = Hello { name: Text::new("Ada").unwrap(), ..Hello::default() };
        hello.kind = Text::new("duel").unwrap();
        let applied = buffer.clone().take(Tick(BASE_TICK + 1), starts(BASE_TICK + 1));
        Self {
            server: Server::new(),
            client: ClientSession::new(ClientConfig { hello, cached_schema: None }),
            delay_ms,
            now_ms: 0,
            down: VecDeque::new(),
            up: VecDeque::new(),
            reported: Vec::new(),
            buffer,
            applied,
            commands_run: 0,
        }
    }

    fn arrived(queue: &mut VecDeque<(u64, Vec<u8>)>, now_ms: u64) -> Option<Vec<u8>> {
        let due = queue.front().is_some_and(|&(at, _)| at <= now_ms);
        due.then(|| queue.pop_front().map(|(_, message)| message)).flatten()
    }

    /// One millisecond of everything. `damage` may change what the server sends.
    fn step(&mut self, mut damage: impl FnMut(&mut Vec<u8>)) {
        self.now_ms += 1;
        let now = ms(self.now_ms);
        while let Some(message) = Self::arrived(&mut self.up, self.now_ms) {
            let logged = self.server.seen.log.len();
            self.server.take(self.now_ms, &message).unwrap();
            self.run(logged);
        }
        if self.now_ms.is_multiple_of(10) && self.server.session.is_active() {
            self.tick(BASE_TICK + (self.now_ms / 10) as u32, &mut damage);
        }
        while let Some(message) = Self::arrived(&mut self.down, self.now_ms) {
            self.client.handle_message(&message, now).unwrap();
        }
        while self.client.input_due(now).is_some() {
            let power = self.client.world_tick().0 % 100;
            self.client.push_input(&[power], now).unwrap();
        }
        let mut message = Vec::new();
        while self.client.poll_transmit(now, &mut message) {
            self.up.push_back((self.now_ms + self.delay_ms, core::mem::take(&mut message)));
        }
        while let Some(event) = self.client.poll_event() {
            self.reported.push(event);
        }
    }

    /// The room takes what the session logged.
    fn run(&mut self, logged: usize) {
        let lines = self.server.seen.log[logged..].to_vec();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[0] {
                "hello" => {
                    let mut out = Vec::new();
                    assert!(self.server.welcome(self.now_ms, &mut out));
                    self.down.push_back((self.now_ms + self.delay_ms, out));
                }
                "input" => {
                    let number = InputSeq(words[1].parse().unwrap());
                    let tick = Tick(words[3].parse().unwrap());
                    let input = Power(words[4].trim_matches(['[', ']']).parse().unwrap());
                    let now = ms(self.now_ms);
                    let (arrived, waited) = (now, Waited { read: now, buffered: now });
                    self.buffer.push(ArrivedInput { number, tick, view_tick_q4: 0, arrived, waited, input });
                }
                "command" => self.commands_run += 1,
                _ => {}
            }
        }
    }

    fn tick(&mut self, tick: u32, damage: &mut impl FnMut(&mut Vec<u8>)) {
        self.applied = self.buffer.take(Tick(tick), starts(tick));
        if !self.server.session.gate_open() {
            return;
        }
        let used = Some((self.applied.applied, self.applied.margin_q4)).filter(|used| used.0.0 > 0);
        let messages = self.server.update(self.now_ms, tick, (used, self.commands_run), true);
        for mut message in messages.unwrap_or_default() {
            damage(&mut message);
            self.down.push_back((self.now_ms + self.delay_ms, message));
        }
    }

    fn run_for(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms {
            self.step(|_| {});
        }
    }

    fn check_world(&self) {
        let snapshot = snapshot(self.client.world_tick().0);
        let have: Vec<_> = self
            .client
            .world()
            .entities()
            .map(|entity| (entity.id, entity.own, entity.words.to_vec()))
            .collect();
        // What belongs to nobody has its owner fields at 0.
        let want = [(EntityId(3), true, snapshot.row(0).to_vec()), (EntityId(9), false, vec![7, 0])];
        assert_eq!(have, want);
    }
}

#[test]
fn a_client_joins_and_follows_the_room() {
    let mut link = Link::new(20);
    link.run_for(1000);
    assert_eq!(link.reported[0], ClientEvent::Welcomed);
    assert!(link.client.is_live());
    assert_eq!(link.client.player(), Some(PLAYER));
    assert_eq!(link.client.schema(), Some(&schema()));
    // Sent at 980 ms in tick 1098, arrived after 20 ms.
    assert_eq!(link.client.world_tick(), Tick(1098));
    link.check_world();
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.updates_discarded), (0, 0));
    assert_eq!(stats.rtt.map(|rtt| rtt.as_millis()), Some(40));
    assert!(link.server.session.updates_in_flight() <= 6, "acks ride on inputs");
}

#[test]
fn the_input_clock_finds_its_band_at_any_delay() {
    for delay_ms in [0, 3, 20, 75, 150] {
        let mut link = Link::new(delay_ms);
        link.run_for(6000);
        let late_before = link.buffer.stats();
        link.run_for(2000);
        let stats = link.buffer.stats();
        assert_eq!((stats.late, stats.early), (late_before.late, late_before.early), "{delay_ms} ms");
        assert!(stats.held - late_before.held <= 12, "{delay_ms} ms: {stats:?}");
        assert!((8..=32).contains(&link.applied.margin_q4), "{delay_ms} ms: {}", link.applied.margin_q4);
        assert_eq!(stats.duplicate, 0);
    }
}

#[test]
fn a_clock_that_was_anchored_over_a_bad_link_comes_back() {
    let mut link = Link::new(400);
    link.run_for(1500);
    link.delay_ms = 10;
    link.run_for(2500);
    let before = link.buffer.stats();
    link.run_for(1000);
    let after = link.buffer.stats();
    assert!(before.early > 0, "{before:?}");
    assert_eq!((after.early, after.late), (before.early, before.late));
    assert!((8..=40).contains(&link.applied.margin_q4), "{}", link.applied.margin_q4);
}

#[test]
fn a_damaged_update_costs_one_resync_and_the_state_stays_good() {
    let mut link = Link::new(15);
    link.run_for(500);
    let mut damaged = false;
    for _ in 0..10 {
        link.step(|message| {
            if !damaged && message[0] == kind::UPDATE {
                let at = message.len() - 2;
                message[at] ^= 1;
                damaged = true;
            }
        });
    }
    let mut states = Vec::new();
    for _ in 0..100 {
        link.step(|_| {});
        link.check_world();
        let live = link.client.is_live();
        if states.last() != Some(&live) {
            states.push(live);
        }
    }
    assert_eq!(states, [true, false, true]);
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.resyncs), (1, 1));
    assert_eq!(link.server.session.stats().resyncs, 1);
}

#[test]
fn commands_are_told_as_run_and_events_come_in_order() {
    let mut link = Link::new(10);
    link.run_for(200);
    assert_eq!(link.client.push_command(0, &[4]), Ok(CommandSeq(1)));
    assert_eq!(link.client.push_command(0, &[5]), Ok(CommandSeq(2)));
    assert_eq!(link.client.push_command(1, &[5]), Err(InputRefused::NoSuchCommand));
    let wrong = InputRefused::WrongWords { given: 2, expected: 1 };
    assert_eq!(link.client.push_command(0, &[5, 5]), Err(wrong));
    for by in 0..600 {
        link.server.event(BASE_TICK + 22 + by / 200, by % 256, false).unwrap();
    }
    link.run_for(100);
    assert_eq!(link.client.commands_run(), CommandSeq(2));
    let events: Vec<_> = link
        .reported
        .iter()
        .filter_map(|event| if let ClientEvent::Game(event) = event { Some(event) } else { None })
        .collect();
    assert_eq!(events.len(), 600);
    for (by, event) in (0..).zip(events) {
        assert_eq!((event.number.0, event.tick.0), (by + 1, BASE_TICK + 22 + by / 200));
        assert_eq!(event.words, [by % 256]);
    }
    link.run_for(200);
    assert_eq!(link.server.session.events_unacked(), 0);
}

#[test]
fn a_client_without_inputs_acks_within_100_ms() {
    let mut link = Link::new(0);
    link.run_for(100);
    link.client.leave(0);
    let mut client = ClientSession::new(ClientConfig::default());
    let mut server = Server::new();
    let mut message = Vec::new();
    assert!(client.poll_transmit(ms(0), &mut message));
    server.take(0, &message).unwrap();
    message.clear();
    server.welcome(0, &mut message);
    client.handle_message(&message, ms(0)).unwrap();
    let mut acked_ms = Vec::new();
    for now in 1..1000 {
        if now % 10 == 0 {
            let sent = server.update(now, BASE_TICK + (now / 10) as u32, NOTHING, true).unwrap();
            client.handle_message(&sent[0], ms(now)).unwrap();
        }
        message.clear();
        while client.poll_transmit(ms(now), &mut message) {
            assert_eq!(message[0], kind::ACK);
            server.take(now, &message).unwrap();
            acked_ms.push(now);
            message.clear();
        }
    }
    assert!(acked_ms.windows(2).all(|pair| pair[1] - pair[0] <= 100), "{acked_ms:?}");
    assert!(acked_ms.len() >= 10 && acked_ms.len() < 30, "{acked_ms:?}");
}

#[test]
fn a_client_that_leaves_says_so_once() {
    let mut link = Link::new(5);
    link.run_for(100);
    link.client.leave(3);
    link.run_for(50);
    assert_eq!(link.server.seen.log.last().map(String::as_str), Some("bye 3"));
    assert!(link.server.session.is_closing());
}

#[test]
fn inputs_of_a_clock_that_jumped_back_go_out_in_messages_that_ascend() {
    let layout = Layout::new(&schema()).unwrap();
    let mut outbox = super::outbox::Outbox::default();
    for (tick, power) in [(5, 50), (6, 60), (6, 61), (3, 30), (14, 70)] {
        outbox.push_input(Tick(tick), 0, &[power]);
    }
    let mut server = Server::joined();
    let mut message = Vec::new();
    let mut messages = 0;
    while outbox.poll(&layout, UpdateSeq(0), EventSeq(0), ms(0), &mut message) {
        server.take(1, &message).unwrap();
        message.clear();
        messages += 1;
    }
    let want = [
        "input 1 tick 5 [50]",
        "input 2 tick 6 [60]",
        "input 3 tick 6 [61]",
        "input 4 tick 3 [30]",
        "input 5 tick 14 [70]",
    ];
    assert_eq!((messages, &server.seen.log[1..]), (3, &want.map(String::from)[..]));
}

#[test]
fn events_that_come_again_are_reported_once() {
    let mut link = Link::new(0);
    link.run_for(100);
    // Numbers 1 and 2, then 1 to 3, of tick 1010.
    let first = [kind::EVENTS, 0, 0xF2, 3, 2, 1, 0, 0, 7, 1, 0, 0, 8];
    let again = [kind::EVENTS, 0, 0xF2, 3, 3, 1, 0, 0, 7, 1, 0, 0, 8, 1, 0, 0, 9];
    for message in [&first[..], &again] {
        link.client.handle_message(message, ms(101)).unwrap();
    }
    let words: Vec<_> = core::iter::from_fn(|| link.client.poll_event())
        .filter_map(|event| if let ClientEvent::Game(event) = event { Some(event.words[0]) } else { None })
        .collect();
    assert_eq!(words, [7, 8, 9]);
}

#[test]
fn a_cached_schema_is_not_sent_again() {
    let mut server = Server::new();
    let config = ClientConfig { hello: Hello::default(), cached_schema: Some(schema()) };
    let mut client = ClientSession::new(config);
    let mut message = Vec::new();
    assert!(client.poll_transmit(ms(0), &mut message));
    server.take(0, &message).unwrap();
    message.clear();
    server.welcome(0, &mut message);
    assert!(message.len() < 60, "{} bytes", message.len());
    client.handle_message(&message, ms(0)).unwrap();
    assert_eq!(client.schema(), Some(&schema()));

    let mut stranger = ClientSession::new(ClientConfig::default());
    assert_eq!(stranger.handle_message(&message, ms(0)), Err(ProtocolError::UnknownSchema));
}

#[test]
fn an_update_out_of_turn_is_answered_with_resync_and_keeps_the_world() {
    let mut link = Link::new(0);
    link.run_for(100);
    let held = link.client.world().slot_hash(0);
    link.client.handle_message(&[kind::UPDATE, 77, 0, 1, 0, 0, 0, 0, 0], ms(101)).unwrap();
    assert!(!link.client.is_live() && !link.client.is_over());
    assert_eq!(link.client.world().slot_hash(0), held);
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.resyncs), (1, 1));
    let mut sent = Vec::new();
    let mut kinds = Vec::new();
    while link.client.poll_transmit(ms(101), &mut sent) {
        kinds.push(sent[0]);
        sent.clear();
    }
    assert!(kinds.contains(&kind::RESYNC), "{kinds:?}");
}

#[test]
fn a_server_that_breaks_the_rules_ends_the_client() {
    for (message, want) in [
        (vec![kind::UPDATE, 77, 0xC0, 1, 0, 0, 0, 0, 0], "an Update whose header does not decode"),
        (vec![kind::WELCOME, 1], "a second Welcome"),
        (vec![0x45, 0], "a reserved type"),
        (vec![kind::EVENTS, 9, 0xF2, 3, 1, 1, 0, 0, 1], "events with a hole before"),
        (vec![kind::EVENTS, 0, 0, 0x80, 1, 1, 0, 0, 1], "events of a tick to come"),
    ] {
        let mut link = Link::new(0);
        link.run_for(100);
        assert!(link.client.handle_message(&message, ms(101)).is_err(), "{want}");
        assert!(link.client.is_over());
    }
    let mut rejected = ClientSession::new(ClientConfig::default());
    let mut message = Vec::new();
    let reject = Reject { code: 4008, ..Reject::default() };
    reject.encode(&mut message);
    rejected.handle_message(&message, ms(0)).unwrap();
    assert_eq!(rejected.poll_event(), Some(ClientEvent::Rejected(reject)));
    assert!(rejected.is_over());
}

/// One direction of a connection: messages in frames, in a stream of bytes that arrives in pieces of any size.
struct Pipe {
    sender: WebSocket,
    receiver: WebSocket,
    bytes: Vec<u8>,
}

impl Pipe {
    fn new(from: Role, to: Role) -> Self {
        let end = |role| WebSocket::new(role, Limits::LIFTED, 5);
        Self { sender: end(from), receiver: end(to), bytes: Vec::new() }
    }

    fn put(&mut self, message: &[u8]) {
        self.sender.send(MessageKind::Binary, message, &mut self.bytes);
    }

    /// The messages that the next `size` bytes complete.
    fn take(&mut self, size: usize, now: Time) -> Vec<Vec<u8>> {
        let mut piece: Vec<u8> = self.bytes.drain(..size.min(self.bytes.len())).collect();
        let mut input = Input::new(&mut piece);
        let mut messages = Vec::new();
        while let Some(event) = self.receiver.poll_event(&mut input, now, &mut Vec::new()) {
            let Event::Message { payload, .. } = event else { panic!("{event:?}") };
            messages.push(payload.to_vec());
        }
        messages
    }
}

/// Plays `ticks` ticks over frames; `sizes` say how many bytes arrive at a time, and then all that are left.
fn play_in_pieces(sizes: &[usize], ticks: u32) -> (Server, ClientSession) {
    let mut server = Server::new();
    let mut client = ClientSession::new(ClientConfig::default());
    let (mut up, mut down) = (Pipe::new(Role::Client, Role::Server), Pipe::new(Role::Server, Role::Client));
    let mut sizes = sizes.iter().copied().chain([usize::MAX]).cycle();
    let (mut tick, mut message) = (BASE_TICK, Vec::new());
    for round in 0..ticks * 4 {
        let (at_ms, now) = (u64::from(round) * 3, ms(u64::from(round) * 3));
        while client.input_due(now).is_some() {
            client.push_input(&[1], now).unwrap();
        }
        while client.poll_transmit(now, &mut message) {
            up.put(&message);
            message.clear();
        }
        for message in up.take(sizes.next().unwrap(), now) {
            server.take(at_ms, &message).unwrap();
            let mut out = Vec::new();
            if message[0] == kind::HELLO && server.welcome(at_ms, &mut out) {
                down.put(&out);
            }
        }
        if server.session.gate_open() && tick < BASE_TICK + ticks {
            tick += 1;
            server.event(tick, tick % 256, false).unwrap();
            for message in server.update(at_ms, tick, NOTHING, true).unwrap() {
                down.put(&message);
            }
        }
        for message in down.take(sizes.next().unwrap(), now) {
            client.handle_message(&message, now).unwrap();
        }
    }
    for message in down.take(usize::MAX, ms(1000)) {
        client.handle_message(&message, ms(1000)).unwrap();
    }
    (server, client)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_of_a_client_panic(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)) {
        let mut server = Server::joined();
        server.update(0, 1001, NOTHING, true).unwrap();
        for mut message in messages {
            // Random first bytes are mostly unknown types: steer them to known ones.
            if let Some(first) = message.first_mut() {
                *first &= 0xF;
            }
            let _ = server.take(1, &message);
        }
    }

    #[test]
    fn pieces_of_any_size_lead_to_the_same_state(sizes in prop::collection::vec(1usize..300, 0..20)) {
        let (server, mut client) = play_in_pieces(&sizes, 30);
        prop_assert!(client.is_live());
        prop_assert_eq!(client.world_tick(), Tick(BASE_TICK + 30));
        let world: Vec<_> = client.world().entities().map(|entity| entity.words.to_vec()).collect();
        let want = snapshot(BASE_TICK + 30);
        prop_assert_eq!(&world[0], want.row(0));
        let events = core::iter::from_fn(|| client.poll_event());
        prop_assert_eq!(events.filter(|event| matches!(event, ClientEvent::Game(_))).count(), 30);
        prop_assert_eq!(client.stats().updates_failed, 0);
        let numbers = server.seen.log.iter().filter_map(|line| line.strip_prefix("input "));
        for (want, line) in (1..).zip(numbers) {
            let number: u32 = line.split(' ').next().unwrap().parse().unwrap();
            prop_assert_eq!(number, want);
        }
    }

    #[test]
    fn no_bytes_of_a_server_panic(message in prop::collection::vec(any::<u8>(), 0..60), place in 0usize..5) {
        let mut link = Link::new(0);
        link.run_for(40);
        let mut message = message;
        if let Some(first) = message.first_mut() {
            *first = [kind::UPDATE, kind::EVENTS, kind::PONG, kind::UPDATE, kind::WELCOME][place];
        }
        if place == 0 && message.len() > 2 {
            message[1] = 5;
        }
        let _ = link.client.handle_message(&message, ms(41));
    }
}

#[test]
fn a_client_of_headers_only_keeps_its_clock_and_acks_and_holds_no_world() {
    let mut link = Link::new(20);
    link.client =
        core::mem::replace(&mut link.client, ClientSession::new(ClientConfig::default())).headers_only();
    link.run_for(1000);
    link.server.event(BASE_TICK + 101, 7, false).unwrap();
    link.run_for(1000);
    assert!(link.client.is_live() && link.client.world().is_empty());
    assert_eq!(link.client.world_tick(), Tick(1198));
    let stats = link.client.stats();
    assert_eq!((stats.updates_failed, stats.resyncs, stats.events), (0, 0, 1));
    assert!(!link.reported.iter().any(|event| matches!(event, ClientEvent::Game(_))));
    assert!(link.server.session.updates_in_flight() <= 6 && link.server.session.events_unacked() == 0);
    assert!((8..=40).contains(&link.applied.margin_q4), "{}", link.applied.margin_q4);
}
