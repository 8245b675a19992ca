//! The words of a text, as they may be shown.

use crate::protocol::clean;
use crate::rules::entry::Entry;
use crate::rules::in_words;

/// What was written, as it reads now, without anything that a terminal would obey. A change whose text has not come
/// is told in words.
pub(super) fn wording(entry: &Entry) -> String {
    let message = &entry.message;
    match (message.unknown_kind, message.change) {
        (Some(kind), _) => format!("(kind {kind}: sent by a newer version)"),
        (None, Some(change)) => clean::text(&in_words::change(change.kind, &message.text, None)),
        (None, None) => clean::text(entry.wording()),
    }
}

/// The same; of a text that was taken back, nothing.
pub(super) fn shown(entry: &Entry) -> String {
    match entry.retraction {
        Some(_) => String::new(),
        None => wording(entry),
    }
}
