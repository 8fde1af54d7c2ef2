//! Reports: what came of a run, as a value that every scenario fills, and what is written from it.
//!
//! [`Run`] is the one model. Scenarios fill it and hand it to [`finish`], which prints the table and writes the files
//! that were asked for; nothing here measures. A written report reads back to an equal one.
//!
//! Invariant: a run that is partial or invalid says so wherever anything of it is shown.

mod breakdown;
pub(crate) mod compare;
mod distribution;
mod encoded;
mod family;
mod files;
pub(crate) mod gallery;
mod hgrm;
mod hlog;
mod html;
mod ink;
mod json;
mod label;
mod outputs;
mod run;
mod table;
mod unit;
mod verdict;

// The model as a whole, whichever parts of it the scenarios name.
#[allow(unused_imports)]
pub(crate) use run::{Figure, Run, ServerUse, ThreadUse, Tool};
#[allow(unused_imports)]
pub(crate) use verdict::{FOREIGN_CPU_MAX, Flaw, Verdict};

pub(crate) use breakdown::{Breakdown, Stage};
pub(crate) use distribution::{Distribution, Second};
#[cfg(target_os = "linux")]
pub(crate) use outputs::place;
pub(crate) use outputs::{Outputs, finish};
pub(crate) use unit::Unit;

#[cfg(test)]
mod sample;
