//! `Axis` and `Frame`: where a value lies on a picture, and at which values there is a line.

use std::fmt::Write as _;

use crate::report::unit::{Unit, digits};

/// A range of values laid over a range of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    begin_px: f64,
    end_px: f64,
}

/// From here on a linear axis would press most of a curve onto its floor.
const LOG_RATIO: f64 = 25.0;

impl Axis {
    /// Exactly from `low` to `high`.
    pub(super) fn linear(low: f64, high: f64, begin_px: f64, end_px: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, is_log: false, begin_px, end_px }
    }

    /// For values from `least` to `most`, with some air: linear from 0, or logarithmic where they are too far apart.
    pub(super) fn fitting(least: f64, most: f64, begin_px: f64, end_px: f64) -> Self {
        let (least, most) = (least.max(1e-12), most.max(1e-12));
        if most / least < LOG_RATIO {
            let step = step(most * 1.08, 5.0);
            return Self::linear(0.0, (most * 1.04 / step).ceil() * step, begin_px, end_px);
        }
        let decade = |value: f64| 10f64.powf(value.log10().floor());
        let fitted = |value: f64| [1.0, 2.0, 5.0, 10.0].map(|part| part * decade(value));
        let low = fitted(least).into_iter().rev().find(|bound| *bound <= least).unwrap_or(least);
        let high = fitted(most).into_iter().find(|bound| *bound >= most * 1.02).unwrap_or(most * 2.0);
        Self { low, high, is_log: true, begin_px, end_px }
    }

    pub(super) fn is_log(self) -> bool {
        self.is_log
    }

    /// Where `value` lies; values outside lie on the border.
    pub(super) fn at(self, value: f64) -> f64 {
        let place = |value: f64| if self.is_log { value.max(1e-12).log10() } else { value };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        self.begin_px + share.clamp(0.0, 1.0) * (self.end_px - self.begin_px)
    }

    /// About `count` round values, or each decade.
    pub(super) fn ticks(self, count: f64) -> Vec<f64> {
        if !self.is_log {
            let step = step(self.high - self.low, count);
            let first = (self.low / step).ceil();
            let last = (self.high / step + 1e-9).floor();
            return (0..=(last - first) as usize).map(|at| (first + at as f64) * step).collect();
        }
        let (low, high) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        // With few decades the values between them are needed too.
        let parts: &[f64] = if high - low <= 3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all = (low..=high).flat_map(|power| parts.iter().map(move |part| part * 10f64.powi(power)));
        all.filter(|value| *value >= self.low * 0.999 && *value <= self.high * 1.001).collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides `range` into about `count`.
fn step(range: f64, count: f64) -> f64 {
    let rough = range / count;
    let decade = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * decade)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(rough)
}

/// Sizes in which each picture is drawn: text keeps its size, and the screen picks one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Wide,
    Medium,
    /// Two beside each other.
    Half,
    Narrow,
}

/// As wide as the page.
pub(super) const FULL: &[Size] = &[Size::Wide, Size::Medium, Size::Narrow];
/// Half as wide, where there is room for two.
pub(super) const HALF: &[Size] = &[Size::Half, Size::Narrow];

impl Size {
    /// Of the style sheet, which decides on what screens it is shown.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Medium => "medium",
            Self::Half => "half",
            Self::Narrow => "narrow",
        }
    }
}

/// The plot inside a picture, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) size: Size,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    pub(super) fn new(size: Size, height: f64) -> Self {
        let (width, left, right) = match size {
            Size::Wide => (1000.0, 66.0, 18.0),
            Size::Medium => (640.0, 62.0, 14.0),
            Size::Half => (460.0, 58.0, 12.0),
            Size::Narrow => (360.0, 54.0, 10.0),
        };
        let height = if size == Size::Narrow { height * 0.82 } else { height };
        Self { size, width, height, left, right: width - right, top: 34.0, bottom: height - 48.0 }
    }

    pub(super) fn is_narrow(&self) -> bool {
        matches!(self.size, Size::Narrow | Size::Half)
    }

    /// Lines across and values beside them.
    pub(super) fn y_axis(&self, axis: Axis, unit: Unit, title: &str) -> String {
        let mut svg = String::new();
        for value in axis.ticks(5.0) {
            let y = axis.at(value);
            let label = tick(unit, value);
            let _ = write!(
                svg,
                r#"<path class="grid" d="M{:.1} {y:.1}H{:.1}"/><text class="tick" x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#,
                self.left,
                self.right,
                self.left - 8.0,
                y + 4.0
            );
        }
        let scale = if axis.is_log() { ", logarithmic" } else { "" };
        let _ = write!(svg, r#"<text class="axis" x="0" y="14">{title}{scale}</text>"#);
        svg
    }

    /// Values below the plot, at their places in ascending order, and what they are. A value that would lie over the one
    /// before has a line and no text.
    pub(super) fn x_axis(&self, ticks: &[(f64, String)], title: &str) -> String {
        let mut svg = String::new();
        let mut free_from = f64::MIN;
        for (x, label) in ticks {
            let _ = write!(svg, r#"<path class="grid" d="M{x:.1} {:.1}V{:.1}"/>"#, self.top, self.bottom);
            if is_clear(&mut free_from, *x, label) {
                let _ = write!(
                    svg,
                    r#"<text class="tick" x="{x:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#,
                    self.bottom + 18.0
                );
            }
        }
        let _ = write!(
            svg,
            r#"<path class="base" d="M{:.1} {:.1}H{:.1}"/><text class="axis" x="{:.1}" y="{:.1}" text-anchor="end">{title}</text>"#,
            self.left,
            self.bottom,
            self.right,
            self.right,
            self.height - 8.0
        );
        svg
    }
}

/// Lines from point to point.
pub(super) fn path(points: &[(f64, f64)]) -> String {
    points.iter().enumerate().fold(String::new(), |mut path, (at, (x, y))| {
        let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" });
        path
    })
}

/// A value on an axis: no digit that says nothing.
pub(super) fn tick(unit: Unit, value: f64) -> String {
    let scale = unit.scale(value);
    let number = digits(value / scale.factor);
    let short =
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    let gap = if scale.name.is_empty() || value == 0.0 { "" } else { "\u{a0}" };
    let name = if value == 0.0 { "" } else { scale.name };
    micro(&format!("{short}{gap}{name}"))
}

/// A number of a linear axis without the dust of binary fractions: `0.6`, `1.25`, `30`.
pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether a label around `x` begins behind those before it; takes its place then.
pub(super) fn is_clear(free_from: &mut f64, x: f64, label: &str) -> bool {
    const GAP: f64 = 6.0;
    // Ticks are smaller and lighter than values.
    let half = width(label) * 0.85 / 2.0;
    let is_clear = x - half >= *free_from;
    if is_clear {
        *free_from = x + half + GAP;
    }
    is_clear
}

/// A page has the letter that terminals may lack.
pub(super) fn micro(text: &str) -> String {
    match text.strip_suffix("us") {
        Some(number) => format!("{number}µs"),
        None => text.to_owned(),
    }
}

/// How wide a value is at most, in whatever font a system has.
pub(super) fn width(text: &str) -> f64 {
    let letter = |letter| match letter {
        'm' => 12.5,
        ' ' | '.' | ',' => 4.6,
        _ => 8.4,
    };
    text.chars().map(letter).sum()
}

/// What text must not lie over: other text and the lines of a picture.
#[derive(Default)]
pub(super) struct Labels {
    /// Left, top, right, bottom.
    taken: Vec<[f64; 4]>,
    lines: Vec<(f64, f64)>,
}

impl Labels {
    /// A line that is drawn from point to point.
    pub(super) fn keep_off(&mut self, line: &[(f64, f64)]) {
        /// As far apart as a line may slip through under a letter.
        const STEP: f64 = 4.0;
        for (from, to) in line.iter().zip(line.iter().skip(1)) {
            let steps = ((to.0 - from.0).hypot(to.1 - from.1) / STEP).ceil().max(1.0) as u32;
            let at = |step: u32, from: f64, to: f64| from + (to - from) * f64::from(step) / f64::from(steps);
            self.lines.extend((0..=steps).map(|step| (at(step, from.0, to.0), at(step, from.1, to.1))));
        }
    }

    /// Whether a line goes through the rectangle.
    pub(super) fn is_crossed(&self, [left, top, right, bottom]: [f64; 4]) -> bool {
        self.lines.iter().any(|(x, y)| left < *x && *x < right && top < *y && *y < bottom)
    }

    /// Takes the place of `text` that ends at `right`, with its baseline at `y`, if it is free and inside the plot.
    pub(super) fn take(&mut self, frame: &Frame, text: &str, right: f64, y: f64) -> bool {
        const LINE: f64 = 11.0;
        const GAP: f64 = 5.0;
        let [left, top, right, bottom] = [right - width(text), y - LINE, right, y + 2.0];
        let is_inside = left >= frame.left
            && right <= frame.right + 8.0
            && top >= frame.top - 14.0
            && bottom <= frame.bottom;
        let mut texts = self.taken.iter();
        // Two values side by side need a gap to be two.
        let is_clear = !texts
            .any(|[l, t, r, b]| left - GAP < *r && *l - GAP < right && top < *b && *t < bottom)
            && !self.is_crossed([left, top, right, bottom]);
        if is_inside && is_clear {
            self.taken.push([left, top, right, bottom]);
        }
        is_inside && is_clear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_values_are_laid_on_a_linear_axis_from_zero_and_far_ones_on_a_logarithmic_one() {
        let near = Axis::fitting(1e6, 18e6, 100.0, 0.0);
        assert!(!near.is_log() && near.at(0.0) == 100.0);
        assert_eq!(near.ticks(5.0), [0.0, 5e6, 10e6, 15e6, 20e6]);
        let far = Axis::fitting(3e4, 4e8, 100.0, 0.0);
        assert!(far.is_log());
        assert_eq!(far.ticks(5.0).len(), 4, "{:?}", far.ticks(5.0));
        assert!(far.at(2e4) == 100.0 && far.at(5e8) < 1e-9 && far.at(1e12) < 1e-9);
    }

    #[test]
    fn every_value_of_an_axis_lies_inside_the_plot() {
        for (least, most) in [(0.0, 0.0), (1.0, 1.0), (5.0, 124.9), (5.0, 125.1), (1.0, 6e10), (0.003, 0.004)]
        {
            let axis = Axis::fitting(least, most, 300.0, 20.0);
            assert!(
                axis.at(most) >= 20.0 && axis.at(least) <= 300.0 && !axis.ticks(5.0).is_empty(),
                "{least} {most}"
            );
            assert!(axis.ticks(5.0).len() <= 12, "{least} {most} {:?}", axis.ticks(5.0));
        }
    }

    #[test]
    fn ticks_have_units_and_no_idle_digits() {
        let table = [
            (Unit::Nanoseconds, 0.0, "0"),
            (Unit::Nanoseconds, 5e6, "5\u{a0}ms"),
            (Unit::Nanoseconds, 2.5e6, "2.5\u{a0}ms"),
            (Unit::Nanoseconds, 200e3, "200\u{a0}µs"),
            (Unit::Bytes, 16_000.0, "16,000\u{a0}B"),
            (Unit::Count, 1000.0, "1,000"),
        ];
        for (unit, value, wanted) in table {
            assert_eq!(tick(unit, value), wanted);
        }
    }

    #[test]
    fn values_below_a_plot_are_round_and_never_lie_over_each_other() {
        let frame = Frame::new(Size::Narrow, 300.0);
        for (end, count, wanted) in [(2.0, 10.0, "0.6"), (1.2, 6.0, "0.6"), (0.3, 10.0, "0.15")] {
            let x = Axis::linear(0.0, end, frame.left, frame.right);
            let labels: Vec<String> = x.ticks(count).into_iter().map(plain).collect();
            assert!(labels.iter().any(|label| label == wanted), "{end}: {labels:?}");
            assert!(labels.iter().all(|label| label.len() <= 4), "{end}: {labels:?}");
        }
        assert_eq!([0.0, 30.0, 1200.0].map(plain), ["0", "30", "1200"]);
        let ticks: Vec<(f64, String)> =
            (0..60).map(|at| (60.0 + f64::from(at) * 5.0, format!("{at}000"))).collect();
        let svg = frame.x_axis(&ticks, "title");
        let shown: Vec<f64> =
            ticks.iter().filter(|(_, label)| svg.contains(&format!(">{label}<"))).map(|(x, _)| *x).collect();
        assert!(shown.len() > 3 && svg.matches("class=\"grid\"").count() == 60, "{svg}");
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] > width("0000")), "{shown:?}");
    }

    #[test]
    fn text_that_would_lie_over_other_text_is_left_out() {
        let frame = Frame::new(Size::Wide, 400.0);
        let mut labels = Labels::default();
        assert!(labels.take(&frame, "1.42 ms", 500.0, 100.0));
        assert!(!labels.take(&frame, "1.43 ms", 510.0, 108.0));
        assert!(labels.take(&frame, "1.43 ms", 510.0, 130.0));
        assert!(!labels.take(&frame, "1.43 ms", 80.0, 200.0), "it would begin left of the plot");
        labels.keep_off(&[(100.0, 300.0), (900.0, 200.0)]);
        assert!(
            !labels.take(&frame, "1.44 ms", 500.0, 255.0) && labels.take(&frame, "1.44 ms", 500.0, 235.0)
        );
    }
}
