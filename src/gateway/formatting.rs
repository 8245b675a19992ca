//! Colours and other formatting of IRC (Modern, "Formatting"), which letters do not have.

/// A text without its formatting: colours go with their numbers.
pub(super) fn without(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            COLOUR => rest = after_colours(rest.as_str(), 2, |c| c.is_ascii_digit()).chars(),
            HEX_COLOUR => rest = after_colours(rest.as_str(), 6, |c| c.is_ascii_hexdigit()).chars(),
            BOLD | RESET | MONOSPACE | REVERSE | ITALIC | STRIKE | UNDERLINE => {}
            c => plain.push(c),
        }
    }
    plain
}

/// What stands behind a colour, or behind one for letters and one for the ground with a comma between; both may have
/// so many digits at most.
fn after_colours(text: &str, most: usize, is_digit: fn(char) -> bool) -> &str {
    // Digits are one byte long.
    let digits = |text: &str| text.chars().take(most).take_while(|c| is_digit(*c)).count();
    let letters = digits(text);
    let rest = text.get(letters..).unwrap_or_default();
    match rest.strip_prefix(',') {
        Some(ground) if letters > 0 && digits(ground) > 0 => {
            ground.get(digits(ground)..).unwrap_or_default()
        }
        Some(_) | None => rest,
    }
}

const BOLD: char = '\u{2}';
const COLOUR: char = '\u{3}';
const HEX_COLOUR: char = '\u{4}';
const RESET: char = '\u{f}';
const MONOSPACE: char = '\u{11}';
const REVERSE: char = '\u{16}';
const ITALIC: char = '\u{1d}';
const STRIKE: char = '\u{1e}';
const UNDERLINE: char = '\u{1f}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_with_their_numbers() {
        for (formatted, plain) in [
            ("\u{2}bold\u{f} \u{3}04red\u{3} plain", "bold red plain"),
            ("\u{3}4,12on blue", "on blue"),
            ("\u{3}4,no ground", ",no ground"),
            ("\u{3}123", "3"),
            ("\u{3},5", ",5"),
            ("\u{4}ff0000,00FF00green\u{4}", "green"),
            ("\u{1d}\u{1e}\u{1f}\u{16}\u{11}ä\u{3}", "ä"),
            ("1\u{3}", "1"),
        ] {
            assert_eq!(without(formatted), plain, "{formatted:?}");
        }
    }
}
