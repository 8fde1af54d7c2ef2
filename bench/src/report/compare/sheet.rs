//! The comparison as text: groups as columns, and under a median the range of its runs.

use super::group::{Group, Spread};
use super::judgement::{Judgement, Outcome};
use crate::quantiles;
use crate::report::family;
use crate::report::ink::Ink;
use crate::report::run::Run;
use crate::report::unit::Unit;

/// Groups beside the first that fit into a hundred columns.
const BESIDE: usize = 2;
/// Of the names of measures.
const NAME: usize = 26;
const VALUE: usize = 15;
const CHANGE: usize = 11;

/// The whole sheet.
pub(super) fn write(groups: &[Group], ink: Ink) -> String {
    let Some((first, others)) = groups.split_first() else { return String::new() };
    let mut text = head(groups, ink);
    let mut blocks: Vec<Vec<&Group>> =
        others.chunks(BESIDE).map(|block| [first].into_iter().chain(block).collect()).collect();
    if blocks.is_empty() {
        blocks.push(vec![first]);
    }
    for block in blocks {
        text += &("\n".to_owned() + &columns(&block, ink));
    }
    let has_noise = groups.iter().any(|group| group.runs.len() > 1);
    if has_noise {
        text += "\nMedians, and under them the least and the most of the group's runs.\n~ these ranges overlap: the difference may be noise.\n";
    }
    text
}

fn head(groups: &[Group], ink: Ink) -> String {
    let first = groups[0].first();
    let mut text = ink.heading(&first.scenario) + "\n";
    for group in groups {
        let count = group.runs.len();
        let plural = if count == 1 { "" } else { "s" };
        text += &format!(
            "  {:<3}{} ({count} run{plural}: {})\n",
            group.letter,
            group.label,
            group.files.join(", ")
        );
    }
    for group in groups {
        for (file, run) in group.files.iter().zip(&group.runs) {
            let whose = format!("{} {file}", group.letter);
            for flaw in run.verdict.flaws() {
                text += &(ink.bad(&format!("{whose}: {flaw}")) + "\n");
            }
            if let Some(disturbance) = run.verdict.disturbance() {
                text += &(ink.doubtful(&format!("{whose}: {disturbance}")) + "\n");
            }
        }
    }
    let runs = || groups.iter().flat_map(|group| &group.runs);
    if runs().any(|run| run.machine != first.machine) {
        text += &(ink.doubtful("These runs are of different machines.") + "\n");
    }
    let mut names: Vec<&String> = runs().flat_map(|run| run.arguments.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        text += &differing(groups, name, |run| run.arguments.get(name).map_or("-", String::as_str));
    }
    text += &differing(groups, "server reads", |run| run.mode.as_deref().unwrap_or("-"));
    text + &differing(groups, "tool's revision", |run| &run.tool.revision)
}

/// One line with the value of each group; empty if all have the same.
fn differing<'a>(groups: &'a [Group], name: &str, value: impl Fn(&'a Run) -> &'a str) -> String {
    let values: Vec<&str> = groups.iter().map(|group| value(group.first())).collect();
    let is_same = values.iter().all(|value| *value == values[0]);
    if is_same { String::new() } else { format!("  {name}: {}\n", values.join(" | ")) }
}

/// What is shown, by heading: name for people, name of the measure.
fn measures(group: &Group) -> Vec<(String, Vec<(String, String)>)> {
    let run = group.first();
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for distribution in &run.distributions {
        let named = |name: &str| (name.to_owned(), format!("{}.{name}", distribution.name));
        let percentiles = quantiles::COLUMNS.into_iter().map(|(name, _)| named(name));
        let rows = ["count", "mean"].into_iter().map(named).chain(percentiles).chain([named("max")]);
        sections.push((family::full_label(run, &distribution.name), rows.collect()));
    }
    if let Some(server) = &run.server {
        let rows = [
            (format!("CPU per {}", server.per), "cpu".to_owned()),
            ("resident memory".to_owned(), "resident_memory".to_owned()),
            ("foreign CPU".to_owned(), "foreign_cpu".to_owned()),
        ];
        sections.push(("server".to_owned(), rows.into()));
    }
    for figure in &run.figures {
        let row = (figure.label.clone(), figure.name.clone());
        match sections.iter_mut().find(|(heading, _)| *heading == figure.group) {
            Some((_, rows)) => rows.push(row),
            None => sections.push((figure.group.clone(), vec![row])),
        }
    }
    sections
}

fn columns(groups: &[&Group], ink: Ink) -> String {
    let letters: String =
        groups[1..].iter().map(|group| format!("{:>VALUE$}{:>CHANGE$}", group.letter, "")).collect();
    let mut text =
        ink.heading(format!("{:NAME$}{:>VALUE$}{letters}", "", groups[0].letter).trim_end()) + "\n";
    for (heading, rows) in measures(groups[0]) {
        let rows: String =
            rows.iter().filter_map(|(label, measure)| row(groups, label, measure, ink)).collect();
        if !rows.is_empty() {
            text += &(ink.heading(&heading) + "\n" + &rows);
        }
    }
    text
}

/// `None` if no group tells the measure.
fn row(groups: &[&Group], label: &str, measure: &str, ink: Ink) -> Option<String> {
    let spreads: Vec<Option<(Unit, Spread)>> = groups.iter().map(|group| group.spread(measure)).collect();
    let unit = spreads.iter().flatten().next()?.0;
    let first = spreads[0].map(|(_, spread)| spread);
    let width = NAME - 2;
    let mut text = format!("  {label:<width$}");
    let mut ranges = " ".repeat(NAME);
    for (at, spread) in spreads.iter().enumerate() {
        let Some((_, spread)) = spread else {
            text += &format!("{:>VALUE$}{:CHANGE$}", "-", "");
            ranges += &" ".repeat(VALUE + CHANGE);
            continue;
        };
        text += &format!(" {:>width$}", unit.text(spread.median), width = VALUE - 1);
        if at > 0 {
            text += &change(*spread, first, groups[at].runs.len() + groups[0].runs.len() > 2, ink);
        }
        let room = if at > 0 { VALUE + CHANGE } else { VALUE };
        let range = if spread.min < spread.max { range(unit, *spread) } else { String::new() };
        // It ends where the median ends, and may begin further left.
        ranges += &format!("{range:>VALUE$}{:1$}", "", room - VALUE);
    }
    let lines = [text, ranges];
    let shown = lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    Some(shown.map(|line| line.to_owned() + "\n").collect())
}

fn range(unit: Unit, spread: Spread) -> String {
    let scale = unit.scale(spread.max);
    format!(" {}..{}", unit.number(spread.min, scale), unit.number(spread.max, scale))
}

fn change(spread: Spread, first: Option<Spread>, has_ranges: bool, ink: Ink) -> String {
    let Some(first) = first else { return " ".repeat(CHANGE) };
    let number = match spread.change_text(first) {
        _ if spread.median == first.median => "=".to_owned(),
        Some(change) => change,
        None => "new".to_owned(),
    };
    let noise = if has_ranges && spread.overlaps(first) && number != "=" { "~" } else { " " };
    // However long it is, it does not run into the value.
    let text = format!(" {number:>width$}{noise}", width = CHANGE - 2);
    if noise == "~" || number == "=" { ink.quiet(&text) } else { text }
}

/// One line for each condition and group.
pub(super) fn judged(judgements: &[Judgement], groups: &[Group], ink: Ink) -> String {
    let mut text = String::new();
    for judgement in judgements {
        let line = format!("{} {judgement}", groups[judgement.group].letter);
        let painted = match judgement.outcome {
            Outcome::Passed(_) => ink.good(&line),
            Outcome::Failed(_) | Outcome::Unknown => ink.bad(&line),
        };
        text += &(painted + "\n");
    }
    if !judgements.is_empty() && groups.iter().any(|group| !group.is_comparable()) {
        text += &(ink.bad("FAILED: a run that is partial or invalid proves nothing") + "\n");
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::super::{condition, group, judgement};
    use super::*;

    fn run(label: &str, step: u64) -> Run {
        let mut run = sample::arena();
        run.label = Some(label.into());
        run.distributions[0].histogram = sample::ramp(step);
        run
    }

    fn groups(runs: Vec<Run>) -> Vec<Group> {
        let files = (0..runs.len()).map(|at| vec![format!("{at}.json").into()]).collect::<Vec<_>>();
        group::of(&files, runs)
    }

    #[test]
    fn a_difference_stands_beside_its_median_and_the_range_below() {
        let runs = [("old", 2000), ("new", 2200), ("old", 1900), ("old", 2600), ("new", 2100), ("new", 3000)];
        let text = write(&groups(runs.map(|(label, step)| run(label, step)).into()), Ink::default());
        for line in [
            "  A  old (3 runs: 0.json, 2.json, 3.json)\n",
            "  B  new (3 runs: 1.json, 4.json, 5.json)\n",
            "                                        A              B\n",
            "input to state\n",
            "  p99                             19.8 ms        21.8 ms   +10.0 %~\n",
            "                               18.8..25.8     20.8..29.7\n",
            "  max                             20.0 ms        22.0 ms   +10.0 %~\n",
            "  p99                             1,980 B        1,980 B         =\n  max",
            "  CPU per player and tick         3.72 us        3.72 us         =\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{text}");
    }

    #[test]
    fn a_large_change_is_a_ratio_and_never_touches_its_value() {
        let mut huge = run("huge", 2000 * 711);
        huge.figures[0].value *= 2_764_000.0;
        let text = write(&groups(vec![run("old", 2000), huge, run("more", 2000 * 10)]), Ink::default());
        for line in [
            "  p50                             10.0 ms         7.11 s      711x          100 ms  +899.8 %\n",
            "  updates received                 60,000 165,840,000,000 2,764,000x          60,000         =\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn five_groups_are_two_blocks_and_what_is_not_told_is_a_dash() {
        let runs = (0..5).map(|at| {
            let mut run = run(&format!("run {at}"), 2000 + at * 100);
            if at == 2 {
                run.distributions[0].histogram.reset();
            }
            run
        });
        let text = write(&groups(runs.collect()), Ink::default());
        assert_eq!(text.matches("\ninput to state\n").count(), 2, "{text}");
        assert!(
            text.contains(
                "  p50                             10.0 ms        10.5 ms    +5.0 %               -\n"
            ),
            "{text}"
        );
        assert!(!text.contains('~') && text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn flaws_machines_and_other_arguments_are_told_first() {
        let mut other = sample::flawed();
        other.label = Some("flawed".into());
        other.machine.cores = 64;
        other.argument("players", &200);
        other.mode = Some("waking".into());
        let mut good = run("good", 2000);
        good.foreign_cpu_share = Some(0.2);
        good.weigh();
        let groups = groups(vec![good, other]);
        let text = write(&groups, Ink::default());
        for line in [
            "A 0.json: DISTURBED: other processes used 20.0 % of a core; measure again\n",
            "B 1.json: GENERATOR SATURATED: result invalid\n",
            "B 1.json: PARTIAL: the server went after 4.0 of 10.0 s\n",
            "These runs are of different machines.\n",
            "  players: 100 | 200\n",
            "  server reads: coalescing | waking\n",
        ] {
            assert!(text.find(line) < text.find("p50") && text.contains(line), "{line}\n{text}");
        }
        let conditions = [condition::parse("p99>+10%").expect("good")];
        let judgements = judgement::judge(&conditions, &groups).expect("good");
        let text = judged(&judgements, &groups, Ink::default());
        assert!(text.starts_with("\nB ok: not p99>+10% (+0.0 %, 19.8 ms to 19.8 ms)\n"), "{text}");
        assert!(text.ends_with("FAILED: a run that is partial or invalid proves nothing\n"), "{text}");
    }
}
