//! Letters that lie unhandled in the mailbox, and the machine's clock against the dates of other mails.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jiff::fmt::rfc2822;

use super::finding::Findings;
use crate::commands::setup::place::{user_home, user_name};
use crate::protocol::shell;
use crate::rules::words::counted;

/// The most bytes of an mbox, and mails of a Maildir, that are looked through.
const MOST_BYTES: u64 = 256 << 20;
const MOST_MAILS: usize = 20_000;
/// The header section of a mail is looked for in its first bytes.
const HEADER: u64 = 64 << 10;

/// What the usual mailboxes hold.
pub(crate) fn check(keep: bool, found: &mut Findings) {
    let before = found.all.len();
    let mut clocks = Vec::new();
    for (place, junk) in places() {
        let read = if place.is_dir() { maildir } else { mbox };
        let mails = read(&place);
        clocks.extend(mails.iter().rev().filter_map(Mail::off).take(20));
        let ours = || mails.iter().filter(|mail| mail.ours && !mail.handled);
        let (count, seen) = (ours().count(), ours().filter(|mail| mail.seen).count());
        if count > 0 && (junk || !keep) {
            lying(&place, junk, count, seen, found);
        }
    }
    if is_behind(&clocks) {
        let what =
            "the clock of this machine seems to be behind: every recent mail comes from the future";
        found.warn(what, SET_BY_NTP);
    }
    if found.all.len() == before {
        found.ok("no letters lie unhandled in the mailbox");
    }
}

fn lying(place: &Path, junk: bool, count: usize, seen: usize, found: &mut Findings) {
    let letters = counted(count, "mail");
    let shown = place.display();
    let spam = if junk { ", put there as spam" } else { "" };
    let seen = match seen {
        0 => String::new(),
        seen => format!(" ({seen} of them shown by a mail program)"),
    };
    let quoted = shell::path(place);
    let run = match place.is_dir() {
        true => format!(
            "for f in {quoted}/new/* {quoted}/cur/*; do grep -qiEm1 '^(X-)?IIM:' \"$f\" && \
             iim deliver <\"$f\" && rm \"$f\"; done"
        ),
        false => format!("formail -s iim deliver <{quoted}   (handles them; remove them by hand)"),
    };
    let mend = format!("once the hook works: {run}");
    let what = format!("{shown} holds {letters} of ours that nobody has handled{spam}{seen}");
    found.warn(what, mend);
}

/// Where mail usually lies, and where what was taken for spam (true).
fn places() -> Vec<(PathBuf, bool)> {
    let inboxes = inboxes();
    let mut junk: Vec<PathBuf> = inboxes.iter().flat_map(|place| junk_in(place)).collect();
    if let Some(home) = user_home() {
        let folders = ["mail", "Mail"].map(|name| home.join(name));
        junk.extend(folders.iter().flat_map(|folder| junk_in(folder)));
    }
    let mut junk = each_once(junk);
    junk.retain(|place| !inboxes.contains(place));
    let inboxes = inboxes.into_iter().map(|place| (place, false));
    let junk = junk.into_iter().map(|place| (place, true));
    inboxes.chain(junk).collect()
}

/// By their true names, each once.
fn each_once(places: Vec<PathBuf>) -> BTreeSet<PathBuf> {
    let truly = |place: PathBuf| place.canonicalize().unwrap_or(place);
    places.into_iter().map(truly).collect()
}

/// The folders for spam in a Maildir (`.Junk`, `.INBOX.Spam`) or in a folder of mboxes.
fn junk_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names_junk = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let last = name.rsplit('.').next().unwrap_or_default();
        JUNK.iter().any(|junk| last.eq_ignore_ascii_case(junk))
    };
    let is_box = |path: &PathBuf| path.is_file() || path.join("cur").is_dir();
    let places = entries.map(|entry| entry.path());
    places
        .filter(|path| names_junk(path) && is_box(path))
        .collect()
}

/// What folders for spam are called.
const JUNK: [&str; 6] = [
    "junk",
    "spam",
    "junk e-mail",
    "junk mail",
    "bulk mail",
    "quarantine",
];

fn inboxes() -> BTreeSet<PathBuf> {
    let named = ["MAIL", "MAILDIR"].into_iter().filter_map(std::env::var_os);
    let mut places: Vec<PathBuf> = named.map(PathBuf::from).collect();
    if let Some(home) = user_home() {
        places.extend(["Maildir", "Mailbox", "mbox"].map(|name| home.join(name)));
    }
    places.extend(user_name().map(|user| Path::new("/var/mail").join(user)));
    places.retain(|place| place.is_file() || place.join("new").is_dir());
    each_once(places)
}

/// What one mail's header section says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Mail {
    /// It bears our marker.
    ours: bool,
    /// A mail program has shown it.
    seen: bool,
    /// `iim filter` has handled it.
    handled: bool,
    /// Its own date.
    date: Option<i64>,
    /// When it was stored (a Maildir knows it).
    stored: Option<i64>,
}

impl Mail {
    /// By how many seconds it was stored after its own date.
    fn off(&self) -> Option<i64> {
        self.stored?.checked_sub(self.date?)
    }

    fn take(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        match name.to_ascii_lowercase().as_str() {
            "iim" | "x-iim" => self.ours = true,
            "status" => self.seen |= value.contains('R'),
            "iim-status" => self.handled = true,
            "date" => {
                let date = rfc2822::parse(value.trim()).ok();
                self.date = date.map(|at| at.timestamp().as_second());
            }
            _ => {}
        }
    }
}

fn maildir(place: &Path) -> Vec<Mail> {
    let folders = ["cur", "new"].map(|folder| fs::read_dir(place.join(folder)));
    let entries = folders.into_iter().flatten().flatten().flatten();
    let files = entries.map(|entry| entry.path()).take(MOST_MAILS);
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.iter().filter_map(|file| one(file)).collect()
}

fn one(file: &Path) -> Option<Mail> {
    let opened = File::open(file).ok()?;
    let stored = opened.metadata().ok()?.modified().ok()?;
    let stored = stored.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let flags = file.file_name()?.to_string_lossy().into_owned();
    let mut mail = Mail {
        stored: i64::try_from(stored).ok(),
        ..Mail::default()
    };
    let lines = BufReader::new(opened.take(HEADER)).split(b'\n');
    for line in lines.map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.trim_end().is_empty() {
            break;
        }
        mail.take(&line);
    }
    let flags = flags.rsplit_once(":2,");
    mail.seen |= flags.is_some_and(|(_, flags)| flags.contains('S'));
    Some(mail)
}

/// The mails of an mbox (RFC 4155): each begins with a line `From ` after an empty one.
fn mbox(place: &Path) -> Vec<Mail> {
    let Ok(file) = File::open(place) else {
        return Vec::new();
    };
    let mut mails: Vec<Mail> = Vec::new();
    let (mut empty, mut header) = (true, false);
    let lines = BufReader::new(file.take(MOST_BYTES)).split(b'\n');
    for line in lines.map_while(Result::ok) {
        if empty && line.starts_with(b"From ") {
            mails.push(Mail::default());
            header = true;
        }
        empty = line.is_empty() || line == b"\r";
        header = header && !empty;
        if let (true, Some(mail)) = (header, mails.last_mut()) {
            mail.take(&String::from_utf8_lossy(&line));
        }
    }
    mails
}

/// A clock that is off shows in all recent mails the same way; one mail alone may just have been slow.
fn is_behind(off: &[i64]) -> bool {
    off.len() >= 3 && off.iter().all(|seconds| *seconds < -TOLERANCE)
}

pub(super) const SET_BY_NTP: &str = "have the clock set by NTP (timedatectl set-ntp true)";
/// How far clocks may be apart.
const TOLERANCE: i64 = 300;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn an_mbox_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mbox");
        let text = "From a@b Sat Nov 21 07:00:00 2026\nIIM: 1\nDate: Sat, 21 Nov 2026 07:00:00 +0000\n\n\
                    body\nIIM: 1\n\nFrom c@d Sat\nStatus: RO\niim: 1\n\nx\n\nFrom e@f Sat\nSubject: y\n\nIIM: 1\n";
        fs::write(&path, text).unwrap();
        let mails = mbox(&path);
        let ours: Vec<(bool, bool)> = mails.iter().map(|m| (m.ours, m.seen)).collect();
        assert_eq!(ours, [(true, false), (true, true), (false, false)]);
        assert_eq!(mails[0].date, Some(1_795_244_400));
    }

    #[test]
    fn a_maildir_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for (folder, name, text) in [
            ("new", "1.a.b", "IIM: 1\r\n\r\nx"),
            ("cur", "2.a.b:2,S", "IIM: 1\n\nx"),
            ("cur", "3.a.b:2,", "Subject: x\n\nIIM: 1"),
            ("new", "4.a.b", "IIM-Status: a text\nIIM: 1\n\nx"),
        ] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            fs::write(dir.path().join(folder).join(name), text).unwrap();
        }
        let mails = maildir(dir.path());
        assert_eq!(mails.len(), 4);
        let ours = mails.iter().filter(|m| m.ours && !m.handled);
        let seen: Vec<bool> = ours.map(|mail| mail.seen).collect();
        assert_eq!(seen.iter().filter(|seen| **seen).count(), 1);
        assert_eq!(seen.len(), 2, "what a mail program has shown counts, too");
    }

    #[test]
    fn folders_for_spam_are_looked_into() {
        let dir = tempfile::tempdir().unwrap();
        for folder in [
            ".Junk/cur",
            ".INBOX.Spam/cur",
            ".Work/cur",
            ".Sent/cur",
            "cur",
        ] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("spam"), "From a@b\nIIM: 1\n\nx\n").unwrap();
        let mut names: Vec<String> = junk_in(dir.path())
            .iter()
            .map(|place| place.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, [".INBOX.Spam", ".Junk", "spam"]);
        let mut found = Findings::default();
        lying(Path::new("/m/.Junk"), true, 3, 2, &mut found);
        for words in ["3 mails of ours", "put there as spam", "(2 of them shown"] {
            assert!(found.all[0].what.contains(words), "{found:?}");
        }
    }

    #[test]
    fn a_clock_is_behind_when_all_mails_say_so() {
        for (off, behind) in [
            (vec![-3600, -3601, -3650], true),
            (vec![-3600, 5, -3650], false),
            (vec![-3600, -3600], false),
            (vec![60, 3600, 1], false),
        ] {
            assert_eq!(is_behind(&off), behind, "{off:?}");
        }
    }
}
