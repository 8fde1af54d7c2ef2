//! `--json`: the whole report, and reading it back.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;

use super::run::{Run, SCHEMA_VERSION};

/// Why a file is no report that can be used. Each is one line that names the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoReport {
    #[error("cannot read {file}: {error}")]
    Unreadable { file: String, error: io::Error },
    #[error("{file} is not a report of tickwire-bench: {why}")]
    Foreign { file: String, why: String },
    #[error(
        "{file} has schema version {found}; this program reads version {SCHEMA_VERSION}: use the tickwire-bench that wrote it"
    )]
    Version { file: String, found: u64 },
    #[error("{file} is a damaged report: {why}")]
    Damaged { file: String, why: String },
}

/// The report as text with a newline at the end.
pub(crate) fn write(run: &Run) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(run)? + "\n")
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// It cannot be read, is no report, is of another version, or is damaged.
pub(crate) fn read(path: &Path) -> Result<Run, NoReport> {
    let file = path.display().to_string();
    let text = if file == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    match text {
        Ok(text) => parse(&file, &text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(NoReport::Foreign { file, why: "it is no text".to_owned() })
        }
        Err(error) => Err(NoReport::Unreadable { file, error }),
    }
}

/// The version is looked at first: what a later one holds is not ours to judge.
fn parse(file: &str, text: &str) -> Result<Run, NoReport> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u64,
        #[serde(rename = "scenario")]
        _scenario: String,
    }
    let foreign =
        |error: &serde_json::Error| NoReport::Foreign { file: file.to_owned(), why: error.to_string() };
    let version: Version = serde_json::from_str(text).map_err(|error| foreign(&error))?;
    if version.schema_version != u64::from(SCHEMA_VERSION) {
        return Err(NoReport::Version { file: file.to_owned(), found: version.schema_version });
    }
    let mut run: Run = serde_json::from_str(text)
        .map_err(|error| NoReport::Damaged { file: file.to_owned(), why: error.to_string() })?;
    // Reports from before disturbances were told have the numbers that tell them.
    run.weigh();
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_report_reads_back_equal_to_the_last_bit() {
        for run in [sample::arena(), sample::flawed(), Run::new("idle", "ws://h/")] {
            let text = write(&run).expect("a report can be written");
            assert_eq!(parse("a.json", &text).expect("it was just written"), run);
        }
    }

    #[test]
    fn a_disturbed_run_does_not_say_that_it_is_good() {
        let mut run = sample::arena();
        run.foreign_cpu_share = Some(0.2);
        let before = write(&run).expect("written");
        run.weigh();
        let text = write(&run).expect("written");
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let verdict = &value["verdict"];
        assert_eq!(
            (&verdict["good"], &verdict["disturbed"], &verdict["flaws"]),
            (&false.into(), &0.2.into(), &serde_json::json!([]))
        );
        // A report whose writer knew no disturbances is read as one that does.
        let old = before.replacen("\"disturbed\": null,", "", 1);
        assert!(old.len() < before.len());
        for text in [text, before, old] {
            assert_eq!(parse("a.json", &text).expect("it was just written"), run);
        }
        run.server = None;
        run.weigh();
        assert!(run.verdict.is_good(), "what others used holds the server's");
    }

    #[test]
    fn a_reader_without_histograms_finds_counts_percentiles_and_the_verdict() {
        let run = sample::arena();
        let value: serde_json::Value =
            serde_json::from_str(&write(&run).expect("written")).expect("it is JSON");
        let latency = &value["distributions"][0];
        let histogram = &run.distributions[0].histogram;
        assert_eq!(latency["count"], histogram.len());
        assert_eq!(latency["max"], histogram.max());
        assert_eq!(latency["unit"], "nanoseconds");
        let percentiles = latency["percentiles"].as_array().expect("a list");
        let p99 = percentiles.iter().find(|entry| entry["percentile"] == 99.0).expect("it is told");
        assert_eq!(p99["value"], histogram.value_at_quantile(0.99));
        // 10,000 samples: ten beyond p99.9, one beyond p99.99.
        assert_eq!(percentiles.last().expect("some")["percentile"], 99.9);
        assert!(latency["histogram"].as_str().is_some_and(|text| text.starts_with("HISTFAAA")));
        assert_eq!((&value["verdict"]["good"], &value["schema_version"]), (&true.into(), &1.into()));
        for name in ["kernel", "cpu", "cores", "governor", "memory_bytes"] {
            assert!(value["machine"].get(name).is_some(), "{name}");
        }
        assert!(value["tool"]["revision"].is_string() && value["arguments"]["players"].is_string());
    }

    #[test]
    fn what_is_no_report_is_refused_in_one_line() {
        let good = write(&sample::arena()).expect("written");
        let histogram = good.find("HISTFAAA").expect("there is one");
        let table = [
            (String::new(), "x.json is not a report of tickwire-bench: "),
            ("{}".into(), "x.json is not a report of tickwire-bench: missing field"),
            ("[1, 2]".into(), "x.json is not a report of tickwire-bench: "),
            ("count 1".into(), "x.json is not a report of tickwire-bench: "),
            (good[..good.len() / 2].into(), "x.json is not a report of tickwire-bench: EOF"),
            (good.replacen(": 1,", ": 2,", 1), "x.json has schema version 2; this program reads version 1"),
            (
                good.replacen("\"count\": 10000", "\"count\": 10001", 1),
                "x.json is a damaged report: a histogram of 10000",
            ),
            (
                good.replacen("HISTFAAA", "HISTF!AA", 1),
                "x.json is a damaged report: a histogram is not base64",
            ),
            (
                format!("{}AAAAAAAA{}", &good[..histogram + 16], &good[histogram + 24..]),
                "x.json is a damaged report: a histogram is damaged",
            ),
            (good.replacen("\"headline\"", "\"headlines\"", 1), "x.json is a damaged report: missing field"),
        ];
        for (text, wanted) in table {
            let error = parse("x.json", &text).expect_err(wanted).to_string();
            assert!(error.starts_with(wanted) && !error.contains('\n'), "{wanted}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read(Path::new("no/such.json")).expect_err("there is none").to_string();
        assert!(error.starts_with("cannot read no/such.json: "), "{error}");
    }
}
