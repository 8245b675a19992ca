//! What a check found, and how to mend it.

use serde_json::{Value, json};

use crate::commands::output::{Colour, Output};
use crate::protocol::clean::one_line;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: Level,
    /// What was found, in one line.
    pub(crate) what: String,
    /// How to mend it.
    pub(crate) mend: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// In order.
    Ok,
    /// It works, but not as it should.
    Warn,
    /// It does not work.
    Fault,
}

impl Finding {
    /// In order.
    pub(crate) fn ok(what: impl AsRef<str>) -> Self {
        Self::new(Level::Ok, what, None)
    }

    /// It works, but not as it should.
    pub(crate) fn warn(what: impl AsRef<str>, mend: impl Into<String>) -> Self {
        Self::new(Level::Warn, what, Some(mend.into()))
    }

    /// It does not work.
    pub(crate) fn fault(what: impl AsRef<str>, mend: impl Into<String>) -> Self {
        Self::new(Level::Fault, what, Some(mend.into()))
    }

    /// What an error says, with its own hint or this one.
    pub(crate) fn error(error: impl Into<anyhow::Error>, mend: &str) -> Self {
        let (what, hint) = crate::commands::explain::in_words(&error.into());
        Self::fault(what, hint.unwrap_or_else(|| mend.to_owned()))
    }

    fn new(level: Level, what: impl AsRef<str>, mend: Option<String>) -> Self {
        Self {
            level,
            what: one_line(what.as_ref()),
            mend,
        }
    }

    /// The lines that people read.
    pub(crate) fn as_text(&self, output: &Output) -> String {
        let word = match self.level {
            Level::Ok => output.paint(Colour::Good, "ok   "),
            Level::Warn => output.paint(Colour::Warn, "warn "),
            Level::Fault => output.paint(Colour::Bad, "fault"),
        };
        match &self.mend {
            Some(mend) => format!(
                "{word}  {}\n       → {}",
                self.what,
                mend.replace('\n', "\n         ")
            ),
            None => format!("{word}  {}", self.what),
        }
    }

    /// The object that scripts read.
    pub(crate) fn as_json(&self) -> Value {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fault => "fault",
        };
        json!({"level": level, "what": self.what, "mend": self.mend})
    }
}
