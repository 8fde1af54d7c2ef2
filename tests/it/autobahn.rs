//! The echo example under every case of the Autobahn testsuite.

use tickwire_tests::autobahn;
use tickwire_tests::process::Program;
use tickwire_tests::tools::{Tool, ready};

#[test]
fn ws_echo_passes_every_case_of_the_autobahn_testsuite() {
    let Some([wstest]) = ready("autobahn", [Tool::Wstest]) else { return };
    let server = Program::Example("ws_echo").start(&[]);
    let summary = autobahn::run(&wstest, &server.ws("/echo"));
    let summary = summary.unwrap_or_else(|complaints| panic!("{}", complaints.join("\n")));
    assert_eq!(summary.values().sum::<usize>(), autobahn::CASES, "{summary:?}");
}
