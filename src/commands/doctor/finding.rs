//! What a check found, and how to mend it.

use serde::Serialize;

use crate::commands::explain;
use crate::commands::output::{Colour, Output};
use crate::protocol::clean::one_line;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// In one line.
    pub(crate) what: String,
    pub(crate) mend: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// In order.
    Ok,
    /// It works, but not as it should.
    Warn,
    /// It does not work.
    Fault,
}

/// What was found until now, each thing once; it is shown as it is found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Where it is shown, if at all.
    shown: Option<Output>,
    pub(crate) all: Vec<Finding>,
    /// Why it can be shown no more.
    gone: Option<anyhow::Error>,
    /// Of what it is, where there are several.
    of: Option<String>,
}

impl Findings {
    pub(crate) fn shown(output: Option<Output>) -> Self {
        Self {
            shown: output,
            ..Self::default()
        }
    }

    pub(crate) fn ok(&mut self, what: impl AsRef<str>) {
        self.add(Level::Ok, what, None);
    }

    pub(crate) fn warn(&mut self, what: impl AsRef<str>, mend: impl Into<String>) {
        self.add(Level::Warn, what, Some(mend.into()));
    }

    pub(crate) fn fault(&mut self, what: impl AsRef<str>, mend: impl Into<String>) {
        self.add(Level::Fault, what, Some(mend.into()));
    }

    /// What an error says, with its own hint or this one.
    pub(crate) fn error(&mut self, error: impl Into<anyhow::Error>, mend: &str) {
        let (what, hint) = explain::in_words(&error.into());
        self.fault(what, hint.unwrap_or_else(|| mend.to_owned()));
    }

    /// What is found from now on is of that one, of several.
    pub(crate) fn is_of(&mut self, of: Option<String>) {
        self.of = of;
    }

    fn add(&mut self, level: Level, what: impl AsRef<str>, mend: Option<String>) {
        let what = match &self.of {
            Some(of) => one_line(&format!("{of}: {}", what.as_ref())),
            None => one_line(what.as_ref()),
        };
        let finding = Finding { level, what, mend };
        if self.all.contains(&finding) {
            return;
        }
        let output = self.shown.as_ref();
        let output = output.filter(|output| level != Level::Ok || !output.quiet);
        let shown = output.map(|output| output.line(finding.as_text(output)));
        self.gone = self.gone.take().or(shown.and_then(Result::err));
        self.all.push(finding);
    }

    /// Whether all could be shown; a reader that has gone away waits for nothing more.
    pub(crate) fn check_output(&mut self) -> anyhow::Result<()> {
        self.gone.take().map_or(Ok(()), Err)
    }

    /// How many are so bad.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.all.iter().filter(|one| one.level == level).count()
    }
}

impl Finding {
    /// The lines that people read.
    fn as_text(&self, output: &Output) -> String {
        let word = match self.level {
            Level::Ok => output.paint(Colour::Good, "ok   "),
            Level::Warn => output.paint(Colour::Warn, "warn "),
            Level::Fault => output.paint(Colour::Bad, "fault"),
        };
        let mend = self.mend.iter();
        let mend = mend.map(|mend| format!("\n       → {}", mend.replace('\n', "\n         ")));
        format!("{word}  {}{}", self.what, mend.collect::<String>())
    }
}
