//! What a client may ask about the server itself (RFC 2812, sections 3.4 and 3.8; Modern).

use crate::gateway::context::Context;
use crate::gateway::nick::SERVER;
use crate::gateway::register::isupport;
use crate::gateway::{numeric as n, time};
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

/// How iim is used from here (Modern, "HELP message"); commands of IRC a client explains itself.
pub(crate) fn help(ctx: &mut Context<'_>, line: &Line) {
    let subject = line.given(0).unwrap_or("index").to_owned();
    ctx.numeric(n::HELP_START, &[&subject], "iim: help for IRC clients");
    for text in MOTD {
        ctx.numeric(n::HELP_TEXT, &[&subject], text);
    }
    ctx.numeric(n::END_OF_HELP, &[&subject], "End of /HELP");
}

/// RFC 2812, section 3.6.3: nobody is kept who was here.
pub(crate) fn whowas(ctx: &mut Context<'_>, line: &Line) {
    match line.given(0) {
        Some(name) => ctx.numeric(n::END_OF_WHOWAS, &[name], "End of WHOWAS"),
        None => ctx.numeric(n::NO_NICK_GIVEN, &[], "No nickname given"),
    }
}

/// How friends are shown and written to.
const MOTD: [&str; 4] = [
    "- Your friends are in &friends: with + online, without away.",
    "- Write to them by name; who is offline gets it by mail.",
    "- Groups are channels: /join what you are asked into; /part only hides it here.",
    "- Commands: /msg iim help",
];
