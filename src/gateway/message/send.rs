//! PRIVMSG, NOTICE and TAGMSG: what is said, and to whom (RFC 2812, section 3.3; IRCv3 message tags).

use crate::gateway::caps::Cap;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::groups::Channel;
use crate::gateway::host::{Marked, Typing};
use crate::gateway::identity::identity;
use crate::gateway::message::{edit, relay, service};
use crate::gateway::query::whois::OFFLINE;
use crate::gateway::render::backlog;
use crate::gateway::render::split::{ACTION, command};
use crate::gateway::strangers::Stranger;
use crate::gateway::tags::{reaction, reply_to};
use crate::gateway::target::{Conversation, Target, addressed, nick_of, nobody};
use crate::gateway::{ctcp, formatting, numeric as n};
use crate::protocol::irc_line::Line;
use crate::protocol::shell;
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
            text_to_friend(ctx, &contact, text, line, true);
        }
        Target::Group(channel) if notice && !text.starts_with('\u{1}') => {
            refuse_notice(ctx, &channel);
        }
        Target::Friend(_)
        | Target::Group(_)
        | Target::Stranger(_)
        | Target::Channel
        | Target::Service
        | Target::Nobody
            if notice => {}
        Target::Channel => service::say_in_channel(ctx, text, line),
        Target::Service => service::say_to_service(ctx, text, line),
        Target::Friend(contact) => say_to_friend(ctx, &contact, text, line),
        Target::Group(channel) => say_in_group(ctx, &channel, text, line),
        Target::Stranger(member) => stranger(ctx, &member),
        Target::Nobody => nobody(ctx, name),
    }
}

/// What is said in a group is answered by its members' programs like any text: a notice may not be ("automatic replies
/// MUST NEVER be sent in response to a NOTICE message"), and none of its copies would say so.
pub(crate) fn refuse_notice(ctx: &mut Context<'_>, channel: &Channel) {
    let text = "A notice cannot go to a group: say it as a text";
    let words = ["NOTICE", "CANNOT_SEND", &channel.name];
    ctx.refuse(&words, text);
}

/// Who is only a member of a group cannot be written to: 401, and what can be done.
pub(crate) fn stranger(ctx: &mut Context<'_>, stranger: &Stranger) {
    ctx.no_such_nick(&stranger.nick);
    let (nick, address) = (&stranger.nick, shell::word(stranger.address.as_str()));
    let text = format!(
        "{nick} is in a group with you, and not your friend: to ask them, write `add {address}`"
    );
    service::answer(ctx.client, &text, ctx.state.now);
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
            Target::Group(channel) => tag_group(ctx, &channel, line),
            Target::Stranger(member) => stranger(ctx, &member),
            Target::Channel | Target::Service => {}
            Target::Nobody => nobody(ctx, name),
        }
    }
}

fn tag_friend(ctx: &mut Context<'_>, contact: &Contact, line: &Line) {
    if reaction(line).is_some() {
        return edit::react(ctx, Conversation::query(contact), line);
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

/// Copies say nothing of who is writing.
fn tag_group(ctx: &mut Context<'_>, channel: &Channel, line: &Line) {
    if !is_in(ctx, channel) {
        cannot_send(ctx, channel);
    } else if reaction(line).is_some() {
        edit::react(ctx, Conversation::channel(channel), line);
    }
}

fn say_to_friend(ctx: &mut Context<'_>, contact: &Contact, text: &str, line: &Line) {
    if reaction(line).is_some() {
        return edit::react(ctx, Conversation::query(contact), line);
    }
    if let Some(text) = worded(ctx, text) {
        text_to_friend(ctx, contact, &text, line, false);
    }
}

fn say_in_group(ctx: &mut Context<'_>, channel: &Channel, text: &str, line: &Line) {
    if !is_in(ctx, channel) {
        return cannot_send(ctx, channel);
    }
    if reaction(line).is_some() {
        return edit::react(ctx, Conversation::channel(channel), line);
    }
    if let Some(text) = worded(ctx, text) {
        text_in_group(ctx, channel, &text, line);
    }
}

/// The text that is meant; a CTCP request is answered, and none.
fn worded(ctx: &mut Context<'_>, text: &str) -> Option<String> {
    match ctcp::read(text) {
        Ctcp::Plain(text) => Some(text.to_owned()),
        Ctcp::Action(deed) => Some(format!("{ACTION}{deed}")),
        Ctcp::Request(command, rest) => {
            service::answer_ctcp(ctx, command, rest);
            None
        }
    }
}

fn is_in(ctx: &Context<'_>, channel: &Channel) -> bool {
    ctx.client.channels.contains(&channel.group.id)
}

/// The channel has the mode `n`.
fn cannot_send(ctx: &mut Context<'_>, channel: &Channel) {
    ctx.numeric(n::CANNOT_SEND, &[&channel.name], "Cannot send to channel");
}

/// Sends a text to a friend. Nothing answers a notice but a word that it has failed.
pub(crate) fn text_to_friend(
    ctx: &mut Context<'_>,
    contact: &Contact,
    text: &str,
    line: &Line,
    notice: bool,
) {
    let to = Conversation::query(contact);
    if send_text(ctx, to, text, line, notice) && !notice {
        notify_away(ctx, contact);
        has_read(ctx, to);
    }
}

/// Says a text in a group, if the client is in its channel.
pub(crate) fn text_in_group(ctx: &mut Context<'_>, channel: &Channel, text: &str, line: &Line) {
    if !is_in(ctx, channel) {
        return cannot_send(ctx, channel);
    }
    let to = Conversation::channel(channel);
    if send_text(ctx, to, text, line, false) {
        has_read(ctx, to);
        warn_of_unwanted(ctx, channel);
    }
}

/// Whoever is in a group hears what is said there, hidden from and blocked or not: said once.
fn warn_of_unwanted(ctx: &mut Context<'_>, channel: &Channel) {
    let contacts = &ctx.state.contacts;
    let members = channel.group.others().filter_map(|one| contacts.who(one));
    let unwanted = members.filter(|one| one.friend.blocked || !one.friend.visible);
    let nicks: Vec<&str> = unwanted.map(|one| one.nick.as_str()).collect();
    if nicks.is_empty() || !ctx.client.warned_of.insert(channel.group.id) {
        return;
    }
    let (name, nicks) = (&channel.name, nicks.join(", "));
    let text = format!(
        "{name} is heard by {nicks}, whom you block or hide from; all you say there goes by mail"
    );
    service::announce(ctx.client, &text, ctx.state.now);
}

/// Stores a text and shows it to all devices; whether it was taken.
fn send_text(
    ctx: &mut Context<'_>,
    to: Conversation<'_>,
    text: &str,
    line: &Line,
    notice: bool,
) -> bool {
    let text = formatting::without(text);
    let re = reply_to(line);
    // A client that says what it answers shows such answers itself.
    ctx.client.replied |= re.is_some();
    match ctx.host.say(to.with, &text, re, notice) {
        Ok(stored) => {
            backlog::broadcast(ctx, &stored, line);
            return true;
        }
        Err(reason) if ctx.client.has(Cap::StandardReplies) => {
            ctx.fail(&[command(notice), "CANNOT_SEND", to.name], &reason);
        }
        Err(_) if notice => {}
        Err(reason) => ctx.numeric(n::CANNOT_SEND, &[to.name], &reason),
    }
    false
}

/// Whoever writes back has read what their client has shown; a client with markers says so itself.
fn has_read(ctx: &mut Context<'_>, to: Conversation<'_>) {
    let Some(at) = ctx.client.shown_up_to.remove(&to.with) else {
        return;
    };
    let marked = Marked::With(to.with);
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
