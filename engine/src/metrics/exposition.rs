//! `Exposition`: the Prometheus text format, version 0.0.4.
//!
//! Owns the syntax of families, samples and labels. Names and label values come from this crate's constants and from
//! the developer's room kinds; the latter are escaped.

use std::fmt::Write;

/// The format's content type.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Puts the text together.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a String can not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.text.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{label}=\"");
            self.push_escaped(text);
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    /// A family of one sample without labels.
    pub(crate) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn push_escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
    }
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::{Exposition, seconds};

    #[test]
    fn families_and_labels_read_as_the_format_says() {
        let mut exposition = Exposition::default();
        exposition.single("a_total", "counter", "Of a.", 3);
        exposition.family("b", "gauge", "Of b.");
        exposition.sample("b", &[("kind", "x\"\\\ny"), ("le", "+Inf")], seconds(1_500_000_000));
        assert_eq!(
            exposition.into_text(),
            "# HELP a_total Of a.\n# TYPE a_total counter\na_total 3\n# HELP b Of b.\n# TYPE b gauge\n\
             b{kind=\"x\\\"\\\\\\ny\",le=\"+Inf\"} 1.5\n"
        );
    }
}
