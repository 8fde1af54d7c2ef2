//! A neutral client of a Colyseus room: it takes a seat, says what a player says, and counts and sizes what comes.
//!
//! Written from the protocol of `@colyseus/core` 0.18: a POST reserves a seat, the connection names it in its query, the
//! server's JOIN_ROOM is answered by one byte, then comes the whole state and after it patches. Patches are not decoded,
//! as the players of `arena` that only read headers do not; so there is no time from input to state here.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use super::cell::HZ;
use super::error::PeersError;
use crate::failure::Failure;
use crate::limits::SEAT_BYTES_MAX;
use crate::load::schedule::{Rates, Schedule, phase};
use crate::load::{self, Cx, Flow, Live, Plan, Scenario};
use crate::quantiles;
use crate::report::{Distribution, Run, Unit};
use crate::watch::Watch;
use crate::wire::route::Route;

const JOIN_ROOM: u8 = 10;
const ROOM_DATA: u8 = 13;
const ROOM_STATE: u8 = 14;
const ROOM_STATE_PATCH: u8 = 15;
/// Inputs of one player in one turn; what is due beyond them waits for the next one.
const BATCH_MAX: u32 = 64;
/// The upper bits of the first byte are modifiers.
const CODE_BITS: u8 = 0x1f;

/// A reservation takes a millisecond.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Takes a seat in the room `swarm`, and returns the path of the connection that it is for.
fn reserve(route: &Route) -> Result<String, Failure> {
    let failed = |why: &str| PeersError::NoSeat(why.to_owned()).into();
    let mut stream = TcpStream::connect_timeout(&route.address, ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    let host = route.target.authority();
    write!(
        stream,
        "POST /matchmake/joinOrCreate/swarm HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    )?;
    let mut answer = String::new();
    stream.take(SEAT_BYTES_MAX).read_to_string(&mut answer)?;
    path_in(&answer).ok_or_else(|| failed(answer.lines().next().unwrap_or("no answer")))
}

/// The path that an answer to a reservation gives.
fn path_in(answer: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Seat {
        session_id: String,
        room_id: String,
        process_id: String,
    }
    // In one chunk or without chunks, the value is what stands between the outermost braces.
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let value = body.get(body.find('{')?..=body.rfind('}')?)?;
    let seat: Seat = serde_json::from_str(value).ok()?;
    Some(format!("/{}/{}?sessionId={}", seat.process_id, seat.room_id, seat.session_id))
}

struct Player {
    schedule: Schedule,
    /// Of its next input.
    number: u64,
    has_state: bool,
    last_at: Option<Time>,
}

struct Room {
    seed: u64,
    origin: Option<Time>,
    update_bytes: Histogram<u64>,
}

/// `{ turn, thrust }` as message "i": the type as a string, the value in MessagePack.
fn input(number: u64) -> [u8; 6] {
    let turn = [0xff, 0, 1][(number / 20 % 3) as usize];
    let thrust = if (number / 30).is_multiple_of(2) { 0xc2 } else { 0xc3 };
    [ROOM_DATA, 0xa1, b'i', 0x92, turn, thrust]
}

impl Scenario for Room {
    type Client = Player;

    fn rate_hz(&self) -> Option<f64> {
        Some(f64::from(HZ))
    }

    fn opened(&mut self, cx: &mut Cx<'_>) -> Player {
        let origin = *self.origin.get_or_insert(cx.now());
        let schedule = Schedule::new(cx.rates(), phase(cx.number(), self.seed), origin, cx.now());
        Player { schedule, number: 0, has_state: false, last_at: None }
    }

    fn message(&mut self, player: &mut Player, _: MessageKind, payload: &[u8], cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        match payload.first().map(|first| first & CODE_BITS) {
            Some(JOIN_ROOM) => cx.send(MessageKind::Binary, &[JOIN_ROOM]),
            Some(ROOM_STATE) => player.has_state = true,
            Some(ROOM_STATE_PATCH) => {
                if let Some(before) = player.last_at.replace(now) {
                    cx.recorder().headline(now, now, now.since(before));
                }
                if cx.recorder().is_in_window(now) {
                    self.update_bytes.saturating_record(payload.len() as u64);
                }
            }
            _ => {}
        }
        Flow::Stay
    }

    fn due_at(&self, player: &Player) -> Option<Time> {
        Some(player.schedule.due())
    }

    fn due(&mut self, player: &mut Player, cx: &mut Cx<'_>) -> Flow {
        let now = cx.now();
        for _ in 0..BATCH_MAX {
            let due = player.schedule.due();
            if due > now {
                break;
            }
            player.schedule.advance(cx.rates());
            // Before its state it has nothing to act on.
            if player.has_state {
                cx.send(MessageKind::Binary, &input(player.number));
                player.number += 1;
                cx.recorder().sent(due, due, now);
            }
        }
        Flow::Stay
    }

    fn is_ready(&self, player: &Player) -> bool {
        player.has_state
    }

    fn left_out(&self, player: &Player, end: Time, rates: &Rates) -> u64 {
        player.schedule.count_until(end, rates)
    }

    fn add(&mut self, other: Self) {
        self.update_bytes.add(other.update_bytes).expect("histograms of the same bounds");
    }
}

/// Reserves seats for all connections of the plan and runs them.
///
/// # Errors
/// The server gives no seats, or not all players got their state.
pub(super) fn measure(plan: &Plan, watch: &Watch) -> Result<Run, Failure> {
    let paths: Result<Vec<String>, Failure> = (0..plan.connections).map(|_| reserve(&plan.route)).collect();
    let mut plan = plan.clone();
    plan.route.paths = paths?.into();
    let room = || Room { seed: plan.seed, origin: None, update_bytes: quantiles::histogram() };
    let outcome = load::run(&plan, watch, &mut Live::quiet(), |_| room())?;
    let mut run = outcome.report(&plan, "colyseus", "gap");
    let sizes = outcome.scenario.update_bytes.clone();
    let updates = sizes.len() as f64;
    outcome.tell_use(updates, "update", &mut run);
    let per_s = updates / outcome.seconds();
    run.figure("updates", "rate", "updates per second", per_s, Unit::PerSecond);
    run.distributions.push(Distribution::new("update_bytes", "update bytes", Unit::Bytes, sizes));
    outcome.tell_sends(&mut run);
    if updates == 0.0 {
        run.verdict.failed("no update came");
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::simulated::Alone;

    #[test]
    fn a_seat_names_the_path_of_its_connection() {
        let body = r#"{"name":"swarm","sessionId":"m_lX","roomId":"MN-a","processId":"12VZ"}"#;
        let want = Some("/12VZ/MN-a?sessionId=m_lX".to_owned());
        assert_eq!(path_in(&format!("HTTP/1.1 200 OK\r\nContent-Length: 75\r\n\r\n{body}")), want);
        assert_eq!(path_in(&format!("HTTP/1.1 200 OK\r\n\r\n4b\r\n{body}\r\n0\r\n\r\n")), want, "in a chunk");
        for bad in ["", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 500 No\r\n\r\n{\"code\":521}", "x\r\n\r\n}{"] {
            assert_eq!(path_in(bad), None, "{bad}");
        }
    }

    #[test]
    fn inputs_that_are_long_due_do_not_hold_the_turn() {
        let mut alone = Alone::new(f64::from(HZ));
        let mut room = Room { seed: 1, origin: None, update_bytes: quantiles::histogram() };
        let mut player = alone.call(Time::default(), |cx| room.opened(cx));
        player.has_state = true;
        let late = Time::default() + Duration::from_secs(10);
        alone.call(late, |cx| room.due(&mut player, cx));
        assert_eq!(alone.recorder.sends, u64::from(BATCH_MAX));
        assert!(room.due_at(&player).is_some_and(|due| due < late), "the rest is due at once");
    }

    #[test]
    fn inputs_are_messages_of_two_values_that_change() {
        assert_eq!(input(0), [13, 0xa1, b'i', 0x92, 0xff, 0xc2]);
        assert_eq!(input(45), [13, 0xa1, b'i', 0x92, 1, 0xc3]);
    }
}
