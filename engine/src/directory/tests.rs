//! Seats and rooms without any thread: the directory alone, on a virtual clock.

use super::*;

const START: Time = Time::from_nanos(1_000_000_000_000);

fn directory(capacity: u32, sim_threads: usize, io_threads: usize) -> Directory {
    let kind = |name: &str, private| KindEntry { name: name.into(), capacity, private };
    Directory::new(vec![kind("duel", false), kind("secret", true)], sim_threads, io_threads)
}

fn join(directory: &Directory, name: &str) -> Permit {
    directory.join(0, name, Asker::Peer, START).expect("a seat")
}

fn listed(directory: &Directory, now: Time) -> String {
    directory.listing(now).to_string()
}

#[test]
fn a_seat_is_promised_once_and_is_free_when_its_permit_is_dropped() {
    let directory = directory(2, 1, 1);
    let (first, second) = (join(&directory, "a"), join(&directory, "a"));
    assert_eq!(first.plan().id, second.plan().id);
    assert_eq!(directory.join(0, "a", Asker::Peer, START).map(drop), Err(CloseCode::Full));
    drop(first);
    assert_eq!(join(&directory, "a").plan().id, second.plan().id);
    assert_eq!(second.plan().seats(), 1);
}

#[test]
fn any_room_is_the_oldest_numbered_one_with_a_free_seat_and_never_a_named_one() {
    let directory = directory(2, 1, 1);
    let _named = join(&directory, "2");
    let mut held: Vec<Permit> = (0..5).map(|_| join(&directory, "")).collect();
    let names: Vec<&str> = held.iter().map(|permit| &*permit.plan().name).collect();
    assert_eq!(names, ["1", "1", "3", "3", "4"], "a number that somebody took as a name is left out");
    held.remove(0);
    assert_eq!(&*join(&directory, "").plan().name, "1");
}

#[test]
fn a_room_is_given_up_only_when_nobody_was_promised_a_seat() {
    let directory = directory(2, 1, 1);
    let permit = join(&directory, "a");
    let plan = Arc::clone(permit.plan());
    assert!(!directory.dispose(&plan), "a player is on the way");
    drop(permit);
    assert!(directory.dispose(&plan));
    let anew = join(&directory, "a");
    assert_eq!((anew.plan().id.index, anew.plan().id.serial), (plan.id.index, plan.id.serial + 1));
    directory.remove(&plan);
    assert_eq!(join(&directory, "a").plan().id, anew.plan().id, "a stale end does not end the successor");
}

#[test]
fn rooms_go_to_the_threads_with_the_fewest_players() {
    let directory = directory(8, 2, 3);
    let crowd: Vec<Permit> = (0..4).map(|_| join(&directory, "crowd")).collect();
    let rest: Vec<Permit> = ["b", "c", "d", "e"].map(|name| join(&directory, name)).into();
    let at = |permit: &Permit| (permit.plan().id.thread, permit.plan().home);
    assert_eq!(at(&crowd[0]), (0, 0));
    assert_eq!(rest.iter().map(at).collect::<Vec<_>>(), [(1, 1), (1, 2), (1, 1), (1, 2)]);
}

#[test]
fn players_of_a_crowd_stay_on_the_thread_that_they_came_to() {
    let directory = directory(limits::HOME_SEATS_MAX + 2, 1, 2);
    let mut crowd = Vec::new();
    for _ in 0..limits::HOME_SEATS_MAX {
        let permit = join(&directory, "crowd");
        assert_eq!(permit.plan().home_for(1), 0);
        crowd.push(permit);
    }
    assert_eq!(join(&directory, "crowd").plan().home_for(1), 1);
    assert_eq!(crowd[0].plan().home, 0);
}

#[test]
fn the_list_shows_public_rooms_the_fullest_first_and_is_made_anew_after_a_while() {
    let directory = directory(32, 1, 1);
    assert_eq!(listed(&directory, START), r#"{"rooms":[]}"#);
    let held = [
        join(&directory, "abc"),
        join(&directory, "~hidden"),
        join(&directory, "\"<b>\\"),
        join(&directory, "\"<b>\\"),
    ];
    held.iter().for_each(|permit| permit.plan().set_made());
    let secret = directory.join(1, "x", Asker::Peer, START).expect("a seat");
    assert_eq!(
        listed(&directory, START + limits::LISTING_AGE_MAX / 2),
        r#"{"rooms":[]}"#,
        "not made anew yet"
    );
    assert_eq!(
        listed(&directory, START + limits::LISTING_AGE_MAX),
        r#"{"rooms":[{"kind":"duel","id":"\"\u003cb\u003e\\","players":2,"capacity":32},{"kind":"duel","id":"abc","players":1,"capacity":32}]}"#
    );
    drop(secret);
}

#[test]
fn private_kinds_are_found_by_their_name_and_not_told() {
    let directory = directory(2, 1, 1);
    assert_eq!(
        (directory.kind("duel"), directory.kind("secret"), directory.kind("chess")),
        (Some(0), Some(1), None)
    );
    assert_eq!(directory.public_kinds().collect::<Vec<_>>(), ["duel"]);
}

#[test]
fn r9_the_list_is_bounded_however_many_rooms_there_are() {
    let directory = directory(2, 1, 1);
    let name = |n: usize| format!("{n:\"<32}");
    let rooms: Vec<Permit> = (0..limits::ROOMS_LISTED_MAX + 9)
        .map(|n| directory.join(0, &name(n), Asker::Game(NOWHERE), START).expect("a seat"))
        .collect();
    let list = listed(&directory, START);
    assert_eq!(list.matches("\"kind\"").count(), limits::ROOMS_LISTED_MAX);
    assert!(list.len() < 64 << 10, "{} bytes", list.len());
    drop(rooms);
}

const NOWHERE: RoomId = RoomId { thread: 0, index: u32::MAX, serial: u32::MAX };

#[test]
fn r9_a_flood_of_new_rooms_is_told_to_come_back_and_old_rooms_stay_open() {
    let directory = directory(4, 1, 1);
    let mut held = Vec::new();
    for n in 0..limits::ROOMS_MADE_BURST {
        held.push(join(&directory, &format!("r{n}")));
    }
    let busy = |now| directory.join(0, "one more", Asker::Peer, now).map(drop);
    assert_eq!(busy(START), Err(CloseCode::Busy));
    assert_eq!(join(&directory, "r7").plan().id, held[7].plan().id, "joining makes no room");
    assert!(directory.join(0, "by a game", Asker::Game(NOWHERE), START).is_ok(), "games are not counted");
    assert_eq!(busy(START + limits::ROOM_MADE_EVERY), Ok(()));
}

#[test]
fn r9_rooms_are_bounded_and_those_promised_to_peers_who_went_are_forgotten() {
    let directory = directory(4, 1, 1);
    let mut now = START;
    let mut make = |name: String| {
        now = now + limits::ROOM_MADE_EVERY;
        directory.join(0, &name, Asker::Peer, now)
    };
    let held: Vec<Permit> =
        (0..limits::ROOMS_MAX - 1).map(|n| make(n.to_string()).expect("a seat")).collect();
    drop(make("gone".to_owned()).expect("the last one"));
    let last = make("instead".to_owned()).expect("the promise that nobody holds is forgotten");
    assert_eq!(make("more".to_owned()).map(drop), Err(CloseCode::Busy));
    drop((held, last));
}
