//! Kept copies: mailed to oneself where an account lives, and found again where nothing is left of it.
//!
//! ```text
//!  here ── back_up ──▶ sealed under the code, a mail to ourselves      only if what is kept has changed since the last
//!  a mailbox ── Search ──▶ the newest that opens ── recover ──▶ here, as from a backup; an old one: nobody sees us
//! ```

mod codes;
pub(super) mod copies;
mod leaving;
mod recover;
mod search;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Account, AccountError};
use crate::edge::config::{Config, ConfigError};
use crate::edge::mail::{MailSender, OutMail};
use crate::edge::seal::Keyring;
use crate::edge::seal::kept::{NONCE, seal_copy};
use crate::edge::seal::stream::CodeKey;
use crate::edge::store::Transaction;
use crate::protocol::address::Address;
use crate::protocol::codec::{MAX_KEPT, decode_kept, encode_kept};
use crate::protocol::hex;
use crate::protocol::kept::{INVISIBLE, IdentitySecrets, Kept};
use crate::protocol::letter::Keys;
use crate::protocol::mail_form::{Envelope, write_copy};
use crate::protocol::part::SealedCopy;
use crate::protocol::time::Seconds;
use crate::rules::account::Settings;
use crate::rules::conversation::ContactId;
use crate::rules::kept;
use crate::rules::kept::due::{Last, is_ahead};
use crate::rules::kept::waits::Waits;
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::queue::route::Handed;
use crate::rules::view::View;
use codes::hash_of_key;
pub use codes::{change_code, code_key, new_code};
use copies::{has_left, hash_of, last, put_waits, waits};
pub use leaving::{Standing, is_waiting, send_copy, send_waiting, standing};
pub use recover::{Recovered, recover};
pub use search::{Search, is_old};

/// A copy that the mail system has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// People in it.
    pub people: usize,
    /// Bytes of the mail.
    pub size: usize,
}

/// When a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// If it differs from the last, or that has not come, or is a month old, or one was not taken.
    Due,
    /// The same, if one is to leave by itself.
    Waiting,
    /// Whatever is known of the last.
    Always,
}

/// Whether a copy would differ from the last, or that one is to leave again.
pub fn is_due(account: &mut Account, key: &CodeKey) -> Result<bool, AccountError> {
    let config = config(account)?;
    let (now, settings) = (account.now(), account.settings.clone());
    account.look(|tx| {
        let (kept, keys) = kept(tx, &settings, &config, now)?;
        let of = hash(kept, &keys, key);
        Ok(is_another(last(tx)?.as_ref(), &waits(tx)?, &of, now))
    })
}

fn is_another(last: Option<&Last>, waits: &Waits, of: &str, now: Seconds) -> bool {
    waits.again || last.is_none_or(|last| last.of != of || last.is_due_again(now))
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

/// Mails a copy to ourselves, if one is due. One that is not taken, or killed on the way, leaves by itself later.
/// Errors: [`AccountError::Mail`] if the mail system does not take it, or no mail is left of today's.
pub fn back_up(
    account: &mut Account,
    key: &CodeKey,
    when: When,
    sender: &mut dyn MailSender,
) -> Result<Option<BackedUp>, AccountError> {
    let leaving = config(account).and_then(|config| seal(account, key, when, &config));
    let Leaving {
        one,
        people,
        address,
        mail,
    } = match leaving {
        Ok(Some(leaving)) => leaving,
        Ok(None) => return Ok(None),
        Err(fault) => {
            stays(account, &fault)?;
            return Err(fault);
        }
    };
    let size = mail.len();
    let end = hand_over(sender, address, mail, patience(when));
    let now = account.now();
    let why = account.store.transact(|tx| {
        let mut waits = waits(tx)?;
        let found = waits.leaving.iter().find(|it| it.part == one.part);
        let why = match (found.cloned(), &end) {
            // What is known of it may have changed since: a report.
            (Some(found), Handed::Taken) => return has_left(tx, found).map(|()| None),
            // It has come in already, or one has that was made after it.
            (None, _) => return Ok(None),
            (Some(_), end) => end.why().unwrap_or("it does not say why"),
        };
        let why = format!("the mail system has not taken the copy: {why}");
        let unseen = matches!(end, Handed::Unseen(_));
        waits.failed(&one.part, unseen, why.clone(), now);
        put_waits(tx, &waits)?;
        if !unseen {
            tx.budget()
                .refund(class(when), ContactId::default(), one.left)?;
        }
        Ok::<_, AccountError>(Some(why))
    })?;
    match why {
        None => Ok(Some(BackedUp { people, size })),
        Some(why) => Err(AccountError::Mail(why)),
    }
}

/// A copy could not even be handed over: from then on it waits. Says why.
pub fn stays(account: &Account, fault: &AccountError) -> Result<String, AccountError> {
    let (why, now) = (fault.to_string(), account.now());
    account.store.transact(|tx| {
        let mut waits = waits(tx)?;
        waits.stays(why.clone(), now);
        put_waits(tx, &waits)
    })?;
    Ok(why)
}

/// A copy that is about to leave.
struct Leaving {
    one: Last,
    people: usize,
    address: Address,
    mail: Vec<u8>,
}

/// Seals a copy, and counts it among the day's mails. It waits from then on until it is taken.
fn seal(
    account: &mut Account,
    key: &CodeKey,
    when: When,
    config: &str,
) -> Result<Option<Leaving>, AccountError> {
    let now = account.now();
    let (leaving, _) = account.transact(|turn| {
        let (mut kept, keys) = kept(turn.tx, turn.settings, config, now)?;
        let of = hash(kept.clone(), &keys, key);
        let (before, mut waits) = (last(turn.tx)?, waits(turn.tx)?);
        // Another program may have mailed it since.
        if when == When::Waiting && !waits.is_due(before.as_ref(), now) {
            return Ok(None);
        }
        if when != When::Always && !is_another(before.as_ref(), &waits, &of, now) {
            waits.settle();
            put_waits(turn.tx, &waits)?;
            return Ok(None);
        }
        let before = before.unwrap_or_default();
        let known = waits.leaving.iter().chain([&before]);
        kept.made = known.fold(now, |made, other| after(other.at, now).max(made));
        let mut day = turn.tx.budget().day(turn.settings.per_day, now)?;
        if !day.take(class(when), ContactId::default()) {
            let what = "no mail of today's is left for a copy ([mail] per_day)";
            return Err(AccountError::Mail(what.to_owned()));
        }
        let written = written(&kept)?;
        let (mut nonce, mut id) = ([0; NONCE], [0; 16]);
        turn.rng.fill(&mut nonce);
        turn.rng.fill(&mut id);
        let copy = seal_copy(key, nonce, &kept.address, &written)?;
        (turn.tx.budget()).spend(class(when), ContactId::default(), now)?;
        let id = format!("{}@{}", hex::encode(&id), kept.address.domain());
        let one = Last {
            of,
            under: hash_of_key(key),
            changes: waits.changes,
            at: kept.made,
            left: now,
            part: hash_of(&copy),
            seen: None,
            ever_seen: before.ever_seen,
            lost: None,
            in_vain: before.next_in_vain(now),
            id: id.clone(),
        };
        waits.begin(one.clone(), when == When::Always, now);
        put_waits(turn.tx, &waits)?;
        Ok(Some(Leaving {
            one,
            people: kept.people.len(),
            mail: mail(&kept.address, copy, &id, now),
            address: kept.address,
        }))
    })?;
    Ok(leaving)
}

/// As which of the day's mails it counts: one that leaves by itself has a share, and takes no text's place.
fn class(when: When) -> Class {
    match when {
        When::Waiting => Class::Copy,
        When::Due | When::Always => Class::Text,
    }
}

/// How long an answer is waited for: that of one that leaves by itself keeps letters waiting.
fn patience(when: When) -> Duration {
    match when {
        When::Waiting => BY_ITSELF,
        When::Due | When::Always => AFTER_DOT,
    }
}

/// As it is sealed.
fn written(kept: &Kept) -> Result<Zeroizing<Vec<u8>>, AccountError> {
    let written = encode_kept(kept);
    if written.len() > MAX_KEPT {
        let what = "there is more than fits into a copy: `iim export` writes all of it";
        return Err(AccountError::Mail(what.to_owned()));
    }
    if let Err(fault) = decode_kept(&written) {
        let what = format!("a copy could not be read again, and is not sent: {fault}");
        return Err(AccountError::Mail(what));
    }
    Ok(written)
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
fn hand_over(
    sender: &mut dyn MailSender,
    address: Address,
    mail: Vec<u8>,
    patience: Duration,
) -> Handed {
    let mail = OutMail {
        from: address.clone(),
        to: address,
        mail,
    };
    match sender.send_all(vec![mail], None).pop() {
        Some(Ok(end)) => end,
        Some(Err(slow)) => {
            let late = sender.late(patience).into_iter();
            let mut ours = late.filter(|(number, _)| *number == slow.0);
            let unseen = || Handed::Unseen("it does not answer".to_owned());
            ours.next().map_or_else(unseen, |(_, end)| end)
        }
        None => Handed::Unsent,
    }
}

fn mail(address: &Address, copy: SealedCopy, id: &str, now: Seconds) -> Vec<u8> {
    let envelope = Envelope {
        from: address,
        from_name: "",
        to: address,
        message_id: id,
        date: now,
    };
    write_copy(&envelope, copy)
}

/// What is kept of the account as it is now, and its public keys.
fn kept(
    tx: &Transaction<'_>,
    settings: &Settings,
    config: &str,
    now: Seconds,
) -> Result<(Kept, Keys), AccountError> {
    let state = tx.account()?;
    let keyring = Keyring::from_pickle(&tx.account_pickle()?.unwrap_or_default())?;
    let roster = tx.people()?;
    let people = roster.iter().filter_map(|one| kept::person(one, settings));
    let mut people: Vec<_> = people.collect();
    people.sort_by(|one, other| one.address.as_str().cmp(other.address.as_str()));
    let known: BTreeMap<_, _> = roster.iter().map(|one| (one.id, one)).collect();
    let known = |id| known.get(&id).copied();
    let groups = View::groups(tx)?;
    let groups = groups.iter().filter_map(|group| kept::group(group, known));
    let groups: Vec<_> = groups.collect();
    let kept = Kept {
        made: now,
        address: settings.address.clone(),
        name: settings.name.clone(),
        secrets: keyring.identity_secrets()?,
        epoch: state.epoch,
        people,
        config: config.to_owned(),
        groups: Some(groups).filter(|groups| !groups.is_empty()),
        flags: state.invisible.then_some(INVISIBLE),
    };
    Ok((kept, state.keys))
}

/// What differs if another copy is worth a mail: not when it was made, nor what changes by itself. Of the secrets, the public keys.
fn hash(mut kept: Kept, keys: &Keys, key: &CodeKey) -> String {
    (kept.made, kept.epoch) = (Seconds(0), 0);
    kept.secrets = IdentitySecrets(Zeroizing::new([0; 64]));
    for person in &mut kept.people {
        person.last_request = None;
    }
    let hash = Sha256::new()
        .chain_update(b"iim1 copy of")
        .chain_update(key.pickle().as_bytes())
        .chain_update(keys.ed25519.0)
        .chain_update(keys.curve25519.0)
        .chain_update(encode_kept(&kept).as_slice());
    hex::encode(&hash.finalize())
}

/// How long the answer to a copy is waited for that leaves by itself. If it was taken all the same, it is known once it comes in.
const BY_ITSELF: Duration = Duration::from_mins(2);
