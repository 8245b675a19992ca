//! WHO, WHOX, ISON and USERHOST: who is there, all by stable names (RFC 2812, sections 3.6 and 4.8; IRCv3 WHOX).

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::identity::{Identity, Kind, identities, identity, members};
use crate::gateway::nick::{CHANNEL, SERVER};
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::Line;

/// RFC 2812, section 3.6.1; Modern: the end repeats the mask as it came.
pub(crate) fn who(ctx: &mut Context<'_>, line: &Line) {
    let mask = line.given(0).unwrap_or("*").to_owned();
    let options = line.param(1).to_owned();
    let (flags, fields) = match options.split_once('%') {
        Some((flags, fields)) => (flags, Some(fields)),
        None => (options.as_str(), None),
    };
    let mut identities = who_matches(ctx, &mask);
    // "If the "o" parameter is passed only operators are returned": there are none.
    identities.retain(|_| !flags.contains('o'));
    for identity in identities {
        match fields {
            Some(fields) => whox_reply(ctx, &identity, fields),
            None => who_reply(ctx, &identity),
        }
    }
    ctx.numeric(n::END_OF_WHO, &[&mask], "End of WHO list");
}

/// By nick; by anything else only if nobody's nick fits: all hosts of the user's clients are one.
fn who_matches(ctx: &Context<'_>, mask: &str) -> Vec<Identity> {
    if let Some(channel) = ctx.state.groups.named(mask) {
        return match ctx.client.channels.contains(&channel.group.id) {
            true => members(ctx, channel),
            false => Vec::new(),
        };
    }
    let mut all = identities(ctx);
    if nick::fold(mask) == CHANNEL {
        all.retain(|identity| identity.joined);
    } else if mask == "*" || mask == "0" {
        // The service is nobody, as in LUSERS.
        all.retain(|identity| identity.kind != Kind::Service);
    } else {
        let by_nick = all
            .iter()
            .any(|identity| nick::matches(mask, &identity.nick));
        all.retain(|identity| match by_nick {
            true => nick::matches(mask, &identity.nick),
            false => identity.fits(mask),
        });
    }
    all
}

fn who_reply(ctx: &mut Context<'_>, identity: &Identity) {
    let flags = identity.flags(ctx.client.has(Cap::MultiPrefix));
    let words = [
        identity.channel(),
        &identity.user,
        &identity.host,
        SERVER,
        &identity.nick,
        &flags,
    ];
    let text = format!("0 {}", identity.real_name);
    ctx.numeric(n::WHO_REPLY, &words, &text);
}

/// IRCv3 WHOX: the fields come in the order of `tcuihsnfdlaor`, whatever the order they are asked in.
fn whox_reply(ctx: &mut Context<'_>, identity: &Identity, asked: &str) {
    let (fields, token) = asked.split_once(',').unwrap_or((asked, "0"));
    let idle = identity.idle.unwrap_or_default().as_secs().to_string();
    let flags = identity.flags(ctx.client.has(Cap::MultiPrefix));
    let all = [
        ('t', token),
        ('c', identity.channel()),
        ('u', &identity.user),
        ('i', "255.255.255.255"),
        ('h', &identity.host),
        ('s', SERVER),
        ('n', &identity.nick),
        ('f', &flags),
        ('d', "0"),
        ('l', &idle),
        ('a', identity.account.as_deref().unwrap_or("0")),
        ('o', "n/a"),
    ];
    let asked = |field: char| fields.contains(field);
    let words: Vec<&str> = all
        .into_iter()
        .filter(|(field, _)| asked(*field))
        .map(|(_, value)| value)
        .collect();
    let real = asked('r').then_some(identity.real_name.as_str());
    ctx.client.numeric(n::WHOX_REPLY, &words, real);
}

/// RFC 2812, section 4.9.
pub(crate) fn ison(ctx: &mut Context<'_>, line: &Line) {
    let here = present(ctx, line).map(|identity| identity.nick);
    let here: Vec<String> = here.collect();
    ctx.numeric(n::ISON, &[], &here.join(" "));
}

/// RFC 2812, section 4.8: at most five.
pub(crate) fn userhost(ctx: &mut Context<'_>, line: &Line) {
    let here = present(ctx, line).take(5).map(|one| {
        let mark = if one.away.is_some() { '-' } else { '+' };
        format!("{}={mark}{}@{}", one.nick, one.user, one.host)
    });
    let here: Vec<String> = here.collect();
    ctx.numeric(n::USERHOST, &[], &here.join(" "));
}

/// Of the nicks of a line, those who are there.
fn present(ctx: &Context<'_>, line: &Line) -> impl Iterator<Item = Identity> {
    let asked = line.params.iter().flat_map(|names| names.split(' '));
    asked.filter_map(|name| identity(ctx, name).filter(|one| one.present))
}
