//! The load generator: an open loop on absolute schedules, on any number of connections and threads.
//!
//! What all scenarios share lives here: when connections begin and messages are due ([`schedule`], [`arrivals`]), the
//! loop of a thread ([`drive`]), what is measured of a message ([`recorder`]), the order of a run ([`run`]). What is said
//! on a connection and made of the answers is a [`Scenario`].
//!
//! Invariants: due times depend on nothing that happens; latencies count from them; nothing here allocates per message;
//! everything below [`crew`] takes time and network as arguments, so that a simulated server on a virtual clock drives
//! the same code.

mod arrivals;
pub(crate) mod crew;
mod drive;
mod ear;
pub(crate) mod live;
mod losses;
mod outcome;
pub(crate) mod plan;
pub(crate) mod recorder;
mod scenario;
pub(crate) mod schedule;
mod shared;
#[cfg(test)]
pub(crate) mod simulated;
mod slot;
mod span;
pub(crate) mod stages;

use tickwire_client::Clock;

use crate::failure::Failure;
use crate::interrupt;
use crate::machine::affinity;
use crate::watch::Watch;
use crew::Crew;
pub(crate) use live::Live;
pub(crate) use outcome::{Outcome, SECOND_MIN_S};
pub(crate) use plan::Plan;
pub(crate) use recorder::Recorder;
pub(crate) use scenario::{Cx, Flow, Scenario};

/// Connects, warms up, measures and waits for the last answers: one run of a scenario from its beginning to its end.
///
/// `make` makes the scenario of each thread.
///
/// # Errors
/// Not all connections were made, a core cannot be pinned to, or the run was interrupted before its window: nothing is
/// measured then. What happens after that is in the outcome.
pub(crate) fn run<S: Scenario>(
    plan: &Plan,
    watch: &Watch,
    live: &mut Live,
    make: impl FnMut(u32) -> S,
) -> Result<Outcome<S>, Failure> {
    plan.reserve()?;
    if let Some(&core) = plan.pin.first() {
        affinity::pin(core).map_err(|error| Failure::Pin { core, error })?;
    }
    let crew = Crew::start(plan, Clock::new(), live, make)?;
    let begin = crew.now() + plan.warmup;
    let whole = begin + plan.duration;
    crew.end_at(whole);
    crew.begin_at(begin);
    crew.warm_up_until(begin, live);
    if interrupt::is_asked() {
        return Err(crew.give_up(live)?);
    }
    let (before, began) = (watch.look(), crew.now());
    let end = crew.measure_until(begin, whole, live);
    let elapsed = crew.now().since(began);
    let window = watch.look().since(&before, elapsed);
    let done = crew.finish()?;
    live.clear();
    Ok(Outcome {
        measured: done.ended.since(begin).min(plan.duration),
        scenario: done.scenario,
        recorder: done.recorder,
        losses: done.losses,
        window,
        connections: plan.is_steady().then_some(plan.connections),
        asked: plan.duration,
        is_interrupted: end < whole,
    })
}
