//! `Climb`: probe after probe up and down the ladder, and what is to be said in the end.
//!
//! Measuring, waiting and printing come in as functions, so that a made-up server is searched the same way.

use std::fmt;

use super::ladder::{Bounds, Ladder};
use crate::failure::Failure;
use crate::report::compare::{Condition, Reading, Senseless};
use crate::report::{Figure, Flaw, Run, Unit};

/// What came of one load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Holds,
    Fails,
    /// The generator could not do it: nothing is known of the server.
    Saturated,
    /// The user wanted no more.
    Interrupted,
}

/// One measurement, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) number: usize,
    pub(super) load: u32,
    pub(super) word: &'static str,
    pub(super) answer: Answer,
    /// What was found.
    pub(super) found: String,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, load, word, answer, found } = self;
        let answer = match answer {
            Answer::Holds => "holds",
            Answer::Fails => "fails",
            Answer::Saturated => "GENERATOR SATURATED",
            Answer::Interrupted => "interrupted",
        };
        write!(f, "probe {number}: {load} {word}: {answer}: {found}")
    }
}

/// Why the search went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What holds and what fails are close together, or there is nothing higher or lower to try.
    Found,
    /// This program could not make the load.
    Saturated { load: u32, why: String },
    /// The server is not there any more.
    Gone,
    /// The user wanted no more.
    Interrupted,
}

pub(super) struct Climb<'a> {
    pub(super) objectives: &'a [Condition],
    pub(super) bounds: Bounds,
    /// How often a failing probe is tried again.
    pub(super) again: u32,
    pub(super) word: &'static str,
    pub(super) is_there: &'a dyn Fn() -> bool,
    /// The user wants no more.
    pub(super) is_interrupted: &'a dyn Fn() -> bool,
    pub(super) rest: &'a dyn Fn(),
    pub(super) say: &'a dyn Fn(&Probe),
}

pub(super) struct Found {
    ladder: Ladder,
    end: End,
    probes: Vec<Probe>,
    most: u32,
    word: &'static str,
    /// Of the highest load that held.
    best: Option<Run>,
}

impl Climb<'_> {
    /// Searches.
    ///
    /// # Errors
    /// The first probe could not be made, or an objective asks for what the scenario does not measure or tell.
    pub(super) fn run(&self, mut probe: impl FnMut(u32) -> Result<Run, Failure>) -> Result<Found, Failure> {
        let mut found = Found {
            ladder: Ladder::new(self.bounds),
            end: End::Found,
            probes: Vec::new(),
            most: self.bounds.most,
            word: self.word,
            best: None,
        };
        while let Some(load) = found.ladder.next() {
            let (answer, run) = self.ask(load, &mut found, &mut probe)?;
            match answer {
                Answer::Holds => {
                    found.ladder.note(load, true);
                    found.best = run.or(found.best);
                }
                Answer::Interrupted => {
                    found.end = End::Interrupted;
                    break;
                }
                Answer::Fails if !(self.is_there)() => {
                    found.end = End::Gone;
                    break;
                }
                Answer::Fails => found.ladder.note(load, false),
                Answer::Saturated => {
                    let why = found.probes.last().map(|probe| probe.found.clone()).unwrap_or_default();
                    found.end = End::Saturated { load, why };
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Measures one load, again if it fails.
    fn ask(
        &self,
        load: u32,
        found: &mut Found,
        probe: &mut impl FnMut(u32) -> Result<Run, Failure>,
    ) -> Result<(Answer, Option<Run>), Failure> {
        let mut last = (Answer::Fails, None);
        for _ in 0..=self.again {
            if !found.probes.is_empty() {
                (self.rest)();
            }
            let is_first = found.probes.is_empty();
            let (answer, words, run) = match probe(load) {
                Ok(run) => {
                    // A server that is overloaded answers too little for a percentile, or none of what is asked for.
                    let (answer, words) = match judge(&run, self.objectives) {
                        Err(unjudged) if is_first && (unjudged.is_senseless || run.verdict.is_sound()) => {
                            return Err(Failure::Usage(unjudged.why));
                        }
                        Err(unjudged) => (Answer::Fails, untold(&run, unjudged)),
                        Ok(judged) => judged,
                    };
                    (answer, words, Some(run))
                }
                // Nothing at all could be measured: that is for whoever started this.
                Err(failure) if is_first => return Err(failure),
                Err(failure @ Failure::Join { .. }) => (Answer::Fails, failure.to_string(), None),
                Err(failure) => (Answer::Saturated, failure.to_string(), None),
            };
            // A probe that was cut short says nothing of its load.
            let answer = if (self.is_interrupted)() { Answer::Interrupted } else { answer };
            let number = found.probes.len() + 1;
            let told = Probe { number, load, word: self.word, answer: answer.clone(), found: words };
            (self.say)(&told);
            found.probes.push(told);
            let is_there = answer == Answer::Holds || (self.is_there)();
            last = (answer, run);
            if matches!(last.0, Answer::Holds | Answer::Interrupted) || !is_there {
                break;
            }
        }
        Ok(last)
    }
}

/// A run says nothing of an objective.
struct Unjudged {
    /// There is no such measure, or it has another unit: no load changes that.
    is_senseless: bool,
    why: String,
}

/// What is said of a probe that does not tell an objective.
fn untold(run: &Run, unjudged: Unjudged) -> String {
    let flaws = run.verdict.flaws().iter().map(ToString::to_string);
    std::iter::once(unjudged.why).chain(flaws).collect::<Vec<_>>().join(", ")
}

/// Whether all objectives hold in a run, and what was found.
fn judge(run: &Run, objectives: &[Condition]) -> Result<(Answer, String), Unjudged> {
    let (mut is_held, mut words) = (run.verdict.is_sound(), Vec::new());
    let is_saturated = run.verdict.flaws().iter().any(|flaw| matches!(flaw, Flaw::Invalid(_)));
    for objective in objectives {
        let senseless = |error: Senseless| Unjudged { is_senseless: true, why: error.to_string() };
        match objective.read(run).map_err(senseless)? {
            Reading::Holds(found) => words.push(format!("{} is {found}", objective.measure())),
            Reading::Fails(found) => {
                is_held = false;
                words.push(format!("{} is {found}, not {objective}", objective.measure()));
            }
            Reading::Untold if is_saturated => {}
            Reading::Untold => {
                let why = format!(
                    "--objective {objective}: a run has fewer than ten samples beyond it: take a longer --duration"
                );
                return Err(Unjudged { is_senseless: false, why });
            }
        }
    }
    if is_saturated {
        return Ok((Answer::Saturated, saturation(run)));
    }
    words.extend(run.verdict.flaws().iter().map(ToString::to_string));
    Ok((if is_held { Answer::Holds } else { Answer::Fails }, words.join(", ")))
}

/// What the generator could not do: be on time, or where nothing is sent, ever be done with reading.
fn saturation(run: &Run) -> String {
    let share = |name: &str| {
        let figure = run.figures.iter().find(|figure| figure.name == name);
        figure.filter(|figure| figure.value > 0.0).map(|figure| figure.unit.text(figure.value))
    };
    match (share("late_share"), share("busy_share")) {
        (Some(late), _) => format!("{late} of its sends were late"),
        (None, Some(busy)) => format!("its busiest thread had {busy} of the time without rest"),
        (None, None) => "too many of its sends were late".to_owned(),
    }
}

impl Found {
    /// The report of the highest load that held, with the search above it.
    pub(super) fn report(self, scenario: &str, url: &str) -> Run {
        let Self { ladder, end, probes, most, word, best } = self;
        let mut run = best.unwrap_or_else(|| Run::new(scenario, url));
        run.scenario = format!("search {scenario}");
        run.arguments.remove(if word.contains("second") { "rate" } else { "connections" });
        let figure = |name: &str, label: &str, value: f64| Figure {
            group: "search".to_owned(),
            name: name.to_owned(),
            label: label.to_owned(),
            value,
            unit: Unit::Count,
        };
        let mut figures = Vec::new();
        figures.extend(ladder.holds.map(|load| figure("highest", "highest that holds", f64::from(load))));
        figures
            .extend(ladder.fails.map(|load| figure("lowest_failing", "lowest that fails", f64::from(load))));
        figures.push(figure("probes", "probes", probes.len() as f64));
        run.figures.splice(0..0, figures);
        let held = ladder.holds.map(|load| format!("{load} {word}"));
        let holds = held.as_ref().map_or("nothing is known of the server".to_owned(), |held| {
            format!("the server holds {held} at least")
        });
        match end {
            End::Found if ladder.holds.is_none() => {
                run.verdict.failed(format!("the objective does not hold, not even with 1 {word}"));
            }
            End::Found if ladder.holds == Some(most) && ladder.fails.is_none() => {
                run.notes.insert(0, format!("It holds at --max: the limit is above {most} {word}."));
            }
            End::Found => {}
            End::Saturated { load, why } => run
                .verdict
                .partial(format!("the generator reached its own limit at {load} {word}, {why}; {holds}")),
            End::Interrupted => {
                run.verdict.partial(format!("interrupted in probe {}; {holds}", probes.len()));
            }
            End::Gone => {
                run.verdict.partial(format!("the server went during probe {}; {holds}", probes.len()));
            }
        }
        let mut probes: Vec<String> = probes.iter().map(|probe| format!("{probe}.")).collect();
        probes.push(match held {
            Some(held) => format!("All other numbers are those of the probe with {held}."),
            None => "No probe held: there is nothing else to tell.".to_owned(),
        });
        run.notes.splice(0..0, probes);
        run
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::quantiles::nanoseconds;
    use crate::report::Distribution;
    use crate::report::compare::parse_condition;

    /// A run whose latencies are all `ms`.
    fn run_of(ms: u64) -> Run {
        let mut histogram = nanoseconds();
        histogram.saturating_record_n(ms * 1_000_000, 10_000);
        let mut run = Run::new("echo", "ws://h/");
        "latency".clone_into(&mut run.headline);
        run.distributions.push(Distribution::new("latency", "latency", Unit::Nanoseconds, histogram));
        run
    }

    fn search(
        objective: &str,
        again: u32,
        is_there: &dyn Fn() -> bool,
        probe: impl FnMut(u32) -> Result<Run, Failure>,
    ) -> Result<Run, Failure> {
        search_until(&|| false, objective, again, is_there, probe)
    }

    fn search_until(
        is_interrupted: &dyn Fn() -> bool,
        objective: &str,
        again: u32,
        is_there: &dyn Fn() -> bool,
        probe: impl FnMut(u32) -> Result<Run, Failure>,
    ) -> Result<Run, Failure> {
        let condition = parse_condition(objective).expect("a condition");
        let objectives = [condition.into_objective().expect("an objective")];
        let climb = Climb {
            objectives: &objectives,
            bounds: Bounds { start: 100, most: 5000, precision_percent: 5 },
            again,
            word: "connections",
            is_there,
            is_interrupted,
            rest: &|| (),
            say: &|_| (),
        };
        Ok(climb.run(probe)?.report("echo", "ws://h/"))
    }

    fn highest(run: &Run) -> Option<f64> {
        run.figures.iter().find(|figure| figure.name == "highest").map(|figure| figure.value)
    }

    fn flaws(run: &Run) -> String {
        let flaws: Vec<String> = run.verdict.flaws().iter().map(ToString::to_string).collect();
        flaws.join("; ")
    }

    #[test]
    fn a_server_that_gets_slower_is_followed_to_its_limit() {
        // 10 ms, and 1 ms more for each 20 connections: 49 ms at 780.
        let run =
            search("p99<50ms", 0, &|| true, |load| Ok(run_of(10 + u64::from(load) / 20))).expect("found");
        let highest = highest(&run).expect("it is told");
        assert!((741.0..=799.0).contains(&highest), "{highest}");
        assert!(
            run.verdict.is_good() && run.notes[0].starts_with("probe 1: 100 connections: holds: p99 is 15")
        );
        assert_eq!(run.scenario, "search echo");
        let worst = run.distributions[0].histogram.max();
        assert!(worst < 50_100_000, "the report is of the best probe: {worst}");
    }

    #[test]
    fn a_probe_that_a_disturbance_spoilt_is_tried_again() {
        let count = Cell::new(0);
        let disturbed = |_| {
            count.set(count.get() + 1);
            Ok(run_of(if count.get() == 2 { 80 } else { 10 }))
        };
        let run = search("p99<50ms", 1, &|| true, disturbed).expect("found");
        assert_eq!(highest(&run), Some(5000.0));
        assert!(run.notes.iter().any(|note| note.starts_with("It holds at --max")), "{:?}", run.notes);
    }

    #[test]
    fn a_generator_at_its_limit_ends_the_search_and_says_so() {
        let probe = |load| {
            let mut run = run_of(10);
            if load > 500 {
                run.verdict.saturated();
                run.figure("generator", "late_share", "late", 0.03, Unit::Share);
            }
            Ok(run)
        };
        let run = search("p99<50ms", 0, &|| true, probe).expect("found");
        assert_eq!(highest(&run), Some(400.0));
        assert_eq!(
            flaws(&run),
            "PARTIAL: the generator reached its own limit at 800 connections, 3.0 % of its sends were late; \
             the server holds 400 connections at least"
        );
    }

    #[test]
    fn a_generator_that_sends_nothing_and_is_never_done_with_reading_says_so() {
        for (figures, want) in [
            (&[("busy_share", 0.97)][..], "its busiest thread had 97.0 % of the time without rest"),
            (
                &[("late_share", 0.0), ("busy_share", 0.97)],
                "its busiest thread had 97.0 % of the time without rest",
            ),
            (&[("late_share", 0.5), ("busy_share", 0.97)], "50.0 % of its sends were late"),
        ] {
            let probe = |_| {
                let mut run = run_of(10);
                run.verdict.saturated();
                for &(name, value) in figures {
                    run.figure("generator", name, name, value, Unit::Share);
                }
                Ok(run)
            };
            let run = search("p99<50ms", 0, &|| true, probe).expect("found");
            assert!(run.notes[0].ends_with(&format!("GENERATOR SATURATED: {want}.")), "{:?}", run.notes);
            let limit = format!("its own limit at 100 connections, {want}; nothing");
            assert!(flaws(&run).contains(&limit), "{}", flaws(&run));
        }
    }

    #[test]
    fn connections_that_are_lost_or_refused_do_not_hold() {
        let probe = |load| match load {
            0..=300 => Ok(run_of(10)),
            301..=600 => {
                let mut run = run_of(10);
                run.verdict.failed("3 connections were lost");
                Ok(run)
            }
            _ => Err(Failure::Join { ready: 600, connections: 800, why: None, limit_s: 20 }),
        };
        let run = search("p99<50ms", 0, &|| true, probe).expect("found");
        let highest = highest(&run).expect("it is told");
        assert!((285.0..=300.0).contains(&highest) && run.verdict.is_good(), "{highest} {:?}", run.verdict);
    }

    #[test]
    fn a_probe_that_tells_too_little_fails_and_keeps_what_was_found() {
        let probe = |load| {
            let mut run = run_of(10);
            if load > 300 {
                run.distributions[0].histogram.reset();
                run.verdict.partial("nobody was left");
            }
            Ok(run)
        };
        let run = search("p99<50ms", 0, &|| true, probe).expect("found");
        let highest = highest(&run).expect("it is told");
        assert!((285.0..=300.0).contains(&highest) && run.verdict.is_good(), "{highest} {:?}", run.verdict);
        assert!(run.notes.iter().any(|note| note.contains("fewer than ten samples")), "{:?}", run.notes);
        // The first probe, too, if it is the server's fault.
        let overloaded = |load| if load > 50 { probe(400) } else { Ok(run_of(10)) };
        let run = search("p99<50ms", 0, &|| true, overloaded).expect("found");
        assert!(run.figures.iter().any(|figure| figure.name == "highest" && figure.value >= 45.0));
    }

    #[test]
    fn a_server_that_goes_leaves_what_was_found() {
        let is_there = Cell::new(true);
        let probe = |load| {
            is_there.set(load < 400);
            if load < 400 {
                return Ok(run_of(10));
            }
            Err(Failure::Join { ready: 0, connections: load as usize, why: None, limit_s: 20 })
        };
        let run = search("p99<50ms", 3, &|| is_there.get(), probe).expect("found");
        assert_eq!(
            flaws(&run),
            "PARTIAL: the server went during probe 3; the server holds 200 connections at least"
        );
    }

    #[test]
    fn an_interrupted_search_keeps_what_held_and_judges_the_last_probe_not_at_all() {
        let count = Cell::new(0);
        let probe = |_| {
            count.set(count.get() + 1);
            let mut run = run_of(if count.get() == 3 { 80 } else { 10 });
            if count.get() == 3 {
                run.verdict.partial("interrupted after 1.0 of 10.0 s");
            }
            Ok(run)
        };
        let run = search_until(&|| count.get() == 3, "p99<50ms", 3, &|| true, probe).expect("found");
        assert_eq!((highest(&run), count.get()), (Some(200.0), 3));
        assert_eq!(flaws(&run), "PARTIAL: interrupted in probe 3; the server holds 200 connections at least");
        assert!(run.notes[2].starts_with("probe 3: 400 connections: interrupted: "), "{:?}", run.notes);
    }

    #[test]
    fn nothing_holds_nothing_is_told_or_nothing_is_there() {
        let run = search("p99<5ms", 0, &|| true, |_| Ok(run_of(10))).expect("found");
        assert_eq!(flaws(&run), "FAILED: the objective does not hold, not even with 1 connections");
        for (objective, words) in [
            ("p99.999<5ms", "--objective p99.999<5ms: a run has fewer than ten samples"),
            ("skew.p99<5ms", "--objective skew.p99<5ms: there is no skew.p99"),
            ("p99<5B", "--objective p99<5B: p99 is a time"),
        ] {
            let error = search(objective, 0, &|| true, |_| Ok(run_of(10))).expect_err(objective);
            assert!(matches!(error, Failure::Usage(_)) && error.to_string().starts_with(words), "{error}");
        }
        // No load gives a report another measure, whatever is wrong with it besides.
        let count = Cell::new(0);
        let lossy = |_| {
            count.set(count.get() + 1);
            let mut run = run_of(10);
            run.verdict.failed("3 connections were lost");
            Ok(run)
        };
        let error = search("foo<0.1ms", 3, &|| true, lossy).expect_err("there is no foo");
        let words = "--objective foo<0.1ms: there is no foo in a report; there is p50, p99,";
        assert!(matches!(error, Failure::Usage(_)) && error.to_string().starts_with(words), "{error}");
        assert_eq!(count.get(), 1);
        let refused = |_| Err(Failure::TookNone { why: None });
        assert!(matches!(search("p99<5ms", 0, &|| true, refused), Err(Failure::TookNone { .. })));
    }
}
