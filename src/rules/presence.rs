//! Presence as letters bring it: a friend's secret and status, their `here`, and ours.

use super::contact::Contact;
use super::decision::Decision;
use super::effect::Notice;
use super::event::{Came, Greeting, Heard};
use super::friend::Held;
use super::outgoing::{Form, Route};
use super::queue::retry::PRESENCE_LASTS;
use super::refusal::Refusal;
use crate::protocol::letter::{Body, Here, Presence, Status};
use crate::protocol::time::Millis;
use crate::rules::conversation::ContactId;

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
    let Some(old) = old else {
        return Some(Held {
            presence: told.clone(),
            sent,
        });
    };
    let (held, news) = (old.presence.epoch.unwrap_or(0), told.epoch.unwrap_or(0));
    let newer_secret = told.epoch.is_some() && news > held;
    let newer_rest = sent > old.sent && (told.epoch.is_none() || news == held);
    if newer_secret {
        return Some(Held {
            presence: merge(&old.presence, told, true),
            sent,
        });
    }
    newer_rest.then(|| Held {
        presence: merge(&old.presence, told, false),
        sent,
    })
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
        networks: told.networks.clone().or_else(|| old.networks.clone()),
        status: told.status.or(old.status),
        status_text: told.status_text.clone().or_else(|| old.status_text.clone()),
        capabilities: told
            .capabilities
            .clone()
            .or_else(|| old.capabilities.clone()),
        ways: told.ways.clone().or_else(|| old.ways.clone()),
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
pub(super) fn greet(decision: &mut Decision<'_>, greeting: &Greeting) -> Result<(), Refusal> {
    let account = decision.account()?;
    let Some(mut person) = decision.person(greeting.friend)? else {
        return Ok(());
    };
    if account.invisible || !person.visible || person.blocked || person.keys().is_none() {
        return Ok(());
    }
    let (status, text) = person
        .status_for
        .clone()
        .unwrap_or((account.status, account.status_text));
    let here = Here {
        nick: greeting.our_nick.clone(),
        network: greeting.network.clone(),
        status,
        status_text: Some(text).filter(|text| !text.is_empty()),
        capabilities: crate::rules::announce::CAPABILITIES.to_vec(),
        echo: greeting.echo,
    };
    let letter = decision.letter(&mut person, greeting.id, Body::Here(here));
    let route = Route::IrcAt {
        network: greeting.network.clone(),
        nick: greeting.nick.clone(),
    };
    decision.post_at(
        &person,
        letter,
        Form::Friend {
            fresh: false,
            open_irc: false,
        },
        route,
        Some(PRESENCE_LASTS),
    );
    decision.put(person);
    Ok(())
}

/// Their IRC session may be lost: the next letter by mail opens another. There is no letter for that alone, for it may as
/// well be somebody else at their nick.
pub(super) fn unproved(decision: &mut Decision<'_>, friend: ContactId) -> Result<(), Refusal> {
    let Some(mut person) = decision.person(friend)? else {
        return Ok(());
    };
    if let Some(friend) = person.friend_mut().filter(|one| !one.reopen_irc) {
        friend.reopen_irc = true;
        decision.put(person);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
