//! Moved: what goes on in the new room, and what of the old one must not reach it. PROTOCOL section 3.4.

use super::*;
use crate::message::Command;

const NEW_BASE: u32 = 70;

/// A schema with other sizes than the usual one, so that bytes of the one do not decode as the other.
fn other_schema() -> Schema {
    let mut other = schema();
    other.commands.truncate(0);
    other.input.fields = Vec::new();
    other
}

impl Server {
    fn to(&mut self, at_ms: u64, schema: &Schema) -> Vec<u8> {
        let mut schema_bytes = Vec::new();
        codec::encode(schema, &mut schema_bytes);
        let welcome = Welcome {
            player: 77,
            base_tick: NEW_BASE,
            tick_rate_hz: 100,
            snapshot_every: 1,
            schema_hash: hash(&schema_bytes),
            ..Welcome::default()
        };
        let mut out = Vec::new();
        assert!(self.session.moved(welcome, &schema_bytes, ms(at_ms), &mut out));
        self.layout = Layout::new(schema).unwrap();
        self.history = History::default();
        out
    }
}

fn command(layout: &Layout, number: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let words = vec![0; layout.commands().record(0).unwrap().words()];
    Command { number: CommandSeq(number), index: 0 }.encode(layout, &words, &mut out);
    out
}

fn acked_input(layout: &Layout, update: u16, number: u16, tick: u16, words: &[u32]) -> Vec<u8> {
    let ack = Ack { update, event: EventSeq(0), stamp: Stamp(0) };
    let mut out = Vec::new();
    InputMessage::new(ack, number, tick, &[InputTime::default()]).encode(layout, words, &mut out);
    out
}

#[test]
fn what_was_written_for_the_old_room_is_dropped_until_moved_is_acknowledged() {
    let mut server = Server::joined();
    let old = Layout::new(&schema()).unwrap();
    server.update(1, BASE_TICK + 1, NOTHING, true).unwrap();
    server.take(2, &command(&old, 1)).unwrap();
    server.to(3, &other_schema());
    let logged = server.seen.log.len();
    // In flight when Moved was written: terms of the old schema, acks of the old room.
    server.take(4, &acked_input(&old, 1, 1, 1001, &[5])).unwrap();
    server.take(4, &command(&old, 2)).unwrap();
    server.take(4, &ack(1, 0)).unwrap();
    server.take(4, &command(&old, 3)).unwrap();
    assert_eq!(server.seen.log.len(), logged, "nothing of it reaches a room");
    assert_eq!(server.session.stats().stale, 3);
    // Moved is number 2: from its ack on the new schema counts, and command numbers go on.
    server.take(5, &ack(2, 0)).unwrap();
    let new = Layout::new(&other_schema()).unwrap();
    server.take(6, &acked_input(&new, 2, 2, NEW_BASE as u16 + 1, &[])).unwrap();
    assert_eq!(server.seen.log[logged..], [alloc::format!("input 2 tick {} []", NEW_BASE + 1)]);
    assert_eq!(code(server.take(7, &command(&old, 4))), 4011, "the new room has no commands");
}

#[test]
fn an_input_that_acknowledges_moved_is_the_first_of_the_new_room() {
    let mut server = Server::joined();
    server.to(3, &schema());
    let layout = Layout::new(&schema()).unwrap();
    server.take(4, &acked_input(&layout, 1, 9, NEW_BASE as u16 + 1, &[5])).unwrap();
    assert_eq!(server.seen.log.last().unwrap(), &alloc::format!("input 9 tick {} [5]", NEW_BASE + 1));
}

#[test]
fn a_hole_in_the_numbers_of_commands_is_an_error_while_a_player_moves_as_well() {
    let mut server = Server::joined();
    server.to(3, &other_schema());
    assert_eq!(code(server.take(4, &command(&Layout::new(&schema()).unwrap(), 2))), 4011);
}

#[test]
fn events_that_the_old_room_had_not_sent_are_not_sent_in_the_new_one() {
    let mut server = Server::joined();
    server.event(BASE_TICK + 1, 1, false).unwrap();
    assert_eq!(server.update(1, BASE_TICK + 1, NOTHING, true).unwrap().len(), 2);
    server.event(BASE_TICK + 2, 2, false).unwrap();
    server.to(3, &schema());
    assert_eq!(server.session.events_unacked(), 1, "what was written is acknowledged as ever");
    assert_eq!(server.update(4, NEW_BASE + 1, NOTHING, true).unwrap().len(), 1);
    server.event(NEW_BASE + 2, 3, false).unwrap();
    let messages = server.update(5, NEW_BASE + 2, NOTHING, true).unwrap();
    // Number before 1, base tick, one event with a gap of 2: number 2 stays spent.
    assert_eq!(messages[1][1..6], [1, NEW_BASE as u8 + 2, 0, 1, 2]);
}

/// Both ends, with messages handed over by the test.
fn pair() -> (Server, ClientSession) {
    let mut server = Server::new();
    let mut client = ClientSession::new(ClientConfig::default());
    let mut message = Vec::new();
    assert!(client.poll_transmit(ms(0), &mut message));
    server.take(0, &message).unwrap();
    let mut welcome = Vec::new();
    assert!(server.welcome(0, &mut welcome));
    client.handle_message(&welcome, ms(0)).unwrap();
    for message in server.update(1, BASE_TICK + 1, NOTHING, true).unwrap() {
        client.handle_message(&message, ms(1)).unwrap();
    }
    assert!(client.is_live());
    (server, client)
}

#[test]
fn a_client_is_empty_after_moved_and_lives_with_the_new_rooms_first_update() {
    let (mut server, mut client) = pair();
    while client.poll_event().is_some() {}
    let number = client.push_command(0, &[0; 8][..client_words(&client)]).unwrap();
    assert_eq!(number, CommandSeq(1));
    let moved = server.to(3, &schema());
    assert!(moved.len() < 64, "a schema that the client holds is not sent again: {}", moved.len());
    client.handle_message(&moved, ms(4)).unwrap();
    assert_eq!(client.poll_event(), Some(ClientEvent::Moved));
    assert_eq!((client.player(), client.is_live()), (Some(PlayerId(77)), false));
    assert_eq!(client.world().entities().count(), 0);
    // The command was not sent yet: it is forgotten, and its number is used again, behind the ack of Moved.
    let number = client.push_command(0, &[0; 8][..client_words(&client)]).unwrap();
    assert_eq!(number, CommandSeq(1));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    assert!(client.poll_transmit(ms(4), &mut first) && client.poll_transmit(ms(4), &mut second));
    assert_eq!((first[0], first[1], second[0]), (kind::ACK, 2, kind::COMMAND));
    server.take(5, &first).unwrap();
    server.take(5, &second).unwrap();
    assert_eq!(server.seen.log.last().unwrap().split(' ').next(), Some("command"));
    for message in server.update(6, NEW_BASE + 1, NOTHING, true).unwrap() {
        client.handle_message(&message, ms(6)).unwrap();
    }
    assert_eq!((client.is_live(), client.world_tick()), (true, Tick(NEW_BASE + 1)));
}

fn client_words(client: &ClientSession) -> usize {
    Layout::new(client.schema().unwrap()).unwrap().commands().record(0).unwrap().words()
}

#[test]
fn a_new_schema_comes_with_moved_and_a_missing_one_ends_the_client() {
    let (mut server, mut client) = pair();
    let moved = server.to(3, &other_schema());
    client.handle_message(&moved, ms(4)).unwrap();
    assert_eq!(client.schema(), Some(&other_schema()));

    let (mut server, mut client) = pair();
    let mut stripped = Welcome::decode_moved(&server.to(3, &other_schema())).unwrap();
    stripped.schema = None;
    let mut message = Vec::new();
    stripped.encode_moved(None, &mut message);
    assert_eq!(code(client.handle_message(&message, ms(4))), 4010);
}
