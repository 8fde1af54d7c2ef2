//! `docs/THREATS.md` and the tests it names belong together.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_tests::repository;

/// Names of all test functions in the tree that begin with a row's id.
fn row_tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in repository::files().unwrap_or_default() {
        if !file.ends_with(".rs") {
            continue;
        }
        let text = std::fs::read_to_string(repository::path(&file)).unwrap_or_default();
        let mut attribute_at = None;
        for (number, line) in text.lines().enumerate() {
            if line.trim() == "#[test]" {
                attribute_at = Some(number);
            }
            // Other attributes may stand between the two.
            if attribute_at.is_none_or(|at| number > at + 3) {
                continue;
            }
            let Some(name) = line.trim_start().strip_prefix("fn ").and_then(|rest| rest.split('(').next())
            else {
                continue;
            };
            if row_of(name).is_some() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// The row in a test's name: `h6_version_...` is of H6.
fn row_of(name: &str) -> Option<String> {
    let (id, rest) = name.split_once('_')?;
    let letter = id.chars().next()?;
    let is_row = "hfrwxkpsniu".contains(letter)
        && id.len() > 1
        && id[1..].chars().all(|digit| digit.is_ascii_digit())
        && rest.contains('_');
    is_row.then(|| id.to_uppercase())
}

/// The tests that each row of the document names.
fn document() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(repository::path("docs/THREATS.md")).expect("the document");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_id = cells[0].len() > 1 && cells[0][1..].chars().all(|digit| digit.is_ascii_digit());
        if is_id {
            let tests: Vec<_> = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
            assert!(rows.insert(cells[0].to_owned(), tests).is_none(), "{} is there twice", cells[0]);
        }
    }
    rows
}

#[test]
fn every_row_names_tests_that_exist_and_every_row_test_is_named() {
    let (rows, tests) = (document(), row_tests());
    if tests.is_empty() {
        return; // Not a git checkout.
    }
    let mut complaints = Vec::new();
    let mut named = BTreeSet::new();
    for (row, names) in &rows {
        if names.is_empty() {
            complaints.push(format!("{row} names no test"));
        }
        for name in names {
            named.insert(name.clone());
            if !tests.contains(name) {
                complaints.push(format!("{row} names {name}, which does not exist"));
            } else if row_of(name).as_ref() != Some(row) {
                complaints.push(format!("{row} names {name}, which is of another row"));
            }
        }
    }
    complaints.extend(tests.difference(&named).map(|name| format!("{name} is in no row")));
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    for row in [
        "H1", "H13", "F1", "F18", "R1", "R11", "W3", "W5", "X1", "X7", "S1", "N1", "I3", "P1", "P4", "K1",
        "U1",
    ] {
        assert!(rows.contains_key(row), "{row} is missing");
    }
}

#[test]
fn k1_no_source_reads_the_wall_clock() {
    // In pieces, so that this file does not name it.
    let banned =
        [["System", "Time::now"], ["UNIX_", "EPOCH"], ["ClockId::", "Realtime"]].map(|parts| parts.concat());
    let mut looked_at = 0;
    for file in repository::files().unwrap_or_default() {
        let is_source =
            file.ends_with(".rs") && (file.starts_with("engine/src") || file.starts_with("netcode/src"));
        if is_source {
            let text = std::fs::read_to_string(repository::path(&file)).unwrap_or_default();
            looked_at += 1;
            for word in &banned {
                assert!(!text.contains(word.as_str()), "{file} names {word}");
            }
        }
    }
    assert!(looked_at == 0 || looked_at > 50, "{looked_at} files");
}
