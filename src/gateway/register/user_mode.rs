//! MODE of the client itself (RFC 2812, section 3.1.5).

use crate::gateway::context::Context;
use crate::gateway::identity::identity;
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::{Line, Reply};

/// The client's modes, asked or changed; nobody changes another's.
pub(crate) fn mode(ctx: &mut Context<'_>, line: &Line) {
    let target = line.param(0).to_owned();
    if nick::fold(&target) == nick::fold(&ctx.client.nick) {
        own_mode(ctx, line);
    } else if identity(ctx, &target).is_some() {
        let text = "Cannot change mode for other users";
        ctx.numeric(n::USERS_DONT_MATCH, &[], text);
    } else {
        ctx.no_such_nick(&target);
    }
}

/// `B` marks a bot (IRCv3 bot mode); `i` is always set: nobody else is here.
fn own_mode(ctx: &mut Context<'_>, line: &Line) {
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
