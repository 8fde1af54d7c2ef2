//! `Outputs`: the files a run may be written to, and the end of every run.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failure::Failure;

use super::ink::Ink;
use super::run::Run;
use super::{hgrm, hlog, html, json, table};

/// Where reports go. `-` is standard output, and the table then goes to standard error.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct Outputs {
    /// The whole report, with histograms: for compare, html and programs [- for standard output].
    #[arg(long, value_name = "FILE", value_parser = place)]
    pub(crate) json: Option<PathBuf>,

    /// Percentiles of the main distribution as HdrHistogram's plotters read them.
    #[arg(long, value_name = "FILE", value_parser = place)]
    pub(crate) hgrm: Option<PathBuf>,

    /// HdrHistogram interval log: one histogram a second.
    #[arg(long, value_name = "FILE", value_parser = place)]
    pub(crate) hlog: Option<PathBuf>,

    /// A page with pictures that needs no network.
    #[arg(long, value_name = "FILE", value_parser = place)]
    pub(crate) html: Option<PathBuf>,

    /// What this run is called where it is compared with others.
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
}

impl Outputs {
    /// Flags that were given, with their files.
    fn given(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let flags =
            [("--json", &self.json), ("--hgrm", &self.hgrm), ("--hlog", &self.hlog), ("--html", &self.html)];
        flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)))
    }

    /// Refuses one place for two reports: the second would be written over the first, or behind it.
    ///
    /// # Errors
    /// There are two such flags; they are named.
    pub(crate) fn refuse_one_place(&self) -> Result<(), Failure> {
        let given: Vec<(&str, &PathBuf)> = self.given().collect();
        for (at, (flag, path)) in given.iter().enumerate() {
            if let Some((first, _)) = given[..at].iter().find(|(_, other)| other == path) {
                let place =
                    if is_standard(path) { "standard output".to_owned() } else { path.display().to_string() };
                return Err(Failure::Usage(format!("{first} and {flag} would both be written to {place}")));
            }
        }
        Ok(())
    }
}

/// Ends a run: prints the table, writes the files, and says by the exit code whether the run was sound (0), or not, or a
/// file could not be written (1).
pub(crate) fn finish(mut run: Run, outputs: &Outputs) -> ExitCode {
    run.label.clone_from(&outputs.label);
    run.weigh();
    // A reader that has gone, such as `head`, does not change the verdict.
    if outputs.given().any(|(_, path)| is_standard(path)) {
        let _ = io::stderr().write_all(table::write(&run, Ink::of(&io::stderr())).as_bytes());
    } else {
        let _ = io::stdout().write_all(table::write(&run, Ink::of(&io::stdout())).as_bytes());
    }
    let written = [
        outputs.json.as_ref().map(|path| write(path, json::write(&run).map_err(io::Error::from))),
        outputs.hgrm.as_ref().map(|path| write(path, Ok(hgrm::write(&run)))),
        outputs.hlog.as_ref().map(|path| write(path, hlog::write(&run))),
        outputs.html.as_ref().map(|path| write(path, Ok(html::write(std::slice::from_ref(&run))))),
    ];
    // All of them have been tried by now, in the order of the flags.
    let written: Vec<bool> = written.into_iter().flatten().collect();
    let is_written = written.iter().all(|is_written| *is_written);
    tell_written(
        outputs.given().zip(written).filter(|(_, is_written)| *is_written).map(|((_, path), _)| path),
    );
    if run.verdict.is_sound() && is_written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where a file can go, as far as can be known before there is anything to write: nobody should measure for a minute to
/// learn of a slip of the pen.
pub(crate) fn place(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    // A bare name has an empty parent: the current directory.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match directory {
        _ if text.is_empty() => Err("write the name of a file, or - for standard output".to_owned()),
        _ if path.is_dir() => Err("this is a directory".to_owned()),
        Some(directory) if !directory.is_dir() => {
            Err(format!("there is no directory {}", directory.display()))
        }
        _ => Ok(path),
    }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether `text` was written; says why not.
pub(crate) fn write(path: &Path, text: io::Result<String>) -> bool {
    let written = text.and_then(|text| {
        if is_standard(path) { io::stdout().write_all(text.as_bytes()) } else { fs::write(path, text) }
    });
    written.map_err(|error| complain(&format_args!("cannot write {}: {error}", path.display()))).is_ok()
}

/// Says which files were written, if any, in one line on standard error.
pub(crate) fn tell_written<'a>(paths: impl Iterator<Item = &'a PathBuf>) {
    let files: Vec<String> =
        paths.filter(|path| !is_standard(path)).map(|path| path.display().to_string()).collect();
    if !files.is_empty() {
        let _ = writeln!(io::stderr(), "written: {}", files.join(", "));
    }
}

/// One line on standard error.
pub(crate) fn complain(what: &dyn Display) {
    let _ = writeln!(io::stderr(), "tickwire-bench: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reports_do_not_go_to_one_place() {
        let outputs = |json: &str, hgrm: &str, html: &str| {
            let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
            Outputs { json: path(json), hgrm: path(hgrm), html: path(html), ..Outputs::default() }
        };
        for (json, hgrm, html) in
            [("", "", ""), ("-", "", ""), ("a", "-", "b"), ("a.json", "a.hgrm", "a.html")]
        {
            assert!(outputs(json, hgrm, html).refuse_one_place().is_ok(), "{json} {hgrm} {html}");
        }
        for (json, hgrm, html, wanted) in [
            ("-", "-", "", "--json and --hgrm would both be written to standard output"),
            ("a", "-", "-", "--hgrm and --html would both be written to standard output"),
            ("a", "b", "a", "--json and --html would both be written to a"),
        ] {
            let refusal = outputs(json, hgrm, html).refuse_one_place().expect_err(wanted);
            assert_eq!((refusal.exit_code(), refusal.to_string()), (2, wanted.to_owned()));
        }
    }

    #[test]
    fn a_place_that_cannot_be_is_refused_before_anything_is_measured() {
        for good in ["-", "run.json", "src/run.json", "./run.json"] {
            assert_eq!(place(good), Ok(PathBuf::from(good)), "{good}");
        }
        for (bad, why) in
            [("", "write the name"), ("src", "a directory"), ("no/such/run.json", "no directory no/such")]
        {
            assert!(place(bad).is_err_and(|error| error.contains(why)), "{bad}");
        }
    }
}
