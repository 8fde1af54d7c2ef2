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

/// Flat for as long as each second lasts: a value holds for all of it, and a slope to the next would be made up.
fn steps(stretch: &[Second], part: Part, x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let ends = |second: &Second| {
        let value = y.at(part.of(second).unwrap_or(0) as f64);
        [(x.at(second.at_s), value), (x.at(second.at_s + second.length_s), value)]
    };
    stretch.iter().flat_map(ends).collect()
}

fn band(svg: &mut String, track: &Track<'_>, x: Axis, y: Axis) {
    for stretch in stretches(track, Part::P99) {
        let (low, high) = (steps(stretch, Part::Median, x, y), steps(stretch, Part::P99, x, y));
        let outline: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
        let _ = write!(svg, r#"<path class="band c{}" d="{}Z"/>"#, track.colour, path(&outline));
    }
}

fn line(svg: &mut String, track: &Track<'_>, part: Part, x: Axis, y: Axis) {
    for stretch in stretches(track, part) {
        let line = path(&steps(stretch, part, x, y));
        let _ = write!(svg, r#"<path class="line c{}{}" d="{line}"/>"#, track.colour, part.class());
    }
}

#[cfg(test)]
mod tests {
    use super::super::axis::Size;
    use super::*;
    use crate::quantiles;

    #[test]
    fn a_stall_of_a_second_is_a_step_and_no_ramp() {
        let seconds: Vec<Second> = [5, 5, 500, 5, 0, 5]
            .into_iter()
            .enumerate()
            .map(|(at, ms)| {
                let mut histogram = quantiles::nanoseconds();
                histogram.saturating_record_n(ms * 1_000_000, if ms > 0 { 10_000 } else { 0 });
                Second { at_s: at as f64, length_s: 1.0, load: None, histogram }
            })
            .collect();
        let track = Track { seconds: &seconds, colour: 0 };
        let frame = Frame::new(Size::Wide, 300.0);
        let svg = draw(&frame, &[track], Unit::Nanoseconds, "p99");
        let lines: Vec<&str> = svg.split("class=\"line c0\" d=\"").skip(1).collect();
        // No sample in the fifth second: the sixth stands alone.
        assert_eq!(lines.len(), 2, "{svg}");
        for line in lines {
            let points: Vec<(f64, f64)> = line[..line.find('"').expect("it ends")]
                .split(['M', 'L'])
                .filter_map(|point| point.split_once(' '))
                .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
                .collect();
            assert!(points.len() >= 2, "{line}");
            for pair in points.windows(2) {
                assert!(pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1, "{pair:?} is a slope: {line}");
            }
        }
    }
}
