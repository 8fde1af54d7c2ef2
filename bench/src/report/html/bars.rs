//! Stacked bars: parts of a mean that add up, one bar for each run.

use std::fmt::Write as _;

use super::axis::{Axis, Frame, is_clear, micro, tick};
use super::escape;
use crate::report::unit::Unit;

/// One run's bar.
pub(super) struct Bar {
    pub(super) label: String,
    /// In the order of the legend; in the unit of the picture.
    pub(super) parts: Vec<f64>,
}

const BAR: f64 = 30.0;
const STEP: f64 = 60.0;
/// Of the first bar, with its label above.
const TOP: f64 = 24.0;

/// How high a picture of so many bars is.
pub(super) fn height(bars: usize) -> f64 {
    base(bars) + 26.0
}

/// Where the axis lies below them.
fn base(bars: usize) -> f64 {
    bars.saturating_sub(1) as f64 * STEP + TOP + BAR + 8.0
}

/// As much of a label as there is room for.
fn fitting(label: &str, width: f64) -> String {
    /// Of a letter, at most.
    const LETTER: f64 = 7.6;
    let room = (width / LETTER) as usize;
    if label.chars().count() <= room {
        return label.to_owned();
    }
    label.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// `legend` names the parts; a part whose bar is wide enough has its value in it.
pub(super) fn draw(frame: &Frame, bars: &[Bar], legend: &[String], unit: Unit) -> String {
    let total = |bar: &Bar| bar.parts.iter().sum::<f64>();
    let most = bars.iter().map(total).fold(0.0, f64::max);
    let right = frame.right - 78.0;
    let x = Axis::linear(0.0, most.max(f64::MIN_POSITIVE), 0.0, right);
    let mut svg = String::new();
    let base = base(bars.len());
    let mut free_from = f64::MIN;
    for value in x.ticks(if frame.is_narrow() { 3.0 } else { 6.0 }) {
        let at = x.at(value);
        let anchor = if value == 0.0 { "start" } else { "middle" };
        let label = tick(unit, value);
        let _ = write!(svg, r#"<path class="grid" d="M{at:.1} {:.1}V{base:.1}"/>"#, 14.0);
        if is_clear(&mut free_from, at, &label) {
            let _ = write!(
                svg,
                r#"<text class="tick" x="{at:.1}" y="{:.1}" text-anchor="{anchor}">{label}</text>"#,
                base + 18.0
            );
        }
    }
    for (at, bar) in bars.iter().enumerate() {
        let top = at as f64 * STEP + TOP;
        let _ = write!(
            svg,
            r#"<text class="axis" x="0" y="{:.1}">{}</text>"#,
            top - 8.0,
            escape(&fitting(&bar.label, frame.width))
        );
        let mut sum = 0.0;
        for (part, value) in bar.parts.iter().enumerate() {
            let (left, end) = (x.at(sum), x.at(sum + value));
            sum += value;
            let name = legend.get(part).map_or("", String::as_str);
            let text = micro(&unit.text(*value));
            let _ = write!(
                svg,
                r#"<rect class="part p{part}" x="{left:.1}" y="{top:.1}" width="{:.1}" height="{BAR}"><title>{}: {text}</title></rect>"#,
                (end - left - 1.0).max(0.5),
                escape(name)
            );
            if end - left > text.chars().count() as f64 * 7.4 + 12.0 {
                let _ = write!(
                    svg,
                    r#"<text class="inside" x="{:.1}" y="{:.1}" text-anchor="middle">{text}</text>"#,
                    f64::midpoint(left, end),
                    top + BAR / 2.0 + 4.5
                );
            }
        }
        let whole = micro(&unit.text(sum));
        let _ = write!(
            svg,
            r#"<text class="whole" x="{:.1}" y="{:.1}">{whole}</text>"#,
            x.at(sum) + 8.0,
            top + BAR / 2.0 + 4.5
        );
    }
    svg
}
