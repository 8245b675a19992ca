//! Channels: the control channel and one for each group. What a client does to one, by its name.

pub(super) mod changes;
mod coming;
pub(super) mod control;
pub(super) mod marks;
mod operate;
mod room;
mod standing;

use std::sync::Arc;

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::nick::CHANNEL;
use crate::gateway::register::user_mode;
use crate::gateway::render::member::names_lines;
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::Line;

pub(super) use coming::enter_all;
pub(super) use standing::names;

/// What a client means by the name of a channel.
enum Named {
    Control,
    Group(Arc<Channel>),
    Nothing,
}

impl Named {
    fn of(ctx: &Context<'_>, name: &str) -> Self {
        match ctx.state.groups.named(name) {
            _ if control::is_named(name) => Self::Control,
            Some(channel) => Self::Group(Arc::clone(channel)),
            None => Self::Nothing,
        }
    }
}

/// RFC 2812, section 3.2.1.
pub(crate) fn join(ctx: &mut Context<'_>, line: &Line) {
    for name in line.param(0).split(',') {
        match Named::of(ctx, name) {
            _ if name == "0" => {
                control::leave(ctx, "");
                coming::part_all(ctx);
            }
            Named::Control => control::join(ctx),
            Named::Group(channel) => {
                if coming::join(ctx, &channel) {
                    changes::look(ctx, channel.group.id);
                }
            }
            Named::Nothing => ctx.no_such_channel(name),
        }
    }
}

/// RFC 2812, section 3.2.2.
pub(crate) fn part(ctx: &mut Context<'_>, line: &Line) {
    for name in line.param(0).split(',') {
        match Named::of(ctx, name) {
            Named::Control => control::part(ctx, line.param(1)),
            Named::Group(channel) => coming::part(ctx, &channel, line.param(1)),
            Named::Nothing => ctx.no_such_channel(name),
        }
    }
}

/// RFC 2812, section 3.2.4.
pub(crate) fn topic(ctx: &mut Context<'_>, line: &Line) {
    match Named::of(ctx, line.param(0)) {
        Named::Control => control::topic(ctx, line),
        Named::Group(channel) => match line.params.get(1) {
            Some(topic) => operate::topic(ctx, &channel, topic),
            None => standing::topic(ctx, &channel),
        },
        Named::Nothing => ctx.no_such_channel(line.param(0)),
    }
}

/// RFC 2812, section 3.2.5.
pub(crate) fn names_of(ctx: &mut Context<'_>, line: &Line) {
    let asked = line.given(0).unwrap_or(CHANNEL).to_owned();
    let asked = asked.split(',').next().unwrap_or_default();
    match Named::of(ctx, asked) {
        Named::Control if ctx.client.joined => control::names(ctx),
        Named::Group(channel) if ctx.client.channels.contains(&channel.group.id) => {
            let names = names(ctx.client, ctx.state, &channel);
            for line in names_lines(ctx.client, &channel.name, &names) {
                ctx.client.send(line);
            }
        }
        Named::Control | Named::Group(_) | Named::Nothing => {
            ctx.numeric(n::END_OF_NAMES, &[asked], "End of NAMES list");
        }
    }
}

/// RFC 2812, section 3.2.6.
pub(crate) fn list(ctx: &mut Context<'_>, line: &Line) {
    // What is no mask, as `>2`, is taken as none.
    let asked = line.given(0).filter(|asked| !asked.starts_with(['<', '>']));
    let masks: Vec<String> = asked
        .unwrap_or("*")
        .split(',')
        .map(ToOwned::to_owned)
        .collect();
    let fits = |name: &str| masks.iter().any(|mask| nick::matches(mask, name));
    ctx.numeric(n::LIST_START, &["Channel"], "Users  Name");
    if fits(CHANNEL) {
        control::list(ctx);
    }
    let channels = ctx.state.groups.all().cloned();
    let channels: Vec<Arc<Channel>> = channels.filter(|one| fits(&one.name)).collect();
    for channel in channels {
        standing::list(ctx, &channel);
    }
    ctx.numeric(n::LIST_END, &[], "End of LIST");
}

/// RFC 2812, sections 3.1.5 and 3.2.3.
pub(crate) fn mode(ctx: &mut Context<'_>, line: &Line) {
    let target = line.param(0).to_owned();
    match Named::of(ctx, &target) {
        Named::Control => control::mode(ctx, line),
        Named::Group(channel) => operate::mode(ctx, &channel, line),
        Named::Nothing if target.starts_with(['&', '#', '+', '!']) => {
            ctx.no_such_channel(&target);
        }
        Named::Nothing => user_mode::mode(ctx, line),
    }
}

/// RFC 2812, section 3.2.7.
pub(crate) fn invite(ctx: &mut Context<'_>, line: &Line) {
    match Named::of(ctx, line.param(1)) {
        Named::Control => control::operate(ctx),
        Named::Group(channel) => operate::invite(ctx, &channel, line.param(0)),
        Named::Nothing => ctx.no_such_channel(line.param(1)),
    }
}

/// RFC 2812, section 3.2.8: of several nicks each by itself.
pub(crate) fn kick(ctx: &mut Context<'_>, line: &Line) {
    match Named::of(ctx, line.param(0)) {
        Named::Control => control::operate(ctx),
        Named::Group(channel) => {
            for nick in line.param(1).split(',').take(MOST_KICKED) {
                operate::kick(ctx, &channel, nick);
            }
        }
        Named::Nothing => ctx.no_such_channel(line.param(0)),
    }
}

/// IRCv3 `draft/channel-rename`.
pub(crate) fn rename(ctx: &mut Context<'_>, line: &Line) {
    match Named::of(ctx, line.param(0)) {
        _ if !ctx.client.has(Cap::ChannelRename) => {
            ctx.numeric(n::UNKNOWN_COMMAND, &["RENAME"], "Unknown command");
        }
        Named::Control => control::operate(ctx),
        Named::Group(channel) => operate::rename(ctx, &channel, line.param(1)),
        Named::Nothing => ctx.no_such_channel(line.param(0)),
    }
}

/// 005 `TARGMAX`.
const MOST_KICKED: usize = 4;
