//! A text as it is to be shown: with its newest wording, taken back or not, and the signs set to it.
//!
//! ```text
//!  text ◀── edits, retractions   by whoever wrote it; of the edits the latest (sent, id) counts
//!    ▲
//!    └───── reactions            by either side; for each side and sign the latest counts
//! ```
//!
//! Nothing is ever overwritten: each change is a row of its own, and an entry is worked out from them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::message::{ChangeKind, Message};

/// A text with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text as it was sent; or a change whose text has not come, which then stands for itself.
    pub message: Message,
    /// The edit that counts.
    pub edit: Option<Message>,
    /// It was taken back by this. The words are still there: at either side, and wherever they were read.
    pub retraction: Option<Message>,
    /// The signs that are set, in the order in which they were.
    pub reactions: Vec<Message>,
}

impl Entry {
    /// A text and all changes that name it, in any order; those that do not concern it are passed over.
    pub fn of(message: Message, changes: &[Message]) -> Self {
        let own = |kind| {
            let theirs = changes.iter().filter(move |one| is(one, kind));
            let theirs = theirs.filter(|one| one.author == message.author);
            theirs.max_by_key(|one| one.rank()).cloned()
        };
        Self {
            edit: own(ChangeKind::Edit),
            retraction: own(ChangeKind::Retract),
            reactions: reactions(&message, changes),
            message,
        }
    }

    /// A text after one more change, if anything looks different then: nothing does when a later one counts, or when
    /// the text was taken back before.
    pub fn changed(text: Message, earlier: &[Message], change: &Message) -> Option<Self> {
        let before = Self::of(text.clone(), earlier);
        let after = Self::of(text, &[earlier, std::slice::from_ref(change)].concat());
        (before != after && before.retraction.is_none()).then_some(after)
    }

    /// What it says now.
    pub fn wording(&self) -> &str {
        &self.edit.as_ref().unwrap_or(&self.message).text
    }

    /// The same as a user reads it; what a newer version sent has no words here.
    pub fn words(&self) -> Cow<'_, str> {
        match self.message.unknown_kind {
            Some(kind) => format!("(a newer version sent this; kind {kind})").into(),
            None => self.wording().into(),
        }
    }

    /// The changes that count.
    pub fn changes(&self) -> impl Iterator<Item = &Message> {
        let own = self.edit.iter().chain(&self.retraction);
        own.chain(&self.reactions)
    }
}

/// The entries that rows make up, in the order of the rows. A change whose text is not among them stands for itself.
pub fn entries(rows: Vec<Message>) -> Vec<Entry> {
    let (texts, changes): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.change.is_none());
    let known: BTreeSet<_> = texts.iter().map(Message::about).collect();
    let mut about: BTreeMap<_, Vec<Message>> = BTreeMap::new();
    for row in changes {
        about.entry(row.about()).or_default().push(row);
    }
    let whole = |text: Message| {
        let changes = about.get(&text.about());
        Entry::of(text, changes.map_or(&[], Vec::as_slice))
    };
    let mut entries: Vec<Entry> = texts.into_iter().map(whole).collect();
    about.retain(|text, _| !known.contains(text));
    let alone = about.into_values().flatten();
    entries.extend(alone.map(|row| Entry::of(row, &[])));
    entries.sort_by_key(|entry| (entry.message.written(), entry.message.arrival));
    entries
}

/// Those set to a text: in a group somebody may have taken the id of another's text for one of theirs.
fn reactions(text: &Message, changes: &[Message]) -> Vec<Message> {
    let whose = |one: &&Message| one.in_group.and_then(|place| place.whose);
    let is_to = |one: &&Message| whose(one).is_none_or(|whose| whose == text.author);
    let mut signs: Vec<&Message> = changes.iter().filter(is_to).collect();
    signs.retain(|one| is(one, ChangeKind::React) || is(one, ChangeKind::Unreact));
    signs.sort_by_key(|one| one.rank());
    // The later takes the place of the earlier.
    let latest: BTreeMap<_, _> = signs
        .into_iter()
        .map(|sign| ((sign.author, &sign.text), sign))
        .collect();
    let set = latest
        .into_values()
        .filter(|one| is(one, ChangeKind::React));
    let mut set: Vec<Message> = set.cloned().collect();
    set.sort_by_key(Message::rank);
    set
}

fn is(row: &Message, kind: ChangeKind) -> bool {
    row.change.is_some_and(|change| change.kind == kind)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::protocol::letter::LetterId;
    use crate::protocol::time::Millis;
    use crate::rules::conversation::Author;
    use crate::rules::fake_state::{contact, said};
    use crate::rules::message::{Change, Delivery};
    use Author::Us;
    use ChangeKind::{Edit, React, Retract, Unreact};

    fn them() -> Author {
        Author::Contact(contact("bob"))
    }

    fn text(author: Author, n: u8) -> Message {
        Message {
            author,
            sent: Millis(n.into()),
            arrival: Millis(100),
            text: format!("text {n}"),
            ..said("bob", n, Delivery::Delivered)
        }
    }

    /// A change of text 1, made at `sent` under the id `n`.
    fn change(author: Author, kind: ChangeKind, sent: u64, n: u8, text_of: &str) -> Message {
        Message {
            sent: Millis(sent),
            text: text_of.to_owned(),
            change: Some(Change {
                of: LetterId([1; 16]),
                kind,
            }),
            ..text(author, n)
        }
    }

    fn words(entry: &Entry) -> String {
        let back = entry.retraction.is_some();
        let signs: Vec<_> = entry
            .reactions
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        format!("{} {back} {}", entry.wording(), signs.join(""))
    }

    #[test]
    fn the_latest_counts_whatever_the_order() {
        for (mut changes, expected) in [
            (vec![], "text 1 false "),
            (
                vec![
                    change(them(), Edit, 5, 9, "a"),
                    change(them(), Edit, 6, 8, "b"),
                ],
                "b false ",
            ),
            (
                vec![
                    change(them(), Edit, 5, 9, "a"),
                    change(them(), Edit, 5, 8, "b"),
                ],
                "a false ",
            ),
            (vec![change(Us, Edit, 5, 9, "not theirs")], "text 1 false "),
            (vec![change(Us, Retract, 5, 9, "")], "text 1 false "),
            (
                vec![
                    change(them(), Retract, 5, 9, ""),
                    change(them(), Edit, 6, 8, "b"),
                ],
                "b true ",
            ),
            (
                vec![
                    change(them(), React, 5, 8, "x"),
                    change(Us, React, 6, 9, "y"),
                ],
                "text 1 false xy",
            ),
            (
                vec![
                    change(them(), React, 6, 8, "x"),
                    change(Us, React, 5, 9, "x"),
                ],
                "text 1 false xx",
            ),
            (
                vec![
                    change(them(), React, 5, 8, "x"),
                    change(them(), Unreact, 6, 9, "x"),
                ],
                "text 1 false ",
            ),
            (
                vec![
                    change(them(), React, 7, 8, "x"),
                    change(them(), Unreact, 6, 9, "x"),
                ],
                "text 1 false x",
            ),
            (
                vec![
                    change(them(), React, 5, 8, "x"),
                    change(Us, Unreact, 6, 9, "x"),
                ],
                "text 1 false x",
            ),
        ] {
            for _ in 0..2 {
                let entry = Entry::of(text(them(), 1), &changes);
                assert_eq!(words(&entry), expected, "{changes:?}");
                changes.reverse();
            }
        }
    }

    #[test]
    fn rows_become_entries_in_their_order() {
        let alone = Message {
            change: Some(Change {
                of: LetterId([99; 16]),
                kind: Edit,
            }),
            // Listed at its arrival: their clock is far ahead.
            ..change(them(), Edit, u64::MAX, 7, "alone")
        };
        let rows = vec![
            text(them(), 1),
            text(Us, 2),
            change(them(), Edit, 3, 3, "edited"),
            Message {
                arrival: Millis(200),
                ..text(them(), 101)
            },
            alone,
        ];
        let all: Vec<String> = entries(rows).iter().map(words).collect();
        let expected = [
            "edited false ",
            "text 2 false ",
            "alone false ",
            "text 101 false ",
        ];
        assert_eq!(all, expected);
    }
}
