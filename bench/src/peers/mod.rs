//! Peers side by side: the floor, ours and other servers in turn, and the ratios between them.
//!
//! Owns the rounds: in each, one contestant after the other is started on one core, loaded from another, measured and
//! ended, so that what disturbs the machine for a minute disturbs all of them. What a load is, is its scenario's.

mod cell;
mod child;
mod colyseus;
mod contestant;
mod document;
mod error;
mod grid;
mod measure;
mod measured;
mod results;
mod samples;
mod spread;
mod summary;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod workshop;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum as _;

use crate::cli::duration;
use crate::failure::Failure;
use crate::report::place;
use cell::Cell;
use child::Child;
use contestant::Contestant;
pub(crate) use error::PeersError;
use measure::{Sample, Timing};
use measured::{Measured, Setting};
use samples::{Record, SamplesFile};
use workshop::Workshop;

/// Contestants other than the floors and ours take part in every third round: the table would take two hours otherwise.
const OTHERS_EVERY: u32 = 3;
/// Memory does not vary from round to round.
const IDLE_ROUNDS: u32 = 1;

/// Arguments that say how to measure, by their ids.
const OF_A_RUN: [&str; 10] = [
    "list",
    "samples",
    "rounds",
    "all_rounds",
    "warmup",
    "window",
    "server_core",
    "load_core",
    "profile",
    "repository",
];

const EXAMPLES: &str = "\
Examples:
  cargo netbench peers --list
  cargo netbench peers --cells echo-20x1000,fanout-200x500 --contestants floor,ours
  cargo netbench peers --cells room-300 --rounds 3
  cargo netbench peers --samples peers.jsonl --markdown bench/RESULTS.md
  cargo netbench peers --from peers.jsonl --markdown bench/RESULTS.md

Nothing is fetched for `floor` and `ours`. The others are built from bench/peers when they are asked for first, and need
cargo or npm and a network then.";

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which cells of the table [default: all of them, see --list].
    #[arg(long, value_name = "CELL,...", value_delimiter = ',')]
    cells: Vec<Cell>,

    /// Who takes part where it can [default: everybody, see --list].
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_enum, hide_possible_values = true)]
    contestants: Vec<Contestant>,

    /// Rounds; the floors and ours are in each, the others in every third.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,

    /// Everybody takes part in every round.
    #[arg(long)]
    all_rounds: bool,

    /// Time between the last connection and the measurement.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "2500ms", value_parser = duration)]
    warmup: Duration,

    /// How long each is measured in each round.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "3s", value_parser = duration)]
    window: Duration,

    /// Core of the servers.
    #[arg(long, value_name = "CORE", default_value_t = 0, help_heading = "Machine")]
    server_core: usize,

    /// Core of the load.
    #[arg(long, value_name = "CORE", default_value_t = 1, help_heading = "Machine")]
    load_core: usize,

    /// Cargo profile of our own servers.
    #[arg(long, value_name = "NAME", default_value = "dist", help_heading = "Machine")]
    profile: String,

    /// Checkout to build from [default: the one this program was built from].
    #[arg(long, value_name = "DIR", help_heading = "Machine")]
    repository: Option<PathBuf>,

    /// Prints the cells with their contestants and times, and ends.
    #[arg(long)]
    list: bool,

    /// Measures nothing: tables of what --samples has written, of one run or of several.
    #[arg(long, value_name = "FILE,...", value_delimiter = ',', conflicts_with_all = OF_A_RUN)]
    from: Vec<PathBuf>,

    /// Writes the tables with machine, versions and commands.
    #[arg(long, value_name = "FILE", help_heading = "Output", value_parser = file)]
    markdown: Option<PathBuf>,

    /// Writes every window and every line.
    #[arg(long, value_name = "FILE", help_heading = "Output", value_parser = file)]
    json: Option<PathBuf>,

    /// Appends each window as soon as it is measured, for --from.
    #[arg(long, value_name = "FILE", help_heading = "Output", value_parser = file)]
    samples: Option<PathBuf>,
}

impl Args {
    fn cells(&self) -> Vec<Cell> {
        if !self.cells.is_empty() {
            let mut cells: Vec<Cell> = Vec::new();
            for cell in &self.cells {
                if !cells.contains(cell) {
                    cells.push(*cell);
                }
            }
            return cells;
        }
        cell::ALL.iter().map(|name| name.parse().expect("the table's cells are cells")).collect()
    }

    /// Who takes part in a cell, baselines first.
    fn contestants(&self, cell: &Cell) -> Vec<Contestant> {
        let asked = |one: &Contestant| self.contestants.is_empty() || self.contestants.contains(one);
        let all = Contestant::value_variants().iter().copied();
        all.filter(|one| one.does(cell.work)).filter(asked).collect()
    }

    fn rounds(&self, cell: &Cell) -> u32 {
        if cell.work == cell::Work::Idle { IDLE_ROUNDS } else { self.rounds }
    }

    /// Whether it takes part in a round, counted from 0.
    fn takes_part(&self, contestant: Contestant, round: u32) -> bool {
        self.all_rounds || contestant.is_ever_present() || round.is_multiple_of(OTHERS_EVERY)
    }

    /// Windows of a cell.
    fn windows(&self, cell: &Cell) -> usize {
        let in_round = |round| {
            self.contestants(cell).into_iter().filter(move |&one| self.takes_part(one, round)).count()
        };
        (0..self.rounds(cell)).map(in_round).sum()
    }

    /// About how long a cell takes.
    fn estimate(&self, cell: &Cell) -> Duration {
        let window = self.warmup + self.window + cell.overhead();
        window * u32::try_from(self.windows(cell)).unwrap_or(u32::MAX)
    }

    fn timing(&self) -> Timing {
        Timing { warmup: self.warmup, window: self.window, load_core: self.load_core }
    }
}

/// Measures what the command line asks for, and says how far it got on stderr.
///
/// # Errors
/// A contestant cannot be built or started, or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if !args.from.is_empty() {
        return tell_again(args);
    }
    let cells = args.cells();
    if let Some(empty) = cells.iter().find(|cell| args.contestants(cell).is_empty()) {
        return Err(Failure::Usage(format!("none of these contestants does {empty}")));
    }
    if args.list {
        return Ok(io::stdout().write_all(list(args, &cells).as_bytes())?);
    }
    if args.server_core == args.load_core {
        return Err(Failure::Usage("--server-core and --load-core are the same core".to_owned()));
    }
    let workshop = Workshop::new(args.repository.as_deref(), &args.profile)?;
    let everybody = cells.iter().flat_map(|cell| args.contestants(cell));
    let everybody: Vec<_> = everybody.collect::<BTreeSet<_>>().into_iter().collect();
    let mut kept = Kept::new(args, Setting::read(args, &workshop, &everybody))?;
    let needs: BTreeSet<_> = everybody.into_iter().map(Contestant::need).collect();
    needs.into_iter().try_for_each(|need| workshop.prepare(need))?;
    for cell in &cells {
        for round in 0..args.rounds(cell) {
            play(args, &workshop, cell, round, &mut kept)?;
            write(args, &kept.measured)?;
        }
        writeln!(io::stdout(), "{}", table::text(&kept.measured.of(*cell)))?;
    }
    if cells.len() > 1 {
        write!(io::stdout(), "{}", summary::summary(&kept.measured.cells).text())?;
    }
    Ok(())
}

/// Tables of what was measured before.
fn tell_again(args: &Args) -> Result<(), Failure> {
    let mut measured = Measured::default();
    let wants = |cell: &Cell, name: &str| {
        let contestants = args.contestants.iter().map(|one| one.name());
        (args.cells.is_empty() || args.cells.contains(cell))
            && (args.contestants.is_empty() || contestants.into_iter().any(|one| one == name))
    };
    for path in &args.from {
        samples::read(path, &mut measured, wants)?;
    }
    if measured.cells.is_empty() {
        return Err(Failure::Usage("there is no such window in --from".to_owned()));
    }
    for results in &measured.cells {
        writeln!(io::stdout(), "{}", table::text(results))?;
    }
    write!(io::stdout(), "{}", summary::summary(&measured.cells).text())?;
    write(args, &measured)
}

/// What was measured so far, and the file that has it already.
struct Kept {
    measured: Measured,
    file: Option<SamplesFile>,
    /// Until the first window: a run without any leaves nothing behind.
    begun: Option<Setting>,
}

impl Kept {
    fn new(args: &Args, setting: Setting) -> Result<Self, Failure> {
        let file = args.samples.as_deref().map(SamplesFile::append_to).transpose()?;
        let mut measured = Measured::default();
        measured.begin(setting.clone());
        Ok(Self { measured, file, begun: Some(setting) })
    }

    fn add(&mut self, cell: Cell, sample: Sample) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            if let Some(setting) = self.begun.take() {
                file.append(&Record::Run(Box::new(setting)))?;
            }
            file.append(&Record::Window { cell, sample: Box::new(sample.clone()) })?;
        }
        self.measured.add(cell, sample);
        Ok(())
    }
}

/// One round of a cell.
fn play(args: &Args, workshop: &Workshop, cell: &Cell, round: u32, kept: &mut Kept) -> Result<(), Failure> {
    for contestant in args.contestants(cell) {
        if args.takes_part(contestant, round) {
            let sample = window(args, workshop, cell, contestant, round)?;
            let (nth, rounds) = (round + 1, args.rounds(cell));
            let _ = writeln!(io::stderr(), "{cell}  round {nth} of {rounds}  {}", told(&sample));
            kept.add(*cell, sample)?;
        }
    }
    Ok(())
}

/// One contestant from its start to its end.
fn window(
    args: &Args,
    workshop: &Workshop,
    cell: &Cell,
    contestant: Contestant,
    round: u32,
) -> Result<Sample, Failure> {
    let start = contestant.start(workshop, cell);
    let sample = Child::start(&contestant.name(), &start, args.server_core, args.load_core)
        .and_then(|child| measure::measure(contestant, round, cell, &child, args.timing()));
    let sample = match sample {
        // There is no such core: that is so for everybody.
        Err(failure @ Failure::Pin { .. }) => return Err(failure),
        // One that does not start this time or does not bear the load stays in the table, with what was wrong.
        Err(failure) => Sample::failed(contestant, round, failure.to_string()),
        Ok(sample) => sample,
    };
    let words = std::iter::once(start.program.to_string_lossy().into_owned()).chain(start.args);
    let words: Vec<String> = words.map(|word| workshop.shown(&word)).collect();
    Ok(Sample { started: words.join(" "), ..sample })
}

fn told(sample: &Sample) -> String {
    let Sample { contestant, cpu_us, connection_bytes, foreign_share, flaws, .. } = sample;
    let number = match (cpu_us, connection_bytes) {
        (_, Some(bytes)) => format!("{bytes:.0} B"),
        (Some(us), None) => format!("{us:.2} us"),
        (None, None) => "-".to_owned(),
    };
    let foreign =
        foreign_share.map_or(String::new(), |share| format!(", foreign CPU {:.1} %", share * 100.0));
    let flaw = flaws.first().map_or(String::new(), |flaw| format!(", {flaw}"));
    format!("{contestant}: {number}{foreign}{flaw}")
}

fn list(args: &Args, cells: &[Cell]) -> String {
    let minutes = |time: Duration| time.as_secs_f64() / 60.0;
    let mut out = String::new();
    for cell in cells {
        let names: Vec<String> = args.contestants(cell).into_iter().map(Contestant::name).collect();
        let time = minutes(args.estimate(cell));
        out += &format!("{:<18} {time:>5.1} min  {}\n", cell.to_string(), names.join(","));
    }
    let all: Duration = cells.iter().map(|cell| args.estimate(cell)).sum();
    out + &format!("{:<18} {:>5.1} min, and the time to build what is missing\n", "all", minutes(all))
}

/// A [`place`] that is no standard output: the tables go there anyway.
fn file(text: &str) -> Result<PathBuf, String> {
    let path = place(text)?;
    if path.as_os_str() == "-" { Err("write the name of a file".to_owned()) } else { Ok(path) }
}

fn write(args: &Args, measured: &Measured) -> Result<(), Failure> {
    let written = |path: &PathBuf, text: String| {
        fs::write(path, text).map_err(|error| PeersError::NotWritten { path: path.clone(), error })
    };
    if let Some(path) = &args.json {
        written(path, document::json(measured))?;
    }
    if let Some(path) = &args.markdown {
        written(path, document::markdown(measured))?;
    }
    Ok(())
}
