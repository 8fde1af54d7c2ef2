//! The room in the hands of a test behaves as one in a server.

use super::*;
use crate::sim::inn::{Inn, News, Order};
use crate::sim::skirmish::{Ask, Fact, Skirmish, Stick};

fn numbers(events: Vec<Fact>) -> Vec<u16> {
    events
        .into_iter()
        .filter_map(|event| match event {
            Fact::Heard { number } => Some(number),
            _ => None,
        })
        .collect()
}

#[test]
fn the_same_script_gives_the_same_hashes_and_another_seed_others() {
    let run = |seed| {
        let mut room = TestRoom::<Skirmish>::new(seed);
        let ann = room.join("ann");
        room.input(ann, Stick { x: 1, fire: false });
        (0..20)
            .map(|_| {
                room.advance(1);
                room.state_hash()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn events_reach_their_audience_and_are_given_once() {
    let mut room = TestRoom::<Skirmish>::new(1);
    let [ann, bob, cid] = ["ann", "bob", "cid"].map(|name| room.join(name));
    room.command(bob, Ask::EnterTeam);
    room.command(cid, Ask::MoveAway);
    room.advance(1);
    room.command(ann, Ask::ToAll { number: 1 });
    room.command(ann, Ask::ToMe { number: 2 });
    room.command(ann, Ask::Near { number: 3 });
    room.command(ann, Ask::ToTeam { number: 4 });
    room.advance(1);
    let heard = [ann, bob, cid].map(|player| numbers(room.events_for(player)));
    assert_eq!(heard, [vec![1, 2, 3], vec![1, 3, 4], vec![1]]);
    assert!(room.events_for(ann).is_empty());
}

#[test]
fn kicks_and_leaves_reach_the_game_as_in_a_server() {
    let mut room = TestRoom::<Skirmish>::new(1);
    let (ann, bob) = (room.join("ann"), room.join("bob"));
    room.command(bob, Ask::KickMe);
    room.advance(2);
    assert_eq!(room.kicked(), [(bob, "asked for it".to_owned())]);
    assert_eq!(room.view(ann).count(), 1);
    room.leave(ann, Leave::Left);
    room.advance(1);
    assert_eq!(room.view(ann).count(), 0);
    assert_eq!(room.tick(), Tick(3));
}

#[test]
fn wishes_for_transfers_are_shown_and_answered_by_the_test() {
    let mut room = TestRoom::<Inn>::new(1);
    let ann = room.join("ann");
    room.command(ann, Order::MoveOn);
    room.advance(1);
    let wish = Transfer { player: ann, kind: "inn".to_owned(), room: "other".to_owned() };
    assert_eq!(room.transfers(), [wish]);
    room.refuse_transfer(ann, TransferError::Full);
    room.advance(1);
    assert!(matches!(room.events_for(ann)[..], [News::Stays { why }] if why == TransferError::Full as u8));
    room.leave(ann, Leave::Transferred);
    room.advance(1);
    assert_eq!(room.view(ann).count(), 0);
}

#[test]
#[should_panic(expected = "does not declare")]
fn a_class_of_another_game_is_a_mistake_of_the_test() {
    let mut room = TestRoom::<Skirmish>::new(1);
    let ann = room.join("ann");
    let _ = room.view(ann).of::<crate::sim::inn::Guest>();
}
