//! AWAY: the user's own status, which is the same for all their clients (RFC 2812, section 4.1; IRCv3 `pre-away`).

use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Clients};
use crate::gateway::contacts::LONGEST_WORD;
use crate::gateway::context::Context;
use crate::gateway::host::Host;
use crate::gateway::numeric as n;
use crate::gateway::query::monitor;
use crate::gateway::render::member::voice_line;
use crate::gateway::state::State;
use crate::protocol::clean;
use crate::protocol::irc_line::{Line, Reply};

/// Sets or ends it.
pub(crate) fn away(ctx: &mut Context<'_>, line: &Line) {
    // "indicating that the user is not present for an unspecified reason": this client says nothing of the user.
    // Bouncers in front of it send that whether they have asked for `pre-away` or not.
    if line.param(0) == "*" {
        return ctx.numeric(n::NOW_AWAY, &[], NOW_AWAY);
    }
    let word = clean::line(line.param(0), LONGEST_WORD);
    let word = Some(word).filter(|word| !word.is_empty());
    if let Err(reason) = ctx.host.status(word.as_deref()) {
        return ctx.fail(&["AWAY", "CANNOT_SET"], &reason);
    }
    match word {
        Some(_) => ctx.numeric(n::NOW_AWAY, &[], NOW_AWAY),
        None => ctx.numeric(n::UN_AWAY, &[], UN_AWAY),
    }
    status_is(ctx, word);
}

/// Before registration: taken, and answered by no numeric that could be mistaken for one of the registration.
pub(crate) fn away_before(ctx: &mut Context<'_>, line: &Line) {
    if line.param(0) != "*" {
        let word = clean::line(line.param(0), LONGEST_WORD);
        ctx.client.pre_away = Some(Some(word).filter(|word| !word.is_empty()));
    }
}

/// What was set before registration holds once the client is the user's.
pub(crate) fn apply_pre_away(ctx: &mut Context<'_>) {
    if let Some(word) = ctx.client.pre_away.take()
        && ctx.host.status(word.as_deref()).is_ok()
    {
        status_is(ctx, word);
    }
}

fn status_is(ctx: &mut Context<'_>, word: Option<String>) {
    let Some(me) = &mut ctx.state.me else {
        return;
    };
    let changed = me.away != word;
    me.away.clone_from(&word);
    if changed {
        notify_elsewhere(ctx, word.as_deref());
    }
    for (nick, source) in who_moves(ctx, word.is_some(), changed) {
        let reply = Reply::new(&source, &["AWAY"], word.as_deref());
        monitor::notify_watchers(ctx.others, &nick, Cap::AwayNotify, &reply);
    }
}

/// The user's other devices are told; another connection of this one is not.
fn notify_elsewhere(ctx: &mut Context<'_>, word: Option<&str>) {
    show_own_mode(ctx.client, word.is_none());
    let device = ctx.client.device.clone();
    let elsewhere = |c: &&mut Client| device.is_none() || c.device != device;
    let others = ctx.others.values_mut().filter(|c| c.is_registered());
    for other in others.filter(elsewhere) {
        notify_own(other, word);
    }
}

/// Which clients are away or back by this: a client is away if it said so itself, and back as soon as the user is.
fn who_moves(ctx: &mut Context<'_>, away: bool, changed: bool) -> Vec<(String, String)> {
    let others = ctx.others.values_mut().filter(|_| !away);
    let all = std::iter::once(&mut *ctx.client).chain(others);
    let moves = all.filter_map(|client| {
        let was = std::mem::replace(&mut client.said_away, away);
        let moves = was != away || (away && changed);
        let moves = moves && client.is_registered();
        moves.then(|| (client.nick.clone(), client.source()))
    });
    moves.collect()
}

/// A client has left: an away that it set ends with it, unless all that are left are away too.
pub(crate) fn ended(clients: &mut Clients, state: &mut State, host: &mut dyn Host, gone: &Client) {
    let mut left = clients.values().filter(|client| client.is_registered());
    let is_present = left.any(|client| !client.said_away);
    if !gone.said_away || !is_present || state.away().is_none() {
        return;
    }
    if let Err(reason) = host.status(None) {
        tracing::warn!("the status could not be set back: {reason}");
        return;
    }
    if let Some(me) = &mut state.me {
        me.away = None;
    }
    set_elsewhere(clients, None);
}

/// The status was set elsewhere: no client has said it.
pub(crate) fn set_elsewhere(clients: &mut Clients, word: Option<&str>) {
    for client in clients.values_mut().filter(|client| client.is_registered()) {
        client.said_away = false;
        notify_own(client, word);
    }
}

/// Tells a client that the user's status is now this, by the numerics that AWAY itself has.
fn notify_own(client: &mut Client, word: Option<&str>) {
    let (numeric, text) = match word {
        Some(word) => (n::NOW_AWAY, format!("{NOW_AWAY}: {word}")),
        None => (n::UN_AWAY, UN_AWAY.to_owned()),
    };
    client.notify(client.server_line(numeric, &[], Some(&text)));
    show_own_mode(client, word.is_none());
}

/// Online is `+v`, for the user as for their friends. AWAY itself is answered by a numeric alone (Modern, "AWAY
/// message"); the mode goes to who follows such changes anyway.
fn show_own_mode(client: &mut Client, online: bool) {
    if client.joined && client.has(Cap::AwayNotify) {
        client.notify(voice_line(&client.nick, online));
    }
}

/// 306.
const NOW_AWAY: &str = "You have been marked as being away";
/// 305.
const UN_AWAY: &str = "You are no longer marked as being away";
