//! The decision and the lead, on virtual time.

use std::time::Duration;

use tickwire_netcode::time::Time;

use super::{Pace, ReadMode};
use crate::net::limits::{COALESCE_FROM, HARVEST_MARGIN, WAKE_BELOW, WINDOW_TICKS};
use crate::tick_grid::TickGrid;

/// 100 Hz from one second on: an interval is 10 ms.
const BASE_MS: u64 = 1_000;

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

fn us(us: u64) -> Time {
    Time::from_nanos(us * 1_000)
}

fn pace() -> Pace {
    Pace::new(TickGrid::new(ms(BASE_MS), 100), ms(BASE_MS))
}

/// The mode after a window with this many messages in each of its ticks.
fn after_window(pace: &mut Pace, from_ms: u64, messages_per_tick: u64) -> ReadMode {
    for tick in 0..u64::from(WINDOW_TICKS) {
        let at = ms(from_ms + tick * 10);
        pace.passed(messages_per_tick, at, at);
        pace.decide(at);
    }
    pace.decide(ms(from_ms + u64::from(WINDOW_TICKS) * 10))
}

#[test]
fn the_load_of_a_window_decides_and_there_is_room_between_the_two_bounds() {
    let window_ms = u64::from(WINDOW_TICKS) * 10;
    let mut pace = pace();
    assert_eq!(after_window(&mut pace, BASE_MS, COALESCE_FROM - 1), ReadMode::Waking);
    assert_eq!(pace.harvest_at(), None);
    assert_eq!(after_window(&mut pace, BASE_MS + window_ms, COALESCE_FROM), ReadMode::Coalescing);
    assert_eq!(after_window(&mut pace, BASE_MS + 2 * window_ms, WAKE_BELOW), ReadMode::Coalescing);
    assert_eq!(after_window(&mut pace, BASE_MS + 3 * window_ms, WAKE_BELOW - 1), ReadMode::Waking);
}

#[test]
fn a_window_that_ends_late_counts_all_its_ticks() {
    let mut pace = pace();
    let messages = COALESCE_FROM * u64::from(WINDOW_TICKS);
    pace.passed(messages, ms(BASE_MS), ms(BASE_MS));
    assert_eq!(pace.decide(ms(BASE_MS + 60_000)), ReadMode::Waking, "a minute's messages are no load");
}

#[test]
fn each_tick_has_one_pass_that_begins_before_it_by_the_length_of_a_pass_and_a_margin() {
    let mut pace = pace();
    let begin = BASE_MS + u64::from(WINDOW_TICKS) * 10;
    assert_eq!(after_window(&mut pace, BASE_MS, COALESCE_FROM), ReadMode::Coalescing);
    for tick in 1..200 {
        let deadline = ms(begin + tick * 10);
        let at = pace.harvest_at().expect("coalescing");
        assert_eq!(deadline.since(at), pace.lead(), "tick {tick}");
        pace.passed(COALESCE_FROM, at, at + Duration::from_micros(800));
    }
    let lead = pace.lead();
    assert!(lead >= HARVEST_MARGIN + Duration::from_micros(800), "{lead:?}");
    assert!(lead <= HARVEST_MARGIN + Duration::from_micros(1050), "{lead:?}");
}

#[test]
fn one_pass_in_twenty_that_is_held_up_does_not_lengthen_the_lead() {
    let mut pace = pace();
    after_window(&mut pace, BASE_MS, COALESCE_FROM);
    for tick in 0..1_000 {
        let at = pace.harvest_at().expect("coalescing");
        let length = if tick % 20 == 0 { Duration::from_millis(40) } else { Duration::from_micros(100) };
        pace.passed(COALESCE_FROM, at, at + length);
    }
    assert!(pace.lead() < HARVEST_MARGIN + Duration::from_micros(300), "{:?}", pace.lead());
}

#[test]
fn the_lead_is_half_of_the_tick_at_most() {
    let mut pace = pace();
    after_window(&mut pace, BASE_MS, COALESCE_FROM);
    for _ in 0..1_000 {
        let at = pace.harvest_at().expect("coalescing");
        pace.passed(COALESCE_FROM, at, at + Duration::from_millis(500));
    }
    assert_eq!(pace.lead(), Duration::from_millis(5));
}

#[test]
fn a_late_pass_is_followed_by_one_for_the_next_tick_that_is_still_to_come() {
    let mut pace = pace();
    after_window(&mut pace, BASE_MS, COALESCE_FROM);
    let at = pace.harvest_at().expect("coalescing");
    let target = at + pace.lead();
    // Three ticks late.
    pace.passed(COALESCE_FROM, at + Duration::from_millis(35), at + Duration::from_millis(36));
    let next = pace.harvest_at().expect("coalescing") + pace.lead();
    assert_eq!(next, target + Duration::from_millis(40), "the first deadline after its end");
}

#[test]
fn what_is_read_has_waited_since_the_last_look_at_most() {
    let mut pace = pace();
    pace.passed(1, us(1_003_000), us(1_003_100));
    assert_eq!(pace.looked(), us(1_003_000));
}
