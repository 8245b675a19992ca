//! Everybody as they answer to questions: friends, the service, the user's clients, all by stable names.

use crate::protocol::time::Seconds;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::nick::{self, CHANNEL, SERVER, SERVICE};

/// Somebody as they answer to questions: a friend, the service, or a client of the user.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) nick: String,
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) real_name: String,
    pub(crate) account: Option<String>,
    pub(crate) away: Option<String>,
    /// Online. A friend who is not is known all the same.
    pub(crate) present: bool,
    /// In the control channel, as the asking client sees it.
    pub(crate) joined: bool,
    pub(crate) voiced: bool,
    pub(crate) bot: bool,
    pub(crate) kind: Kind,
    /// For how long nothing came of them, if that is known.
    pub(crate) idle: Option<Duration>,
    /// Since when they are there or known.
    pub(crate) since: Seconds,
}

/// What somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Service,
    /// A client of the user; `true`: over TLS.
    Client(bool),
    Friend(Box<Contact>),
}

impl Identity {
    pub(crate) fn source(&self) -> String {
        format!("{}!{}@{}", self.nick, self.user, self.host)
    }

    fn of_contact(contact: &Contact) -> Self {
        Self {
            nick: contact.nick.clone(),
            user: contact.user.clone(),
            host: contact.host.clone(),
            real_name: contact.real_name(),
            account: contact.account().map(ToOwned::to_owned),
            away: contact.away(),
            present: contact.is_present(),
            joined: contact.is_present(),
            voiced: contact.is_voiced(),
            bot: false,
            kind: Kind::Friend(Box::new(contact.clone())),
            idle: None,
            since: contact.friend.since,
        }
    }

    /// Flags of WHO: here or gone, the mode in the channel, bot.
    pub(crate) fn flags(&self) -> String {
        let mut flags = String::from(if self.away.is_some() { "G" } else { "H" });
        if self.joined {
            flags.push_str(self.mark());
        }
        if self.bot {
            flags.push('B');
        }
        flags
    }

    /// "matched against users' host, server, real name and nickname", and the user name as Modern has it.
    pub(crate) fn fits(&self, mask: &str) -> bool {
        let names = [&self.user, &self.host, &self.real_name];
        names.into_iter().any(|name| nick::matches(mask, name))
    }

    /// The mode in the channel, as it stands before the nick: `iim` is the operator, who is online has a voice.
    pub(crate) fn mark(&self) -> &'static str {
        match (&self.kind, self.voiced) {
            (Kind::Service, _) => "@",
            (Kind::Client(_) | Kind::Friend(_), true) => "+",
            (Kind::Client(_) | Kind::Friend(_), false) => "",
        }
    }

    pub(crate) fn channel(&self) -> &'static str {
        if self.joined { CHANNEL } else { "*" }
    }
}

/// Who has this nick, online or not.
pub(crate) fn identity(ctx: &Context<'_>, name: &str) -> Option<Identity> {
    let folded = nick::fold(name);
    if folded == SERVICE {
        return Some(service_identity(ctx));
    }
    if folded == nick::fold(&ctx.client.nick) {
        return Some(client_identity(ctx, ctx.client, ctx.client.joined));
    }
    let mut others = ctx.others.values();
    if let Some(other) = others.find(|other| other.is_called(&folded)) {
        return Some(client_identity(ctx, other, false));
    }
    let contact = ctx.state.contacts.named(&folded)?;
    Some(Identity::of_contact(contact))
}

/// Everybody who is there.
pub(crate) fn identities(ctx: &Context<'_>) -> Vec<Identity> {
    let mut all = vec![
        client_identity(ctx, ctx.client, ctx.client.joined),
        service_identity(ctx),
    ];
    // Clients that share a nick are one to whoever asks.
    let mut nicks = BTreeSet::from([nick::fold(&ctx.client.nick)]);
    let others = ctx.others.values().filter(|c| c.is_registered());
    let others = others.filter(|other| nicks.insert(nick::fold(&other.nick)));
    all.extend(others.map(|other| client_identity(ctx, other, false)));
    let friends = ctx.state.contacts.all().filter(|p| p.is_present());
    all.extend(friends.map(Identity::of_contact));
    all
}

fn service_identity(ctx: &Context<'_>) -> Identity {
    Identity {
        nick: SERVICE.to_owned(),
        user: SERVICE.to_owned(),
        host: SERVER.to_owned(),
        real_name: "takes the commands of iim".to_owned(),
        account: None,
        away: None,
        present: true,
        joined: true,
        voiced: true,
        bot: true,
        kind: Kind::Service,
        idle: None,
        since: ctx.state.settings.started.seconds(),
    }
}

fn client_identity(ctx: &Context<'_>, client: &Client, joined: bool) -> Identity {
    let status = ctx.state.away();
    let idle = ctx.host.now().since(client.spoke_at);
    Identity {
        nick: client.nick.clone(),
        user: client.user.clone(),
        host: SERVER.to_owned(),
        real_name: client.real_name.clone(),
        account: client.logged_in.then(|| ctx.state.account()),
        voiced: status.is_none(),
        away: status.filter(|_| client.said_away),
        present: true,
        joined,
        bot: client.bot,
        kind: Kind::Client(client.peer.tls),
        idle: Some(idle),
        since: client.since.seconds(),
    }
}
