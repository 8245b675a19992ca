//! A text as people read it.

use super::place::{Place, Said, has_come, has_failed};
use super::wording::shown;
use crate::commands::output::{Colour, Output, local_ms};
use crate::protocol::clean::one_line;
use crate::rules::conversation::Author;
use crate::rules::entry::Entry;
use crate::rules::message::{Delivery, Message};
use crate::rules::words;

/// The lines that people read.
pub(super) fn as_text(output: &Output, said: &Said<'_>) -> String {
    let (entry, place) = (said.entry, said.place);
    let message = &entry.message;
    let time = output.paint(Colour::Faint, &local_ms(message.written()));
    let marks = output.paint(Colour::Faint, &marks(entry, place));
    let text = shown(entry).replace('\n', "\n    ");
    match place.by(message.author) {
        Some(author) => {
            let group = place.group().map(|_| format!("{} ", place.name()));
            let group = output.paint(Colour::Faint, &group.unwrap_or_default());
            let name = output.paint(Colour::Strong, &author.name);
            format!("{time} {group}{name}: {text}{marks}")
        }
        None => {
            let how = match place {
                Place::Friend(..) => how(message),
                Place::Group(_) => how_with_all(said),
            };
            let how = output.paint(colour(message.state), &how);
            format!("{time} → {}: {text}{marks}  {how}", place.name())
        }
    }
}

/// What stands behind the words: edited, taken back, and by whom which signs are set.
pub(super) fn marks(entry: &Entry, place: &Place) -> String {
    let mark = |word: &str, change: &Message| match change.state {
        Delivery::Delivered | Delivery::Read => format!("({word})"),
        Delivery::Queued | Delivery::Sent | Delivery::Failed => {
            format!("({word}, {})", words::state(change.state))
        }
    };
    if let Some(retraction) = &entry.retraction {
        return mark("taken back", retraction);
    }
    let edited = entry.edit.iter().map(|edit| mark("edited", edit));
    let signs = entry.reactions.iter().map(|sign| {
        let who = place.by(sign.author);
        let who = who.map_or_else(|| "you".to_owned(), |who| who.name);
        format!("({} {who})", one_line(&sign.text))
    });
    edited.chain(signs).map(|mark| format!(" {mark}")).collect()
}

fn colour(state: Delivery) -> Colour {
    match state {
        Delivery::Failed => Colour::Bad,
        Delivery::Queued | Delivery::Sent | Delivery::Delivered | Delivery::Read => Colour::Faint,
    }
}

pub(super) fn how(message: &Message) -> String {
    let state = words::state(message.state);
    match (message.state, message.via, &message.reason) {
        (Delivery::Failed, _, Some(reason)) => format!("[{state}: {}]", one_line(reason)),
        (Delivery::Sent | Delivery::Delivered, Some(by), _) => {
            format!("[{state}, {}]", words::via(by))
        }
        _ => format!("[{state}]"),
    }
}

/// The same of what was said in a group: with how many it is, and with whom it failed.
fn how_with_all(said: &Said<'_>) -> String {
    let message = &said.entry.message;
    let come = said.copies.iter().filter(|one| has_come(one)).count();
    let failed = || said.copies.iter().filter(|one| has_failed(one));
    if come == 0 && failed().count() == 0 {
        return how(message);
    }
    let mut parts = vec![format!("delivered {come} of {}", said.copies.len())];
    parts.extend(failed().map(|copy| {
        let who = said.place.by(Author::Contact(copy.contact));
        let who = who.unwrap_or_default().name;
        let why = copy.reason.as_deref().unwrap_or("no reason is known");
        format!("failed for {who}: {}", one_line(why))
    }));
    format!("[{}]", parts.join("; "))
}
