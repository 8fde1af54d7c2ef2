//! One window: a contestant, a cell, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cell::{Cell, HZ, INPUT_BYTES, PIPELINE, Work};
use super::child::Child;
use super::colyseus;
use super::contestant::Contestant;
use crate::arena::{self, ArenaPlan, CPU_PER_UPDATE};
use crate::echo::{self, EchoPlan};
use crate::failure::Failure;
use crate::fanout::{self, FanoutPlan};
use crate::idle::{self, ANONYMOUS_EACH, IdlePlan};
use crate::load::{Live, Plan};
use crate::machine::affinity;
use crate::report::{FOREIGN_CPU_MAX, Run};
use crate::watch::Watch;
use crate::wire::route::Route;

/// Players of our room that decode and check every update.
const DECODE: u32 = 4;

/// How a window is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) warmup: Duration,
    pub(super) window: Duration,
    pub(super) load_core: usize,
}

/// What came of one window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) contestant: String,
    /// The command that started it.
    pub(super) started: String,
    pub(super) round: u32,
    /// Processor time of the server per [`Cell::per`], microseconds.
    pub(super) cpu_us: Option<f64>,
    pub(super) user_share: Option<f64>,
    /// Messages, frames or updates that reached the clients in a second.
    pub(super) per_s: Option<f64>,
    /// Of [`Cell::time`].
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    /// Mean size of an update of a room.
    pub(super) update_bytes: Option<f64>,
    /// Anonymous memory of a connection, where that is what is asked.
    pub(super) connection_bytes: Option<f64>,
    /// Of a core, while it was measured.
    pub(super) foreign_share: Option<f64>,
    pub(super) mode: Option<String>,
    /// What is wrong with it.
    pub(super) flaws: Vec<String>,
    /// The numbers say something about the server.
    pub(super) counts: bool,
}

impl Sample {
    /// Others used the processors meanwhile.
    pub(super) fn is_disturbed(&self) -> bool {
        self.foreign_share.is_some_and(|share| share > FOREIGN_CPU_MAX)
    }

    /// Of a window that could not be measured.
    pub(super) fn failed(contestant: Contestant, round: u32, why: String) -> Self {
        Self {
            contestant: contestant.name(),
            started: String::new(),
            round,
            cpu_us: None,
            user_share: None,
            per_s: None,
            p50_ms: None,
            p99_ms: None,
            update_bytes: None,
            connection_bytes: None,
            foreign_share: None,
            mode: None,
            flaws: vec![why],
            counts: false,
        }
    }

    pub(super) fn of(contestant: Contestant, round: u32, cell: &Cell, run: &Run) -> Self {
        let is_idle = cell.work == Work::Idle;
        let server = run.server.as_ref().filter(|_| !is_idle);
        let time = run.distribution(&run.headline).filter(|_| !is_idle && contestant.tells_time());
        let ms = |quantile| time.and_then(|time| time.told(quantile)).map(|ns| ns as f64 / 1e6);
        let figure =
            |name: &str| run.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value);
        let rate = figure("rate");
        let sizes = run.distribution("update_bytes");
        let per_s = rate.or_else(|| sizes.map(|sizes| sizes.histogram.len() as f64 / run.measured_s));
        Self {
            contestant: contestant.name(),
            started: String::new(),
            round,
            cpu_us: match cell.work {
                // Our players' report is by server ticks, the neutral client's by updates.
                Work::Room if contestant.is_ours() => figure(CPU_PER_UPDATE),
                _ => server.map(|server| server.cpu_us_per),
            },
            user_share: server.map(|server| {
                server.user_share / (server.user_share + server.system_share).max(f64::MIN_POSITIVE)
            }),
            per_s: per_s.filter(|_| !is_idle),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            update_bytes: sizes.map(|sizes| sizes.histogram.mean()),
            connection_bytes: figure(ANONYMOUS_EACH).filter(|_| is_idle),
            foreign_share: run.foreign_cpu_share,
            mode: run.mode.clone(),
            flaws: run.verdict.flaws().iter().map(ToString::to_string).collect(),
            counts: run.verdict.is_comparable(),
        }
    }
}

/// Loads a contestant that listens, and returns what came of it.
pub(super) fn measure(
    contestant: Contestant,
    round: u32,
    cell: &Cell,
    child: &Child,
    timing: Timing,
) -> Result<Sample, Failure> {
    let route = Route::find(&child.url).map_err(Failure::Unreachable)?;
    let plan = Plan {
        route: route.clone(),
        connections: cell.connections,
        connect_rate: cell.connect_rate(),
        threads: 1,
        pin: vec![timing.load_core],
        seed: u64::from(round),
        warmup: timing.warmup,
        duration: timing.window,
        stages: None,
    };
    plan.reserve()?;
    let watch = Watch::new(&route, Some(child.pid()), None)?;
    let live = &mut Live::quiet();
    let run = match cell.work {
        Work::Echo { bytes } => {
            let echo = EchoPlan { bytes: bytes as usize, rate: None, pipeline: None };
            echo::measure(&plan, &echo, &watch, live)?
        }
        Work::Pipelined { bytes } => {
            let echo = EchoPlan { bytes: bytes as usize, rate: None, pipeline: Some(PIPELINE) };
            echo::measure(&plan, &echo, &watch, live)?
        }
        Work::Fanout { .. } => fanout::measure(&plan, &listening(None), &watch, live)?,
        Work::Inputs { .. } => fanout::measure(&plan, &listening(Some(f64::from(HZ))), &watch, live)?,
        Work::Idle => {
            affinity::pin(timing.load_core)
                .map_err(|error| Failure::Pin { core: timing.load_core, error })?;
            let idle = IdlePlan {
                connections: plan.connections,
                connect_rate: plan.connect_rate,
                warmup: plan.warmup,
                duration: plan.duration,
                seat: None,
                // Nobody is in a room.
                ack_every: plan.duration,
                server_pid: Some(child.pid()),
            };
            idle::measure(&idle, route, &watch, Live::quiet())?
        }
        Work::Room if contestant.is_ours() => {
            let arena = ArenaPlan { kind: "swarm".to_owned(), room: String::new(), decode: DECODE };
            arena::measure(&plan, &arena, &watch, live)?
        }
        Work::Room => colyseus::measure(&plan, &watch)?,
    };
    Ok(Sample::of(contestant, round, cell, &run))
}

fn listening(input_rate: Option<f64>) -> FanoutPlan {
    FanoutPlan { stamp_offset: Some(0), input_bytes: INPUT_BYTES, input_rate }
}
