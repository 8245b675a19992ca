//! What setup did, and what is left to the user.

use std::path::Path;

use anyhow::Context as _;

use super::place;
use crate::commands::output::{Colour, Output};

/// What was done and what the user has to do.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) done: Vec<String>,
    pub(super) to_do: Vec<String>,
}

impl Report {
    /// Something was made or is in order.
    pub(super) fn done(&mut self, what: impl Into<String>) {
        self.done.push(what.into());
    }

    /// Something is left to the user; lines after the first are shown below it as they are.
    pub(super) fn leave(&mut self, what: impl Into<String>) {
        self.to_do.push(what.into());
    }

    /// A file of the user's own is never changed: it is ours already, or what to add is left to them.
    pub(super) fn users_own(&mut self, file: &Path, ours: bool, add: String) {
        match ours {
            true => self.done(format!("{} hands mail to iim already", file.display())),
            false => self.leave(add),
        }
    }

    pub(super) fn show(&self, output: &Output) -> anyhow::Result<()> {
        for done in &self.done {
            output.say(done)?;
        }
        if output.quiet || self.to_do.is_empty() {
            return Ok(());
        }
        output.line(output.paint(Colour::Strong, "What remains to be done:"))?;
        for to_do in &self.to_do {
            output.line(format!("- {}", to_do.replace('\n', "\n      ")))?;
        }
        Ok(())
    }
}

/// Writes a file that is not there. One that is there and differs stays, and is told.
pub(super) fn write_new(
    path: &Path,
    text: &str,
    mode: u32,
    report: &mut Report,
) -> anyhow::Result<bool> {
    let shown = path.display();
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => {
            report.done(format!("{shown} is in order"));
            return Ok(true);
        }
        Ok(_) => {
            let stays = format!("{shown} was there, differs, and stays as it is");
            report.leave(format!("{stays}; it would now be written as\n{text}"));
            return Ok(false);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    }
    place::create(path, text, mode).with_context(|| format!("cannot write {shown}"))?;
    report.done(format!("wrote {shown}"));
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_file_that_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub/recipe");
        let mut report = Report::default();
        assert!(write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert!(write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert_eq!((report.done.len(), report.to_do.len()), (2, 0));
        std::fs::write(&path, "theirs\n").unwrap();
        assert!(!write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs\n");
        assert_eq!(report.to_do.len(), 1);
    }
}
