//! A mailbox that is fetched from: its mails are heard as at the hook (commit 1), and how far it was read is kept (commit 2).

use super::receive::Arrived;
use super::{Account, AccountError, concerns_us};
use crate::edge::config::{MailLogin, Protocol, Then};
use crate::edge::mail::hook::filter::{Candidate, Kind, Verdict};
use crate::protocol::mail_form::{self, By};
use crate::protocol::part::Part;
use crate::rules::contact::Standing;
use crate::rules::fetch::plan::{Became, Kept, Plan, Until, Work};
use crate::rules::handshake::Handshake;
use crate::rules::view::View as _;

impl Account {
    /// What the user wants of their mailbox, if they have one that is fetched from by IMAP.
    pub fn fetch_plan(&self, until: Until) -> Option<Plan> {
        let fetch = self.config.mail.fetch.as_ref()?;
        (fetch.protocol == Protocol::Imap).then(|| Plan {
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
    pub fn mailboxes(&self) -> Result<Vec<Kept>, AccountError> {
        self.look(|tx| Ok(tx.mailboxes().all()?))
    }

    /// Keeps how far a folder has been read.
    pub fn keep_mailbox(&mut self, kept: &Kept) -> Result<(), AccountError> {
        self.store.transact(|tx| Ok(tx.mailboxes().keep(kept)?))
    }

    /// Hears a mail that was fetched, as the hook does: one turn. What it caused is still to be sent.
    /// Errors: Whatever the store or the keys meet: the mail must be tried again.
    pub fn hear_fetched(&mut self, work: &Work) -> Result<(Became, Option<Arrived>), AccountError> {
        let (mail, junk) = match work {
            Work::Mail { mail, junk } => (mail, *junk),
            Work::TooLarge(section) => {
                // By its header: more of it is not there.
                let known_by = [b"\n", section.as_slice()].concat();
                self.leave_too_large(&known_by)?;
                return Ok((Became::Left, None));
            }
        };
        let Some(candidate) = Candidate::of(mail) else {
            return Ok((Became::Left, None));
        };
        let taken = !junk || (candidate.kind == Kind::Marked && self.is_of_known(&candidate)?);
        if !taken || !candidate.whole || !concerns_us(&candidate) {
            return Ok((Became::Left, None));
        }
        let (verdict, arrived) = self.hear_candidate(&candidate)?;
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
    fn is_of_known(&self, candidate: &Candidate) -> Result<bool, AccountError> {
        let Ok(mail) = mail_form::read_by(candidate.mail(), By::Marker) else {
            return Ok(false);
        };
        Ok(match mail.part {
            Part::Sealed(_) | Part::Probe(_) => true,
            Part::Open(_) => {
                let person = self.look(|tx| Ok(tx.contact_at(&mail.from)?))?;
                person.is_some_and(|person| match person.standing {
                    Standing::Stranger | Standing::Handshake(Handshake::Asking(_)) => false,
                    Standing::Asked(_) | Standing::Friend(_) => true,
                    Standing::Handshake(Handshake::Confirming(_)) => true,
                })
            }
        })
    }
}
