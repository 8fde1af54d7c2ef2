//! What every picture has around and over it: its sizes, and the flaws of the runs that it shows.
//!
//! Pictures are cut out and passed on without the page: each carries its own warning.

use std::fmt::Write as _;

use super::axis::{Frame, Size};
use super::escape;
use super::page::Page;
use crate::report::verdict::Flaw;

impl Page<'_> {
    /// A picture in each size, with the flaws in it.
    pub(super) fn picture(
        &self,
        height: f64,
        sizes: &[Size],
        name: &str,
        draw: impl Fn(&Frame) -> String,
    ) -> String {
        let one = |&size: &Size| {
            let bare = Frame::new(size, height);
            let strips = self.strips(&bare);
            // Bars have rows of a fixed height: they need all of it.
            let frame =
                if name == "breakdown" || name == "server CPU" { Frame { height, ..bare } } else { bare };
            let (top, body) = (strips.1, draw(&frame));
            format!(
                "<svg class=\"{}\" viewBox=\"0 {:.0} {:.0} {:.0}\" role=\"img\" aria-label=\"{name}\">{}{body}{}</svg>\n",
                size.class(),
                -top,
                frame.width,
                frame.height + top,
                strips.0,
                self.mark(&frame)
            )
        };
        sizes.iter().map(one).collect()
    }

    /// A red line above a picture for each run that must not be believed, and how high they are together.
    fn strips(&self, frame: &Frame) -> (String, f64) {
        const HEIGHT: f64 = 24.0;
        // Of capitals; what does not fit is cut from the end, where the label is.
        const LETTER: f64 = 8.0;
        let weighty = |flaw: &&Flaw| !matches!(flaw, Flaw::Failed(_));
        let flaws = self.runs.iter().zip(self.labels).flat_map(|(run, label)| {
            run.verdict.flaws().iter().filter(weighty).map(move |flaw| (flaw, label))
        });
        let (mut svg, mut top) = (String::new(), 0.0);
        // From the picture upwards: the heaviest comes to lie on top.
        for (flaw, label) in flaws.collect::<Vec<_>>().into_iter().rev() {
            top += HEIGHT;
            let text = if self.is_single() { flaw.to_string() } else { format!("{flaw} ({label})") };
            let room = ((frame.width - 16.0) / LETTER) as usize;
            let text = if text.chars().count() > room {
                text.chars().take(room - 1).chain(['…']).collect()
            } else {
                text
            };
            let _ = write!(
                svg,
                r#"<rect class="strip" x="0" y="{:.0}" width="{:.0}" height="20" rx="4"/><text class="strip-text" x="8" y="{:.0}">{}</text>"#,
                -top,
                frame.width,
                -top + 14.5,
                escape(&text)
            );
        }
        (svg, if top > 0.0 { top + 6.0 } else { 0.0 })
    }

    /// The word across the picture of a single run, so that no part that is cut out goes without it.
    fn mark(&self, frame: &Frame) -> String {
        let worst = self
            .first
            .verdict
            .flaws()
            .first()
            .filter(|flaw| self.is_single() && !matches!(flaw, Flaw::Failed(_)));
        let Some(flaw) = worst else { return String::new() };
        let (x, y) = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
        let size = (frame.width / 7.0).min(frame.height / 2.4);
        format!(
            r#"<text class="mark" x="{x:.0}" y="{y:.0}" font-size="{size:.0}" text-anchor="middle" dominant-baseline="central" transform="rotate(-14 {x:.0} {y:.0})">{}</text>"#,
            flaw.word()
        )
    }
}
