//! Changes of a text in words: for a friend whose side does not know such letters, and for lines that people read.
//!
//! The one place where the wording is decided.

use super::message::ChangeKind;
use crate::protocol::clean;

/// What a change says as a text. `wording` is the new wording or the sign, `text` what the text says that it is about
/// (`None`: it is not known).
pub fn change(kind: ChangeKind, wording: &str, text: Option<&str>) -> String {
    let of = text.map_or_else(|| "a text".to_owned(), first_words);
    match kind {
        ChangeKind::Edit => format!("{CORRECTED}{wording}"),
        ChangeKind::Retract if wording.is_empty() => format!("* took back: {of}"),
        ChangeKind::Retract => format!("* took back: {of} ({wording})"),
        ChangeKind::React => format!("* reacted {wording} to {of}"),
        ChangeKind::Unreact => format!("* took back the reaction {wording} to {of}"),
    }
}

/// The beginning of a text, in quotation marks, on one line: whole words where it can be.
pub fn first_words(text: &str) -> String {
    let line = clean::line(text, text.len());
    let Some((cut, _)) = line.char_indices().nth(LONGEST) else {
        return format!("\"{line}\"");
    };
    let short = line.get(..cut).unwrap_or_default();
    let whole = match short.rsplit_once(' ') {
        Some((words, _)) if words.chars().count() >= LONGEST / 2 => words,
        Some(_) | None => short,
    };
    format!("\"{whole}…\"")
}

/// What stands before another wording.
pub const CORRECTED: &str = "* corrected: ";
/// How much of a text is quoted, in characters.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_friend_of_an_older_version_reads() {
        for (kind, wording, text, words) in [
            (
                ChangeKind::Edit,
                "at ten\nor so",
                Some("at nine"),
                "* corrected: at ten\nor so",
            ),
            (
                ChangeKind::Retract,
                "",
                Some("at nine"),
                "* took back: \"at nine\"",
            ),
            (ChangeKind::Retract, "", None, "* took back: a text"),
            (
                ChangeKind::Retract,
                "wrong day",
                Some("at nine"),
                "* took back: \"at nine\" (wrong day)",
            ),
            (
                ChangeKind::React,
                "👍",
                Some("at nine"),
                "* reacted 👍 to \"at nine\"",
            ),
            (
                ChangeKind::Unreact,
                "👍",
                Some("a\nb"),
                "* took back the reaction 👍 to \"a b\"",
            ),
        ] {
            assert_eq!(change(kind, wording, text), words);
        }
    }

    #[test]
    fn a_quotation_is_short_and_ends_with_a_word() {
        for (text, quoted) in [
            ("", "\"\"".to_owned()),
            (
                "forty characters are still quoted in full",
                "\"forty characters are still quoted in…\"".to_owned(),
            ),
            (
                "forty characters are still quoted entire",
                "\"forty characters are still quoted entire\"".to_owned(),
            ),
            (&"x".repeat(41), format!("\"{}…\"", "x".repeat(40))),
            (
                &format!("a {}", "ö".repeat(50)),
                format!("\"a {}…\"", "ö".repeat(38)),
            ),
            ("\u{1b}[31mred", "\"red\"".to_owned()),
        ] {
            assert_eq!(first_words(text), quoted, "{text:?}");
        }
    }
}
