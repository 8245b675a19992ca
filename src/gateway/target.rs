//! Whom a name means that a client gives.

use std::sync::Arc;

use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::With;
use crate::gateway::nick::{CHANNEL, SERVICE};
use crate::gateway::strangers::Stranger;
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::Reply;

/// Whom something is said to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Channel,
    Service,
    /// The client itself.
    Myself,
    /// Another client of the user.
    Client,
    Friend(Box<Contact>),
    /// A group that the user is in; whether this client is in its channel or not.
    Group(Arc<Channel>),
    /// A member of a group who is nobody on the roster: they get no letters but those of groups.
    Stranger(Box<Stranger>),
    Nobody,
}

/// A conversation, and what it is called at a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conversation<'a> {
    pub(crate) with: With,
    pub(crate) name: &'a str,
}

impl<'a> Conversation<'a> {
    pub(crate) fn query(contact: &'a Contact) -> Self {
        Self {
            with: With::Friend(contact.friend.id),
            name: &contact.nick,
        }
    }

    pub(crate) fn channel(channel: &'a Channel) -> Self {
        Self {
            with: With::Group(channel.group.id),
            name: &channel.name,
        }
    }
}

impl Target {
    /// Whom a name means.
    pub(crate) fn of(ctx: &Context<'_>, name: &str) -> Self {
        let group = ctx.state.groups.named(name);
        if let Some(channel) = group.filter(|channel| channel.group.is_in()) {
            return Target::Group(Arc::clone(channel));
        }
        let folded = nick::fold(nick::of_target(name));
        if folded == CHANNEL && ctx.client.joined {
            return Target::Channel;
        }
        if folded == SERVICE {
            return Target::Service;
        }
        if folded == nick::fold(&ctx.client.nick) {
            return Target::Myself;
        }
        if ctx.others.values().any(|other| other.is_called(&folded)) {
            return Target::Client;
        }
        if let Some(contact) = ctx.state.contacts.named(&folded) {
            return Target::Friend(Box::new(contact.clone()));
        }
        if let Some(stranger) = ctx.state.strangers.named(&folded) {
            return Target::Stranger(Box::new(stranger.clone()));
        }
        match ctx.state.formerly(&folded) {
            Some(contact) => Target::Friend(Box::new(contact.clone())),
            None => Target::Nobody,
        }
    }

    /// The conversation that it is, if it is one that is stored.
    pub(crate) fn conversation(&self) -> Option<Conversation<'_>> {
        match self {
            Target::Friend(contact) => Some(Conversation::query(contact)),
            Target::Group(channel) => Some(Conversation::channel(channel)),
            Target::Channel
            | Target::Service
            | Target::Myself
            | Target::Client
            | Target::Stranger(_)
            | Target::Nobody => None,
        }
    }
}

/// Whom a client writes to. If it has missed that a friend is called otherwise now, it is told.
pub(crate) fn addressed(ctx: &mut Context<'_>, name: &str) -> Target {
    let target = Target::of(ctx, name);
    if let Target::Friend(contact) = &target
        && ctx.state.contacts.named(nick::of_target(name)).is_none()
    {
        let (_, from) = contact.source.split_once('!').unwrap_or_default();
        let old = format!("{}!{from}", nick::of_target(name));
        ctx.client
            .notify(Reply::new(&old, &["NICK", &contact.nick], None));
    }
    target
}

pub(crate) fn nobody(ctx: &mut Context<'_>, name: &str) {
    if nick::fold(name) == CHANNEL {
        ctx.numeric(n::CANNOT_SEND, &[CHANNEL], "Cannot send to channel");
    } else if name.starts_with(['#', '&', '+', '!']) {
        ctx.no_such_channel(name);
    } else {
        ctx.no_such_nick(name);
    }
}

/// The clients with this nick, the speaking one included.
pub(crate) fn clients_named<'a>(
    ctx: &'a mut Context<'_>,
    name: &str,
) -> impl Iterator<Item = &'a mut Client> {
    let nick = nick::of_target(name).to_owned();
    let all = std::iter::once(&mut *ctx.client).chain(ctx.others.values_mut());
    all.filter(move |client| client.is_called(&nick))
}

/// A nick of a client as the client writes it.
pub(crate) fn nick_of(ctx: &mut Context<'_>, name: &str) -> String {
    let named = clients_named(ctx, name).next();
    named.map_or_else(|| name.to_owned(), |client| client.nick.clone())
}
