//! Networks that are joined and left by a command, or for a friend: they stand in the database, beside those of
//! `config.toml`, which the program never writes.

use super::settings::settings;
use super::{Account, AccountError};
use crate::edge::config::{Config, JoinError};
use crate::protocol::letter::Network;
use crate::rules::networks::{How, Joined, Known};

/// All that stand in the database, also those that the user has left.
pub fn all(account: &Account) -> Result<Vec<Joined>, AccountError> {
    account.look_once(|tx| Ok(tx.joined().all()?))
}

/// Takes what was joined or left, by whomever; gives the configuration of before, if that changed anything.
pub fn refresh(account: &mut Account) -> Result<Option<Config>, AccountError> {
    let mut config = account.config.clone();
    config.take_joined(&all(account)?);
    if config == account.config {
        return Ok(None);
    }
    account.settings = settings(&config);
    Ok(Some(std::mem::replace(&mut account.config, config)))
}

/// Joins a network: it counts as the user's from here on. One that was joined for a friend stays from here on, whoever is there.
/// Errors: [`JoinError`], if it cannot stand beside those that there are.
pub fn join(
    account: &mut Account,
    network: Network,
    tls: bool,
    how: How,
) -> Result<(), AccountError> {
    refresh(account)?;
    let now = account.now();
    let followed = followed(account, &network)?.filter(|_| how == How::Asked);
    let is_in_use = followed.as_ref().is_some_and(|one| {
        let mut networks = account.config.networks.iter();
        networks.any(|network| network.joined && network.name == one.network.name)
    });
    let one = match followed {
        Some(one) => Joined { how, ..one },
        None => Joined {
            network,
            tls,
            how,
            since: now,
            met: now,
        },
    };
    if !is_in_use {
        account.config.joining(&one)?;
    }
    put(account, &one)
}

/// The network, if it was joined for a friend, whichever of its servers is meant.
fn followed(account: &Account, network: &Network) -> Result<Option<Joined>, AccountError> {
    let known = Known::of(&network.servers);
    let mut all = all(account)?
        .into_iter()
        .filter(|one| one.how == How::Followed);
    Ok(all.find(|one| known.is_some() && Known::of(&one.network.servers) == known))
}

fn put(account: &mut Account, one: &Joined) -> Result<(), AccountError> {
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.joined().put(one)?))?;
    refresh(account).map(drop)
}

/// What has come of it that a network was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parted {
    /// It is none of the user's any more.
    Left,
    /// One of this name was joined, too; the one of the file goes on.
    GoesOn,
    /// It was none of the user's, and is not joined for a friend.
    Never,
}

/// The user leaves a network that was joined; one that is well known is not joined again for a friend, by whatever name.
/// Errors: [`JoinError`], if it is none that could be left.
pub fn leave(account: &mut Account, name: &str) -> Result<Parted, AccountError> {
    let is_there = |one: &Joined| one.how != How::Left && one.network.name == name;
    let one = all(account)?.into_iter().find(is_there);
    let mut networks = account.config.networks.iter();
    let in_file = networks.any(|network| network.name == name && !network.joined);
    let known = match &one {
        Some(one) => Known::of(&one.network.servers),
        None => Known::named(name),
    };
    match (&one, known) {
        (None, _) if in_file => return Err(JoinError::InFile(name.to_owned()).into()),
        (None, None) => return Err(JoinError::Missing(name.to_owned()).into()),
        _ => {}
    }
    // Only those could come again without a question.
    if let Some(known) = known {
        let now = account.now();
        let left = Joined {
            network: known.network(),
            tls: true,
            how: How::Left,
            since: now,
            met: now,
        };
        put(account, &left)?;
    }
    if known.is_none_or(|known| known.name != name) {
        forget(account, name)?;
    }
    Ok(match one {
        Some(_) if in_file => Parted::GoesOn,
        Some(_) => Parted::Left,
        None => Parted::Never,
    })
}

/// A friend is on a network that was joined for one.
pub fn met(account: &mut Account, one: &Joined) -> Result<(), AccountError> {
    let met = account.now();
    put(account, &Joined { met, ..one.clone() })
}

/// A network is none of the user's any more, and would be joined again.
pub fn forget(account: &mut Account, name: &str) -> Result<(), AccountError> {
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.joined().forget(name)?))?;
    refresh(account).map(drop)
}
