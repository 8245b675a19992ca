//! A friend who is met on none of the user's networks: where they are, and how the user joins one of those.
//!
//! What a friend names is shown as it is, and what the user is offered to type names exactly the server that it leads to.

use super::Account;
use crate::edge::config::{Follow, Server};
use crate::protocol::clean::one_line;
use crate::protocol::letter::Network;
use crate::protocol::shell;
use crate::rules::contact::Contact;
use crate::rules::networks::{self, Known, Ours};

/// Where a friend is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The network's own name if it is well known, else what the friend calls it.
    pub network: String,
    /// Its first server, as `host:port`.
    pub server: String,
    /// What the user joins it by; `None`: it lies inside of a local network, or is no place at all.
    pub join: Option<Join>,
    /// One of ours may be the same, for it is not known yet what that is called.
    pub perhaps: bool,
}

/// What the user joins a network by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Join {
    /// The name of one that is well known.
    Known(&'static Known),
    /// The address of any other, for what a friend calls it proves nothing.
    Url(String),
}

impl Join {
    /// As it is written behind `iim network join`.
    pub fn word(&self) -> &str {
        match self {
            Self::Known(known) => known.name,
            Self::Url(url) => url,
        }
    }
}

impl Elsewhere {
    /// Where a friend is met, if it is on none of these: on a well-known network if there is one, else on one that can be
    /// joined.
    pub fn of(person: &Contact, ours: &[Ours]) -> Option<Self> {
        let all = networks::elsewhere(person, ours).iter().map(Self::on);
        let best = all.min_by_key(|one| match one.join {
            Some(Join::Known(_)) => 0,
            Some(Join::Url(_)) => 1,
            None => 2,
        })?;
        Some(Self {
            perhaps: networks::is_in_doubt(ours),
            ..best
        })
    }

    fn on(theirs: &Network) -> Self {
        if let Some(known) = Known::of(&theirs.servers) {
            return Self {
                network: known.name.to_owned(),
                server: known
                    .servers
                    .first()
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                join: Some(Join::Known(known)),
                perhaps: false,
            };
        }
        let mut urls = theirs.servers.iter().filter_map(|server| url(server));
        let (server, join) = match urls.next() {
            Some((server, url)) => (server, Some(Join::Url(url))),
            None => (theirs.servers.first().cloned().unwrap_or_default(), None),
        };
        Self {
            network: one_line(&theirs.name),
            server: one_line(&server),
            join,
            perhaps: false,
        }
    }

    /// In words, of a friend of this name.
    pub fn line(&self, name: &str) -> String {
        let name = one_line(name);
        let (network, server) = (shell::word(&self.network), shell::word(&self.server));
        let not = if self.perhaps { "perhaps not" } else { "not" };
        let joins = |join: &Join| shell::hint("network join", &[join.word()]);
        match &self.join {
            Some(join @ Join::Known(_)) => {
                let joins = joins(join);
                format!("{name} is on {network} ({server}), where you are {not}: {joins}")
            }
            Some(join @ Join::Url(_)) => {
                let joins = joins(join);
                format!(
                    "{name} is on {server} (they call it {network}), where you are {not}: {joins}"
                )
            }
            None => format!(
                "{name} is on {server} (they call it {network}), where you are {not}; it is no server of the internet"
            ),
        }
    }
}

/// The address by which a server is joined, if it is one that can be meant: a server of the internet.
fn url(server: &str) -> Option<(String, String)> {
    let server = Server::try_from(server.to_owned()).ok();
    let server = server.filter(|server| !server.is_local())?;
    // A host is the network's name, unless it is too long for one.
    let label = server.host.split('.').next().unwrap_or_default();
    let name = match Network::is_name(&server.host) {
        true => String::new(),
        false => format!("{label}="),
    };
    Some((server.to_string(), format!("{name}ircs://{server}")))
}

/// Where a friend is met who is on none of these; nobody is, if the user wants to hear nothing of it.
pub fn of(account: &Account, person: &Contact, ours: &[Ours]) -> Option<Elsewhere> {
    let wanted = account.config.presence.follow != Follow::Never;
    wanted.then(|| Elsewhere::of(person, ours)).flatten()
}

/// The same in words.
pub fn line(account: &Account, person: &Contact, ours: &[Ours]) -> Option<String> {
    Some(of(account, person, ours)?.line(&person.name))
}

/// The friends who are met on none of these, and where.
pub fn all<'a>(
    account: &Account,
    people: &'a [Contact],
    ours: &[Ours],
) -> Vec<(&'a Contact, Elsewhere)> {
    let there = |person| Some((person, of(account, person, ours)?));
    people.iter().filter_map(there).collect()
}

/// Of many lines only the first, and how many more there are.
pub fn few(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(FEW);
    lines.truncate(FEW);
    match more {
        0 => {}
        1 => lines.push("and 1 other: `iim network list`".to_owned()),
        _ => lines.push(format!("and {more} others: `iim network list`")),
    }
    lines
}

/// As many are said one by one.
const FEW: usize = 3;

#[cfg(test)]
mod tests;
