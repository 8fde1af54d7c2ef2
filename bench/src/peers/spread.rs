//! `Spread`: a few numbers of repeated rounds as their median with what lies around it.

use serde::Serialize;

/// Below so many values a quarter is made up of two of them.
const QUARTERS_MIN: usize = 5;

/// Of at least one number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) least: f64,
    /// A quarter of them is not above it, by linear interpolation.
    pub(super) lower: f64,
    pub(super) median: f64,
    pub(super) upper: f64,
    pub(super) most: f64,
}

impl Spread {
    /// `None` of nothing. What is not finite is left out.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let at = |share: f64| {
            let place = share * (sorted.len() - 1) as f64;
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Some(Self { count: sorted.len(), least, lower: at(0.25), median: at(0.5), upper: at(0.75), most })
    }

    /// The quarters, if there are enough values for them, and the extremes in parentheses.
    pub(super) fn around(&self) -> String {
        let Self { least, lower, upper, most, .. } = self;
        if !self.has_quarters() {
            return format!("({least:.3}-{most:.3})");
        }
        format!("{lower:.3}-{upper:.3} ({least:.3}-{most:.3})")
    }

    /// Whether a bound lies between the quarters, or else between the extremes: on which side of it the next median falls
    /// is not sure.
    pub(super) fn is_around(&self, bound: f64) -> bool {
        let (below, above) =
            if self.has_quarters() { (self.lower, self.upper) } else { (self.least, self.most) };
        below < bound && bound < above
    }

    /// There are enough values for quarters to mean anything.
    pub(super) fn has_quarters(&self) -> bool {
        self.count >= QUARTERS_MIN
    }
}
