//! What runs are called when several of them stand side by side.
//!
//! Invariant: no two labels are equal, whatever the runs are.

use super::run::Run;

/// One for each run: its own label, or else what tells it from the others.
pub(crate) fn distinct(runs: &[Run]) -> Vec<String> {
    let mut labels: Vec<String> =
        runs.iter().map(|run| run.label.clone().unwrap_or_else(|| described(run, runs))).collect();
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

/// The arguments that are not the same in all runs, or else the revision if that is what differs, or else the scenario.
fn described(run: &Run, runs: &[Run]) -> String {
    let differs = |name: &str| runs.iter().any(|other| other.arguments.get(name) != run.arguments.get(name));
    let own: Vec<String> = run
        .arguments
        .iter()
        .filter(|(name, _)| differs(name))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !own.is_empty() {
        return own.join(", ");
    }
    let same = |of: fn(&Run) -> String| runs.iter().all(|other| of(other) == of(run));
    match &run.mode {
        Some(mode) if !same(|run| run.mode.clone().unwrap_or_default()) => mode.clone(),
        _ if !same(|run| run.tool.revision.clone()) => run.tool.revision.clone(),
        _ if !same(|run| run.url.clone()) => run.url.clone(),
        _ => run.scenario.clone(),
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
}
