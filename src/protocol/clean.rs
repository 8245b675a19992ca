//! Names, notes and texts of others, made safe for a terminal and for a mail that a person reads.

/// One line: no controls, no escape sequences, nothing that turns, hides or takes no room; runs of white space become
/// one space. Cut to at most `max_bytes`, never within a character; of what is far longer only the beginning is
/// looked at.
pub fn line(text: &str, max_bytes: usize) -> String {
    let most = max_bytes.saturating_mul(LOOKED_AT).max(LEAST_LOOKED_AT);
    let text = text.get(..text.floor_char_boundary(most)).unwrap_or(text);
    // Before white space is looked at: a word that is nothing but idle joiners is none.
    let visible = without_idle_joiners(&visible(text));
    let words: Vec<_> = visible.split_whitespace().collect();
    let mut line = words.join(" ");
    line.truncate(line.floor_char_boundary(max_bytes));
    while line.ends_with(|c: char| c.is_whitespace() || is_joiner(c)) && !ends_with_sign(&line) {
        line.pop();
    }
    line
}

/// Several lines as one, for a message in one line.
pub fn one_line(text: &str) -> String {
    line(text, LONGEST_LINE)
}

/// A text of several lines: as [`line`], but newlines and tabs stay, and so do the joiners that some scripts need.
/// Nothing is cut.
pub fn text(text: &str) -> String {
    visible(text)
}

/// Whether a character shows as itself, alone, and changes nothing around it. Neither white space other than the
/// space does, nor a joiner, which shows in company only.
pub fn shows(c: char) -> bool {
    c == ' ' || !(c.is_whitespace() || is_blank(c) || is_hidden(c) || is_joiner(c))
}

/// The joiners of Arabic, Indic scripts and emoji (U+200C, U+200D), and the selector of the coloured form (U+FE0F).
pub fn is_joiner(c: char) -> bool {
    matches!(c, NON_JOINER | JOINER | COLOURED)
}

/// One pass: once there is no end of a string sequence any more, it is not looked for again at each beginning.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ends = true;
    let mut at = 0_usize;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        at = at.saturating_add(c.len_utf8());
        let rest = text.get(at..).unwrap_or_default();
        match c {
            '\u{1B}' => at = after_escape(rest, at, &mut ends).unwrap_or(at),
            '\u{9B}' => at = after_csi(rest, at).unwrap_or(at),
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) => {}
            c if is_blank(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Where `rest`, which begins at `at`, goes on after an escape sequence (ECMA-48, section 5.4); of an unfinished one
/// only the ESC goes, so that it cannot swallow the text after it. `ends` is false once no string sequence ends.
fn after_escape(rest: &str, at: usize, ends: &mut bool) -> Option<usize> {
    match rest.chars().next()? {
        '[' => after_csi(rest.get(1..)?, at.saturating_add(1)),
        ']' | 'P' | 'X' | '^' | '_' if *ends => {
            let end = string_end(rest);
            *ends = end.is_some();
            at.checked_add(end?)
        }
        _ => None,
    }
}

/// Behind the first end of a string sequence: BEL, ST, or ESC \.
fn string_end(rest: &str) -> Option<usize> {
    rest.char_indices().find_map(|(at, c)| match c {
        '\u{7}' | '\u{9C}' => at.checked_add(c.len_utf8()),
        '\u{1B}' if rest.get(at..)?.starts_with("\u{1B}\\") => at.checked_add(2),
        _ => None,
    })
}

fn after_csi(rest: &str, at: usize) -> Option<usize> {
    let left = rest.trim_start_matches(|c| ('\u{30}'..='\u{3F}').contains(&c));
    let left = left.trim_start_matches(|c| ('\u{20}'..='\u{2F}').contains(&c));
    let left = left.strip_prefix(|c| ('\u{40}'..='\u{7E}').contains(&c))?;
    at.checked_add(rest.len().checked_sub(left.len())?)
}

/// Joiners stay where they join (emoji, and the letters of a script that has viramas: RFC 5892, appendix A.2);
/// elsewhere in a name they only make it look like another.
fn without_idle_joiners(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_joiner(c) || joins(before, c, chars.peek().copied()) {
            out.push(c);
            before = Some(c);
        }
    }
    out
}

fn joins(before: Option<char>, joiner: char, after: Option<char>) -> bool {
    let (Some(before), after) = (before, after.unwrap_or(' ')) else {
        return false;
    };
    match joiner {
        COLOURED => is_sign(before) || (after == KEYCAP && is_key(before)),
        JOINER => {
            let signs = (is_sign(before) || before == COLOURED) && is_sign(after);
            signs || (VIRAMAS.contains(&before) && after.is_alphabetic())
        }
        _ => false,
    }
}

/// Whether a line ends with a sign in its coloured form, whose selector is not idle.
fn ends_with_sign(line: &str) -> bool {
    let mut last = line.chars().rev();
    last.next() == Some(COLOURED) && last.next().is_some_and(is_sign)
}

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const COLOURED: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The most bytes of one line from elsewhere.
const LONGEST_LINE: usize = 4096;
/// Of a line at most this many times its length is looked at, and at least so much.
const LOOKED_AT: usize = 16;
const LEAST_LOOKED_AT: usize = 1024;

fn is_key(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '#' | '*')
}

/// Arrows, signs and pictures: the blocks in which emoji stand (UTS #51).
fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{2460}'..='\u{24FF}' | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// The viramas of the scripts of India, Sri Lanka and their neighbours (Canonical_Combining_Class 9).
const VIRAMAS: [char; 10] = [
    '\u{94D}', '\u{9CD}', '\u{A4D}', '\u{ACD}', '\u{B4D}', '\u{BCD}', '\u{C4D}', '\u{CCD}',
    '\u{D4D}', '\u{DCA}',
];

/// What shows as nothing but takes room: the empty braille cell, the musical null note head, a Khitan filler.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1D159}' | '\u{16FE4}')
}

/// Controls, what turns the direction of writing (UAX #9), and what takes no room: all of
/// `Default_Ignorable_Code_Point` (UAX #44) but the joiners, the Hangul fillers among it, and other format controls.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0E}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
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
    fn invisible_letters_are_left_out_of_a_line() {
        for hidden in [
            '\u{3164}',
            '\u{115F}',
            '\u{1160}',
            '\u{FFA0}',
            '\u{34F}',
            '\u{180E}',
            '\u{180F}',
            '\u{FE00}',
            '\u{FE0E}',
            '\u{FE0F}',
            '\u{E0100}',
            '\u{E01EF}',
            '\u{E0041}',
            '\u{E007F}',
            '\u{200C}',
            '\u{200D}',
            '\u{2065}',
            '\u{FFF0}',
            '\u{1BCA0}',
            '\u{1D173}',
            '\u{13440}',
        ] {
            assert_eq!(
                line(&format!("ad{hidden}min{hidden}"), 64),
                "admin",
                "{hidden:?}"
            );
            assert_eq!(line(&hidden.to_string(), 64), "", "{hidden:?}");
            assert!(!shows(hidden), "{hidden:?}");
        }
        for blank in [
            '\u{2800}',
            '\u{1D159}',
            '\u{16FE4}',
            '\u{A0}',
            '\u{3000}',
            '\u{2003}',
        ] {
            assert_eq!(
                line(&format!("{blank}a{blank}{blank}b"), 64),
                "a b",
                "{blank:?}"
            );
            assert!(!shows(blank), "{blank:?}");
        }
    }

    #[test]
    fn joiners_stay_where_they_join() {
        for (dirty, clean) in [
            ("❤\u{FE0F}", "❤\u{FE0F}"),
            ("1\u{FE0F}\u{20E3}", "1\u{FE0F}\u{20E3}"),
            ("🏳\u{FE0F}\u{200D}🌈", "🏳\u{FE0F}\u{200D}🌈"),
            ("ශ\u{DCA}\u{200D}ර", "ශ\u{DCA}\u{200D}ර"),
            ("1\u{FE0F}0", "10"),
            ("🚀\u{200D}a", "🚀a"),
            ("🚀\u{200D}\u{200D}🚀", "🚀\u{200D}🚀"),
            ("🚀\u{200D}", "🚀"),
            ("\u{200D}🚀", "🚀"),
            ("\u{200D}\tA", "A"),
            ("a \u{200D} b", "a b"),
        ] {
            assert_eq!(line(dirty, 64), clean, "{dirty:?}");
        }
        assert_eq!(line("👩\u{200D}🚀", 8), "👩");
        assert_eq!(line("1\u{FE0F}\u{20E3}", 4), "1");
    }

    #[test]
    fn what_is_far_too_long_is_cut_before_it_is_cleaned() {
        let far = format!("{}x", " ".repeat(LEAST_LOOKED_AT));
        assert_eq!(line(&far, 10), "");
        assert_eq!(line(&far, 100), "x");
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
        fn nothing_dangerous_is_left(dirty in "(\\PC|\\p{Cc}|[\u{1B}\\[\\];0-9mJ\u{7}\u{9C}\\\\\u{202E}\u{200D}\u{FE0F}\u{20E3}❤🚀]){0,60}", max in 0_usize..90) {
            let cleaned = line(&dirty, max);
            prop_assert!(cleaned.len() <= max);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_hidden(c) || is_blank(c)));
            prop_assert_eq!(line(&cleaned, max), cleaned);
            prop_assert!(!text(&dirty).chars().any(|c| is_hidden(c) && c != '\n' && c != '\t'));
        }
    }
}
