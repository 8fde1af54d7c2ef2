//! Names as peers send them, made fit to be shown to others.

/// The text with control characters replaced by spaces, without spaces around it. Never longer than it was.
///
/// Controls are Unicode's category Cc and the marks that turn the direction of the text after them.
pub(super) fn clean(name: &str) -> String {
    let shown: String = name.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    shown.trim().to_owned()
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn control_characters_are_replaced_and_the_rest_is_kept() {
        for (name, want) in [
            ("Ada", "Ada"),
            ("", ""),
            ("  Ada  ", "Ada"),
            ("a\nb\tc\0d", "a b c d"),
            ("\u{1b}[31mred", "[31mred"),
            ("evil\u{202E}txt", "evil txt"),
            ("\u{85}\u{7f}", ""),
            ("Zoë 🚀", "Zoë 🚀"),
        ] {
            assert_eq!(clean(name), want, "{name:?}");
            assert!(clean(name).len() <= name.len());
        }
    }
}
