//! The smallest example stays small.

use tickwire_tests::repository;

/// What "forty lines to a running game" means.
const GAME_LINES_MAX: usize = 40;

/// Lines that somebody had to write: no blank ones, no comments, no imports.
fn lines_of_code(source: &str) -> Vec<&str> {
    let counts = |line: &&str| !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ");
    source.lines().map(str::trim).filter(counts).collect()
}

#[test]
fn the_hello_example_is_at_most_forty_lines_of_game() {
    let source =
        std::fs::read_to_string(repository::path("engine/examples/hello.rs")).expect("the hello example");
    let lines = lines_of_code(&source);
    assert!(lines.len() <= GAME_LINES_MAX, "{} lines of code", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "lines were joined to be few");
}

#[test]
fn comments_imports_and_blank_lines_are_not_counted() {
    let source = "//! A game.\nuse a::b;\n\nfn main() {\n    // Why.\n    run();\n}\n";
    assert_eq!(lines_of_code(source), ["fn main() {", "run();", "}"]);
}
