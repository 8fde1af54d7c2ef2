//! The source tree as a whole: what every file and every crate keeps to.

use std::path::Path;

use tickwire_tests::repository;

/// The fence of docs and style: a longer file has more than one noun in it.
const LINES_MAX: usize = 800;

/// A longer function has more than one level of control flow in it.
const FUNCTION_LINES_MAX: usize = 70;

/// Text files of the repository with their contents; empty outside a git checkout.
fn texts() -> Vec<(String, String)> {
    let files = repository::files().unwrap_or_default();
    let read = |name: String| {
        let text = String::from_utf8(std::fs::read(repository::path(&name)).ok()?).ok()?;
        Some((name, text))
    };
    files.into_iter().filter_map(read).collect()
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    Path::new(name).extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
}

/// Written by a program, or by somebody else.
fn is_foreign(name: &str) -> bool {
    name.ends_with("Cargo.lock")
        || name.ends_with("package-lock.json")
        || name.contains("/dist/")
        || name == "LICENSE-APACHE"
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn no_file_names_a_machine_or_a_registry_host() {
    // In pieces, so that this file does not name them.
    let banned = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/tm", "p/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
        ["registry.np", "mjs"],
        ["python", "hosted"],
        ["deb.de", "bian"],
        ["pypi.", "org"],
    ]
    .map(|parts| parts.concat());
    let mut complaints = Vec::new();
    for (name, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            complaints.extend(
                banned
                    .iter()
                    .filter(|word| line.contains(word.as_str()))
                    .map(|word| format!("{name}:{}: names {word}", number + 1)),
            );
        }
    }
    none(&complaints);
}

#[test]
fn text_has_no_tabs_no_trailing_space_and_ends_with_a_newline() {
    let mut complaints = Vec::new();
    for (name, text) in texts() {
        if is_foreign(&name) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if line.contains('\t') || line.ends_with([' ', '\r']) {
                complaints.push(format!("{name}:{}: tab or trailing space", number + 1));
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            complaints.push(format!("{name}: no newline at the end"));
        }
    }
    none(&complaints);
}

#[test]
fn source_files_are_short_and_named_by_a_noun() {
    let mut complaints = Vec::new();
    for (name, text) in texts() {
        if is_foreign(&name) || !has_extension(&name, &["rs", "ts", "js", "mjs", "py"]) {
            continue;
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            complaints.push(format!("{name}: {lines} lines, more than {LINES_MAX}"));
        }
        let stem = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        if ["utils", "util", "common", "helpers", "helper", "misc"].contains(&stem) {
            complaints.push(format!("{name}: named after nothing"));
        }
    }
    none(&complaints);
}

/// The first line of each function and how many it has. Formatted code only: a body ends at the indent it began at.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| is_function(line));
    let size = |start: usize, line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let ends = |(at, other): &(usize, &&str)| {
            let is_level = other.strip_prefix(indent).is_some_and(|rest| !rest.starts_with(' '));
            is_level && (other.ends_with('}') || other.ends_with(';'))
                || *at == start && other.ends_with(" {}")
        };
        let end = lines.iter().enumerate().skip(start).find(ends);
        end.map_or(lines.len(), |(at, _)| at + 1) - start
    };
    starts.map(|(start, line)| (start + 1, size(start, line))).collect()
}

fn is_function(line: &str) -> bool {
    let modifier = |word: &str| matches!(word, "const" | "async" | "extern") || word.starts_with("pub");
    line.split_whitespace().find(|word| !modifier(word)) == Some("fn")
}

#[test]
fn functions_are_short() {
    let sample = "fn a() {}\n\npub(crate) const fn b(\n    c: u8,\n) -> u8 {\n    c\n}\n\nimpl D {\n    fn e() {\n    }\n}\n";
    assert_eq!(functions(sample), [(1, 1), (3, 5), (10, 2)]);
    let mut complaints = Vec::new();
    for (name, text) in texts() {
        if !has_extension(&name, &["rs"]) {
            continue;
        }
        let long = functions(&text).into_iter().filter(|(_, size)| *size > FUNCTION_LINES_MAX);
        complaints.extend(
            long.map(|(line, size)| format!("{name}:{line}: {size} lines, more than {FUNCTION_LINES_MAX}")),
        );
    }
    none(&complaints);
}

#[test]
fn modules_say_first_what_they_are() {
    // Tests beside the code they test need no story of their own.
    let is_test = |name: &str| name.ends_with("/tests.rs") || name.ends_with("/vectors.rs");
    let headless = |(name, text): &(String, String)| {
        has_extension(name, &["rs"]) && !is_test(name) && !text.starts_with("//!") && !text.starts_with("#!")
    };
    let complaints: Vec<String> = texts()
        .iter()
        .filter(|file| headless(file))
        .map(|(name, _)| format!("{name}: no //! at the top"))
        .collect();
    none(&complaints);
}

#[test]
fn every_crate_inherits_lints_licence_edition_and_version() {
    let mut complaints = Vec::new();
    let mut crates = 0;
    for (name, text) in texts() {
        if !name.ends_with("/Cargo.toml") || text.contains("[workspace]") {
            continue;
        }
        crates += 1;
        for line in [
            "[lints]\nworkspace = true",
            "license.workspace = true",
            "edition.workspace = true",
            "version.workspace = true",
            "rust-version.workspace = true",
            "description = ",
        ] {
            if !text.contains(line) {
                complaints.push(format!("{name}: lacks {line:?}"));
            }
        }
    }
    if repository::files().is_some() {
        assert!(crates >= 7, "only {crates} crates were found");
    }
    none(&complaints);
}

#[test]
fn only_one_module_names_bincode() {
    let users: Vec<String> = texts()
        .into_iter()
        .filter(|(name, text)| {
            has_extension(name, &["rs"]) && !name.starts_with("tests/") && text.contains("bincode::")
        })
        .map(|(name, _)| name)
        .collect();
    let want = usize::from(repository::files().is_some());
    assert_eq!(users.len(), want, "{users:?}");
}

#[test]
fn both_licences_are_there() {
    for (file, words) in
        [("LICENSE-MIT", "Permission is hereby granted"), ("LICENSE-APACHE", "Apache License")]
    {
        let text = std::fs::read_to_string(repository::path(file)).expect(file);
        assert!(text.contains(words), "{file}");
    }
}
