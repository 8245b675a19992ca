//! A client comes into the channel of a group, or parts from it. That is this device's matter: the user is in the group
//! before and after. JOIN of a group that the user is asked into is their yes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::standing;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::{Host, Marked, Standing, With};
use crate::gateway::message::{read_marker, service};
use crate::gateway::numeric as n;
use crate::gateway::render::member::{join_line, names_lines};
use crate::gateway::state::State;
use crate::protocol::irc_line::Reply;
use crate::rules::conversation::ContactId;
use crate::rules::event::GroupAct;

/// Says whether the group is another than before.
pub(super) fn join(ctx: &mut Context<'_>, channel: &Channel) -> bool {
    match channel.group.standing {
        Standing::In => come_back(ctx, channel),
        Standing::Asked(by) => return accept(ctx, channel, by),
        Standing::Agreed => say(ctx, &waits(&channel.name, "who asked you")),
    }
    false
}

fn come_back(ctx: &mut Context<'_>, channel: &Channel) {
    if ctx.client.channels.contains(&channel.group.id) {
        return;
    }
    if let Some(device) = &ctx.client.device {
        ctx.host.hide(device, channel.group.id, false);
    }
    enter(ctx.client, ctx.state, ctx.host, channel, true);
    if let Some(question) = &channel.group.question {
        say(ctx, &service::question_text(question));
    }
}

/// The channel opens when the friend who asked has taken the user in, which they are told by an event.
fn accept(ctx: &mut Context<'_>, channel: &Channel, by: ContactId) -> bool {
    if let Err(reason) = ctx.host.in_group(GroupAct::Accept(channel.group.id)) {
        ctx.numeric(n::INVITE_ONLY, &[&channel.name], &reason);
        return false;
    }
    let friend = ctx.state.contacts.get(by);
    let friend = friend
        .map_or("who asked you", |friend| &friend.nick)
        .to_owned();
    say(ctx, &waits(&channel.name, &friend));
    true
}

fn waits(channel: &str, friend: &str) -> String {
    format!("you have said yes: {channel} opens here when {friend} has let you in")
}

fn say(ctx: &mut Context<'_>, text: &str) {
    service::answer(ctx.client, text, ctx.state.now);
}

pub(super) fn part(ctx: &mut Context<'_>, channel: &Channel, reason: &str) {
    if !ctx.client.channels.remove(&channel.group.id) {
        return ctx.not_on_channel(&channel.name);
    }
    if let Some(device) = &ctx.client.device {
        ctx.host.hide(device, channel.group.id, true);
    }
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let source = ctx.client.source();
    ctx.client
        .send(Reply::new(&source, &["PART", &channel.name], reason));
    if !std::mem::replace(&mut ctx.client.told_of_parting, true) {
        let name = &channel.name;
        let text = format!(
            "{name} is hidden on this device until /join {name}; you are still in it: to leave it, write `group leave {name}`"
        );
        say(ctx, &text);
    }
}

/// JOIN 0: "a special request to leave all channels the user is currently a member of".
pub(super) fn part_all(ctx: &mut Context<'_>) {
    let channels = ctx.state.groups.all().cloned();
    let channels: Vec<Arc<Channel>> = channels
        .filter(|channel| ctx.client.channels.contains(&channel.group.id))
        .collect();
    for channel in channels {
        part(ctx, &channel, "");
    }
}

/// A client that has registered is put into all channels but those that its device hides, and told of what it may come into.
pub(crate) fn enter_all(ctx: &mut Context<'_>) {
    let hidden = match &ctx.client.device {
        Some(device) => ctx.host.hidden(device),
        None => BTreeSet::new(),
    };
    let channels: Vec<Arc<Channel>> = ctx.state.groups.all().cloned().collect();
    for channel in channels {
        match channel.group.standing {
            Standing::In if hidden.contains(&channel.group.id) => {}
            Standing::In => enter(ctx.client, ctx.state, ctx.host, &channel, true),
            Standing::Asked(by) => {
                let line = invite_line(ctx.client, ctx.state, &channel, by);
                ctx.client.push_all(line, true);
            }
            Standing::Agreed => {}
        }
    }
}

/// A client is in a channel from now on, with what follows: topic, marker, names (Modern, "JOIN message").
pub(super) fn enter(
    client: &mut Client,
    state: &State,
    host: &mut dyn Host,
    channel: &Channel,
    answers: bool,
) {
    client.channels.insert(channel.group.id);
    let account = client.logged_in.then(|| state.account());
    let extended = client.has(Cap::ExtendedJoin);
    let (source, name) = (client.source(), &channel.name);
    let real = &client.real_name;
    let mut lines = vec![join_line(name, &source, account.as_deref(), real, extended)];
    lines.extend(standing::topic_lines(client, state, channel));
    if client.has(Cap::ReadMarker) {
        let marked = Marked::With(With::Group(channel.group.id));
        lines.push(read_marker::mark_line(name, host.marker(marked)));
    }
    let names = standing::names(client, state, channel);
    lines.extend(names_lines(client, name, &names));
    client.push_all(lines, answers);
}

/// INVITE, from the friend who asks (RFC 2812, section 3.2.7).
pub(super) fn invite_line(
    client: &Client,
    state: &State,
    channel: &Channel,
    by: ContactId,
) -> Option<Reply> {
    let friend = state.contacts.get(by)?;
    let words = ["INVITE", &client.nick, &channel.name];
    Some(Reply::new(&friend.source, &words, None))
}
