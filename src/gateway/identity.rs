//! Everybody as they answer to questions: friends, the service, the user's clients, all by stable names.

use crate::protocol::time::Seconds;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::gateway::caps::Cap;
use crate::gateway::channel::marks::Marks;
use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::Member;
use crate::gateway::nick::{self, CHANNEL, SERVER, SERVICE};
use crate::gateway::strangers::Stranger;

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
    /// As they stand in the channel of a group, if it is about that: its name, and their marks there.
    pub(crate) in_group: Option<(String, Marks)>,
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
    /// A member of a group, and nobody on the roster.
    Stranger(Box<Stranger>),
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
            in_group: None,
            bot: false,
            kind: Kind::Friend(Box::new(contact.clone())),
            idle: None,
            since: contact.friend.since,
        }
    }

    /// Whether a stranger is there is known only where they are in the room of a group.
    fn of_stranger(stranger: &Stranger) -> Self {
        Self {
            nick: stranger.nick.clone(),
            user: stranger.user.clone(),
            host: stranger.host.clone(),
            real_name: stranger.real_name.clone(),
            account: None,
            away: None,
            present: false,
            joined: false,
            voiced: false,
            in_group: None,
            bot: false,
            kind: Kind::Stranger(Box::new(stranger.clone())),
            idle: None,
            since: Seconds(0),
        }
    }

    /// Flags of WHO: here or gone, the mode in the channel, or `all` the modes, bot.
    pub(crate) fn flags(&self, all: bool) -> String {
        let is_gone = self.away.is_some() || !self.present;
        let mut flags = String::from(if is_gone { "G" } else { "H" });
        if self.joined || self.in_group.is_some() {
            flags.push_str(self.mark(all));
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

    /// The mode in the channel, or `all` the modes, as it stands before the nick: in the control channel `iim` is the operator,
    /// and who is online has a voice; in that of a group see [`Marks`].
    pub(crate) fn mark(&self, all: bool) -> &'static str {
        match (&self.in_group, &self.kind, self.voiced) {
            (Some((_, marks)), _, _) => marks.text(all),
            (None, Kind::Service, _) => "@",
            (None, Kind::Client(_) | Kind::Friend(_), true) => "+",
            (None, Kind::Client(_) | Kind::Friend(_), false) | (None, Kind::Stranger(_), _) => "",
        }
    }

    /// As NAMES has it; `full`: with user and host.
    pub(crate) fn name(&self, full: bool) -> String {
        match full {
            true => format!("{}{}", self.mark(false), self.source()),
            false => format!("{}{}", self.mark(false), self.nick),
        }
    }

    pub(crate) fn channel(&self) -> &str {
        match &self.in_group {
            Some((name, _)) => name,
            None if self.joined => CHANNEL,
            None => "*",
        }
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
    if let Some(contact) = ctx.state.contacts.named(&folded) {
        return Some(Identity::of_contact(contact));
    }
    let stranger = ctx.state.strangers.named(&folded)?;
    Some(Identity::of_stranger(stranger))
}

/// Everybody who is in the channel of a group, there or not, the user first.
pub(crate) fn members(ctx: &Context<'_>, channel: &Channel) -> Vec<Identity> {
    let own = client_identity(ctx, ctx.client, false);
    let mut all = vec![(own, Marks::own(&channel.group))];
    for member in channel.group.others() {
        let contact = ctx.state.contacts.who(member).map(Identity::of_contact);
        let stranger = || {
            let stranger = ctx.state.strangers.get(member.id);
            stranger.map(|stranger| Identity {
                present: member.there,
                ..Identity::of_stranger(stranger)
            })
        };
        let marks = Marks::of(member);
        all.extend(contact.or_else(stranger).map(|one| (one, marks)));
    }
    let in_group = |(one, marks): (Identity, Marks)| Identity {
        in_group: Some((channel.name.clone(), marks)),
        ..one
    };
    all.into_iter().map(in_group).collect()
}

/// The channels of groups in which the client meets them, each with their marks there in front.
pub(crate) fn channels(ctx: &Context<'_>, of: &Identity) -> Vec<String> {
    let channels = ctx.state.groups.all();
    let channels = channels.filter(|one| ctx.client.channels.contains(&one.group.id));
    let all = ctx.client.has(Cap::MultiPrefix);
    let shared = channels.filter_map(|channel| {
        let marks = match &of.kind {
            Kind::Service => None,
            Kind::Client(_) => Some(Marks::own(&channel.group)),
            Kind::Friend(contact) => marks_of(channel, |member| contact.is(member)),
            Kind::Stranger(stranger) => marks_of(channel, |member| member.id == stranger.id),
        };
        marks.map(|marks| format!("{}{}", marks.text(all), channel.name))
    });
    shared.collect()
}

/// How somebody stands there, if they are in.
fn marks_of(channel: &Channel, is: impl Fn(&Member) -> bool) -> Option<Marks> {
    let mut others = channel.group.others();
    others.find(|member| is(member)).map(Marks::of)
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
        in_group: None,
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
        in_group: None,
        away: status.filter(|_| client.said_away),
        present: true,
        joined,
        bot: client.bot,
        kind: Kind::Client(client.peer.tls),
        idle: Some(idle),
        since: client.since.seconds(),
    }
}
