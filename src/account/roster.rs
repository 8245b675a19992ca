//! The roster file: rendered from the database, and its hand edits taken as the commands they mean.
//!
//! ```text
//!  a turn changes the roster ─▶ commit (marked dirty) ─▶ edits taken ─▶ rendered ─▶ mark off
//!  the file has changed (size, time, inode) ─▶ compared with the text of its revision ─▶ acts, reports
//! ```

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::{fs, io};

use super::AccountError;
use super::roster_line::{DIRTY, STAMP};
use crate::edge::home::{HomeError, keep_aside, replace_file};
use crate::edge::roster_file::{self, Edit};
use crate::edge::store::{Store, StoreError, Transaction};
use crate::protocol::letter::Network;
use crate::protocol::shell;
use crate::protocol::time::Seconds;
use crate::rules::effect::Notice;
use crate::rules::event::Act;
use crate::rules::view::View;

/// The file of an account, and what it is rendered from.
pub(super) struct RosterFile<'a> {
    pub(super) path: PathBuf,
    pub(super) store: &'a Store,
    pub(super) networks: &'a [Network],
}

/// What an edit means, or what is said of one that is not obeyed.
pub(super) type Edited = Result<Act, Box<Notice>>;

impl RosterFile<'_> {
    /// What tells its state from others without reading it.
    pub(super) fn stamp(&self) -> Option<String> {
        let meta = fs::metadata(&self.path).ok()?;
        Some(format!(
            "{}.{}:{}:{}",
            meta.mtime(),
            meta.mtime_nsec(),
            meta.len(),
            meta.ino()
        ))
    }

    /// The edits made meanwhile, where a turn has changed the roster and the file is to be written over.
    pub(super) fn edits_meanwhile(&self) -> Result<Vec<Edited>, AccountError> {
        let stamp = self.stamp();
        let kept = self.store.read(|tx| tx.meta_get(STAMP))?;
        match stamp.is_some() && kept != stamp {
            true => self.edits(),
            false => Ok(Vec::new()),
        }
    }

    pub(super) fn edits(&self) -> Result<Vec<Edited>, AccountError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) if !text.trim().is_empty() => text,
            Ok(_) => return Ok(Vec::new()),
            Err(fault) => return self.unreadable(fault),
        };
        let edited = match roster_file::read(&text) {
            Ok(edited) => edited,
            Err(fault) => return self.broken(&fault.to_string()),
        };
        let (base, newest) = self.store.read(|tx| {
            let base = tx.roster().text(edited.revision)?;
            Ok::<_, StoreError>((base, tx.roster().revision()?))
        })?;
        let base = match base {
            Some(base) if base == text => return Ok(Vec::new()),
            Some(base) => base,
            // Another program is about to commit it, or died before it could: it says what is.
            None if edited.revision > newest => self.rendering()?,
            // What was edited cannot be told from what has changed since: a friend hidden meanwhile would be shown.
            None => return self.broken("it is older than all that is remembered"),
        };
        match roster_file::read(&base) {
            Ok(base) => {
                let edits = roster_file::edits(&base, &edited).into_iter();
                edits.map(|edit| self.act(edit)).collect()
            }
            Err(fault) => self.broken(&fault.to_string()),
        }
    }

    /// What cannot be read just now may say something: it is not to be written over.
    fn unreadable(&self, fault: io::Error) -> Result<Vec<Edited>, AccountError> {
        let kind = fault.kind();
        if kind == io::ErrorKind::NotFound {
            return Ok(Vec::new());
        }
        if kind == io::ErrorKind::InvalidData {
            return self.broken("it is not UTF-8");
        }
        Err(AccountError::Home(HomeError::Io(
            "read",
            self.path.clone(),
            fault,
        )))
    }

    fn broken(&self, fault: &str) -> Result<Vec<Edited>, AccountError> {
        let kept = keep_aside(&self.path, ".broken")?;
        let kept = kept
            .map(|kept| format!(" (kept as {})", kept.display()))
            .unwrap_or_default();
        let text = format!("roster.toml was not taken: {fault}{kept}");
        Ok(vec![Err(Box::new(Notice::Word { friend: None, text }))])
    }

    fn rendering(&self) -> Result<String, AccountError> {
        self.store
            .read(|tx| render(tx, self.networks, tx.roster().revision()?))
    }

    fn act(&self, edit: Edit) -> Result<Edited, AccountError> {
        Ok(match edit {
            Edit::Act(act) => Ok(act),
            Edit::Missing(address) => {
                let remove = shell::hint("remove", &[address.as_str()]);
                let text = format!(
                    "{address} was put back into roster.toml; to part with somebody: {remove}"
                );
                let friend = self.store.read_once(|tx| tx.id_at(&address))?;
                Err(Box::new(Notice::Word { friend, text }))
            }
            Edit::Unknown(what, line) => {
                let text = format!("roster.toml line {line}: {what} is not taken from the file");
                Err(Box::new(Notice::Word { friend: None, text }))
            }
        })
    }

    /// Writes the file inside a turn, so that no other program renders an older state over it.
    pub(super) fn write(&self, now: Seconds) -> Result<(), AccountError> {
        self.store.transact(|tx| {
            // The time, so that no number comes again after a backup was put back.
            let revision = tx.roster().revision()?.saturating_add(1).max(now.0);
            let text = render(tx, self.networks, revision)?;
            keep_aside(&self.path, "~")?;
            replace_file(&self.path, text.as_bytes())?;
            tx.roster().put_text(revision, &text)?;
            tx.meta_set(DIRTY, "0")?;
            tx.meta_set(STAMP, &self.stamp().unwrap_or_default())?;
            Ok(())
        })
    }
}

fn render(
    tx: &Transaction<'_>,
    networks: &[Network],
    revision: u64,
) -> Result<String, AccountError> {
    Ok(roster_file::render(
        revision,
        &tx.account()?,
        networks,
        &tx.people()?,
    ))
}
