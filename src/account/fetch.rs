//! A mailbox that is fetched from: its mails are heard as at the hook (commit 1), and how far it was read is kept (commit 2).

use std::collections::BTreeSet;

use super::receive::Arrived;
use super::{Account, AccountError, concerns_us, hear_candidate};
use crate::edge::config::{MailLogin, Then};
use crate::edge::mail::hook::filter::{Candidate, Kind, Verdict};
use crate::protocol::mail_form::{self, By};
use crate::protocol::part::Part;
use crate::rules::contact::Standing;
use crate::rules::fetch::mailbox::FIRST;
use crate::rules::fetch::plan::{Became, Cursor, Kept, Plan, Until, Work};
use crate::rules::fetch::pop3::{Hash8, Pop3Kept};
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

/// How far each folder has been read, and how many letters came by it.
pub fn mailboxes(account: &Account) -> Result<Vec<Kept>, AccountError> {
    account.look(|tx| Ok(tx.mailboxes().all()?))
}

/// Keeps how far a folder has been read.
pub fn keep(account: &Account, kept: &Kept) -> Result<(), AccountError> {
    account.store.transact(|tx| Ok(tx.mailboxes().keep(kept)?))
}

/// The mails at the POP3 server that are done with; `None`: it was never looked at.
pub fn pop3_seen(account: &Account) -> Result<Option<BTreeSet<Hash8>>, AccountError> {
    account.look(|tx| {
        let known = tx.mailboxes().all()?;
        let known = known.iter().any(|kept| kept.cursor.name == POP3);
        let seen = tx.mailboxes().pop3_seen()?;
        Ok(known.then(|| seen.into_iter().collect()))
    })
}

/// Keeps which mails at the POP3 server are done with.
pub fn keep_pop3(account: &Account, kept: &Pop3Kept) -> Result<(), AccountError> {
    let seen: Vec<Hash8> = kept.seen.iter().copied().collect();
    let folder = Kept {
        cursor: Cursor {
            name: POP3.to_owned(),
            uidvalidity: 0,
            next: FIRST,
            looked: kept.looked,
        },
        retries: Vec::new(),
        letters: kept.letters,
        gone: 0,
    };
    account.store.transact(|tx| {
        if tx.mailboxes().pop3_seen()? != seen {
            tx.mailboxes().keep_pop3_seen(&seen)?;
        }
        Ok(tx.mailboxes().keep(&folder)?)
    })
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
