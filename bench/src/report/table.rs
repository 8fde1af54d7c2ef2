//! The table that ends a run.

use super::run::Run;
use crate::quantiles;

/// Plain text.
pub(crate) fn write(run: &Run) -> String {
    let mut text = format!("{} at {} for {:.1} s\n", run.scenario, run.url, run.measured_s);
    for flaw in run.verdict.flaws() {
        text += &format!("{flaw}\n");
    }
    for distribution in &run.distributions {
        let scale = distribution.unit.scale(distribution.histogram.max() as f64);
        let line = quantiles::line(&distribution.histogram, scale.factor, 3, scale.name);
        text += &format!("{:<18} {line}\n", distribution.label);
    }
    for figure in &run.figures {
        text += &format!("{:<18} {}\n", figure.label, figure.unit.text(figure.value));
    }
    text
}
