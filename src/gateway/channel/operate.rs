//! What only an admin may do in the channel of a group: TOPIC, INVITE, KICK, MODE; and RENAME, which is the user's own.
//! What comes of it is told by an event, to all devices.

use super::changes;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::Member;
use crate::gateway::message::send;
use crate::gateway::target::Target;
use crate::gateway::{formatting, nick, numeric as n};
use crate::protocol::clean;
use crate::protocol::codec::MAX_TOPIC;
use crate::protocol::group::Title;
use crate::protocol::irc_line::Line;
use crate::rules::event::GroupAct;

/// RFC 2812, section 3.2.4: the topic is what is changed, what the group is called stays.
pub(super) fn topic(ctx: &mut Context<'_>, channel: &Channel, topic: &str) {
    if !may_operate(ctx, channel) {
        return;
    }
    let name = channel.group.title.name.clone();
    let topic = clean::line(&formatting::without(topic), MAX_TOPIC);
    act(
        ctx,
        channel,
        GroupAct::Title(channel.group.id, Title { name, topic }),
    );
}

/// RFC 2812, section 3.2.7: a friend is asked; they come in when they have said yes.
pub(super) fn invite(ctx: &mut Context<'_>, channel: &Channel, name: &str) {
    if !is_here(ctx, channel) {
        return;
    }
    if member(ctx, channel, name).is_some() || is_own(ctx, name) {
        let words = [name, &channel.name];
        return ctx.numeric(n::USER_ON_CHANNEL, &words, "is already on channel");
    }
    let contact = match Target::of(ctx, name) {
        Target::Friend(contact) => contact,
        Target::Stranger(stranger) => return send::stranger(ctx, &stranger),
        Target::Channel
        | Target::Service
        | Target::Myself
        | Target::Client
        | Target::Group(_)
        | Target::Nobody => return ctx.no_such_nick(name),
    };
    if !may_operate(ctx, channel) {
        return;
    }
    let act = GroupAct::Add(channel.group.id, vec![contact.friend.id]);
    match ctx.host.in_group(act) {
        Ok(()) => {
            let words = [contact.nick.as_str(), &channel.name];
            ctx.client.numeric(n::INVITING, &words, None);
        }
        Err(reason) => {
            let words = ["INVITE", "CANNOT_INVITE", &contact.nick, &channel.name];
            ctx.refuse(&words, &reason);
        }
    }
}

/// RFC 2812, section 3.2.8.
pub(super) fn kick(ctx: &mut Context<'_>, channel: &Channel, name: &str) {
    if !may_operate(ctx, channel) {
        return;
    }
    if is_own(ctx, name) {
        let text = format!("To leave the group: group leave {}", channel.name);
        return ctx.refuse(&["KICK", "CANNOT_KICK", &channel.name, name], &text);
    }
    match member(ctx, channel, name).map(|member| member.id) {
        Some(id) => act(ctx, channel, GroupAct::Remove(channel.group.id, id)),
        None => not_in_channel(ctx, channel, name),
    }
}

/// RFC 2812, section 3.2.3. The group's own modes are what is true of it: only who is asked comes in, nobody else is heard
/// in it or sees it, and the topic is the admins'.
pub(super) fn mode(ctx: &mut Context<'_>, channel: &Channel, line: &Line) {
    let name = &channel.name;
    let modes = line.given(1).map(|modes| modes.trim_start_matches('+'));
    match modes.filter(|modes| !modes.is_empty()) {
        None if !channel.group.is_in() => ctx.not_on_channel(name),
        None => {
            ctx.client.numeric(n::CHANNEL_MODE_IS, &[name, MODES], None);
            let since = channel.group.since.to_string();
            ctx.client.numeric(n::CREATION_TIME, &[name, &since], None);
        }
        Some("b") => ctx.numeric(n::END_OF_BAN_LIST, &[name], "End of channel ban list"),
        Some("o") => admin(ctx, channel, line.param(2), true),
        Some("-o") => admin(ctx, channel, line.param(2), false),
        Some(modes) => match modes.chars().find(|c| !"+-instpmvbkleIo".contains(*c)) {
            Some(unknown) => {
                let unknown = unknown.to_string();
                ctx.numeric(n::UNKNOWN_MODE, &[&unknown], "is unknown mode char to me");
            }
            None if may_operate(ctx, channel) => {
                let text = "The modes of a group are fixed, but for +o and -o of one nick";
                ctx.refuse(&["MODE", "CANNOT_CHANGE", name], text);
            }
            None => {}
        },
    }
}

fn admin(ctx: &mut Context<'_>, channel: &Channel, name: &str, on: bool) {
    if name.is_empty() {
        return ctx.need_more("MODE");
    }
    if !may_operate(ctx, channel) {
        return;
    }
    if is_own(ctx, name) {
        let text = "Nobody makes themselves an admin, or no admin";
        return ctx.refuse(&["MODE", "CANNOT_CHANGE", &channel.name, name], text);
    }
    match member(ctx, channel, name).map(|member| member.id) {
        Some(id) => act(ctx, channel, GroupAct::Admin(channel.group.id, id, on)),
        None => not_in_channel(ctx, channel, name),
    }
}

/// IRCv3 `draft/channel-rename`: what the user calls the group, for themselves.
pub(super) fn rename(ctx: &mut Context<'_>, channel: &Channel, new: &str) {
    if !is_here(ctx, channel) {
        return;
    }
    let act = GroupAct::Rename(channel.group.id, new.trim_start_matches('#').to_owned());
    match ctx.host.in_group(act) {
        Ok(()) => changes::look(ctx, channel.group.id),
        Err(reason) => {
            let words = ["RENAME", "CANNOT_RENAME", &channel.name, new];
            ctx.fail(&words, &reason);
        }
    }
}

/// Does it; that the rules refuse it to an admin is for their rank (482).
fn act(ctx: &mut Context<'_>, channel: &Channel, act: GroupAct) {
    if let Err(reason) = ctx.host.in_group(act) {
        ctx.numeric(n::NOT_OPERATOR, &[&channel.name], &reason);
    }
}

/// Whether the client is in the channel, and the user an admin; says so if not.
fn may_operate(ctx: &mut Context<'_>, channel: &Channel) -> bool {
    if !is_here(ctx, channel) {
        return false;
    }
    if !channel.group.admin {
        ctx.not_operator(&channel.name);
    }
    channel.group.admin
}

fn is_here(ctx: &mut Context<'_>, channel: &Channel) -> bool {
    let is_here = ctx.client.channels.contains(&channel.group.id);
    if !is_here {
        ctx.not_on_channel(&channel.name);
    }
    is_here
}

fn is_own(ctx: &Context<'_>, name: &str) -> bool {
    nick::fold(name) == nick::fold(&ctx.client.nick)
}

/// Who of those in has this nick.
fn member<'a>(ctx: &Context<'_>, channel: &'a Channel, name: &str) -> Option<&'a Member> {
    let folded = nick::fold(name);
    let mut others = channel.group.others();
    others.find(|member| {
        let person = ctx.state.member(member);
        person.is_some_and(|person| nick::fold(&person.nick) == folded)
    })
}

/// 401 for nobody's nick, 441 for one who is not in.
fn not_in_channel(ctx: &mut Context<'_>, channel: &Channel, name: &str) {
    match Target::of(ctx, name) {
        Target::Nobody => ctx.no_such_nick(name),
        Target::Channel
        | Target::Service
        | Target::Myself
        | Target::Client
        | Target::Friend(_)
        | Target::Group(_)
        | Target::Stranger(_) => {
            let words = [name, &channel.name];
            ctx.numeric(
                n::USER_NOT_IN_CHANNEL,
                &words,
                "They aren't on that channel",
            );
        }
    }
}

/// 324.
pub(super) const MODES: &str = "+inst";
