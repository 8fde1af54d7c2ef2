//! Chat: what may be said, and how often.
//!
//! Owns the tidying of text and each player's allowance. Does not render: the page shows text as text.
//! Invariant: what is told to others is one line, not empty, at most `limits::CHAT_BYTES_MAX` bytes, without control characters.

use crate::limits::{CHAT_BURST, CHAT_BYTES_MAX, CHAT_SECONDS_PER_LINE};

/// How much somebody may still say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Allowance {
    lines: f32,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { lines: CHAT_BURST }
    }
}

impl Allowance {
    pub(crate) fn advance(&mut self, dt: f32) {
        self.lines = (self.lines + dt / CHAT_SECONDS_PER_LINE).min(CHAT_BURST);
    }

    /// Takes one line.
    ///
    /// # Errors
    /// The seconds until there is one again.
    pub(crate) fn spend(&mut self) -> Result<(), f32> {
        if self.lines < 1.0 {
            return Err((1.0 - self.lines) * CHAT_SECONDS_PER_LINE);
        }
        self.lines -= 1.0;
        Ok(())
    }
}

/// One line of what was typed: runs of blanks are one space, invisible characters are gone. `None` when nothing is left.
pub(crate) fn tidy(typed: &str) -> Option<String> {
    let mut line = String::with_capacity(typed.len().min(CHAT_BYTES_MAX));
    for word in typed.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        let room = CHAT_BYTES_MAX - line.len();
        let gap = usize::from(!line.is_empty());
        if word.is_empty() || room <= gap {
            continue;
        }
        if gap == 1 {
            line.push(' ');
        }
        let mut end = word.len().min(room - gap);
        while !word.is_char_boundary(end) {
            end -= 1;
        }
        line.push_str(&word[..end]);
        if end < word.len() {
            break;
        }
    }
    let line = line.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Characters without a shape that reorder or hide text: a line must not be able to dress up as somebody else's.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{Allowance, tidy};
    use crate::limits::{CHAT_BURST, CHAT_BYTES_MAX, CHAT_SECONDS_PER_LINE};

    #[test]
    fn a_line_is_one_tidy_line_or_nothing() {
        let table = [
            ("hello", Some("hello")),
            ("  two   words \n", Some("two words")),
            ("a\tb\r\nc", Some("a b c")),
            ("<b>bold</b>", Some("<b>bold</b>")),
            ("\u{202e}desrever", Some("desrever")),
            ("a\u{0}b", Some("a b")),
            ("grüße ✓ 🚀", Some("grüße ✓ 🚀")),
            ("", None),
            (" \n\t ", None),
            ("\u{200b}\u{feff}", None),
        ];
        for (typed, want) in table {
            assert_eq!(tidy(typed).as_deref(), want, "{typed:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        for typed in ["x".repeat(300), "é".repeat(300), "🚀".repeat(300), "word ".repeat(100)] {
            let line = tidy(&typed).expect("something is left");
            assert!(line.len() <= CHAT_BYTES_MAX && line.len() > CHAT_BYTES_MAX - 5, "{line}");
        }
    }

    #[test]
    fn nobody_says_more_than_a_burst_and_then_a_line_now_and_then() {
        let mut allowance = Allowance::default();
        let burst = (0..20).take_while(|_| allowance.spend().is_ok()).count();
        assert_eq!(burst, CHAT_BURST as usize);
        let wait = allowance.spend().expect_err("the burst is over");
        assert!((wait - CHAT_SECONDS_PER_LINE).abs() < 0.01, "{wait}");
        let mut said = 0;
        for _ in 0..6000 {
            allowance.advance(0.01);
            said += u32::from(allowance.spend().is_ok());
        }
        assert!((39..=40).contains(&said), "{said} lines in a minute");
    }
}
