//! The timeline: how each second of a run was, so that a stall is seen and not averaged.
//!
//! One run shows its median, p99 and maximum; several show one line each: p99, or the maximum where a second has too few
//! samples for it. A second without any sample is shaded.

use std::fmt::Write as _;

use super::axis::{Axis, Frame, path, plain};
use super::escape;
use crate::report::distribution::{Second, is_mostly_told};
use crate::report::unit::Unit;

/// One run's seconds.
pub(super) struct Track<'a> {
    pub(super) seconds: &'a [Second],
    pub(super) colour: usize,
}

/// What of a second is drawn as a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Median,
    P99,
    Max,
}

impl Part {
    fn of(self, second: &Second) -> Option<u64> {
        let max = (!second.histogram.is_empty()).then(|| second.histogram.max());
        match self {
            Self::Median => second.told(0.5),
            Self::P99 => second.told(0.99),
            Self::Max => max,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Median => "p50",
            Self::P99 => "p99",
            Self::Max => "max",
        }
    }

    /// Of the style sheet, for lines and for their legend.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Median => " soft",
            Self::P99 => "",
            Self::Max => " minor",
        }
    }
}

/// Which parts are drawn.
pub(super) fn parts(tracks: &[Track<'_>]) -> Vec<Part> {
    let seconds = || tracks.iter().flat_map(|track| track.seconds);
    let told = |part: &Part| match part {
        Part::Median => is_mostly_told(seconds(), 0.5),
        Part::P99 => is_mostly_told(seconds(), 0.99),
        Part::Max => true,
    };
    if tracks.len() > 1 {
        return vec![if told(&Part::P99) { Part::P99 } else { Part::Max }];
    }
    [Part::Median, Part::P99, Part::Max].into_iter().filter(told).collect()
}

pub(super) fn draw(frame: &Frame, tracks: &[Track<'_>], unit: Unit, title: &str) -> String {
    let parts = parts(tracks);
    let values = || {
        let seconds = tracks.iter().flat_map(|track| track.seconds);
        seconds.flat_map(|second| parts.iter().filter_map(|part| part.of(second)))
    };
    let (least, most) = (values().min().unwrap_or(1).max(1), values().max().unwrap_or(1));
    let end = |second: &Second| second.at_s + second.length_s;
    let last = tracks.iter().filter_map(|track| track.seconds.last()).map(end).fold(1.0, f64::max);
    let y = Axis::fitting(least as f64, most as f64, frame.bottom, frame.top);
    let x = Axis::linear(0.0, last, frame.left, frame.right);
    let mut svg = String::new();
    load(&mut svg, frame, tracks, x);
    svg += &frame.y_axis(y, unit, &escape(title));
    let count = if frame.is_narrow() { 5.0 } else { 10.0 };
    let ticks: Vec<_> = x.ticks(count).into_iter().map(|second| (x.at(second), plain(second))).collect();
    svg += &frame.x_axis(&ticks, "seconds since the measurement began");
    for track in tracks {
        silence(&mut svg, frame, track, x);
        if parts.starts_with(&[Part::Median, Part::P99]) {
            band(&mut svg, track, x, y);
        }
        for part in &parts {
            line(&mut svg, track, *part, x, y);
        }
    }
    svg
}

/// The load in the background where it changes, as a share of the highest.
fn load(svg: &mut String, frame: &Frame, tracks: &[Track<'_>], x: Axis) {
    let Some(track) = tracks.first() else { return };
    let loads: Vec<f64> = track.seconds.iter().filter_map(|second| second.load).collect();
    let most = loads.iter().copied().fold(0.0, f64::max);
    if loads.len() != track.seconds.len() || loads.iter().all(|load| *load == most) {
        return;
    }
    let height = Axis::linear(0.0, most * 1.6, frame.bottom, frame.top);
    for stage in track.seconds.chunk_by(|one, next| one.load == next.load) {
        let (Some(first), Some(last)) = (stage.first(), stage.last()) else { continue };
        let load = first.load.unwrap_or(0.0);
        let (left, right, top) = (x.at(first.at_s), x.at(last.at_s + last.length_s), height.at(load));
        let _ = write!(
            svg,
            r#"<path class="load" d="M{left:.1} {:.1}V{top:.1}H{right:.1}V{:.1}Z"/><text class="tick" x="{:.1}" y="{:.1}">{}</text>"#,
            frame.bottom,
            frame.bottom,
            left + 4.0,
            top + 15.0,
            Unit::Count.text(load)
        );
    }
}

/// Seconds in which nothing came.
fn silence(svg: &mut String, frame: &Frame, track: &Track<'_>, x: Axis) {
    for second in track.seconds.iter().filter(|second| second.histogram.is_empty()) {
        let (left, right) = (x.at(second.at_s), x.at(second.at_s + second.length_s));
        let _ = write!(
            svg,
            r#"<path class="silence" d="M{left:.1} {:.1}V{:.1}H{right:.1}V{:.1}Z"><title>no sample in this second</title></path>"#,
            frame.bottom, frame.top, frame.bottom
        );
    }
}

/// Runs of seconds without a gap.
fn stretches<'a>(track: &'a Track<'_>, part: Part) -> impl Iterator<Item = &'a [Second]> {
    track.seconds.split(move |second| part.of(second).is_none()).filter(|stretch| !stretch.is_empty())
}

fn middle(second: &Second) -> f64 {
    second.at_s + second.length_s / 2.0
}

fn points(stretch: &[Second], part: Part, x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let value = |second: &Second| part.of(second).unwrap_or(0) as f64;
    stretch.iter().map(|second| (x.at(middle(second)), y.at(value(second)))).collect()
}

fn band(svg: &mut String, track: &Track<'_>, x: Axis, y: Axis) {
    for stretch in stretches(track, Part::P99) {
        let (low, high) = (points(stretch, Part::Median, x, y), points(stretch, Part::P99, x, y));
        let outline: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
        let _ = write!(svg, r#"<path class="band c{}" d="{}Z"/>"#, track.colour, path(&outline));
    }
}

fn line(svg: &mut String, track: &Track<'_>, part: Part, x: Axis, y: Axis) {
    for stretch in stretches(track, part) {
        let points = points(stretch, part, x, y);
        // A lone second is a dot: a path of one point draws nothing.
        if let [(x, y)] = points[..] {
            let _ = write!(svg, r#"<circle class="dot c{}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#, track.colour);
            continue;
        }
        let _ =
            write!(svg, r#"<path class="line c{}{}" d="{}"/>"#, track.colour, part.class(), path(&points));
    }
}
