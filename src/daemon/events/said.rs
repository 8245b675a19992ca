//! Texts, and what is done to them, with a friend or in a group.

use crate::edge::control::event::{Change, Event, Text, Who};
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::rules::message::{ChangeKind, Message};
use crate::rules::words::rfc3339_ms;
use crate::rules::{in_words, words};

/// A text that came, from somebody, perhaps in a group.
pub(super) fn text(message: &Message, who: Who, group: Option<String>) -> Event {
    Event::Text(Box::new(Text {
        who,
        group,
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

/// What was done to a text; `None`: nothing.
pub(super) fn change_of(
    message: &Message,
    of: &Message,
    who: Who,
    group: Option<String>,
) -> Option<Event> {
    let kind = message.change?.kind;
    let change = Change {
        who,
        group,
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
