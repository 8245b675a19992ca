//! The control channel, and what may not be done to it.
//!
//! A client may leave it; it is in it again after JOIN, and whenever it attaches. While it is out, `iim` speaks to it
//! by query.

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::identity::{Identity, identities};
use crate::gateway::message::read_marker;
use crate::gateway::nick::{CHANNEL, SERVICE};
use crate::gateway::render::member::{join_line, names_lines};
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::{Line, Reply};

/// Joins it, with what follows: topic, marker, names (Modern, "JOIN message").
pub(crate) fn join(ctx: &mut Context<'_>) {
    if std::mem::replace(&mut ctx.client.joined, true) {
        return;
    }
    let account = ctx.client.logged_in.then(|| ctx.state.account());
    let extended = ctx.client.has(Cap::ExtendedJoin);
    let (source, real) = (ctx.client.source(), &ctx.client.real_name);
    let reply = join_line(CHANNEL, &source, account.as_deref(), real, extended);
    ctx.client.send(reply);
    show_topic(ctx);
    if ctx.client.has(Cap::ReadMarker) {
        read_marker::show_mark(ctx, CHANNEL);
    }
    names(ctx);
}

/// RFC 2812, section 3.2.2.
pub(crate) fn part(ctx: &mut Context<'_>, reason: &str) {
    match ctx.client.joined {
        true => leave(ctx, reason),
        false => not_joined(ctx),
    }
}

/// Leaves it, if the client is in it.
pub(crate) fn leave(ctx: &mut Context<'_>, reason: &str) {
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
        operate(ctx);
    } else if is_here(ctx) {
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
pub(crate) fn names(ctx: &mut Context<'_>) {
    let mut names = Vec::new();
    if ctx.client.joined {
        let full = ctx.client.has(Cap::UserhostInNames);
        let mut identities = identities(ctx);
        identities.retain(|identity| identity.joined);
        names.extend(identities.iter().map(|one| one.name(full)));
    }
    for line in names_lines(ctx.client, CHANNEL, &names) {
        ctx.client.send(line);
    }
}

/// Its entry in LIST.
pub(crate) fn list(ctx: &mut Context<'_>) {
    let joined = identities(ctx)
        .into_iter()
        .filter(|one: &Identity| one.joined);
    let (count, topic) = (joined.count().to_string(), topic_text(ctx));
    ctx.numeric(n::LIST, &[CHANNEL, &count], &topic);
}

/// RFC 2812, section 3.2.3.
pub(crate) fn mode(ctx: &mut Context<'_>, line: &Line) {
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

/// RFC 2812, sections 3.2.7 and 3.2.8: friends are invited by `add` and hidden by `hide`, not in a channel.
pub(crate) fn operate(ctx: &mut Context<'_>) {
    if is_here(ctx) {
        not_operator(ctx);
    }
}

/// Whether the client is in it; says so if not.
fn is_here(ctx: &mut Context<'_>) -> bool {
    if !ctx.client.joined {
        not_joined(ctx);
    }
    ctx.client.joined
}

fn not_joined(ctx: &mut Context<'_>) {
    ctx.not_on_channel(CHANNEL);
}

fn not_operator(ctx: &mut Context<'_>) {
    ctx.not_operator(CHANNEL);
}

/// Whether this names it.
pub(crate) fn is_named(name: &str) -> bool {
    nick::fold(name) == CHANNEL
}
