//! The control channel: the one channel there is, and what may not be done to it.
//!
//! A client may leave it; it is in it again after JOIN, and whenever it attaches. While it is out, `iim` speaks to it
//! by query.

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::identity::{Identity, identities, identity};
use crate::gateway::message::read_marker;
use crate::gateway::nick::{CHANNEL, SERVICE};
use crate::gateway::render::member::join_line;
use crate::gateway::render::split::pack;
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

/// RFC 2812, section 3.2.1.
pub(crate) fn join(ctx: &mut Context<'_>, line: &Line) {
    for name in line.param(0).split(',') {
        match name {
            "0" => leave(ctx, ""),
            name if nick::fold(name) == CHANNEL => join_channel(ctx),
            name => ctx.no_such_channel(name),
        }
    }
}

/// Joins it, with what follows: topic, marker, names (Modern, "JOIN message").
pub(crate) fn join_channel(ctx: &mut Context<'_>) {
    if std::mem::replace(&mut ctx.client.joined, true) {
        return;
    }
    let account = ctx.client.logged_in.then(|| ctx.state.account());
    let extended = ctx.client.has(Cap::ExtendedJoin);
    let (source, real) = (ctx.client.source(), &ctx.client.real_name);
    let reply = join_line(&source, account.as_deref(), real, extended);
    ctx.client.send(reply);
    show_topic(ctx);
    if ctx.client.has(Cap::ReadMarker) {
        read_marker::show_mark(ctx, CHANNEL);
    }
    show_names(ctx);
}

/// RFC 2812, section 3.2.2.
pub(crate) fn part(ctx: &mut Context<'_>, line: &Line) {
    let reason = line.param(1).to_owned();
    for name in line.param(0).split(',') {
        if nick::fold(name) != CHANNEL {
            ctx.no_such_channel(name);
        } else if ctx.client.joined {
            leave(ctx, &reason);
        } else {
            not_joined(ctx);
        }
    }
}

fn leave(ctx: &mut Context<'_>, reason: &str) {
    if std::mem::replace(&mut ctx.client.joined, false) {
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        let source = ctx.client.source();
        let reply = Reply::new(&source, &["PART", CHANNEL], reason);
        ctx.client.send(reply);
    }
}

/// RFC 2812, section 3.2.4: nobody may change it.
pub(crate) fn topic(ctx: &mut Context<'_>, line: &Line) {
    if line.params.len() > 1 {
        operate(ctx, line.param(0));
    } else if is_here(ctx, line.param(0)) {
        show_topic(ctx);
    }
}

/// With who set it and when (Modern, "RPL_TOPICWHOTIME").
fn show_topic(ctx: &mut Context<'_>) {
    let topic = topic_text(ctx);
    ctx.numeric(n::TOPIC, &[CHANNEL], &topic);
    let since = ctx.state.settings.started.seconds().to_string();
    let words = [CHANNEL, SERVICE, &since];
    ctx.client.numeric(n::TOPIC_WHO_TIME, &words, None);
}

fn topic_text(ctx: &Context<'_>) -> String {
    let account = ctx.state.account();
    format!("friends of {account} · commands: write `help` here or to iim")
}

/// RFC 2812, section 3.2.5.
pub(crate) fn names(ctx: &mut Context<'_>, line: &Line) {
    let asked = line.given(0).unwrap_or(CHANNEL).to_owned();
    let asked = asked.split(',').next().unwrap_or_default();
    if nick::fold(asked) == CHANNEL && ctx.client.joined {
        show_names(ctx);
    } else {
        ctx.numeric(n::END_OF_NAMES, &[asked], "End of NAMES list");
    }
}

fn show_names(ctx: &mut Context<'_>) {
    let mut identities = identities(ctx);
    identities.retain(|identity| identity.joined);
    let full = ctx.client.has(Cap::UserhostInNames);
    let name = |identity: &Identity| match full {
        true => format!("{}{}", identity.mark(), identity.source()),
        false => format!("{}{}", identity.mark(), identity.nick),
    };
    let names: Vec<String> = identities.iter().map(name).collect();
    for text in pack(&names, ' ', ROOM) {
        ctx.numeric(n::NAMES_REPLY, &[SECRET, CHANNEL], &text);
    }
    ctx.numeric(n::END_OF_NAMES, &[CHANNEL], "End of NAMES list");
}

/// RFC 2812, section 3.2.6.
pub(crate) fn list(ctx: &mut Context<'_>, line: &Line) {
    let asked = line.given(0).unwrap_or(CHANNEL).to_owned();
    let mut asked = asked.split(',');
    ctx.numeric(n::LIST_START, &["Channel"], "Users  Name");
    if asked.any(|mask| nick::matches(mask, CHANNEL)) {
        let mut identities = identities(ctx);
        identities.retain(|identity| identity.joined);
        let topic = topic_text(ctx);
        ctx.numeric(n::LIST, &[CHANNEL, &identities.len().to_string()], &topic);
    }
    ctx.numeric(n::LIST_END, &[], "End of LIST");
}

/// RFC 2812, sections 3.1.5 and 3.2.3.
pub(crate) fn mode(ctx: &mut Context<'_>, line: &Line) {
    let target = line.param(0).to_owned();
    if nick::fold(&target) == CHANNEL {
        channel_mode(ctx, line);
    } else if target.starts_with(['&', '#', '+', '!']) {
        ctx.no_such_channel(&target);
    } else if nick::fold(&target) == nick::fold(&ctx.client.nick) {
        user_mode(ctx, line);
    } else if identity(ctx, &target).is_some() {
        let text = "Cannot change mode for other users";
        ctx.numeric(n::USERS_DONT_MATCH, &[], text);
    } else {
        ctx.no_such_nick(&target);
    }
}

fn channel_mode(ctx: &mut Context<'_>, line: &Line) {
    let modes = line.given(1).map(|modes| modes.trim_start_matches('+'));
    match modes.filter(|modes| !modes.is_empty()) {
        None => {
            ctx.client
                .numeric(n::CHANNEL_MODE_IS, &[CHANNEL, "+nst"], None);
            let since = ctx.state.settings.started.seconds().to_string();
            ctx.client
                .numeric(n::CREATION_TIME, &[CHANNEL, &since], None);
        }
        Some("b") => ctx.numeric(n::END_OF_BAN_LIST, &[CHANNEL], "End of channel ban list"),
        Some(modes) => match modes.chars().find(|c| !"+-nstvbkliIeo".contains(*c)) {
            Some(unknown) => {
                let unknown = unknown.to_string();
                ctx.numeric(n::UNKNOWN_MODE, &[&unknown], "is unknown mode char to me");
            }
            None => not_operator(ctx),
        },
    }
}

/// `B` marks a bot (IRCv3 bot mode); `i` is always set: nobody else is here.
fn user_mode(ctx: &mut Context<'_>, line: &Line) {
    let Some(modes) = line.given(1) else {
        return mode_is(ctx);
    };
    let (was, mut on, mut unknown) = (ctx.client.bot, true, false);
    for mode in modes.chars() {
        match mode {
            '+' | '-' => on = mode == '+',
            'B' => ctx.client.bot = on,
            'i' => {}
            _ => unknown = true,
        }
    }
    if unknown {
        ctx.numeric(n::UNKNOWN_USER_MODE, &[], "Unknown MODE flag");
    }
    if ctx.client.bot != was {
        let done = if was { "-B" } else { "+B" };
        let words = ["MODE", &ctx.client.nick, done];
        let reply = Reply::new(&ctx.client.source(), &words, None);
        ctx.client.send(reply);
    }
}

/// The client's own modes.
pub(crate) fn mode_is(ctx: &mut Context<'_>) {
    let modes = if ctx.client.bot { "+Bi" } else { "+i" };
    ctx.client.numeric(n::USER_MODE_IS, &[modes], None);
}

/// RFC 2812, sections 3.2.7 and 3.2.8: friends are invited by `add` and hidden by `hide`, not in a channel.
pub(crate) fn operate(ctx: &mut Context<'_>, channel: &str) {
    if is_here(ctx, channel) {
        not_operator(ctx);
    }
}

/// Whether this is the control channel and the client is in it; says so if not.
fn is_here(ctx: &mut Context<'_>, channel: &str) -> bool {
    if nick::fold(channel) != CHANNEL {
        ctx.no_such_channel(channel);
        return false;
    }
    if !ctx.client.joined {
        not_joined(ctx);
    }
    ctx.client.joined
}

fn not_joined(ctx: &mut Context<'_>) {
    ctx.numeric(n::NOT_ON_CHANNEL, &[CHANNEL], "You're not on that channel");
}

fn not_operator(ctx: &mut Context<'_>) {
    let text = "You're not channel operator";
    ctx.numeric(n::NOT_OPERATOR, &[CHANNEL], text);
}

/// What NAMES says of a channel with the mode `s` (RFC 2812, section 5.1: "@" is used for secret channels).
const SECRET: &str = "@";

/// Of the names in a line.
const ROOM: usize = LONGEST_BODY - 80;
