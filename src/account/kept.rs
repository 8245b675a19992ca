//! Kept copies: mailed to oneself where an account lives, and found again where nothing is left of it.
//!
//! ```text
//!  here ── back_up ──▶ sealed under the code, a mail to ourselves      only if what is kept has changed since the last
//!  a mailbox ── Search ──▶ the newest that opens ── recover ──▶ here, as from a backup; an old one: nobody sees us
//! ```

pub(super) mod copies;
mod leaving;
mod recover;
mod search;

use std::collections::BTreeMap;
use std::fs;

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
use crate::rules::kept::due::{Last, Waits};
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::queue::route::Handed;
use crate::rules::view::View;
use copies::{hash_of, last, put_last, put_waits, waits};
pub use leaving::{Standing, is_waiting, send_copy, send_waiting, standing};
pub use recover::{Recovered, recover};
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

/// When a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// If it differs from the last, or that has not come, or is a month old.
    Due,
    /// Whatever is known of the last.
    Always,
}

/// Whether a copy would differ from the last, or that one is to leave again.
pub fn is_due(account: &mut Account, key: &CodeKey) -> Result<bool, AccountError> {
    let config = config(account)?;
    let (now, settings) = (account.now(), account.settings.clone());
    account.look(|tx| {
        let (kept, keys) = kept(tx, &settings, &config, now)?;
        Ok(last(tx)?.is_none_or(|last| is_another(&last, &hash(kept, &keys, key), now)))
    })
}

fn is_another(last: &Last, of: &str, now: Seconds) -> bool {
    last.of != of || last.is_due_again(now)
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

/// Mails a copy to ourselves, if one is due. Killed on the way, it leaves another one the next time.
/// Errors: [`AccountError::Mail`] if the mail system does not take it, or no mail is left of today's.
pub fn back_up(
    account: &mut Account,
    key: &CodeKey,
    when: When,
    sender: &mut dyn MailSender,
) -> Result<Option<BackedUp>, AccountError> {
    let config = config(account)?;
    let Some(leaving) = seal(account, key, when, &config)? else {
        return Ok(None);
    };
    let done = BackedUp {
        people: leaving.people,
        size: leaving.mail.len(),
    };
    let now = leaving.last.left;
    let end = hand_over(sender, leaving.address, leaving.mail);
    let why = (end != Handed::Taken).then(|| {
        let why = end.why().unwrap_or("it does not say why");
        format!("the mail system has not taken the copy: {why}")
    });
    account.store.transact(|tx| {
        let mut waits = waits(tx)?;
        match &why {
            // Whoever has changed while it left waits for the next.
            None if waits.changes == leaving.waits.changes => waits = Waits::default(),
            why => waits.why.clone_from(why),
        }
        put_waits(tx, &waits)?;
        if why.is_none() {
            return put_last(tx, &leaving.last);
        }
        if !matches!(end, Handed::Unseen(_)) {
            tx.budget().refund(Class::Text, ContactId::default(), now)?;
        }
        Ok::<_, AccountError>(())
    })?;
    match why {
        None => Ok(Some(done)),
        Some(why) => Err(AccountError::Mail(why)),
    }
}

/// A copy that is about to leave.
struct Leaving {
    last: Last,
    waits: Waits,
    people: usize,
    address: Address,
    mail: Vec<u8>,
}

/// Seals a copy, and counts it among the day's mails; nobody else tries it within the hour.
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
        if let Some(before) = &before {
            if when == When::Due && !is_another(before, &of, now) {
                if waits != Waits::default() {
                    put_waits(turn.tx, &Waits::default())?;
                }
                return Ok(None);
            }
            kept.made = after(before.at, now);
        }
        let mut day = turn.tx.budget().day(turn.settings.per_day, now)?;
        if !day.take(Class::Text, ContactId::default()) {
            let what = "no mail of today's is left for a copy ([mail] per_day): try again tomorrow";
            return Err(AccountError::Mail(what.to_owned()));
        }
        let written = written(&kept)?;
        let (mut nonce, mut id) = ([0; NONCE], [0; 16]);
        turn.rng.fill(&mut nonce);
        turn.rng.fill(&mut id);
        let copy = seal_copy(key, nonce, &kept.address, &written)?;
        (turn.tx.budget()).spend(Class::Text, ContactId::default(), now)?;
        waits.tried = Some(now);
        put_waits(turn.tx, &waits)?;
        let id = format!("{}@{}", hex::encode(&id), kept.address.domain());
        let before = before.unwrap_or_default();
        Ok(Some(Leaving {
            last: Last {
                of,
                at: kept.made,
                left: now,
                part: hash_of(&copy),
                seen: None,
                ever_seen: before.ever_seen,
                lost: None,
                in_vain: before.next_in_vain(now),
                id: id.clone(),
            },
            waits,
            people: kept.people.len(),
            mail: mail(&kept.address, copy, &id, now),
            address: kept.address,
        }))
    })?;
    Ok(leaving)
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
