//! WHOIS: all that is known of somebody (RFC 2812, section 3.6; Modern).

use std::sync::Arc;

use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::identity::{Identity, Kind, channels, identity};
use crate::gateway::nick::{CHANNEL, SERVER};
use crate::gateway::numeric as n;
use crate::gateway::render::split::pack;
use crate::gateway::strangers::Stranger;
use crate::protocol::clean;
use crate::protocol::irc_line::Line;

/// RFC 2812, section 3.6.2: perhaps with a server in front, which does not matter here.
pub(crate) fn whois(ctx: &mut Context<'_>, line: &Line) {
    let Some(name) = line.given(1).or(line.given(0)).map(ToOwned::to_owned) else {
        return ctx.numeric(n::NO_NICK_GIVEN, &[], "No nickname given");
    };
    let name = name.split(',').next().unwrap_or_default().to_owned();
    match identity(ctx, &name) {
        Some(identity) => {
            whois_of(ctx, &identity);
            ctx.numeric(n::END_OF_WHOIS, &[&identity.nick], "End of /WHOIS list");
        }
        None => {
            ctx.no_such_nick(&name);
            ctx.numeric(n::END_OF_WHOIS, &[&name], "End of /WHOIS list");
        }
    }
}

fn whois_of(ctx: &mut Context<'_>, identity: &Identity) {
    let nick = identity.nick.as_str();
    let words = [nick, &identity.user, &identity.host, "*"];
    ctx.numeric(n::WHOIS_USER, &words, &identity.real_name);
    if let Some(away) = &identity.away {
        ctx.numeric(n::AWAY, &[nick], away);
    }
    let control = identity
        .joined
        .then(|| format!("{}{CHANNEL}", identity.mark(false)));
    let all = control.into_iter().chain(channels(ctx, identity));
    let all: Vec<String> = all.collect();
    for channels in pack(&all, ' ', ROOM).iter().filter(|text| !text.is_empty()) {
        ctx.numeric(n::WHOIS_CHANNELS, &[nick], channels);
    }
    ctx.numeric(n::WHOIS_SERVER, &[nick, SERVER], "the gateway of iim");
    if let Some(account) = &identity.account {
        ctx.numeric(n::WHOIS_ACCOUNT, &[nick, account], "is logged in as");
    }
    match &identity.kind {
        Kind::Friend(contact) => whois_friend(ctx, contact),
        Kind::Stranger(stranger) => whois_stranger(ctx, stranger),
        Kind::Client(true) => {
            ctx.numeric(n::WHOIS_SECURE, &[nick], "is using a secure connection");
        }
        Kind::Client(false) | Kind::Service => {}
    }
    if identity.bot {
        ctx.numeric(n::WHOIS_BOT, &[nick], "is a bot");
    }
    if let Some(idle) = identity.idle {
        let (idle, since) = (idle.as_secs().to_string(), identity.since.to_string());
        let words = [nick, &idle, &since];
        ctx.numeric(n::WHOIS_IDLE, &words, "seconds idle, signon time");
    }
}

/// What IRC has no numeric for is said in words (320): address, standing, verified or not, visible or not, networks, key
/// (276 would name a certificate).
fn whois_friend(ctx: &mut Context<'_>, contact: &Contact) {
    let friend = &contact.friend;
    let yes_no = |yes: bool, word: &str| format!("{}{word}", if yes { "" } else { "not " });
    let mut all = vec![
        format!("has the address {}", friend.address),
        format!(
            "is {} ({}, {}{})",
            friend.standing,
            yes_no(friend.verified, "verified"),
            yes_no(friend.visible, "shown where you are"),
            if friend.blocked { ", blocked" } else { "" },
        ),
    ];
    if !friend.networks.is_empty() {
        let networks = clean::line(&friend.networks.join(", "), 300);
        all.push(format!("may be met on {networks}"));
    }
    all.extend(friend.elsewhere.as_deref().map(elsewhere));
    if !contact.is_present() {
        all.push(OFFLINE.to_owned());
    }
    let key = friend.fingerprint.iter();
    all.extend(key.map(|key| format!("has the key fingerprint {key}")));
    for words in all {
        ctx.numeric(n::WHOIS_SPECIAL, &[&contact.nick], &words);
    }
}

/// Of a member who is nobody on the roster: the address that their letters come from, and who took them in where.
fn whois_stranger(ctx: &mut Context<'_>, stranger: &Stranger) {
    let nick = &stranger.nick;
    let text = format!(
        "has the address {}, and is not on your roster",
        stranger.address
    );
    ctx.numeric(n::WHOIS_SPECIAL, &[nick], &text);
    let all: Vec<Arc<Channel>> = ctx.state.groups.all().cloned().collect();
    for channel in all {
        let Some(member) = channel.group.member(stranger.id).filter(|one| one.is_in) else {
            continue;
        };
        let voucher = match ctx.host.voucher(channel.group.id, member.id) {
            Some(id) if id == channel.group.us => Some("you".to_owned()),
            Some(id) => {
                let member = channel.group.member(id);
                let person = member.and_then(|member| ctx.state.member(member));
                person.map(|person| person.nick)
            }
            None => None,
        };
        let voucher = voucher.map_or_else(String::new, |who| format!(", vouched for by {who}"));
        let there = if member.there { ", there now" } else { "" };
        let text = format!("is a member of {}{voucher}{there}", channel.name);
        ctx.numeric(n::WHOIS_SPECIAL, &[nick], &text);
    }
}

/// What is said of a friend who is not there: nothing is lost.
pub(crate) const OFFLINE: &str = "offline, goes by mail";

/// Bytes of channels in a line.
const ROOM: usize = 400;

/// Where a friend is who is elsewhere, in one line of IRC: the command by which the user joins that is there whole or not at all.
fn elsewhere(line: &str) -> String {
    let is_short = line.len() <= WORDS;
    let without = line.rsplit_once(": `").map_or(line, |(without, _)| without);
    clean::line(if is_short { line } else { without }, WORDS)
}

/// Bytes of words in a line, whatever stands before them.
const WORDS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_there_whole_or_not_at_all() {
        let line = |length: usize| {
            let host = "x".repeat(length);
            format!("hank is on {host}, where you are not: `iim network join ircs://{host}`")
        };
        assert_eq!(elsewhere(&line(20)), line(20));
        for length in [150, 240, 400] {
            let cut = elsewhere(&line(length));
            assert!(cut.len() <= WORDS && !cut.contains('`'), "{cut}");
            assert!(cut.starts_with("hank is on xxx"), "{cut}");
        }
    }
}
