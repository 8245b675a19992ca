//! `iim backup`, `iim recover`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::context::Context;
use super::explain::hinted;
use super::moving::{Said, arrived, code_given, made_code};
use super::output::Output;
use super::run::Run;
use super::setup::copies::{self, PassedOver};
use crate::account::kept::{Recovered, Search, When, back_up, is_due, is_old, recover, stays};
use crate::account::{ImportError, code_key, mail};
use crate::edge::clock::{Clock as _, SystemClock};
use crate::edge::mail::stored;
use crate::edge::seal::stream::CodeKey;
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::kept::{ASKED, BLOCKED, INVISIBLE, Kept, KeptPerson, VERIFIED, VISIBLE};
use crate::protocol::mail_form::MAX_MAIL;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::words::{counted, rfc3339};

/// Mails a copy of who you are and whom you know to yourself, sealed under your recovery code
///
/// For cron, once a week: it does something only if people have changed since the last copy, if that has not come, or a month
/// later. Who is hidden, blocked or removed is so in a copy that `agent` or `flush` mails within the hour. With the code on paper and the
/// mailbox, `iim recover` gives you the account back on a machine that has nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// First makes your recovery code, and shows it: once
    #[arg(long)]
    code: bool,
    /// Makes another recovery code, and shows it; what was sealed before opens with the old one alone
    #[arg(long, conflicts_with = "code")]
    new_code: bool,
    /// Mails a copy though nobody has changed: the last has been deleted, or has not come
    #[arg(long)]
    again: bool,
}

/// Gives the account back where nothing is left but your mailbox and your recovery code
///
/// It takes the newest copy of `iim backup` that opens under the code. Friends keep you under the same key, and notice nothing
/// but late texts. The account must not go on running elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// The recovery code is in this file; else it is asked for
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// Looks into the mailbox of this address: finds its server, and asks for the password
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse, conflicts_with = "from")]
    account: Option<Address>,
    /// With --account, the mailbox's server, where it is not found: imaps://user@host:993
    #[arg(long, value_name = "URL", requires = "account")]
    imap: Option<String>,
    /// With --account, a file with a certificate authority to trust, besides the system's
    #[arg(long, value_name = "FILE", requires = "account")]
    ca: Option<PathBuf>,
    /// A mail, an mbox, a Maildir or a folder of mails, or `-` for stdin; several are looked through together
    #[arg(value_name = "MAIL", required_unless_present = "account")]
    from: Vec<PathBuf>,
}

impl Backup {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        if run.has_moved_out()? {
            return Ok(());
        }
        let key = self.key(run)?;
        let when = match self.again {
            true => When::Always,
            false => When::Due,
        };
        if when == When::Due && !is_due(&mut run.account, &key)? {
            return Ok(());
        }
        let mut sender = match mail::open(&run.account, AFTER_DOT) {
            Ok(sender) => sender,
            Err(fault) => {
                stays(&run.account, &fault)?;
                return Err(fault.into());
            }
        };
        let Some(done) = back_up(&mut run.account, &key, when, &mut sender)? else {
            return Ok(());
        };
        let (people, size) = (done.people, done.size.div_ceil(1024));
        run.say(format!(
            "mailed to yourself: a copy with a roster of {people}, {size} KB"
        ))
    }

    fn key(&self, run: &mut Run) -> anyhow::Result<CodeKey> {
        let known = code_key(&run.account)?;
        match &known {
            Some(_) if self.code => Err(hinted(
                "there is a recovery code already; it was shown when it was made",
                "if it is lost, `iim backup --new-code` makes another",
            )),
            Some(key) if !self.new_code => Ok(key.clone()),
            None if !self.code && !self.new_code => Err(hinted(
                "there is no recovery code yet",
                "`iim backup --code` makes one, and shows it",
            )),
            Some(_) | None => {
                let output = run.output.clone();
                made_code(run, known.as_ref(), &Said::Stdout(&output))
            }
        }
    }
}

impl Recover {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (home, output) = (context.home()?, &context.output);
        if home.database().exists() {
            return Err(ImportError::There(home.database()).into());
        }
        let stdin_is_mail = self.from.iter().any(|path| path == Path::new("-"));
        let taken = stdin_is_mail.then_some("stdin is the mail's");
        let key = code_given(self.code_file.as_deref(), taken)?;
        let mut search = Search::new(&key, SystemClock.now());
        let passed = self.look(context, &mut search)?;
        let (newer, ahead) = (search.newer, search.passed_over());
        let (sealed, named) = (search.sealed, search.named_newer);
        let fault = search.fault.take();
        let Some(kept) = search.found() else {
            return Err(match passed.first.or(fault.map(Into::into)) {
                Some(fault) if (sealed, newer) == (0, 0) => fault.context("no kept copy was found"),
                Some(_) | None => not_found(sealed, newer, named),
            });
        };
        passed.tell(output);
        if newer > 0 {
            let copies = copies(newer);
            output.warn(&format!(
                "passed over: {copies} of a newer version of iim; there may be more in it than in this one"
            ));
        }
        if let Some(made) = ahead {
            let made = rfc3339(made);
            output.warn(&format!(
                "a copy that says it is of {made} is passed over: the clock of then was wrong, or that of now is"
            ));
        }
        let done = recover(&home, Arc::new(SystemClock), &key, &kept)?;
        tell(output, &kept, &done)?;
        let mut account = done.account;
        arrived(output, &mut account)
    }

    fn look(&self, context: &Context, search: &mut Search<'_>) -> anyhow::Result<PassedOver> {
        if let Some(address) = &self.account {
            let asked = copies::Asked {
                address,
                imap: self.imap.as_deref(),
                ca: self.ca.as_deref(),
            };
            return copies::each(&asked, context, &mut |mail| {
                search.look(mail, stored::Where::Mailbox);
            });
        }
        let mut passed = PassedOver::default();
        for path in &self.from {
            let mut take = |mail: &[u8], place| search.look(mail, place);
            let reading = |path: &Path| format!("reading {}", path.display());
            if path == Path::new("-") {
                let looked = stored::each_in(io::stdin().lock(), MAX_MAIL, &mut take);
                looked.with_context(|| reading(path))?;
                continue;
            }
            let over = match stored::each(path, MAX_MAIL, &mut take) {
                Err(fault) if fault.kind() == io::ErrorKind::FileTooLarge => {
                    let fault = anyhow::Error::from(fault).context(one_line(&reading(path)));
                    passed.add(Some(fault), 1);
                    continue;
                }
                done => done.with_context(|| reading(path))?,
            };
            let first = over
                .first
                .map(|(path, fault)| anyhow::Error::from(fault).context(one_line(&reading(&path))));
            passed.add(first, over.count);
        }
        Ok(passed)
    }
}

/// What has come, and how far it may be trusted.
fn tell(output: &Output, kept: &Kept, done: &Recovered) -> anyhow::Result<()> {
    let made = rfc3339(kept.made);
    let (address, people) = (&kept.address, kept.people.len());
    output.say(format!(
        "{address}, as it was on {made}: a roster of {people}"
    ))?;
    for line in roster(kept) {
        output.say(line)?;
    }
    for one in &done.left_out {
        let one = one_line(one);
        output.warn(&format!(
            "{one} cannot be taken in, for it is like another: ask anew"
        ));
    }
    if kept.flags.unwrap_or(0) & INVISIBLE != 0 {
        output.say("you were invisible, and are: nobody sees you")?;
    }
    output.warn(&match is_old(kept, SystemClock.now()) {
        true => "this copy is more than a week old: nobody sees you until `iim show NAME`, for you may have hidden from somebody since".to_owned(),
        false => format!("whomever you have hidden from, blocked or removed since {made} is as before: say it again before anything else"),
    });
    if let Some(path) = &done.aside {
        let path = one_line(&path.display().to_string());
        output.warn(&format!(
            "the copy's config.toml is not understood by this version, and lies in {path}: the one here has your address and name alone"
        ));
    }
    output.warn("the account must not go on running elsewhere");
    Ok(())
}

fn copies(many: usize) -> String {
    match many {
        1 => "1 kept copy".to_owned(),
        many => format!("{many} kept copies"),
    }
}

fn not_found(sealed: usize, newer: usize, named: usize) -> anyhow::Error {
    match (sealed, newer) {
        (0, 0) if named > 0 => hinted(
            format!(
                "no kept copy is there; said to be of a newer version of iim: {}",
                counted(named, "mail")
            ),
            "anybody can write such a mail; if you had a newer version, install that",
        ),
        (0, 0) => hinted(
            "no kept copy is there",
            "it is a mail with the subject \"Kept copy (iim)\"; look into other folders, too",
        ),
        (_, 0) => hinted(
            format!("{} found, and none opens with this code", copies(sealed)),
            "the code was shown when it was made; older copies have the code of then",
        ),
        (0, _) => hinted(
            format!(
                "{} found, of a newer version of iim than this",
                copies(newer)
            ),
            "install that; or look for an older copy",
        ),
        _ => hinted(
            format!(
                "{} found, of which none opens with this code, and {} of a newer version of iim than this",
                copies(sealed),
                copies(newer)
            ),
            "install that version; older copies have the code of then",
        ),
    }
}

/// Everybody, a line each.
fn roster(kept: &Kept) -> Vec<String> {
    kept.people.iter().map(line).collect()
}

fn line(person: &KeptPerson) -> String {
    let has = |flag| person.flags & flag != 0;
    let words = [
        (has(ASKED), "asked"),
        (has(BLOCKED), "blocked"),
        (!has(VISIBLE) && !has(BLOCKED), "hidden"),
        (has(VERIFIED), "verified"),
    ];
    let words = words.into_iter().filter(|(is, _)| *is);
    let words: Vec<&str> = words.map(|(_, word)| word).collect();
    let (name, address) = (one_line(&person.name), &person.address);
    format!("  {name}  {address}  {}", words.join(", "))
        .trim_end()
        .to_owned()
}
