//! The roster file: rendered from the database, and its hand edits taken as the commands they mean.
//!
//! ```text
//!  a turn changes the roster ─▶ commit (marked dirty) ─▶ edits taken ─▶ rendered ─▶ mark off
//!  the file has changed (size, time, inode) ─▶ compared with the text of its revision ─▶ acts, reports
//! ```

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::{fs, io};

use super::roster_line::{DIRTY, STAMP};
use super::{Account, AccountError};
use crate::edge::home::{HomeError, keep_aside, replace_file};
use crate::edge::roster_file::{self, Edit, RosterText};
use crate::edge::store::Transaction;
use crate::protocol::address::Address;
use crate::protocol::shell;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Event};
use crate::rules::refusal::Refusal;
use crate::rules::view::View;

impl Account {
    /// Takes what was edited by hand in `roster.toml`, and renders it again if that, or a turn whose rendering was
    /// cut short, changed the roster. Returns what the user should know of edits that were not obeyed.
    pub fn take_edits(&mut self) -> Result<Vec<Notice>, AccountError> {
        self.stay_in_place()?;
        let stamp = stamp(&self.home.roster());
        let glance = self.glance()?;
        let edited = glance.roster_stamp != stamp;
        if !edited && !glance.roster_dirty {
            return Ok(Vec::new());
        }
        let notices = if edited {
            self.read_edits()?
        } else {
            Vec::new()
        };
        self.write_roster()?;
        Ok(notices)
    }

    /// Renders the roster after a turn that changed it; hand edits made meanwhile are taken first. Returns what the
    /// user should know of those that were not obeyed.
    pub(super) fn follow(&mut self, changed: bool) -> Result<Vec<Notice>, AccountError> {
        if !changed {
            return Ok(Vec::new());
        }
        let stamp = stamp(&self.home.roster());
        let kept = self.look(|tx| Ok(tx.meta_get(STAMP)?))?;
        let notices = if stamp.is_some() && kept != stamp {
            self.read_edits()?
        } else {
            Vec::new()
        };
        self.write_roster()?;
        Ok(notices)
    }

    fn read_edits(&mut self) -> Result<Vec<Notice>, AccountError> {
        let path = self.home.roster();
        let text = match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => text,
            Ok(_) => return Ok(Vec::new()),
            Err(fault) => return self.unreadable(&path, fault),
        };
        let edited = match roster_file::read(&text) {
            Ok(edited) => edited,
            Err(fault) => return self.broken(&path, &fault.to_string()),
        };
        let (base, newest) = self.look(|tx| {
            let base = tx.roster().text(edited.revision)?;
            Ok((base, tx.roster().revision()?))
        })?;
        let base = match base {
            Some(base) if base == text => return Ok(Vec::new()),
            Some(base) => base,
            // Another program is about to commit it, or died before it could: it says what is.
            None if edited.revision > newest => self.rendering()?,
            // What was edited cannot be told from what has changed since: a friend hidden meanwhile would be shown.
            None => return self.broken(&path, "it is older than all that is remembered"),
        };
        match roster_file::read(&base) {
            Ok(base) => self.obey(&base, &edited),
            Err(fault) => self.broken(&path, &fault.to_string()),
        }
    }

    /// What cannot be read just now may say something: it is not to be written over.
    fn unreadable(&self, path: &Path, fault: io::Error) -> Result<Vec<Notice>, AccountError> {
        let kind = fault.kind();
        if kind == io::ErrorKind::NotFound {
            return Ok(Vec::new());
        }
        if kind == io::ErrorKind::InvalidData {
            return self.broken(path, "it is not UTF-8");
        }
        Err(AccountError::Home(HomeError::Io {
            doing: "read",
            path: path.to_owned(),
            source: fault,
        }))
    }

    fn broken(&self, path: &Path, fault: &str) -> Result<Vec<Notice>, AccountError> {
        let kept = keep_aside(path, ".broken")?;
        let kept = kept
            .map(|kept| format!(" (kept as {})", kept.display()))
            .unwrap_or_default();
        Ok(vec![word(
            None,
            format!("roster.toml was not taken: {fault}{kept}"),
        )])
    }

    fn obey(
        &mut self,
        base: &RosterText,
        edited: &RosterText,
    ) -> Result<Vec<Notice>, AccountError> {
        let mut notices = Vec::new();
        for edit in roster_file::edits(base, edited) {
            match act(edit) {
                Ok(act) => notices.extend(self.obey_one(act)?),
                Err(said) => notices.push(*said),
            }
        }
        Ok(notices)
    }

    fn obey_one(&mut self, act: Act) -> Result<Vec<Notice>, AccountError> {
        // The file is rendered anyway.
        let done = self.commit(|turn| turn.event(Event::User(act)));
        match done {
            Err(AccountError::Refused(no)) if !matches!(no, Refusal::Unreadable(_)) => {
                Ok(vec![word(
                    None,
                    format!("an edit of roster.toml was not taken: {no}"),
                )])
            }
            other => Ok(other?.0.notices),
        }
    }

    fn rendering(&self) -> Result<String, AccountError> {
        self.look(|tx| render(tx, &self.settings.networks, tx.roster().revision()?))
    }

    /// Writes the file inside a turn, so that no other program renders an older state over it.
    fn write_roster(&mut self) -> Result<(), AccountError> {
        let path = self.home.roster();
        let networks = self.settings.networks.clone();
        let now = self.now();
        self.store.transact(|tx| {
            // The time, so that no number comes again after a backup was put back.
            let revision = tx.roster().revision()?.saturating_add(1).max(now);
            let text = render(tx, &networks, revision)?;
            keep_aside(&path, "~")?;
            replace_file(&path, text.as_bytes())?;
            tx.roster().put_text(revision, &text)?;
            tx.meta_set(DIRTY, "0")?;
            tx.meta_set(STAMP, &stamp(&path).unwrap_or_default())?;
            Ok(())
        })
    }
}

fn render(
    tx: &Transaction<'_>,
    networks: &[crate::protocol::letter::Network],
    revision: u64,
) -> Result<String, AccountError> {
    Ok(roster_file::render(
        revision,
        &tx.account()?,
        networks,
        &tx.people()?,
    ))
}

/// The command that an edit means, or what is said of one that is not obeyed.
fn act(edit: Edit) -> Result<Act, Box<Notice>> {
    match edit {
        Edit::Act(act) => Ok(act),
        Edit::Missing { address } => {
            let remove = shell::hint("remove", &[address.as_str()]);
            let text =
                format!("{address} was put back into roster.toml; to part with somebody: {remove}");
            Err(Box::new(word(Some(address), text)))
        }
        Edit::Unknown { what, line } => {
            let text = format!("roster.toml line {line}: {what} is not taken from the file");
            Err(Box::new(word(None, text)))
        }
    }
}

fn word(friend: Option<Address>, text: String) -> Notice {
    Notice::Word { friend, text }
}

/// What tells one state of the file from another without reading it.
fn stamp(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    Some(format!(
        "{}.{}:{}:{}",
        meta.mtime(),
        meta.mtime_nsec(),
        meta.len(),
        meta.ino()
    ))
}
