//! The percentile curve: values over the logarithm of how rare they are, one more nine with every step to the right.
//!
//! A curve is drawn as far as ten samples lie beyond it; from there a dotted line leads to the maximum.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::axis::{Axis, Frame, Labels, micro, path, width};
use super::escape;
use crate::quantiles;
use crate::report::unit::Unit;

/// One line of the picture.
pub(super) struct Curve<'a> {
    pub(super) histogram: &'a Histogram<u64>,
    /// Of the palette.
    pub(super) colour: usize,
    /// A companion of the main line: thinner, and without values beside it.
    pub(super) is_minor: bool,
    /// Nines and value, as far as they are told: taken once, drawn in every size.
    steps: Vec<(f64, u64)>,
}

/// Nines between two points of a line: less than a pixel in the widest picture.
const STEP: f64 = 0.008;

impl<'a> Curve<'a> {
    pub(super) fn new(histogram: &'a Histogram<u64>, colour: usize, is_minor: bool) -> Self {
        Self { histogram, colour, is_minor, steps: steps(histogram) }
    }
}

/// Where a value begins and where it ends, but for values that are too close together to be seen.
fn steps(histogram: &Histogram<u64>) -> Vec<(f64, u64)> {
    let count = histogram.len() as f64;
    let end = told_nines(histogram);
    let mut below = 0;
    let mut steps: Vec<(f64, u64)> = Vec::new();
    for recorded in histogram.iter_recorded() {
        let begin = nines(below as f64 / count);
        if begin >= end && !steps.is_empty() {
            break;
        }
        below += recorded.count_at_value();
        let until = nines(below as f64 / count).min(end);
        let value = recorded.value_iterated_to();
        if steps.last().is_none_or(|(last, _)| begin - last >= STEP || until - begin >= STEP) {
            steps.push((begin, value));
        }
        if until - begin >= STEP || until >= end {
            steps.push((until, value));
        }
    }
    steps
}

/// Values that are written beside a main line, the most wanted first.
const POINTS: [f64; 5] = [0.99, 0.5, 0.999, 0.9, 0.9999];

/// How rare: 0 for all samples, 1 for one in ten, 2 for one in a hundred.
fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

/// How far a curve goes before fewer than ten samples are beyond it.
fn told_nines(histogram: &Histogram<u64>) -> f64 {
    (histogram.len() as f64 / 10.0).log10().max(0.0)
}

pub(super) fn draw(frame: &Frame, curves: &[Curve<'_>], unit: Unit, title: &str) -> String {
    let told = || curves.iter().filter(|curve| !curve.histogram.is_empty());
    let most = told().map(|curve| curve.histogram.max()).max().unwrap_or(1);
    let least = told().map(|curve| curve.histogram.value_at_quantile(0.05).max(1)).min().unwrap_or(1);
    let rarest = told().map(|curve| (curve.histogram.len() as f64).log10()).fold(1.0, f64::max);
    let y = Axis::fitting(least as f64, most as f64, frame.bottom, frame.top);
    let x = Axis::linear(0.0, rarest * 1.02, frame.left, frame.right);
    let mut svg =
        frame.y_axis(y, unit, &escape(title)) + &frame.x_axis(&percentiles(frame, x, rarest), "percentile");
    let mut labels = Labels::default();
    // The first one lies on top.
    for curve in told().collect::<Vec<_>>().into_iter().rev() {
        let points = points(curve, x, y);
        // Text may interrupt the dots to the maximum.
        labels.keep_off(&points[..points.len() - 1]);
        line(&mut svg, curve, &points);
    }
    for curve in told().filter(|curve| !curve.is_minor) {
        let rarest = (curve.histogram.len() as f64).log10();
        label(&mut svg, frame, &mut labels, curve, unit, (x.at(rarest), y), curve.histogram.max());
    }
    for quantile in POINTS {
        for curve in
            told().filter(|curve| !curve.is_minor && quantiles::is_told(quantile, curve.histogram.len()))
        {
            let value = curve.histogram.value_at_quantile(quantile);
            label(&mut svg, frame, &mut labels, curve, unit, (x.at(nines(quantile)), y), value);
        }
    }
    svg
}

/// Places of the percentiles on the axis; between 0 and 90 as far as there is room.
fn percentiles(frame: &Frame, x: Axis, rarest: f64) -> Vec<(f64, String)> {
    const WIDTH: f64 = 52.0;
    let wanted = [0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999_999, 0.999_999_9, 0.5];
    let sign = if frame.is_narrow() { "" } else { " %" };
    let mut ticks: Vec<(f64, String)> = Vec::new();
    for quantile in wanted.into_iter().filter(|quantile| nines(*quantile) <= rarest) {
        let at = x.at(nines(quantile));
        let is_free = ticks
            .iter()
            .all(|(other, _)| (other - at).abs() >= WIDTH * if frame.is_narrow() { 0.7 } else { 1.0 });
        if is_free {
            ticks.push((at, format!("{}{sign}", quantiles::percent(quantile))));
        }
    }
    ticks.sort_by(|one, other| one.0.total_cmp(&other.0));
    ticks
}

/// From the least to the last that is told, and then the maximum.
fn points(curve: &Curve<'_>, x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let rarest = (curve.histogram.len() as f64).log10();
    let max = (rarest, curve.histogram.max());
    curve.steps.iter().chain([&max]).map(|(nines, value)| (x.at(*nines), y.at(*value as f64))).collect()
}

fn line(svg: &mut String, curve: &Curve<'_>, points: &[(f64, f64)]) {
    let Curve { colour, is_minor, .. } = curve;
    let [told @ .., (max_x, max_y)] = points else { return };
    let Some((end_x, end_y)) = told.last() else { return };
    let weight = if *is_minor { " minor" } else { "" };
    let _ = write!(
        svg,
        r#"<path class="line c{colour}{weight}" d="{}"/><path class="line c{colour} luck" d="M{end_x:.1} {end_y:.1}L{max_x:.1} {max_y:.1}"/><circle class="dot hollow c{colour}" cx="{max_x:.1}" cy="{max_y:.1}" r="4"/>"#,
        path(told)
    );
}

/// A point with its value above and to the left of it, where a rising curve leaves room.
fn label(
    svg: &mut String,
    frame: &Frame,
    labels: &mut Labels,
    curve: &Curve<'_>,
    unit: Unit,
    (x, axis): (f64, Axis),
    value: u64,
) {
    let y = axis.at(value as f64);
    let is_max = value == curve.histogram.max();
    let text = micro(&unit.text(value as f64)) + if is_max { " max" } else { "" };
    let colour = curve.colour;
    if !is_max {
        let _ = write!(svg, r#"<circle class="dot c{colour}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#);
    }
    let width = width(&text);
    // A line that rises leaves room above to the left and below to the right. Near the left border there is some above
    // the point, and near the right one below it.
    let above = [(x - 4.0, y - 9.0), (x + width / 2.0, y - 9.0)];
    let below = if is_max { (x - 4.0, y + 19.0) } else { (x + 5.0 + width, y + 17.0) };
    // Under another line it would be read as that one's.
    let has_below = !labels.is_crossed([below.0 - width, y + 3.5, below.0, below.1]);
    let places = above.iter().chain(has_below.then_some(&below));
    let free = places.into_iter().find(|(right, base)| labels.take(frame, &text, *right, *base));
    if let Some((right, base)) = free {
        let _ = write!(
            svg,
            r#"<text class="value c{colour}" x="{right:.1}" y="{base:.1}" text-anchor="end">{text}</text>"#
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(u64, u64)]) -> Histogram<u64> {
        let mut histogram = quantiles::histogram();
        for (value, count) in values {
            histogram.saturating_record_n(*value, *count);
        }
        histogram
    }

    #[test]
    fn a_value_is_flat_as_long_as_it_lasts_and_ends_where_ten_samples_are_left() {
        let histogram = of(&[(10, 900), (20, 95), (30, 5)]);
        // Half of the samples and more have 10, until 90 %; 20 lasts to 99 %, where ten are left.
        let steps = steps(&histogram);
        let near =
            |(nines, value): (f64, u64), wanted: f64, of: u64| (nines - wanted).abs() < 1e-9 && value == of;
        assert_eq!(steps.len(), 4);
        assert!(
            near(steps[0], 0.0, 10)
                && near(steps[1], 1.0, 10)
                && near(steps[2], 1.0, 20)
                && near(steps[3], 2.0, 20)
        );
    }

    #[test]
    fn a_line_has_no_more_points_than_can_be_seen() {
        let many: Vec<(u64, u64)> = (1..=2000).map(|value| (value, 10_000)).collect();
        let steps = steps(&of(&many));
        assert!(
            steps.len() < 1000 && steps.last().is_some_and(|(nines, _)| (nines - 6.301).abs() < 0.001),
            "{:?}",
            steps.last()
        );
        assert!(steps.is_sorted_by(|one, next| one.0 <= next.0 && one.1 <= next.1));
    }

    #[test]
    fn fewer_than_ten_samples_tell_nothing_but_the_maximum() {
        assert_eq!(steps(&of(&[(5, 3)])), [(0.0, 5), (0.0, 5)]);
        assert_eq!(steps(&of(&[])), []);
    }
}
