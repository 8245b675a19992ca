//! A mailbox that is fetched from: its mails are heard as at the hook (commit 1), and how far it was read is kept (commit 2).

use super::receive::Arrived;
use super::{Account, AccountError, concerns_us, hear_candidate};
use crate::edge::config::{Fetch, MailLogin, Protocol, Then};
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

/// What the user wants of a mailbox that they fetch from.
pub fn plan(fetch: &Fetch, until: Until) -> Plan {
    Plan {
        folder: fetch.folder.clone(),
        others: fetch.others.clone(),
        move_to: match &fetch.then {
            Then::Delete => None,
            Then::Move(to) => Some(to.clone()),
        },
        junk: fetch.junk,
        poll: fetch.poll,
        token: matches!(fetch.login, MailLogin::Token(_)),
        until,
    }
}

/// How far each folder of the mailbox has been read, and how many letters came by it. Those of its account that none watches
/// by itself, such as that for spam, are of one of its mailboxes alone.
pub fn mailboxes(account: &Account, fetch: &Fetch) -> Result<Vec<Kept>, AccountError> {
    let server = fetch.account();
    let mut all = account.look(|tx| {
        // What was kept before it was kept by server is one's, and claimed at its next look.
        let unclaimed = is_heir(account, fetch) && tx.mailboxes().is_unclaimed()?;
        Ok(tx.mailboxes().all(if unclaimed { "" } else { &server })?)
    })?;
    let of_account = || configured(account).filter(|it| it.account() == server);
    let leader = of_account()
        .find(|it| it.junk)
        .or_else(|| of_account().next());
    let leads = leader.is_none_or(|it| it.is_same_folder(fetch));
    all.retain(|kept| {
        let own = kept.cursor.name == name_of(fetch);
        own || (leads && !of_account().any(|it| name_of(it) == kept.cursor.name))
    });
    Ok(all)
}

fn configured(account: &Account) -> impl Iterator<Item = &Fetch> {
    account.config.mail.fetch.iter()
}

/// Under which name its folder is kept.
fn name_of(fetch: &Fetch) -> &str {
    match fetch.protocol {
        Protocol::Imap => &fetch.folder,
        Protocol::Pop3 => POP3,
    }
}

/// Whether what was kept before it was kept by server is this one's: a second one may have been put before it.
fn is_heir(account: &Account, fetch: &Fetch) -> bool {
    let address = account.config.address.as_str();
    match &account.config.mail.fetch[..] {
        [only] => only.is_same_folder(fetch),
        all => {
            let heir = all.iter().find(|it| it.user == address);
            heir.is_some_and(|it| it.is_same_folder(fetch))
        }
    }
}

/// When each mail is tried again that could not be handled.
pub fn tried_again(account: &Account, fetch: &Fetch) -> Result<Vec<Seconds>, AccountError> {
    let folders = mailboxes(account, fetch)?;
    let by_imap = folders.iter().flat_map(|kept| &kept.retries);
    let mut dues: Vec<_> = by_imap.map(|retry| retry.due).collect();
    let server = fetch.account();
    let by_pop3 = match fetch.protocol {
        Protocol::Imap => Vec::new(),
        Protocol::Pop3 => account.look(|tx| Ok(tx.mailboxes().pop3_retries(&server)?))?,
    };
    dues.extend(by_pop3.iter().map(|retry| retry.due));
    Ok(dues)
}

/// From where on each folder is read. Where nothing is known of the one that is watched, but another mailbox was looked at
/// before (at another provider, in another folder, by POP3), what came since then has not been read by anybody.
pub fn begun(account: &Account, fetch: &Fetch) -> Result<Vec<Kept>, AccountError> {
    let server = claimed(account, fetch)?;
    let folder = &fetch.folder;
    account.look(|tx| {
        let mut all = tx.mailboxes().all(&server)?;
        all.retain(|kept| !fetch.others.contains(&kept.cursor.name));
        if !all.iter().any(|kept| kept.cursor.name == *folder) {
            // An inbox may be kept as it was written before.
            let as_written = |kept: &&mut Kept| kept.cursor.name.eq_ignore_ascii_case(folder);
            let inbox = all
                .iter_mut()
                .find(as_written)
                .filter(|_| folder == "INBOX");
            if let Some(inbox) = inbox {
                inbox.cursor.name.clone_from(folder);
            } else if let Some(looked) = looked_before(account, fetch, tx)? {
                all.push(kept(folder, looked, 0));
            }
        }
        Ok(all)
    })
}

/// When the mailbox was looked at whose place a new one takes: a folder of the same account that is configured no more, or
/// whatever else is not: the others are still read. Of several nobody knows which it is: that at which nobody has looked
/// for the longest time, as a header that is read once more costs little. Where there is none, any.
fn looked_before(
    account: &Account,
    fetch: &Fetch,
    tx: &Transaction<'_>,
) -> Result<Option<Seconds>, AccountError> {
    let server = fetch.account();
    let looks = tx.mailboxes().looks()?;
    let of_folder = |of: &str, name: &str| {
        configured(account).any(|it| it.account() == of && name_of(it) == name)
    };
    let own = looks
        .iter()
        .filter(|it| it.server == server && !of_folder(&it.server, &it.name));
    let is_read = |of: &str| configured(account).any(|it| it.account() == of);
    let former = looks.iter().filter(|it| !is_read(&it.server));
    let earliest = (own.map(|it| it.at).min()).or_else(|| former.map(|it| it.at).min());
    match earliest {
        Some(at) => Ok(Some(at)),
        None => Ok(tx.mailboxes().looked_last()?),
    }
}

/// Keeps how far a folder has been read.
pub fn keep(account: &Account, fetch: &Fetch, kept: &Kept) -> Result<(), AccountError> {
    let server = fetch.account();
    (account.store).transact(|tx| Ok(tx.mailboxes().keep(&server, kept)?))
}

/// The mails at the POP3 server that are done with or tried again.
pub fn pop3_known(account: &Account, fetch: &Fetch) -> Result<Pop3Known, AccountError> {
    let server = claimed(account, fetch)?;
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
pub fn keep_pop3(account: &Account, fetch: &Fetch, pop3: &Pop3Kept) -> Result<(), AccountError> {
    let server = fetch.account();
    account.store.transact(|tx| {
        tx.mailboxes().keep_pop3(&server, pop3)?;
        if let Some(looked) = pop3.looked {
            let folder = kept(POP3, looked, pop3.letters);
            tx.mailboxes().keep(&server, &folder)?;
        }
        Ok(())
    })
}

/// How logins at its server were refused, if the last one was.
pub fn refused(account: &Account, fetch: &Fetch) -> Result<Option<Refused>, AccountError> {
    let server = fetch.account();
    account.look(|tx| Ok(tx.mailboxes().refused(&server)?))
}

/// Keeps that, for whoever looks next.
pub fn keep_refused(
    account: &Account,
    fetch: &Fetch,
    refused: Option<&Refused>,
) -> Result<(), AccountError> {
    let server = fetch.account();
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

/// Whose the mailbox is; what was kept before it was kept by server is one's.
fn claimed(account: &Account, fetch: &Fetch) -> Result<String, AccountError> {
    let server = fetch.account();
    if is_heir(account, fetch) && account.look(|tx| Ok(tx.mailboxes().is_unclaimed()?))? {
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
mod tests;
