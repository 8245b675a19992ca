//! Kept copies: mailed to oneself where an account lives, and found again where nothing is left of it.
//!
//! ```text
//!  here ── back_up ──▶ sealed under the code, a mail to ourselves      only if what is kept has changed since the last
//!  a mailbox ── Search ──▶ the newest that opens ── recover ──▶ here, as from a backup; an old one: nobody sees us
//! ```

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::export::{Arriving, CODE};
use super::open::new_state;
use super::settings::settings;
use super::roster_line::DIRTY;
use super::{Account, AccountError, ImportError, OsRng};
use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::home::Home;
use crate::edge::mail::stored::Where;
use crate::edge::mail::{MailSender, OutMail};
use crate::edge::seal::Keyring;
use crate::edge::seal::kept::{NONCE, open_copy, seal_copy};
use crate::edge::seal::stream::CodeKey;
use crate::edge::store::{Create, Store, Transaction};
use crate::protocol::address::Address;
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::codec::{MAX_KEPT, decode_kept, encode_kept};
use crate::protocol::group::MemberId;
use crate::protocol::hex;
use crate::protocol::kept::Kept;
use crate::protocol::letter::Secret;
use crate::protocol::mail_form::{By, Envelope, read_by, write_copy};
use crate::protocol::part::{Part, SealedCopy};
use crate::protocol::time::{Seconds, days};
use crate::rules::account::Settings;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Rng as _;
use crate::rules::effect::Effect;
use crate::rules::group::recovered;
use crate::rules::kept;
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::queue::route::Handed;
use crate::rules::view::View;

/// A copy that the mail system has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// People in it.
    pub people: usize,
    /// Bytes of the mail.
    pub size: usize,
}

/// The last copy that left.
#[derive(Serialize, Deserialize)]
struct Last {
    /// A hash of what was in it, and of the key.
    of: String,
    at: Seconds,
}

/// Whether a copy would differ from the last.
pub fn is_due(account: &mut Account, key: &CodeKey) -> Result<bool, AccountError> {
    let config = config(account);
    let (now, settings) = (account.now(), account.settings.clone());
    account.look(|tx| {
        let last: Option<Last> = tx.meta_json(LAST)?;
        let of = hash(&kept(tx, &settings, &config, now)?, key);
        Ok(last.is_none_or(|last| last.of != of))
    })
}

fn config(account: &Account) -> String {
    std::fs::read_to_string(account.home.config()).unwrap_or_default()
}

/// Mails a copy to ourselves, unless nothing has changed since the last. Killed on the way, it leaves another one the next time.
/// Errors: [`AccountError::Mail`] if the mail system does not take it, or no mail is left of today's.
pub fn back_up(
    account: &mut Account,
    key: &CodeKey,
    sender: &mut dyn MailSender,
) -> Result<Option<BackedUp>, AccountError> {
    let now = account.now();
    let config = config(account);
    let (sealed, _) = account.transact(|turn| {
        let kept = kept(turn.tx, turn.settings, &config, now)?;
        let of = hash(&kept, key);
        let last: Option<Last> = turn.tx.meta_json(LAST)?;
        if last.is_some_and(|last| last.of == of) {
            return Ok(None);
        }
        let mut day = turn.tx.budget().day(turn.settings.per_day, now)?;
        if !day.take(Class::Text, ContactId::default()) {
            let what = "no mail of today's is left for a copy ([mail] per_day): try again tomorrow";
            return Err(AccountError::Mail(what.to_owned()));
        }
        let (mut nonce, mut id) = ([0; NONCE], [0; 16]);
        turn.rng.fill(&mut nonce);
        turn.rng.fill(&mut id);
        let written = encode_kept(&kept);
        if written.len() > MAX_KEPT {
            let what = "there is more than fits into a copy: `iim export` writes all of it";
            return Err(AccountError::Mail(what.to_owned()));
        }
        if let Err(fault) = decode_kept(&written) {
            let what = format!("a copy could not be read again, and is not sent: {fault}");
            return Err(AccountError::Mail(what));
        }
        let copy = seal_copy(key, nonce, &kept.address, &written)?;
        (turn.tx.budget()).spend(Class::Text, ContactId::default(), now)?;
        let mail = mail(&kept.address, copy, id, now);
        Ok(Some((of, kept.people.len(), kept.address, mail)))
    })?;
    let Some((of, people, address, mail)) = sealed else {
        return Ok(None);
    };
    let size = mail.len();
    let end = hand_over(sender, address, mail);
    let why = end.why().map(str::to_owned);
    if end != Handed::Taken {
        if !matches!(end, Handed::Unseen(_)) {
            let refund = |tx: &Transaction<'_>| {
                Ok::<_, AccountError>(tx.budget().refund(Class::Text, ContactId::default(), now)?)
            };
            account.store.transact(refund)?;
        }
        let why = why.unwrap_or_else(|| "it does not say why".to_owned());
        let what = format!("the mail system has not taken the copy: {why}");
        return Err(AccountError::Mail(what));
    }
    let last = Last { of, at: now };
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.meta_set_json(LAST, &last)?))?;
    Ok(Some(BackedUp { people, size }))
}

/// Waits also for an answer that takes long: a copy that may be there is none.
fn hand_over(sender: &mut dyn MailSender, address: Address, mail: Vec<u8>) -> Handed {
    let mail = OutMail {
        from: address.clone(),
        to: address,
        mail,
    };
    match sender.send_all(vec![mail], None).pop() {
        Some(Ok(end)) => end,
        Some(Err(slow)) => {
            let late = sender.late(AFTER_DOT).into_iter();
            let mut ours = late.filter(|(number, _)| *number == slow.0);
            let unseen = || Handed::Unseen("it does not answer".to_owned());
            ours.next().map_or_else(unseen, |(_, end)| end)
        }
        None => Handed::Unsent,
    }
}

fn mail(address: &Address, copy: SealedCopy, id: [u8; 16], now: Seconds) -> Vec<u8> {
    let envelope = Envelope {
        from: address,
        from_name: "",
        to: address,
        message_id: &format!("{}@{}", hex::encode(&id), address.domain()),
        date: now,
    };
    write_copy(&envelope, copy)
}

/// What is kept of the account as it is now.
fn kept(
    tx: &Transaction<'_>,
    settings: &Settings,
    config: &str,
    now: Seconds,
) -> Result<Kept, AccountError> {
    let state = tx.account()?;
    let keyring = Keyring::from_pickle(&tx.account_pickle()?.unwrap_or_default())?;
    let roster = tx.people()?;
    let people = roster.iter().filter_map(|one| kept::person(one, settings));
    let mut people: Vec<_> = people.collect();
    people.sort_by(|one, other| one.address.as_str().cmp(other.address.as_str()));
    let mut groups = Vec::new();
    for group in View::groups(tx)? {
        let known = |contact| roster.iter().find(|one| one.id == contact).cloned();
        groups.extend(kept::group(&group, |member| known(member.contact)));
    }
    Ok(Kept {
        made: now,
        address: settings.address.clone(),
        name: settings.name.clone(),
        secrets: keyring.identity_secrets()?,
        epoch: state.epoch,
        people,
        config: config.to_owned(),
        groups: Some(groups).filter(|groups| !groups.is_empty()),
    })
}

/// What differs if another copy is worth a mail: not when it was made, nor what changes by itself.
fn hash(kept: &Kept, key: &CodeKey) -> String {
    let mut same = kept.clone();
    (same.made, same.epoch) = (Seconds(0), 0);
    for person in &mut same.people {
        person.last_request = None;
    }
    let hash = Sha256::new()
        .chain_update(b"iim1 copy of")
        .chain_update(key.pickle().as_bytes())
        .chain_update(encode_kept(&same).as_slice());
    hex::encode(&hash.finalize())
}

/// Looks through mails for the newest copy that opens.
pub struct Search<'k> {
    key: &'k CodeKey,
    newest: Option<Kept>,
    /// Copies that do not open, or cannot be read.
    pub sealed: usize,
}

impl<'k> Search<'k> {
    /// Begins one, with the key of a recovery code.
    pub fn new(key: &'k CodeKey) -> Self {
        Self {
            key,
            newest: None,
            sealed: 0,
        }
    }

    /// Looks at a mail. What is no copy is passed over; of one that lies among others if its header says so.
    pub fn look(&mut self, mail: &[u8], place: Where) {
        let by = match (place, kind(header_of(mail))) {
            (_, Some(Kind::Marked)) => By::Marker,
            (_, Some(Kind::Titled)) => By::Subject,
            (Where::Alone, _) => By::Hand,
            (Where::Mailbox, _) => return,
        };
        let Ok(mail) = read_by(mail, by) else {
            return;
        };
        let Part::Copy(copy) = mail.part else {
            return;
        };
        let others = mail.to.iter().chain(&mail.others).take(MOST_TRIED);
        let mut addresses = iter::once(&mail.from).chain(others);
        let Some(kept) = addresses.find_map(|address| self.opened(address, &copy)) else {
            self.sealed = self.sealed.saturating_add(1);
            return;
        };
        let known = self.newest.as_ref();
        if known.is_none_or(|known| known.made <= kept.made) {
            self.newest = Some(kept);
        }
    }

    fn opened(&self, address: &Address, copy: &SealedCopy) -> Option<Kept> {
        let opened = open_copy(self.key, address, copy).ok()?;
        let kept = decode_kept(&opened).ok()?;
        (kept.address == *address).then_some(kept)
    }

    /// The newest.
    pub fn found(self) -> Option<Kept> {
        self.newest
    }
}

/// The lines before the first empty one.
fn header_of(mail: &[u8]) -> &[u8] {
    let mut end = 0_usize;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        end = end.saturating_add(line.len());
    }
    mail.get(..end).unwrap_or(mail)
}

/// Whether a copy says too little of now to show the user to those who saw them then.
pub fn is_old(kept: &Kept, now: Seconds) -> bool {
    !now.after(CLOCKS_DIFFER)
        .is_within(FRESH.saturating_add(CLOCKS_DIFFER), kept.made)
}

/// Makes an account of a copy, where there is none: as from a backup. Killed on the way, it can be done again.
pub fn recover(
    home: &Home,
    clock: Arc<dyn Clock>,
    key: &CodeKey,
    kept: &Kept,
) -> Result<Account, ImportError> {
    let arriving = Arriving::begin(home, kept.config.clone(), &kept.address)?;
    let config = Config::parse(&kept.config, &home.config())?;
    let store = Store::open(arriving.path(), Create::Yes)?;
    let now = clock.now();
    store.transact(|tx| put(tx, kept, &settings(&config), key, now))?;
    store.into_one_file()?;
    arriving.settle(clock)
}

fn put(
    tx: &Transaction<'_>,
    kept: &Kept,
    settings: &Settings,
    key: &CodeKey,
    now: Seconds,
) -> Result<(), AccountError> {
    let keyring = Keyring::from_identity_secrets(&kept.secrets)?;
    let secrets = (Secret(random()), Secret(random()));
    let mut state = new_state(keyring.keys(), (kept.epoch, secrets), settings, now);
    state.restored = true;
    tx.create_account(&state, &keyring.pickle()?)?;
    tx.meta_set(CODE, &key.pickle())?;
    tx.meta_set(DIRTY, "1")?;
    let old = is_old(kept, now);
    for one in &kept.people {
        let ids = tx.ids_at(&one.address)?;
        let person = kept::contact(one, ids, (old, random()), now);
        if kept::is_somebody(&person) {
            tx.apply(&Effect::Contact(Box::new(person)), now)?;
        }
    }
    for one in kept.groups.iter().flatten() {
        let mut from = Vec::new();
        for address in &one.friends {
            let person = tx.contact_at(address)?;
            from.extend(person.map(|person| person.id));
        }
        let us = MemberId::of(state.keys.ed25519);
        let conversation = tx.group_conversation(one.id)?;
        if let Some(group) = recovered::group(one, conversation, us, from, now) {
            tx.apply(&Effect::Group(Box::new(group)), now)?;
        }
    }
    Ok(())
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.fill(&mut bytes);
    bytes
}

/// Under this key stands which copy left last.
const LAST: &str = "copy";
/// Under so many addresses besides its author's a copy is tried.
const MOST_TRIED: usize = 4;
/// How old a copy may be that is taken as it is.
const FRESH: Duration = days(7);
/// How far the clock may have been ahead that it was made by.
const CLOCKS_DIFFER: Duration = days(1);
