//! Players in a room: the scenario `arena`, which other scenarios put beside what they do.
//!
//! Each player is a client session that gives one input per tick. A few decode every update and compare hashes with the
//! server's and with each other's; the others read headers, acknowledge and play.

mod ages;
mod full_size;
mod hands;
mod player;
mod report;
pub(crate) mod tally;

use tickwire_netcode::time::Time;
use tickwire_netcode::ws::MessageKind;

use crate::cli;
use crate::failure::Failure;
use crate::load::schedule::{Rates, phase};
use crate::load::stages::Stages;
use crate::load::{self, Cx, Flow, Live, Plan, Recorder, Scenario};
use crate::machine::monotonic;
use crate::report::Run;
use crate::watch::Watch;
use full_size::FullSize;
use player::{Desk, Player, Seat};
pub(crate) use report::CPU_PER_UPDATE;
use tally::Tally;

/// The latest phase of inputs is one tick after the earliest; sessions keep margins of up to two ticks, and the first
/// anchor leaves nearly three.
const PHASE_FIRST: f64 = 0.9;

const EXAMPLES: &str = "\
Examples:
  cargo arena --listen 127.0.0.1:7777 &
  cargo netbench arena --players 50 --duration 10s
  cargo netbench arena --players 300 --decode 16 --duration 1m --pin 1 --server-pid \"$(pgrep -n game-demo)\"
  cargo netbench arena --stages 10s:100,10s:200,10s:400 --json arena.json";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) room: Room,

    #[command(flatten)]
    pub(crate) common: cli::Common,
}

/// Who plays what.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Players")]
pub(crate) struct Room {
    /// Id of the room; any room of the kind without it.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) room: String,

    /// Kind of the room. Inputs are made up from the schema that the server sends, so any game will do.
    #[arg(long, value_name = "KIND", default_value = "arena")]
    pub(crate) kind: String,

    /// How many of them decode every update and check its hash; the others read headers, acknowledge and play.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) decode: u32,
}

/// Who plays what, for programs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ArenaPlan {
    pub(crate) kind: String,
    pub(crate) room: String,
    /// Players below this number decode.
    pub(crate) decode: u32,
}

impl From<&Room> for ArenaPlan {
    fn from(room: &Room) -> Self {
        Self { kind: room.kind.clone(), room: room.room.clone(), decode: room.decode }
    }
}

/// One thread's players.
pub(crate) struct Arena {
    plan: ArenaPlan,
    seed: u64,
    desk: Desk,
}

impl Arena {
    pub(crate) fn new(plan: ArenaPlan, seed: u64) -> Self {
        let desk =
            Desk { tally: Tally::new(), message: Vec::new(), full_size: FullSize::default(), epoch_ns: None };
        Self { plan, seed, desk }
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.desk.tally
    }
}

impl Scenario for Arena {
    type Client = Player;

    fn opened(&mut self, cx: &mut Cx<'_>) -> Player {
        if self.desk.epoch_ns.is_none() {
            self.desk.epoch_ns = monotonic::epoch_ns(|| cx.fresh_now());
        }
        let seat = Seat {
            kind: &self.plan.kind,
            room: &self.plan.room,
            number: cx.number(),
            decodes: cx.number() < self.plan.decode,
            phase: PHASE_FIRST + phase(cx.number(), self.seed),
        };
        Player::new(&seat)
    }

    fn message(&mut self, player: &mut Player, kind: MessageKind, message: &[u8], cx: &mut Cx<'_>) -> Flow {
        match kind {
            MessageKind::Binary => player.on_message(message, &mut self.desk, cx),
            MessageKind::Text => Flow::Stay,
        }
    }

    fn drained(&mut self, player: &mut Player, cx: &mut Cx<'_>) -> Flow {
        player.transmit(&mut self.desk, cx);
        Flow::Stay
    }

    fn due_at(&self, player: &Player) -> Option<Time> {
        player.input_at()
    }

    fn due(&mut self, player: &mut Player, cx: &mut Cx<'_>) -> Flow {
        player.give(&mut self.desk, cx);
        Flow::Stay
    }

    fn is_ready(&self, player: &Player) -> bool {
        player.plays()
    }

    fn under_way(&self, player: &Player) -> usize {
        player.under_way()
    }

    fn left_out(&self, player: &Player, end: Time, _: &Rates) -> u64 {
        player.due_before(end)
    }

    fn give_up(&self, player: &Player, now: Time, _: &Rates, recorder: &mut Recorder) {
        player.give_up(now, recorder);
    }

    fn leave(&mut self, mut player: Player, cx: &mut Cx<'_>) {
        player.leave(&mut self.desk, cx);
    }

    fn add(&mut self, other: Self) {
        self.desk.tally.add(other.desk.tally);
    }
}

/// Runs the scenario as the command line says it.
///
/// # Errors
/// See [`measure`].
pub(crate) fn run(args: &Args) -> Result<Run, Failure> {
    let server = &args.common.server;
    if args.common.stages.as_ref().and_then(Stages::rates).is_some() {
        return Err(Failure::Usage(
            "players give an input per tick: stages of arena are connections".to_owned(),
        ));
    }
    let plan = Plan::new(&args.common)?;
    let watch = server.watch(&plan.route)?;
    measure(&plan, &ArenaPlan::from(&args.room), &watch, &mut Live::stderr())
}

/// Runs the scenario.
///
/// # Errors
/// Not all players got into the room.
pub(crate) fn measure(
    plan: &Plan,
    arena: &ArenaPlan,
    watch: &Watch,
    live: &mut Live,
) -> Result<Run, Failure> {
    let outcome = load::run(plan, watch, live, |_| Arena::new(arena.clone(), plan.seed))?;
    Ok(report::of(plan, arena, &outcome))
}
