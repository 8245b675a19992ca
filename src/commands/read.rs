//! `iim read`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::protocol::address::Address;
use crate::rules::entry::Entry;
use crate::rules::event::Act;
use crate::rules::in_words;
use crate::rules::message::{Delivery, Direction, Message};

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
            Some(who) => Some(run.account.who(who)?.address),
            None => None,
        };
        if run.output.is_typed() {
            let many = run.account.history_length(friend.as_ref(), self.new)?;
            if many > TYPED {
                return Err(hinted(
                    format!("{} are too many to be shown here", counted(many, "text")),
                    "a client scrolls back by itself; `iim read` in a shell shows all",
                ));
            }
        }
        let people = match &friend {
            Some(friend) => run.account.person(friend)?.into_iter().collect(),
            None => run.account.people()?,
        };
        let people = people.into_iter();
        let names: BTreeMap<_, _> = people.map(|one| (one.address, one.name)).collect();
        // What comes while this is shown has not been seen.
        let unseen = run.account.history(friend.as_ref(), true)?;
        let unseen = unseen.iter().map(|message| message.arrival).max();
        for entry in run.account.entries(friend.as_ref(), self.new)? {
            let name = name_of(&names, &entry.message.friend);
            if self.json {
                run.output.json(&as_json(&entry, &name))?;
            } else {
                let line = as_text(&run.output, &entry, &name);
                run.output.line(self.with_id(&entry, line))?;
            }
        }
        // What could not be shown (stdout failed above) is not marked as seen.
        match unseen {
            Some(up_to) => run.act(Act::Seen { friend, up_to }).map(drop),
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

/// The name of an address, or the address itself.
fn name_of(names: &BTreeMap<Address, String>, friend: &Address) -> String {
    names
        .get(friend)
        .map_or_else(|| friend.to_string(), |name| one_line(name))
}

/// The object that scripts read.
fn as_json(entry: &Entry, name: &str) -> Value {
    let message = &entry.message;
    json!({
        "id": message.id.to_string(),
        "friend": name,
        "address": message.friend.as_str(),
        "direction": words::direction(message.direction),
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
        "direction": words::direction(reaction.direction),
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
    match message.direction {
        Direction::In => {
            let name = output.paint(Colour::Strong, name);
            format!("{time} {name}: {text}{marks}")
        }
        Direction::Out => {
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
        let who = match sign.direction {
            Direction::In => name,
            Direction::Out => "you",
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
    use crate::rules::conversation::ConversationId;
    use crate::rules::message::{Change, ChangeKind, Via};

    fn message(direction: Direction, state: Delivery) -> Message {
        Message {
            conversation: ConversationId::default(),
            friend: Address::parse("bob@example.net").unwrap(),
            direction,
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
        }
    }

    #[test]
    fn scripts_get_the_keys_of_the_contract() {
        let entry = Entry::of(message(Direction::In, Delivery::Delivered), &[]);
        let value = as_json(&entry, "bob");
        let text = value["text"].as_str().unwrap();
        assert!(text.starts_with("one\ntwo") && !text.contains('\u{1b}'));
        for (key, expected) in [
            ("id", json!("07070707070707070707070707070707")),
            ("friend", json!("bob")),
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
    fn change(kind: ChangeKind, direction: Direction, text: &str, state: Delivery) -> Message {
        Message {
            id: LetterId([8; 16]),
            sent: Millis(1_795_244_401_000),
            arrival: Millis(1_795_244_401_000),
            text: text.to_owned(),
            change: Some(Change {
                of: LetterId([7; 16]),
                kind,
            }),
            ..message(direction, state)
        }
    }

    #[test]
    fn a_changed_text_is_shown_as_it_is_now() {
        use ChangeKind::{Edit, React, Retract, Unreact};
        use Delivery::{Delivered, Failed, Queued};
        let (his, mine) = (Direction::In, Direction::Out);
        for (changes, line) in [
            (
                vec![change(Edit, his, "three\u{1b}[2J", Delivered)],
                "bob: three (edited)",
            ),
            (
                vec![change(Retract, his, "", Delivered)],
                "bob: (taken back)",
            ),
            (
                vec![change(React, mine, "👍", Queued)],
                "bob: one\n    two (👍 you)",
            ),
            (
                vec![change(React, his, "👍", Delivered)],
                "bob: one\n    two (👍 bob)",
            ),
            (
                vec![change(Unreact, his, "👍", Delivered)],
                "bob: one\n    two",
            ),
            (
                vec![change(Edit, mine, "not his", Queued)],
                "bob: one\n    two",
            ),
        ] {
            let entry = Entry::of(message(his, Delivered), &changes);
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
            change(
                ChangeKind::Edit,
                Direction::In,
                "three",
                Delivery::Delivered,
            ),
            change(ChangeKind::React, Direction::Out, "👍", Delivery::Queued),
            change(ChangeKind::Retract, Direction::In, "", Delivery::Read),
        ];
        let entry = Entry::of(message(Direction::In, Delivery::Delivered), &changes);
        let value = as_json(&entry, "bob");
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
        let alone = change(
            ChangeKind::Edit,
            Direction::In,
            "three",
            Delivery::Delivered,
        );
        let entry = Entry::of(alone, &[]);
        let shown = as_text(&Output::default(), &entry, "bob");
        assert!(shown.ends_with("bob: * corrected: three"), "{shown}");
    }

    #[test]
    fn how_a_text_went_is_said() {
        let mut failed = message(Direction::Out, Delivery::Failed);
        failed.reason = Some("no such\nuser".to_owned());
        assert!(how(&failed).starts_with("[failed: no such"));
        assert_eq!(
            how(&message(Direction::Out, Delivery::Sent)),
            "[sent, mail]"
        );
        assert_eq!(how(&message(Direction::Out, Delivery::Read)), "[read]");
    }
}
