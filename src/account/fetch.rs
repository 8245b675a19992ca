//! A mailbox that is fetched from: its mails are heard as at the hook (commit 1), and how far it was read is kept (commit 2).

use super::receive::Arrived;
use super::{Account, AccountError, concerns_us, hear_candidate};
use crate::edge::config::{MailLogin, Then};
use crate::edge::mail::hook::filter::{Candidate, Kind, Verdict};
use crate::edge::store::Transaction;
use crate::protocol::mail_form::{self, By};
use crate::protocol::part::Part;
use crate::protocol::time::Seconds;
use crate::rules::contact::Standing;
use crate::rules::fetch::mailbox::FIRST;
use crate::rules::fetch::plan::{Became, Cursor, Kept, Plan, Refused, Until, Work};
use crate::rules::fetch::pop3_mails::{Pop3Kept, Pop3Known};
use crate::rules::handshake::Handshake;
use crate::rules::view::View as _;

/// What the user wants of the mailbox that they fetch from, if there is one.
pub fn plan(account: &Account, until: Until) -> Option<Plan> {
    let fetch = account.config.mail.fetch.as_ref()?;
    Some(Plan {
        folder: fetch.folder.clone(),
        move_to: match &fetch.then {
            Then::Delete => None,
            Then::Move(to) => Some(to.clone()),
        },
        junk: fetch.junk,
        poll: fetch.poll,
        token: matches!(fetch.login, MailLogin::Token(_)),
        until,
    })
}

/// How far each folder of the mailbox has been read, and how many letters came by it.
pub fn mailboxes(account: &Account) -> Result<Vec<Kept>, AccountError> {
    let server = server(account);
    account.look(|tx| {
        // What was kept before it was kept by server is this one's, and claimed at the next look.
        let unclaimed = tx.mailboxes().is_unclaimed()?;
        Ok(tx.mailboxes().all(if unclaimed { "" } else { &server })?)
    })
}

/// When each mail is tried again that could not be handled.
pub fn tried_again(account: &Account) -> Result<Vec<Seconds>, AccountError> {
    let folders = mailboxes(account)?;
    let by_imap = folders.iter().flat_map(|kept| &kept.retries);
    let mut dues: Vec<_> = by_imap.map(|retry| retry.due).collect();
    let server = server(account);
    let by_pop3 = account.look(|tx| Ok(tx.mailboxes().pop3_retries(&server)?))?;
    dues.extend(by_pop3.iter().map(|retry| retry.due));
    Ok(dues)
}

/// From where on each folder is read. Where nothing is known of the one that is watched, but another mailbox was looked at
/// before (at another provider, in another folder, by POP3), what came since then has not been read by anybody.
pub fn begun(account: &Account) -> Result<Vec<Kept>, AccountError> {
    let server = claimed(account)?;
    let folder = account.config.mail.fetch.as_ref().map(|it| &it.folder);
    account.look(|tx| {
        let mut all = tx.mailboxes().all(&server)?;
        let is_known = all.iter().any(|kept| Some(&kept.cursor.name) == folder);
        let looked = tx.mailboxes().looked_last()?.filter(|_| !is_known);
        if let (Some(looked), Some(folder)) = (looked, folder) {
            all.push(kept(folder, looked, 0));
        }
        Ok(all)
    })
}

/// Keeps how far a folder has been read.
pub fn keep(account: &Account, kept: &Kept) -> Result<(), AccountError> {
    let server = server(account);
    (account.store).transact(|tx| Ok(tx.mailboxes().keep(&server, kept)?))
}

/// The mails at the POP3 server that are done with or tried again.
pub fn pop3_known(account: &Account) -> Result<Pop3Known, AccountError> {
    let server = claimed(account)?;
    account.look(|tx| {
        let known = tx.mailboxes().has(&server, POP3)?;
        let seen = tx.mailboxes().pop3_seen(&server)?;
        Ok(Pop3Known {
            seen: known.then(|| seen.into_iter().collect()),
            retries: tx.mailboxes().pop3_retries(&server)?,
        })
    })
}

/// Keeps which mails at the POP3 server are done with or tried again.
pub fn keep_pop3(account: &Account, pop3: &Pop3Kept) -> Result<(), AccountError> {
    let server = server(account);
    account.store.transact(|tx| {
        tx.mailboxes().keep_pop3(&server, pop3)?;
        if let Some(looked) = pop3.looked {
            let folder = kept(POP3, looked, pop3.letters);
            tx.mailboxes().keep(&server, &folder)?;
        }
        Ok(())
    })
}

/// How logins were refused, if the last one was.
pub fn refused(account: &Account) -> Result<Option<Refused>, AccountError> {
    let server = server(account);
    account.look(|tx| Ok(tx.mailboxes().refused(&server)?))
}

/// Keeps that, for whoever looks next.
pub fn keep_refused(account: &Account, refused: Option<&Refused>) -> Result<(), AccountError> {
    let server = server(account);
    (account.store).transact(|tx| Ok(tx.mailboxes().keep_refused(&server, refused)?))
}

/// What is kept of a folder of which no more is known than when it was looked at.
fn kept(name: &str, looked: Seconds, letters: u32) -> Kept {
    Kept {
        cursor: Cursor {
            name: name.to_owned(),
            uidvalidity: 0,
            next: FIRST,
            looked,
        },
        retries: Vec::new(),
        letters,
        gone: 0,
    }
}

/// Whose the mailbox is: what is kept of it says nothing of one at another server.
fn server(account: &Account) -> String {
    let fetch = account.config.mail.fetch.as_ref();
    fetch.map_or_else(String::new, |it| format!("{}@{}", it.user, it.server.host))
}

/// The same; what was kept before it was kept by server is this one's.
fn claimed(account: &Account) -> Result<String, AccountError> {
    let server = server(account);
    if account.look(|tx| Ok(tx.mailboxes().is_unclaimed()?))? {
        let claim = |tx: &Transaction| Ok::<_, AccountError>(tx.mailboxes().claim(&server)?);
        account.store.transact(claim)?;
    }
    Ok(server)
}

/// Hears a mail that was fetched, as the hook does: one turn. What it caused is still to be sent.
/// Errors: Whatever the store or the keys meet: the mail must be tried again.
pub fn hear(account: &mut Account, work: &Work) -> Result<(Became, Option<Arrived>), AccountError> {
    let (mail, junk) = match work {
        Work::Mail { mail, junk } => (mail, *junk),
        Work::TooLarge(section) => {
            // By its header: more of it is not there.
            let known_by = [b"\n", section.as_slice()].concat();
            account.leave_too_large(&known_by)?;
            return Ok((Became::Left, None));
        }
    };
    let Some(candidate) = Candidate::of(mail) else {
        return Ok((Became::Left, None));
    };
    let taken = !junk || (candidate.kind == Kind::Marked && is_of_known(account, &candidate)?);
    if !taken || !candidate.whole || !concerns_us(&candidate) {
        return Ok((Became::Left, None));
    }
    let (verdict, arrived) = hear_candidate(account, &candidate)?;
    let done = arrived.as_ref().is_some_and(|arrived| arrived.done);
    let became = match verdict {
        Verdict::Handled(_) => Became::Done,
        Verdict::Left(_) if done => Became::Stays,
        Verdict::Left(_) | Verdict::NotOurs => Became::Left,
        Verdict::Trouble => Became::Trouble,
    };
    Ok((became, arrived))
}

/// Whether a letter is sealed, or asks for friendship and is from somebody who is on the roster for more than that:
/// what a stranger asks stays where their mail was put.
fn is_of_known(account: &Account, candidate: &Candidate) -> Result<bool, AccountError> {
    let Ok(mail) = mail_form::read_by(candidate.mail(), By::Marker) else {
        return Ok(false);
    };
    Ok(match mail.part {
        Part::Sealed(_) | Part::Probe(_) => true,
        Part::Copy(_) => false,
        Part::Open(_) => {
            let person = account.look(|tx| Ok(tx.contact_at(&mail.from)?))?;
            person.is_some_and(|person| match person.standing {
                Standing::Stranger | Standing::Handshake(Handshake::Asking(_)) => false,
                Standing::Asked(_) | Standing::Friend(_) => true,
                Standing::Handshake(Handshake::Confirming(_)) => true,
            })
        }
    })
}

/// The name under which a POP3 mailbox is kept: no folder of IMAP that is not the inbox has it by chance.
const POP3: &str = "POP3 mailbox";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::edge::clock::SystemClock;
    use crate::edge::home::{Home, replace_file};
    use crate::rules::fetch::mailbox::Uid;

    const CONFIG: &[u8] = b"address = 'bob@example.org'\n[mail.fetch]\nserver = 'imap://127.0.0.1'\npassword_command = 'true'\n";

    fn account(folder: &std::path::Path) -> Account {
        let home = Home::at(&folder.join("home"), &folder.join("state"));
        home.create().unwrap();
        replace_file(&home.config(), CONFIG).unwrap();
        Account::create(&home, Arc::new(SystemClock)).unwrap();
        Account::open(home, Arc::new(SystemClock)).unwrap()
    }

    fn is_at(account: &mut Account, host: &str) {
        let fetch = account.config.mail.fetch.as_mut().unwrap();
        fetch.server.host = host.to_owned();
    }

    #[test]
    fn what_is_known_of_a_mailbox_is_known_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut account = account(folder.path());
        assert_eq!(begun(&account).unwrap(), []);
        let looked = Seconds(1_800_000_000);
        let mut inbox = kept("INBOX", looked, 0);
        (inbox.cursor.uidvalidity, inbox.cursor.next) = (1, Uid(FIRST.0.saturating_add(1)));
        keep(&account, &inbox).unwrap();
        let pop3 = Pop3Kept {
            added: BTreeSet::from([[7; 8]]),
            gone: BTreeSet::new(),
            retries: Vec::new(),
            looked: Some(looked),
            letters: 0,
        };
        keep_pop3(&account, &pop3).unwrap();
        let is_known = |account: &Account| begun(account).unwrap().contains(&inbox);
        assert!(is_known(&account));
        assert!(pop3_known(&account).unwrap().seen.is_some());
        // At another server, and in another folder: what came since the last look.
        is_at(&mut account, "mail.example");
        assert_eq!(begun(&account).unwrap(), [kept("INBOX", looked, 0)]);
        assert_eq!(pop3_known(&account).unwrap(), Pop3Known::default());
        assert_eq!(mailboxes(&account).unwrap(), []);
        is_at(&mut account, "127.0.0.1");
        assert!(is_known(&account));
        account.config.mail.fetch.as_mut().unwrap().folder = "IIM".to_owned();
        let all = begun(&account).unwrap();
        assert!(all.contains(&kept("IIM", looked, 0)), "{all:?}");
    }
}
