//! `Group`: repeated runs of one thing.

use std::path::{Path, PathBuf};

use super::measure;
use crate::report::label;
use crate::report::run::Run;
use crate::report::unit::{Unit, digits};

/// Runs that repeat each other.
#[derive(Debug)]
pub(super) struct Group {
    /// `A`, `B` and so on, as tables call it.
    pub(super) letter: String,
    pub(super) label: String,
    pub(super) files: Vec<String>,
    /// At least one.
    pub(super) runs: Vec<Run>,
}

/// Beyond a change of so many times the first value a ratio is told: +1000 %.
const PERCENT_SENSIBLE: f64 = 10.0;

/// What a group says of one measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of at least one value.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self { median: f64::midpoint(low, high), min, max })
    }

    /// Whether a run of the one lies among the runs of the other.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    /// The change since `first` in few letters: `+10.0 %`, or `711x` where per cent say nothing any more. `None` if
    /// something came of nothing.
    pub(super) fn change_text(self, first: Self) -> Option<String> {
        let change = self.change_since(first);
        if change > PERCENT_SENSIBLE && first.median >= 0.0 {
            return change.is_finite().then(|| format!("{}x", digits(change + 1.0)));
        }
        Some(format!("{:+.1} %", change * 100.0))
    }

    /// As a share of `first`: 0.1 is 10 % more. Infinite if something came of nothing.
    pub(super) fn change_since(self, first: Self) -> f64 {
        if self.median == first.median { 0.0 } else { (self.median - first.median) / first.median.abs() }
    }
}

impl Group {
    pub(super) fn first(&self) -> &Run {
        &self.runs[0]
    }

    /// The measure of this name and its unit; `None` if any run does not have it or does not tell it.
    pub(super) fn spread(&self, name: &str) -> Option<(Unit, Spread)> {
        let unit = measure::of(self.first(), name)?.unit;
        let values =
            self.runs.iter().map(|run| measure::of(run, name)?.value).collect::<Option<Vec<f64>>>()?;
        Some((unit, Spread::of(values)?))
    }

    pub(super) fn is_comparable(&self) -> bool {
        self.runs.iter().all(|run| run.verdict.is_comparable())
    }
}

/// The files of each argument: those with commas are groups, unless there is a file of that whole name.
pub(super) fn named(arguments: &[String], exists: impl Fn(&Path) -> bool) -> Vec<Vec<PathBuf>> {
    let files = |argument: &String| match Path::new(argument) {
        whole if !argument.contains(',') || exists(whole) => vec![whole.to_owned()],
        _ => argument.split(',').filter(|part| !part.is_empty()).map(PathBuf::from).collect(),
    };
    arguments.iter().map(files).filter(|files| !files.is_empty()).collect()
}

/// Groups of `runs`, which were read in the order of `named`.
pub(super) fn of(named: &[Vec<PathBuf>], runs: Vec<Run>) -> Vec<Group> {
    let files = named.iter().flatten().map(|file| file.display().to_string());
    let mut runs = files.zip(runs);
    let mut parts: Vec<Vec<(String, Run)>> =
        named.iter().map(|files| runs.by_ref().take(files.len()).collect()).collect();
    if parts.iter().all(|part| part.len() == 1) {
        parts = alike(parts.into_iter().flatten().collect());
    }
    let firsts: Vec<Run> = parts.iter().map(|part| part[0].1.clone()).collect();
    let labels = label::distinct(&firsts);
    let group = |(at, (label, part)): (usize, (String, Vec<(String, Run)>))| {
        let (files, runs) = part.into_iter().unzip();
        Group { letter: letter(at), label, files, runs }
    };
    labels.into_iter().zip(parts).enumerate().map(group).collect()
}

/// Runs that repeat each other; each alone if they all do, for then they are meant to be compared.
fn alike(runs: Vec<(String, Run)>) -> Vec<Vec<(String, Run)>> {
    let repeats = |one: &Run, other: &Run| {
        let key = |run: &Run| (run.label.clone(), run.url.clone(), run.mode.clone(), run.tool.clone());
        one.arguments == other.arguments && key(one) == key(other)
    };
    if runs.iter().all(|(_, run)| repeats(&runs[0].1, run)) {
        return runs.into_iter().map(|run| vec![run]).collect();
    }
    let mut parts: Vec<Vec<(String, Run)>> = Vec::new();
    for run in runs {
        match parts.iter_mut().find(|part| repeats(&part[0].1, &run.1)) {
            Some(part) => part.push(run),
            None => parts.push(vec![run]),
        }
    }
    parts
}

/// A to Z, then A1, B1 and so on.
fn letter(at: usize) -> String {
    let letter = char::from(b'A' + (at % 26) as u8);
    if at < 26 { letter.to_string() } else { format!("{letter}{}", at / 26) }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    fn names(groups: &[Group]) -> Vec<String> {
        groups
            .iter()
            .map(|group| format!("{} {}: {}", group.letter, group.label, group.files.join(" ")))
            .collect()
    }

    fn read(arguments: &[&str], runs: Vec<Run>) -> Vec<Group> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        of(&named(&arguments, |path| path == Path::new("with,comma")), runs)
    }

    fn players(count: u32) -> Run {
        let mut run = sample::arena();
        run.argument("players", &count);
        run
    }

    #[test]
    fn runs_of_the_same_arguments_are_a_group_in_the_order_in_which_they_came() {
        let groups =
            read(&["a", "b", "c", "d"], vec![players(100), players(200), players(100), players(200)]);
        assert_eq!(names(&groups), ["A players 100: a c", "B players 200: b d"]);
        assert_eq!(groups[1].runs.len(), 2);
    }

    #[test]
    fn runs_that_are_all_alike_are_compared_one_by_one() {
        let groups = read(&["a", "b"], vec![players(100), players(100)]);
        assert_eq!(names(&groups), ["A arena: a", "B arena #2: b"]);
    }

    #[test]
    fn commas_make_groups_whatever_the_arguments_were() {
        let groups = read(&["a,b", "c"], vec![players(1), players(2), players(2)]);
        assert_eq!(names(&groups), ["A players 1: a b", "B players 2: c"]);
        let groups = read(&["with,comma", "c"], vec![players(1), players(2)]);
        assert_eq!(names(&groups), ["A players 1: with,comma", "B players 2: c"]);
    }

    #[test]
    fn another_label_url_mode_or_revision_is_another_group() {
        let changes: [fn(&mut Run); 4] = [
            |run| run.label = Some("new".into()),
            |run| run.url.push('2'),
            |run| run.mode = Some("waking".into()),
            |run| run.tool.revision.push('2'),
        ];
        for change in changes {
            let mut other = players(100);
            change(&mut other);
            assert_eq!(read(&["a", "b", "c"], vec![players(100), players(100), other]).len(), 2);
        }
    }

    #[test]
    fn a_spread_is_the_median_and_the_range() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 8.0]), Some(Spread { median: 3.0, min: 1.0, max: 8.0 }));
        assert_eq!(spread(&[4.0, 1.0, 8.0, 2.0]), Some(Spread { median: 3.0, min: 1.0, max: 8.0 }));
        let (low, high) = (spread(&[1.0, 2.0]).expect("some"), spread(&[2.0, 4.0]).expect("some"));
        assert!(low.overlaps(high) && !low.overlaps(spread(&[2.5, 4.0]).expect("some")));
        assert_eq!(high.change_since(low), 1.0);
        let zero = spread(&[0.0]).expect("some");
        assert_eq!((zero.change_since(zero), low.change_since(zero)), (0.0, f64::INFINITY));
    }

    #[test]
    fn letters_do_not_run_out() {
        assert_eq!((letter(0), letter(25), letter(26)), ("A".into(), "Z".into(), "A1".into()));
    }
}
