//! Names, notes and texts of others, made safe for a terminal and for a mail that a person reads.

/// One line: no controls, no escape sequences, nothing that turns or hides text; runs of white space become
/// one space. Cut to at most `max_bytes`, never within a character.
#[must_use]
pub fn line(text: &str, max_bytes: usize) -> String {
    let mut line = visible(text);
    line.retain(|c| c != NON_JOINER);
    let words: Vec<_> = line.split_whitespace().collect();
    let mut line = words.join(" ");
    line.truncate(line.floor_char_boundary(max_bytes));
    line.truncate(line.trim_end().len());
    line
}

/// A text of several lines: as [`line`], but newlines and tabs stay, and so does the
/// non-joiner that some scripts need. Nothing is cut.
#[must_use]
pub fn text(text: &str) -> String {
    visible(text)
}

fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\u{1B}' => rest = after_escape(rest),
            '\u{9B}' => rest = after_csi(rest).unwrap_or(rest),
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// What stands after an escape sequence (ECMA-48, section 5.4); of an unfinished one only the ESC goes,
/// so that it cannot swallow the text after it.
fn after_escape(rest: &str) -> &str {
    let after = match rest.chars().next() {
        Some('[') => rest.get(1..).and_then(after_csi),
        Some(']' | 'P' | 'X' | '^' | '_') => after_string(rest),
        Some(_) | None => None,
    };
    after.unwrap_or(rest)
}

fn after_csi(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(|c| ('\u{30}'..='\u{3F}').contains(&c));
    let rest = rest.trim_start_matches(|c| ('\u{20}'..='\u{2F}').contains(&c));
    rest.strip_prefix(|c| ('\u{40}'..='\u{7E}').contains(&c))
}

fn after_string(rest: &str) -> Option<&str> {
    let ends = ["\u{7}", "\u{9C}", "\u{1B}\\"];
    let after = |end: &str| {
        rest.find(end)
            .and_then(|at| rest.get(at..)?.get(end.len()..))
    };
    ends.into_iter()
        .filter_map(after)
        .max_by_key(|after| after.len())
}

/// Divides letters without room, as Persian needs; in a name it only hides.
const NON_JOINER: char = '\u{200C}';

/// Controls, what turns the direction of writing (UAX #9), and what takes no room.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0E}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_safe() {
        for (dirty, clean) in [
            ("Alice", "Alice"),
            ("  Jürgen  \t😀 👩\u{200D}🚀 ", "Jürgen 😀 👩\u{200D}🚀"),
            ("a\r\nb\tc\u{2028}d", "a b c d"),
            ("\u{1B}[31;1mred\u{1B}[0m", "red"),
            (
                "\u{1B}]0;title\u{7}x\u{1B}]8;;http://a\u{1B}\\link",
                "xlink",
            ),
            ("\u{9B}2Jgone", "gone"),
            ("\u{1B}]0;never ends", "]0;never ends"),
            ("\u{1B}[", "["),
            ("\u{1B}", ""),
            ("a\0b\u{7}c\u{8}d\u{7F}e\u{80}f\u{9F}g", "abcdefg"),
            ("user\u{202E}txt.exe\u{2066}x\u{2069}", "usertxt.exex"),
            (
                "ad\u{200B}min\u{FEFF}\u{2060}\u{AD}\u{E0041}\u{200C}",
                "admin",
            ),
        ] {
            assert_eq!(line(dirty, 100), clean, "{dirty:?}");
        }
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(line("äöü", 4), "äö");
        assert_eq!(line("äöü", 5), "äö");
        assert_eq!(line("ab cd", 3), "ab");
        assert_eq!(line("ä", 1), "");
    }

    #[test]
    fn texts_keep_their_lines() {
        assert_eq!(text("a\r\nb\tc\n\n\u{1B}[2Jd\rx"), "a\nb\tc\n\nd\nx");
        assert_eq!(text("👨\u{200D}👩 \u{202E}x"), "👨\u{200D}👩 x");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_dangerous_is_left(dirty in "(\\PC|\\p{Cc}|[\u{1B}\\[;0-9mJ\u{202E}]){0,60}", max in 0_usize..90) {
            let cleaned = line(&dirty, max);
            prop_assert!(cleaned.len() <= max);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_hidden(c)));
            prop_assert_eq!(line(&cleaned, max), cleaned);
            prop_assert!(!text(&dirty).chars().any(|c| is_hidden(c) && c != '\n' && c != '\t'));
        }
    }
}
