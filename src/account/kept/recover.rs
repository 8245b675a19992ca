//! An account is made of a kept copy, where nothing else is left.

use std::path::PathBuf;
use std::sync::Arc;

use super::copies::put_last;
use super::search::is_old;
use crate::account::code::CODE;
use crate::account::export::Arriving;
use crate::account::open::new_state;
use crate::account::roster_line::DIRTY;
use crate::account::settings::settings;
use crate::account::{Account, AccountError, ImportError, OsRng};
use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::home::{Home, replace_file};
use crate::edge::seal::Keyring;
use crate::edge::seal::stream::CodeKey;
use crate::edge::store::{Create, Store, StoreError, Transaction};
use crate::protocol::group::MemberId;
use crate::protocol::kept::{INVISIBLE, Kept};
use crate::protocol::letter::Secret;
use crate::protocol::time::Seconds;
use crate::rules::account::Settings;
use crate::rules::decision::Rng as _;
use crate::rules::effect::Effect;
use crate::rules::group::recovered;
use crate::rules::kept;
use crate::rules::kept::due::Last;
use crate::rules::view::View as _;

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
    // The next copy comes after this one, and not at once: what came of it may still be little.
    put_last(
        tx,
        &Last {
            at: kept.made,
            left: now,
            ..Last::default()
        },
    )?;
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
