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
    if how == How::Asked
        && let Some(one) = followed(account, &network)?
    {
        return put(account, &Joined { how, ..one });
    }
    let now = account.now();
    let one = Joined {
        network,
        tls,
        how,
        since: now,
        met: now,
    };
    account.config.joining(&one)?;
    put(account, &one)
}

/// The network, if it was joined for a friend.
fn followed(account: &Account, network: &Network) -> Result<Option<Joined>, AccountError> {
    let mut all = all(account)?.into_iter();
    Ok(all.find(|one| one.how == How::Followed && one.network == *network))
}

fn put(account: &mut Account, one: &Joined) -> Result<(), AccountError> {
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.joined().put(one)?))?;
    refresh(account).map(drop)
}

/// The user leaves a network that was joined.
/// Errors: [`JoinError`], if it was not.
pub fn leave(account: &mut Account, name: &str) -> Result<(), AccountError> {
    let is_there = |one: &Joined| one.how != How::Left && one.network.name == name;
    let left = all(account)?.into_iter().find(is_there);
    let in_file = |account: &Account| {
        let mut networks = account.config.networks.iter();
        networks.any(|network| network.name == name && !network.joined)
    };
    match left {
        // Only those could come again without a question.
        Some(one) if Known::named(name).is_some() => {
            let how = How::Left;
            put(account, &Joined { how, ..one })?;
        }
        Some(_) => forget(account, name)?,
        None if in_file(account) => return Err(JoinError::InFile(name.to_owned()).into()),
        None => return Err(JoinError::Missing(name.to_owned()).into()),
    }
    refresh(account).map(drop)
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
