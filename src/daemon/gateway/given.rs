//! What the store holds, as the face is told it.

use crate::account::AccountError;
use crate::edge::store;
use crate::gateway::host::{Change, Done, Entry, Page, Place, Stored, What};
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::rules::message::{ChangeKind, Direction, Message};
use crate::rules::{entry, message};

/// A window on a conversation, as the store reads it.
pub(super) fn window(page: Page) -> store::Page {
    let place = |place: Place| store::Place {
        arrival: place.at,
        row: place.row,
    };
    store::Page {
        after: page.after.map(place),
        before: page.before.map(place),
        newest: page.newest,
        limit: page.limit,
    }
}

/// Texts as they stand now, or why they cannot be read.
pub(super) fn entries(
    found: Result<Vec<store::Placed>, AccountError>,
) -> Result<Vec<Entry>, String> {
    let found = found.map_err(|fault| fault.to_string())?;
    Ok(found.into_iter().map(entry).collect())
}

/// Rows, or why they cannot be read.
pub(super) fn rows(found: Result<Vec<store::Stored>, AccountError>) -> Result<Vec<Stored>, String> {
    let found = found.map_err(|fault| fault.to_string())?;
    Ok(found.into_iter().map(stored).collect())
}

/// A text as it stands now.
pub(super) fn entry(placed: store::Placed) -> Entry {
    text(placed.row, placed.entry)
}

/// A row.
pub(super) fn stored(stored: store::Stored) -> Stored {
    let store::Stored { row, before, what } = stored;
    let what = match what {
        store::What::Text(entry) => What::Text(Box::new(text(row, *entry))),
        store::What::Change(done) => change(*done).map_or(What::Nothing, What::Change),
        store::What::Nothing => What::Nothing,
    };
    Stored { row, before, what }
}

fn text(row: u64, entry: entry::Entry) -> Entry {
    let (edited, retracted) = (entry.edit.is_some(), entry.retraction.is_some());
    let text = match entry.message.unknown_kind {
        Some(kind) => format!("(a newer version sent this; kind {kind})"),
        None => entry.wording().to_owned(),
    };
    let message = entry.message;
    Entry {
        row,
        mine: message.direction == Direction::Out,
        friend: message.friend,
        id: message.id,
        sent: message.sent,
        arrival: message.arrival,
        text,
        reply_to: message.reply_to,
        notice: message.notice,
        state: message.state,
        via: message.via,
        reason: message.reason,
        edited,
        retracted,
    }
}

fn change(done: store::Done) -> Option<Box<Change>> {
    let message::Change { of, kind } = done.change.change?;
    Some(Box::new(Change {
        mine: done.change.direction == Direction::Out,
        id: Some(done.change.id),
        of,
        of_row: done.text_row,
        quoted: done.text.wording().to_owned(),
        arrival: done.change.arrival,
        done: what(kind, &done.change),
        friend: done.change.friend,
    }))
}

fn what(kind: ChangeKind, change: &Message) -> Done {
    let sign = || clean::line(&change.text, MAX_EMOJI);
    match kind {
        ChangeKind::Edit => Done::Edited(clean::text(&change.text)),
        ChangeKind::Retract => {
            let why = clean::line(&change.text, MAX_NOTE);
            Done::Retracted(Some(why).filter(|why| !why.is_empty()))
        }
        ChangeKind::React => Done::Reacted(sign()),
        ChangeKind::Unreact => Done::Unreacted(sign()),
    }
}
