//! The Autobahn testsuite: runs its fuzzing client against an echo server and judges the report.
//!
//! `wstest` exits with 0 whatever happened, also when the server refused or died half way. So the list of cases is
//! taken from its log, each must have a result, and [`judge`] alone decides.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{process, repository};

/// How many cases the pinned version of the suite has.
pub const CASES: usize = 517;
/// Where the suite looks at how a connection ends in ways that RFC 6455 leaves open: it never says OK there.
const INFORMATIONAL: [&str; 3] = ["7.1.6", "7.13.1", "7.13.2"];
/// Compression, which is not offered yet.
const UNIMPLEMENTED: [&str; 2] = ["12", "13"];
/// Chosen: the whole suite takes about 20 s alone on two cores when compression is not negotiated.
const LIMIT: Duration = Duration::from_secs(400);
const AGENT: &str = "tickwire";

/// How many cases had which behaviour.
pub type Summary = BTreeMap<String, usize>;

/// Runs every case against the server at `url`; the report stays in `tests/artifacts/autobahn`.
///
/// # Errors
/// The judge's complaints, one for each case.
///
/// # Panics
/// When the suite cannot run or leaves no report.
pub fn run(wstest: &Path, url: &str) -> Result<Summary, Vec<String>> {
    let directory = repository::artifacts("autobahn");
    let report = directory.join("report");
    // An old report must not be judged as today's.
    let _ = std::fs::remove_dir_all(&report);
    let spec = json!({
        "outdir": report,
        "servers": [{ "agent": AGENT, "url": url }],
        "cases": ["*"],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    });
    std::fs::write(directory.join("spec.json"), spec.to_string()).expect("artifacts can be written");
    let mut command = Command::new(wstest);
    command.args(["-m", "fuzzingclient", "-s", "spec.json"]).current_dir(&directory);
    let out = process::run(&mut command, LIMIT);
    let log = out.stdout + &out.stderr;
    std::fs::write(directory.join("wstest.log"), &log).expect("artifacts can be written");
    let index = std::fs::read_to_string(report.join("index.json"));
    let index = index.unwrap_or_else(|error| panic!("wstest left no report ({error}); its log:\n{log}"));
    judge(&log, &index)
}

/// Judges `index.json` of a report by the cases that the log says were to be run.
///
/// # Errors
/// One complaint for each case without an acceptable result.
pub fn judge(log: &str, index: &str) -> Result<Summary, Vec<String>> {
    let cases = planned(log);
    let index: Value = serde_json::from_str(index).map_err(|error| vec![format!("index.json: {error}")])?;
    let results = &index[AGENT];
    let mut summary = Summary::new();
    let mut complaints = Vec::new();
    if cases.len() != CASES {
        complaints.push(format!("{} cases were to be run, not {CASES}", cases.len()));
    }
    for case in cases {
        let result = &results[case];
        let (Some(behavior), Some(close)) = (result["behavior"].as_str(), result["behaviorClose"].as_str())
        else {
            complaints.push(format!("{case}: no result"));
            continue;
        };
        *summary.entry(behavior.to_owned()).or_default() += 1;
        if !acceptable(case, behavior, close) {
            let file = result["reportfile"].as_str().unwrap_or("-");
            let code = &result["remoteCloseCode"];
            complaints.push(format!("{case}: {behavior}, close {close} (code {code}), see {file}"));
        }
    }
    if complaints.is_empty() { Ok(summary) } else { Err(complaints) }
}

fn acceptable(case: &str, behavior: &str, close: &str) -> bool {
    let informational = INFORMATIONAL.contains(&case);
    let group = case.split('.').next().unwrap_or("");
    let behaves = match behavior {
        "OK" => true,
        "INFORMATIONAL" => informational,
        "UNIMPLEMENTED" => UNIMPLEMENTED.contains(&group),
        _ => false,
    };
    behaves && (close == "OK" || (close == "INFORMATIONAL" && informational))
}

/// The cases in the log's line `Cases = ['1.1.1', ...]`.
fn planned(log: &str) -> Vec<&str> {
    let line = log.lines().find_map(|line| line.strip_prefix("Cases = ["));
    // Every second piece between quotes is a name.
    line.map(|line| line.split('\'').skip(1).step_by(2).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of all cases as they should be, with `changes` made: (case, behavior, close), or no result at all.
    fn report(changes: &[(&str, Option<(&str, &str)>)]) -> Result<Summary, Vec<String>> {
        let mut cases: Vec<String> = (1..=CASES - 4).map(|n| format!("1.{n}")).collect();
        cases.extend(["7.1.6", "6.4.1", "12.1.1", "13.1.1"].map(str::to_owned));
        let mut results = serde_json::Map::new();
        for case in &cases {
            let usual = match case.as_str() {
                "7.1.6" => ("INFORMATIONAL", "INFORMATIONAL"),
                "12.1.1" | "13.1.1" => ("UNIMPLEMENTED", "OK"),
                _ => ("OK", "OK"),
            };
            let changed = changes.iter().find(|(name, _)| name == case);
            if let Some((behavior, close)) = changed.map_or(Some(usual), |(_, to)| *to) {
                let value = json!({ "behavior": behavior, "behaviorClose": close, "remoteCloseCode": 1000 });
                results.insert(case.clone(), value);
            }
        }
        let quoted: Vec<String> = cases.iter().map(|case| format!("'{case}'")).collect();
        let log = format!("Loading spec\nCases = [{}]\nOk, will run", quoted.join(", "));
        judge(&log, &json!({ AGENT: results }).to_string())
    }

    #[test]
    fn a_report_without_faults_passes_and_is_counted() {
        let summary = report(&[]).expect("nothing to complain about");
        assert_eq!(summary["OK"], CASES - 3);
        assert_eq!(summary["UNIMPLEMENTED"], 2);
        assert_eq!(summary["INFORMATIONAL"], 1);
    }

    #[test]
    fn every_kind_of_fault_is_a_complaint_that_names_the_case() {
        let table: [(&str, Option<(&str, &str)>); 9] = [
            ("1.1", None),
            ("1.1", Some(("FAILED", "OK"))),
            ("1.1", Some(("UNIMPLEMENTED", "OK"))),
            ("1.1", Some(("INFORMATIONAL", "OK"))),
            ("1.1", Some(("OK", "WRONG CODE"))),
            ("1.1", Some(("OK", "INFORMATIONAL"))),
            ("6.4.1", Some(("NON-STRICT", "OK"))),
            ("12.1.1", Some(("FAILED", "OK"))),
            ("7.1.6", Some(("OK", "UNCLEAN"))),
        ];
        for (case, change) in table {
            let complaints = report(&[(case, change)]).expect_err("a fault");
            assert_eq!(complaints.len(), 1, "{case} {change:?}");
            assert!(complaints[0].starts_with(&format!("{case}: ")), "{complaints:?}");
        }
    }

    #[test]
    fn a_run_that_never_began_does_not_pass() {
        assert!(judge("connection refused", "{}").is_err());
        assert!(judge("Cases = []", "{}").is_err());
        assert!(judge("Cases = ['1.1.1']", "").is_err());
    }
}
