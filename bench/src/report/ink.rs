//! `Ink`: colour on a terminal, and none anywhere else.
//!
//! Meaning never rests on colour alone: without it every word still stands there.

use std::io::IsTerminal;

/// Whether text is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ink {
    is_on: bool,
}

impl Ink {
    /// For what is printed to `stream`: on a terminal unless `NO_COLOR` is set, elsewhere if `CLICOLOR_FORCE` is.
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        Self::decide(stream.is_terminal(), |name| {
            std::env::var_os(name).is_some_and(|value| !value.is_empty())
        })
    }

    fn decide(is_terminal: bool, is_set: impl Fn(&str) -> bool) -> Self {
        Self { is_on: !is_set("NO_COLOR") && (is_terminal || is_set("CLICOLOR_FORCE")) }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn heading(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What is there for completeness.
    pub(crate) fn quiet(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Worth a second look.
    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// White on red: cannot be overlooked.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;97;41", text)
    }

    /// Of bars.
    pub(crate) fn bar(self, text: &str) -> String {
        self.paint("36", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_for_those_who_force_it() {
        let table = [
            (true, "", true),
            (false, "", false),
            (true, "NO_COLOR", false),
            (false, "CLICOLOR_FORCE", true),
            (true, "CLICOLOR_FORCE", true),
        ];
        for (is_terminal, set, wanted) in table {
            assert_eq!(Ink::decide(is_terminal, |name| name == set).is_on, wanted, "{is_terminal} {set}");
        }
        assert!(!Ink::decide(true, |_| true).is_on, "NO_COLOR is stronger");
    }

    #[test]
    fn without_colour_the_words_stay() {
        assert_eq!(Ink::default().bad("PARTIAL"), "PARTIAL");
        assert_eq!(Ink { is_on: true }.bad("PARTIAL"), "\x1b[1;97;41mPARTIAL\x1b[0m");
    }
}
