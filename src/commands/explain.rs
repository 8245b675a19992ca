//! An error as a person reads it: one line why, and a hint line where there is something to try.

use std::io;

use crate::account::AccountError;
use crate::edge::config::ConfigError;
use crate::edge::control::ControlError;
use crate::edge::home::HomeError;
use crate::edge::store::StoreError;

use super::output::Output;
use crate::protocol::clean::one_line;

/// An error with something to try.
pub(crate) fn hinted(what: impl std::fmt::Display, hint: &str) -> anyhow::Error {
    anyhow::anyhow!("{what}\n{HINT}{hint}")
}

/// A failure of which all has been said.
#[derive(Debug, thiserror::Error)]
#[error("it failed")]
pub(crate) struct Said;

/// Prints an error. A reader that went away (`| head`) is told nothing.
pub(crate) fn failed(output: &Output, error: &anyhow::Error) {
    if !is_broken_pipe(error) && !error.is::<Said>() {
        let (why, hint) = in_words(error);
        output.error(&format!("iim: {why}"));
        if let Some(hint) = hint {
            output.error(&format!("{HINT}{hint}"));
        }
    }
}

/// What our errors put before a hint, on a line of its own.
const HINT: &str = "hint: ";

/// The causes in one line, outermost first, each said once; and the innermost hint.
pub(crate) fn in_words(error: &anyhow::Error) -> (String, Option<String>) {
    let mut why = String::new();
    let mut hint = None;
    for cause in error.chain() {
        let text = cause.to_string();
        let (said, hinted) = split(&text);
        hint = hinted.or_else(|| hint_of(cause)).or(hint);
        if why.contains(&said) {
            continue;
        }
        if !why.is_empty() {
            why.push_str(": ");
        }
        why.push_str(&said);
    }
    (why, hint)
}

/// The hint that an error of the edge gives beside its words.
fn hint_of(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    match cause.downcast_ref() {
        Some(AccountError::Home(error)) => return error.hint(),
        Some(AccountError::Config(error)) => return error.hint().map(str::to_owned),
        Some(AccountError::Store(error)) => return of_store(error).map(str::to_owned),
        Some(AccountError::Device(error)) => return Some(error.hint().to_owned()),
        Some(AccountError::Network(error)) => return error.hint().map(str::to_owned),
        Some(
            AccountError::Refused(_)
            | AccountError::Seal(_)
            | AccountError::Archive(_)
            | AccountError::Moving
            | AccountError::Mail(_),
        )
        | None => {}
    }
    let home = || cause.downcast_ref().and_then(HomeError::hint);
    let control = || cause.downcast_ref().and_then(ControlError::hint);
    let config = || cause.downcast_ref().and_then(ConfigError::hint);
    let store = || cause.downcast_ref().and_then(of_store);
    let at_the_edge = home().or_else(control);
    at_the_edge.or_else(|| config().or_else(store).map(str::to_owned))
}

fn of_store(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Busy => Some("try again in a moment"),
        StoreError::Full => Some("make room on the disk; nothing of this was kept"),
        StoreError::ReadOnly => Some("`iim doctor` looks at the files' modes and owners"),
        StoreError::Missing => Some("run iim setup"),
        StoreError::Corrupt(_) | StoreError::Row(_) => {
            Some("restore the folder from a backup, then run iim doctor --restored")
        }
        StoreError::Replaced => Some("nothing was done: try again"),
        StoreError::Newer { .. } | StoreError::Other(_) => None,
    }
}

fn split(text: &str) -> (String, Option<String>) {
    match text.split_once("\nhint: ") {
        Some((said, hint)) => (one_line(said), Some(one_line(hint))),
        None => (one_line(text), None),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_one = |io: &io::Error| io.kind() == io::ErrorKind::BrokenPipe;
    let mut causes = error.chain();
    causes.any(|cause| cause.downcast_ref().is_some_and(is_one))
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_are_said_once_and_hints_come_last() {
        let inner: anyhow::Result<()> = Err(hinted("no agent runs", "start `iim agent`"));
        let error = inner.context("cannot watch").map_err(|e| in_words(&e));
        assert_eq!(
            error,
            Err((
                "cannot watch: no agent runs".to_owned(),
                Some("start `iim agent`".to_owned())
            ))
        );
        let same = anyhow::anyhow!("disk full").context("the store: disk full");
        assert_eq!(in_words(&same), ("the store: disk full".to_owned(), None));
    }

    #[test]
    fn a_message_stays_one_line() {
        let error = anyhow::anyhow!("two\nlines\u{1b}[31m");
        assert!(!in_words(&error).0.contains(['\n', '\u{1b}']));
    }
}
