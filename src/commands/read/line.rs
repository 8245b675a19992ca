//! A text as people read it.

use super::wording::wording;
use crate::commands::output::{Colour, Output, local_ms};
use crate::protocol::clean::one_line;
use crate::rules::conversation::Author;
use crate::rules::entry::Entry;
use crate::rules::message::{Delivery, Message};
use crate::rules::words;

/// The lines that people read.
pub(super) fn as_text(output: &Output, entry: &Entry, name: &str) -> String {
    let message = &entry.message;
    let time = output.paint(Colour::Faint, &local_ms(message.written()));
    let marks = output.paint(Colour::Faint, &marks(entry, name));
    let text = match &entry.retraction {
        Some(_) => String::new(),
        None => wording(entry).replace('\n', "\n    "),
    };
    match message.author {
        Author::Contact(_) => {
            let name = output.paint(Colour::Strong, name);
            format!("{time} {name}: {text}{marks}")
        }
        Author::Us => {
            let how = output.paint(colour(message.state), &how(message));
            format!("{time} → {name}: {text}{marks}  {how}")
        }
    }
}

/// What stands behind the words: edited, taken back, and by whom which signs are set.
fn marks(entry: &Entry, name: &str) -> String {
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
        let who = match sign.author {
            Author::Contact(_) => name,
            Author::Us => "you",
        };
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
