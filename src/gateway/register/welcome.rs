//! What a client gets once it is registered: 001 to 005, LUSERS, MOTD, the channels, then what its device
//! has missed.

use crate::gateway::channel::{self, control};
use crate::gateway::context::Context;
use crate::gateway::message::{away, service};
use crate::gateway::nick::SERVER;
use crate::gateway::query::info;
use crate::gateway::register::{isupport, user_mode};
use crate::gateway::render::backlog;
use crate::gateway::{numeric as n, time};

/// Welcomes a client (Modern, "Connection registration").
pub(crate) fn welcome(ctx: &mut Context<'_>) {
    let source = ctx.client.source();
    let version = format!("iim-{}", ctx.state.settings.version);
    let text = format!("Welcome to the iim Network, {source}");
    ctx.numeric(n::WELCOME, &[], &text);
    let text = format!("Your host is {SERVER}, running version {version}");
    ctx.numeric(n::YOUR_HOST, &[], &text);
    let started = time::words(ctx.state.settings.started);
    let text = format!("This server was created {started}");
    ctx.numeric(n::CREATED, &[], &text);
    let modes = [SERVER, version.as_str(), "Bi", "inostv", "ov"];
    ctx.client.numeric(n::MY_INFO, &modes, None);
    isupport::isupport(ctx);
    info::lusers(ctx);
    info::motd(ctx);
    user_mode::mode_is(ctx);
    away::apply_pre_away(ctx);
    if let Some(away) = ctx.state.away() {
        let text = format!("You have been marked as being away: {away}");
        ctx.numeric(n::NOW_AWAY, &[], &text);
    }
    control::join(ctx);
    channel::enter_all(ctx);
    service::open_questions(ctx);
    backlog::begin_texts(ctx);
}
