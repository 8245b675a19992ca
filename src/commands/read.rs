//! `iim read`.

use std::collections::{BTreeMap, btree_map};

use serde_json::{Value, json};

use crate::account::Account;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::entry::Entry;
use crate::rules::event::Act;
use crate::rules::in_words;
use crate::rules::message::{Delivery, Message};

use super::explain::hinted;
use super::output::{Colour, Output, local_ms};
use super::run::Run;
use crate::protocol::clean::{self, one_line};
use crate::rules::words::{self, counted, rfc3339_ms};

/// Shows what was written, newest last, and marks it as seen
///
/// A text stands in its newest wording, with the reactions to it behind. One that was taken back is not shown; its words
/// are still in the account's files, at either side.
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// Only with this friend: the name or the address
    who: Option<String>,
    /// Only what came and has not been seen
    #[arg(long)]
    new: bool,
    /// Before each text the beginning of its id, for `iim edit`, `retract`, `react` and `say --reply`
    #[arg(long)]
    ids: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with = "ids")]
    json: bool,
}

impl Read {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let friend = match &self.who {
            Some(who) => Some(run.account.who(who)?),
            None => None,
        };
        let with = friend.as_ref().map(|one| one.conversation);
        if run.output.is_typed() {
            let many = run
                .account
                .look(|tx| Ok(tx.texts().count(with, self.new)?))?;
            if many > TYPED {
                let what = format!("{} are too many to be shown here", counted(many, "text"));
                let hint = "a client scrolls back by itself; `iim read` in a shell shows all";
                return Err(hinted(what, hint));
            }
        }
        // What comes while this is shown has not been seen.
        let unseen = run.account.history(with, true)?;
        let unseen = unseen.iter().map(|message| message.arrival).max();
        let mut known = BTreeMap::new();
        for entry in run.account.entries(with, self.new)? {
            let (name, address) = whose(&mut known, &run.account, entry.message.conversation)?;
            if self.json {
                run.output.json(&as_json(&entry, name, address))?;
            } else {
                let line = as_text(&run.output, &entry, name);
                run.output.line(self.with_id(&entry, line))?;
            }
        }
        // What could not be shown (stdout failed above) is not marked as seen.
        match unseen {
            Some(up_to) => {
                let friend = friend.map(|one| one.id);
                run.act(Act::Seen { friend, up_to }).map(drop)
            }
            None => Ok(()),
        }
    }

    fn with_id(&self, entry: &Entry, line: String) -> String {
        if !self.ids {
            return line;
        }
        let id = entry.message.id.to_string();
        format!("{} {line}", id.get(..SHORT_ID).unwrap_or(&id))
    }
}

/// The name and the address of whom a conversation is with; who has left the roster is called by the address.
fn whose<'k>(
    known: &'k mut BTreeMap<ConversationId, (String, String)>,
    account: &Account,
    with: ConversationId,
) -> anyhow::Result<(&'k str, &'k str)> {
    let (name, address) = match known.entry(with) {
        btree_map::Entry::Occupied(one) => one.into_mut(),
        btree_map::Entry::Vacant(place) => {
            let person = account.contact_in(with)?;
            let named = person.map(|one| (one_line(&one.name), one.address.to_string()));
            place.insert(named.unwrap_or_default())
        }
    };
    Ok((name, address))
}

/// The object that scripts read.
fn as_json(entry: &Entry, name: &str, address: &str) -> Value {
    let message = &entry.message;
    json!({
        "id": message.id.to_string(),
        "friend": name,
        "address": address,
        "direction": words::direction(message.author),
        "sent": rfc3339_ms(message.written()),
        "text": wording(entry),
        "state": words::state(message.state),
        "via": message.via.map(words::via),
        "reason": message.reason.as_deref().map(one_line),
        "reply_to": message.reply_to.map(|id| id.to_string()),
        "notice": message.notice,
        "edited": entry.edit.as_ref().map(change_json),
        "retracted": entry.retraction.as_ref().map(change_json),
        "reactions": entry.reactions.iter().map(reaction_json).collect::<Vec<_>>(),
    })
}

/// A change of a text: its own id, when it was made, and how far it has come.
fn change_json(change: &Message) -> Value {
    json!({
        "id": change.id.to_string(),
        "sent": rfc3339_ms(change.written()),
        "state": words::state(change.state),
        "reason": change.reason.as_deref().map(one_line),
    })
}

fn reaction_json(reaction: &Message) -> Value {
    json!({
        "id": reaction.id.to_string(),
        "emoji": one_line(&reaction.text),
        "direction": words::direction(reaction.author),
        "sent": rfc3339_ms(reaction.written()),
        "state": words::state(reaction.state),
        "reason": reaction.reason.as_deref().map(one_line),
    })
}

/// The lines that people read.
fn as_text(output: &Output, entry: &Entry, name: &str) -> String {
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

fn how(message: &Message) -> String {
    let state = words::state(message.state);
    match (message.state, message.via, &message.reason) {
        (Delivery::Failed, _, Some(reason)) => format!("[{state}: {}]", one_line(reason)),
        (Delivery::Sent | Delivery::Delivered, Some(by), _) => {
            format!("[{state}, {}]", words::via(by))
        }
        _ => format!("[{state}]"),
    }
}

/// What was written, as it reads now, without anything that a terminal would obey. A change whose text has not come
/// is told in words.
fn wording(entry: &Entry) -> String {
    let message = &entry.message;
    match (message.unknown_kind, message.change) {
        (Some(kind), _) => format!("(kind {kind}: sent by a newer version)"),
        (None, Some(change)) => clean::text(&in_words::change(change.kind, &message.text, None)),
        (None, None) => clean::text(entry.wording()),
    }
}

/// How many texts, and changes of texts, are gathered in the agent for a client that has typed the command.
const TYPED: usize = 200;
/// How much of an id is shown, in digits: enough to find one among millions.
const SHORT_ID: usize = 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::letter::LetterId;
    use crate::protocol::time::{Millis, Seconds};
    use crate::rules::conversation::ContactId;
    use crate::rules::message::{Change, ChangeKind, Via};

    const THEIRS: Author = Author::Contact(ContactId::new(1));

    fn message(author: Author, state: Delivery) -> Message {
        Message {
            conversation: ConversationId::default(),
            author,
            id: LetterId([7; 16]),
            sent: Millis(1_795_244_400_000),
            arrival: Millis(1_795_244_400_000),
            text: "one\ntwo\u{1b}[31m".to_owned(),
            reply_to: None,
            unknown_kind: None,
            change: None,
            state,
            via: Some(Via::Mail),
            reason: None,
            attempts: 0,
            mailed_at: Seconds(0),
            due: None,
            acknowledged_read: false,
            notice: false,
            in_group: None,
        }
    }

    #[test]
    fn scripts_get_the_keys_of_the_contract() {
        let entry = Entry::of(message(THEIRS, Delivery::Delivered), &[]);
        let value = as_json(&entry, "bob", "bob@example.net");
        let text = value["text"].as_str().unwrap();
        assert!(text.starts_with("one\ntwo") && !text.contains('\u{1b}'));
        for (key, expected) in [
            ("id", json!("07070707070707070707070707070707")),
            ("friend", json!("bob")),
            ("address", json!("bob@example.net")),
            ("direction", json!("in")),
            ("sent", json!("2026-11-21T07:00:00Z")),
            ("state", json!("delivered")),
            ("via", json!("mail")),
            ("reason", Value::Null),
            ("reply_to", Value::Null),
            ("notice", json!(false)),
            ("edited", Value::Null),
            ("retracted", Value::Null),
            ("reactions", json!([])),
        ] {
            assert_eq!(value[key], expected, "{key}");
        }
    }

    /// A change of the text above.
    fn change(kind: ChangeKind, author: Author, text: &str, state: Delivery) -> Message {
        Message {
            id: LetterId([8; 16]),
            sent: Millis(1_795_244_401_000),
            arrival: Millis(1_795_244_401_000),
            text: text.to_owned(),
            change: Some(Change {
                of: LetterId([7; 16]),
                kind,
            }),
            ..message(author, state)
        }
    }

    #[test]
    fn a_changed_text_is_shown_as_it_is_now() {
        use ChangeKind::{Edit, React, Retract, Unreact};
        use Delivery::{Delivered, Failed, Queued};
        let (theirs, mine) = (THEIRS, Author::Us);
        for (changes, line) in [
            (
                vec![change(Edit, theirs, "three\u{1b}[2J", Delivered)],
                "bob: three (edited)",
            ),
            (
                vec![change(Retract, theirs, "", Delivered)],
                "bob: (taken back)",
            ),
            (
                vec![change(React, mine, "👍", Queued)],
                "bob: one\n    two (👍 you)",
            ),
            (
                vec![change(React, theirs, "👍", Delivered)],
                "bob: one\n    two (👍 bob)",
            ),
            (
                vec![change(Unreact, theirs, "👍", Delivered)],
                "bob: one\n    two",
            ),
            (
                vec![change(Edit, mine, "not theirs", Queued)],
                "bob: one\n    two",
            ),
        ] {
            let entry = Entry::of(message(theirs, Delivered), &changes);
            let shown = as_text(&Output::default(), &entry, "bob");
            assert!(shown.ends_with(line), "{shown}");
        }
        for (change, line) in [
            (
                change(Edit, mine, "three", Queued),
                "→ bob: three (edited, queued)  [read]",
            ),
            (
                change(Edit, mine, "three", Failed),
                "→ bob: three (edited, failed)  [read]",
            ),
            (
                change(Retract, mine, "", Queued),
                "→ bob: (taken back, queued)  [read]",
            ),
        ] {
            let entry = Entry::of(message(mine, Delivery::Read), &[change]);
            let shown = as_text(&Output::default(), &entry, "bob");
            assert!(shown.ends_with(line), "{shown}");
        }
    }

    #[test]
    fn scripts_get_the_changes() {
        let changes = [
            change(ChangeKind::Edit, THEIRS, "three", Delivery::Delivered),
            change(ChangeKind::React, Author::Us, "👍", Delivery::Queued),
            change(ChangeKind::Retract, THEIRS, "", Delivery::Read),
        ];
        let entry = Entry::of(message(THEIRS, Delivery::Delivered), &changes);
        let value = as_json(&entry, "bob", "bob@example.net");
        assert_eq!(value["text"], "three", "the words are not gone");
        let id = "08080808080808080808080808080808";
        let made = "2026-11-21T07:00:01Z";
        assert_eq!(
            value["edited"],
            json!({"id": id, "sent": made, "state": "delivered", "reason": null})
        );
        assert_eq!(
            value["retracted"],
            json!({"id": id, "sent": made, "state": "read", "reason": null})
        );
        let sign = json!({"id": id, "sent": made, "state": "queued", "reason": null, "emoji": "👍", "direction": "out"});
        assert_eq!(value["reactions"], json!([sign]));
    }

    #[test]
    fn a_change_without_its_text_stands_for_itself() {
        let alone = change(ChangeKind::Edit, THEIRS, "three", Delivery::Delivered);
        let entry = Entry::of(alone, &[]);
        let shown = as_text(&Output::default(), &entry, "bob");
        assert!(shown.ends_with("bob: * corrected: three"), "{shown}");
    }

    #[test]
    fn how_a_text_went_is_said() {
        let mut failed = message(Author::Us, Delivery::Failed);
        failed.reason = Some("no such\nuser".to_owned());
        assert!(how(&failed).starts_with("[failed: no such"));
        assert_eq!(how(&message(Author::Us, Delivery::Sent)), "[sent, mail]");
        assert_eq!(how(&message(Author::Us, Delivery::Read)), "[read]");
    }
}
