//! Text from others, made safe for a terminal, a log and a mail.

/// A name or a note as one line of at most so many bytes: without control characters (C0, DEL, C1), ANSI escape
/// sequences, bidirectional controls (UAX #9) and invisible characters; runs of white space become one space.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    let words: Vec<String> = without_escapes(text)
        .split(|c: char| c.is_whitespace() || c.is_control())
        .map(|word| word.chars().filter(|c| shows(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    cut(&words.join(" "), most)
}

/// A text of several lines, cleaned like [`line`] but with its line ends and tabs.
#[must_use]
pub fn text(text: &str) -> String {
    without_escapes(&text.replace("\r\n", "\n"))
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || (!c.is_control() && shows(*c)))
        .collect()
}

/// Whether a character shows as itself and changes nothing around it.
fn shows(c: char) -> bool {
    !matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The text without ANSI escape sequences (ECMA-48: CSI to its final byte, OSC and its kin to BEL or ST).
fn without_escapes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => skip_control(&mut chars),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut chars),
                Some(_) | None => {}
            },
            '\u{9b}' => skip_control(&mut chars),
            '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c => kept.push(c),
        }
    }
    kept
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Parameters and intermediates end at the final byte; anything else is no sequence and stays.
fn skip_control(chars: &mut Chars<'_>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

fn skip_string(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        let escaped_end = c == '\u{1b}' && chars.next_if_eq(&'\\').is_some();
        if matches!(c, '\u{7}' | '\u{9c}') || escaped_end {
            return;
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most.min(text.len()));
    text.get(..end).unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (raw, clean) in [
            ("Bob", "Bob"),
            ("  Bob \t Smith\r\n", "Bob Smith"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("a\u{202e}b\u{2066}c\u{200b}d", "abcd"),
            ("nul\0bell\u{7}", "nul bell"),
            ("\u{9b}1mx", "x"),
            ("Jürgen 😀 👩\u{200d}🚀", "Jürgen 😀 👩\u{200d}🚀"),
        ] {
            assert_eq!(line(raw, 64), clean, "{raw:?}");
        }
        assert_eq!(line("ääää", 5), "ää");
    }

    #[test]
    fn texts_keep_their_lines() {
        assert_eq!(text("one\r\n\ttwo\u{1b}[2J\u{0}\n"), "one\n\ttwo\n");
    }
}
