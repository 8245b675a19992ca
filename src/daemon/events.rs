//! What watchers, hooks and the log are told.

mod group;
mod said;
#[cfg(test)]
mod tests;

use crate::account::{Account, AccountError};
use crate::agent::{Happened, Occupants};
use crate::edge::control::event::{Change, Event, Who};
use crate::protocol::clean;
use crate::rules::contact::Contact;
use crate::rules::conversation::ConversationId;
use crate::rules::effect::Notice;
use crate::rules::message::Message;
use crate::rules::words;
use said::{change_of, text};

/// What happened, as it is kept until watchers, hooks and the log are told.
pub(super) enum Later {
    /// It still has to be put in words: a text, which a client waits for meanwhile.
    Text(Box<Message>, Who),
    /// Who is in the group is still to be looked up.
    InGroup(ConversationId, Box<Notice>),
    /// These are in the room of the group, and are still to be named.
    There(ConversationId, Occupants),
    /// As it is told.
    Event(Box<Event>),
}

impl Later {
    /// Of what happened; `None`: it concerns the agent alone.
    pub(super) fn of(happened: Happened<'_>) -> Option<Self> {
        if let Happened::Notice(notice, whose) = happened {
            if let Some(group) = group::of(notice) {
                return Some(Self::InGroup(group, Box::new(notice.clone())));
            }
            if let Notice::Text { message } = notice {
                return Some(Self::Text(message.clone(), who(whose)));
            }
        }
        if let Happened::There { group, there } = happened {
            return Some(Self::There(group, there.clone()));
        }
        event(happened).map(Box::new).map(Self::Event)
    }

    /// The event that is told now.
    pub(super) fn told(self, account: &Account) -> Option<Event> {
        match self {
            Self::Text(message, who) => Some(text(&message, who, None)),
            Self::InGroup(group, notice) => readable(group::event(account, group, &notice)),
            Self::There(group, there) => readable(group::there(account, group, &there)),
            Self::Event(event) => Some(*event),
        }
    }
}

/// What happened in a group, if the group can be read.
fn readable(event: Result<Option<Event>, AccountError>) -> Option<Event> {
    event.unwrap_or_else(|fault| {
        tracing::error!("what happened in a group is not told: {fault}");
        None
    })
}

fn event(happened: Happened<'_>) -> Option<Event> {
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
        Happened::Contact(_)
        | Happened::There { .. }
        | Happened::Contacts
        | Happened::Account
        | Happened::Groups
        | Happened::Texts => return None,
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
        Notice::Text { message } => text(message, who, None),
        Notice::Change { change, of } => return change_of(change, of, who, None),
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
            group: None,
            id: id.to_string(),
            state: words::state(*state).to_owned(),
            via: via.map(|via| words::via(via).to_owned()),
            reason: reason.clone(),
            delivered: None,
            of: None,
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

/// A friend's word to their status, cleaned; `None` if there is none.
pub(super) fn status(word: &str) -> Option<String> {
    Some(clean::line(word, 256)).filter(|word| !word.is_empty())
}

/// Who somebody is; nobody has no name.
fn who(contact: Option<&Contact>) -> Who {
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
            let group = text.group.as_deref().unwrap_or_default();
            tracing::info!(friend = text.who.friend, group, via, "a text came");
        }
        Event::State {
            who,
            group,
            id,
            state,
            reason,
            ..
        } => {
            let reason = reason.as_deref().unwrap_or_default();
            let group = group.as_deref().unwrap_or_default();
            tracing::info!(friend = who.friend, group, id, reason, "{state}");
        }
        Event::Group { group, state, .. } => tracing::info!(group, "the group: {state}"),
        Event::Member {
            who, group, state, ..
        } => tracing::info!(friend = who.friend, group, "a member: {state}"),
        Event::Room {
            group,
            inside,
            there,
        } => tracing::info!(group, inside, "there: {}", there.len()),
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
        Event::Mailbox {
            name,
            state,
            reason,
        } => {
            let reason = reason.as_deref().unwrap_or_default();
            tracing::info!(mailbox = name, reason, "the mailbox: {state}");
        }
        Event::Rotated { .. } => tracing::info!("a new presence secret"),
        Event::Word { text, .. } => tracing::info!("word: {text}"),
    }
}

fn log_change(change: &Change, kind: &str) {
    let via = change.via.as_deref().unwrap_or_default();
    let group = change.group.as_deref().unwrap_or_default();
    tracing::info!(
        friend = change.who.friend,
        group,
        via,
        "a text is changed: {kind}"
    );
}
