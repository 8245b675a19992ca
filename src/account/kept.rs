//! Kept copies: mailed to oneself where an account lives, and found again where nothing is left of it.
//!
//! ```text
//!  here ── back_up ──▶ sealed under the code, a mail to ourselves      only if what is kept has changed since the last
//!  a mailbox ── Search ──▶ the newest that opens ── recover ──▶ here, as from a backup; an old one: nobody sees us
//! ```

mod search;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::export::{Arriving, CODE};
use super::open::new_state;
use super::roster_line::DIRTY;
use super::settings::settings;
use super::{Account, AccountError, ImportError, OsRng};
use crate::edge::clock::Clock;
use crate::edge::config::{Config, ConfigError};
use crate::edge::home::{Home, replace_file};
use crate::edge::mail::{MailSender, OutMail};
use crate::edge::seal::Keyring;
use crate::edge::seal::kept::{NONCE, seal_copy};
use crate::edge::seal::stream::CodeKey;
use crate::edge::store::{Create, Store, StoreError, Transaction};
use crate::protocol::address::Address;
use crate::protocol::codec::{MAX_KEPT, decode_kept, encode_kept};
use crate::protocol::group::MemberId;
use crate::protocol::hex;
use crate::protocol::kept::{INVISIBLE, Kept};
use crate::protocol::letter::Secret;
use crate::protocol::mail_form::{Envelope, write_copy};
use crate::protocol::part::SealedCopy;
use crate::protocol::time::Seconds;
use crate::rules::account::Settings;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Rng as _;
use crate::rules::effect::Effect;
use crate::rules::group::recovered;
use crate::rules::group::state::Member;
use crate::rules::kept;
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::queue::route::Handed;
use crate::rules::view::View;
use search::is_ahead;
pub use search::{Search, is_old};

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
    /// When it says that it was made.
    at: Seconds,
}

/// Whether a copy would differ from the last.
pub fn is_due(account: &mut Account, key: &CodeKey) -> Result<bool, AccountError> {
    let config = config(account)?;
    let (now, settings) = (account.now(), account.settings.clone());
    account.look(|tx| {
        let last: Option<Last> = tx.meta_json(LAST)?;
        let of = hash(&kept(tx, &settings, &config, now)?, key);
        Ok(last.is_none_or(|last| last.of != of))
    })
}

/// The text of `config.toml`, of which an account can be made again.
fn config(account: &Account) -> Result<String, AccountError> {
    let path = account.home.config();
    let text = fs::read_to_string(&path);
    let text = text.map_err(|fault| ConfigError::Read(path.clone(), fault))?;
    if Config::parse(&text, &path)?.address == account.settings.address {
        return Ok(text);
    }
    let what = "config.toml names another address than the one in use: no copy is made of that";
    Err(AccountError::Mail(what.to_owned()))
}

/// Mails a copy to ourselves, unless nothing has changed since the last. Killed on the way, it leaves another one the next time.
/// Errors: [`AccountError::Mail`] if the mail system does not take it, or no mail is left of today's.
pub fn back_up(
    account: &mut Account,
    key: &CodeKey,
    sender: &mut dyn MailSender,
) -> Result<Option<BackedUp>, AccountError> {
    let now = account.now();
    let config = config(account)?;
    let (sealed, _) = account.transact(|turn| {
        let mut kept = kept(turn.tx, turn.settings, &config, now)?;
        let of = hash(&kept, key);
        if let Some(last) = turn.tx.meta_json::<Last>(LAST)? {
            if last.of == of {
                return Ok(None);
            }
            kept.made = after(last.at, now);
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
        let last = Last { of, at: kept.made };
        Ok(Some((last, kept.people.len(), kept.address, mail)))
    })?;
    let Some((last, people, address, mail)) = sealed else {
        return Ok(None);
    };
    let size = mail.len();
    let end = hand_over(sender, address, mail);
    if end != Handed::Taken {
        if !matches!(end, Handed::Unseen(_)) {
            let refund = |tx: &Transaction<'_>| {
                Ok::<_, AccountError>(tx.budget().refund(Class::Text, ContactId::default(), now)?)
            };
            account.store.transact(refund)?;
        }
        let why = end.why().unwrap_or("it does not say why");
        let what = format!("the mail system has not taken the copy: {why}");
        return Err(AccountError::Mail(what));
    }
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.meta_set_json(LAST, &last)?))?;
    Ok(Some(BackedUp { people, size }))
}

/// When a copy is made that comes after another. The clock may have been put back since; with one that was far ahead nothing is to
/// keep up.
fn after(last: Seconds, now: Seconds) -> Seconds {
    match is_ahead(last, now) {
        true => now,
        false => now.max(Seconds(last.0.saturating_add(1))),
    }
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
    let known: BTreeMap<_, _> = roster.iter().map(|one| (one.id, one)).collect();
    let known = |member: &Member| known.get(&member.contact).copied();
    let groups = View::groups(tx)?;
    let groups = groups.iter().filter_map(|group| kept::group(group, known));
    let groups: Vec<_> = groups.collect();
    Ok(Kept {
        made: now,
        address: settings.address.clone(),
        name: settings.name.clone(),
        secrets: keyring.identity_secrets()?,
        epoch: state.epoch,
        people,
        config: config.to_owned(),
        groups: Some(groups).filter(|groups| !groups.is_empty()),
        flags: state.invisible.then_some(INVISIBLE),
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

/// An account that was made of a copy.
pub struct Recovered {
    /// It lives, as from a backup.
    pub account: Account,
    /// Where the configuration of the copy lies, which is of no use here: another was made in its place.
    pub aside: Option<PathBuf>,
    /// Which people and groups are not there any more, for the database has refused them.
    pub left_out: Vec<String>,
}

/// Makes an account of a copy, where there is none: as from a backup. Killed on the way, it can be done again.
pub fn recover(
    home: &Home,
    clock: Arc<dyn Clock>,
    key: &CodeKey,
    kept: &Kept,
) -> Result<Recovered, ImportError> {
    let parsed = Config::parse(&kept.config, &home.config());
    let is_ours = parsed.is_ok_and(|config| config.address == kept.address);
    let text = match is_ours {
        true => kept.config.clone(),
        false => least_config(kept),
    };
    let config = Config::parse(&text, &home.config())?;
    let arriving = Arriving::begin(home, text, &kept.address)?;
    let store = Store::open(arriving.path(), Create::Yes)?;
    let now = clock.now();
    let left_out = store.transact(|tx| put(tx, kept, &settings(&config), key, now))?;
    store.into_one_file()?;
    let mut aside = None;
    if !is_ours {
        let path = home.config().with_extension("toml.from-copy");
        replace_file(&path, kept.config.as_bytes())?;
        aside = Some(path);
    }
    let account = arriving.settle(clock)?;
    Ok(Recovered {
        account,
        aside,
        left_out,
    })
}

/// What a configuration needs at least.
fn least_config(kept: &Kept) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let (address, name) = (quoted(kept.address.as_str()), quoted(&kept.name));
    match kept.name.is_empty() {
        true => format!("address = {address}\n"),
        false => format!("address = {address}\nname = {name}\n"),
    }
}

fn put(
    tx: &Transaction<'_>,
    kept: &Kept,
    settings: &Settings,
    key: &CodeKey,
    now: Seconds,
) -> Result<Vec<String>, AccountError> {
    let keyring = Keyring::from_identity_secrets(&kept.secrets)?;
    let secrets = (Secret(random()), Secret(random()));
    let mut state = new_state(keyring.keys(), (kept.epoch, secrets), settings, now);
    state.restored = true;
    state.invisible = kept.flags.unwrap_or(0) & INVISIBLE != 0;
    tx.create_account(&state, &keyring.pickle()?)?;
    tx.meta_set(CODE, &key.pickle())?;
    tx.meta_set(DIRTY, "1")?;
    let old = is_old(kept, now);
    let mut left_out = Vec::new();
    for one in &kept.people {
        let ids = tx.ids_at(&one.address)?;
        let person = kept::contact(one, ids, (old, random()), now);
        if kept::is_somebody(&person) && !is_taken(tx, &Effect::Contact(Box::new(person)), now)? {
            left_out.push(one.address.to_string());
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
        if let Some(group) = recovered::group(one, conversation, us, from, now)
            && !is_taken(tx, &Effect::Group(Box::new(group)), now)?
        {
            left_out.push(format!("#{}", one.name));
        }
    }
    Ok(left_out)
}

/// Whether the database has taken somebody or a group: not one that is like another in what must differ, and all others come.
fn is_taken(tx: &Transaction<'_>, effect: &Effect, now: Seconds) -> Result<bool, AccountError> {
    match tx.apart(|| Ok::<_, AccountError>(tx.apply(effect, now)?)) {
        Err(AccountError::Store(StoreError::Other(_))) => Ok(false),
        done => done.map(|()| true),
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.fill(&mut bytes);
    bytes
}

/// Under this key stands which copy left last.
const LAST: &str = "copy";
