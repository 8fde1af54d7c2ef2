//! The fenced blocks of Markdown documents, so that what they tell people to type is what the tests run.

/// The first block fenced as `language` whose introduction, the nearest line of text above it, contains `named`.
#[must_use]
pub fn block(markdown: &str, language: &str, named: &str) -> Option<String> {
    let mut introduction = "";
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else {
            if !line.trim().is_empty() {
                introduction = line;
            }
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        if fence.split(',').next() == Some(language) && introduction.contains(named) {
            return Some(body.join("\n") + "\n");
        }
    }
    None
}

/// The README's Rust, compiled as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_by_its_language_and_introduction() {
        let text = "One, `a.rs`:\n\n```rust,no_run\nfn a() {}\n```\n\nTwo, `b.rs`:\n```rust\nfn b() {}\n```\n```sh\nls\n```\n";
        assert_eq!(block(text, "rust", "`a.rs`").as_deref(), Some("fn a() {}\n"));
        assert_eq!(block(text, "rust", "`b.rs`").as_deref(), Some("fn b() {}\n"));
        assert_eq!(block(text, "sh", "").as_deref(), Some("ls\n"));
        assert_eq!(block(text, "rust", "`c.rs`"), None);
    }
}
