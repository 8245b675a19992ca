//! What a client may ask about the server itself (RFC 2812, sections 3.4 and 3.8; Modern).

use crate::gateway::context::Context;
use crate::gateway::identity::identity;
use crate::gateway::nick::SERVER;
use crate::gateway::register::isupport;
use crate::gateway::{nick, numeric as n, time};
use crate::protocol::irc_line::Line;

/// RFC 2812, section 3.4.1.
pub(crate) fn motd(ctx: &mut Context<'_>) {
    let text = format!("- {SERVER} Message of the day -");
    ctx.numeric(n::MOTD_START, &[], &text);
    for text in MOTD {
        ctx.numeric(n::MOTD, &[], text);
    }
    ctx.numeric(n::END_OF_MOTD, &[], "End of /MOTD command");
}

/// RFC 2812, section 3.4.2, in its first line: clients are invisible users (their mode `i`), friends who are there
/// visible ones; the service is nobody.
pub(crate) fn lusers(ctx: &mut Context<'_>) {
    let others = ctx.others.values().filter(|other| other.is_registered());
    let clients = others.count().saturating_add(1);
    let friends = ctx.state.contacts.all().filter(|p| p.is_present()).count();
    let text = format!("There are {friends} users and {clients} invisible on 1 servers");
    ctx.numeric(n::LUSER_CLIENT, &[], &text);
}

/// RFC 2812, section 3.4.3; 005 follows (Modern).
pub(crate) fn version(ctx: &mut Context<'_>) {
    let version = format!("iim-{}", ctx.state.settings.version);
    ctx.numeric(n::VERSION, &[&version, SERVER], "the gateway of iim");
    isupport::isupport(ctx);
}

/// RFC 2812, section 3.4.6.
pub(crate) fn time(ctx: &mut Context<'_>) {
    let now = time::words(ctx.host.now());
    ctx.numeric(n::TIME, &[SERVER], &now);
}

/// RFC 2812, section 3.4.10.
pub(crate) fn info(ctx: &mut Context<'_>) {
    let version = format!("iim {}", ctx.state.settings.version);
    ctx.numeric(n::INFO, &[], &version);
    for text in INFO {
        ctx.numeric(n::INFO, &[], text);
    }
    ctx.numeric(n::END_OF_INFO, &[], "End of /INFO list");
}

/// RFC 2812, section 3.6.3: nobody is kept who was here.
pub(crate) fn whowas(ctx: &mut Context<'_>, line: &Line) {
    match line.given(0) {
        Some(name) => ctx.numeric(n::END_OF_WHOWAS, &[name], "End of WHOWAS"),
        None => ctx.numeric(n::NO_NICK_GIVEN, &[], "No nickname given"),
    }
}

/// Whether another server than this one is asked; then the answer is that there is none.
pub(crate) fn is_elsewhere(ctx: &mut Context<'_>, line: &Line) -> bool {
    let server = line.given(0).unwrap_or(SERVER);
    let is_here = nick::matches(server, SERVER) || identity(ctx, server).is_some();
    if !is_here {
        ctx.numeric(n::NO_SUCH_SERVER, &[server], "No such server");
    }
    !is_here
}

const MOTD: [&str; 3] = [
    "- Your friends are in &friends: with + online, without away.",
    "- Write to them by name; who is offline gets it by mail.",
    "- Commands: /msg iim help",
];

const INFO: [&str; 2] = [
    "Instant messaging made of a mailbox and the public IRC networks.",
    "This server has one user: you.",
];
