//! The letter of a text or a change of ours, made anew from its row whenever it goes.

use crate::protocol::codec::MAX_TEXT;
use crate::protocol::letter::{Body, Edit, Letter, LetterId, React, Retract, Text};
use crate::rules::contact::Contact;
use crate::rules::conversation::Author;
use crate::rules::decision::Decision;
use crate::rules::in_words;
use crate::rules::message::{Change, ChangeKind, Message};
use crate::rules::refusal::Refusal;

/// The letter of a row of ours, with the id and `sent` it always had. A change goes as a text, in words, to a friend
/// whose side is not known to understand such letters.
pub(super) fn letter(
    decision: &Decision<'_>,
    person: &Contact,
    message: &Message,
) -> Result<Letter, Refusal> {
    let body = match message.change {
        Some(change) if !person.understands(change.kind.letter()) => {
            in_text(decision, person, change, &message.text)?
        }
        Some(_) | None => body_of(message),
    };
    Ok(Letter::bare(message.id, message.sent, body))
}

/// What a row says.
pub(in crate::rules) fn body_of(message: &Message) -> Body {
    let text = message.text.clone();
    match message.change {
        None => Body::Text(Text {
            text,
            reply_to: message.reply_to,
            notice: message.notice,
        }),
        Some(change) => as_change(change, text),
    }
}

fn as_change(change: Change, text: String) -> Body {
    let Change { of, kind } = change;
    match kind {
        ChangeKind::Edit => Body::Edit(Edit { of, text }),
        ChangeKind::Retract => Body::Retract(Retract {
            of,
            why: Some(text).filter(|why| !why.is_empty()),
        }),
        ChangeKind::React | ChangeKind::Unreact => Body::React(React {
            to: of,
            emoji: text,
            on: kind == ChangeKind::React,
        }),
    }
}

fn in_text(
    decision: &Decision<'_>,
    person: &Contact,
    change: Change,
    wording: &str,
) -> Result<Body, Refusal> {
    let of = concerned(decision, person, change.of)?;
    let mut text = in_words::change(change.kind, wording, of.as_deref());
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    Ok(Body::Text(Text {
        text,
        reply_to: Some(change.of),
        notice: false,
    }))
}

/// What the text says that a change of ours is about.
fn concerned(
    decision: &Decision<'_>,
    person: &Contact,
    of: LetterId,
) -> Result<Option<String>, Refusal> {
    for author in [Author::Contact(person.id), Author::Us] {
        let found = decision.view.message(person.conversation, author, of)?;
        if let Some(text) = found.filter(|row| row.change.is_none()) {
            return Ok(Some(text.text));
        }
    }
    Ok(None)
}
