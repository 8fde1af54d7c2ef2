//! What runs are called when several of them stand side by side.
//!
//! Invariant: no two labels are equal, whatever the runs are.

use super::run::Run;

/// One for each run: its own label, or else what tells it from the others.
pub(crate) fn distinct(runs: &[Run]) -> Vec<String> {
    numbered(runs.iter().map(|run| run.label.clone().unwrap_or_else(|| described(run, runs))).collect())
}

/// As [`distinct`], and after a label of its own what tells the run from the others, for where nothing else does.
pub(crate) fn explained(runs: &[Run]) -> Vec<String> {
    let explained = |run: &Run| match (&run.label, difference(run, runs)) {
        (Some(label), Some(difference)) => format!("{label} ({difference})"),
        (Some(label), None) => label.clone(),
        (None, _) => described(run, runs),
    };
    numbered(runs.iter().map(explained).collect())
}

/// A number behind each label that an earlier run has.
fn numbered(mut labels: Vec<String>) -> Vec<String> {
    for at in 0..labels.len() {
        let same = labels[..at].iter().filter(|label| **label == labels[at]).count();
        let mut number = same + 1;
        while same > 0 && labels[..at].contains(&format!("{} #{number}", labels[at])) {
            number += 1;
        }
        // The first of a name keeps it: an earlier one may have been numbered already.
        if same > 0 {
            labels[at] = format!("{} #{number}", labels[at]);
        }
    }
    labels
}

/// What differs, or else the scenario.
fn described(run: &Run, runs: &[Run]) -> String {
    difference(run, runs).unwrap_or_else(|| run.scenario.clone())
}

/// The arguments that are not the same in all runs, or else how the server reads, the revision or the URL, if that is what
/// differs.
fn difference(run: &Run, runs: &[Run]) -> Option<String> {
    let differs = |name: &str| runs.iter().any(|other| other.arguments.get(name) != run.arguments.get(name));
    let own: Vec<String> = run
        .arguments
        .iter()
        .filter(|(name, _)| differs(name))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !own.is_empty() {
        return Some(own.join(", "));
    }
    let same = |of: fn(&Run) -> String| runs.iter().all(|other| of(other) == of(run));
    match &run.mode {
        Some(mode) if !same(|run| run.mode.clone().unwrap_or_default()) => Some(mode.clone()),
        _ if !same(|run| run.tool.revision.clone()) => Some(run.tool.revision.clone()),
        _ if !same(|run| run.url.clone()) => Some(run.url.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn runs_are_called_by_what_tells_them_apart() {
        let (mut a, mut b, mut c) = (sample::arena(), sample::arena(), sample::arena());
        assert_eq!(distinct(&[a.clone()]), ["arena"]);
        assert_eq!(distinct(&[a.clone(), b.clone(), c.clone()]), ["arena", "arena #2", "arena #3"]);
        c.mode = Some("waking".into());
        assert_eq!(distinct(&[a.clone(), c.clone()]), ["coalescing", "waking"]);
        b.argument("players", &200);
        assert_eq!(distinct(&[a.clone(), b.clone()]), ["players 100", "players 200"]);
        a.label = Some("before".into());
        b.label = Some("before".into());
        c.label = Some("before #2".into());
        assert_eq!(distinct(&[a, c, b]), ["before", "before #2", "before #3"]);
    }

    #[test]
    fn a_label_is_explained_by_what_differs_and_by_nothing_else() {
        let (mut a, mut b) = (sample::arena(), sample::arena());
        a.label = Some("before".into());
        assert_eq!(explained(&[a.clone(), b.clone()]), ["before", "arena"]);
        b.label = Some("after".into());
        assert_eq!(explained(&[a.clone(), b.clone()]), ["before", "after"]);
        b.mode = Some("waking".into());
        assert_eq!(explained(&[a.clone(), b.clone()]), ["before (coalescing)", "after (waking)"]);
        b.argument("players", &200);
        let both = [a.clone(), b];
        assert_eq!(explained(&both), ["before (players 100)", "after (players 200)"]);
        assert_eq!(distinct(&both), ["before", "after"]);
        let mut c = a.clone();
        c.arguments.remove("players");
        c.label = Some("before (players 100)".into());
        assert_eq!(explained(&[a, c]), ["before (players 100)", "before (players 100) #2"]);
    }
}
