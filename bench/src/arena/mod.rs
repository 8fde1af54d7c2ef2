//! Players in a room: the scenario `arena`, and the crew that other scenarios put beside what they do.

pub(crate) mod crew;
mod drive;
mod full_size;
mod hands;
mod player;
mod report;
pub(crate) mod tally;

use tickwire_client::Clock;

use crate::cli;
use crate::failure::Failure;
use crate::machine::{affinity, descriptors};
use crate::watch::Watch;
use crate::wire::route::Route;
use crew::Crew;
pub(crate) use report::Report;

/// Runs the load to its end.
///
/// # Errors
/// Not all players got into the room, or something that was asked for is not there: nothing is measured then.
pub(crate) fn run(args: &cli::Arena) -> Result<Report, Failure> {
    let cli::Arena { common, players, duration, crew: seats } = args;
    descriptors::reserve(*players as usize).map_err(Failure::Descriptors)?;
    if let Some(&core) = common.pin.first() {
        affinity::pin(core).map_err(|error| Failure::Pin { core, error })?;
    }
    let route = Route::find(&common.url).map_err(Failure::Unreachable)?;
    let watch = Watch::new(&route, common)?;
    let crew = Crew::join(&route, *players, seats, &common.pin, Clock::new())?;

    let begin = crew.now() + seats.warmup;
    crew.begin_at(begin);
    crew.wait_until(begin);
    let before = watch.look();
    let began = crew.now();
    crew.end_at(began + *duration);
    let is_whole = crew.wait_until(began + *duration);
    let elapsed = crew.now().since(began);
    let window = watch.look().since(&before, elapsed);
    if !is_whole {
        crew.end_at(crew.now());
    }
    let tally = crew.finish()?;
    let measured = tally.ended.map_or(elapsed, |ended| ended.since(begin));
    Ok(Report {
        url: format!("ws://{}{}", common.url.authority(), common.url.path),
        players: *players,
        decoding: seats.decode.min(*players),
        threads: seats.threads,
        asked: *duration,
        measured,
        window,
        tally,
    })
}
