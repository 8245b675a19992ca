//! What a person or a script sees: lines, tables, colours, times.

use std::io;
use std::io::{IsTerminal, Write};

use jiff::tz::TimeZone;

use crate::protocol::clean::one_line;
use crate::rules::words::timestamp;

/// Where a command writes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Colours may be used: a terminal, and no `NO_COLOR` (<https://no-color.org>).
    pub(crate) colour: bool,
    /// Only what was asked for.
    pub(crate) quiet: bool,
    /// More than was asked for.
    pub(crate) verbose: bool,
}

/// A colour with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Well, there.
    Good,
    /// To be looked at.
    Warn,
    /// Wrong.
    Bad,
    /// Beside the point.
    Faint,
    /// The word to be read first.
    Strong,
}

impl Output {
    /// For this run: colours on a terminal only.
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = wanted && io::stdout().is_terminal();
        Self {
            colour,
            quiet,
            verbose,
        }
    }

    /// Writes one line to stdout.
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Writes one line to stdout that says what was done; not with `-q`.
    pub(crate) fn say(self, text: &str) -> io::Result<()> {
        if self.quiet { Ok(()) } else { self.line(text) }
    }

    /// Writes one value as a line of JSON.
    pub(crate) fn json(self, value: &serde_json::Value) -> io::Result<()> {
        self.line(&value.to_string())
    }

    /// The text in a colour, or as it is.
    pub(crate) fn paint(self, colour: Colour, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Good => 32,
            Colour::Warn => 33,
            Colour::Bad => 31,
            Colour::Faint => 2,
            Colour::Strong => 1,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A warning on stderr, in one line.
    pub(crate) fn warn(self, text: &str) {
        if !self.quiet {
            stderr(&format!("iim: {}", one_line(text)));
        }
    }
}

/// Writes one line to stderr. Where stderr is gone, there is nobody left to tell.
pub(crate) fn stderr(line: &str) {
    let _nobody_left = writeln!(io::stderr().lock(), "{line}");
}

/// A cell of a table: its text and its colour.
pub(crate) type Cell = (String, Option<Colour>);

/// Aligns rows by the width at which they are displayed; the last column is not filled up.
pub(crate) fn table(output: Output, rows: &[Vec<Cell>]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, (text, _)) in row.iter().enumerate() {
            let wide = width(text);
            match widths.get_mut(column) {
                Some(widest) => *widest = wide.max(*widest),
                None => widths.push(wide),
            }
        }
    }
    rows.iter()
        .map(|row| aligned(output, row, &widths))
        .collect()
}

fn aligned(output: Output, row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for ((text, colour), wide) in row.iter().zip(widths) {
        let fill = wide.saturating_sub(width(text)).saturating_add(2);
        line.push_str(&colour.map_or_else(|| text.clone(), |c| output.paint(c, text)));
        line.push_str(&" ".repeat(fill));
    }
    line.trim_end().to_owned()
}

/// How many columns a terminal needs for a text: wide East Asian characters and emoji count two,
/// combining and invisible ones none.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F | 0xFEFF => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF => 2,
        0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF => 2,
        0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// A time in ms as a person here reads it: `2026-11-21 07:20`.
pub(crate) fn local_ms(ms: u64) -> String {
    timestamp(ms)
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// A time in seconds as a person here reads it.
pub(crate) fn local(seconds: u64) -> String {
    local_ms(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    const PLAIN: Output = Output {
        colour: false,
        quiet: false,
        verbose: false,
    };

    fn cell(text: &str) -> Cell {
        (text.to_owned(), None)
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let rows = [
            vec![cell("bob"), cell("online"), cell("x")],
            vec![cell("李雷"), cell("off"), cell("")],
            vec![cell("e\u{301}va"), cell(""), cell("y")],
        ];
        assert_eq!(
            table(PLAIN, &rows),
            ["bob   online  x", "李雷  off", "e\u{301}va           y"]
        );
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let colour = Output {
            colour: true,
            ..PLAIN
        };
        let rows = [vec![("a".to_owned(), Some(Colour::Bad)), cell("b")]];
        assert_eq!(table(colour, &rows), ["\u{1b}[31ma\u{1b}[0m  b"]);
        assert_eq!(PLAIN.paint(Colour::Bad, "a"), "a");
    }
}
