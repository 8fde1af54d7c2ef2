//! `Target`: what this project has set itself in a cell, and whether it was met.

use std::fmt;

use super::cell::Work;
use super::contestant::Contestant;
use super::results::Results;
use super::spread::Spread;

/// A bound on [`Contestant::Ours`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Target {
    /// At most so many times what the floor takes.
    OverFloor(f64),
    /// At most so many times the one floor or the other, whichever allows more.
    OverEither { floor: f64, floor_tick: f64 },
    /// At most this share of the processor time in user mode.
    UserShare(f64),
    /// Less than every other server in Rust.
    AheadOfRust,
    /// At most so many bytes of memory for a connection.
    ConnectionBytes(f64),
}

/// What became of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Judgement {
    pub(super) is_met: bool,
    /// The bound lies within the spread.
    pub(super) is_close: bool,
}

/// Of a cell.
pub(super) fn targets(results: &Results) -> Vec<Target> {
    match results.cell.work {
        Work::Echo { .. } => vec![Target::OverFloor(1.05), Target::AheadOfRust],
        Work::Pipelined { .. } => vec![Target::OverFloor(1.15), Target::AheadOfRust],
        Work::Fanout { .. } => vec![Target::OverFloor(1.08), Target::UserShare(0.08)],
        // With few clients most of what the floor pays is the waking for each input.
        Work::Inputs { .. } if results.cell.connections <= 100 => vec![Target::OverFloor(0.45)],
        Work::Inputs { .. } => vec![Target::OverEither { floor: 0.8, floor_tick: 1.15 }],
        Work::Idle => vec![Target::ConnectionBytes(512.0)],
        Work::Room => Vec::new(),
    }
}

impl Target {
    /// By the medians; `None` where something of it was not measured.
    pub(super) fn judge(self, results: &Results) -> Option<Judgement> {
        let ours = Contestant::Ours.name();
        let below = |spread: Spread, bound: f64| Judgement {
            is_met: spread.median <= bound,
            is_close: spread.is_around(bound),
        };
        let over = |other: Contestant, bound: f64| {
            results.ratio(&ours, &other.name()).map(|ratio| below(ratio, bound))
        };
        match self {
            Self::OverFloor(bound) => over(Contestant::Floor, bound),
            Self::OverEither { floor, floor_tick } => {
                let either = [over(Contestant::Floor, floor), over(Contestant::FloorTick, floor_tick)];
                let known: Vec<Judgement> = either.into_iter().flatten().collect();
                let met = known.iter().filter(|judgement| judgement.is_met);
                let best = met.min_by_key(|judgement| judgement.is_close).copied();
                // One that was missed says nothing while the other may allow more.
                best.or_else(|| {
                    let is_close = known.iter().any(|judgement| judgement.is_close);
                    (known.len() == either.len()).then_some(Judgement { is_met: false, is_close })
                })
            }
            Self::UserShare(bound) => {
                let line = results.lines().into_iter().find(|line| line.contestant == ours)?;
                Some(Judgement { is_met: line.user_share? <= bound, is_close: false })
            }
            Self::AheadOfRust => {
                let rust = results.present().into_iter().filter(|one| one.is_peer() && one.is_rust_peer());
                let each: Vec<Option<Judgement>> = rust.map(|peer| over(peer, 1.0)).collect();
                let mut missed = each.iter().flatten().filter(|judgement| !judgement.is_met).peekable();
                if missed.peek().is_some() {
                    return Some(Judgement { is_met: false, is_close: missed.all(|one| one.is_close) });
                }
                // Of one that was left out nothing is known.
                let met: Vec<Judgement> = each.into_iter().collect::<Option<_>>()?;
                let is_close = met.iter().any(|judgement| judgement.is_close);
                (!met.is_empty()).then_some(Judgement { is_met: true, is_close })
            }
            Self::ConnectionBytes(bound) => {
                let bytes = results.median(&ours)?;
                Some(Judgement { is_met: bytes <= bound, is_close: false })
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverFloor(times) => write!(f, "at most {times:.2} x floor"),
            Self::OverEither { floor, floor_tick } => {
                write!(f, "at most {floor:.2} x floor or {floor_tick:.2} x floor-tick")
            }
            Self::UserShare(share) => write!(f, "at most {:.0} % user", share * 100.0),
            Self::AheadOfRust => f.write_str("below every Rust peer"),
            Self::ConnectionBytes(bytes) => write!(f, "at most {bytes:.0} B"),
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_met { "met" } else { "missed" })?;
        f.write_str(if self.is_close { " ~" } else { "" })
    }
}
