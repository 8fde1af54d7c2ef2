//! The percentile curve: values over the logarithm of how rare they are, one more nine with every step to the right.
//!
//! A curve is drawn as far as ten samples lie beyond it; from there a dotted line leads to the maximum.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::axis::{Axis, DIGIT, Frame, Labels, micro, path};
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
        let points = points(curve.histogram, x, y);
        labels.keep_off(&points);
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
    ticks
}

/// From the least to the last that is told, and then the maximum.
fn points(histogram: &Histogram<u64>, x: Axis, y: Axis) -> Vec<(f64, f64)> {
    let told = told_nines(histogram);
    let steps = 1.max((told * 110.0) as usize);
    let mut points: Vec<(f64, f64)> = Vec::new();
    for step in 0..=steps {
        let at = told * step as f64 / steps as f64;
        let height = y.at(histogram.value_at_quantile(1.0 - 10f64.powf(-at)) as f64);
        let is_flat = points.last().is_some_and(|(_, last)| (height - last).abs() < 0.04);
        if !is_flat || step == steps {
            points.push((x.at(at), height));
        }
    }
    let rarest = (histogram.len() as f64).log10();
    points.push((x.at(rarest), y.at(histogram.max() as f64)));
    points
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
    let width = text.chars().count() as f64 * DIGIT;
    // Near the left border there is room above the point only.
    let right =
        [x - 4.0, x + width / 2.0].into_iter().find(|right| labels.take(frame, &text, *right, y - 9.0));
    if let Some(right) = right {
        let _ = write!(
            svg,
            r#"<text class="value c{colour}" x="{right:.1}" y="{:.1}" text-anchor="end">{text}</text>"#,
            y - 9.0
        );
    }
}
