//! What a person or a script sees: lines, tables, colours, times.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::Instant;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::protocol::clean::one_line;
use crate::protocol::time::{Millis, Seconds};
use crate::rules::words::timestamp;

/// Where a command writes, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct Output {
    /// Colours may be used: a terminal, and no `NO_COLOR` (<https://no-color.org>).
    pub(crate) colour: bool,
    /// Only what was asked for.
    pub(crate) quiet: bool,
    /// More than was asked for.
    pub(crate) verbose: bool,
    /// What is written is kept for whoever has typed the command in a client; else it goes to stdout and stderr.
    kept: Option<Rc<RefCell<Kept>>>,
}

/// What a command has written, as long as it may write.
#[derive(Debug)]
struct Kept {
    out: String,
    err: String,
    until: Instant,
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
            ..Self::default().speaking(quiet, verbose)
        }
    }

    /// Keeps what is written until then, up to [`MOST`] of each of the two outputs: whatever a command writes later or
    /// beyond that fails, as where a reader has gone away.
    pub(crate) fn kept(until: Instant) -> Self {
        let (out, err) = (String::new(), String::new());
        Self {
            kept: Some(Rc::new(RefCell::new(Kept { out, err, until }))),
            ..Self::default()
        }
    }

    /// The same, saying less or more.
    pub(crate) fn speaking(&self, quiet: bool, verbose: bool) -> Self {
        Self {
            quiet,
            verbose,
            ..self.clone()
        }
    }

    /// All that was kept: what it printed, then what it said of that.
    pub(crate) fn into_kept(self) -> String {
        let kept = self.kept.as_ref().map(|kept| kept.borrow());
        kept.map_or_else(String::new, |kept| format!("{}{}", kept.out, kept.err))
    }

    /// A client of the gateway has typed the command: nobody can be asked, and the agent tells there what it causes.
    pub(crate) fn is_typed(&self) -> bool {
        self.kept.is_some()
    }

    /// Nobody waits for the rest any more.
    pub(crate) fn is_over(&self) -> bool {
        let kept = self.kept.as_ref();
        kept.is_some_and(|kept| Instant::now() >= kept.borrow().until)
    }

    /// A person sees it, and may be asked.
    pub(crate) fn is_terminal(&self) -> bool {
        !self.is_typed() && io::stdout().is_terminal()
    }

    /// Writes one line to stdout.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        let text = text.as_ref();
        if let Some(kept) = &self.kept {
            return match self.is_over() {
                true => Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                false => Ok(keep(&mut kept.borrow_mut().out, text)?),
            };
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }

    /// Writes one line to stderr. Where that is gone, there is nobody left to tell.
    pub(crate) fn error(&self, line: &str) {
        match &self.kept {
            Some(kept) => drop(keep(&mut kept.borrow_mut().err, line)),
            None => stderr(line),
        }
    }

    /// Writes one line to stdout that says what was done; not with `-q`.
    pub(crate) fn say(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        if self.quiet { Ok(()) } else { self.line(text) }
    }

    /// Writes one value as a line of JSON, its members in the order of their names.
    pub(crate) fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.line(serde_json::to_value(value)?.to_string())
    }

    /// Writes rows, aligned.
    pub(crate) fn table(&self, rows: &[Vec<Cell>]) -> anyhow::Result<()> {
        let mut lines = table(self, rows).into_iter();
        lines.try_for_each(|line| self.line(line))
    }

    /// Writes a list: for scripts as one array, for people as a table, or that there is nothing in it.
    pub(crate) fn list<T>(
        &self,
        json: bool,
        all: &[T],
        (as_json, as_row): Forms<T>,
        nothing: &str,
    ) -> anyhow::Result<()> {
        if json {
            return self.json(&all.iter().map(as_json).collect::<Vec<_>>());
        }
        self.table(&all.iter().map(as_row).collect::<Vec<_>>())?;
        if all.is_empty() {
            self.say(nothing)?;
        }
        Ok(())
    }

    /// The text in a colour, or as it is.
    pub(crate) fn paint(&self, colour: Colour, text: &str) -> String {
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
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet {
            self.error(&format!("iim: {}", one_line(text)));
        }
    }
}

fn keep(kept: &mut String, line: &str) -> io::Result<()> {
    let left = MOST.saturating_sub(kept.len());
    let whole = line.get(..line.floor_char_boundary(left)).unwrap_or(line);
    kept.push_str(whole);
    kept.push('\n');
    match whole.len() == line.len() {
        true => Ok(()),
        false => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// How much of what a typed command writes is kept, in bytes.
const MOST: usize = 32 * 1024;

/// Writes one line to stderr. Where stderr is gone, there is nobody left to tell.
pub(crate) fn stderr(line: &str) {
    let _nobody_left = writeln!(io::stderr().lock(), "{line}");
}

/// What one of a list is for scripts, and for people.
type Forms<T> = (fn(&T) -> Value, fn(&T) -> Vec<Cell>);

/// A cell of a table: its text and its colour.
pub(crate) type Cell = (String, Option<Colour>);

/// A row without colours.
pub(crate) fn plain<const N: usize>(cells: [String; N]) -> Vec<Cell> {
    cells.into_iter().map(|text| (text, None)).collect()
}

/// Aligns rows by the width at which they are displayed; the last column is not filled up.
fn table(output: &Output, rows: &[Vec<Cell>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|(text, _)| text.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let rows = rows.iter();
    rows.map(|row| aligned(output, row, &widths)).collect()
}

fn aligned(output: &Output, row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for ((text, colour), wide) in row.iter().zip(widths) {
        let fill = wide.saturating_sub(text.width()).saturating_add(2);
        line.push_str(&colour.map_or_else(|| text.clone(), |c| output.paint(c, text)));
        line.push_str(&" ".repeat(fill));
    }
    line.trim_end().to_owned()
}

/// A part of a line, in one line, if there is anything to say.
pub(crate) fn after(before: &str, text: Option<&str>) -> String {
    match text.map(one_line) {
        Some(text) if !text.is_empty() => format!("{before}{text}"),
        _ => String::new(),
    }
}

/// A time as a person here reads it: `2026-11-21 07:20`.
pub(crate) fn local_ms(at: Millis) -> String {
    let here = timestamp(at).to_zoned(TimeZone::system());
    here.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same with its seconds: `2026-11-21 07:20:05`.
pub(crate) fn local_s(at: Millis) -> String {
    let here = timestamp(at).to_zoned(TimeZone::system());
    here.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time as a person here reads it.
pub(crate) fn local(at: Seconds) -> String {
    local_ms(at.millis())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

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
            table(&Output::default(), &rows),
            ["bob   online  x", "李雷  off", "e\u{301}va           y"]
        );
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let colour = Output {
            colour: true,
            ..Output::default()
        };
        let rows = [vec![("a".to_owned(), Some(Colour::Bad)), cell("b")]];
        assert_eq!(table(&colour, &rows), ["\u{1b}[31ma\u{1b}[0m  b"]);
        assert_eq!(Output::default().paint(Colour::Bad, "a"), "a");
    }
}
