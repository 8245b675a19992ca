//! PASS, NICK, USER and what they lead to (RFC 2812, section 3.1; Modern, "Connection registration").

use crate::edge::config::Secret;
use crate::gateway::caps::Cap;
use crate::gateway::channel::changes;
use crate::gateway::client::{Client, Stage};
use crate::gateway::contacts::LONGEST_NAME;
use crate::gateway::context::Context;
use crate::gateway::nick::{LONGEST_USER, SERVER};
use crate::gateway::query::monitor;
use crate::gateway::register::{device, sasl, welcome};
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::time::{MINUTE, Millis};
use std::time::Duration;

/// RFC 2812, section 3.1.1: before NICK and USER are both there.
pub(crate) fn pass(ctx: &mut Context<'_>, line: &Line) {
    ctx.client.password = Some(Secret::new(line.param(0).to_owned()));
}

/// RFC 2812, section 3.1.3. `name@device` names the device; else the name is the device.
pub(crate) fn user(ctx: &mut Context<'_>, line: &Line) {
    let (name, real) = (line.param(0), line.param(3));
    let (user, device) = name.rsplit_once('@').unwrap_or((name, name));
    ctx.client.user = nick::ident(user, LONGEST_USER);
    ctx.client.login = device.to_owned();
    ctx.client.real_name = cut(real);
}

/// RFC 2812, section 3.1.2: at any time. Whether a nick is free is said at the end of the registration: nobody else
/// may find out whom the user knows, by what nicks are taken.
pub(crate) fn nick(ctx: &mut Context<'_>, line: &Line) {
    let Some(wanted) = line.given(0).map(ToOwned::to_owned) else {
        return ctx.numeric(n::NO_NICK_GIVEN, &[], "No nickname given");
    };
    if !nick::is_legal(&wanted) {
        return ctx.numeric(n::ERRONEOUS_NICK, &[&wanted], "Erroneous nickname");
    }
    let registered = ctx.client.stage == Stage::Registered;
    if nick::is_reserved(&wanted) || (registered && is_friends(ctx, &wanted)) {
        return nick_in_use(ctx, &wanted);
    }
    if registered {
        rename(ctx, &wanted);
    } else {
        ctx.client.nick = wanted;
    }
}

fn nick_in_use(ctx: &mut Context<'_>, wanted: &str) {
    ctx.numeric(n::NICK_IN_USE, &[wanted], "Nickname is already in use");
}

/// A friend has this nick. Clients of the user may share one, as with a bouncer: they are all the same person.
fn is_friends(ctx: &Context<'_>, wanted: &str) -> bool {
    ctx.state.contacts.named(wanted).is_some()
}

/// Another client of the user has this nick. Who is not registered has none.
fn is_shared(ctx: &Context<'_>, nick: &str) -> bool {
    ctx.others.values().any(|other| other.is_called(nick))
}

/// Another connection of this device under this nick may be its ghost, cut without a word: it has to show soon that it
/// is not.
fn doubt_ghosts(ctx: &mut Context<'_>) {
    let Some(device) = &ctx.client.device else {
        return;
    };
    let same = |other: &&mut Client| {
        other.device.as_ref() == Some(device) && other.is_called(&ctx.client.nick)
    };
    for other in ctx.others.values_mut().filter(same) {
        other.doubted = Some(ctx.state.now);
        other.notify(Reply::new(SERVER, &["PING"], Some(SERVER)));
    }
}

fn rename(ctx: &mut Context<'_>, wanted: &str) {
    if ctx.client.nick == wanted {
        return;
    }
    let old = std::mem::replace(&mut ctx.client.nick, wanted.to_owned());
    let source = format!("{old}!{}@{SERVER}", ctx.client.user);
    let line = Reply::new(&source, &["NICK", wanted], None);
    ctx.client.send(line);
    changes::gives_way(ctx, wanted);
    if nick::fold(&old) != nick::fold(wanted) {
        if !is_shared(ctx, &old) {
            monitor::notify_presence(ctx.others, (&old, &source), false, ctx.state);
        }
        if !is_shared(ctx, wanted) {
            let source = ctx.client.source();
            monitor::notify_presence(ctx.others, (wanted, &source), true, ctx.state);
        }
    }
}

/// IRCv3 `setname`.
pub(crate) fn set_name(ctx: &mut Context<'_>, line: &Line) {
    let Some(name) = line.given(0).filter(|name| name.len() <= LONGEST_NAME) else {
        let text = "Realname is not valid";
        return ctx.fail(&["SETNAME", "INVALID_REALNAME"], text);
    };
    ctx.client.real_name = name.to_owned();
    let reply = Reply::new(&ctx.client.source(), &["SETNAME"], Some(name));
    ctx.client.send(reply.clone());
    monitor::notify_watchers(ctx.others, &ctx.client.nick, Cap::SetName, &reply);
}

/// Welcomes the client once it has said all that is needed, or sends it away.
pub(crate) fn complete(ctx: &mut Context<'_>) {
    let client = &*ctx.client;
    let ready = client.stage == Stage::Fresh && !client.nick.is_empty() && !client.user.is_empty();
    if !ready || client.is_closing() {
        return;
    }
    // "If the client completes registration … while the SASL authentication is still in progress, the server SHOULD
    // abort it and send a 906 numeric, then register the client without authentication" (IRCv3 SASL).
    if client.sasl.is_some() {
        sasl::give_up(ctx);
        ctx.numeric(n::SASL_ABORTED, &[], "SASL authentication aborted");
    }
    if ctx.client.device.is_none() && !device::log_in(ctx) {
        return;
    }
    if is_friends(ctx, &ctx.client.nick) {
        let wanted = std::mem::take(&mut ctx.client.nick);
        return nick_in_use(ctx, &wanted);
    }
    ctx.client.stage = Stage::Registered;
    ctx.client.password = None;
    device::know_device(ctx);
    ctx.client.admitted = true;
    let (nick, source) = (ctx.client.nick.clone(), ctx.client.source());
    doubt_ghosts(ctx);
    changes::gives_way(ctx, &nick);
    welcome::welcome(ctx);
    if !is_shared(ctx, &nick) {
        monitor::notify_presence(ctx.others, (&nick, &source), true, ctx.state);
    }
}

/// Closes who does not register or does not answer; asks who is silent.
pub(crate) fn time_out(client: &mut Client, now: Millis) {
    let silent = now.since(client.active_at);
    if client.stage != Stage::Registered {
        if now.since(client.since) > REGISTER_WITHIN {
            client.close("Registration timed out");
        }
        return;
    }
    let is_ghost = |doubted| now.since(doubted) > GHOST_AFTER;
    if client.doubted.is_some_and(is_ghost) {
        client.close("Ghost: this device has logged in again");
    } else if silent > PING_AFTER.saturating_add(ANSWER_WITHIN) && client.pinged {
        client.close("Ping timeout");
    } else if silent > PING_AFTER && !client.pinged {
        client.pinged = true;
        client.notify(Reply::new(SERVER, &["PING"], Some(SERVER)));
    }
}

fn cut(name: &str) -> String {
    let end = name.floor_char_boundary(LONGEST_NAME);
    name.get(..end).unwrap_or_default().to_owned()
}

const REGISTER_WITHIN: Duration = MINUTE;
const PING_AFTER: Duration = Duration::from_mins(2);
const ANSWER_WITHIN: Duration = Duration::from_mins(2);
/// Within this a connection answers whose device has logged in again.
const GHOST_AFTER: Duration = Duration::from_secs(10);
