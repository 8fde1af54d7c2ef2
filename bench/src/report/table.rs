//! The table that ends a run: grouped, aligned, within 100 columns.
//!
//! Invariant: each distribution has its count and maximum, and no percentile with fewer than ten samples beyond it. Flaws
//! stand above the first number and below the last one.

use super::breakdown::Breakdown;
use super::distribution::{Distribution, Second, is_mostly_told};
use super::ink::Ink;
use super::run::{Figure, Run, ServerUse};
use super::unit::Unit;
use crate::quantiles;

/// Where a second column of figures still fits.
const WIDTH: usize = 100;
/// Of a value with its unit, such as ` 12,345 B` and ` 1.42 ms`.
const CELL: usize = 9;
/// Of a bar that stands for the whole.
const BAR: usize = 36;

/// The whole table.
pub(crate) fn write(run: &Run, ink: Ink) -> String {
    let sections = [
        head(run, ink),
        distributions(&run.distributions, ink),
        figures(run, ink),
        server(run, ink),
        run.breakdown.as_ref().map_or(String::new(), |breakdown| stages(breakdown, ink)),
        timeline(run, ink),
        run.notes.iter().map(|text| note(text)).collect(),
        foot(run, ink),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What keeps a run from being good, one line each.
fn warnings(run: &Run, ink: Ink) -> String {
    let verdict = &run.verdict;
    let disturbance = verdict.disturbance().map(|disturbance| ink.doubtful(&disturbance));
    let flaws = verdict.flaws().iter().map(|flaw| ink.bad(&format!(" {flaw} ")).trim().to_owned());
    disturbance.into_iter().chain(flaws).map(|line| line + "\n").collect()
}

fn head(run: &Run, ink: Ink) -> String {
    let label = run.label.as_ref().map_or(String::new(), |label| format!(" \"{label}\""));
    let mode = run.mode.as_ref().map_or(String::new(), |mode| format!(", server reads {mode}"));
    let short =
        if run.asked_s > run.measured_s + 0.05 { format!(" of {:.1}", run.asked_s) } else { String::new() };
    let title = ink.heading(&format!("{}{label}", run.scenario));
    let mut text = format!("{title} at {}, {:.1}{short} s{mode}\n", run.url, run.measured_s);
    let told = run.arguments.iter().filter(|(_, value)| !value.is_empty());
    let arguments = wrapped(told.map(|(name, value)| format!("{name} {value}")), "  ");
    text += &arguments.iter().map(|line| ink.quiet(line) + "\n").collect::<String>();
    let Run { tool, machine, .. } = run;
    text += &(ink.quiet(&format!("{machine}")) + "\n");
    text += &(ink.quiet(&format!("{} {} ({})", tool.name, tool.version, tool.revision)) + "\n");
    text + &warnings(run, ink)
}

/// Words side by side, as many as fit in a line that may be indented by two.
fn wrapped(words: impl Iterator<Item = String>, gap: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + gap.len() + word.chars().count() <= WIDTH - 2 => {
                *line += gap;
                *line += &word;
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A dash, and what does not fit below the first word.
fn note(note: &str) -> String {
    let lines = wrapped(["-"].into_iter().chain(note.split_whitespace()).map(str::to_owned), " ");
    lines.join("\n  ") + "\n"
}

fn distributions(all: &[Distribution], ink: Ink) -> String {
    if all.is_empty() {
        return String::new();
    }
    let is_told = |quantile: f64| all.iter().any(|distribution| distribution.told(quantile).is_some());
    let columns: Vec<(&str, f64)> =
        quantiles::COLUMNS.into_iter().filter(|(_, quantile)| is_told(*quantile)).collect();
    let width = all.iter().map(|distribution| distribution.label.chars().count()).max().unwrap_or(0).max(14);
    let names: String = columns.iter().map(|(name, _)| format!("{name:>CELL$}")).collect();
    let mut text =
        ink.heading(&format!("{:<width$}{:>12}{:>CELL$}{names}{:>CELL$}", "", "count", "mean", "max")) + "\n";
    for distribution in all {
        text += &row(distribution, &columns, width);
    }
    text
}

/// Each value with its unit: what stands below each other may lie a thousandfold apart.
fn row(distribution: &Distribution, columns: &[(&str, f64)], width: usize) -> String {
    let Distribution { label, unit, histogram, .. } = distribution;
    let count = Unit::Count.text(histogram.len() as f64);
    if histogram.is_empty() {
        return format!("{label:<width$}{count:>12}\n");
    }
    // However long a value is, it does not run into the one before.
    let aligned = |text: &str| format!(" {text:>width$}", width = CELL - 1);
    let cell = |value: Option<f64>| value.map_or(aligned("-"), |value| aligned(&unit.text(value)));
    let told = |(_, quantile): &(&str, f64)| cell(distribution.told(*quantile).map(|value| value as f64));
    let told: String = columns.iter().map(told).collect();
    let (mean, max) = (cell(Some(histogram.mean())), cell(Some(histogram.max() as f64)));
    format!("{label:<width$}{count:>12}{mean}{told}{max}\n")
}

/// By group, in the order in which the groups came; those of the server stand with what else it used.
fn figures(run: &Run, ink: Ink) -> String {
    let mut groups: Vec<(&str, Vec<&Figure>)> = Vec::new();
    for figure in run.figures.iter().filter(|figure| figure.group != SERVER) {
        match groups.iter_mut().find(|(name, _)| *name == figure.group) {
            Some((_, members)) => members.push(figure),
            None => groups.push((&figure.group, vec![figure])),
        }
    }
    let text = |(name, members): &(&str, Vec<&Figure>)| ink.heading(name) + "\n" + &grid(members);
    groups.iter().map(text).collect::<Vec<_>>().join("\n")
}

const SERVER: &str = "server";

/// Labels and values in as many columns as fit, filled down and then to the right.
fn grid(members: &[&Figure]) -> String {
    let cells: Vec<(&str, String)> =
        members.iter().map(|figure| (figure.label.as_str(), figure.unit.text(figure.value))).collect();
    let label = cells.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(22);
    let value = cells.iter().map(|(_, value)| value.chars().count()).max().unwrap_or(0).max(14);
    let is_wide = 2 * (label + value + 3) + 3 <= WIDTH && cells.len() > 3;
    let rows = if is_wide { cells.len().div_ceil(2) } else { cells.len() };
    let cell = |(name, text): &(&str, String)| format!("  {name:<label$} {text:>value$}");
    let line = |at: usize| {
        let right = cells.get(at + rows).map_or(String::new(), |right| format!("   {}", cell(right)));
        cell(&cells[at]) + &right + "\n"
    };
    (0..rows).map(line).collect()
}

fn server(run: &Run, ink: Ink) -> String {
    let figures: Vec<&Figure> = run.figures.iter().filter(|figure| figure.group == SERVER).collect();
    let mut text = String::new();
    if let Some(server) = &run.server {
        text += &used(server);
    }
    if !figures.is_empty() {
        text += &grid(&figures);
    }
    if let Some(share) = run.foreign_cpu_share {
        let others = format!("  {:<32} {:>10}", "foreign CPU", percent(share));
        let hint = match &run.server {
            _ if run.verdict.disturbance().is_some() => ink.doubtful("of one core: too much, measure again"),
            Some(_) => "of one core, by all other processes".to_owned(),
            None => "of one core, by the server and all other processes".to_owned(),
        };
        text += &format!("{others}   {hint}\n");
    }
    if text.is_empty() { text } else { ink.heading(SERVER) + "\n" + &text }
}

fn percent(share: f64) -> String {
    Unit::Share.text(share)
}

fn used(server: &ServerUse) -> String {
    let total = server.user_share + server.system_share;
    let split = |user: f64, system: f64| format!("user {}, system {}", percent(user), percent(system));
    let of_it = |share: f64| if total > 0.0 { share / total } else { 0.0 };
    let line = |label: &str, value: &str, rest: &str| {
        format!("  {label:<32} {value:>10}   {rest}").trim_end().to_owned() + "\n"
    };
    let per = format!("CPU per {}", server.per);
    let shares = split(of_it(server.user_share), of_it(server.system_share));
    let mut text = line(&per, &Unit::Microseconds.text(server.cpu_us_per), &shares);
    text += &line("of one core", &percent(total), &split(server.user_share, server.system_share));
    for thread in &server.threads {
        let share = percent(thread.user_share + thread.system_share);
        text += &line(
            &format!("  thread {}", thread.name),
            &share,
            &split(thread.user_share, thread.system_share),
        );
    }
    text + &line("resident memory", &Unit::Bytes.text(server.resident_bytes as f64), "")
}

fn stages(breakdown: &Breakdown, ink: Ink) -> String {
    let stages = breakdown.accounted();
    let width = stages.iter().map(|stage| stage.name.chars().count()).max().unwrap_or(0).max(20);
    let mut text = ink.heading(&breakdown.label) + "\n";
    for stage in stages.iter().chain([&breakdown.whole]) {
        let share = if breakdown.whole.sum_s > 0.0 { stage.sum_s / breakdown.whole.sum_s } else { 0.0 };
        let filled = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
        let (mean, bar) = (Unit::Seconds.text(stage.mean_s), ink.bar(&"█".repeat(filled)));
        text += &format!("  {:<width$} {mean:>10} {:>8}  {bar}\n", stage.name, percent(share))
            .replace("  \n", "\n");
    }
    text
}

/// One mark a second, the highest for the worst: where in the run it was slow. The p99, or the maximum where too few tell
/// it; a gap is a second that does not.
fn timeline(run: &Run, ink: Ink) -> String {
    const MARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const SECONDS_MAX: usize = 80;
    let Some(main) = run.main_distribution().filter(|_| run.timeline.len() > 1) else { return String::new() };
    let is_p99 = is_mostly_told(run.timeline.iter(), 0.99);
    let (name, value): (_, fn(&Second) -> Option<u64>) = match is_p99 {
        true => ("p99", |second| second.told(0.99)),
        false => ("max", |second| (!second.histogram.is_empty()).then(|| second.histogram.max())),
    };
    let values: Vec<Option<u64>> = run.timeline.iter().map(value).collect();
    let worst = values.iter().flatten().copied().max().unwrap_or(0);
    // More seconds than columns: each mark is the worst of several.
    let per_mark = values.len().div_ceil(SECONDS_MAX);
    let mark = |value: u64| MARKS[(value as f64 / worst.max(1) as f64 * 7.0).round() as usize];
    let worst_of = |chunk: &[Option<u64>]| chunk.iter().flatten().max().map_or(' ', |value| mark(*value));
    let marks: String = values.chunks(per_mark).map(worst_of).collect();
    let heading = ink.heading(&format!("{} by second, {name}", main.label));
    format!("{heading}, worst {}\n  {}\n", main.unit.text(worst as f64), ink.bar(marks.trim_end()))
}

fn foot(run: &Run, ink: Ink) -> String {
    if run.verdict.is_good() { ink.good("good") + "\n" } else { warnings(run, ink) }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_distribution_has_its_count_and_maximum_and_told_percentiles_only() {
        let mut run = sample::arena();
        let mut few = quantiles::nanoseconds();
        (1..=99).for_each(|value| few.saturating_record(value * 1_000_000));
        run.distributions.push(Distribution::new("few", "few", Unit::Nanoseconds, few));
        run.distributions.push(Distribution::new("none", "none", Unit::Bytes, quantiles::nanoseconds()));
        let text = write(&run, Ink::default());
        for line in [
            "                     count     mean      p50      p90      p99    p99.9      max\n",
            "input to state      10,000  10.0 ms  10.0 ms  18.0 ms  19.8 ms  20.0 ms  20.0 ms\n",
            "update bytes         2,000  1,000 B  1,000 B  1,800 B  1,980 B        -  2,000 B\n",
            "few                     99  50.0 ms  50.0 ms        -        -        -  99.0 ms\n",
            "none                     0\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_table_is_grouped_and_fits_into_a_hundred_columns() {
        let mut run = sample::flawed();
        run.notes.push("word ".repeat(50));
        run.argument("room", &"");
        let text = write(&run, Ink::default());
        assert!(text.contains("duration 10s  players 100\n"), "what is empty is not told: {text}");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line == line.trim_end(), "{line:?}");
        }
        for wanted in [
            "arena at ws://127.0.0.1:7777/ws, 4.0 of 10.0 s, server reads coalescing\n",
            "\nclients\n  updates received               60,000\n",
            "CPU per player and tick             3.72 us   user 8.7 %, system 91.3 %\n",
            "foreign CPU                           1.3 %   of one core",
            "wait for the tick       8.00 ms   80.0 %  █████",
            "\n- 16 of 100 players decode.\n",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }

    #[test]
    fn flaws_stand_above_the_first_number_and_at_the_end() {
        let text = write(&sample::flawed(), Ink::default());
        for flaw in [
            "GENERATOR SATURATED: result invalid\n",
            "PARTIAL: the server went after 4.0 of 10.0 s\n",
            "FAILED: players lost: 3 (bound 0)\n",
        ] {
            assert_eq!(text.matches(flaw).count(), 2, "{flaw}{text}");
            assert!(text.find(flaw) < text.find("10,000"), "{text}");
        }
        assert!(!text.contains("good\n") && write(&sample::arena(), Ink::default()).ends_with("\ngood\n"));
    }

    #[test]
    fn a_disturbed_run_is_told_to_measure_again_in_place_of_good() {
        let mut run = sample::arena();
        run.foreign_cpu_share = Some(0.2);
        run.weigh();
        let text = write(&run, Ink::default());
        let disturbed = "\nDISTURBED: other processes used 20.0 % of a core; measure again\n";
        assert!(text.ends_with(disturbed) && !text.contains("good"), "{text}");
        assert!(text.find(disturbed) < text.find("10,000"), "above the first number too: {text}");
        assert!(text.contains("20.0 %   of one core: too much, measure again\n"), "{text}");
        // Nobody knows how much of it was the server's.
        run.server = None;
        run.weigh();
        let text = write(&run, Ink::default());
        assert!(text.contains("20.0 %   of one core, by the server and all other processes\n"), "{text}");
        assert!(text.ends_with("\ngood\n") && !text.contains("DISTURBED"), "{text}");
    }

    #[test]
    fn values_far_apart_keep_their_digits_and_rows_of_one_family_can_be_compared() {
        let mut run = sample::arena();
        let spread = |most: u64| {
            let mut histogram = quantiles::nanoseconds();
            histogram.saturating_record_n(86_300, 9_000);
            histogram.saturating_record_n(most, 1_000);
            histogram
        };
        run.distributions = vec![
            Distribution::new("healthy", "age of state, healthy", Unit::Nanoseconds, spread(1_860_000)),
            Distribution::new("slow", "  of slow ones", Unit::Nanoseconds, spread(4_180_000_000)),
            Distribution::new("many", "many", Unit::Count, sample::ramp(1_000_000)),
        ];
        let text = write(&run, Ink::default());
        for line in [
            "age of state, healthy      10,000   264 us  86.5 us  86.5 us  1.86 ms  1.86 ms  1.86 ms\n",
            "  of slow ones             10,000   418 ms  86.5 us  86.5 us   4.18 s   4.18 s   4.18 s\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let many = text.lines().find(|line| line.starts_with("many ")).expect("a row");
        assert_eq!(many.split_whitespace().count(), 8, "no value runs into the next: {many}");
    }
}
