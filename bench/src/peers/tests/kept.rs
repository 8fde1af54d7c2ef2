//! What is kept of a run in a file of samples, and read from it again.

use std::fs;
use std::path::PathBuf;

use super::super::cell::Cell;
use super::super::contestant::Contestant;
use super::super::measured::Measured;
use super::super::samples::{self, Record, SamplesFile};
use super::sample;
use super::told::setting;

/// A file that is gone with its value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tickwire-samples-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn read(&self) -> Result<Measured, String> {
        let mut measured = Measured::default();
        let read = samples::read(&self.0, &mut measured, |_, name| name != "ws");
        read.map(|()| measured).map_err(|error| error.to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn window(contestant: Contestant, round: u32, cpu_us: f64) -> Record {
    let cell: Cell = "echo-20x20".parse().expect("a cell");
    Record::Window { cell, sample: Box::new(sample(contestant, round, cpu_us)) }
}

#[test]
fn windows_of_two_runs_are_read_back_and_share_no_round() {
    let scratch = Scratch::new("two");
    // The machine of the second run is twice as slow.
    for (command, slow) in [("first", 1.0), ("second", 2.0)] {
        let mut file = SamplesFile::append_to(&scratch.0).expect("it opens");
        let floors = (0..2).map(|round| window(Contestant::Floor, round, 4.1 * slow));
        let mut records = vec![Record::Run(Box::new(setting(command)))];
        records.extend(floors);
        records.push(window(Contestant::Ws, 0, 9.0));
        records.push(window(Contestant::Ours, 1, 8.2 * slow));
        records.iter().for_each(|record| file.append(record).expect("it is written"));
    }
    let measured = scratch.read().expect("it is read");
    assert_eq!(measured.settings, [setting("first"), setting("second")]);
    let [results] = &measured.cells[..] else { panic!("{measured:?}") };
    let rounds: Vec<_> = results.samples.iter().map(|one| (one.contestant.as_str(), one.round)).collect();
    let want = [("floor", 0), ("floor", 1), ("ours", 1), ("floor", 2), ("floor", 3), ("ours", 3)];
    assert_eq!(rounds, want, "ws was not wanted");
    assert_eq!(results.samples[0], sample(Contestant::Floor, 0, 4.1));
    let ratio = results.ratio("ours", "floor").expect("windows of the same rounds");
    assert_eq!(
        (ratio.count, ratio.least.to_bits(), ratio.most.to_bits()),
        (2, 2f64.to_bits(), 2f64.to_bits())
    );
}

#[test]
fn a_run_without_windows_is_not_told() {
    let mut measured = Measured::default();
    for command in ["interrupted", "whole", "of others"] {
        measured.begin(setting(command));
        if command == "whole" {
            measured.add("echo-20x20".parse().expect("a cell"), sample(Contestant::Ours, 0, 4.0));
        }
    }
    assert_eq!(measured.settings, [setting("whole")]);
}

#[test]
fn half_a_line_is_no_loss_and_is_cut_off_before_more_is_written() {
    let scratch = Scratch::new("half");
    let mut file = SamplesFile::append_to(&scratch.0).expect("it opens");
    file.append(&Record::Run(Box::new(setting("first")))).expect("it is written");
    file.append(&window(Contestant::Ours, 0, 4.0)).expect("it is written");
    let whole = fs::read_to_string(&scratch.0).expect("a file");
    for half in ["{", "{\"record\":\"wind", "{\"record\":\"window\",\"cell\":\"ec"] {
        fs::write(&scratch.0, format!("{whole}{half}")).expect("it is written");
        let measured = scratch.read().expect("it is read");
        assert_eq!(measured.cells[0].samples.len(), 1, "{half}");
        let mut file = SamplesFile::append_to(&scratch.0).expect("it opens");
        file.append(&window(Contestant::Ours, 1, 4.0)).expect("it is written");
        assert_eq!(scratch.read().expect("it is read").cells[0].samples.len(), 2, "{half}");
    }
}

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let scratch = Scratch::new("else");
    assert!(scratch.read().is_err_and(|error| error.starts_with("cannot read ")));
    let run = serde_json::to_string(&Record::Run(Box::new(setting("first")))).expect("a line");
    let window = serde_json::to_string(&window(Contestant::Ours, 0, 4.0)).expect("a line");
    let other = run.replace("\"schema_version\":1", "\"schema_version\":2");
    for (text, why) in [
        ("# Results\n".to_owned(), "line 1: this was not written by peers --samples"),
        ("# Results".to_owned(), "line 1: this was not written by peers --samples"),
        (format!("{run}\n\n"), "line 2: this was not written by peers --samples"),
        (format!("{run}\n{}\n", window.replace("echo-20x20", "swim")), "line 2: "),
        (format!("{other}\n"), "line 1: written by another version"),
        (format!("{window}\n"), "line 1: a window before its run"),
    ] {
        fs::write(&scratch.0, &text).expect("it is written");
        let error = scratch.read().expect_err(&text);
        assert!(error.contains(why) && error.lines().count() == 1, "{error}");
        assert!(SamplesFile::append_to(&scratch.0).is_err(), "{text}");
        assert_eq!(fs::read_to_string(&scratch.0).expect("a file"), text);
    }
}
