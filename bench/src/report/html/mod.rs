//! `--html`: one page with pictures, of one run or of several laid over each other.
//!
//! The page is whole in itself: no script, no network, both checked by its own content policy. Pictures are SVG written by
//! hand, each in three sizes of which the screen shows one, so that text never shrinks. All text that comes from a report
//! is escaped: reports are passed around.
//!
//! Invariant: a flaw of any run stands above the pictures and inside each of them.

mod axis;
mod bars;
mod curve;
mod page;
mod pictures;
mod seal;
mod tables;
mod tiles;
mod timeline;

pub(crate) use page::write;

/// Text as it may stand in an element or an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
