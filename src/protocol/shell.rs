//! Commands that a person copies into a shell: what strangers wrote stands in them as words, and runs nothing.
//!
//! ```text
//! word = plain / 1*( "'" 1*quoted "'" / "\'" / "\\" / "\!" ) / "''"
//! ```
//!
//! This form reads the same in every POSIX shell (POSIX.1-2024, XCU 2.2), and in an interactive bash, zsh, ksh or
//! fish too: single quotes keep `$`, `` ` ``, `~` and `*` from them, and the backslash keeps `!` from the history.

use std::borrow::Cow;
use std::path::Path;

use super::clean;

/// One word, as a shell reads it back byte for byte.
///
/// A character that does not show (a control, a newline, an invisible letter) is never printed in a command: U+FFFD
/// stands for it, so that the word then names nothing.
pub fn word(text: &str) -> String {
    let text = showing(text);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('=') {
        return text.into_owned();
    }
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut word = String::with_capacity(text.len().saturating_add(2));
    let mut within = false;
    for c in text.chars() {
        let escaped = matches!(c, '\'' | '\\' | '!');
        if within == escaped {
            word.push('\'');
            within = !within;
        }
        if escaped {
            word.push('\\');
        }
        word.push(c);
    }
    if within {
        word.push('\'');
    }
    word
}

/// A file's path as one word; one that begins with a hyphen is no option.
pub fn path(path: &Path) -> String {
    let path = path.to_string_lossy();
    match path.starts_with('-') {
        true => word(&format!("./{path}")),
        false => word(&path),
    }
}

/// A command of this program without marks around it, as it stands on a line of its own: `iim`, then `command` as it
/// is, then the words. A `--` keeps a word that begins with a hyphen from being an option.
pub fn iim(command: &str, words: &[&str]) -> String {
    let mut line = format!("iim {command}");
    if words.iter().any(|word| word.starts_with('-')) {
        line.push_str(" --");
    }
    for text in words {
        line.push(' ');
        line.push_str(&word(text));
    }
    line
}

/// A command of this program within a sentence: between backticks, or, where one stands in a word, with none around
/// it. Whoever copies the backticks too runs the command, and never a piece of a word.
pub fn hint(command: &str, words: &[&str]) -> String {
    let line = iim(command, words);
    match line.contains('`') {
        true => line,
        false => format!("`{line}`"),
    }
}

/// What no shell gives a meaning, in any place of a word but `=` and `-` at its start.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c)
}

fn showing(text: &str) -> Cow<'_, str> {
    // A line that is clean as a whole may hold joiners where they show.
    if text.chars().all(clean::shows) || clean::line(text, text.len()) == text {
        return Cow::Borrowed(text);
    }
    let shown = |c| if clean::shows(c) { c } else { '\u{FFFD}' };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        for text in [
            "bob@example.net",
            "bob+iim@xn--bcher-kva.example",
            "/home/bob/.config/iim",
            "a=b,c:d%e_f-g",
        ] {
            assert_eq!(word(text), text);
        }
    }

    #[test]
    fn whatever_a_shell_would_act_on_is_quoted() {
        for (text, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("~bob", "'~bob'"),
            ("=ls", "'=ls'"),
            ("#x", "'#x'"),
            ("it's", "'it'\\''s'"),
            ("a\\b", "'a'\\\\'b'"),
            ("!!", "\\!\\!"),
            (
                "x||y&&touch${!z}@evil.net",
                "'x||y&&touch${'\\!'z}@evil.net'",
            ),
            ("`id`", "'`id`'"),
            ("ä*?[]", "'ä*?[]'"),
        ] {
            assert_eq!(word(text), quoted, "{text}");
        }
    }

    #[test]
    fn what_does_not_show_is_never_printed_in_a_command() {
        for text in [
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u{1b}[2Jb",
            "a\u{202e}b",
            "a\u{3164}b",
            "a\u{200d}b",
            "a\u{fe0f}b",
        ] {
            let word = word(text);
            assert!(
                word.contains('\u{FFFD}') && word.chars().all(clean::shows),
                "{word:?}"
            );
        }
    }

    #[test]
    fn a_word_is_no_option() {
        assert_eq!(iim("hide", &["-v"]), "iim hide -- -v");
        assert_eq!(iim("doctor --restored", &[]), "iim doctor --restored");
        assert_eq!(path(Path::new("-rf")), "./-rf");
    }

    #[test]
    fn backticks_around_a_command_never_meet_one_in_a_word() {
        assert_eq!(hint("hide", &["bob"]), "`iim hide bob`");
        assert_eq!(hint("hide", &["`id`"]), "iim hide '`id`'");
    }
}
