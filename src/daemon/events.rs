//! What watchers, hooks and the log are told.

#[cfg(test)]
mod tests;

use crate::agent::Happened;
use crate::edge::control::event::{Change, Event, Text, Who};
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::rules::contact::Contact;
use crate::rules::effect::Notice;
use crate::rules::message::{ChangeKind, Message};
use crate::rules::words::rfc3339_ms;
use crate::rules::{in_words, words};

/// What it is for watchers and hooks; `None`: it concerns the agent alone.
pub(super) fn event(happened: Happened<'_>) -> Option<Event> {
    Some(match happened {
        Happened::Notice(notice, whose) => return of_notice(notice, who(whose)),
        Happened::Presence {
            friend,
            shown,
            text,
        } => Event::Presence {
            who: who(Some(friend)),
            presence: words::presence(shown).to_owned(),
            status: status(text),
        },
        Happened::Network {
            name,
            state,
            reason,
        } => Event::Network {
            network: name.to_owned(),
            state: state.to_owned(),
            reason: reason.map(|why| clean::line(why, 300)),
        },
        Happened::Contact(_) | Happened::Contacts | Happened::Account | Happened::Texts => {
            return None;
        }
    })
}

fn of_notice(notice: &Notice, who: Who) -> Option<Event> {
    Some(match notice {
        Notice::Request {
            name,
            note,
            key_changed,
            ..
        } => Event::Request {
            who: Who {
                friend: name.clone(),
                ..who
            },
            note: clean::line(note, 1024),
            key_changed: *key_changed,
        },
        Notice::Friend { .. } => Event::Friend { who },
        Notice::Text { message } => text(message, who),
        Notice::Change { change, of } => return change_of(change, of, who),
        Notice::Typing { typing, .. } => Event::Typing {
            who,
            state: words::typing(*typing).to_owned(),
        },
        Notice::State {
            id,
            state,
            via,
            reason,
            ..
        } => Event::State {
            who,
            id: id.to_string(),
            state: words::state(*state).to_owned(),
            via: via.map(|via| words::via(via).to_owned()),
            reason: reason.clone(),
        },
        Notice::Rotated { epoch, to_tell } => Event::Rotated {
            epoch: *epoch,
            to_tell: *to_tell,
        },
        Notice::Word { friend, text } => Event::Word {
            friend: friend.map(|_| who.friend),
            text: clean::line(text, 1024),
        },
        Notice::Status { .. }
        | Notice::Here { .. }
        | Notice::Presence { .. }
        | Notice::Group { .. }
        | Notice::Copies { .. }
        | Notice::SeenIn { .. }
        | Notice::Seen { .. } => return None,
    })
}

/// A text that came.
pub(super) fn text(message: &Message, who: Who) -> Event {
    Event::Text(Box::new(Text {
        who,
        id: message.id.to_string(),
        direction: words::direction(message.author).to_owned(),
        sent: rfc3339_ms(message.sent),
        arrival: rfc3339_ms(message.arrival),
        text: clean::text(&message.text),
        state: words::state(message.state).to_owned(),
        via: message.via.map(|via| words::via(via).to_owned()),
        reason: message.reason.clone(),
        newer: message.unknown_kind.is_some(),
        reply_to: message.reply_to.map(|id| id.to_string()),
        notice: message.notice,
    }))
}

fn change_of(message: &Message, of: &Message, who: Who) -> Option<Event> {
    let kind = message.change?.kind;
    let change = Change {
        who,
        id: message.id.to_string(),
        of: of.id.to_string(),
        direction: words::direction(message.author).to_owned(),
        sent: rfc3339_ms(message.written()),
        arrival: rfc3339_ms(message.arrival),
        via: message.via.map(|via| words::via(via).to_owned()),
        words: clean::text(&in_words::change(kind, &message.text, Some(&of.text))),
    };
    Some(match kind {
        ChangeKind::Edit => Event::Edit {
            change,
            text: clean::text(&message.text),
        },
        ChangeKind::Retract => {
            let why = clean::line(&message.text, MAX_NOTE);
            let why = Some(why).filter(|why| !why.is_empty());
            Event::Retract { change, why }
        }
        ChangeKind::React | ChangeKind::Unreact => Event::React {
            change,
            emoji: clean::line(&message.text, MAX_EMOJI),
            on: kind == ChangeKind::React,
        },
    })
}

/// A friend's word to their status, cleaned; `None` if there is none.
pub(super) fn status(word: &str) -> Option<String> {
    Some(clean::line(word, 256)).filter(|word| !word.is_empty())
}

/// Who somebody is; nobody has no name.
pub(super) fn who(contact: Option<&Contact>) -> Who {
    let named = contact.map(|one| (one.name.clone(), one.address.to_string()));
    let (friend, address) = named.unwrap_or_default();
    Who { friend, address }
}

/// One line of log of an event: who and what, never what was written.
pub(super) fn log(event: &Event) {
    match event {
        Event::Presence { who, presence, .. } => tracing::info!(friend = who.friend, "{presence}"),
        Event::Text(text) => {
            let via = text.via.as_deref().unwrap_or_default();
            tracing::info!(friend = text.who.friend, via, "a text came");
        }
        Event::State {
            who,
            id,
            state,
            reason,
            ..
        } => {
            let reason = reason.as_deref().unwrap_or_default();
            tracing::info!(friend = who.friend, id, reason, "{state}");
        }
        Event::Edit { change, .. } => log_change(change, "edit"),
        Event::Retract { change, .. } => log_change(change, "retract"),
        Event::React { change, .. } => log_change(change, "react"),
        Event::Typing { who, state } => tracing::debug!(friend = who.friend, "typing: {state}"),
        Event::Request { who, .. } => tracing::info!(friend = who.friend, "asks to be a friend"),
        Event::Friend { who } => tracing::info!(friend = who.friend, "is a friend now"),
        Event::Network {
            network,
            state,
            reason,
        } => {
            let reason = reason.as_deref().unwrap_or_default();
            tracing::info!(network, reason, "{state}");
        }
        Event::Mailbox { state, reason } => {
            let reason = reason.as_deref().unwrap_or_default();
            tracing::info!(reason, "the mailbox: {state}");
        }
        Event::Rotated { .. } => tracing::info!("a new presence secret"),
        Event::Word { text, .. } => tracing::info!("word: {text}"),
    }
}

fn log_change(change: &Change, kind: &str) {
    let via = change.via.as_deref().unwrap_or_default();
    tracing::info!(friend = change.who.friend, via, "a text is changed: {kind}");
}
