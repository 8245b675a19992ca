//! Presence as letters bring it: a friend's secret and status, their `here`, and ours.

use super::announce::{CAPABILITIES, say};
use super::contact::Contact;
use super::decision::Decision;
use super::effect::Notice;
use super::event::{Came, Greeting, Heard};
use super::friend::Held;
use super::outgoing::Route;
use super::refusal::Refusal;
use crate::protocol::letter::{Body, Here, Presence, Status};
use crate::protocol::time::Millis;

/// Takes what a friend told of their presence: the higher (epoch, sent) wins, and under one epoch the secret
/// never changes.
pub(super) fn take(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    told: &Presence,
    sent: Millis,
) {
    let Some(friend) = person.friend_mut() else {
        return;
    };
    let old = friend.presence.as_ref();
    let Some(held) = merged(old, told, sent) else {
        return;
    };
    let before = old.map(|held| status_of(&held.presence));
    let after = status_of(&held.presence);
    let moved = old.is_none_or(|old| where_of(&old.presence) != where_of(&held.presence));
    friend.presence = Some(held);
    if moved {
        decision.tell(Notice::Presence { friend: person.id });
    }
    if before.as_ref() != Some(&after) && told.status.is_some() {
        let (status, text) = after;
        decision.tell(Notice::Status {
            friend: person.id,
            status,
            text,
        });
    }
}

fn merged(old: Option<&Held>, told: &Presence, sent: Millis) -> Option<Held> {
    if *told == Presence::default() {
        return None;
    }
    let presence = match old {
        None => told.clone(),
        Some(old) => {
            let (held, news) = (old.presence.epoch.unwrap_or(0), told.epoch.unwrap_or(0));
            let newer_secret = told.epoch.is_some() && news > held;
            let newer_rest = sent > old.sent && (told.epoch.is_none() || news == held);
            if !newer_secret && !newer_rest {
                return None;
            }
            merge(&old.presence, told, newer_secret)
        }
    };
    Some(Held { presence, sent })
}

fn merge(old: &Presence, told: &Presence, secret_too: bool) -> Presence {
    let (epoch, secret) = if secret_too && told.secret.is_some() {
        (told.epoch, told.secret)
    } else {
        (old.epoch.or(told.epoch), old.secret.or(told.secret))
    };
    Presence {
        epoch,
        secret,
        window: told.window.or(old.window),
        networks: told.networks.as_ref().or(old.networks.as_ref()).cloned(),
        status: told.status.or(old.status),
        status_text: (told.status_text.as_ref().or(old.status_text.as_ref())).cloned(),
        capabilities: (told.capabilities.as_ref().or(old.capabilities.as_ref())).cloned(),
        ways: told.ways.as_ref().or(old.ways.as_ref()).cloned(),
    }
}

fn status_of(presence: &Presence) -> (Status, String) {
    (
        presence.status.unwrap_or_default(),
        presence.status_text.clone().unwrap_or_default(),
    )
}

/// What decides under which nicks somebody is looked for.
fn where_of(presence: &Presence) -> impl PartialEq + use<'_> {
    (presence.secret, presence.window, presence.networks.as_ref())
}

/// A `here` came. What their side can handle is kept; the rest means something only to the agent, which remembers who is
/// where; over mail it means nothing.
pub(super) fn hear(decision: &mut Decision<'_>, person: &mut Contact, heard: &Heard, here: &Here) {
    let Came::Irc { network, nick } = &heard.via else {
        return;
    };
    let held = person.friend_mut().and_then(|one| one.presence.as_mut());
    if let Some(held) = held {
        held.presence.capabilities = Some(here.capabilities.clone());
    }
    if !nick.eq_ignore_ascii_case(&here.nick) || !person.visible {
        return;
    }
    decision.tell(Notice::Here {
        friend: person.id,
        network: network.clone(),
        id: heard.letter.id,
        here: here.clone(),
    });
}

/// Says "the one at this nick is me": only to visible friends, and never while invisible.
pub(super) fn greet(
    decision: &mut Decision<'_>,
    greeting: Greeting,
    person: Contact,
) -> Result<(), Refusal> {
    let account = decision.account()?;
    if account.invisible || !person.visible || person.blocked || person.keys().is_none() {
        return Ok(());
    }
    let (status, text) = person
        .status_for
        .clone()
        .unwrap_or((account.status, account.status_text));
    let here = Here {
        nick: greeting.our_nick,
        network: greeting.network.clone(),
        status,
        status_text: Some(text).filter(|text| !text.is_empty()),
        capabilities: CAPABILITIES.to_vec(),
        echo: greeting.echo,
    };
    let (network, nick) = (greeting.network, greeting.nick);
    let route = Route::IrcAt { network, nick };
    say(decision, person, greeting.id, Body::Here(here), route);
    Ok(())
}

/// Their IRC session may be lost: the next letter by mail opens another. There is no letter for that alone, for it may as
/// well be somebody else at their nick.
pub(super) fn unproved(decision: &mut Decision<'_>, mut person: Contact) {
    if let Some(friend) = person.friend_mut().filter(|one| !one.reopen_irc) {
        friend.reopen_irc = true;
        decision.put(person);
    }
}

#[cfg(test)]
mod tests;
