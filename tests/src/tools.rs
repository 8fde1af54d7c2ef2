//! Which of the optional tools are on this machine, and what to do when one is not.
//!
//! A part of the suite that needs a tool runs when it is there. Otherwise it prints one `SKIPPED` line, or fails when
//! `TICKWIRE_REQUIRE` asks for the tool. The variable's value is an argument to everything but [`ready`], because a
//! test cannot set an environment variable safely.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::repository;

/// The variable that turns a missing tool into a failure: `all`, or words separated by commas.
pub const REQUIRE: &str = "TICKWIRE_REQUIRE";

/// A tool that some tests use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// node 20 or newer with the packages of `tests/browser`.
    Node,
    /// A Chromium that playwright-core can drive.
    Chromium,
    /// Python 3 with the package `websockets`.
    Python,
    /// The Autobahn testsuite.
    Wstest,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Self; 4] = [Self::Node, Self::Chromium, Self::Python, Self::Wstest];

    /// The word for it in `TICKWIRE_REQUIRE` and for `tests/setup`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "chromium",
            Self::Python => "python",
            Self::Wstest => "wstest",
        }
    }

    /// The program to run, or why it cannot be.
    ///
    /// # Errors
    /// What is missing, for people.
    pub fn find(self) -> Result<PathBuf, String> {
        match self {
            Self::Node => {
                let node = on_path("node").ok_or("node is not on PATH")?;
                for package in ["ws", "playwright-core"] {
                    if !repository::path("tests/browser/node_modules").join(package).is_dir() {
                        return Err(format!("tests/browser has no package {package}"));
                    }
                }
                Ok(node)
            }
            Self::Chromium => ["chromium", "chromium-browser", "google-chrome"]
                .into_iter()
                .find_map(on_path)
                .ok_or_else(|| "no chromium on PATH".to_owned()),
            Self::Python => {
                let own = repository::path(".tools/python/bin/python");
                let python = if own.is_file() { Some(own) } else { on_path("python3") };
                let python = python.ok_or("python3 is not on PATH")?;
                if !succeeds(Command::new(&python).args(["-c", "import websockets"])) {
                    return Err(format!("{} has no package websockets", python.display()));
                }
                Ok(python)
            }
            Self::Wstest => {
                let own = repository::path(".tools/autobahn/bin/wstest");
                if own.is_file() { Ok(own) } else { on_path("wstest").ok_or_else(|| "no wstest".to_owned()) }
            }
        }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|program| program.is_file())
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The tools whose absence is a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required(BTreeSet<Tool>);

/// A word in `TICKWIRE_REQUIRE` that names no tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord(String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Tool::ALL.map(Tool::word).join(", ");
        write!(f, "{REQUIRE} has the unknown word '{}': write all, or some of {known}", self.0)
    }
}

impl std::error::Error for UnknownWord {}

impl Required {
    /// Reads the variable's value; `None` (unset) and the empty string require nothing.
    ///
    /// # Errors
    /// On a word that is neither `all` nor a tool's.
    pub fn parse(value: Option<&str>) -> Result<Self, UnknownWord> {
        let mut tools = BTreeSet::new();
        for word in value.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word == "all" {
                tools.extend(Tool::ALL);
                continue;
            }
            let tool = Tool::ALL.into_iter().find(|tool| tool.word() == word);
            tools.insert(tool.ok_or_else(|| UnknownWord(word.to_owned()))?);
        }
        Ok(Self(tools))
    }

    /// Whether the absence of `tool` is a failure.
    #[must_use]
    pub fn contains(&self, tool: Tool) -> bool {
        self.0.contains(&tool)
    }
}

/// What a part that needs tools does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every tool is here: the programs, in the order asked for.
    Run(Vec<PathBuf>),
    /// Some tool is missing and that is allowed: the line to print.
    Skip(String),
    /// Some tool is missing and was required: why.
    Fail(String),
}

/// Decides for the part `name`, given what looking for each tool found.
#[must_use]
pub fn decide(name: &str, found: Vec<(Tool, Result<PathBuf, String>)>, required: &Required) -> Verdict {
    let mut programs = Vec::new();
    for (tool, result) in found {
        let why = match result {
            Ok(program) => {
                programs.push(program);
                continue;
            }
            Err(why) => why,
        };
        let word = tool.word();
        if required.contains(tool) {
            return Verdict::Fail(format!(
                "{name}: {why}, and {REQUIRE} asks for {word} (tests/setup {word})"
            ));
        }
        return Verdict::Skip(format!("SKIPPED {name}: {why} (tests/setup {word})"));
    }
    Verdict::Run(programs)
}

/// The programs for `tools`, or `None` after one `SKIPPED` line on stderr.
///
/// # Panics
/// When a tool is missing that `TICKWIRE_REQUIRE` asks for, or when that holds an unknown word.
#[must_use]
#[track_caller]
pub fn ready<const N: usize>(name: &str, tools: [Tool; N]) -> Option<[PathBuf; N]> {
    let value = std::env::var(REQUIRE).ok();
    let required = Required::parse(value.as_deref()).unwrap_or_else(|unknown| panic!("{unknown}"));
    let found = tools.into_iter().map(|tool| (tool, tool.find())).collect();
    match decide(name, found, &required) {
        Verdict::Run(programs) => Some(programs.try_into().expect("one program for each tool")),
        Verdict::Fail(why) => panic!("{why}"),
        Verdict::Skip(line) => {
            // Not eprintln!, which the test runner keeps to itself when the test passes.
            let _ = writeln!(std::io::stderr(), "{line}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(tool: Tool) -> (Tool, Result<PathBuf, String>) {
        (tool, Ok(PathBuf::from(tool.word())))
    }

    fn missing(tool: Tool) -> (Tool, Result<PathBuf, String>) {
        (tool, Err("gone".to_owned()))
    }

    #[test]
    fn the_words_of_the_variable_name_tools() {
        use Tool::{Chromium, Node, Python, Wstest};
        let table: [(Option<&str>, &[Tool]); 6] = [
            (None, &[]),
            (Some(""), &[]),
            (Some("all"), &[Node, Chromium, Python, Wstest]),
            (Some("node"), &[Node]),
            (Some(" python , wstest ,"), &[Python, Wstest]),
            (Some("node,all"), &[Node, Chromium, Python, Wstest]),
        ];
        for (value, tools) in table {
            let required = Required::parse(value).expect("known words");
            for tool in Tool::ALL {
                assert_eq!(required.contains(tool), tools.contains(&tool), "{value:?} {tool:?}");
            }
        }
    }

    #[test]
    fn an_unknown_word_is_refused_and_told_what_is_known() {
        let unknown = Required::parse(Some("node,fierfox")).expect_err("no such tool");
        assert_eq!(
            unknown.to_string(),
            "TICKWIRE_REQUIRE has the unknown word 'fierfox': write all, or some of node, chromium, python, wstest"
        );
    }

    #[test]
    fn a_missing_tool_skips_with_one_line_unless_it_is_required() {
        let none = Required::default();
        let all = Required::parse(Some("all")).expect("known");
        let python = Required::parse(Some("python")).expect("known");
        let found = || vec![here(Tool::Node), missing(Tool::Chromium)];
        assert_eq!(
            decide("page", found(), &none),
            Verdict::Skip("SKIPPED page: gone (tests/setup chromium)".into())
        );
        assert!(matches!(decide("page", found(), &python), Verdict::Skip(_)));
        let why = "page: gone, and TICKWIRE_REQUIRE asks for chromium (tests/setup chromium)";
        assert_eq!(decide("page", found(), &all), Verdict::Fail(why.into()));
    }

    #[test]
    fn programs_come_in_the_order_asked_for() {
        let verdict = decide("peers", vec![here(Tool::Python), here(Tool::Node)], &Required::default());
        assert_eq!(verdict, Verdict::Run(vec!["python".into(), "node".into()]));
    }
}
