//! The run: joins all players, drives them from one thread, and collects the report.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use tickwire_client::netcode::time::Time;
use tickwire_client::{ClientError, Clock};

use crate::cli;
use crate::player::{Player, Received, Standing, micros};
use crate::report::Report;

/// All players have a seat and a state by then, or something is wrong.
const JOIN_LIMIT: Duration = Duration::from_secs(20);
/// How long is waited at the end for inputs under way. Beyond it they count as never acknowledged.
const SETTLE_LIMIT: Duration = Duration::from_secs(2);
/// How long the thread lies still when there is nothing to do: what it costs in precision is in the report.
const NAP: Duration = Duration::from_micros(200);
/// Round trips are kept from 1 us to 60 s at three digits; longer ones count as 60 s.
const LONGEST_US: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// Why nothing was measured.
#[derive(Debug)]
pub(crate) enum RunError {
    /// One of the players could not connect.
    Connect { player: u32, error: ClientError },
    /// Some did not get into the room.
    Join { joined: usize, players: usize, why: Option<String> },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { player, error } => write!(f, "player {player}: {error}"),
            Self::Join { joined, players, why: Some(why) } => {
                write!(f, "{joined} of {players} players joined: {why}")
            }
            Self::Join { joined, players, why: None } => write!(
                f,
                "{joined} of {players} players joined within {} s; is this a server of the arena?",
                JOIN_LIMIT.as_secs()
            ),
        }
    }
}

/// All players and what they measure together.
struct Load {
    clock: Clock,
    players: Vec<Player>,
    round_trip_us: Histogram<u64>,
    /// Time between two looks at the same socket: no sample is more precise.
    turn_us: Histogram<u64>,
}

impl Load {
    fn connect(args: &cli::Arena) -> Result<Self, RunError> {
        let connect = |player| {
            Player::connect(&args.url, &args.room, player)
                .map_err(|error| RunError::Connect { player, error })
        };
        let players = (1..=args.players).map(connect).collect::<Result<_, _>>()?;
        Ok(Self { clock: Clock::new(), players, round_trip_us: histogram(), turn_us: histogram() })
    }

    /// Goes round all players until `end`, or until `done`; false when `end` came first.
    fn drive(&mut self, give: bool, end: Time, done: impl Fn(&[Player]) -> bool) -> bool {
        let mut last = self.clock.now();
        loop {
            for player in &mut self.players {
                player.poll(|| self.clock.now(), give, &mut self.round_trip_us);
            }
            let now = self.clock.now();
            self.turn_us.saturating_record(micros(now.since(last)));
            last = now;
            if done(&self.players) {
                return true;
            }
            if now >= end {
                return false;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "the load generator's own pace, not a condition waited for"
            )]
            std::thread::sleep(NAP);
        }
    }

    fn join(&mut self) -> Result<(), RunError> {
        let settled =
            |players: &[Player]| players.iter().all(|player| *player.standing() != Standing::Joining);
        let end = self.clock.now() + JOIN_LIMIT;
        // Players that came first play while the others join, as people would.
        self.drive(true, end, settled);
        let joined = self.players.iter().filter(|player| *player.standing() == Standing::Playing).count();
        if joined == self.players.len() {
            return Ok(());
        }
        let why = self.players.iter().find_map(gone);
        Err(RunError::Join { joined, players: self.players.len(), why })
    }
}

fn gone(player: &Player) -> Option<String> {
    if let Standing::Gone(why) = player.standing() { Some(why.clone()) } else { None }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, DIGITS).expect("1 us to 60 s at three digits is a histogram")
}

/// Runs the load to its end.
///
/// # Errors
/// When not all players got into the room: nothing is measured then.
pub(crate) fn run(args: &cli::Arena) -> Result<Report, RunError> {
    let mut load = Load::connect(args)?;
    load.join()?;

    load.players.iter_mut().for_each(Player::begin);
    load.round_trip_us.reset();
    load.turn_us.reset();
    let given_before: u64 = load.players.iter().map(|player| u64::from(player.given())).sum();
    let began = load.clock.now();
    load.drive(true, began + args.duration, |_| false);
    let elapsed = load.clock.now().since(began);
    let received = load.players.iter().map(Player::received).fold(Received::default(), add);
    let given: u64 = load.players.iter().map(|player| u64::from(player.given())).sum();

    let settled =
        |players: &[Player]| players.iter().all(|player| player.under_way() == 0 || gone(player).is_some());
    let end = load.clock.now() + SETTLE_LIMIT;
    load.drive(false, end, settled);
    let now = load.clock.now();
    let report = Report {
        url: args.url.clone(),
        players: args.players,
        tick_rate_hz: load.players.iter().find_map(Player::tick_rate_hz).unwrap_or(0),
        elapsed,
        received,
        inputs: given - given_before,
        unacknowledged: load.players.iter().map(Player::under_way).sum(),
        lost: load.players.iter().filter_map(gone).collect(),
        round_trip_us: load.round_trip_us,
        turn_us: load.turn_us,
    };
    load.players.iter_mut().for_each(|player| player.leave(now));
    Ok(report)
}

fn add(left: Received, right: Received) -> Received {
    Received {
        updates: left.updates + right.updates,
        bytes: left.bytes + right.bytes,
        failed: left.failed + right.failed,
    }
}
