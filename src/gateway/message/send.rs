//! PRIVMSG, NOTICE and TAGMSG: what is said, and to whom (RFC 2812, section 3.3; IRCv3 message tags).

use crate::gateway::caps::Cap;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::host::{Marked, Typing};
use crate::gateway::identity::identity;
use crate::gateway::message::{edit, relay, service};
use crate::gateway::query::whois::OFFLINE;
use crate::gateway::render::backlog;
use crate::gateway::render::split::{ACTION, command};
use crate::gateway::tags::{reaction, reply_to};
use crate::gateway::target::{Target, addressed, nick_of, nobody};
use crate::gateway::{ctcp, formatting, numeric as n};
use crate::protocol::irc_line::Line;
use crate::protocol::time::HOUR;
use std::time::Duration;

/// RFC 2812, section 3.3.1.
pub(crate) fn privmsg(ctx: &mut Context<'_>, line: &Line) {
    // A line of a batch that was refused.
    if line.tag("batch").is_some() {
        return;
    }
    let Some(targets) = line.given(0).map(ToOwned::to_owned) else {
        let text = "No recipient given (PRIVMSG)";
        return ctx.numeric(n::NO_RECIPIENT, &[], text);
    };
    if line.given(1).is_none() && reaction(line).is_none() {
        return ctx.numeric(n::NO_TEXT, &[], "No text to send");
    }
    if targets.split(',').count() > MOST_TARGETS {
        return ctx.numeric(n::TOO_MANY_TARGETS, &[&targets], "Too many targets");
    }
    ctx.client.spoke_at = ctx.state.now;
    for target in targets.split(',') {
        say_to(ctx, target, line, false);
    }
}

/// RFC 2812, section 3.3.2: as PRIVMSG, but nothing is answered.
pub(crate) fn notice(ctx: &mut Context<'_>, line: &Line) {
    if line.given(1).is_some() && line.tag("batch").is_none() {
        for target in line.param(0).split(',').take(MOST_TARGETS) {
            say_to(ctx, target, line, true);
        }
    }
}

fn say_to(ctx: &mut Context<'_>, name: &str, line: &Line, notice: bool) {
    let text = line.param(1);
    match addressed(ctx, name) {
        Target::Myself | Target::Client => {
            let name = nick_of(ctx, name);
            relay::pass_on(ctx, command(notice), &name, Some(text), line);
            let away = identity(ctx, &name).and_then(|identity| identity.away);
            if let Some(away) = away.filter(|_| !notice) {
                ctx.numeric(n::AWAY, &[&name], &away);
            }
        }
        // The answer to a CTCP request goes nowhere: friends get texts.
        Target::Friend(contact) if notice && !text.starts_with('\u{1}') => {
            send_text(ctx, &contact, text, line, true);
        }
        Target::Friend(_) | Target::Channel | Target::Service | Target::Nobody if notice => {}
        Target::Channel => service::say_in_channel(ctx, text, line),
        Target::Service => service::say_to_service(ctx, text, line),
        Target::Friend(contact) => say_to_friend(ctx, &contact, text, line),
        Target::Nobody => nobody(ctx, name),
    }
}

/// IRCv3 message tags, "The TAGMSG tag-only message".
pub(crate) fn tagmsg(ctx: &mut Context<'_>, line: &Line) {
    if !ctx.client.has(Cap::MessageTags) {
        return ctx.numeric(n::UNKNOWN_COMMAND, &["TAGMSG"], "Unknown command");
    }
    let Some(targets) = line.given(0).map(ToOwned::to_owned) else {
        return ctx.need_more("TAGMSG");
    };
    for name in targets.split(',').take(MOST_TARGETS) {
        match addressed(ctx, name) {
            Target::Myself | Target::Client => {
                let name = nick_of(ctx, name);
                relay::pass_on(ctx, "TAGMSG", &name, None, line);
            }
            Target::Friend(contact) => tag_friend(ctx, &contact, line),
            Target::Channel | Target::Service => {}
            Target::Nobody => nobody(ctx, name),
        }
    }
}

fn tag_friend(ctx: &mut Context<'_>, contact: &Contact, line: &Line) {
    if reaction(line).is_some() {
        return edit::react(ctx, contact, line);
    }
    let typing = match line.tag("+typing").or(line.tag("+draft/typing")) {
        Some("active") => Typing::Active,
        Some("paused") => Typing::Paused,
        Some(_) => Typing::Done,
        None => return,
    };
    ctx.host.typing(contact.friend.id, typing);
    if ctx.client.has(Cap::EchoMessage) {
        let reply = relay::tagged(ctx, "TAGMSG", &contact.nick, None, line);
        ctx.client.send(reply);
    }
}

fn say_to_friend(ctx: &mut Context<'_>, contact: &Contact, text: &str, line: &Line) {
    if reaction(line).is_some() {
        return edit::react(ctx, contact, line);
    }
    match ctcp::read(text) {
        Ctcp::Plain(text) => send_text(ctx, contact, text, line, false),
        Ctcp::Action(deed) => {
            let text = format!("{}{deed}", ACTION);
            send_text(ctx, contact, &text, line, false);
        }
        Ctcp::Request(command, rest) => service::answer_ctcp(ctx, command, rest),
    }
}

/// Stores a text and shows it to all devices. Nothing answers a notice but a word that it has failed.
pub(crate) fn send_text(
    ctx: &mut Context<'_>,
    contact: &Contact,
    text: &str,
    line: &Line,
    notice: bool,
) {
    let text = formatting::without(text);
    let re = reply_to(line);
    // A client that says what it answers shows such answers itself.
    ctx.client.replied |= re.is_some();
    match ctx.host.say(contact.friend.id, &text, re, notice) {
        Ok(stored) => {
            backlog::broadcast(ctx, &stored, line);
            if !notice {
                notify_away(ctx, contact);
                has_read(ctx, contact);
            }
        }
        Err(reason) if ctx.client.has(Cap::StandardReplies) => {
            ctx.fail(&[command(notice), "CANNOT_SEND", &contact.nick], &reason);
        }
        Err(_) if notice => {}
        Err(reason) => ctx.numeric(n::CANNOT_SEND, &[&contact.nick], &reason),
    }
}

/// Whoever writes back has read what their client has shown; a client with markers says so itself.
fn has_read(ctx: &mut Context<'_>, contact: &Contact) {
    let Some(at) = ctx.client.shown_up_to.remove(&contact.friend.id) else {
        return;
    };
    let marked = Marked::Friend(contact.friend.id);
    if !ctx.client.has(Cap::ReadMarker)
        && ctx.host.marker(marked).is_none_or(|read| read < at)
        && let Err(reason) = ctx.host.set_marker(marked, at)
    {
        tracing::error!("{reason}");
    }
}

/// 301 with the friend's word, or that they are offline: at most once an hour, unless it has changed.
fn notify_away(ctx: &mut Context<'_>, contact: &Contact) {
    let word = match contact.is_present() {
        true => contact.away(),
        false => Some(OFFLINE.to_owned()),
    };
    let id = contact.friend.id;
    let Some(word) = word else {
        ctx.client.away_shown.remove(&id);
        return;
    };
    let now = ctx.state.now;
    let told = ctx.client.away_shown.get(&id);
    if told.is_some_and(|(at, old)| *old == word && now.since(*at) < TELL_AWAY_AGAIN) {
        return;
    }
    ctx.client.away_shown.insert(id, (now, word.clone()));
    ctx.numeric(n::AWAY, &[&contact.nick], &word);
}

/// 005 `TARGMAX`, `MAXTARGETS`.
const MOST_TARGETS: usize = 8;

/// After so long the word is told again.
const TELL_AWAY_AGAIN: Duration = HOUR;
